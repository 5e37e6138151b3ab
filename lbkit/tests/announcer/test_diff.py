"""Rules of the steps from what is to what should be.

Pure.
"""

from dataclasses import replace
from ipaddress import IPv4Address, ip_address, ip_network

from hypothesis import given
from hypothesis import strategies as st

from lbkit.announcer.desired import Bgp, PathAttributes, Session
from lbkit.announcer.diff import (
    AddPath,
    AddPeer,
    RemovePeer,
    StartEngine,
    UpdatePeer,
    WithdrawPath,
    applied,
    diff_bgp,
    leave_alone,
)

PREFIX = ip_network("192.0.2.1/32")
PLAIN = PathAttributes()
ROUTER_ID = IPv4Address("10.0.0.1")
P = Session("p", ip_address("10.0.1.1"), 64512, 64513)
RUNNING = Bgp(64512, ROUTER_ID, {"p": P}, {"p": {PREFIX: PLAIN}})


def test_a_stopped_engine_is_started_and_filled() -> None:
    """Paths before peers: a new session's first table is complete."""
    steps = diff_bgp(Bgp(), RUNNING)
    assert steps == (StartEngine(64512, ROUTER_ID), AddPath("p", PREFIX, PLAIN), AddPeer(P))


def test_nothing_is_done_to_an_engine_that_holds_what_it_should() -> None:
    """So a restarted speaker costs no session and no path."""
    assert diff_bgp(RUNNING, RUNNING) == ()


def test_a_service_change_touches_no_session() -> None:
    """Paths come and go one by one."""
    other = ip_network("192.0.2.2/32")
    assert diff_bgp(RUNNING, replace(RUNNING, paths={"p": {other: PLAIN}})) == (
        WithdrawPath("p", PREFIX),
        AddPath("p", other, PLAIN),
    )


def test_a_path_with_other_attributes_replaces_itself() -> None:
    """No withdrawal in between (RFC 4271 section 3.1: implicit)."""
    better = PathAttributes(200)
    assert diff_bgp(RUNNING, replace(RUNNING, paths={"p": {PREFIX: better}})) == (AddPath("p", PREFIX, better),)


def test_a_changed_session_is_updated_in_place() -> None:
    """The engine decides whether that needs a reset."""
    changed = replace(P, keepalive_time_s=10)
    assert diff_bgp(RUNNING, replace(RUNNING, sessions={"p": changed})) == (UpdatePeer(changed),)


def test_a_session_with_another_address_is_another_session() -> None:
    """Removed first, as its new address may be that of another peer that goes too."""
    moved = replace(P, address=ip_address("10.0.1.9"))
    assert diff_bgp(RUNNING, replace(RUNNING, sessions={"p": moved})) == (RemovePeer("p", P.address), AddPeer(moved))


def test_two_peers_can_swap_their_addresses() -> None:
    """All removals come before all additions."""
    q = Session("q", ip_address("10.0.1.2"), 64512, 64513)
    before = Bgp(64512, ROUTER_ID, {"p": P, "q": q})
    after = Bgp(64512, ROUTER_ID, {"p": replace(P, address=q.address), "q": replace(q, address=P.address)})
    kinds = [type(step) for step in diff_bgp(before, after)]
    assert kinds == [RemovePeer, RemovePeer, AddPeer, AddPeer]


def test_paths_of_a_peer_that_is_gone_are_withdrawn() -> None:
    """Also of one that only the engine remembers."""
    assert diff_bgp(RUNNING, Bgp()) == (RemovePeer("p", P.address), WithdrawPath("p", PREFIX))


def test_another_router_id_waits_for_the_next_start() -> None:
    """GoBGP cannot be started twice; everything else goes on."""
    changed = replace(RUNNING, router_id=IPv4Address("10.0.0.9"))
    assert diff_bgp(RUNNING, changed) == ()


def test_another_asn_of_the_engine_is_no_reason_to_restart_it() -> None:
    """Each session names its own local ASN."""
    assert diff_bgp(replace(RUNNING, asn=65000), RUNNING) == ()


SESSIONS = st.dictionaries(
    st.sampled_from("pqr"),
    st.builds(replace, st.just(P), hold_time_s=st.sampled_from([9, 90]), address=st.ip_addresses(v=4)),
).map(lambda found: {name: replace(session, peer=name) for name, session in found.items()})
TABLES = st.dictionaries(
    st.sampled_from("pqr"),
    st.dictionaries(
        st.sampled_from([PREFIX, ip_network("192.0.2.2/32")]),
        st.builds(PathAttributes, st.sampled_from([0, 100])),
        min_size=1,
    ),
)
ENGINES = st.builds(Bgp, st.just(64512), st.just(ROUTER_ID), SESSIONS, TABLES)


@given(st.one_of(st.just(Bgp()), ENGINES), ENGINES)
def test_bgp_steps_lead_to_what_is_desired(active: Bgp, desired: Bgp) -> None:
    """Whatever the engine held before; and once there, there is nothing to do."""
    after = applied(active, diff_bgp(active, desired))
    assert after == desired
    assert diff_bgp(after, desired) == ()


def test_a_peer_whose_password_is_not_known_yet_is_left_alone() -> None:
    """A restarted speaker must not end a session only because the Secret is still on its way."""
    wished = Bgp(64512, ROUTER_ID)
    assert diff_bgp(RUNNING, leave_alone(wished, RUNNING, ["p"])) == ()
    assert diff_bgp(Bgp(64512, ROUTER_ID), leave_alone(RUNNING, Bgp(64512, ROUTER_ID), ["p"])) == ()
