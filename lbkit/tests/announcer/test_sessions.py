"""Rules of which peers get a session, and with what.

Pure.
"""

from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Any

import pytest

from lbkit.announcer.desired import Bfd, Session
from lbkit.announcer.sessions import default_router_id, sessions
from lbkit.model.views import BFDProfile, Config, Peer
from lbkit.tests.announcer.build import node, on_node, peer

SHARED = "secret"
MISSING = "gone"
NODE = node("a", addresses=["2001:db8::1", "10.0.0.1"])
FIRST, SECOND = IPv6Address("fe80::1"), IPv6Address("fe80::2")
ROUTERS = {"eth1": (FIRST,), "eth2": (FIRST, SECOND), "eth3": (FIRST,)}


def one(asked: Peer, *profiles: BFDProfile) -> Session:
    """Get the session of the only peer."""
    engine, refused = sessions(Config(peers=(asked,), bfd_profiles=profiles), NODE)
    assert refused == {}
    return engine.sessions[asked.name]


def test_a_plain_peer_gets_a_plain_session() -> None:
    """Defaults are resolved: hold 90 s, keepalive 30 s, connect 5 s."""
    assert one(peer("p", "10.0.1.1")) == Session("p", ip_address("10.0.1.1"), 64512, 64513)


def test_an_ipv6_peer_negotiates_ipv6() -> None:
    """One family, that of the session, as MetalLB does."""
    assert one(peer("p", "2001:db8::9")).families == {6}


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        pytest.param({}, (90, 30), id="default"),
        pytest.param({"hold_time_s": 9}, (9, 3), id="hold-only"),
        pytest.param({"keepalive_time_s": 5}, (15, 5), id="keepalive-only"),
        pytest.param({"hold_time_s": 9, "keepalive_time_s": 2}, (9, 2), id="both"),
    ],
)
def test_hold_and_keepalive_time_imply_each_other(options: dict[str, Any], expected: tuple[int, int]) -> None:
    """Three to one."""
    session = one(peer("p", "10.0.1.1", **options))
    assert (session.hold_time_s, session.keepalive_time_s) == expected


def test_options_are_carried_over() -> None:
    """Port, source, multihop, password, local ASN, connect time."""
    session = one(
        peer(
            "p",
            "10.0.1.1",
            port=1179,
            source_address=ip_address("10.0.0.7"),
            ebgp_multihop=True,
            password=SHARED,
            local_asn=64999,
            connect_time_s=11,
        )
    )
    assert session == Session(
        "p",
        ip_address("10.0.1.1"),
        64999,
        64513,
        port=1179,
        source_address=ip_address("10.0.0.7"),
        ebgp_multihop=True,
        connect_time_s=11,
        password=SHARED,
    )


def test_a_bfd_profile_fills_its_gaps_with_defaults() -> None:
    """300 ms, 300 ms, 3, as FRR's."""
    asked = peer("p", "10.0.1.1", bfd_profile="fast")
    assert one(asked, BFDProfile("fast", receive_interval_ms=50)).bfd == Bfd(300, 50, 3)


def test_a_peer_of_other_nodes_is_no_concern() -> None:
    """Neither a session nor a refusal."""
    engine, refused = sessions(Config(peers=(peer("p", "10.0.1.1", node_selectors=on_node("b")),)), NODE)
    assert (engine.sessions, refused, engine.router_id) == ({}, {}, None)


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        pytest.param(peer("p", None, interface="eth9"), "no router seen", id="unnumbered-unseen"),
        pytest.param(peer("p", None, interface="eth2"), "has 2 routers", id="unnumbered-shared"),
        pytest.param(
            peer("p", None, interface="eth1", source_address=ip_address("10.0.0.1")),
            "sourceAddress",
            id="unnumbered-source",
        ),
        pytest.param(peer("p", None), "spec.peerAddress", id="no-address"),
        pytest.param(peer("p", "10.0.1.1", vrf="red"), "spec.vrf", id="vrf"),
        pytest.param(peer("p", "10.0.1.1", hold_time_s=0), "holdTime", id="hold-0"),
        pytest.param(peer("p", "10.0.1.1", local_asn=64999, peer_asn=64512), "localASN", id="local-asn-inside"),
        pytest.param(peer("p", "10.0.1.1", password_secret=MISSING), "no Secret 'gone'", id="secret-missing"),
        pytest.param(peer("p", "10.0.1.1", bfd_profile="gone"), "no BFDProfile 'gone'", id="bfd-missing"),
        pytest.param(peer("p", "10.0.1.1", bfd_profile="echo"), "echoMode", id="bfd-echo"),
        pytest.param(peer("p", "10.0.1.1", bfd_profile="passive"), "passiveMode", id="bfd-passive"),
        pytest.param(peer("p", "10.0.1.1", bfd_profile="plain", ebgp_multihop=True), "multihop BFD", id="bfd-multihop"),
    ],
)
def test_what_cannot_be_had_is_refused_with_its_name(asked: Peer, said: str) -> None:
    """Never dropped in silence: no session, and a reason."""
    profiles = (BFDProfile("echo", echo_mode=True), BFDProfile("passive", passive_mode=True), BFDProfile("plain"))
    engine, refused = sessions(Config(peers=(asked,), bfd_profiles=profiles), NODE, ROUTERS)
    assert engine.sessions == {}
    assert said in refused["p"]


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        pytest.param({"peer_asn": 0, "dynamic_asn": "internal"}, {"peer_asn": 64512}, id="internal"),
        pytest.param({"peer_asn": 0, "dynamic_asn": "external"}, {"peer_asn": 0}, id="external"),
        pytest.param({"enable_graceful_restart": True}, {"restart_time_s": 120}, id="graceful-restart"),
        pytest.param({"dual_stack_address_family": True}, {"families": frozenset({4, 6})}, id="dual-stack"),
    ],
)
def test_an_option_becomes_what_the_engine_calls_it(options: dict[str, Any], expected: dict[str, Any]) -> None:
    """And changes nothing else."""
    fields = {"peer": "p", "address": ip_address("10.0.1.1"), "local_asn": 64512, "peer_asn": 64513, **expected}
    assert one(peer("p", "10.0.1.1", **options)) == Session(**fields)


def test_a_peer_by_interface_is_the_one_router_on_it() -> None:
    """Both families run on its link-local address (RFC 8950)."""
    engine, refused = sessions(Config(peers=(peer("p", None, interface="eth1"),)), NODE, ROUTERS)
    assert refused == {}
    assert engine.sessions["p"].address == ip_address("fe80::1%eth1")
    assert engine.sessions["p"].families == {4, 6}


def test_two_links_with_one_link_local_address_have_one_peer() -> None:
    """The engine's policies know no interfaces, and would give one router what is for the other."""
    peers = (peer("p", None, interface="eth1"), peer("q", None, interface="eth3"))
    engine, refused = sessions(Config(peers=peers), NODE, ROUTERS)
    assert (list(engine.sessions), list(refused)) == (["p"], ["q"])


def test_two_families_over_ipv4_need_an_ipv6_address_of_the_node() -> None:
    """It is the next hop of the IPv6 prefixes, for which the session's own end is none."""
    asked = Config(peers=(peer("p", "10.0.1.1", dual_stack_address_family=True),))
    _, refused = sessions(asked, node("a", addresses=["10.0.0.1"]))
    assert "next hop" in refused["p"]


def test_a_secret_that_was_found_gives_the_session_its_password() -> None:
    """The shell puts it into the view."""
    assert one(peer("p", "10.0.1.1", password_secret=MISSING, password=SHARED)).password == SHARED


def test_a_password_is_not_printed() -> None:
    """Logs print values."""
    assert "secret" not in repr(one(peer("p", "10.0.1.1", password=SHARED)))


def test_the_second_peer_at_an_address_is_refused() -> None:
    """The engine knows a session by its address."""
    engine, refused = sessions(Config(peers=(peer("p", "10.0.1.1"), peer("q", "10.0.1.1"))), NODE)
    assert list(engine.sessions) == ["p"]
    assert "'p'" in refused["q"]


def test_peers_of_a_node_must_agree_on_the_router_id() -> None:
    """One engine has one; peers that name none take what another names."""
    peers = (
        peer("o", "10.0.1.3"),
        peer("p", "10.0.1.1", router_id=IPv4Address("1.1.1.1")),
        peer("q", "10.0.1.2", router_id=IPv4Address("2.2.2.2")),
    )
    engine, refused = sessions(Config(peers=peers), NODE)
    assert engine.router_id == IPv4Address("1.1.1.1")
    assert list(refused) == ["q"]


def test_the_router_id_is_the_nodes_ipv4_address_or_made_of_its_name() -> None:
    """Never zero (RFC 6286), and the same in every run."""
    assert default_router_id(NODE) == IPv4Address("10.0.0.1")
    assert default_router_id(node("six")) == default_router_id(node("six")) != IPv4Address(0)
