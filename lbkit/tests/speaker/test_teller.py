"""Rules of writing event_records.

Pure.
"""

import asyncio

from lbkit.errors import TargetError
from lbkit.model.event_records import EventRecord, Reference
from lbkit.model.views import Key
from lbkit.speaker import teller
from lbkit.speaker.teller import Teller

RECORD = EventRecord(Reference("v1", "Service", Key("web", "s"), "uid"), "Normal", "nodeAssigned", "here")


async def test_a_record_that_cannot_be_written_does_not_stop_the_next() -> None:
    """It is counted and forgotten."""
    written: list[EventRecord] = []

    async def write(record: EventRecord) -> None:
        written.append(record)
        if len(written) == 1:
            raise TargetError("POST: 503")

    made = Teller(write)
    made.tell(RECORD)
    made.tell(RECORD)
    task = asyncio.create_task(made.run())
    await asyncio.sleep(0.01)
    assert len(written) == 2
    assert made.dropped == 1
    task.cancel()
    await asyncio.wait([task])


async def test_records_never_pile_up() -> None:
    """What exceeds the queue is dropped, and telling never blocks."""

    async def write(record: EventRecord) -> None:
        raise AssertionError(record)

    made = Teller(write)
    for _ in range(teller.WAITING + 3):
        made.tell(RECORD)
    assert made.dropped == 3
