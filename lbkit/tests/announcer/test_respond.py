"""Rules of which ARP frames are answered.

Pure.
"""

from dataclasses import replace
from ipaddress import IPv4Address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lbkit.announcer.respond import Claim, Reply, claim, respond
from lbkit.model.views import IPAddress
from lbkit.packet.arp import UNSPECIFIED, Arp, Operation
from lbkit.packet.drop import Drop, DropReason
from lbkit.packet.ethernet import BROADCAST
from lbkit.tests.announcer.build import ETH0, ETH1

ASKER = bytes.fromhex("0200000000aa")
VIP = IPv4Address("192.0.2.10")
ANNOUNCED: dict[IPAddress, frozenset[str]] = {VIP: frozenset({"eth0"})}
REQUEST = Arp(BROADCAST, ASKER, Operation.REQUEST, ASKER, IPv4Address("192.0.2.1"), bytes(6), VIP)
MACS = st.sampled_from([ASKER, ETH0.mac, BROADCAST, bytes(6), bytes.fromhex("020000000bad")])
ADDRESSES = st.sampled_from([VIP, UNSPECIFIED, IPv4Address("192.0.2.1")])


def test_a_request_is_answered_to_the_asker_alone() -> None:
    """Unicast, with the interface's own hardware address."""
    assert respond(REQUEST, ETH0, ANNOUNCED) == Reply(
        Arp(ASKER, ETH0.mac, Operation.REPLY, ETH0.mac, VIP, ASKER, IPv4Address("192.0.2.1"))
    )


def test_a_request_sent_to_this_interface_is_answered() -> None:
    """Askers refresh their entry by unicast (RFC 1122 section 2.3.2.1)."""
    assert isinstance(respond(replace(REQUEST, destination=ETH0.mac), ETH0, ANNOUNCED), Reply)


def test_a_probe_is_answered() -> None:
    """RFC 5227: who probes for an announced address must hear that it is taken."""
    assert respond(replace(REQUEST, sender_ip=UNSPECIFIED), ETH0, ANNOUNCED) == Reply(
        Arp(ASKER, ETH0.mac, Operation.REPLY, ETH0.mac, VIP, ASKER, UNSPECIFIED)
    )


@pytest.mark.parametrize(
    ("request_", "reason"),
    [
        pytest.param(replace(REQUEST, operation=Operation.REPLY), DropReason.NOT_A_REQUEST, id="reply"),
        pytest.param(replace(REQUEST, target_ip=IPv4Address("192.0.2.11")), DropReason.NOT_ANNOUNCED, id="other"),
        pytest.param(replace(REQUEST, destination=b"\x02" * 6), DropReason.OTHER_DESTINATION, id="promiscuous"),
        pytest.param(replace(REQUEST, sender_mac=ETH0.mac), DropReason.OWN_FRAME, id="own"),
        pytest.param(replace(REQUEST, sender_ip=VIP), DropReason.GRATUITOUS, id="gratuitous"),
        pytest.param(replace(REQUEST, sender_mac=BROADCAST), DropReason.BAD_SENDER, id="broadcast-sender"),
        pytest.param(replace(REQUEST, sender_mac=bytes(6)), DropReason.BAD_SENDER, id="zero-sender"),
    ],
)
def test_all_else_is_left_in_silence(request_: Arp, reason: DropReason) -> None:
    """Each silence has its reason."""
    assert respond(request_, ETH0, ANNOUNCED) == Drop(reason)


def test_an_interface_that_does_not_announce_the_address_is_silent() -> None:
    """`spec.interfaces` names where it is answered for."""
    assert respond(REQUEST, ETH1, ANNOUNCED) == Drop(DropReason.OTHER_INTERFACE)


@given(st.builds(Arp, MACS, MACS, st.sampled_from(Operation), MACS, ADDRESSES, MACS, ADDRESSES))
def test_a_reply_always_claims_an_announced_address_for_this_interface(request_: Arp) -> None:
    """Whatever is asked, never anything else is claimed, and never to a group of stations."""
    reply = respond(request_, ETH0, ANNOUNCED)
    if isinstance(reply, Reply):
        assert isinstance(reply.packet, Arp)
        assert (reply.packet.sender_ip, reply.packet.sender_mac) == (VIP, ETH0.mac)
        assert reply.packet.destination == request_.sender_mac == ASKER or not request_.sender_mac[0] & 1


@pytest.mark.parametrize(
    ("packet", "expected"),
    [
        pytest.param(REQUEST, Claim(IPv4Address("192.0.2.1"), ASKER), id="request"),
        pytest.param(replace(REQUEST, operation=Operation.REPLY, sender_ip=VIP), Claim(VIP, ASKER), id="reply"),
        pytest.param(replace(REQUEST, sender_ip=VIP), Claim(VIP, ASKER), id="announcement"),
        pytest.param(replace(REQUEST, sender_ip=UNSPECIFIED), Claim(VIP, ASKER, is_probe=True), id="probe"),
        pytest.param(replace(REQUEST, sender_ip=VIP, sender_mac=ETH0.mac), None, id="own"),
        pytest.param(replace(REQUEST, sender_ip=VIP, sender_mac=BROADCAST), None, id="broadcast-sender"),
    ],
)
def test_a_frame_tells_whose_an_address_is(packet: Arp, expected: Claim | None) -> None:
    """RFC 5227 section 2.4: any ARP packet, request or reply."""
    assert claim(packet, ETH0.mac) == expected
