"""Layer 2 on the wire: answers what is asked, and tells the segment of what was taken over.

Answers do not wait in the inbox: a frame is decoded, judged and answered in the turn in which it is heard.

Shell: raw sockets (through kernel.raw), clock, random numbers.
"""

import asyncio
import random
from collections.abc import Callable, Iterable, Mapping, Sequence
from ipaddress import IPv6Address
from typing import Final, Protocol

from lbkit.announcer.announce import FRAMES_EACH, Schedule, gratuitous
from lbkit.announcer.desired import Interface
from lbkit.announcer.diff import Announce, Layer2Action, Withdraw
from lbkit.announcer.respond import Reply, groups, respond
from lbkit.model.views import IPAddress
from lbkit.packet import resolution
from lbkit.packet.arp import Arp
from lbkit.packet.drop import Drop, DropReason
from lbkit.speaker.counters import Counters

ASKED: Final = frozenset({DropReason.OTHER_INTERFACE})
"""Drops of requests for an announced address: counted as requests too, as MetalLB does."""


class Sender(Protocol):
    """What the responder needs of kernel.raw.Wire."""

    def update(self, interfaces: Iterable[Interface]) -> tuple[Interface, ...]:
        """Have a socket for each of these; return those that have."""

    def listen(self, groups: Mapping[str, frozenset[IPv6Address]]) -> None:
        """Be in these multicast groups, by interface, and no others."""

    def send(self, interface: str, frame: bytes) -> bool:
        """Send; return whether the kernel took it."""

    def close(self) -> None:
        """Close all sockets."""


class Responder:
    """Holds what this node answers for.

    Args:
        counters: what it counts into.
        clock: monotonic seconds.
        jitter: -1 to 1, a new value with each call.
    """

    def __init__(
        self,
        counters: Counters,
        clock: Callable[[], float],
        jitter: Callable[[], float] = lambda: random.uniform(-1, 1),  # noqa: S311  # spreads frames in time
    ) -> None:
        self._counters = counters
        self._clock = clock
        self._jitter = jitter
        self._schedule = Schedule()
        self._woken = asyncio.Event()
        self._announced: dict[IPAddress, frozenset[str]] = {}
        self._interfaces: dict[str, Interface] = {}
        self._wire: Sender | None = None

    @property
    def announced(self) -> Mapping[IPAddress, frozenset[str]]:
        """{address: names of the interfaces that answer for it}."""
        return self._announced

    def attach(self, wire: Sender) -> None:
        """Say where frames go; the wire's `on_frame` is this responder's."""
        self._wire = wire

    def use(self, interfaces: Iterable[Interface]) -> tuple[Interface, ...]:
        """Listen on these interfaces; return those that can be listened on."""
        assert self._wire is not None
        opened = self._wire.update(interfaces)
        self._interfaces = {interface.name: interface for interface in opened}
        self._wire.listen(groups(self._announced))
        return opened

    def on_frame(self, interface: Interface, data: bytes) -> None:
        """Answer one frame, or not."""
        packet = resolution.decode(data)
        verdict = packet if isinstance(packet, Drop) else respond(packet, interface, self._announced)
        match verdict:
            case Reply(answer):
                self._counters.requests[verdict.address] += 1
                if self._send(interface.name, resolution.encode(answer)):
                    self._counters.responses[verdict.address] += 1
            case Drop(reason):
                self._counters.drops[reason] += 1
                if reason in ASKED and not isinstance(packet, Drop):
                    self._counters.requests[packet.target_ip if isinstance(packet, Arp) else packet.target] += 1

    def carry_out(self, actions: Sequence[Layer2Action]) -> None:
        """Take up and give up addresses; the segment hears of those taken up at once."""
        if not actions:
            return
        for action in actions:
            match action:
                case Announce(address, interfaces):
                    self._announced[address] = interfaces
                    self._schedule.start(address, self._clock())
                case Withdraw(address):
                    self._announced.pop(address, None)
                    self._schedule.stop(address)
        if self._wire is not None:
            self._wire.listen(groups(self._announced))
        self._woken.set()

    async def tell(self) -> None:
        """Send gratuitous frames when they are due, for ever."""
        while True:
            self._woken.clear()
            wait_s = self.tell_now()
            try:
                async with asyncio.timeout(wait_s):
                    await self._woken.wait()
            except TimeoutError:
                continue

    def tell_now(self) -> float | None:
        """Send the gratuitous frames that are due; return how long none will be, None for ever."""
        frames_each = FRAMES_EACH * max(1, len(self._interfaces))
        for address in self._schedule.take(self._clock(), frames_each, self._jitter()):
            self._tell_of(address)
        return self._schedule.wait_s(self._clock(), frames_each)

    def stop(self) -> None:
        """Answer nothing more."""
        self._announced.clear()
        if self._wire is not None:
            self._wire.close()

    def _tell_of(self, address: IPAddress) -> None:
        for name in self._announced.get(address, ()):
            interface = self._interfaces.get(name)
            if interface is None:
                continue
            for packet in gratuitous(address, interface.mac):
                if self._send(name, resolution.encode(packet)):
                    self._counters.gratuitous[address] += 1

    def _send(self, interface: str, frame: bytes) -> bool:
        is_sent = self._wire is not None and self._wire.send(interface, frame)
        if not is_sent:
            self._counters.unsent += 1
        return is_sent
