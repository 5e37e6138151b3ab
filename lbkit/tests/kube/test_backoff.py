"""Rules for waiting after failures.

Shell: random numbers.
"""

from lbkit.kube.backoff import LONGEST_S, delay_s


def test_waits_double_up_to_a_limit_with_jitter() -> None:
    """Between half and all of 0.2 s, 0.4 s, …, 30 s; nothing after success."""
    assert delay_s(0) == 0.0
    for failures, whole in ((1, 0.2), (2, 0.4), (3, 0.8), (8, 25.6), (9, LONGEST_S), (10**6, LONGEST_S)):
        waits = [delay_s(failures) for _ in range(100)]
        assert whole / 2 <= min(waits) < max(waits) <= whole
