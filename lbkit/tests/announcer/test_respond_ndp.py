"""Rules of which NDP frames are answered.

Pure.
"""

from dataclasses import replace
from ipaddress import IPv6Address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lbkit.announcer.respond import Reply, respond
from lbkit.model.views import IPAddress
from lbkit.packet.drop import Drop, DropReason
from lbkit.packet.ethernet import BROADCAST
from lbkit.packet.ndp import ALL_NODES, UNSPECIFIED, NeighborAdvertisement, NeighborSolicitation, group_mac
from lbkit.tests.announcer.build import ETH0, ETH1

ASKER = bytes.fromhex("0200000000aa")
ASKER_IP = IPv6Address("2001:db8::1")
VIP = IPv6Address("2001:db8::10")
GROUP = IPv6Address("ff02::1:ff00:10")
ANNOUNCED: dict[IPAddress, frozenset[str]] = {VIP: frozenset({"eth0"})}
REQUEST = NeighborSolicitation(group_mac(GROUP), ASKER, ASKER_IP, GROUP, VIP, ASKER)
PROBE = replace(REQUEST, source_ip=UNSPECIFIED, source_mac=None)
ANSWER = NeighborAdvertisement(
    ASKER, ETH0.mac, VIP, ASKER_IP, VIP, is_solicited=True, is_override=True, target_mac=ETH0.mac
)
MACS = st.sampled_from([ASKER, ETH0.mac, BROADCAST, bytes(6), group_mac(GROUP)])
ADDRESSES = st.sampled_from([VIP, UNSPECIFIED, ASKER_IP, GROUP])


def test_a_solicitation_is_answered_to_the_asker_alone() -> None:
    """RFC 4861 section 7.2.4: unicast, Solicited and Override set, with the target's link-layer address."""
    assert respond(REQUEST, ETH0, ANNOUNCED) == Reply(ANSWER)


def test_a_unicast_solicitation_is_answered() -> None:
    """RFC 4861 section 7.3.3: neighbors are probed by unicast, and these probes may lack the source's address."""
    request = replace(REQUEST, destination=ETH0.mac, destination_ip=VIP, source_mac=None)
    assert respond(request, ETH0, ANNOUNCED) == Reply(ANSWER)


def test_a_probe_is_answered_through_all_nodes_and_not_as_solicited() -> None:
    """RFC 4861 section 7.2.4: who asks from the unspecified address can be reached in no other way."""
    assert respond(PROBE, ETH0, ANNOUNCED) == Reply(
        replace(ANSWER, destination=bytes.fromhex("333300000001"), destination_ip=ALL_NODES, is_solicited=False)
    )


@pytest.mark.parametrize(
    ("request_", "reason"),
    [
        pytest.param(ANSWER, DropReason.NOT_A_REQUEST, id="advertisement"),
        pytest.param(
            replace(REQUEST, target=IPv6Address("2001:db8::1:0:10")), DropReason.NOT_ANNOUNCED, id="same-group"
        ),
        pytest.param(replace(REQUEST, destination=b"\x02" * 6), DropReason.OTHER_DESTINATION, id="promiscuous"),
        pytest.param(replace(REQUEST, destination_ip=ALL_NODES), DropReason.OTHER_DESTINATION, id="all-nodes"),
        pytest.param(replace(REQUEST, source=ETH0.mac), DropReason.OWN_FRAME, id="own"),
        pytest.param(replace(REQUEST, source_mac=ETH0.mac), DropReason.OWN_FRAME, id="own-option"),
        pytest.param(replace(REQUEST, source_ip=VIP), DropReason.GRATUITOUS, id="from-the-address-itself"),
        pytest.param(replace(REQUEST, source_mac=BROADCAST), DropReason.BAD_SENDER, id="broadcast-sender"),
        pytest.param(replace(PROBE, source=bytes(6)), DropReason.BAD_SENDER, id="zero-sender"),
    ],
)
def test_all_else_is_left_in_silence(
    request_: NeighborSolicitation | NeighborAdvertisement, reason: DropReason
) -> None:
    """Each silence has its reason."""
    assert respond(request_, ETH0, ANNOUNCED) == Drop(reason)


def test_an_interface_that_does_not_announce_the_address_is_silent() -> None:
    """`spec.interfaces` names where it is answered for."""
    assert respond(REQUEST, ETH1, ANNOUNCED) == Drop(DropReason.OTHER_INTERFACE)


@given(st.builds(NeighborSolicitation, MACS, MACS, ADDRESSES, ADDRESSES, ADDRESSES, st.none() | MACS))
def test_an_answer_always_claims_an_announced_address_for_this_interface(request_: NeighborSolicitation) -> None:
    """Whatever is asked, never anything else is claimed, and never as solicited to a group."""
    reply = respond(request_, ETH0, ANNOUNCED)
    if isinstance(reply, Reply):
        answer = reply.packet
        assert isinstance(answer, NeighborAdvertisement)
        assert (answer.target, answer.source_ip, answer.target_mac, answer.source) == (VIP, VIP, ETH0.mac, ETH0.mac)
        assert answer.is_solicited is not bool(answer.destination[0] & 1)
