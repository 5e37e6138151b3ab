"""Durations as Kubernetes writes them (metav1.Duration: Go's `90s`, `1m30s`, `1.5h`, `0`).

Exact, in integer nanoseconds, because a float would turn `0.3s` into something else.
Source: Go time.ParseDuration.

Pure.
"""

import re
from fractions import Fraction
from typing import Final

from lbkit.errors import InputError, Problem

_UNIT_NS: Final = {
    "ns": 1,
    "us": 10**3,
    "µs": 10**3,
    "μs": 10**3,
    "ms": 10**6,
    "s": 10**9,
    "m": 60 * 10**9,
    "h": 3600 * 10**9,
}
_PART: Final = re.compile(r"([0-9]+\.?[0-9]*|\.[0-9]+)(ns|us|µs|μs|ms|s|m|h)", re.ASCII)
_WHOLE: Final = re.compile(rf"(?:{_PART.pattern})+", re.ASCII)
_LONGEST: Final = 64
"""Characters; Go's longest sensible duration is shorter, and a longer one only costs time to read."""


def seconds(text: str) -> int:
    """Read a duration that must be whole seconds and not negative.

    Returns:
        Seconds.

    Raises:
        InputError: not a Go duration, negative, or a fraction of a second left over.
    """
    if text == "0":
        return 0
    if len(text) > _LONGEST or not _WHOLE.fullmatch(text):
        raise InputError(Problem("", f'"{text[:_LONGEST]}" is not a duration; write it like "90s" or "1m30s"'))
    total_ns = sum((Fraction(number) * _UNIT_NS[unit] for number, unit in _PART.findall(text)), Fraction())
    whole, rest = divmod(total_ns, 10**9)
    if rest:
        raise InputError(Problem("", f'"{text}" is not a whole number of seconds'))
    return int(whole)
