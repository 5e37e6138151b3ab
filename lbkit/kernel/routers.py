"""Which routers answer on an interface: the other end of an unnumbered BGP session.

The kernel's neighbour table knows whom it has heard of. Whoever is marked as a router there has sent router
advertisements and is preferred; where nobody has, any neighbour with a link-local address will do, as a router that
names this node's link-local address itself need not advertise itself. While nobody is known, all routers are asked for
an echo; whoever answers must find out this node's hardware address first, and so gets into the table.
Source: rtnetlink(7), RTM_GETNEIGH; RFC 4861 section 7.2.3 (a solicitation makes an entry), RFC 4443 section 4.1 (echo).

Shell: NETLINK_ROUTE and ICMPv6 sockets; the latter need CAP_NET_RAW.
"""

import asyncio
import socket
import struct
from collections.abc import Callable, Iterable, Mapping
from contextlib import closing
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address
from typing import Final

import structlog
from pyroute2.iproute.linux import AsyncIPRoute
from pyroute2.netlink.exceptions import NetlinkError

_log = structlog.get_logger(__name__)

LOOK_S: Final = 2.0
"""A table of a few entries is read; a peer that is named by interface waits as long at most."""
ALL_ROUTERS: Final = "ff02::2"
ECHO_REQUEST: Final = struct.pack("!BBHHH", 128, 0, 0, 0, 0)
"""Type, code, checksum (the kernel's), identifier, sequence number."""
ROUTER: Final = 0x80
USELESS: Final = 0x01 | 0x20 | 0x40
"""NTF_ROUTER, and the states INCOMPLETE, FAILED and NOARP, of <linux/neighbour.h>."""

Routers = Mapping[str, tuple[IPv6Address, ...]]


@dataclass(frozen=True, slots=True)
class Neighbour:
    """An entry of the kernel's table for IPv6."""

    address: IPv6Address
    state: int
    flags: int


def routers(entries: Iterable[Neighbour]) -> tuple[IPv6Address, ...]:
    """Say who may be the router among an interface's neighbours, sorted."""
    usable = [each for each in entries if each.address.is_link_local and not each.state & USELESS]
    sure = [each for each in usable if each.flags & ROUTER]
    return tuple(sorted({each.address for each in sure or usable}))


class RouterWatch:
    """Looks at some interfaces for as long as they are wanted.

    Args:
        put: takes {interface: its routers} for all interfaces wanted, whenever that changes.
    """

    def __init__(self, put: Callable[[Routers], None]) -> None:
        self._put = put
        self._task: asyncio.Task[None] | None = None

    def want(self, interfaces: frozenset[str]) -> None:
        """Look at these and no others."""
        if self._task is not None:
            self._task.cancel()
        self._task = asyncio.create_task(self._watch(interfaces)) if interfaces else None

    async def _watch(self, interfaces: frozenset[str]) -> None:
        last: Routers = {}
        while True:
            try:
                found = {name: routers(await _neighbours(name)) for name in sorted(interfaces)}
            except (OSError, NetlinkError) as err:
                _log.warning("neighbours cannot be read", error=f"{type(err).__name__}: {err}")
            else:
                if found != last:
                    last = found
                    self._put(found)
                for name, seen in found.items():
                    if not seen:
                        _ask(name)
            await asyncio.sleep(LOOK_S)


async def _neighbours(interface: str) -> tuple[Neighbour, ...]:
    """Read the table of one interface; empty where there is no such interface."""
    try:
        index = socket.if_nametoindex(interface)
    except OSError:
        return ()
    async with AsyncIPRoute() as kernel:
        return tuple(
            [
                Neighbour(address, message["state"], message["flags"])
                async for message in await kernel.get_neighbours(family=socket.AF_INET6, ifindex=index)
                if isinstance(address := ip_address(message.get("dst") or "0.0.0.0"), IPv6Address)  # noqa: S104  # stands for none
            ]
        )


def _ask(interface: str) -> None:
    """Ask all routers on a link for an echo, which nobody listens to."""
    try:
        with closing(socket.socket(socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_ICMPV6)) as asking:
            asking.sendto(ECHO_REQUEST, (ALL_ROUTERS, 0, 0, socket.if_nametoindex(interface)))
    except OSError as err:
        _log.debug("routers cannot be asked", interface=interface, error=str(err))
