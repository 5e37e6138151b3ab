"""Reading manifests as kubectl does."""

import pytest

from lbkit.errors import InputError
from lbkit.operator import manifests
from lbkit.operator.fields import Json


def load_all(text: str, source: str) -> tuple[Json, ...]:
    """Give only the objects."""
    return tuple(each.item for each in manifests.load_all(text, source))


def test_communities_without_quotes_are_text() -> None:
    """`1234:1` is what it looks like, not a base-60 number; plain numbers stay numbers."""
    assert load_all("{a: 1234:1, b: 65535:65282, c: 10, d: 1.5, e: 1:30.5}", "x") == (
        {"a": "1234:1", "b": "65535:65282", "c": 10, "d": 1.5, "e": "1:30.5"},
    )


def test_dates_are_text() -> None:
    """JSON has no dates."""
    assert load_all("{a: 2026-01-02, b: 2026-01-02T03:04:05Z}", "x") == (
        {"a": "2026-01-02", "b": "2026-01-02T03:04:05Z"},
    )


def test_lists_and_documents_are_opened() -> None:
    """Several documents, empty ones and a List come out as their objects, in order."""
    text = "{kind: A}\n---\n---\n{kind: List, items: [{kind: B}, {kind: C}]}\n---\n# nothing\n"
    assert [each["kind"] for each in load_all(text, "x")] == ["A", "B", "C"]


def test_json_is_read_too() -> None:
    """JSON is YAML."""
    assert load_all('{"kind": "A", "n": 1}', "x") == ({"kind": "A", "n": 1},)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("a: [", ":1: is not YAML: expected the node"),
        ("---\n- a", ":2: is a list"),
        ("a: 1\nb: 2\na: 3", ":3: is not YAML: 'a' is written twice"),
    ],
)
def test_what_is_no_manifest_is_refused(text: str, says: str) -> None:
    """The message names the file and what is wrong with it."""
    with pytest.raises(InputError, match=f"pools.yaml.*{says}"):
        load_all(text, "pools.yaml")
