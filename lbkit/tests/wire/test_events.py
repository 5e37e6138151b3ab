"""What happens to interfaces and on the segment, with real speakers: other hosts, other hardware addresses, IPv6 only.

Shell: network namespaces, processes.
"""

import signal
import time
from collections.abc import Callable

from lbkit.tests.wire.segment import Asker, Lan, double_s, outage_s
from lbkit.tests.wire.test_faults import PERIOD_S, VIP, owner

VIP6 = "fd00::1:1"


def until(what: Callable[[], bool], most_s: float = 10.0) -> None:
    """Wait until something is so."""
    deadline_s = time.monotonic() + most_s
    while not what():
        assert time.monotonic() < deadline_s
        time.sleep(0.1)


def test_on_a_segment_without_ipv4_an_ipv6_address_fails_over(lan: Lan) -> None:
    """Heartbeats are IPv6 there."""
    for name in ("a", "b"):
        lan.add(name, "--nodes=a,b", f"--first={VIP6}", ipv4=False)
    with Asker(lan, VIP6) as asker:
        asker.wait()
        first = owner(lan, asker)
        first.signal(signal.SIGKILL)
        time.sleep(1.0)
        assert owner(lan, asker) is not first
        asked = asker.asked()
    assert outage_s(asked) <= 1.0
    assert double_s(asked) <= PERIOD_S


def test_another_hardware_address_is_told_at_once(lan: Lan) -> None:
    """And answered with; the address stays where it is."""
    lan.add("a", "--nodes=a")
    new = bytes.fromhex("020000000077")
    with Asker(lan, VIP) as asker:
        asker.wait()
        lan.run("a", f"ip link set eth1 address {new.hex(':')}")
        time.sleep(0.5)
        assert asker.owner() == new
        assert any(mac == new for _, _, mac in asker.announced)
        asked = asker.asked()
    assert double_s(asked) <= PERIOD_S


def test_an_interface_that_flaps_gives_no_two_answers_and_somebody_answers_in_the_end(lan: Lan) -> None:
    """Ten times a second, for three seconds."""
    for name in ("a", "b"):
        lan.add(name, "--nodes=a,b")
    with Asker(lan, VIP) as asker:
        asker.wait()
        first = owner(lan, asker)
        for _ in range(15):
            lan.unplug(first.name)
            time.sleep(0.1)
            lan.plug(first.name)
            time.sleep(0.1)
        asker.wait()
        asker.owner()
        asked = asker.asked()
    assert outage_s(asked) <= 1.0
    assert double_s(asked) <= PERIOD_S


def test_an_address_that_another_host_has_is_left_to_it(lan: Lan) -> None:
    """RFC 5227: asked for before it is announced for the first time."""
    lan.host("stranger", VIP)
    node = lan.add("a", "--nodes=a")
    until(lambda: "address conflict" in node.text())
    with Asker(lan, VIP) as asker:
        assert asker.owner() != node.mac
    assert '"is_defended": false' in node.text()


def test_an_address_that_another_host_takes_is_defended_and_told_of(lan: Lan) -> None:
    """Whoever had it first keeps it; both answer, which nobody but the user can cure."""
    node = lan.add("a", "--nodes=a")
    with Asker(lan, VIP) as asker:
        asker.wait()
        told = len(asker.announced)
        lan.host("stranger", VIP)
        lan.announce("stranger", VIP)
        until(lambda: "address conflict" in node.text())
        until(lambda: len([each for each in asker.announced[told:] if each[2] == node.mac]) >= 2, 2.0)
    assert '"is_defended": true' in node.text()


def test_an_address_moves_with_the_rename_of_its_interface_to_another_node(lan: Lan) -> None:
    """The interface under its new name is not the advertisement's; its last word leaves by it all the same."""
    for name in ("a", "b"):
        lan.add(name, "--nodes=a,b")
    with Asker(lan, VIP) as asker:
        asker.wait()
        first = owner(lan, asker)
        lan.run(first.name, "ip link set eth1 down", "ip link set eth1 name lan0", "ip link set lan0 up")
        time.sleep(1.0)
        assert owner(lan, asker) is not first
        asked = asker.asked()
    assert outage_s(asked) <= 1.0
    assert double_s(asked) <= PERIOD_S
