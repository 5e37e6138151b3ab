"""Faults of an owner, and how long nobody answers then: at most a second, and never two for longer than a period.

Shell: network namespaces, processes.
"""

import signal
import sys
import time
from collections.abc import Callable

import pytest

from lbkit.tests.wire.segment import Asked, Asker, Lan, LanNode, double_s, outage_s

VIP = "10.9.1.1"
PERIOD_S = 0.150
NAMES = ("a", "b", "c")


def owner(lan: Lan, asker: Asker) -> LanNode:
    """Find the node that answers."""
    mac = asker.owner()
    return next(node for node in lan.nodes.values() if node.mac == mac)


def ends(node: LanNode) -> None:
    """Wait for the end of a speaker that was told to end."""
    assert node.process is not None
    node.signal(signal.SIGTERM)
    assert node.process.wait(10) == 0


def measured(what: str, asked: list[Asked]) -> None:
    """Show a figure."""
    sys.stdout.write(f"\n{what}: outage {outage_s(asked):.3f} s, two answers {double_s(asked):.3f} s\n")


FAULTS: dict[str, Callable[[Lan, LanNode], None]] = {
    "carrier": lambda lan, node: lan.unplug(node.name),
    "cut": lambda lan, node: lan.cut(node.name),
    "killed": lambda _, node: node.signal(signal.SIGKILL),
    "frozen": lambda _, node: node.signal(signal.SIGSTOP),
}
CURES: dict[str, Callable[[Lan, LanNode], None]] = {
    "carrier": lambda lan, node: lan.plug(node.name),
    "cut": lambda lan, node: lan.join(node.name),
    "killed": lambda lan, node: lan.start(node.name),
    "frozen": lambda _, node: node.signal(signal.SIGCONT),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_another_answers_within_a_second(lan: Lan, fault: str) -> None:
    """And the old owner takes nothing back when it returns."""
    for name in NAMES:
        lan.add(name)
    with Asker(lan, VIP) as asker:
        asker.wait()
        first = owner(lan, asker)
        FAULTS[fault](lan, first)
        time.sleep(1.0)
        second = owner(lan, asker)
        assert second is not first
        CURES[fault](lan, first)
        time.sleep(3.0)  # both may answer until they hear each other; how long is judged below
        assert owner(lan, asker) is second
        asked = asker.asked()
    measured(fault, asked)
    assert outage_s(asked) <= 1.0
    assert double_s(asked) <= PERIOD_S


def test_a_speaker_that_ends_hands_over_first(lan: Lan) -> None:
    """Nobody notices a rolling restart."""
    for name in NAMES:
        lan.add(name)
    with Asker(lan, VIP) as asker:
        asker.wait()
        ends(owner(lan, asker))
        asker.owner(1.0)
        asked = asker.asked()
    measured("planned departure", asked)
    assert outage_s(asked) <= 0.1
    assert double_s(asked) == 0.0
