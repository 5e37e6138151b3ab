"""Rules of reading the engine's messages back.

Pure.
"""

from ipaddress import ip_address, ip_network
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lbkit.announcer.desired import Bfd, PathAttributes, Session
from lbkit.gobgp import listing, render
from lbkit.gobgp.marks import EXPORT_POLICY, Mark, gone_peer, mark, peer_id
from lbkit.gobgp.pb import gobgp_pb2 as pb

PLAIN = Session("p", ip_address("10.0.1.1"), 64512, 64513)
NUMBERS = st.integers(0, 0xFFFFFFFF)


@pytest.mark.parametrize(
    "options",
    [
        pytest.param({}, id="plain"),
        pytest.param({"address": ip_address("2001:db8::1"), "families": frozenset({6})}, id="ipv6"),
        pytest.param({"families": frozenset({4, 6})}, id="both-families"),
        pytest.param({"bfd": Bfd(50, 60, 4)}, id="bfd"),
        pytest.param({"restart_time_s": 120}, id="graceful-restart"),
        pytest.param({"peer_asn": 0}, id="any-asn"),
        pytest.param({"address": ip_address("fe80::1%eth1")}, id="link-local"),
        pytest.param({"password": "x", "ebgp_multihop": True, "port": 1179}, id="options"),
        pytest.param({"source_address": ip_address("10.0.0.7")}, id="source"),
        pytest.param({"hold_time_s": 9, "keepalive_time_s": 3, "connect_time_s": 1}, id="timers"),
    ],
)
def test_a_session_is_read_back_as_it_was_written(options: dict[str, Any]) -> None:
    """Also once connected, when GoBGP lists the local address in use."""
    fields = {"peer": "p", "address": PLAIN.address, "local_asn": 64512, "peer_asn": 64513, **options}
    session = Session(**fields)
    message = render.peer(session)
    message.transport.local_address = "10.9.9.9"
    assert listing.session(message) == session


def test_a_peer_that_is_not_ours_is_named_by_its_address() -> None:
    """No BGPPeer has such a name, so that the diff removes it."""
    found = listing.session(pb.Peer(conf=pb.PeerConf(neighbor_address="10.0.1.9")))
    assert found is not None
    assert found.peer == "@10.0.1.9"


def test_a_peer_without_an_address_is_left_out() -> None:
    """An engine's nonsense stops nothing."""
    assert listing.session(pb.Peer(conf=pb.PeerConf(neighbor_address="<nil>"))) is None


@given(NUMBERS, NUMBERS)
def test_a_mark_is_read_back_from_its_name(first: int, second: int) -> None:
    """The name is all that a listing of statements gives."""
    assert Mark.parse(Mark(first, second).name) == Mark(first, second)


@given(st.text())
def test_other_names_are_no_marks(text: str) -> None:
    """Whatever others call their statements."""
    found = Mark.parse(text)
    assert found is None or text.startswith("lbkit-")


@pytest.mark.parametrize(
    "attributes",
    [
        pytest.param(PathAttributes(), id="plain"),
        pytest.param(PathAttributes(100), id="local-pref"),
        pytest.param(PathAttributes(0, ("64512:1", "64512:2")), id="standard"),
        pytest.param(PathAttributes(0, ("large:1:2:3",)), id="large"),
        pytest.param(PathAttributes(link_bandwidth=3_000_000), id="link-bandwidth"),
        pytest.param(PathAttributes(next_hop=ip_address("2001:db8::1")), id="next-hop"),
        pytest.param(PathAttributes(7, ("64512:1", "large:1:2:3")), id="all"),
    ],
)
def test_attributes_are_read_back_from_the_policy(attributes: PathAttributes) -> None:
    """One statement holds them all."""
    mine = mark("p", attributes)
    policies = {each.name: each for each in render.policies([PLAIN], {mine: attributes}).policies}
    assert listing.attributes(policies[EXPORT_POLICY]) == {mine: attributes}


@pytest.mark.parametrize("prefix", ["192.0.2.1/32", "192.0.2.0/24", "2001:db8::1/128"])
def test_marks_are_read_back_from_a_path(prefix: str) -> None:
    """Both families."""
    marks = frozenset({Mark(1, 2), Mark(3, 4)})
    path = render.path(ip_network(prefix), marks)
    assert listing.marks(pb.Destination(prefix=prefix, paths=[path])) == (ip_network(prefix), marks)


@pytest.mark.parametrize("prefix", ["192.0.2.1/32", "nonsense"])
def test_a_path_without_marks_is_not_ours(prefix: str) -> None:
    """It is left alone; the export policy lets it go nowhere."""
    assert listing.marks(pb.Destination(prefix=prefix, paths=[pb.Path()])) is None


def test_marks_of_a_peer_that_is_gone_are_listed_under_its_number() -> None:
    """So that the diff withdraws them, and the driver finds them by that name."""
    attributes = PathAttributes(5)
    mine = mark("old", attributes)
    held = listing.bgp(pb.Global(), [], {ip_network("192.0.2.1/32"): frozenset({mine})}, {mine: attributes})
    name = gone_peer(mine.peer_id)
    assert held.paths == {name: {ip_network("192.0.2.1/32"): attributes}}
    assert peer_id(name) == mine.peer_id


def test_a_mark_of_unknown_meaning_is_nobodys_wish() -> None:
    """So that the diff replaces it."""
    held = listing.bgp(pb.Global(), [PLAIN], {ip_network("192.0.2.1/32"): frozenset({mark("p", PathAttributes())})}, {})
    assert held.paths["p"][ip_network("192.0.2.1/32")] != PathAttributes()
