"""Keeps what is at the API server as it should be: watches it, and writes again whenever either side has moved.

Shell: HTTP to the API server, clock.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from lbkit.errors import TargetError
from lbkit.kube.backoff import delay_s
from lbkit.kube.errors import Conflict, NotFound
from lbkit.kube.watch import Reflector


async def keep(
    watch: Reflector,
    moved: asyncio.Event,
    write: Callable[[], Awaitable[None]],
    *,
    hold_back_s: float,
    warn: Callable[..., Any],  # Any: as a logger's method
) -> None:
    """Watch and write until cancelled.

    Args:
        watch: tells what is there.
        moved: set when what is there, or what should be, is not as it was.
        write: writes what is missing; raises TargetError, and is called again later.
        hold_back_s: how long changes are gathered before a write, seconds.
        warn: takes `error=`, in words; not of writes that came too late, which another one follows.
    """
    async with asyncio.TaskGroup() as group:
        group.create_task(watch.run())
        failures = 0
        while True:
            await moved.wait()
            await asyncio.sleep(hold_back_s + delay_s(failures))
            moved.clear()
            try:
                await write()
                failures = 0
            except TargetError as err:
                failures += 1
                moved.set()
                if not isinstance(err, Conflict | NotFound):
                    warn(error=str(err))
