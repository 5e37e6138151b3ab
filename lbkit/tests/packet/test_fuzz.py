"""A short run of the fuzzer.

Pure.
"""

import pytest

from lbkit.tests.packet.fuzz import DECODERS, Decoder, run


@pytest.mark.parametrize("decoder", DECODERS, ids=lambda decoder: decoder.name)
def test_mutated_frames_are_read_or_dropped(decoder: Decoder) -> None:
    """No exception, and no answer to a malformed one; `make fuzz` tries a million."""
    seen = run(decoder, 4000, seed=2)
    assert seen[True] > 20
    assert seen[False] > 1000
