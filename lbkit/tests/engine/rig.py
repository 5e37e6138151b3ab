"""A node and a router, each a network namespace, on one link: eth0 at both ends.

    node    10.0.1.1/24, 2001:db8:1::1/64, fe80::1  --  router  10.0.1.2/24, 2001:db8:1::2/64, fe80::2

The node runs gobgpd as the speaker's pod does, the router one that is configured by a file.

Shell: ip(8), gobgpd, gobgp, root.
"""

import asyncio
import json
import os
import subprocess
import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field, replace
from ipaddress import ip_address
from pathlib import Path
from typing import Any, Final, TypeVar

from lbkit.announcer.bfd_hold import hold_bfd
from lbkit.announcer.desired import Bgp, Session
from lbkit.announcer.diff import applied, diff_bgp
from lbkit.gobgp.driver import Engine
from lbkit.gobgp.events import Applied, EngineDown, EngineEvent, EngineUp, SessionChanged

WAIT_S: Final = 20.0
LOOK_S: Final = 0.05
NODE_ASN: Final = 64512
ROUTER_ASN: Final = 64513
NODE_ID: Final = "10.0.1.1"
ROUTER_ID: Final = "10.0.1.2"

Json = Any  # what `gobgp -j` prints
T = TypeVar("T")


def session(**options: Any) -> Session:
    """Make a session with the router, eBGP over IPv4, quick to come up."""
    fields: dict[str, Any] = {
        "peer": "router",
        "address": ip_address(ROUTER_ID),
        "local_asn": NODE_ASN,
        "peer_asn": ROUTER_ASN,
        "hold_time_s": 9,
        "keepalive_time_s": 3,
        "connect_time_s": 1,
        **options,
    }
    return Session(**fields)


@dataclass
class Rig:
    """Two namespaces and what runs in them."""

    binaries: Path
    folder: Path
    node: str
    router: str
    _running: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def ip(self, *words: str) -> None:
        """Change what is there, from the root namespace."""
        subprocess.run(["ip", *words], check=True, capture_output=True, timeout=10)

    def inside(self, space: str, *words: str) -> str:
        """Run a command in a namespace; return what it prints."""
        argv = ["ip", "netns", "exec", space, *words]
        return subprocess.run(argv, check=True, capture_output=True, text=True, timeout=10).stdout

    def socket(self, space: str) -> Path:
        """Where the API of the engine in a namespace is."""
        return self.folder / f"{space[-1]}.sock"

    def start_engine(self) -> None:
        """Run the node's engine as the manifests do."""
        self.socket(self.node).unlink(missing_ok=True)
        self._start(self.node)

    def start_router(self, *neighbors: Mapping[str, Json], asn: int = ROUTER_ASN, port: int = 179) -> None:
        """Run the router with these neighbours (GoBGP's own configuration)."""
        file = self.folder / "router.json"
        settings = {"config": {"as": asn, "router-id": ROUTER_ID, "port": port}}
        file.write_text(json.dumps({"global": settings, "neighbors": list(neighbors)}))
        self._start(self.router, "-t", "json", "-f", str(file))

    @contextmanager
    def behind_a_hop(self) -> Iterator[None]:
        """Put a third namespace between the two, which forwards; the router is then 10.0.2.2."""
        hop = f"{self.node[:-1]}h"
        self.ip("netns", "add", hop)
        try:
            self.inside(self.node, "ip", "link", "del", "eth0")
            for number, space in ((1, self.node), (2, self.router)):
                self.ip(
                    "link", "add", "eth0", "netns", space, "type", "veth", "peer", "name", f"h{number}", "netns", hop
                )
                self.inside(hop, "ip", "link", "set", f"h{number}", "up")
                self.inside(hop, "ip", "addr", "add", f"10.0.{number}.254/24", "dev", f"h{number}")
                self.inside(space, "ip", "link", "set", "eth0", "up")
                self.inside(space, "ip", "addr", "add", f"10.0.{number}.{number}/24", "dev", "eth0")
                self.inside(space, "ip", "route", "add", "10.0.0.0/16", "via", f"10.0.{number}.254")
            self.inside(hop, "sysctl", "-qw", "net.ipv4.ip_forward=1")
            yield
        finally:
            self.end()
            self.ip("netns", "del", hop)

    def kill(self, space: str) -> None:
        """End the engine of a namespace as a crash would."""
        running = self._running.pop(space)
        running.kill()
        running.wait()

    def asked(self, space: str, *words: str) -> Json:
        """Ask an engine with gobgp(8)."""
        argv = [str(self.binaries / "gobgp"), "-j", "--target", f"unix://{self.socket(space)}", *words]
        done = subprocess.run(argv, check=False, capture_output=True, text=True, timeout=10)
        return json.loads(done.stdout) if done.returncode == 0 and done.stdout.startswith(("{", "[")) else None

    def paths(self, family: str = "ipv4") -> dict[str, dict[str, Json]]:
        """{prefix: {attribute: value}} of what the router has; the attributes as `gobgp -j` names them."""
        table = self.asked(self.router, "global", "rib", "-a", family) or {}
        return {prefix: _attributes(paths[0]) for prefix, paths in table.items()}

    def neighbor(self, space: str, address: str) -> Json:
        """What an engine says of one neighbour."""
        return self.asked(space, "neighbor", address) or {}

    def log(self, space: str) -> str:
        """Everything the engine of a namespace has logged."""
        return (self.folder / f"{space[-1]}.log").read_text()

    async def until(self, what: Callable[[], T], *, wait_s: float = WAIT_S) -> T:
        """Wait until something is so, and return it."""
        end_s = time.monotonic() + wait_s
        while not (found := await asyncio.to_thread(what)):
            assert time.monotonic() < end_s, f"not so in {wait_s} s; node: {self.log(self.node)[-1500:]}"
            await asyncio.sleep(LOOK_S)
        return found

    def end(self) -> None:
        """End everything."""
        for space in list(self._running):
            self.kill(space)

    def _start(self, space: str, *options: str) -> None:
        argv = [str(self.binaries / "gobgpd"), f"--api-hosts=unix://{self.socket(space)}", "--pprof-disable"]
        log = (self.folder / f"{space[-1]}.log").open("ab")
        with log:
            self._running[space] = subprocess.Popen(
                ["ip", "netns", "exec", space, *argv, "--metrics-path=", *options], stdout=log, stderr=log
            )


def _attributes(path: Mapping[str, Json]) -> dict[str, Json]:
    """Read a path: {type number: attribute}, by the names that tests ask for."""
    found = {each["type"]: each for each in path["attrs"]}
    names = {2: "as_paths", 3: "nexthop", 5: "value", 8: "communities", 14: "nexthop", 16: "value", 32: "value"}
    keys = {2: "as_path", 3: "next_hop", 5: "local_pref", 8: "communities", 14: "next_hop", 16: "extended", 32: "large"}
    return {keys[number]: found[number].get(name) for number, name in names.items() if number in found}


@contextmanager
def wired(binaries: Path, folder: Path) -> Iterator[Rig]:
    """Make the namespaces and the link, run the node's engine, and take all away afterwards."""
    mark = f"lbkit-{os.getpid()}"
    rig = Rig(binaries, folder, f"{mark}-n", f"{mark}-r")
    try:
        for space in (rig.node, rig.router):
            rig.ip("netns", "add", space)
        rig.ip("link", "add", "eth0", "netns", rig.node, "type", "veth", "peer", "name", "eth0", "netns", rig.router)
        for number, space in ((1, rig.node), (2, rig.router)):
            for words in (
                ["link", "set", "lo", "up"],
                ["link", "set", "eth0", "addrgenmode", "none"],
                ["link", "set", "eth0", "up"],
                ["addr", "add", f"10.0.1.{number}/24", "dev", "eth0"],
                ["addr", "add", f"2001:db8:1::{number}/64", "dev", "eth0", "nodad"],
                ["addr", "add", f"fe80::{number}/64", "dev", "eth0", "nodad"],
            ):
                rig.inside(space, "ip", *words)
        rig.start_engine()
        yield rig
    finally:
        rig.end()
        for space in (rig.node, rig.router):
            subprocess.run(["ip", "netns", "del", space], check=False, capture_output=True, timeout=10)


class Driven:
    """The driver of the node's engine, and a loop as small as can be; before the first wish it only listens."""

    def __init__(self, rig: Rig) -> None:
        self.rig = rig
        self.engine = Engine(f"unix:{rig.socket(rig.node)}", self._take)
        self.wished: Bgp | None = None
        self.holds = Bgp()
        self.established: set[str] = set()
        self.is_up = False
        self.refused: list[str] = []
        self.events: list[EngineEvent] = []
        self._listing = 0
        self._is_busy = False

    def wish(self, wished: Bgp) -> None:
        """Have the engine hold this from now on."""
        self.wished = wished
        self._advance()

    def wish_one(self, one: Session, paths: Mapping[Any, Any]) -> None:
        """Wish for one session and its paths."""
        self.wish(Bgp(NODE_ASN, ip_address(NODE_ID), {one.peer: one}, {one.peer: paths}))  # type: ignore[arg-type]  # an IPv4 literal

    def change(self, **options: Any) -> None:
        """Change the wished session."""
        assert self.wished is not None
        sessions = {name: replace(each, **options) for name, each in self.wished.sessions.items()}
        self.wish(replace(self.wished, sessions=sessions))

    @property
    def is_done(self) -> bool:
        """Whether the engine holds what is wished."""
        return self.is_up and not self._is_busy and not diff_bgp(self.holds, self._hopes())

    @property
    def ups(self) -> int:
        """How often a session came up."""
        return sum(isinstance(each, SessionChanged) and each.is_established for each in self.events)

    def _hopes(self) -> Bgp:
        return self.holds if self.wished is None else hold_bfd(self.wished, self.established)

    def _take(self, event: EngineEvent) -> None:
        self.events.append(event)
        match event:
            case EngineUp(listing, holds, established):
                self._listing, self.holds, self.established = listing, holds, set(established)
                self._is_busy, self.is_up = False, True
            case EngineDown():
                self.is_up, self._is_busy, self.established = False, False, set()
            case Applied(actions, refused):
                self._is_busy = False
                self.holds = applied(self.holds, actions)
                self.refused += [words for _, words in refused]
                if refused:
                    return
            case SessionChanged(peer, is_established):
                (self.established.add if is_established else self.established.discard)(peer)
        self._advance()

    def _advance(self) -> None:
        if self.is_up and not self._is_busy and (actions := diff_bgp(self.holds, self._hopes())):
            self._is_busy = True
            self.engine.submit(self._listing, actions)


@asynccontextmanager
async def driving(rig: Rig) -> AsyncIterator[Driven]:
    """Drive the node's engine, as the speaker does."""
    driven = Driven(rig)
    task = asyncio.create_task(driven.engine.run())
    try:
        await rig.until(lambda: driven.is_up)
        yield driven
    finally:
        task.cancel()
        await asyncio.wait([task])
