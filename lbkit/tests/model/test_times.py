"""Rules for points in time.

Pure.
"""

import pytest

from lbkit.errors import InputError
from lbkit.model.times import epoch_s, micro_time, whole_seconds


@pytest.mark.parametrize("text", ["2026-01-31T12:00:00Z", "2026-01-31T13:00:00+01:00", "2026-01-31T12:00:00.000000Z"])
def test_the_api_s_spellings_of_one_time_are_one_time(text: str) -> None:
    """RFC 3339, with or without fraction and offset."""
    assert epoch_s(text) == 1769860800


@pytest.mark.parametrize("text", ["", "soon", "2026-01-31", "2026-01-31T12:00:00", "2026-13-01T00:00:00Z", "9" * 5000])
def test_what_is_no_point_in_time_is_refused(text: str) -> None:
    """A time without a zone is none; the message stays short."""
    with pytest.raises(InputError, match="is no point in time") as caught:
        epoch_s(text)
    assert len(str(caught.value)) < 200


def test_fractions() -> None:
    """MicroTime keeps them, Time counts them as a whole second so that "until" is not too early."""
    assert micro_time(1769860800.25) == "2026-01-31T12:00:00.250000Z"
    assert epoch_s(micro_time(1769860800.25)) == 1769860800.25
    assert whole_seconds(1769860800.25) == "2026-01-31T12:00:01Z"
    assert whole_seconds(1769860800) == "2026-01-31T12:00:00Z"
