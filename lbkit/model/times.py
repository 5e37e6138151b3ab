"""Points in time as the API writes them (metav1.Time, metav1.MicroTime: RFC 3339) and as rules count them.

Pure.
"""

from datetime import UTC, datetime

from lbkit.errors import InputError, Problem


def epoch_s(text: str) -> float:
    """Read a point in time.

    Returns:
        Seconds since 1970-01-01 UTC.

    Raises:
        InputError: it is none, or has no time zone.
    """
    try:
        value = datetime.fromisoformat(text)
    except ValueError:
        value = None
    if value is None or value.tzinfo is None:
        raise InputError(Problem("", f'"{text[:64]}" is no point in time; write it like 2026-01-31T12:00:00Z'))
    return value.timestamp()


def micro_time(epoch_s: float) -> str:
    """Write a point in time as metav1.MicroTime (six decimals)."""
    return datetime.fromtimestamp(epoch_s, UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def whole_seconds(epoch_s: float) -> str:
    """Write a point in time as metav1.Time; a fraction counts as a whole second."""
    return datetime.fromtimestamp(-(-epoch_s // 1), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
