"""The IPv6 multicast groups that this node listens to for addresses which are on none of its interfaces.

Who looks for an address asks its solicited-node group. The kernel is asked to join, and not only the network card to
let the group's frames through: it then tells switches by MLD, and a switch that snoops on MLD passes the questions on.
Joining needs no capability.
Source: RFC 4861 section 7.2.1 (the group is joined), RFC 2710 and RFC 3810 (MLD), ipv6(7) IPV6_ADD_MEMBERSHIP.

Shell: UDP sockets that are never bound.
"""

import socket
import struct
from collections.abc import Callable, Iterable
from contextlib import suppress
from ipaddress import IPv6Address
from typing import Final, NamedTuple

GROUPS_PER_SOCKET: Final = 100
"""The kernel charges each membership to its socket, and net.core.optmem_max may be as low as 20 KiB."""


class Membership(NamedTuple):
    """One group on one interface, which is known by its index."""

    interface_index: int
    group: IPv6Address


def open_socket() -> socket.socket:
    """Open a socket that can hold memberships.

    Raises:
        OSError: the kernel has no IPv6.
    """
    return socket.socket(socket.AF_INET6, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC)


class Groups:
    """The memberships of this process.

    Args:
        complain: takes what cannot be joined, in words.
        opener: makes a socket to hold some.
    """

    def __init__(self, complain: Callable[[str], None], opener: Callable[[], socket.socket] = open_socket) -> None:
        self._complain = complain
        self._opener = opener
        self._holder: dict[Membership, socket.socket] = {}
        self._held: dict[socket.socket, int] = {}

    def hold(self, wanted: Iterable[Membership]) -> None:
        """Join and leave until exactly these are held; what cannot be joined is tried again next time."""
        memberships = set(wanted)
        for membership in [each for each in self._holder if each not in memberships]:
            self._leave(membership)
        for membership in sorted(memberships - self._holder.keys()):
            try:
                self._join(membership)
            except OSError as err:
                self._complain(f"group {membership.group} of interface {membership.interface_index}: {err}")

    def close(self) -> None:
        """Leave all groups."""
        for opened in self._held:
            opened.close()
        self._holder.clear()
        self._held.clear()

    def _join(self, membership: Membership) -> None:
        opened = next((each for each, count in self._held.items() if count < GROUPS_PER_SOCKET), None)
        if opened is None:
            opened = self._opener()
            self._held[opened] = 0
        opened.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_JOIN_GROUP, _request(membership))
        self._held[opened] += 1
        self._holder[membership] = opened

    def _leave(self, membership: Membership) -> None:
        opened = self._holder.pop(membership)
        with suppress(OSError):  # an interface that is gone has taken its memberships along
            opened.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_LEAVE_GROUP, _request(membership))
        self._held[opened] -= 1
        if not self._held[opened]:
            del self._held[opened]
            opened.close()


def _request(membership: Membership) -> bytes:
    """Write struct ipv6_mreq of <linux/in6.h>."""
    return struct.pack("16sI", membership.group.packed, membership.interface_index)
