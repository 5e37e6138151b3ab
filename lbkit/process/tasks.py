"""Runs the tasks of a process until it is told to stop, or until one of them fails.

A background task that dies in silence leaves a process that looks alive and does nothing; here its error ends the
process, and the cluster starts a new one.

Shell: asyncio tasks.
"""

import asyncio
from collections.abc import Coroutine, Iterable


async def run_until(stop: asyncio.Event, coroutines: Iterable[Coroutine[None, None, None]]) -> None:
    """Run coroutines side by side until `stop` is set; then cancel them and wait for their end.

    Args:
        stop: ends the run.
        coroutines: none of them should end by itself; one that does ends the run as well.

    Raises:
        Exception: whatever the first failing coroutine raised.
    """
    tasks = [asyncio.ensure_future(coroutine) for coroutine in coroutines]
    waiter = asyncio.ensure_future(stop.wait())
    try:
        done, _ = await asyncio.wait([waiter, *tasks], return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in (waiter, *tasks):
            task.cancel()
        await asyncio.gather(waiter, *tasks, return_exceptions=True)
    for task in done:
        if not task.cancelled() and (error := task.exception()) is not None:
            raise error
