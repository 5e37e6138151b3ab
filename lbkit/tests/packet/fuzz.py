"""Random and mutated frames for every decoder, and for what is answered to them (`make fuzz`, briefly `make unit`).

A decoder answers with a value or a Drop, whatever it is given; what it accepts, it can write again. An answer leaves
only to a frame that was understood, claims nothing but what is announced, and goes to no group but all IPv6 nodes.

Shell: standard output.
"""

import argparse
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address
from random import Random

from lbkit.announcer.desired import Interface
from lbkit.announcer.respond import Reply, respond
from lbkit.model.views import IPAddress
from lbkit.packet import arp, datagram, ethernet, heartbeat, ndp, resolution, tcp
from lbkit.packet.drop import Drop
from lbkit.tests.packet import tcp_frames

MAC = bytes.fromhex("020000000002")
ASKER = bytes.fromhex("0200000000aa")
VIP, VIP6 = IPv4Address("192.0.2.10"), IPv6Address("2001:db8::10")
GROUP = ndp.solicited_node(VIP6)
ETH0 = Interface("eth0", 2, MAC)
ANNOUNCED: dict[IPAddress, frozenset[str]] = {VIP: frozenset({"eth0"}), VIP6: frozenset({"eth0"})}
KEYRING = heartbeat.Keyring(b"cluster1", {1: b"secret"}, 1)
BEAT = heartbeat.Heartbeat(
    "node-1",
    "eth1",
    epoch=5,
    sequence=7,
    holds=2,
    reports=tuple(heartbeat.Report(bytes((number,)) * 8, 5, 9, 4) for number in range(3)),
    objections=(heartbeat.Objection(VIP, b"station1", 6), heartbeat.Objection(VIP6, b"station1", 6)),
    base=0,
    top=2,
    changes=(
        heartbeat.Change(VIP, heartbeat.Holding.HELD, 2),
        heartbeat.Change(VIP6, heartbeat.Holding.OFFERED, 1),
    ),
)
ARP_FRAMES = (
    arp.encode(arp.Arp(ethernet.BROADCAST, ASKER, arp.Operation.REQUEST, ASKER, IPv4Address(1), bytes(6), VIP)),
    arp.encode(arp.Arp(MAC, ASKER, arp.Operation.REPLY, ASKER, IPv4Address(1), MAC, VIP)),
)
NDP_FRAMES = (
    ndp.encode(ndp.NeighborSolicitation(ndp.group_mac(GROUP), ASKER, IPv6Address(1), GROUP, VIP6, ASKER)),
    ndp.encode(ndp.NeighborSolicitation(ndp.group_mac(GROUP), ASKER, ndp.UNSPECIFIED, GROUP, VIP6)),
    ndp.encode(ndp.NeighborAdvertisement(MAC, ASKER, IPv6Address(1), VIP6, VIP6, is_solicited=True, target_mac=ASKER)),
)
HEARTBEATS = (heartbeat.encode(BEAT, KEYRING),)
DATAGRAMS = (
    datagram.encode(HEARTBEATS[0], ASKER, IPv4Address("192.0.2.1")),
    datagram.encode(HEARTBEATS[0], ASKER, IPv6Address("fe80::1")),
)

TCP_FRAMES = tuple(
    tcp_frames.frame(flags, source, target)
    for flags in (tcp.SYN, tcp.FIN, tcp.RST)
    for source, target in ((IPv4Address(1), VIP), (IPv6Address(1), VIP6))
)


@dataclass(frozen=True, slots=True)
class Decoder:
    """A decoder, frames it accepts, and what must hold of what it makes of others; True where it accepted one."""

    name: str
    frames: Sequence[bytes]
    check: Callable[[bytes], bool]


def _resolution(data: bytes) -> bool:
    packet = resolution.decode(data)
    if isinstance(packet, Drop):
        return False
    assert resolution.decode(resolution.encode(packet)) == packet, data.hex()
    verdict = respond(packet, ETH0, ANNOUNCED)
    if isinstance(verdict, Reply):
        answer = verdict.packet
        assert verdict.address in ANNOUNCED, data.hex()
        assert answer.source == MAC, data.hex()
        is_group = bool(answer.destination[0] & 1)
        assert not is_group or answer.destination == ndp.group_mac(ndp.ALL_NODES), data.hex()
    return True


def _datagram(data: bytes) -> bool:
    found = datagram.decode(data)
    if isinstance(found, Drop):
        return False
    source, payload = found
    assert datagram.decode(datagram.encode(payload, source, VIP)) == found, data.hex()
    return True


def _heartbeat(data: bytes) -> bool:
    found = heartbeat.decode(data, KEYRING)
    assert isinstance(found, Drop) or data in HEARTBEATS, data.hex()
    # Somebody who knows the key may still send nonsense.
    body = data[: -heartbeat.TAG_BYTES]
    found = heartbeat.decode(body + heartbeat.tag(body, b"secret"), KEYRING)
    if isinstance(found, Drop):
        return False
    assert heartbeat.decode(heartbeat.encode(found, KEYRING), KEYRING) == found, data.hex()
    return True


def _tcp(data: bytes) -> bool:
    found = tcp.decode(data)
    if isinstance(found, Drop):
        return False
    assert len(found.flow) == (8 if found.target.version == 4 else 20), data.hex()
    return True


DECODERS = (
    Decoder("arp", ARP_FRAMES, _resolution),
    Decoder("ndp", NDP_FRAMES, _resolution),
    Decoder("datagram", DATAGRAMS, _datagram),
    Decoder("heartbeat", HEARTBEATS, _heartbeat),
    Decoder("tcp", TCP_FRAMES, _tcp),
)


def mutate(random: Random, data: bytes) -> bytes:
    """Change a frame in one to four places, or cut or lengthen it, or make another one up."""
    changed = bytearray(data)
    for _ in range(random.randint(1, 4)):
        match random.randint(0, 7):
            case 0:
                del changed[random.randint(0, len(changed)) :]
            case 1:
                changed += random.randbytes(random.randint(1, 40))
            case 2:
                changed[:] = changed[:14] + random.randbytes(random.randint(0, 1500))
            case 3:
                at = random.randint(0, len(changed))
                changed[at:at] = random.randbytes(random.randint(1, 4))
            case _ if changed:
                changed[random.randrange(len(changed))] = random.choice((0, 1, 0x7F, 0x80, 0xFF, random.randrange(256)))
            case _:
                changed[:] = random.randbytes(random.randint(0, 100))
    return bytes(changed)


def run(decoder: Decoder, count: int, seed: int) -> Counter[bool]:
    """Give a decoder that many frames; count those it accepted (True) and dropped (False)."""
    random = Random(seed)  # noqa: S311  # to be run again
    return Counter(decoder.check(mutate(random, random.choice(decoder.frames))) for _ in range(count))


def main() -> None:
    """Run all decoders, and say how it went."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--frames", type=int, default=1_000_000, help="for each decoder")
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    for decoder in DECODERS:
        start_s = time.monotonic()
        seen = run(decoder, arguments.frames, arguments.seed)
        took_s = time.monotonic() - start_s
        print(f"{decoder.name}: {arguments.frames} frames, {seen[True]} accepted, no fault, {took_s:.0f} s", flush=True)


if __name__ == "__main__":
    main()
