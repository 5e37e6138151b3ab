"""Rules of the loop towards its process on the wire: when a node is ready, what is ordered, and how it ends.

Pure, but for the clock in one.
"""

import time
from ipaddress import IPv4Address
from typing import Any

import msgspec

from lbkit.model.names import Reason
from lbkit.model.status_objects import InterfaceName, ServiceL2StatusStatus
from lbkit.model.views import Key
from lbkit.packet.heartbeat import Phase
from lbkit.speaker.events import ApiHeard, InterfacesChanged, WireDown
from lbkit.speaker.orders import Met, Other, Report
from lbkit.tests.speaker.world import ETH0, ETH1, KEYS, PLAIN, World, l2, listings, node

S = Key("web", "s")


def test_without_a_key_nothing_is_sent_and_the_node_is_not_ready() -> None:
    """Heartbeats that anybody could forge are worse than none."""
    world = World()
    world.put(*listings(*PLAIN), InterfacesChanged((ETH0,)))
    assert world.wire.orders[-1].keys is None
    assert "lbkit-segment" in world.speaker.not_ready()
    world.put(KEYS)
    assert world.announced == ["192.0.2.1"]
    assert world.speaker.not_ready() == ""


def test_a_station_that_still_listens_makes_the_node_not_ready() -> None:
    """A rolling restart waits until it can take over."""
    world = World()
    world.begin(*PLAIN)
    world.put(Report(phases={"eth0": int(Phase.WAITING)}))
    assert "listening" in world.speaker.not_ready()


def test_a_process_on_the_wire_that_ends_announces_nothing() -> None:
    """Until the next one has claimed."""
    world = World()
    world.begin(*PLAIN)
    world.speaker.take(WireDown("exit status 1"))
    world.speaker.act()
    assert world.state.outcomes[S].layer2 is Reason.NOT_OWNER
    assert "exit status 1" in world.speaker.not_ready()


def test_no_station_is_on_an_interface_that_nothing_may_be_announced_on() -> None:
    """Nobody is told of by heartbeats where no advertisement means the interface, or this node."""
    world = World()
    world.begin(*PLAIN[:4], l2(interfaces=["eth1"]), interfaces=(ETH0, ETH1))
    assert list(world.wire.orders[-1].stations) == ["eth1"]
    world.delete(l2(interfaces=["eth1"]))
    assert list(world.wire.orders[-1].stations) == []
    assert world.speaker.not_ready() == ""


async def test_who_leaves_waits_until_others_have_what_it_held() -> None:
    """And says its last word then."""
    world = World()
    world.begin(*PLAIN)
    world.speaker.leave()
    assert world.wire.orders[-1].is_draining
    assert not world.speaker.has_left.is_set()
    world.put(Report(is_handed_over=True))
    assert world.speaker.has_left.is_set()
    assert world.speaker.last_orders().is_leaving


def test_the_wire_is_told_when_the_api_server_is_not_heard() -> None:
    """Whoever does not know the API believes owners more than itself."""
    world = World()
    world.begin(*PLAIN)
    world.put(ApiHeard(is_current=False))
    assert not world.wire.orders[-1].is_informed
    assert world.announced == ["192.0.2.1"]


def test_a_stranger_with_our_address_is_told_once_and_is_the_reason() -> None:
    """Until it is not met any more."""
    world = World()
    world.wire.broken = {"eth0"}  # so that it is not announced here
    world.begin(*PLAIN)
    met = Met("eth0", IPv4Address("192.0.2.1").packed, bytes.fromhex("0200000000aa"), is_held=False)
    for _ in range(3):
        world.put(Report(met=(met,)))
    assert world.state.outcomes[S].layer2 is Reason.ADDRESS_CONFLICT
    (record,) = world.told
    assert (record.type, record.reason) == ("Warning", "addressConflict")
    assert "02:00:00:00:00:aa" in record.message
    assert 'node "a" does not announce it' in record.message
    world.state.segments.take(Report(), time.time() + 100)
    assert not world.state.segments.strangers


def test_a_stranger_is_told_of_also_where_the_address_is_defended() -> None:
    """Both answer, which the user must know."""
    world = World()
    world.begin(*PLAIN)
    met = Met("eth0", IPv4Address("192.0.2.1").packed, bytes.fromhex("0200000000aa"), is_held=True)
    world.put(Report(met=(met,)))
    assert world.state.outcomes[S].layer2 is Reason.ANNOUNCED
    assert [each.reason for each in world.told] == ["nodeAssigned", "addressConflict"]


def test_a_node_is_drained_and_rebalanced_by_annotations() -> None:
    """A rebalance that was asked for before this process started is none of its business."""
    world = World()
    world.begin(*PLAIN[:2], annotated("a", {"lbkit.io/rebalance": "1"}), *PLAIN[3:])
    last = world.wire.orders[-1]
    assert (last.is_draining, last.rebalances) == (False, 0)
    world.change(annotated("a", {"lbkit.io/rebalance": "1", "lbkit.io/drain": "now"}))
    assert world.wire.orders[-1].is_draining
    world.change(annotated("a", {"lbkit.io/rebalance": "2"}))
    last = world.wire.orders[-1]
    assert (last.is_draining, last.rebalances) == (False, 1)
    world.change(annotated("a", {}))
    assert world.wire.orders[-1].rebalances == 1


def annotated(name: str, annotations: dict[str, str]) -> Any:
    """Make a node with annotations."""
    plain = node(name)
    return msgspec.structs.replace(plain, metadata=msgspec.structs.replace(plain.metadata, annotations=annotations))


def test_services_answered_for_are_shown_as_objects() -> None:
    """With the interfaces where not all of them answer; and who else is heard, as the dead leave objects behind."""
    world = World()
    world.begin(*PLAIN[:4], l2(interfaces=["eth1"]), interfaces=(ETH0, ETH1))
    services, alive = world.shown_layer2[-1]
    (wanted,) = services.values()
    told = ServiceL2StatusStatus("a", "s", "web", (InterfaceName("eth1"),))
    assert (set(services), wanted.status, alive) == ({"web/s"}, told, frozenset())
    world.put(Report(others=(Other("eth1", "b", "eth1", is_alive=True, heard=1, lost=0, known_after_s=0.1),)))
    assert world.shown_layer2[-1][1] == {"b"}
    world.delete(PLAIN[0])
    assert world.shown_layer2[-1][0] == {}
