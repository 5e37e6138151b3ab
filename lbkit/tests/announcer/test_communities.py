"""Rules of community names and values.

Pure.
"""

import pytest

from lbkit.announcer.communities import resolve
from lbkit.errors import InputError


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        pytest.param((), (), id="none"),
        pytest.param(("64512:100",), ("64512:100",), id="standard"),
        pytest.param(("64512:0100",), ("64512:100",), id="leading-zeros"),
        pytest.param(("large:4200000000:1:2",), ("large:4200000000:1:2",), id="large"),
        pytest.param(("vip", "64512:1"), ("64512:1", "64512:7"), id="alias"),
        pytest.param(("64512:1", "64512:1"), ("64512:1",), id="once"),
    ],
)
def test_values_and_aliases_become_values(written: tuple[str, ...], expected: tuple[str, ...]) -> None:
    """Sorted, each once, in one spelling."""
    assert resolve(written, {"vip": "64512:7"}) == expected


@pytest.mark.parametrize(
    "text",
    ["", "vip", "64512", "1:2:3", "65536:1", "1:65536", "large:1:2", "large:4294967296:1:1", "a:b", "-1:2", "²:1"],
)
def test_anything_else_is_refused(text: str) -> None:
    """Neither a value nor a known name."""
    with pytest.raises(InputError, match="no community value"):
        resolve([text], {})


def test_all_problems_are_told_at_once() -> None:
    """Not only the first."""
    with pytest.raises(InputError) as caught:
        resolve(["x", "64512:1", "y"], {})
    assert len(caught.value.problems) == 2
