"""A program: capture frames on one interface of a node's network until told to stop.

AF_PACKET with a kernel filter, promiscuous: on a bridge interface it sees every frame the bridge forwards.
Frames carry the kernel's own receive time, moved from the wall clock to the monotonic one as they are read.
Source: packet(7), Linux `struct sock_filter` (classic BPF).

Shell: a raw socket, clocks, stdin, stdout.
"""

import ctypes
import select
import socket
import struct
import sys
import time
from typing import Final

from conformance.suite.observers.emit import emit, plan

ETH_P_ALL: Final = 0x0003
SOL_PACKET: Final = 263
PACKET_ADD_MEMBERSHIP: Final = 1
PACKET_STATISTICS: Final = 6
PACKET_MR_PROMISC: Final = 1
PACKET_OUTGOING: Final = 4
SO_TIMESTAMPNS: Final = 35
SO_ATTACH_FILTER: Final = 26
SO_RCVBUFFORCE: Final = 33
_BUFFER_BYTES: Final = 8 << 20

_ACCEPT, _DROP = (0x06, 0, 0, 0x40000), (0x06, 0, 0, 0)
FILTERS: Final[dict[str, tuple[tuple[int, int, int, int], ...]]] = {
    "neighbor": (  # arp, or ip6 with next header ICMPv6, and neither from nor to the flood of `flood.py`
        (0x20, 0, 0, 0),
        (0x15, 8, 0, 0x0200FD00),
        (0x20, 0, 0, 6),
        (0x15, 6, 0, 0x0200FD00),
        (0x28, 0, 0, 12),
        (0x15, 3, 0, 0x0806),
        (0x15, 0, 3, 0x86DD),
        (0x30, 0, 0, 20),
        (0x15, 0, 1, 58),
        _ACCEPT,
        _DROP,
    ),
    "bgp": (  # ip, TCP, port 179 on either side
        (0x28, 0, 0, 12),
        (0x15, 0, 8, 0x0800),
        (0x30, 0, 0, 23),
        (0x15, 0, 6, 6),
        (0xB1, 0, 0, 14),
        (0x48, 0, 0, 14),
        (0x15, 2, 0, 179),
        (0x48, 0, 0, 16),
        (0x15, 0, 1, 179),
        _ACCEPT,
        _DROP,
    ),
    "packets": (  # ip; ICMP, or TCP with SYN or RST
        (0x28, 0, 0, 12),
        (0x15, 0, 7, 0x0800),
        (0x30, 0, 0, 23),
        (0x15, 4, 0, 1),
        (0x15, 0, 4, 6),
        (0xB1, 0, 0, 14),
        (0x50, 0, 0, 27),
        (0x45, 0, 1, 0x06),
        _ACCEPT,
        _DROP,
    ),
}


def opened(interface: str, name: str) -> socket.socket:
    """Open a capture socket.

    Args:
        interface: "" for all of the namespace's.
        name: of the filter, a key of `FILTERS`.
    """
    # With protocol 0 nothing is heard before the filter is in place.
    sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
    program = b"".join(struct.pack("HBBI", *step) for step in FILTERS[name])
    buffer = ctypes.create_string_buffer(program)
    head = struct.pack("HL", len(FILTERS[name]), ctypes.addressof(buffer))
    sock.setsockopt(socket.SOL_SOCKET, SO_ATTACH_FILTER, head)
    sock.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
    sock.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, _BUFFER_BYTES)
    if interface:
        sock.bind((interface, ETH_P_ALL))
        request = struct.pack("iHH8s", socket.if_nametoindex(interface), PACKET_MR_PROMISC, 0, b"")
        sock.setsockopt(SOL_PACKET, PACKET_ADD_MEMBERSHIP, request)
    else:
        bind_everywhere(sock)
    sock.setblocking(False)
    return sock


def bind_everywhere(sock: socket.socket) -> None:
    """Bind to every interface: index 0 of struct sockaddr_ll, which Python's own bind cannot say (packet(7))."""
    address = struct.pack("=HHiHBB8s", socket.AF_PACKET, socket.htons(ETH_P_ALL), 0, 0, 0, 0, b"")
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.bind(sock.fileno(), address, len(address)) != 0:
        raise OSError(ctypes.get_errno(), "bind to all interfaces")


def drain(sock: socket.socket, observer: str) -> int:
    """Write down every frame that is waiting.

    Args:
        sock: a capture socket.
        observer: name of this capture.

    Returns:
        How many there were.
    """
    count = 0
    while True:
        try:
            frame, ancillary, _, origin = sock.recvmsg(65535, socket.CMSG_SPACE(16))
        except BlockingIOError:
            return count
        t_ns = time.monotonic_ns()
        for level, kind, value in ancillary:
            if level == socket.SOL_SOCKET and kind == SO_TIMESTAMPNS:
                stamp_s, stamp_ns = struct.unpack("qq", value[:16])
                t_ns -= max(0, time.time_ns() - (stamp_s * 1_000_000_000 + stamp_ns))
        direction = "out" if origin[2] == PACKET_OUTGOING else "in"
        emit("wire", "frame", t_ns=t_ns, observer=observer, interface=origin[0], direction=direction, hex=frame.hex())
        count += 1


def main() -> None:
    """Capture until stdin ends, then tell how many frames the kernel had to drop."""
    asked = plan()
    sock = opened(asked["interface"], asked["filter"])
    emit("wire", "opened", observer=asked["observer"], node=asked["node"], interface=asked["interface"])
    count = 0
    while True:
        readable, _, _ = select.select([sock, sys.stdin], [], [])
        count += drain(sock, asked["observer"])
        if sys.stdin in readable:
            break
    _, dropped = struct.unpack("II", sock.getsockopt(SOL_PACKET, PACKET_STATISTICS, 8))
    emit("wire", "closed", observer=asked["observer"], received=count, dropped=dropped)


if __name__ == "__main__":
    main()
