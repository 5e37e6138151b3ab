"""Runs the process on the wire: starts it, gives it orders, takes its reports, and starts it again when it ends.

Shell: a child process, its pipes, log.
"""

import asyncio
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import Callable
from typing import Final

import structlog

from lbkit.speaker.events import WireDown
from lbkit.speaker.orders import Orders, Report, Unpacker, pack

_log = structlog.get_logger(__name__)

COMMAND: Final = (sys.executable, "-m", "lbkit.speaker.wire")
RESTART_S: Final = 0.5
SILENT_TICKS: Final = 10
TICK_S: Final = 1.0
"""It reports once a second; one that says nothing for ten ticks of this loop is killed. Ticks are counted, so that time
in which this process did not run itself is none of it."""
END_S: Final = 2.0


class WireProcess:
    """The process on the wire, as the speaker has it.

    Args:
        put: takes each report, and each end of the process.
        command: what to run.
    """

    def __init__(self, put: Callable[[Report | WireDown], None], command: tuple[str, ...] = COMMAND) -> None:
        self._put = put
        self._command = command
        self._orders: Orders | None = None
        self._has_orders = asyncio.Event()
        self._process: Process | None = None
        self._silent_ticks = 0
        self._is_ending = False

    def order(self, orders: Orders) -> None:
        """Have the process do this from now on; what was ordered before and not sent yet is left out."""
        if orders != self._orders:
            self._orders = orders
            self._has_orders.set()

    async def run(self) -> None:
        """Keep the process running, for ever."""
        while True:
            reason = await self._live()
            if self._is_ending:
                await asyncio.Event().wait()
            _log.error("process on the wire ended", reason=reason)
            self._put(WireDown(reason))
            await asyncio.sleep(RESTART_S)

    async def end(self, last: Orders) -> None:
        """Give the last orders, which tell it to end, and wait until it has."""
        self._is_ending = True
        self.order(last)
        process = self._process
        if process is None:
            return
        try:
            await asyncio.wait_for(process.wait(), END_S)
        except TimeoutError:
            process.kill()

    async def _live(self) -> str:
        """Run one process to its end; say why it ended."""
        try:
            process = await asyncio.create_subprocess_exec(*self._command, stdin=PIPE, stdout=PIPE)
        except OSError as err:
            return f"cannot be started: {err}"
        self._process = process
        self._silent_ticks = 0
        self._has_orders.set()
        tasks = [asyncio.ensure_future(each) for each in (self._send(process), self._watch(process))]
        try:
            await self._receive(process)
            return f"exit status {await process.wait()}"
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            self._process = None
            if process.returncode is None:
                process.kill()
                await process.wait()

    async def _send(self, process: Process) -> None:
        assert process.stdin is not None
        while True:
            await self._has_orders.wait()
            self._has_orders.clear()
            if self._orders is None:
                continue
            try:
                process.stdin.write(pack(self._orders))
                await process.stdin.drain()
            except ConnectionError:
                return  # it has ended, which `_receive` sees

    async def _receive(self, process: Process) -> None:
        assert process.stdout is not None
        unpacker = Unpacker()
        while data := await process.stdout.read(1 << 16):
            self._silent_ticks = 0
            for report in unpacker.feed(data, Report):
                self._put(report)

    async def _watch(self, process: Process) -> None:
        while self._silent_ticks < SILENT_TICKS:
            await asyncio.sleep(TICK_S)
            self._silent_ticks += 1
        _log.error("process on the wire says nothing; it is killed")
        process.kill()
