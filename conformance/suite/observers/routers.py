"""Looks at routers' and nodes' tables and writes down what they say, with the time of asking and of the answer.

A table that says the same as before is noted as such, so that a history shows that somebody was looking.

Shell: docker exec, nsenter, FRR's sockets, threads, the monotonic clock.
"""

import json
import threading
import time
from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from typing import Any, Final

from conformance.suite import tables
from conformance.suite.facts import IPAddress, LabFacts
from conformance.suite.observers import vty
from conformance.suite.observers.process import Witness, enter, inside, run
from conformance.suite.observers.route_changes import RouteChanges
from conformance.suite.observers.router_faults import RouterFaults, vtysh
from conformance.suite.recorder import Recorder
from conformance.suite.tables import outbound_policy, steady
from conformance.suite.waits import COMMAND_S, OBSERVER_READY_S, POLL_S
from lbkit.errors import TargetError

FRR: Final = {
    "bgp_rib": ("bgpd", "show bgp ipv4 unicast json"),
    "bgp_rib6": ("bgpd", "show bgp ipv6 unicast json"),
    "bgp_peers": ("bgpd", "show bgp ipv4 unicast summary json"),
    "bgp_neighbors": ("bgpd", "show bgp neighbors json"),
    "zebra": ("zebra", "show ip route json"),
    "zebra6": ("zebra", "show ipv6 route json"),
    "bfd": ("bfdd", "show bfd peers json"),
    "bfd_counters": ("bfdd", "show bfd peers counters json"),
}
"""{kind of look: the daemon of FRR that knows, and the command that shows it}."""
_FIB: Final = {"fib": "-4", "fib6": "-6"}
"""{kind of look at the kernel's own table: family, for ip(8)}."""
_ROUTES: Final = "\n# routes\n"
_BIRD: Final = f"birdc show protocols all && echo '{_ROUTES}' && birdc show route all table all"
"""What a BIRD is asked for, and what parts the answers: one command, as starting one in a container takes longest."""

_OPEN: Final = "LBKIT-CONFORMANCE"
"""A route-map that lets everything pass, for the length of one case."""
_UNCHECKED: Final = "no bgp network import-check"
"""Originate prefixes that the router has no route to."""


class Routers:
    """The routers of a lab, as they can be looked at.

    Args:
        lab: which lab.
        recorder: where to write.
    """

    def __init__(self, lab: LabFacts, recorder: Recorder) -> None:
        self._lab = lab
        self._recorder = recorder
        self.faults = RouterFaults(lab, recorder)
        self._last: dict[tuple[str, str], Any] = {}
        self._threads: list[threading.Thread] = []
        self._is_over = threading.Event()
        self._trouble: list[str] = []
        self._programs: list[Witness] = []

    def vtysh(self, router: str, *commands: str) -> str:
        """Run FRR commands on a router, in one session, and return what they print.

        Raises:
            TargetError: FRR refused, or did not answer.
        """
        return run(vtysh(self._lab.nodes[router], *commands), COMMAND_S)

    def read(self, router: str, kind: str) -> Any:  # Any: FRR's or iproute2's JSON
        """Read one table without writing it down.

        Args:
            router: short name.
            kind: a key of `FRR`, fib, fib6; bird for what a BIRD says, gobgp_rib for the table of a GoBGP.

        Raises:
            TargetError: it could not be read.
        """
        node = self._lab.nodes[router]
        if kind in _FIB:
            return json.loads(run([*enter(node), "ip", "-j", _FIB[kind], "route", "show"], COMMAND_S) or "[]")
        if kind == "gobgp_rib":
            return json.loads(run([*inside(node), "gobgp", "-j", "global", "rib"], COMMAND_S) or "{}")
        if kind == "bird":
            sessions, _, routes = run([*inside(node), "sh", "-c", _BIRD], COMMAND_S).partition(_ROUTES)
            return {"sessions": sessions, "routes": routes}
        return json.loads(vty.ask(node, *FRR[kind], COMMAND_S) or "{}")

    def look(self, router: str, kind: str) -> None:
        """Look at one table once.

        Args:
            router: short name.
            kind: as for `read`.
        """
        asked_ns = time.monotonic_ns()
        raw = steady(self.read(router, kind))
        same = self._last.get((router, kind)) == raw
        self._last[router, kind] = raw
        if same:
            self._recorder.record("router", kind, router=router, asked_ns=asked_ns, same=True)
        else:
            self._recorder.record("router", kind, router=router, asked_ns=asked_ns, raw=raw)

    def follow(self, routers: tuple[str, ...], *kinds: str) -> None:
        """Keep looking at tables until `stop`.

        Args:
            routers: short names.
            kinds: as for `look`.
        """
        for router in routers:
            thread = threading.Thread(target=self._follow, args=(router, kinds), daemon=True)
            self._threads.append(thread)
            thread.start()

    def stop(self) -> None:
        """Stop looking, and put back what was changed.

        Raises:
            TargetError: a table could not be read for the whole time, or a router is not as it was.
        """
        self._is_over.set()
        for thread in self._threads:
            thread.join(2 * COMMAND_S)
        self.faults.restore()
        while self._programs:
            self._programs.pop().stop()
        if self._trouble:
            raise TargetError(f"tables could not be read: {self._trouble[0]}", output="\n".join(self._trouble))

    def resilient(self, router: str, address: IPAddress, idle_s: int, buckets: int = 128) -> None:
        """Have a router keep established flows where they are when next hops of an address come and go, until `stop`.

        Args:
            router: short name.
            address: that it forwards to.
            idle_s: a bucket that no packet came for so long may be given to another next hop, seconds.
            buckets: of the group.

        Raises:
            TargetError: it cannot.
        """
        plan = {"router": router, "address": str(address), "idle_s": idle_s, "buckets": buckets}
        self._program(router, "resilient", plan, ("router", "resilient"))

    def offer_hold_times(self, router: str, port: int, *hold_times_s: int) -> None:
        """Take calls at a port of a router and offer these hold times in turn, in the router's own name, until `stop`.

        Raises:
            TargetError: it cannot.
        """
        asn = tables.own_asn(self.vtysh(router, "show running-config"))
        plan = {"router": router, "port": port, "asn": asn, "router_id": "10.255.255.1", "hold_times_s": hold_times_s}
        self._program(router, "offer", plan, ("bgp", "offering"))

    def _program(self, router: str, module: str, plan: Mapping[str, Any], begun: tuple[str, str]) -> None:
        """Run a program in a router's network until `stop`, and wait until it says that it has begun."""
        prefix = enter(self._lab.nodes[router])
        witness = Witness(self._recorder, prefix, f"conformance.suite.observers.{module}", plan)
        self._programs.append(witness)
        done = self._recorder.wait(
            lambda h: any(e.data["router"] == router for e in h.of(*begun)) or witness.failure() or None,
            OBSERVER_READY_S,
        )
        if done is not True:
            raise TargetError(f"{module} on {router}: {done or 'not begun in time'}")

    def node_fib(self, node: str) -> None:
        """Look at a k8s node's routing tables once."""
        asked_ns = time.monotonic_ns()
        raw = json.loads(run([*enter(self._lab.nodes[node]), "ip", "-j", "route", "show", "table", "all"], COMMAND_S))
        self._recorder.record("node", "fib", node=node, asked_ns=asked_ns, raw=raw)

    def advertised(self, router: str, peer: str) -> None:
        """Note what a router offers to a peer."""
        text = self.vtysh(router, f"show bgp ipv4 unicast neighbors {peer} advertised-routes json")
        self._recorder.record("router", "advertised", router=router, peer=peer, raw=json.loads(text or "{}"))

    def settings(self, router: str) -> None:
        """Note what decides a router's multipath."""
        node = self._lab.nodes[router]
        folder = "/proc/sys/net/ipv4/fib_multipath_hash_"
        policy, fields = run([*enter(node), "cat", f"{folder}policy", f"{folder}fields"], COMMAND_S).split()
        config = self.vtysh(router, "show running-config")
        self._recorder.record(
            "router", "settings", router=router, hash_policy=int(policy), hash_fields=int(fields, 0), config=config
        )

    def inject(self, router: str, prefixes: tuple[str, ...], peers: tuple[str, ...]) -> tuple[str, ...]:
        """Make a router originate prefixes in BGP and offer them to peers, whatever its own policy keeps from them.

        Args:
            router: short name.
            prefixes: as FRR writes them.
            peers: addresses of the peers to offer them to.

        Returns:
            The commands that undo it, for `vtysh`.
        """
        policy = outbound_policy(self.vtysh(router, "show running-config"), peers)
        into = ("configure terminal", "router bgp")
        self.vtysh(
            router,
            *("configure terminal", f"route-map {_OPEN} permit 10", "exit", "router bgp", _UNCHECKED),
            "address-family ipv4 unicast",
            *(f"network {prefix}" for prefix in prefixes),
            *(f"neighbor {name} route-map {_OPEN} out" for name in policy.route_maps),
        )
        return (
            *into,
            _UNCHECKED if policy.is_unchecked else _UNCHECKED.removeprefix("no "),
            "address-family ipv4 unicast",
            *(f"no network {prefix}" for prefix in prefixes),
            *(
                f"neighbor {name} route-map {was} out" if was else f"no neighbor {name} route-map {_OPEN} out"
                for name, was in policy.route_maps.items()
            ),
            *("exit-address-family", "exit", f"no route-map {_OPEN}"),
        )

    def names(self, router: str, peers: tuple[str, ...]) -> tuple[str, ...]:
        """Return by which names a router's configuration knows some peers: their peer-groups, or their addresses."""
        return tuple(outbound_policy(self.vtysh(router, "show running-config"), peers).route_maps)

    def refresh(self, router: str, peers: tuple[str, ...]) -> None:
        """Have a router ask peers for their routes again (RFC 2918).

        A router that keeps what it received would look there instead; so it is told not to, for as long.

        Args:
            router: short name.
            peers: their addresses.
        """
        names = self.names(router, peers)
        family = ("configure terminal", "router bgp", "address-family ipv4 unicast")
        keep = "soft-reconfiguration inbound"
        self.vtysh(router, *family, *(f"no neighbor {name} {keep}" for name in names))
        try:
            self.vtysh(router, *(f"clear bgp ipv4 unicast {peer} soft in" for peer in peers))
        finally:
            self.vtysh(router, *family, *(f"neighbor {name} {keep}" for name in names))

    def received(self, router: str, peer: str) -> None:
        """Note what a peer has advertised to a router, before the router's own filters."""
        text = self.vtysh(router, f"show bgp ipv4 unicast neighbors {peer} received-routes json")
        self._recorder.record("router", "received", router=router, peer=peer, raw=json.loads(text or "{}"))

    def route(self, router: str, *words: str) -> None:
        """Change a route in a router's kernel.

        Args:
            router: short name.
            words: as for `ip route`.
        """
        run([*enter(self._lab.nodes[router]), "ip", "route", *words], COMMAND_S)

    def _follow(self, router: str, kinds: tuple[str, ...]) -> None:
        try:
            with self._changes(router, kinds) as changes:
                while not self._is_over.is_set():
                    began = time.monotonic()
                    for kind in kinds:
                        self._safely(router, kind)
                    left_s = max(0.0, POLL_S - (time.monotonic() - began))
                    if changes:
                        changes.wait(left_s)
                    else:
                        self._is_over.wait(left_s)
        except TargetError as err:
            self._trouble.append(str(err))

    def _changes(self, router: str, kinds: tuple[str, ...]) -> AbstractContextManager[RouteChanges | None]:
        """Hear of changes where the kernel's routes are followed."""
        return nullcontext() if _FIB.keys().isdisjoint(kinds) else RouteChanges(self._lab.nodes[router])

    def _safely(self, router: str, kind: str) -> None:
        try:
            self.look(router, kind)
        except (TargetError, ValueError) as err:
            self._trouble.append(str(err))
            self._is_over.set()
