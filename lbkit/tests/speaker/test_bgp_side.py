"""Rules of the BGP half, told as recorded inboxes with a fake engine.

Pure.
"""

import asyncio
from dataclasses import replace
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

import pytest

from lbkit.announcer.desired import Bfd, Bgp, PathAttributes, Session
from lbkit.announcer.diff import AddPath, AddPeer, RemovePeer, UpdatePeer, WithdrawPath
from lbkit.announcer.leaving import Stage
from lbkit.gobgp.events import EngineDown, Look, SessionChanged, SessionsSeen
from lbkit.kube import resources
from lbkit.model.status_objects import BGPSessionStateStatus, ServiceBGPStatusStatus
from lbkit.speaker import departure
from lbkit.speaker.bgp_side import START_S
from lbkit.speaker.events import RoutersSeen
from lbkit.tests.kube.script import until
from lbkit.tests.speaker.world import PLAIN, World, bgp, endpoints, peer, service, thing

PREFIX = ip_network("192.0.2.1/32")
P = Session("p", ip_address("10.0.1.1"), 64512, 64513)
FAST = thing(resources.BFD_PROFILES, "fast", spec={"receiveInterval": 100, "transmitInterval": 100})
BY_BGP = (*PLAIN[:4], bgp())
HELD = Bgp(64512, IPv4Address("10.0.0.1"), {"p": P}, {"p": {PREFIX: PathAttributes()}})


def test_bfd_begins_when_the_session_is_up_and_ends_with_it() -> None:
    """A BFD session that is not up yet would reset the BGP session."""
    world = World(has_engine=True)
    world.begin(*BY_BGP, peer(bfdProfile="fast"), FAST)
    world.engine_up()
    assert AddPeer(P) in world.engine_obeys()
    world.put(SessionChanged("p", is_established=True, peer_asn=64513))
    assert world.engine_obeys() == (UpdatePeer(replace(P, bfd=Bfd(100, 100, 3))),)
    world.put(SessionChanged("p", is_established=False))
    assert world.engine_obeys() == (UpdatePeer(P),)


def test_an_internal_router_is_no_external_peer() -> None:
    """The engine takes any ASN; the speaker takes the session away again, and says why."""
    world = World(has_engine=True)
    world.begin(*BY_BGP, peer(peerASN=0, dynamicASN="external"))
    world.engine_up()
    world.engine_obeys()
    world.put(SessionChanged("p", is_established=True, peer_asn=64512))
    assert world.engine_obeys() == (RemovePeer("p", P.address),)
    assert "dynamicASN external" in world.shown[-1][0]
    world.change(peer(peerASN=0, dynamicASN="external", holdTime="9s"))
    assert AddPeer(replace(P, peer_asn=0, hold_time_s=9, keepalive_time_s=3)) in world.engine_obeys()
    assert world.shown[-1] == ()


def test_an_external_router_with_an_asn_of_its_own_stays() -> None:
    """Whatever it is."""
    world = World(has_engine=True)
    world.begin(*BY_BGP, peer(peerASN=0, dynamicASN="external"))
    world.engine_up()
    world.engine_obeys()
    world.put(SessionChanged("p", is_established=True, peer_asn=4200000000))
    assert len(world.engine.batches) == 1


def test_a_peer_by_interface_gets_its_session_when_its_router_is_seen() -> None:
    """Until then it has a reason; and another one when the router is replaced."""
    world = World(has_engine=True)
    world.begin(*BY_BGP, peer(address="", interface="eth1"))
    world.engine_up()
    assert world.router_interfaces == {"eth1"}
    assert "no router seen" in world.shown[-1][0]
    world.put(RoutersSeen({"eth1": (IPv6Address("fe80::1"),)}))
    one = replace(P, address=ip_address("fe80::1%eth1"), families=frozenset({4, 6}))
    assert AddPeer(one) in world.engine_obeys()
    assert world.shown[-1] == ()
    world.put(RoutersSeen({"eth1": (IPv6Address("fe80::2"),)}))
    assert world.engine_obeys() == (
        RemovePeer("p", one.address),
        AddPeer(replace(one, address=ip_address("fe80::2%eth1"))),
    )


def test_a_young_speaker_is_ready_when_its_sessions_are_up_and_its_paths_out() -> None:
    """So that an update of all speakers goes on only then."""
    world = World(has_engine=True)
    world.begin(*BY_BGP, peer())
    assert "BGP engine" in world.speaker.not_ready()
    world.engine_up()
    world.engine_obeys()
    assert "coming up: p" in world.speaker.not_ready()
    world.put(SessionChanged("p", is_established=True, peer_asn=64513))
    assert world.speaker.not_ready() == ""


def test_a_router_that_is_down_holds_no_speaker_up() -> None:
    """For ever; nor does one that goes down later make a node unready."""
    world = World(has_engine=True)
    world.begin(*BY_BGP, peer())
    world.engine_up()
    world.engine_obeys()
    world.now_s += START_S
    assert world.speaker.not_ready() == ""


async def test_who_leaves_is_the_last_choice_first_and_then_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    """GRACEFUL_SHUTDOWN, a wait, withdrawals (RFC 8326); the session stays to its end."""
    monkeypatch.setattr(departure, "TURN_S", 0.0)
    monkeypatch.setattr(departure, "EMPTY_S", 0.0)
    world = World(has_engine=True)
    world.begin(*BY_BGP, peer())
    world.engine_up(HELD)
    leaving = asyncio.create_task(departure.depart(world.speaker.bgp))
    await until(lambda: len(world.engine.batches) == 1)
    assert world.engine_obeys() == (AddPath("p", PREFIX, PathAttributes(0, ("65535:0",))),)
    await until(lambda: len(world.engine.batches) == 2)
    assert world.engine_obeys() == (WithdrawPath("p", PREFIX),)
    await asyncio.wait_for(leaving, 5)
    assert world.state.bgp.sessions == HELD.sessions


async def test_what_comes_while_leaving_is_the_last_choice_too() -> None:
    """The world does not stand still meanwhile."""
    world = World(has_engine=True)
    world.begin(*BY_BGP, peer())
    world.engine_up(HELD)
    world.speaker.bgp.leave(Stage.LAST_CHOICE)
    world.engine_obeys()
    world.change(service("t", "192.0.2.2"), endpoints("t", "a"))
    assert world.engine_obeys() == (AddPath("p", ip_network("192.0.2.2/32"), PathAttributes(0, ("65535:0",))),)


async def test_who_advertises_nothing_leaves_at_once() -> None:
    """No wait for nobody's sake."""
    world = World(has_engine=True)
    world.begin(*PLAIN)
    world.engine_up()
    await asyncio.wait_for(departure.depart(world.speaker.bgp), 1)


async def test_an_engine_that_dies_meanwhile_does_not_hold_up_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """There is nothing left to withdraw."""
    monkeypatch.setattr(departure, "TURN_S", 0.0)
    monkeypatch.setattr(departure, "EMPTY_S", 0.0)
    world = World(has_engine=True)
    world.begin(*BY_BGP, peer())
    world.engine_up(HELD)
    leaving = asyncio.create_task(departure.depart(world.speaker.bgp))
    await until(lambda: len(world.engine.batches) == 1)
    world.put(EngineDown("gone"))
    await asyncio.wait_for(leaving, 1)


def test_a_withdrawn_service_touches_no_session() -> None:
    """One path, and nothing else."""
    world = World(has_engine=True)
    world.begin(*BY_BGP, peer())
    world.engine_up(HELD)
    world.delete(PLAIN[0])
    assert world.engine_obeys() == (WithdrawPath("p", PREFIX),)


def test_a_session_is_shown_with_how_it_is_and_how_it_ended_last() -> None:
    """One object for each peer of the node, also for one that is refused."""
    world = World(has_engine=True)
    world.begin(*BY_BGP, peer(), peer("red", "10.0.1.9", vrf="red"))
    world.engine_up(HELD)
    world.put(SessionChanged("p", is_established=True, peer_asn=64513))
    world.put(SessionChanged("p", is_established=False, words="received Cease / Administrative Reset"))
    world.put(SessionChanged("p", is_established=True, peer_asn=64513))
    up = Look("Established", 1_700_000_000, 64513, "10.255.0.1", 9, 3, "Up")
    world.put(SessionsSeen({"p": up}))
    services, sessions = world.shown_bgp[-1]
    assert services["web/s"].status == ServiceBGPStatusStatus(
        node="a", service_name="s", service_namespace="web", peers=("p",)
    )
    shown = sessions["p"].status
    assert isinstance(shown, BGPSessionStateStatus)
    assert (shown.bgp_status, shown.bfd_status, shown.since) == ("Established", "Up", "2023-11-14T22:13:20Z")
    assert (shown.peer, shown.hold_time_seconds, shown.advertised_prefixes, shown.flaps) == ("10.0.1.1", 9, 1, 1)
    assert shown.last_error == "received Cease / Administrative Reset"
    refused = sessions["red"].status
    assert isinstance(refused, BGPSessionStateStatus)
    assert (refused.bgp_status, "spec.vrf" in refused.reason) == ("Idle", True)


def test_what_is_not_advertised_has_no_status() -> None:
    """MetalLB's rule: an object for each Service that is advertised from the node."""
    world = World(has_engine=True)
    world.begin(*BY_BGP, peer())
    assert world.shown_bgp[-1][0] == {}
    world.engine_up(HELD)
    assert list(world.shown_bgp[-1][0]) == ["web/s"]
    world.delete(PLAIN[0])
    assert world.shown_bgp[-1][0] == {}


def test_the_time_of_a_withdrawal_counts_from_the_decision() -> None:
    """Also what it waits for an engine that is at work."""
    world = World(has_engine=True)
    world.begin(*BY_BGP, peer())
    world.engine_up(HELD)
    world.delete(PLAIN[0])
    world.now_s += 0.3
    world.engine_obeys()
    assert world.state.withdrawals.total_s == pytest.approx(0.3)
    assert world.state.withdrawals.buckets[-5:] == [("0.5", 1), ("1.0", 1), ("2.5", 1), ("5.0", 1), ("+Inf", 1)]


def test_a_crash_of_the_engine_ends_every_session_that_was_up() -> None:
    """It says nothing itself; the next engine's sessions begin anew."""
    world = World(has_engine=True)
    world.begin(*BY_BGP, peer(), peer("q", "10.0.1.2"))
    world.engine_up(HELD)
    world.put(SessionChanged("p", is_established=True, peer_asn=64513))
    world.put(EngineDown("gone"))
    assert dict(world.state.flaps) == {"p": 1}
    assert world.state.ends["p"].words == "the BGP engine went away"
