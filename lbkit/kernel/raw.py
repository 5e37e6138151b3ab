"""Raw sockets on the interfaces that announce: they hear and send ARP, Neighbor Discovery and heartbeats.

Each interface has three, one for each Ethernet type, bound before they hear anything; a filter in the kernel lets
through only what others sent and what is looked at: a node with busy interfaces must not wake the speaker for every
frame. One socket for all types would hear frames of other VLANs, too, and be shown every frame that is sent.
CAP_NET_RAW is all it needs.
Source: packet(7); Linux socket filter documentation (SO_ATTACH_FILTER, ancillary loads).

Shell: AF_PACKET sockets.
"""

import ctypes
import socket
import struct
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from functools import partial
from ipaddress import IPv6Address
from typing import Final, TypeAlias

from lbkit.announcer.desired import Interface
from lbkit.kernel.groups import Groups, Membership
from lbkit.kernel.poller import Poller
from lbkit.packet.datagram import PORT
from lbkit.packet.ethernet import ETHERTYPE_ARP, ETHERTYPE_IPV4, ETHERTYPE_IPV6

SO_ATTACH_FILTER: Final = 26
FRAME_BYTES: Final = 1514
FRAMES_PER_WAKE: Final = 64
"""Read at once before the loop gets its turn; a flood must not starve everything else."""
RECEIVE_BYTES: Final = 512 * 1024
"""Asked of the kernel for what waits to be read; it gives twice that (some 1,300 small frames), or less where
net.core.rmem_max is lower. Its default holds 50 ms of 5,000 frames a second, less than a busy machine may take away."""

Program: TypeAlias = tuple[tuple[int, int, int, int], ...]
"""Classic BPF: (operation, jump if true, jump if false, operand). A load beyond the frame drops it."""
LOAD_HALF: Final = 0x28
LOAD_BYTE: Final = 0x30
LOAD_WORD: Final = 0x20
JUMP_EQUAL: Final = 0x15
JUMP_BITS: Final = 0x45
RETURN: Final = 0x06
_PACKET_TYPE: Final = 0xFFFFF004
"""SKF_AD_OFF + SKF_AD_PKTTYPE of <linux/filter.h>."""
_OUTGOING: Final = 4

FROM_OTHERS: Final[Program] = (
    (LOAD_WORD, 0, 0, _PACKET_TYPE),
    (JUMP_EQUAL, 1, 0, _OUTGOING),  # sent by this node: to "drop"
    (RETURN, 0, 0, FRAME_BYTES),  # keep
    (RETURN, 0, 0, 0),  # drop
)

ARP: Final[Program] = ((LOAD_HALF, 0, 0, 12), (JUMP_EQUAL, 0, 3, ETHERTYPE_ARP), *FROM_OTHERS)
HEARTBEATS_BY_IPV4: Final[Program] = (
    (LOAD_HALF, 0, 0, 12),
    (JUMP_EQUAL, 0, 9, ETHERTYPE_IPV4),
    (LOAD_BYTE, 0, 0, 14),
    (JUMP_EQUAL, 0, 7, 0x45),  # version 4, no options
    (LOAD_BYTE, 0, 0, 23),
    (JUMP_EQUAL, 0, 5, 17),  # UDP
    (LOAD_HALF, 0, 0, 36),
    (JUMP_EQUAL, 0, 3, PORT),  # destination port
    *FROM_OTHERS,
)
NEIGHBORS_AND_HEARTBEATS_BY_IPV6: Final[Program] = (
    (LOAD_HALF, 0, 0, 12),
    (JUMP_EQUAL, 0, 11, ETHERTYPE_IPV6),
    (LOAD_BYTE, 0, 0, 20),  # the next header; neither has extension headers before it
    (JUMP_EQUAL, 0, 2, 17),  # other than UDP: is it ICMPv6?
    (LOAD_HALF, 0, 0, 56),
    (JUMP_EQUAL, 4, 7, PORT),  # destination port
    (JUMP_EQUAL, 0, 6, 58),  # other than ICMPv6: to "drop"
    (LOAD_BYTE, 0, 0, 54),
    (JUMP_EQUAL, 1, 0, 135),  # Neighbor Solicitation (RFC 4861 section 4.3)
    (JUMP_EQUAL, 0, 3, 136),  # Neighbor Advertisement
    *FROM_OTHERS,
)

HEARD: Final = {
    ETHERTYPE_ARP: ARP,
    ETHERTYPE_IPV4: HEARTBEATS_BY_IPV4,
    ETHERTYPE_IPV6: NEIGHBORS_AND_HEARTBEATS_BY_IPV6,
}
"""{Ethernet type: filter}"""


Opener: TypeAlias = Callable[[str, int], socket.socket]
"""Makes a socket for an interface's name and an Ethernet type; raises OSError."""


def open_socket(interface: str, ethertype: int) -> socket.socket:
    """Open a socket that hears what others send on one interface and is looked at.

    Raises:
        OSError: no such interface, or no CAP_NET_RAW.
    """
    return open_filtered(interface, ethertype, HEARD[ethertype])


def open_filtered(interface: str, ethertype: int, instructions: Program) -> socket.socket:
    """Open a socket that hears what a filter lets through.

    Raises:
        OSError: no such interface, or no CAP_NET_RAW.
    """
    # Protocol 0 hears nothing until it is bound, else frames of all interfaces would come before the filter is on.
    opened = socket.socket(socket.AF_PACKET, socket.SOCK_RAW | socket.SOCK_NONBLOCK | socket.SOCK_CLOEXEC, 0)
    try:
        program = b"".join(struct.pack("HBBI", *each) for each in instructions)
        buffer = ctypes.create_string_buffer(program)
        address = ctypes.addressof(buffer)
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BYTES)
        opened.setsockopt(socket.SOL_SOCKET, SO_ATTACH_FILTER, struct.pack("HL", len(instructions), address))
        opened.bind((interface, ethertype))
    except OSError:
        opened.close()
        raise
    return opened


class Wire:
    """The sockets of all interfaces that announce, and the groups they listen to.

    Args:
        poller: says when there is something to read.
        on_frame: takes each frame heard, with the name of its interface.
        opener: makes a socket for an interface's name and an Ethernet type.
        complain: takes what cannot be done, in words.
        groups: holds the memberships.
    """

    def __init__(
        self,
        poller: Poller,
        on_frame: Callable[[str, bytes], None],
        opener: Opener = open_socket,
        *,
        complain: Callable[[str], None],
        groups: Groups | None = None,
    ) -> None:
        self._poller = poller
        self._on_frame = on_frame
        self._opener = opener
        self._complain = complain
        self._groups = groups or Groups(complain)
        self._open: dict[str, tuple[Interface, dict[int, socket.socket]]] = {}
        self._failed: dict[str, str] = {}

    def update(self, interfaces: Iterable[Interface]) -> frozenset[str]:
        """Open and close sockets until each of these interfaces has its own, and no other.

        An interface that came back under another index or hardware address gets new ones.

        Returns:
            The names of those that have them; what could not be opened is tried again with the next update.
        """
        wanted = {each.name: each for each in interfaces}
        for name, (known, sockets) in list(self._open.items()):
            new = wanted.get(name)
            if new is None or (new.index, new.mac) != (known.index, known.mac):
                self._close(name)
            else:
                self._open[name] = new, sockets
        for name, interface in wanted.items():
            if name not in self._open:
                self._try_to_open(interface)
        return frozenset(self._open)

    def listen(self, groups: Mapping[str, frozenset[IPv6Address]]) -> None:
        """Be in these groups and no others.

        Args:
            groups: {interface: multicast groups}; interfaces without sockets are passed over.
        """
        indices = {name: self._open[name][0].index for name in groups if name in self._open}
        self._groups.hold(Membership(index, group) for name, index in indices.items() for group in groups[name])

    def send(self, interface: str, frame: bytes) -> bool:
        """Send a frame; return whether the kernel took it (its queue may be full, the interface may be gone)."""
        found = self._open.get(interface)
        if found is None:
            return False
        # By its own type's socket: the kernel takes a frame to be of the type that its socket is bound to.
        try:
            found[1][int.from_bytes(frame[12:14])].send(frame)
        except OSError:
            return False
        return True

    def close(self) -> None:
        """Close everything."""
        for name in list(self._open):
            self._close(name)
        self._groups.close()

    def _try_to_open(self, interface: Interface) -> None:
        sockets: dict[int, socket.socket] = {}
        try:
            for ethertype in HEARD:
                sockets[ethertype] = self._opener(interface.name, ethertype)
        except OSError as err:
            for opened in sockets.values():
                opened.close()
            if self._failed.get(interface.name) != str(err):
                self._failed[interface.name] = str(err)
                self._complain(f"interface {interface.name} cannot be opened: {err}")
            return
        self._failed.pop(interface.name, None)
        self._open[interface.name] = interface, sockets
        for opened in sockets.values():
            self._poller.watch(opened.fileno(), partial(self._read, interface.name, opened))

    def _close(self, name: str) -> None:
        _, sockets = self._open.pop(name)
        for opened in sockets.values():
            self._poller.forget(opened.fileno())
            with suppress(OSError):
                opened.close()

    def _read(self, name: str, opened: socket.socket) -> None:
        for _ in range(FRAMES_PER_WAKE):
            try:
                frame = opened.recv(FRAME_BYTES)
            except OSError:
                # Nothing more; or ENETDOWN, which is told once when the interface goes down: the socket works again
                # when it is back.
                return
            self._on_frame(name, frame)
            if opened.fileno() < 0:
                return  # what the frame led to has closed it
