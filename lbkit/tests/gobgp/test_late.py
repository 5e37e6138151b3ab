"""An engine is left alone until a peer needs it."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

from lbkit.gobgp.events import EngineEvent
from lbkit.gobgp.late import MARK, LateEngine


class FakeDriver:
    """Notes what is asked of it."""

    def __init__(self, target: str) -> None:
        self.target = target
        self.batches: list[tuple[int, tuple[()]]] = []

    def submit(self, listed: int, actions: tuple[()]) -> None:
        """As the driver's."""
        self.batches.append((listed, actions))

    async def run(self) -> None:
        """As the driver's."""
        await asyncio.Event().wait()


async def _looked_after(folder: Path, *, needed: bool) -> list[FakeDriver]:
    """Run an engine for a moment and return the drivers that were made for it."""
    made: list[FakeDriver] = []
    put = list[EngineEvent]().append

    def load(target: str, told: Callable[[Any], None]) -> FakeDriver:
        assert told is put
        made.append(FakeDriver(target))
        return made[-1]

    engine = LateEngine(folder / "gobgp.sock", put, load)
    running = asyncio.create_task(engine.run())
    await asyncio.sleep(0)
    if needed:
        engine.need()
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        engine.submit(1, ())
    running.cancel()
    return made


def test_nobody_talks_to_an_engine_that_no_peer_needs(tmp_path: Path) -> None:
    """Its driver is not even loaded."""
    assert asyncio.run(_looked_after(tmp_path, needed=False)) == []


def test_a_peer_wakes_it(tmp_path: Path) -> None:
    """From then on it is driven."""
    (driver,) = asyncio.run(_looked_after(tmp_path, needed=True))
    assert driver.target == f"unix:{tmp_path}/gobgp.sock"
    assert driver.batches == [(1, ())]


def test_a_restarted_speaker_looks_after_what_the_engine_still_holds(tmp_path: Path) -> None:
    """Even if no peer needs it any more: the mark says that some speaker of this pod has used it."""
    asyncio.run(_looked_after(tmp_path, needed=True))
    assert (tmp_path / MARK).exists()
    assert len(asyncio.run(_looked_after(tmp_path, needed=False))) == 1
