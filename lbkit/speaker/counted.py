"""What is counted of the frames on the wire, by the process on it since its last report, and by the speaker in all.

Pure.
"""

from collections import Counter
from dataclasses import dataclass, field
from ipaddress import ip_address

from lbkit.model.views import IPAddress
from lbkit.speaker.orders import Tally


@dataclass(slots=True)
class Counters:
    """Frames, by address or by why they were dropped."""

    requests: Counter[IPAddress] = field(default_factory=Counter)
    responses: Counter[IPAddress] = field(default_factory=Counter)
    gratuitous: Counter[IPAddress] = field(default_factory=Counter)
    conflicts: Counter[IPAddress] = field(default_factory=Counter)
    drops: Counter[str] = field(default_factory=Counter)
    heartbeats: Counter[str] = field(default_factory=Counter)
    unsent: int = 0
    take_overs: int = 0

    def add(self, tally: Tally) -> None:
        """Add what was counted on the wire since the last time."""
        for counter, counted in (
            (self.requests, tally.requests),
            (self.responses, tally.responses),
            (self.gratuitous, tally.gratuitous),
            (self.conflicts, tally.conflicts),
        ):
            counter.update({ip_address(packed): count for packed, count in counted.items()})
        self.drops.update(tally.drops)
        self.heartbeats.update(tally.heartbeats)
        self.unsent += tally.unsent

    def clear(self) -> None:
        """Count from the beginning."""
        for counter in (self.requests, self.responses, self.gratuitous, self.conflicts, self.drops, self.heartbeats):
            counter.clear()
        self.unsent = self.take_overs = 0
