"""Rules of why a session ended.

Pure.
"""

import pytest

from lbkit.gobgp.notification import reason


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (
            "notification-received code 6(cease) subcode 4(administrative reset)",
            "received Cease / Administrative Reset",
        ),
        ("notification-sent code 2(open) subcode 2(bad peer as)", "sent OPEN Message Error / Bad Peer AS"),
        ("notification-received code 6(cease) subcode 10(undefined)", "received Cease / BFD Down"),
        ("notification-sent code 4(hold timer expired) subcode 0(undefined)", "sent Hold Timer Expired"),
        ("notification-received code 3(update) subcode 99(undefined)", "received UPDATE Message Error / subcode 99"),
        ("notification-received code 77(undefined) subcode 0(undefined)", "received error 77"),
        ("hold-timer-expired", "Hold Timer Expired"),
        ("read-failed", "TCP connection lost"),
        ("something new", "something new"),
        ("", ""),
    ],
)
def test_a_reason_has_the_words_of_the_rfcs(words: str, expected: str) -> None:
    """What is not known is left as the engine says it."""
    assert reason(words) == expected
