"""What a history says of itself while it goes on."""

from math import inf

import pytest

from conformance.selftest.made import Made
from conformance.suite import attempts, seen


def test_observers_that_go_on_are_taken_for_ended() -> None:
    """A drive that waits for what a check demands must not wait for the end of the case."""
    made = Made().opened().at(3).shows("web", "10.10.0.1")
    history = made.cut()
    assert seen.wire_doubt(history)
    assert seen.watch_doubt(history)
    now = seen.so_far(history)
    assert not seen.wire_doubt(now)
    assert not seen.watch_doubt(now)
    assert now.end_ns == history.end_ns


def test_what_has_ended_or_failed_stays_so() -> None:
    """Neither a capture that lost frames nor a watch that missed changes is made whole; no capture begins."""
    lossy = Made().opened().closed(dropped=3).add("kube", "incomplete", reason="gone").cut()
    assert seen.wire_doubt(seen.so_far(lossy))
    assert seen.watch_doubt(seen.so_far(lossy))
    assert seen.so_far(Made().watched().cut()) == Made().watched().cut()
    assert seen.wire_doubt(seen.so_far(Made().cut()))


def test_each_capture_is_ended_once() -> None:
    """One that is closed and one that is not."""
    history = Made().opened().closed().opened().cut()
    assert len(seen.so_far(history).of("wire", "closed")) == 2


def test_loops_are_served_since_the_last_of_their_first_answers() -> None:
    """Not before each of them was answered once, whatever became of them since."""
    made = Made().requested("tcp", "refused", "", every_s=1.0).requested("udp", "timeout", "", "timeout", every_s=1.0)
    history = made.cut()
    now_s = history.end_ns / seen.NS_PER_S
    assert attempts.served_s(history, ["tcp"], now_s) == pytest.approx(4.0 - 1.0)
    assert attempts.served_s(history, ["tcp", "udp"], now_s) == pytest.approx(1.0)
    assert attempts.served_s(history, ["tcp", "sctp"], now_s) == -inf
