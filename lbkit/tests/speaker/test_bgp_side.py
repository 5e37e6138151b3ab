"""Rules of the BGP half, told as recorded inboxes with a fake engine.

Pure.
"""

from dataclasses import replace
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from lbkit.announcer.desired import Bfd, Bgp, PathAttributes, Session
from lbkit.announcer.diff import AddPeer, RemovePeer, UpdatePeer, WithdrawPath
from lbkit.gobgp.events import SessionChanged
from lbkit.kube import resources
from lbkit.speaker.events import RoutersSeen
from lbkit.tests.speaker.world import PLAIN, World, bgp, peer, thing

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


def test_a_withdrawn_service_touches_no_session() -> None:
    """One path, and nothing else."""
    world = World(has_engine=True)
    world.begin(*BY_BGP, peer())
    world.engine_up(HELD)
    world.delete(PLAIN[0])
    assert world.engine_obeys() == (WithdrawPath("p", PREFIX),)
