"""Rules of the loop, told as recorded inboxes with a fake wire and a fake engine.

Pure.
"""

import asyncio
import time
from dataclasses import replace
from ipaddress import IPv4Address, ip_address, ip_network
from typing import Any

import pytest

from lbkit.announcer.desired import Bgp, PathAttributes, Session
from lbkit.announcer.diff import AddPath, AddPeer, RemovePeer, StartEngine, UpdatePeer, WithdrawPath
from lbkit.gobgp.events import Applied, EngineDown, SessionChanged
from lbkit.model.names import Reason
from lbkit.model.views import Key
from lbkit.speaker import loop
from lbkit.speaker.events import InboxEvent, InterfacesChanged, PasswordKnown
from lbkit.speaker.loop import Settings, pump
from lbkit.tests.speaker.world import (
    ETH0,
    ETH1,
    KEYS,
    PLAIN,
    World,
    bgp,
    endpoints,
    l2,
    listings,
    node,
    peer,
    service,
)

S = Key("web", "s")
P = Session("p", ip_address("10.0.1.1"), 64512, 64513)
PREFIX = ip_network("192.0.2.1/32")
BY_BGP = (*PLAIN[:4], bgp(), peer())
HELD = Bgp(64512, IPv4Address("10.0.0.1"), {"p": P}, {"p": {PREFIX: PathAttributes()}})


def test_an_address_is_announced_once_all_is_listed_and_the_interfaces_are_known() -> None:
    """And its owner tells the user so."""
    world = World()
    world.begin(*PLAIN)
    assert world.announced == ["192.0.2.1"]
    assert [(each.reason, each.message) for each in world.told] == [
        ("nodeAssigned", 'announcing from node "a" with protocol "layer2"')
    ]
    assert world.speaker.not_ready() == ""


@pytest.mark.parametrize("without", range(len(listings())))
def test_nothing_is_done_before_every_resource_was_listed(without: int) -> None:
    """Half a picture would announce what is not to be announced."""
    world = World()
    events = listings(*PLAIN)
    world.put(*events[:without], *events[without + 1 :], InterfacesChanged((ETH0,)))
    assert world.announced == []
    assert str(events[without].resource) in world.speaker.not_ready()


def test_nothing_is_done_before_the_interfaces_are_known() -> None:
    """No interface known is not the same as none there."""
    world = World()
    world.put(*listings(*PLAIN))
    assert world.announced == []
    assert "interfaces" in world.speaker.not_ready()


def test_an_interface_that_cannot_be_opened_makes_the_node_not_ready() -> None:
    """The others announce meanwhile."""
    world = World()
    world.wire.broken = {"eth1"}
    world.begin(*PLAIN, interfaces=(ETH0, ETH1))
    assert world.wire.answering == {ip_address("192.0.2.1"): frozenset({"eth0"})}
    assert "eth1" in world.speaker.not_ready()


STOPS: list[Any] = [
    pytest.param("change", endpoints("s"), Reason.NO_ENDPOINTS, id="no-endpoints"),
    pytest.param("change", service("s"), Reason.NO_ADDRESS, id="address-gone"),
    pytest.param("change", node("a", ready="False"), Reason.ANNOUNCED, id="last-node-not-ready"),
    pytest.param("delete", PLAIN[3], Reason.ADDRESS_NOT_IN_POOL, id="pool-gone"),
    pytest.param("delete", PLAIN[4], Reason.NO_ADVERTISEMENT, id="advertisement-gone"),
]


@pytest.mark.parametrize(("verb", "item", "reason"), STOPS)
def test_each_change_is_decided_at_once(verb: str, item: Any, reason: Reason) -> None:
    """And the reason is shown."""
    world = World()
    world.begin(*PLAIN)
    (world.change if verb == "change" else world.delete)(item)
    assert world.state.outcomes[S].layer2 is reason
    assert world.announced == (["192.0.2.1"] if reason is Reason.ANNOUNCED else [])


def test_a_service_that_is_gone_is_announced_no_more() -> None:
    """Deleted, or of another type or class: all the same."""
    world = World()
    world.begin(*PLAIN)
    for gone in (service("s", "192.0.2.1", type="ClusterIP"), service("s", "192.0.2.1", loadBalancerClass="other")):
        world.change(gone)
        assert world.announced == []
        world.change(PLAIN[0])
        assert world.announced == ["192.0.2.1"]
    world.delete(PLAIN[0])
    assert world.announced == []
    assert world.state.outcomes == {}


def test_only_services_of_the_own_class_are_announced() -> None:
    """`--lb-class`."""
    world = World(settings=Settings("a", "lbkit.io/lb"))
    world.begin(*PLAIN, service("t", "192.0.2.2", loadBalancerClass="lbkit.io/lb"), endpoints("t", "a"))
    assert world.announced == ["192.0.2.2"]


def test_events_are_told_on_transitions_only() -> None:
    """MetalLB repeats them with every reconcile."""
    world = World()
    world.begin(*PLAIN)
    for _ in range(5):
        world.change(service("s", "192.0.2.1"), node("a"), endpoints("s", "a", "b"))
    assert len(world.told) == 1
    world.change(endpoints("s"))
    world.change(endpoints("s", "a"))
    assert [each.reason for each in world.told] == ["nodeAssigned", "nodeAssigned"]


def test_an_owner_without_an_interface_says_so() -> None:
    """MetalLB's announceFailed."""
    world = World()
    world.begin(*PLAIN[:4], l2(interfaces=["eth9"]))
    assert [each.reason for each in world.told] == ["announceFailed"]
    assert world.state.outcomes[S].layer2 is Reason.NO_INTERFACE


def test_losing_the_interface_stops_the_answers_and_its_return_brings_them_back() -> None:
    """What an interface means is told to the wire at once."""
    world = World()
    world.begin(*PLAIN)
    world.put(InterfacesChanged(()))
    assert world.announced == []
    world.put(InterfacesChanged((ETH0,)))
    assert world.announced == ["192.0.2.1"]


def test_garbled_objects_of_a_listing_keep_what_is_known_of_them() -> None:
    """A listing without an object means it is gone; a garbled one is there."""
    world = World()
    world.begin(*PLAIN)
    events = listings()
    world.put(replace(events[0], garbled=frozenset({S})))
    assert world.announced == ["192.0.2.1"]
    world.put(events[0])
    assert world.announced == []


def test_what_changes_no_announcement_is_not_decided_anew() -> None:
    """Heartbeats of nodes, conditions of Services, slices of other Services."""
    world = World()
    world.begin(*PLAIN)
    for item in (node("a"), service("s", "192.0.2.1"), endpoints("other", "a"), service("c", type="ClusterIP")):
        from_before = world.state.outcomes
        world.change(item)
        assert world.state.outcomes is from_before


# BGP


def test_a_peer_and_its_paths_are_handed_to_the_engine() -> None:
    """Once the engine has said what it holds."""
    world = World(has_engine=True)
    world.begin(*BY_BGP)
    assert world.engine.batches == []
    assert world.state.outcomes[S].bgp is Reason.ENGINE_UNAVAILABLE
    assert "BGP engine" in world.speaker.not_ready()
    world.engine_up()
    assert world.engine_obeys() == (
        StartEngine(64512, IPv4Address("10.0.0.1")),
        AddPath("p", PREFIX, PathAttributes()),
        AddPeer(P),
    )
    assert world.state.outcomes[S].bgp is Reason.ANNOUNCED
    assert world.state.bgp == HELD


def test_an_engine_that_holds_everything_is_left_in_peace() -> None:
    """A speaker that restarts costs no session, and tells nobody again."""
    world = World(has_engine=True)
    world.begin(*BY_BGP)
    world.engine_up(HELD)
    assert world.engine.batches == []
    assert world.told == []
    world.change(endpoints("s"))
    world.engine_obeys()
    world.change(endpoints("s", "a"))
    assert [each.reason for each in world.told] == ["nodeAssigned"]


def test_nothing_is_submitted_while_the_engine_is_at_work() -> None:
    """What changed meanwhile follows when it is done."""
    world = World(has_engine=True)
    world.begin(*BY_BGP)
    world.engine_up()
    world.change(endpoints("s"))
    world.change(service("t", "192.0.2.2"), endpoints("t", "a"))
    assert len(world.engine.batches) == 1
    world.engine_obeys()
    assert world.engine.batches[-1] == (
        1,
        (WithdrawPath("p", PREFIX), AddPath("p", ip_network("192.0.2.2/32"), PathAttributes())),
    )


def test_a_refused_step_is_tried_again_with_the_next_listing() -> None:
    """And not at once, for ever."""
    world = World(has_engine=True)
    world.begin(*BY_BGP)
    world.engine_up()
    _, (start, path, add) = world.engine.batches[0]
    world.put(Applied((start, path), ((add, "no"),)))
    assert len(world.engine.batches) == 1
    world.engine_up(replace(HELD, sessions={}), listing=2)
    assert world.engine.batches[-1] == (2, (AddPeer(P),))


def test_a_lost_engine_is_filled_again_when_it_is_back() -> None:
    """It comes back empty; what was under way is forgotten."""
    world = World(has_engine=True)
    world.begin(*BY_BGP)
    world.engine_up()
    world.put(EngineDown("gone"))
    assert world.state.outcomes[S].bgp is Reason.ENGINE_UNAVAILABLE
    assert "gone" in world.speaker.not_ready()
    world.engine_up(listing=2)
    assert world.engine.batches[-1][0] == 2
    assert len(world.engine.batches[-1][1]) == 3


def test_a_peer_that_changes_is_updated_in_place() -> None:
    """The engine knows what that costs."""
    world = World(has_engine=True)
    world.begin(*BY_BGP)
    world.engine_up(HELD)
    world.change(peer(holdTime="9s"))
    assert world.engine_obeys() == (UpdatePeer(replace(P, hold_time_s=9, keepalive_time_s=3)),)


def test_a_peer_without_its_secret_has_no_session() -> None:
    """Never one with an empty password."""
    world = World(has_engine=True)
    world.begin(*PLAIN[:4], bgp(), peer(passwordSecret={"name": "sesame"}))
    assert world.secrets == {"sesame"}
    world.engine_up()
    world.put(PasswordKnown("sesame", ""))
    assert world.engine.batches == []
    world.put(PasswordKnown("sesame", "x"))
    assert AddPeer(replace(P, password="x")) in world.engine_obeys()  # noqa: S106  # a test's own
    world.put(PasswordKnown("sesame", ""))
    assert RemovePeer("p", P.address) in world.engine_obeys()


def test_a_session_is_left_alone_until_its_secret_is_known() -> None:
    """A restarted speaker would end it only to open it again."""
    world = World(has_engine=True)
    held = replace(HELD, sessions={"p": replace(P, password="x")})  # noqa: S106  # a test's own
    world.begin(*PLAIN[:4], bgp(), peer(passwordSecret={"name": "sesame"}))
    world.engine_up(held)
    assert world.engine.batches == []
    world.put(PasswordKnown("sesame", "x"))
    assert world.engine.batches == []


def test_two_peers_may_see_different_asns_of_this_node() -> None:
    """GoBGP's sessions each name their own local ASN."""
    world = World(has_engine=True)
    world.begin(*PLAIN[:4], bgp(), peer(), peer("q", "10.0.1.2", myASN=64999))
    world.engine_up()
    sessions = [each.session.local_asn for each in world.engine_obeys() if isinstance(each, AddPeer)]
    assert sessions == [64512, 64999]


def test_sessions_up_and_down_are_shown() -> None:
    """For the metric."""
    world = World(has_engine=True)
    world.begin(*BY_BGP)
    world.engine_up(HELD)
    world.put(SessionChanged("p", is_established=True))
    assert world.state.established == {"p"}
    world.put(SessionChanged("p", is_established=False))
    assert world.state.established == set()


# The pump


def filled() -> asyncio.Queue[InboxEvent]:
    """Make an inbox with everything in it that a speaker begins with."""
    inbox: asyncio.Queue[InboxEvent] = asyncio.Queue()
    for event in listings(*PLAIN):
        inbox.put_nowait(event)
    inbox.put_nowait(InterfacesChanged((ETH0,)))
    inbox.put_nowait(KEYS)
    return inbox


async def test_events_that_come_together_are_decided_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """And the next decision waits until the loop has rested."""
    monkeypatch.setattr(loop, "REST", 0.0)
    world = World()
    inbox = filled()
    decisions = 0
    act = world.speaker.act

    def counted() -> None:
        nonlocal decisions
        decisions += 1
        act()

    monkeypatch.setattr(world.speaker, "act", counted)
    task = asyncio.create_task(pump(inbox, world.speaker))
    await asyncio.sleep(0.02)
    assert decisions == 1
    assert len(world.wire.orders[-1].addresses) == 1
    task.cancel()
    await asyncio.wait([task])


async def test_a_loop_that_rests_decides_late_and_forgets_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """The change that came while it rested is decided when it is rested, without another event."""
    monkeypatch.setattr(loop, "REST", 50.0)
    world = World()
    inbox = filled()
    decided = asyncio.Event()
    act = world.speaker.act

    def noted() -> None:
        act()
        if not world.wire.orders[-1].stations:
            decided.set()

    monkeypatch.setattr(world.speaker, "act", noted)
    task = asyncio.create_task(pump(inbox, world.speaker))
    await asyncio.sleep(0)
    inbox.put_nowait(InterfacesChanged(()))
    await asyncio.sleep(0.01)
    assert world.wire.orders[-1].stations == ("eth0",)
    await asyncio.wait_for(decided.wait(), 30)
    task.cancel()
    await asyncio.wait([task])


async def test_a_decision_that_was_kept_waiting_makes_no_longer_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    """A node that gives the speaker no processor must not have it rest for that, too."""
    monkeypatch.setattr(loop, "REST", 20.0)
    world = World()
    inbox = filled()
    act = world.speaker.act

    def slow() -> None:
        act()
        time.sleep(0.2)

    monkeypatch.setattr(world.speaker, "act", slow)
    task = asyncio.create_task(pump(inbox, world.speaker))
    await asyncio.sleep(0)
    inbox.put_nowait(InterfacesChanged(()))
    begun_s = time.perf_counter()
    while world.wire.orders[-1].stations:
        assert time.perf_counter() - begun_s < 20 * 0.2
        await asyncio.sleep(0.01)
    task.cancel()
    await asyncio.wait([task])
