"""Raw sockets that hear and send ARP, one for each interface that announces.

Each is bound to its interface before it hears anything, and a filter in the kernel lets through only ARP that others
sent: a node with busy interfaces must not wake the speaker for every frame.
CAP_NET_RAW is all it needs.
Source: packet(7); Linux socket filter documentation (SO_ATTACH_FILTER, ancillary loads).

Shell: AF_PACKET sockets, in the running asyncio loop.
"""

import asyncio
import ctypes
import socket
import struct
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Final

import structlog

from lbkit.announcer.desired import Interface

_log = structlog.get_logger(__name__)

ETH_P_ARP: Final = 0x0806
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


def open_socket(interface: str) -> socket.socket:
    """Open a socket that hears ARP on one interface.

    Raises:
        OSError: no such interface, or no CAP_NET_RAW.
    """
    # Protocol 0 hears nothing until it is bound, else frames of all interfaces would come before the filter is on.
    opened = socket.socket(socket.AF_PACKET, socket.SOCK_RAW | socket.SOCK_NONBLOCK | socket.SOCK_CLOEXEC, 0)
    try:
        program = b"".join(struct.pack("HBBI", *each) for each in ARP_FROM_OTHERS)
        buffer = ctypes.create_string_buffer(program)
        address = ctypes.addressof(buffer)
        opened.setsockopt(socket.SOL_SOCKET, SO_ATTACH_FILTER, struct.pack("HL", len(ARP_FROM_OTHERS), address))
        opened.bind((interface, ETH_P_ARP))
    except OSError:
        opened.close()
        raise
    return opened


class Wire:
    """The sockets of all interfaces that announce.

    Args:
        on_frame: takes each frame heard; called from the loop, must not block.
        opener: makes a socket for an interface's name.
    """

    def __init__(
        self,
        on_frame: Callable[[Interface, bytes], None],
        opener: Callable[[str], socket.socket] = open_socket,
    ) -> None:
        self._on_frame = on_frame
        self._opener = opener
        self._open: dict[str, tuple[Interface, socket.socket]] = {}

    def update(self, interfaces: Iterable[Interface]) -> tuple[Interface, ...]:
        """Open and close sockets until there is one for each of these interfaces.

        An interface that came back under another index or hardware address gets a new one.

        Returns:
            Those that have one now; the others are logged, and tried again with the next update.
        """
        wanted = {each.name: each for each in interfaces}
        for name, (known, _) in list(self._open.items()):
            new = wanted.get(name)
            if new is None or (new.index, new.mac) != (known.index, known.mac):
                self._close(name)
        for name, interface in wanted.items():
            if name in self._open:
                self._open[name] = (interface, self._open[name][1])
                continue
            try:
                opened = self._opener(name)
            except OSError as err:
                _log.warning("interface cannot be opened", interface=name, error=str(err))
                continue
            self._open[name] = (interface, opened)
            asyncio.get_running_loop().add_reader(opened.fileno(), self._read, name)
        return tuple(interface for interface, _ in self._open.values())

    def send(self, interface: str, frame: bytes) -> bool:
        """Send a frame; return whether the kernel took it (its queue may be full, the interface may be gone)."""
        known = self._open.get(interface)
        if known is None:
            return False
        try:
            known[1].send(frame)
        except OSError:
            return False
        return True

    def close(self) -> None:
        """Close all sockets: nothing is heard or sent any more."""
        for name in list(self._open):
            self._close(name)

    def _close(self, name: str) -> None:
        _, opened = self._open.pop(name)
        asyncio.get_running_loop().remove_reader(opened.fileno())
        with suppress(OSError):
            opened.close()

    def _read(self, name: str) -> None:
        interface, opened = self._open[name]
        for _ in range(FRAMES_PER_WAKE):
            try:
                frame = opened.recv(FRAME_BYTES)
            except BlockingIOError:
                return
            except OSError as err:
                # ENETDOWN is told once when the interface goes down; the socket works again when it is back.
                _log.info("interface does not hear", interface=name, error=str(err))
                return
            self._on_frame(interface, frame)
            if self._open.get(name, (None, None))[1] is not opened:
                return
