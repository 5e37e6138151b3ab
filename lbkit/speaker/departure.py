"""The BGP half of a speaker's end: the routers turn to other nodes before this one's paths go.

SIGTERM means that the pod goes: a container alone is restarted after a crash, which sends no signal, and then engine,
sessions and paths stay.
Source: RFC 8326.

Shell: waits.
"""

import asyncio
from typing import Final

import structlog

from lbkit.announcer.leaving import Stage
from lbkit.speaker.bgp_side import BgpSide

_log = structlog.get_logger(__name__)

TURN_S: Final = 2.0
"""How long routers have to choose other paths, tier after tier of a fabric, and what is under way to end."""
EMPTY_S: Final = 0.5
"""How long the withdrawals have to arrive before the sessions end."""
OBEY_S: Final = 4.0
"""How long the engine has for each stage; with TURN_S and EMPTY_S well within the pod's grace period."""


async def depart(side: BgpSide) -> None:
    """Leave; returns when nothing is advertised any more, or when the engine takes too long."""
    if not side.advertises:
        return
    for stage, wait_s in ((Stage.LAST_CHOICE, TURN_S), (Stage.GONE, EMPTY_S)):
        _log.info("leaving", stage=stage.name)
        side.leave(stage)
        try:
            async with asyncio.timeout(OBEY_S):
                await side.settled.wait()
        except TimeoutError:
            _log.warning("the BGP engine is late", stage=stage.name)
        await asyncio.sleep(wait_s)
