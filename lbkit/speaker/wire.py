"""The process on the wire: `python -m lbkit.speaker.wire`, started by the speaker, which gives it orders by a pipe.

It is a process of its own so that heartbeats and answers never wait for a loop that reads thousands of objects of the
API; and it is small. It decides nothing but what its stations decide. When the speaker is gone, it hands over and ends.

Shell: two pipes, raw sockets (through the kernel room), clocks, random numbers.
"""

import gc
import os
import random
import signal
import sys
import time
from collections import Counter
from collections.abc import Mapping
from ipaddress import IPv6Address
from math import inf
from typing import Final

from lbkit.announcer.desired import Interface
from lbkit.announcer.election.events import (
    Candidates,
    CandidatesChanged,
    CarrierChanged,
    Drain,
    Event,
    Informed,
    Leave,
    Rebalance,
)
from lbkit.announcer.election.timing import Timing
from lbkit.kernel.poller import Poller
from lbkit.kernel.raw import Opener, Wire, open_socket
from lbkit.kernel.slices import ask_for_short_slices
from lbkit.kernel.streams import Streams
from lbkit.kernel.streams import open_socket as open_stream_socket
from lbkit.model.views import IPAddress
from lbkit.packet.heartbeat import Keyring
from lbkit.speaker.orders import (
    Held,
    Met,
    Orders,
    Other,
    Report,
    Rule,
    Tally,
    Unpacker,
    candidates_of,
    interface_of,
    keyring_of,
    pack,
)
from lbkit.speaker.station import NodeWide, Station

REPORT_S: Final = 1.0
"""How often counters and the other stations are told of; what is held is told at once."""
HAND_OVER_S: Final = 3.0
"""How long the end of the process waits for successors, where the speaker does not say when."""
LISTEN_S: Final = Timing().listen_s
MOST_COMPLAINTS: Final = 100
"""Kept while the speaker does not read."""
MOST_IDLE: Final = 16
"""Stations kept whose interface is not there, so that it finds what it knew when it is back."""


def clock_s() -> float:
    """Give the seconds since the machine was started, sleep included: what was asleep must know it (rule 7)."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


class OnTheWire:
    """All stations of this node.

    Args:
        poller: the process's.
        source: what orders come from, and
        target: what reports go to: file descriptors that do not block.
        opener: makes a socket for an interface's name and an Ethernet type.
        stream_opener: the same, to hear connections begin and end.
    """

    def __init__(
        self,
        poller: Poller,
        source: int,
        target: int,
        opener: Opener = open_socket,
        stream_opener: Opener = open_stream_socket,
    ) -> None:
        self._poller = poller
        self._source = source
        self._target = target
        self._unpacker = Unpacker()
        self._orders = Orders("")
        self._candidates: dict[IPAddress, Candidates] = {}
        self._known: tuple[tuple[Rule, ...], Mapping[bytes, int]] = (), {}
        self._stations: dict[str, Station] = {}
        self._away: dict[str, None] = {}
        self._complaints: list[str] = []
        self._wire = Wire(poller, self._on_frame, opener, complain=self._complain)
        self._streams = Streams(poller, self._on_connection, stream_opener, complain=self._complain)
        self._streams_end_s = inf
        self._shared = NodeWide()
        self._groups: Mapping[str, frozenset[IPv6Address]] = {}
        self._report_s = 0.0
        self._news: tuple[dict[str, int], bool] = {}, False
        self._out = bytearray()
        self._is_waiting = False
        self._ends_s = inf
        self.is_over = False
        """The last word is said."""
        poller.watch(source, self._read)

    def turn(self) -> None:
        """Wait until something happens or is due, and do what follows."""
        wake_s = min((each.wake_s for each in self._stations.values()), default=inf)
        self._poller.wait(min(wake_s, self._report_s, self._ends_s, self._streams_end_s) - clock_s())
        if clock_s() >= self._streams_end_s:
            self._streams.close()
            self._streams_end_s = inf
        for station in list(self._stations.values()):
            if clock_s() >= station.wake_s:
                station.tick()
        self._follow_up(clock_s())

    def close(self) -> None:
        """Close the sockets."""
        self._streams.close()
        self._wire.close()

    def hand_over(self) -> None:
        """Give everything to others, and end when they have it."""
        if self._ends_s == inf:
            self._ends_s = clock_s() + HAND_OVER_S
            self._give_away(Drain())

    # Orders.

    def _read(self) -> None:
        try:
            data = os.read(self._source, 1 << 20)
        except BlockingIOError:
            return
        if not data:
            self._poller.forget(self._source)
            self.hand_over()
            return
        for orders in self._unpacker.feed(data, Orders):
            self._obey(orders)

    def _obey(self, orders: Orders) -> None:
        before, self._orders = self._orders, orders
        if (orders.rules, orders.addresses) != self._known:
            self._known = orders.rules, orders.addresses
            self._candidates = candidates_of(orders.rules, orders.addresses)
            self._give_all(CandidatesChanged(self._candidates))
        self._place_all()
        if orders.is_informed != before.is_informed:
            self._give_all(Informed(orders.is_informed))
        if orders.is_draining != before.is_draining:
            self._give_away(Drain(orders.is_draining))
        if orders.rebalances != before.rebalances:
            self._give_away(Rebalance())
        if orders.is_leaving:
            self._end()

    def _place_all(self) -> None:
        """Have stations as ordered; what could not be opened is tried again."""
        orders = self._orders
        if orders.keys is None:
            return
        keyring = keyring_of(orders.keys)
        for station in self._stations.values():
            station.keyring = keyring
        self._place({place.name: interface_of(place) for place in orders.interfaces}, keyring)

    def _place(self, there: Mapping[str, Interface], keyring: Keyring) -> None:
        """Have a station on each interface that is to have one and is there, and on no other."""
        indices = {each.index for each in there.values()}
        wanted = {name: there[name] for name in self._orders.stations if name in there}
        for name, station in list(self._stations.items()):
            if name in wanted:
                continue
            if name in there or station.interface.index in indices:
                # Nothing is to be announced on it, or it has another name now; it can still say its last word.
                self._drop(name)
            elif name not in self._away:
                self._away[name] = None
                station.give(CarrierChanged(is_up=False))
        for name in list(self._away)[: max(0, len(self._away) - MOST_IDLE)]:
            self._drop(name)
        opened = self._wire.update(wanted.values())
        for name in opened:
            interface = wanted[name]
            known = self._stations.get(name)
            if known is None:
                self._stations[name] = self._station(interface, keyring)
                continue
            if known.interface != interface:
                known.use(interface)
            if name in self._away:
                del self._away[name]
                known.give(CarrierChanged(is_up=True))

    def _drop(self, name: str) -> None:
        station = self._stations[name]
        station.give(Leave())
        del self._stations[name]
        self._away.pop(name, None)

    def _station(self, interface: Interface, keyring: Keyring) -> Station:
        name = interface.name
        station = Station(
            self._orders.node,
            interface,
            time.time_ns(),
            keyring,
            send=lambda frame: self._wire.send(name, frame),
            clock=clock_s,
            jitter=lambda: random.uniform(-1, 1),  # noqa: S311  # spreads frames in time
            shared=self._shared,
        )
        station.give(CandidatesChanged(self._candidates))
        station.give(Informed(self._orders.is_informed))
        if self._orders.is_draining:
            station.give(Drain())
        return station

    def _give_all(self, event: Event) -> None:
        for station in self._stations.values():
            station.give(event)

    def _give_away(self, event: Drain | Rebalance) -> None:
        """Have addresses given to others, each when no connection to it is open."""
        if event != Drain(is_on=False):
            self._streams.listen(name for name in self._stations if name not in self._away)
            self._streams_end_s = clock_s() + LISTEN_S
        self._give_all(event)

    def _end(self) -> None:
        self._give_all(Leave())
        self.is_over = True

    def _on_frame(self, interface: str, data: bytes) -> None:
        station = self._stations.get(interface)
        if station is not None and interface not in self._away:
            station.on_frame(data)

    def _on_connection(self, interface: str, headers: bytes) -> None:
        station = self._stations.get(interface)
        if station is not None:
            station.on_connection(headers)

    def _complain(self, text: str) -> None:
        if len(self._complaints) < MOST_COMPLAINTS:
            self._complaints.append(text)

    # Reports.

    def _follow_up(self, now_s: float) -> None:
        """Do what follows from all that happened in this turn."""
        groups = {name: found for name, each in self._stations.items() if (found := each.groups)}
        if groups != self._groups:
            self._groups = groups
            self._wire.listen(groups)
        is_handed_over = all(each.segment.is_handed_over for each in self._stations.values()) if self._goes() else False
        if now_s >= self._ends_s or (self._ends_s < inf and is_handed_over):
            self._end()
        if not self._out:  # else the speaker does not read, and hears later how things are then
            self._report(now_s, is_handed_over=is_handed_over)

    def _goes(self) -> bool:
        return self._orders.is_draining or self._ends_s < inf

    def _report(self, now_s: float, *, is_handed_over: bool) -> None:
        shared = self._shared
        phases = {name: int(each.segment.phase) for name, each in self._stations.items() if name not in self._away}
        is_due = now_s >= self._report_s
        news = phases, is_handed_over
        if not (is_due or news != self._news or shared.changes or shared.conflicts or self._complaints):
            return
        self._news = news
        report = Report(
            phases=phases,
            held=tuple(Held(name, each.packed, *change) for (name, each), change in shared.changes.items()),
            met=tuple(Met(name, each.packed, met.mac, met.is_held) for (name, each), met in shared.conflicts.items()),
            others=self._others() if is_due else None,
            tally=self._tally() if is_due else None,
            is_handed_over=is_handed_over,
            complaints=tuple(self._complaints),
        )
        shared.changes.clear()
        shared.conflicts.clear()
        self._complaints.clear()
        if is_due:
            self._report_s = now_s + REPORT_S
            if any(name not in phases for name in self._orders.stations):
                self._place_all()
        self._out += pack(report)
        self._write()

    def _write(self) -> None:
        """Write what the pipe takes; the rest when it takes more."""
        was_waiting = self._is_waiting
        try:
            while self._out:
                del self._out[: os.write(self._target, self._out)]
        except BlockingIOError:
            pass
        except BrokenPipeError:
            self._out.clear()
            self.hand_over()
        self._is_waiting = bool(self._out)
        if self._is_waiting and not was_waiting:
            self._poller.watch(self._target, self._write, is_write=True)
        elif was_waiting and not self._is_waiting:
            self._poller.forget(self._target)

    def _others(self) -> tuple[Other, ...]:
        return tuple(
            Other(name, peer.node, peer.interface, not peer.is_gone, hearing.heard, hearing.lost, hearing.known_after_s)
            for name, station in self._stations.items()
            for key, hearing in station.hearing.items()
            if (peer := station.segment.peers.get(key)) is not None
        )

    def _tally(self) -> Tally:
        """Give what was counted since the last time."""
        counts = self._shared.counts
        tally = Tally(
            requests=_packed(counts.requests),
            responses=_packed(counts.responses),
            gratuitous=_packed(counts.gratuitous),
            conflicts=_packed(counts.conflicts),
            drops={str(reason): count for reason, count in counts.drops.items()},
            heartbeats=dict(counts.heartbeats),
            unsent=counts.unsent,
        )
        counts.clear()
        return tally


def _packed(counter: Counter[IPAddress]) -> dict[bytes, int]:
    return {address.packed: count for address, count in counter.items()}


def main() -> None:
    """Run the process: orders on standard input, reports on standard output."""
    ask_for_short_slices()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a terminal sends it to the speaker, too, which says what to do
    source, target = sys.stdin.fileno(), sys.stdout.fileno()
    os.set_blocking(source, False)
    os.set_blocking(target, False)
    process = OnTheWire(Poller(), source, target)
    signal.signal(signal.SIGTERM, lambda _number, _frame: process.hand_over())
    gc.collect()
    gc.freeze()
    while not process.is_over:
        process.turn()
    process.close()


if __name__ == "__main__":
    main()
