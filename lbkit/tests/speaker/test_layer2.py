"""Rules of running the process on the wire, with other programs in its place.

Shell: child processes.
"""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from lbkit.speaker import layer2
from lbkit.speaker.events import WireDown
from lbkit.speaker.layer2 import WireProcess
from lbkit.speaker.orders import Orders, Report

ECHO = """
import os
from lbkit.speaker.orders import Orders, Report, Unpacker, pack
unpacker = Unpacker()
while data := os.read(0, 1 << 16):
    for orders in unpacker.feed(data, Orders):
        if orders.node == "die":
            raise SystemExit(3)
        if orders.is_leaving:
            raise SystemExit(0)
        os.write(1, pack(Report(complaints=(orders.node,))))
"""
DEAF = "import time; time.sleep(60)"


@asynccontextmanager
async def running(code: str) -> AsyncIterator[tuple[WireProcess, "asyncio.Queue[Report | WireDown]"]]:
    """Run a program as if it were the process on the wire."""
    inbox: asyncio.Queue[Report | WireDown] = asyncio.Queue()
    wire = WireProcess(inbox.put_nowait, (sys.executable, "-c", code))
    task = asyncio.create_task(wire.run())
    try:
        yield wire, inbox
    finally:
        task.cancel()
        await asyncio.wait([task])


async def told(inbox: "asyncio.Queue[Report | WireDown]") -> Report | WireDown:
    """Wait for what is told next."""
    return await asyncio.wait_for(inbox.get(), 10)


@pytest.mark.slow
async def test_orders_go_in_and_reports_come_out() -> None:
    """The same orders are not given twice."""
    async with running(ECHO) as (wire, inbox):
        wire.order(Orders("a"))
        assert await told(inbox) == Report(complaints=("a",))
        wire.order(Orders("a"))
        wire.order(Orders("b"))
        assert await told(inbox) == Report(complaints=("b",))


@pytest.mark.slow
async def test_a_process_that_ends_is_told_of_and_started_again_with_its_orders(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Whatever it was that ended it."""
    monkeypatch.setattr(layer2, "RESTART_S", 0.01)
    async with running(ECHO) as (wire, inbox):
        wire.order(Orders("die"))
        assert await told(inbox) == WireDown("exit status 3")
        wire.order(Orders("a"))
        while (event := await told(inbox)) == WireDown("exit status 3"):
            pass
        assert event == Report(complaints=("a",))


@pytest.mark.slow
async def test_a_process_that_says_nothing_is_killed(monkeypatch: pytest.MonkeyPatch) -> None:
    """It hangs, and holds addresses."""
    monkeypatch.setattr(layer2, "TICK_S", 0.01)
    async with running(DEAF) as (_, inbox):
        assert await told(inbox) == WireDown("exit status -9")


@pytest.mark.slow
async def test_the_end_is_waited_for() -> None:
    """It says its last word before this process ends, and its end is no failure then."""
    async with running(ECHO) as (wire, inbox):
        wire.order(Orders("a"))
        await told(inbox)
        await wire.end(Orders("a", is_leaving=True))
        assert inbox.empty()


async def test_a_command_that_does_not_exist_is_told_of() -> None:
    """In words."""
    inbox: asyncio.Queue[Report | WireDown] = asyncio.Queue()
    task = asyncio.create_task(WireProcess(inbox.put_nowait, ("/does/not/exist",)).run())
    event = await told(inbox)
    assert isinstance(event, WireDown)
    assert "cannot be started" in event.reason
    task.cancel()
    await asyncio.wait([task])
