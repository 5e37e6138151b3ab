"""Hears TCP connections begin and end on some interfaces, for a short while: the filter is in the kernel.

Of a connection three or four frames come here, of all that pass between, none; a flood of them is read no faster than
everything else gets its turn, and what the socket's queue does not hold is lost, which costs a hand-over its good
moment and nothing else.
Source: as lbkit/kernel/raw.py.

Shell: AF_PACKET sockets.
"""

import socket
from collections.abc import Callable, Iterable
from functools import partial
from typing import Final

from lbkit.kernel.poller import Poller
from lbkit.kernel.raw import (
    FRAMES_PER_WAKE,
    FROM_OTHERS,
    JUMP_BITS,
    JUMP_EQUAL,
    LOAD_BYTE,
    LOAD_HALF,
    Opener,
    Program,
    open_filtered,
)
from lbkit.packet.ethernet import ETHERTYPE_IPV4, ETHERTYPE_IPV6
from lbkit.packet.tcp import EDGES, PROTOCOL_TCP

HEADERS_BYTES: Final = 96

EDGES_BY_IPV4: Final[Program] = (
    (LOAD_HALF, 0, 0, 12),
    (JUMP_EQUAL, 0, 9, ETHERTYPE_IPV4),
    (LOAD_BYTE, 0, 0, 14),
    (JUMP_EQUAL, 0, 7, 0x45),  # version 4, no options
    (LOAD_BYTE, 0, 0, 23),
    (JUMP_EQUAL, 0, 5, PROTOCOL_TCP),
    (LOAD_BYTE, 0, 0, 47),
    (JUMP_BITS, 0, 3, EDGES),
    *FROM_OTHERS,
)
EDGES_BY_IPV6: Final[Program] = (
    (LOAD_HALF, 0, 0, 12),
    (JUMP_EQUAL, 0, 7, ETHERTYPE_IPV6),
    (LOAD_BYTE, 0, 0, 20),
    (JUMP_EQUAL, 0, 5, PROTOCOL_TCP),  # without extension headers
    (LOAD_BYTE, 0, 0, 67),
    (JUMP_BITS, 0, 3, EDGES),
    *FROM_OTHERS,
)
HEARD: Final = {ETHERTYPE_IPV4: EDGES_BY_IPV4, ETHERTYPE_IPV6: EDGES_BY_IPV6}
"""{Ethernet type: filter}"""


def open_socket(interface: str, ethertype: int) -> socket.socket:
    """Open a socket that hears connections of others begin and end on one interface.

    Raises:
        OSError: no such interface, or no CAP_NET_RAW.
    """
    return open_filtered(interface, ethertype, HEARD[ethertype])


class Streams:
    """The sockets that hear connections begin and end, while there are any.

    Args:
        poller: says when there is something to read.
        on_frame: takes the headers of each frame, with the name of its interface.
        opener: makes a socket for an interface's name and an Ethernet type.
        complain: takes what cannot be done, in words.
    """

    def __init__(
        self,
        poller: Poller,
        on_frame: Callable[[str, bytes], None],
        opener: Opener = open_socket,
        *,
        complain: Callable[[str], None],
    ) -> None:
        self._poller = poller
        self._on_frame = on_frame
        self._opener = opener
        self._complain = complain
        self._open: list[socket.socket] = []

    def listen(self, interfaces: Iterable[str]) -> None:
        """Hear these interfaces from now on, and no others."""
        self.close()
        for name in interfaces:
            for ethertype in HEARD:
                try:
                    opened = self._opener(name, ethertype)
                except OSError as err:
                    self._complain(f"connections on interface {name} cannot be heard: {err}")
                    continue
                self._open.append(opened)
                self._poller.watch(opened.fileno(), partial(self._read, name, opened))

    def close(self) -> None:
        """Hear nothing more."""
        for opened in self._open:
            self._poller.forget(opened.fileno())
            opened.close()
        self._open.clear()

    def _read(self, name: str, opened: socket.socket) -> None:
        for _ in range(FRAMES_PER_WAKE):
            try:
                headers = opened.recv(HEADERS_BYTES)
            except OSError:
                return  # nothing more, or the interface is down
            self._on_frame(name, headers)
            if opened.fileno() < 0:
                return  # what the frame led to has closed it
