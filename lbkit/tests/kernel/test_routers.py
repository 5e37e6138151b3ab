"""Rules of who is the router on a link, and the watch in the loopback's own network namespace.

Shell: netlink, where a test says so.
"""

import asyncio
from ipaddress import IPv6Address

import pytest

from lbkit.kernel.routers import ROUTER, Neighbour, Routers, RouterWatch, routers

ONE, TWO = IPv6Address("fe80::1"), IPv6Address("fe80::2")
REACHABLE, STALE, FAILED, INCOMPLETE = 0x02, 0x04, 0x20, 0x01


@pytest.mark.parametrize(
    ("entries", "expected"),
    [
        pytest.param((), (), id="nobody"),
        pytest.param((Neighbour(ONE, STALE, 0),), (ONE,), id="one"),
        pytest.param((Neighbour(ONE, STALE, 0), Neighbour(TWO, REACHABLE, ROUTER)), (TWO,), id="one-says-router"),
        pytest.param((Neighbour(TWO, STALE, 0), Neighbour(ONE, STALE, 0)), (ONE, TWO), id="two-alike"),
        pytest.param((Neighbour(ONE, FAILED, ROUTER), Neighbour(TWO, INCOMPLETE, 0)), (), id="none-answers"),
        pytest.param((Neighbour(IPv6Address("2001:db8::1"), STALE, ROUTER),), (), id="global-only"),
    ],
)
def test_the_router_is_who_says_so_or_whoever_is_there(
    entries: tuple[Neighbour, ...], expected: tuple[IPv6Address, ...]
) -> None:
    """Only link-local addresses count, and only those that answer."""
    assert routers(entries) == expected


async def test_an_interface_that_is_not_there_has_no_routers() -> None:
    """It may come; until then that is what is told, once."""
    told: asyncio.Queue[Routers] = asyncio.Queue()
    watch = RouterWatch(told.put_nowait)
    watch.want(frozenset({"lbkit-none0"}))
    assert await asyncio.wait_for(told.get(), 5) == {"lbkit-none0": ()}
    watch.want(frozenset())
