"""Raw sockets that hear and send ARP and NDP, one for each family of each interface that announces.

Each is bound to its interface before it hears anything, and a filter in the kernel lets through only ARP and Neighbor
Solicitations that others sent: a node with busy interfaces must not wake the speaker for every frame.
CAP_NET_RAW is all it needs.
Source: packet(7); Linux socket filter documentation (SO_ATTACH_FILTER, ancillary loads).

Shell: AF_PACKET sockets, in the running asyncio loop.
"""

import asyncio
import ctypes
import socket
import struct
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import replace
from ipaddress import IPv6Address
from typing import Final

import structlog

from lbkit.announcer.desired import Interface
from lbkit.kernel.groups import Groups, Membership
from lbkit.model.views import Family

_log = structlog.get_logger(__name__)

ETH_P_ARP: Final = 0x0806
ETH_P_IPV6: Final = 0x86DD
SO_ATTACH_FILTER: Final = 26
FRAME_BYTES: Final = 1514
FRAMES_PER_WAKE: Final = 64
"""Read at once before the loop gets its turn; a flood must not starve everything else."""

_LOAD_ANCILLARY_PACKET_TYPE: Final = 0xFFFFF004
"""SKF_AD_OFF + SKF_AD_PKTTYPE of <linux/filter.h>."""
_PACKET_OUTGOING: Final = 4

ARP_FROM_OTHERS: Final = (
    (0x28, 0, 0, 12),  # load the Ethernet type
    (0x15, 0, 3, ETH_P_ARP),  # other than ARP: to "drop"
    (0x20, 0, 0, _LOAD_ANCILLARY_PACKET_TYPE),  # load who sent it
    (0x15, 1, 0, _PACKET_OUTGOING),  # this node: to "drop"
    (0x06, 0, 0, FRAME_BYTES),  # keep
    (0x06, 0, 0, 0),  # drop
)
"""Classic BPF: (operation, jump if true, jump if false, operand)."""

SOLICITATIONS_FROM_OTHERS: Final = (
    (0x28, 0, 0, 12),  # load the Ethernet type
    (0x15, 0, 7, ETH_P_IPV6),  # other than IPv6: to "drop"
    (0x30, 0, 0, 20),  # load the next header; Neighbor Discovery has no extension headers before it
    (0x15, 0, 5, 58),  # other than ICMPv6: to "drop"
    (0x30, 0, 0, 54),  # load the ICMPv6 type
    (0x15, 0, 3, 135),  # other than Neighbor Solicitation (RFC 4861 section 4.3): to "drop"
    (0x20, 0, 0, _LOAD_ANCILLARY_PACKET_TYPE),
    (0x15, 1, 0, _PACKET_OUTGOING),
    (0x06, 0, 0, FRAME_BYTES),  # keep
    (0x06, 0, 0, 0),  # drop
)

_HEARD: Final[dict[Family, tuple[int, tuple[tuple[int, int, int, int], ...]]]] = {
    4: (ETH_P_ARP, ARP_FROM_OTHERS),
    6: (ETH_P_IPV6, SOLICITATIONS_FROM_OTHERS),
}
"""Family -> Ethernet type and filter."""


def open_socket(interface: str, family: Family) -> socket.socket:
    """Open a socket that hears who asks for addresses of one family on one interface.

    Raises:
        OSError: no such interface, or no CAP_NET_RAW.
    """
    # Protocol 0 hears nothing until it is bound, else frames of all interfaces would come before the filter is on.
    opened = socket.socket(socket.AF_PACKET, socket.SOCK_RAW | socket.SOCK_NONBLOCK | socket.SOCK_CLOEXEC, 0)
    ethertype, instructions = _HEARD[family]
    try:
        program = b"".join(struct.pack("HBBI", *each) for each in instructions)
        buffer = ctypes.create_string_buffer(program)
        address = ctypes.addressof(buffer)
        opened.setsockopt(socket.SOL_SOCKET, SO_ATTACH_FILTER, struct.pack("HL", len(instructions), address))
        opened.bind((interface, ethertype))
    except OSError:
        opened.close()
        raise
    return opened


class Wire:
    """The sockets of all interfaces that announce, and the groups they listen to.

    Args:
        on_frame: takes each frame heard; called from the loop, must not block.
        opener: makes a socket for an interface's name and a family.
        groups: holds the memberships.
    """

    def __init__(
        self,
        on_frame: Callable[[Interface, bytes], None],
        opener: Callable[[str, Family], socket.socket] = open_socket,
        groups: Groups | None = None,
    ) -> None:
        self._on_frame = on_frame
        self._opener = opener
        self._groups = groups or Groups()
        self._open: dict[tuple[str, Family], tuple[Interface, socket.socket]] = {}

    def update(self, interfaces: Iterable[Interface]) -> tuple[Interface, ...]:
        """Open and close sockets until there is one for each family of each of these interfaces.

        An interface that came back under another index or hardware address gets new ones.

        Returns:
            Those that have a socket now, with the families they have one for; what could not be opened is logged, and
            tried again with the next update.
        """
        wanted = {(each.name, family): each for each in interfaces for family in sorted(each.families)}
        for key, (known, _) in list(self._open.items()):
            new = wanted.get(key)
            if new is None or (new.index, new.mac) != (known.index, known.mac):
                self._close(*key)
        families: dict[Interface, set[Family]] = {}
        for (name, family), interface in wanted.items():
            if self._has(name, family, interface):
                families.setdefault(interface, set()).add(family)
        return tuple(replace(interface, families=frozenset(found)) for interface, found in families.items())

    def listen(self, groups: Mapping[str, frozenset[IPv6Address]]) -> None:
        """Be in these groups and no others.

        Args:
            groups: {interface: multicast groups}; interfaces without a socket for IPv6 are passed over.
        """
        indices = {name: self._open[name, 6][0].index for name in groups if (name, 6) in self._open}
        self._groups.hold(Membership(index, group) for name, index in indices.items() for group in groups[name])

    def send(self, interface: str, frame: bytes) -> bool:
        """Send a frame; return whether the kernel took it (its queue may be full, the interface may be gone)."""
        # By its own family's socket: the kernel takes a frame to be of the type that its socket is bound to.
        known = self._open.get((interface, 6 if frame[12:14] == ETH_P_IPV6.to_bytes(2) else 4))
        if known is None:
            return False
        try:
            known[1].send(frame)
        except OSError:
            return False
        return True

    def close(self) -> None:
        """Close all sockets: nothing is heard or sent any more."""
        self._groups.close()
        for key in list(self._open):
            self._close(*key)

    def _has(self, name: str, family: Family, interface: Interface) -> bool:
        """Have a socket; return whether that could be."""
        if (name, family) in self._open:
            self._open[name, family] = (interface, self._open[name, family][1])
            return True
        try:
            opened = self._opener(name, family)
        except OSError as err:
            _log.warning("interface cannot be opened", interface=name, family=family, error=str(err))
            return False
        self._open[name, family] = (interface, opened)
        asyncio.get_running_loop().add_reader(opened.fileno(), self._read, name, family)
        return True

    def _close(self, name: str, family: Family) -> None:
        _, opened = self._open.pop((name, family))
        asyncio.get_running_loop().remove_reader(opened.fileno())
        with suppress(OSError):
            opened.close()

    def _read(self, name: str, family: Family) -> None:
        interface, opened = self._open[name, family]
        for _ in range(FRAMES_PER_WAKE):
            try:
                frame = opened.recv(FRAME_BYTES)
            except BlockingIOError:
                return
            except OSError as err:
                # ENETDOWN is told once when the interface goes down; the socket works again when it is back.
                _log.info("interface does not hear", interface=name, family=family, error=str(err))
                return
            self._on_frame(interface, frame)
            if self._open.get((name, family), (None, None))[1] is not opened:
                return
