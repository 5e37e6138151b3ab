"""The network interfaces of this node that may announce, and word of every change to them.

Which may: those that are up, have carrier, can broadcast and resolve addresses, stand for themselves (no bridge or
bond port) and do not belong to the container runtime or the CNI by their name. The names are MetalLB's list. IPv6 is
announced where the interface speaks it, which it does from its link-local address on (RFC 4291 section 2.1).
The kernel says when links or addresses change; every ten seconds everything is read again all the same, as such
messages may be lost (netlink(7): ENOBUFS).
It works with no capability at all: reading links and joining the multicast groups needs none.
Source: MetalLB's `announcedInterfacesToExclude`; netdevice(7) for the flags; rtnetlink(7).

Shell: NETLINK_ROUTE sockets.
"""

import asyncio
import re
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Any, Final

import structlog
from pyroute2.iproute.linux import AsyncIPRoute
from pyroute2.netlink import rtnl
from pyroute2.netlink.exceptions import NetlinkError

from lbkit.announcer.desired import Interface
from lbkit.model.views import Family, IPAddress

_log = structlog.get_logger(__name__)

EXCLUDED: Final = re.compile(
    r"^(docker.*|cbr.*|dummy.*|virbr.*|lxcbr.*|veth.*|lo|cali.*|tunl.*|flannel.*|kube-ipvs.*|cni.*|nodelocaldns.*|lxc.*)$"
)
RELIST_S: Final = 10.0
SETTLE_S: Final = 0.02
"""A change comes as several messages; they are read as one."""

UP: Final = 1 << 0
BROADCAST: Final = 1 << 1
LOOPBACK: Final = 1 << 3
NO_ARP: Final = 1 << 7
LOWER_UP: Final = 1 << 16
"""Interface flags of <linux/if.h>; the last one means carrier."""


@dataclass(frozen=True, slots=True)
class Link:
    """A link as the kernel lists it, with its addresses.

    Args:
        is_enslaved: port of a bridge, bond or VRF.
    """

    name: str
    index: int
    flags: int
    mac: bytes
    is_enslaved: bool
    addresses: tuple[IPAddress, ...] = ()


def usable(links: Iterable[Link], excluded: re.Pattern[str] = EXCLUDED) -> tuple[Interface, ...]:
    """Keep the links that may announce, sorted by name."""
    return tuple(
        Interface(link.name, link.index, link.mac, _families(link), link.addresses)
        for link in sorted(links, key=lambda link: link.name)
        if link.flags & (UP | LOWER_UP | BROADCAST) == UP | LOWER_UP | BROADCAST
        and not link.flags & (LOOPBACK | NO_ARP)
        and not link.is_enslaved
        and len(link.mac) == 6
        and not excluded.match(link.name)
    )


def _families(link: Link) -> frozenset[Family]:
    speaks_ipv6 = any(address.version == 6 and address.is_link_local for address in link.addresses)
    return frozenset({4, 6}) if speaks_ipv6 else frozenset({4})


async def read_links() -> tuple[Link, ...]:
    """Ask the kernel for all links and their addresses.

    Raises:
        OSError: the kernel does not answer.
    """
    try:
        async with AsyncIPRoute() as kernel:
            addresses: dict[int, list[IPAddress]] = {}
            async for message in await kernel.get_addr():
                text = message.get("local") or message.get("address")
                if text:
                    addresses.setdefault(message["index"], []).append(ip_address(text))
            return tuple([_link(message, addresses) async for message in await kernel.get_links()])
    except NetlinkError as err:
        raise OSError(err.code, f"netlink: {err}") from err


def _link(message: Any, addresses: Mapping[int, Sequence[IPAddress]]) -> Link:
    return Link(
        name=message.get("ifname") or "",
        index=message["index"],
        flags=message["flags"],
        mac=_mac(message.get("address") or ""),
        is_enslaved=message.get("master") is not None,
        addresses=tuple(addresses.get(message["index"], ())),
    )


def _mac(text: str) -> bytes:
    """Read a hardware address; empty for one that is none (tunnels have IP addresses in its place)."""
    try:
        return bytes.fromhex(text.replace(":", ""))
    except ValueError:
        return b""


async def watch(put: Callable[[tuple[Interface, ...]], None]) -> None:
    """Put the usable interfaces, at once and whenever they change, for ever."""
    last: tuple[Interface, ...] | None = None
    while True:
        try:
            async for _ in _changes():
                found = usable(await read_links())
                if found != last:
                    last = found
                    put(found)
        except (OSError, NetlinkError, KeyError) as err:  # KeyError: pyroute2's word for "cannot bind"
            _log.warning("interfaces cannot be read", error=f"{type(err).__name__}: {err}")
            await asyncio.sleep(RELIST_S)


async def _changes() -> AsyncIterator[None]:
    """Yield at once, after every change, and every ten seconds."""
    async with AsyncIPRoute() as kernel:
        # Bound before the first listing, so that no change falls between the two.
        await kernel.bind(groups=rtnl.RTMGRP_LINK | rtnl.RTMGRP_IPV4_IFADDR | rtnl.RTMGRP_IPV6_IFADDR)
        while True:
            yield
            try:
                async with asyncio.timeout(RELIST_S):
                    async for _ in kernel.get():
                        break
                await asyncio.sleep(SETTLE_S)
            except TimeoutError:
                continue
