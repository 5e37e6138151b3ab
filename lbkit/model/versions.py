"""Which of two states of one object is the newer one.

Source: KEP-5504 (resourceVersions of one resource compare as numbers).

Pure.
"""


def is_older(version: str, known: str) -> bool:
    """Whether one resourceVersion of an object is older than another; versions that are no numbers never are."""
    return _is_number(version) and _is_number(known) and int(version) < int(known)


def _is_number(version: str) -> bool:
    return version.isascii() and version.isdigit()
