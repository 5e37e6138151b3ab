"""A segment in network namespaces: a switch, a client that asks, and nodes with speakers on them.

Shell: network namespaces by ip(8), processes, raw sockets.
"""

import ctypes
import os
import shlex
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv6Address, ip_address
from math import inf
from pathlib import Path
from typing import IO

from lbkit.announcer.announce import gratuitous
from lbkit.model.views import IPAddress
from lbkit.packet import ndp, resolution
from lbkit.packet.arp import Arp, Operation
from lbkit.packet.drop import Drop
from lbkit.packet.ethernet import BROADCAST, ZERO_MAC
from lbkit.packet.ndp import NeighborAdvertisement, NeighborSolicitation

CLONE_NEWNET = 0x40000000
SO_RCVBUFFORCE = 33
ROOM_BYTES = 16 << 20
"""For what comes while Python does something else: a thousand addresses are told of at once."""
ASK_S = 0.005
STRANGER_MAC = bytes.fromhex("0200000000aa")
CLIENT_MAC = bytes.fromhex("020000000064")
_FIRST_ASKER = int(IPv4Address("10.64.0.0"))
_FIRST_ASKER6 = int(IPv6Address("fd00:64::"))


@contextmanager
def inside(namespace: str) -> Iterator[None]:
    """Let this thread be in a network namespace for a while; sockets opened there stay there."""
    libc = ctypes.CDLL(None, use_errno=True)
    with Path("/proc/thread-self/ns/net").open() as here, Path(f"/run/netns/{namespace}").open() as there:
        if libc.setns(there.fileno(), CLONE_NEWNET):
            raise OSError(ctypes.get_errno(), f"setns {namespace}")
        try:
            yield
        finally:
            libc.setns(here.fileno(), CLONE_NEWNET)


@dataclass
class LanNode:
    """A node: a namespace with eth1 at the switch, and a speaker."""

    name: str
    namespace: str
    port: str
    mac: bytes
    log: IO[bytes]
    process: subprocess.Popen[bytes] | None = None

    def signal(self, number: int) -> None:
        """Send a signal to the speaker and all that it started."""
        assert self.process is not None
        os.killpg(self.process.pid, number)

    def text(self) -> str:
        """Give what the speaker has written."""
        return Path(self.log.name).read_text()


@dataclass
class Lan:
    """The segment."""

    prefix: str = field(default_factory=lambda: f"lbkw{os.getpid() % 10000}")
    nodes: dict[str, LanNode] = field(default_factory=dict)
    _namespaces: list[str] = field(default_factory=list)

    def build(self) -> None:
        """Make the switch and the client's namespace."""
        self._namespace("sw")
        self.run("sw", "ip link add lan type bridge", "ip link set lan up")
        self._plug("client", CLIENT_MAC)
        self.run("client", "ip addr add 10.9.0.100/16 dev eth1")

    def add(self, name: str, *words: str, ipv4: bool = True) -> LanNode:
        """Make a node, and start its speaker with these arguments."""
        number = len(self.nodes) + 1
        mac = bytes((2, 0, 0, 0, 0, number))
        self._plug(name, mac)
        if ipv4:
            self.run(name, f"ip addr add 10.9.0.{number}/16 dev eth1")
        log = tempfile.NamedTemporaryFile(prefix=f"{self.prefix}-{name}-", suffix=".log", delete=False)  # noqa: SIM115
        made = self.nodes[name] = LanNode(name, f"{self.prefix}-{name}", f"p-{name}", mac, log)
        self.start(name, *words)
        return made

    def host(self, name: str, address: str) -> None:
        """Make a host outside the cluster that has an address."""
        self._plug(name, STRANGER_MAC)
        self.run(name, f"ip addr add {address}/16 dev eth1")

    def announce(self, name: str, address: str) -> None:
        """Have such a host say that it has the address."""
        with inside(f"{self.prefix}-{name}"), socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0) as opened:
            opened.bind(("eth1", 0))
            for packet in gratuitous(ip_address(address), STRANGER_MAC):
                opened.send(resolution.encode(packet))

    def start(self, name: str, *words: str) -> None:
        """Start the speaker of a node."""
        node = self.nodes[name]
        if node.process is not None:
            node.process.wait()
        command = ["ip", "netns", "exec", node.namespace, sys.executable, "-m", "lbkit.tests.wire.node", name, *words]
        node.process = subprocess.Popen(command, stdout=node.log, stderr=node.log, start_new_session=True)

    def run(self, where: str, *commands: str) -> None:
        """Run commands in a namespace."""
        for command in commands:
            subprocess.run(["ip", "netns", "exec", f"{self.prefix}-{where}", *shlex.split(command)], check=True)

    def close(self) -> None:
        """End everything."""
        for node in self.nodes.values():
            if node.process is not None and node.process.poll() is None:
                node.signal(signal.SIGCONT)
                node.signal(signal.SIGKILL)
                node.process.wait()
            node.log.close()
            with suppress(FileNotFoundError):
                Path(node.log.name).unlink()
        for namespace in reversed(self._namespaces):
            subprocess.run(["ip", "netns", "del", namespace], check=False)

    def _namespace(self, name: str) -> None:
        full = f"{self.prefix}-{name}"
        subprocess.run(["ip", "netns", "add", full], check=True)
        self._namespaces.append(full)
        self.run(name, "ip link set lo up")

    def _plug(self, name: str, mac: bytes) -> None:
        """Make a namespace whose eth1 is at the switch's port p-NAME."""
        self._namespace(name)
        self.run("sw", f"ip link add p-{name} type veth peer name eth1 netns {self.prefix}-{name}")
        self.run("sw", f"ip link set p-{name} master lan", f"ip link set p-{name} up")
        self.run(
            name,
            "sysctl -qw net.ipv6.conf.eth1.accept_dad=0 net.ipv6.conf.eth1.dad_transmits=0",
            f"ip link set eth1 address {mac.hex(':')}",
            "ip link set eth1 up",
        )

    def unplug(self, name: str) -> None:
        """Take a node's cable out at the switch: both ends lose carrier."""
        self.run("sw", f"ip link set p-{name} down")

    def plug(self, name: str) -> None:
        """Put it back."""
        self.run("sw", f"ip link set p-{name} up")

    def cut(self, name: str) -> None:
        """Let the switch pass nothing to or from a node, whose link stays up."""
        self.run("sw", f"ip link set p-{name} nomaster")

    def join(self, name: str) -> None:
        """Let it pass again."""
        self.run("sw", f"ip link set p-{name} master lan")


@dataclass(frozen=True, slots=True)
class Asked:
    """One question and who answered it: (after how many seconds, hardware address)."""

    at_s: float
    address: IPAddress
    answers: tuple[tuple[float, bytes], ...]


class Asker:
    """A client that asks for addresses all the time, each question from another sender so that its answers are known.

    Args:
        addresses: asked for in turn.
        gap_s: between questions.
    """

    def __init__(self, lan: Lan, *addresses: str, gap_s: float = ASK_S) -> None:
        self._addresses = [ip_address(each) for each in addresses]
        self._gap_s = gap_s
        with inside(f"{lan.prefix}-client"):
            self._socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(0x0003))
            self._socket.bind(("eth1", 0x0003))
        self._socket.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, ROOM_BYTES)
        self._socket.settimeout(0.2)
        self._asked: list[tuple[float, IPAddress]] = []
        self._answers: dict[int, list[tuple[float, bytes]]] = {}
        self.announced: list[tuple[float, IPAddress, bytes]] = []
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=each, daemon=True) for each in (self._ask, self._hear)]

    def __enter__(self) -> "Asker":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()
        self._socket.close()

    def asked(self) -> list[Asked]:
        """List what was asked so far, but for the last half second, whose answers may be under way."""
        end_s = time.monotonic() - 0.5
        return [
            Asked(at_s, address, tuple((when - at_s, mac) for when, mac in self._answers.get(number, ())))
            for number, (at_s, address) in enumerate(list(self._asked))
            if at_s < end_s
        ]

    def owner(self, length_s: float = 0.3) -> bytes:
        """Say which hardware address answers now."""
        time.sleep(length_s + 0.5)
        found = {
            mac for each in self.asked() if each.at_s > time.monotonic() - length_s - 0.5 for _, mac in each.answers
        }
        assert len(found) == 1, f"answers from {[mac.hex(':') for mac in found]}"
        return found.pop()

    def wait(self, most_s: float = 10.0) -> None:
        """Wait until every address was answered for lately."""
        deadline_s = time.monotonic() + most_s
        while time.monotonic() < deadline_s:
            time.sleep(0.2)
            since_s = time.monotonic() - 0.6 - 2 * self._gap_s * len(self._addresses)
            last = {each.address: bool(each.answers) for each in self.asked() if each.at_s > since_s}
            if len(last) == len(self._addresses) and all(last.values()):
                return
        raise AssertionError(f"nobody answers within {most_s} s")

    def _ask(self) -> None:
        next_s = time.monotonic()
        number = 0
        while not self._stop.is_set():
            address = self._addresses[number % len(self._addresses)]
            self._asked.append((time.monotonic(), address))
            with suppress(OSError):
                self._socket.send(_question(number, address))
            number += 1
            next_s += self._gap_s
            time.sleep(max(0.0, next_s - time.monotonic()))

    def _hear(self) -> None:
        while not self._stop.is_set():
            try:
                frame = self._socket.recv(2000)
            except TimeoutError:
                continue
            now_s = time.monotonic()
            packet = resolution.decode(frame)
            match packet:
                case Arp(operation=Operation.REPLY) if packet.destination == CLIENT_MAC:
                    number = int(packet.target_ip) - _FIRST_ASKER
                    self._answers.setdefault(number, []).append((now_s, packet.sender_mac))
                case NeighborAdvertisement(is_solicited=True) if packet.destination == CLIENT_MAC:
                    number = int(packet.destination_ip) - _FIRST_ASKER6
                    self._answers.setdefault(number, []).append((now_s, packet.target_mac or packet.source))
                case Arp() if packet.sender_ip == packet.target_ip:
                    self.announced.append((now_s, packet.sender_ip, packet.sender_mac))
                case NeighborAdvertisement():
                    self.announced.append((now_s, packet.target, packet.target_mac or packet.source))
                case Drop() | _:
                    pass


def _question(number: int, address: IPAddress) -> bytes:
    if isinstance(address, IPv4Address):
        sender = IPv4Address(_FIRST_ASKER + number)
        return resolution.encode(Arp(BROADCAST, CLIENT_MAC, Operation.REQUEST, CLIENT_MAC, sender, ZERO_MAC, address))
    group = ndp.solicited_node(address)
    sender6 = IPv6Address(_FIRST_ASKER6 + number)
    return resolution.encode(
        NeighborSolicitation(ndp.group_mac(group), CLIENT_MAC, sender6, group, address, CLIENT_MAC)
    )


def flood(lan: Lan, address: str, length_s: float, most: float = inf) -> tuple[int, int, float]:
    """Ask as fast as one process can; return questions (at most so many), frames that came back, and the time."""
    namespace = f"{lan.prefix}-client"
    with inside(namespace):
        opened = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
        opened.bind(("eth1", 0))
    frame = _question(0, ip_address(address))
    before, sent, begun_s = _received(namespace), 0, time.monotonic()
    while sent < most and time.monotonic() < begun_s + length_s:
        for _ in range(20):
            with suppress(BlockingIOError, OSError):
                opened.send(frame)
                sent += 1
    took_s = time.monotonic() - begun_s
    time.sleep(0.5)
    opened.close()
    return sent, _received(namespace) - before, took_s


def _received(namespace: str) -> int:
    command = ["ip", "netns", "exec", namespace, "cat", "/sys/class/net/eth1/statistics/rx_packets"]
    return int(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def outage_s(asked: list[Asked]) -> float:
    """Give the longest time in which questions were not answered: from the first of them to the next that was."""
    longest = 0.0
    since_s: float | None = None
    was_answered = False
    for each in asked:
        if each.answers:
            longest = max(longest, each.at_s - since_s if since_s is not None and was_answered else 0.0)
            since_s, was_answered = None, True
        elif since_s is None:
            since_s = each.at_s
    return longest


def double_s(asked: list[Asked]) -> float:
    """Give the longest time in which questions were answered by two; 0 if none was."""
    longest = 0.0
    since_s: float | None = None
    for each in asked:
        if len({mac for _, mac in each.answers}) > 1:
            since_s = each.at_s if since_s is None else since_s
            longest = max(longest, each.at_s - since_s + ASK_S)
        elif each.answers:
            since_s = None
    return longest
