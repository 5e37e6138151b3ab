"""What people type, read."""

import pytest

from lbkit.errors import InputError
from lbkit.operator import words


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        (["192.0.2.0/28"], ["192.0.2.0/28"]),
        (["192.0.2.0/28,198.51.100.0/28"], ["192.0.2.0/28", "198.51.100.0/28"]),
        (["192.0.2.0/28, 198.51.100.0/28"], ["192.0.2.0/28", "198.51.100.0/28"]),
        (["192.0.2.0/28", "198.51.100.0/28"], ["192.0.2.0/28", "198.51.100.0/28"]),
        (["192.0.2.1-192.0.2.9"], ["192.0.2.1-192.0.2.9"]),
        (["192.0.2.1 - 192.0.2.9 198.51.100.0/28"], ["192.0.2.1-192.0.2.9", "198.51.100.0/28"]),
        (["2001:db8::1- 2001:db8::9"], ["2001:db8::1-2001:db8::9"]),
    ],
)
def test_addresses_are_parted_by_commas_and_spaces(typed: list[str], expected: list[str]) -> None:
    """Spaces around the dash of a range part nothing."""
    assert words.addresses(typed) == expected


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        (["a=b,c=d"], {"a": "b", "c": "d"}),
        (["a:b,c:d"], {"a": "b", "c": "d"}),
        (["a=b", "c:d"], {"a": "b", "c": "d"}),
        (["a=b c=d"], {"a": "b", "c": "d"}),
        (["app.kubernetes.io/name=web"], {"app.kubernetes.io/name": "web"}),
        (["node-role.kubernetes.io/edge="], {"node-role.kubernetes.io/edge": ""}),
        (['{"a": "b"}'], {"a": "b"}),
        (["{a:b,c:d}"], {"a": "b", "c": "d"}),
        (["{}"], {}),
    ],
)
def test_labels_are_typed_in_every_users_way(typed: list[str], expected: dict[str, str]) -> None:
    """kubectl's, Arc's, az shorthand, JSON."""
    assert words.selector("--x", typed) == expected


@pytest.mark.parametrize("typed", ["a", "=b", '{"a": 1}', "a=b=c", "a=b c"])
def test_what_is_no_label_is_refused(typed: str) -> None:
    """With the option, and how to write it."""
    with pytest.raises(InputError, match=r"--x: got .*, wanted"):
        words.selector("--x", [typed])


@pytest.mark.parametrize(
    ("typed", "is_on"), [("Enabled", True), ("enabled", True), ("true", True), ("Disabled", False), ("NO", False)]
)
def test_switches(typed: str, is_on: bool) -> None:
    """Arc's words and the usual ones, in any case."""
    assert words.switch("--x", typed) is is_on


@pytest.mark.parametrize(("typed", "expected"), [("90", "90s"), ("90s", "90s"), ("1m30s", "1m30s"), ("0", "0")])
def test_times(typed: str, expected: str) -> None:
    """A bare number is seconds."""
    assert words.duration("--x", typed) == expected


@pytest.mark.parametrize("typed", ["soon", "1.5s", "-3s"])
def test_what_is_no_time_is_refused(typed: str) -> None:
    """Durations are whole seconds."""
    with pytest.raises(InputError, match="--x: "):
        words.duration("--x", typed)


@pytest.mark.parametrize("typed", ["", "-a", "a-", "a_b", "x" * 64, "ü"])
def test_what_kubernetes_does_not_take_as_a_name_is_refused(typed: str) -> None:
    """And as the value of a label."""
    with pytest.raises(InputError, match="NAME: got"):
        words.name("NAME", typed)


@pytest.mark.parametrize(("typed", "is_nothing"), [([""], True), (["null"], True), (["None"], True), (["a"], False)])
def test_nothing_is_a_value_too(typed: list[str], is_nothing: bool) -> None:
    """It takes a property away."""
    assert words.is_nothing(typed) is is_nothing
