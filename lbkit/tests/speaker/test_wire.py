"""Rules of the process on the wire: orders in, reports out, with pipes and socket pairs of this process.

Shell: pipes and socket pairs of this process.
"""

import os
import socket
import time
from collections.abc import Iterator
from ipaddress import IPv4Address, ip_address
from typing import Any

import pytest

from lbkit.announcer.desired import Interface
from lbkit.announcer.election.events import Candidates
from lbkit.kernel.poller import Poller
from lbkit.packet import datagram, heartbeat, resolution
from lbkit.packet.arp import Arp, Operation
from lbkit.packet.drop import Drop
from lbkit.packet.ethernet import BROADCAST
from lbkit.packet.heartbeat import Heartbeat, Keyring, Phase
from lbkit.packet.tcp import SYN
from lbkit.speaker import wire
from lbkit.speaker.orders import Keys, Orders, Report, Unpacker, pack, place_of, rules_of
from lbkit.speaker.wire import LISTEN_S, OnTheWire
from lbkit.tests.packet.tcp_frames import frame

ETH0 = Interface("eth0", 2, bytes.fromhex("020000000002"), addresses=(ip_address("192.0.2.9"),))
VIP = IPv4Address("192.0.2.1")
KEYS = Keys(bytes(8), {1: b"k" * 32}, 1)
ASKER = bytes.fromhex("020000000064")
READY_S = 1.6
STEP_S = 0.01


class Impatient(Poller):
    """Does not wait: time is what the test makes it."""

    def wait(self, longest_s: float) -> None:  # noqa: ARG002  # nothing is waited for
        """Call back what is there."""
        super().wait(0.0)


class Run:
    """A process on the wire of node `a`, run step by step in time that the test moves."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now_s = 1000.0
        monkeypatch.setattr(wire, "clock_s", lambda: self.now_s)
        self.ends: dict[tuple[str, int], socket.socket] = {}
        self.reports: list[Report] = []
        self.orders_in, self._source_in = os.pipe()
        self._target_out, self._target_in = os.pipe()
        for each in (self.orders_in, self._target_in, self._target_out):
            os.set_blocking(each, False)
        self.process = OnTheWire(Impatient(), self.orders_in, self._target_in, self.open, self.open_stream)
        self._unpacker = Unpacker()
        self.is_reading = True
        self.is_broken = False

    def open(self, interface: str, ethertype: int) -> socket.socket:
        """Stand in for `open_socket`."""
        if self.is_broken:
            raise OSError(19, "No such device")
        here, there = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        here.setblocking(False)
        there.setblocking(False)
        if (interface, ethertype) in self.ends:
            self.ends[interface, ethertype].close()
        self.ends[interface, ethertype] = there
        return here

    def open_stream(self, interface: str, ethertype: int) -> socket.socket:
        """Stand in for the sockets that hear connections; their names end in "tcp"."""
        return self.open(f"{interface}-tcp", ethertype)

    def hears_connections(self) -> bool:
        """Whether anybody would hear one begin or end."""
        end = self.ends.get(("eth0-tcp", 0x0800))
        if end is None:
            return False
        try:
            end.send(frame(SYN, IPv4Address("192.0.2.77"), VIP))
        except BrokenPipeError:
            return False
        self.run(STEP_S)
        return True

    def order(self, **changes: Any) -> None:
        """Give orders: one address and one interface, with these changes."""
        candidates = changes.pop("candidates", {VIP: Candidates({"a": None})})
        rules, addresses = rules_of(candidates)
        fields: dict[str, Any] = {
            "interfaces": (place_of(ETH0),),
            "stations": ("eth0",),
            "keys": KEYS,
            "rules": rules,
            "addresses": addresses,
            **changes,
        }
        os.write(self._source_in, pack(Orders("a", **fields)))

    def hang_up(self) -> None:
        """End like a speaker that was killed."""
        os.close(self._source_in)
        self._source_in = -1

    def run(self, length_s: float) -> None:
        """Let time pass."""
        until_s = self.now_s + length_s
        while self.now_s < until_s and not self.process.is_over:
            self.now_s += STEP_S
            self.process.turn()
            if self.is_reading:
                self.read()

    def read(self) -> None:
        """Take the reports out of the pipe."""
        try:
            self.reports += self._unpacker.feed(os.read(self._target_out, 1 << 20), Report)
        except BlockingIOError:
            return

    def sent(self, ethertype: int = 0x0806) -> list[bytes]:
        """Take the frames of a type that were sent on eth0."""
        frames: list[bytes] = []
        while True:
            try:
                frame = self.ends["eth0", ethertype].recv(2000)
            except BlockingIOError:
                return frames
            if not frame:
                return frames
            frames.append(frame)

    def is_answering(self) -> bool:
        """Ask for the address, and say whether it is answered for."""
        self.sent()
        asked = Arp(BROADCAST, ASKER, Operation.REQUEST, ASKER, IPv4Address("192.0.2.77"), bytes(6), VIP)
        self.ends["eth0", 0x0806].send(resolution.encode(asked))
        self.run(STEP_S)
        answers = [resolution.decode(frame) for frame in self.sent()]
        return any(isinstance(each, Arp) and each.target_mac == ASKER for each in answers)

    def beats(self) -> list[Heartbeat]:
        """Take the heartbeats that were sent."""
        received = [datagram.decode(frame) for frame in self.sent(0x0800)]
        keyring = Keyring(KEYS.cluster, KEYS.keys, KEYS.current)
        decoded = [heartbeat.decode(each[1], keyring) for each in received if not isinstance(each, Drop)]
        return [each for each in decoded if not isinstance(each, Drop)]

    def close(self) -> None:
        """Close all."""
        self.process.close()
        for each in self.ends.values():
            each.close()
        for number in (self.orders_in, self._source_in, self._target_in, self._target_out):
            if number >= 0:
                os.close(number)


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Iterator[Run]:
    """Make a process, and close it."""
    made = Run(monkeypatch)
    yield made
    made.close()


def held(run: Run) -> dict[bytes, int]:
    """Put together what the reports say: {address: term}."""
    found: dict[bytes, int] = {}
    for report in run.reports:
        for each in report.held:
            found[each.address] = each.term
    return {address: term for address, term in found.items() if term}


def test_what_is_ordered_is_announced_and_reported(run: Run) -> None:
    """Phases, terms, and counters once a second."""
    run.order()
    run.run(READY_S)
    assert run.is_answering()
    assert held(run) == {VIP.packed: 1}
    assert run.reports[-1].phases == {"eth0": Phase.READY}
    run.run(1.1)
    tallies = [each.tally for each in run.reports if each.tally is not None]
    assert sum(each.responses.get(VIP.packed, 0) for each in tallies) == 1
    assert sum(each.heartbeats.get("eth0", 0) for each in tallies) > 10


def test_nothing_is_sent_without_a_key(run: Run) -> None:
    """No station is opened."""
    run.order(keys=None)
    run.run(READY_S)
    assert not run.ends
    run.order()
    run.run(READY_S)
    assert run.is_answering()


def test_an_address_that_is_no_more_is_given_up_at_once(run: Run) -> None:
    """And that is reported, with the reason."""
    run.order()
    run.run(READY_S)
    run.order(candidates={})
    run.run(0.02)
    assert not run.is_answering()
    assert held(run) == {}
    assert [each.why for report in run.reports for each in report.held][-1] == "NotEligible"


def test_an_interface_that_is_gone_and_comes_back_begins_anew(run: Run) -> None:
    """With its own sockets, which were closed meanwhile."""
    run.order()
    run.run(READY_S)
    run.order(interfaces=())
    run.run(0.1)
    assert held(run) == {}
    assert run.reports[-1].phases == {}
    run.order()
    run.run(0.5)
    assert run.reports[-1].phases == {"eth0": Phase.LISTENING}
    run.run(READY_S)
    assert run.is_answering()


def test_an_interface_that_nothing_is_announced_on_any_more_says_so(run: Run) -> None:
    """The others need not wait until it is taken for dead."""
    run.order()
    run.run(READY_S)
    run.beats()
    run.order(stations=())
    ends = dict(run.ends)
    run.run(STEP_S)
    run.ends = ends
    assert [each.is_leaving for each in run.beats()][-3:] == [True] * 3


def test_a_speaker_that_is_gone_is_followed_when_others_have_taken_over(run: Run) -> None:
    """Alone there is nobody to wait for."""
    run.order()
    run.run(READY_S)
    run.hang_up()
    run.run(0.05)
    assert run.process.is_over
    assert run.beats()[-1].is_leaving


def test_who_is_told_to_leave_says_its_last_word(run: Run) -> None:
    """And ends."""
    run.order()
    run.run(READY_S)
    run.order(is_draining=True)
    run.run(0.05)
    assert run.reports[-1].is_handed_over
    assert not run.process.is_over
    run.order(is_draining=True, is_leaving=True)
    run.run(0.05)
    assert run.process.is_over


def test_a_speaker_that_does_not_read_stops_nothing(run: Run) -> None:
    """And hears how things are when it reads again; what waits for it does not grow."""
    run.order()
    run.is_reading = False
    run.run(READY_S)
    while True:  # fill the pipe
        try:
            os.write(run.process._target, bytes(1 << 16))
        except BlockingIOError:
            break
    run.order(candidates={VIP + number: Candidates({"a": None}) for number in range(50)})
    run.run(3.0)
    run.order(candidates={VIP: Candidates({"a": None})})
    run.run(3.0)
    assert run.is_answering()
    assert len(run.process._out) < 100_000


def test_an_interface_that_cannot_be_opened_is_tried_again(run: Run) -> None:
    """And complained of once."""
    run.is_broken = True
    run.order()
    run.run(3.0)
    run.is_broken = False
    run.run(1.1 + READY_S)
    assert run.is_answering()
    assert len([each for report in run.reports for each in report.complaints]) == 1


def test_random_frames_of_any_type_stop_nothing(run: Run) -> None:
    """Each is counted by its reason."""
    run.order()
    run.run(READY_S)
    for number, ethertype in enumerate((0x0806, 0x0800, 0x86DD) * 20):
        run.ends["eth0", ethertype].send(os.urandom(number + 1))
    run.run(0.1)
    assert run.is_answering()


def test_the_clock_counts_the_time_a_machine_sleeps() -> None:
    """Else it would answer from the past when it wakes up."""
    assert abs(wire.clock_s() - time.clock_gettime(time.CLOCK_BOOTTIME)) < 1.0


@pytest.mark.parametrize("change", [{"is_draining": True}, {"rebalances": 1}], ids=["drain", "rebalance"])
def test_connections_are_heard_while_addresses_are_given_away(run: Run, change: dict[str, Any]) -> None:
    """And at no other time: it is frames of users that are looked at."""
    run.order()
    run.run(READY_S)
    assert not run.hears_connections()
    run.order(**change)
    run.run(STEP_S)
    assert run.hears_connections()
    run.run(LISTEN_S)
    assert not run.hears_connections()
    assert run.is_answering()
