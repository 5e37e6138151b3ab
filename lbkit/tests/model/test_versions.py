"""Rules for resourceVersions.

Pure.
"""

import pytest

from lbkit.model.versions import is_older


@pytest.mark.parametrize(
    ("version", "known", "expected"),
    [("9", "10", True), ("10", "9", False), ("7", "7", False), ("", "7", False), ("7", "x", False), ("²", "7", False)],
)
def test_versions_compare_as_numbers(version: str, known: str, expected: bool) -> None:
    """What is no number is never older: better to look twice than to overlook."""
    assert is_older(version, known) is expected
