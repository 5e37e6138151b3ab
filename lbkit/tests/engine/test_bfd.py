"""BFD beside a session of a real engine (RFC 5880, 5881, 5882).

Shell: a rig of network namespaces.
"""

import asyncio
import time
from ipaddress import ip_address, ip_network
from typing import Any, Final

from lbkit.announcer.desired import Bfd, PathAttributes
from lbkit.tests.engine.rig import NODE_ASN, Rig, driving, session
from lbkit.tests.engine.test_fields import NODE4, NODE6, VIP4, VIP6, neighbor

ONE = {ip_network(VIP4): PathAttributes()}
FAST: Final = Bfd(100, 100, 3)
CONFIG: Final[dict[str, Any]] = {
    "bfd": {
        "config": {
            "enabled": True,
            "desired-minimum-tx-interval": 100_000,
            "required-minimum-receive": 100_000,
            "detection-multiplier": 3,
        }
    }
}
UP: Final = 1
"""BFD_SESSION_STATE_UP, as `gobgp -j` prints it."""
QUIET_S: Final = 3.0


def bfd_state(rig: Rig, node: str = NODE4) -> int:
    """The state of the router's end."""
    return int(rig.neighbor(rig.router, node)["state"].get("bfd_state", {}).get("session_state", 0))


async def test_a_session_with_bfd_comes_up_once_and_stays(rig: Rig) -> None:
    """BFD begins when BGP is there, so that nothing falls back while it comes up."""
    rig.start_router(neighbor(**CONFIG))
    async with driving(rig) as driven:
        driven.wish_one(session(bfd=FAST), ONE)
        await rig.until(lambda: driven.established and bfd_state(rig) == UP)
        await asyncio.sleep(QUIET_S)
        assert driven.ups == 1
        assert driven.is_done
        assert rig.neighbor(rig.router, NODE4)["state"]["session_state"] == 6


async def test_bfd_runs_over_ipv6(rig: Rig) -> None:
    """A session over IPv6 has its BFD between the same addresses."""
    rig.start_router(neighbor(NODE6, NODE_ASN, "ipv6-unicast", **CONFIG))
    async with driving(rig) as driven:
        one = session(address=ip_address("2001:db8:1::2"), families=frozenset({6}), bfd=FAST)
        driven.wish_one(one, {ip_network(VIP6): PathAttributes()})
        await rig.until(lambda: driven.established and bfd_state(rig, NODE6) == UP)


async def test_a_silent_link_ends_the_session_within_the_detection_time(rig: Rig) -> None:
    """Three times 100 ms at both ends, and not the nine seconds of the hold time; afterwards it comes up again."""
    rig.start_router(neighbor(**CONFIG))
    async with driving(rig) as driven:
        driven.wish_one(session(bfd=FAST), ONE)
        await rig.until(lambda: driven.established and bfd_state(rig) == UP)
        begun_s = time.monotonic()
        rig.inside(rig.router, "ip", "link", "set", "eth0", "down")
        await rig.until(lambda: not driven.established)
        assert time.monotonic() - begun_s < 4.0  # 0.3 s, and a busy machine
        await rig.until(lambda: not rig.paths())
        rig.inside(rig.router, "ip", "link", "set", "eth0", "up")
        await rig.until(lambda: driven.established and bfd_state(rig) == UP)


async def test_a_change_of_the_profile_does_not_reset_the_session(rig: Rig) -> None:
    """The engine makes its BFD session anew, and the BGP session stays."""
    rig.start_router(neighbor())
    async with driving(rig) as driven:
        driven.wish_one(session(bfd=FAST), ONE)
        await rig.until(lambda: driven.established and driven.is_done)
        driven.change(bfd=Bfd(200, 200, 4))
        await rig.until(lambda: driven.is_done)
        await asyncio.sleep(QUIET_S)
        assert driven.established == {"router"}
