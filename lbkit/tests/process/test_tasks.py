"""Rules for running a process's tasks.

Shell: asyncio tasks, signals to this process.
"""

import asyncio
import os
import signal

import pytest

from lbkit.process.signals import stop_event
from lbkit.process.tasks import run_until


async def test_stop_cancels_everything() -> None:
    """All tasks have ended when the run has."""
    ended: list[str] = []

    async def work() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.append("work")

    stop = asyncio.Event()
    asyncio.get_running_loop().call_later(0.01, stop.set)
    await run_until(stop, [work(), work()])
    assert ended == ["work", "work"]


async def test_a_task_that_fails_ends_the_process() -> None:
    """No task dies in silence."""

    async def fail() -> None:
        raise ValueError("ours")

    async def work() -> None:
        await asyncio.Event().wait()

    with pytest.raises(ValueError, match="ours"):
        await run_until(asyncio.Event(), [work(), fail()])


async def test_sigterm_sets_the_event() -> None:
    """The loop decides how to stop."""
    stop = stop_event()
    try:
        os.kill(os.getpid(), signal.SIGTERM)
        await asyncio.wait_for(stop.wait(), 1)
    finally:
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().remove_signal_handler(number)
