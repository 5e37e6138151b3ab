"""Rules for durations in Kubernetes' spelling.

Pure.
"""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lbkit.errors import InputError
from lbkit.model.durations import seconds


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0", 0),
        ("0s", 0),
        ("90s", 90),
        ("1m30s", 90),
        ("1h1m1s", 3661),
        ("1.5h", 5400),
        (".5m", 30),
        ("1000ms", 1),
        ("999ms1000us", 1),
        ("1000000µs", 1),
        ("2.s", 2),
    ],
)
def test_a_duration_is_numbers_with_units(text: str, expected: int) -> None:
    """Go's ParseDuration grammar, exact."""
    assert seconds(text) == expected


@pytest.mark.parametrize(
    "text", ["", "90", "s", "1.s.", "1d", "-1s", "1 s", "+1s", "\u0661s", "1s" * 40, "1.5s", "1ns"]
)
def test_anything_else_is_refused(text: str) -> None:
    """No unit, a sign, an unknown unit or a fraction of a second is refused."""
    with pytest.raises(InputError):
        seconds(text)


@given(st.integers(0, 10**6))
def test_whole_seconds_read_back(value: int) -> None:
    """What Go prints for whole seconds is read as these seconds."""
    assert seconds(f"{value // 60}m{value % 60}s") == value
