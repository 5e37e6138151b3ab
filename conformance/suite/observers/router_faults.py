"""What a drive may do to a router: other configuration for a while, links lost, BFD cut off or jittered, FRR restarted.

Shell: docker exec, nsenter, nft.
"""

import time
from collections.abc import Iterable
from ipaddress import IPv4Address
from typing import Final

from conformance.suite.facts import K8S_NODE, ROUTER, Interface, LabFacts, LabNode
from conformance.suite.guards import Commands, Guards
from conformance.suite.observers import jitter
from conformance.suite.observers.process import Witness, enter, inside, run
from conformance.suite.recorder import Recorder
from conformance.suite.waits import COMMAND_S, OBSERVER_READY_S
from lbkit.errors import TargetError

_TABLE: Final = "lbkit-conformance-bfd"
_SILENT: Final = "lbkit-conformance-silent"
_HASH_POLICY: Final = "net.ipv4.fib_multipath_hash_policy"
_HASH_FIELDS: Final = "net.ipv4.fib_multipath_hash_fields"
_RESTART: Final = "/usr/lib/frr/frrinit.sh"


def vtysh(router: LabNode, *commands: str) -> list[str]:
    """Write what runs FRR commands on a router, in one session."""
    return [*inside(router), "vtysh", *(part for command in commands for part in ("-c", command))]


class RouterFaults:
    """The routers of a lab, as they can be disturbed; `restore` undoes it.

    Args:
        lab: which lab.
        recorder: where each change is written.
    """

    def __init__(self, lab: LabFacts, recorder: Recorder) -> None:
        self._lab = lab
        self._recorder = recorder
        self._guards = Guards(recorder)
        self._without_bfd: dict[str, int] = {}
        self._programs: list[Witness] = []
        self._jittered: int | None = None

    def configure(self, router: str, *commands: str, undo: tuple[str, ...]) -> None:
        """Change a router's configuration until the end of the case.

        Args:
            router: short name.
            commands: of FRR, from `configure terminal` on.
            undo: what puts it back, likewise.

        Raises:
            TargetError: FRR refused.
        """
        node = self._lab.nodes[router]
        do, back = (vtysh(node, "configure terminal", *each) for each in (commands, undo))
        self._guards.make("configured", [do], [back], node=router)
        self._note(router, "configured", commands=list(commands))

    def cut_bfd(self, router: str) -> None:
        """Drop BFD packets at a router, and nothing else, until `heal_bfd`."""
        drop = f"priority -300; udp dport {jitter.BFD_PORT} drop;"
        chains = [f"chain {hook} {{ type filter hook {hook} {drop} }}" for hook in ("input", "output")]
        rules = "\n".join((f"table inet {_TABLE} {{", *chains, "}"))
        prefix = enter(self._lab.nodes[router])
        do, undo = [*prefix, "nft", rules], [*prefix, "nft", f"delete table inet {_TABLE}"]
        number = self._without_bfd[router] = self._guards.make("bfd-cut", [do], [undo], node=router)
        made = next(e for e in self._recorder.history().of("fault", "made") if e.data["id"] == number)
        self._note(router, "bfd-cut", asked_ns=made.data["asked_ns"])

    def heal_bfd(self, router: str) -> None:
        """Let BFD packets pass again; nothing where they do."""
        if router in self._without_bfd:
            self._guards.undo(self._without_bfd.pop(router))

    def lose(self, router: str) -> int:
        """Take down all links of a router at its end, as a loss of power does: the others lose their carriers.

        Returns:
            The fault's number, for `undo`.
        """
        node = self._lab.nodes[router]
        links = [[*enter(node), "ip", "link", "set", interface.name] for interface in node.interfaces]
        return self._guards.make("router-lost", [[*x, "down"] for x in links], [[*x, "up"] for x in links], node=router)

    def silence(self, node: str) -> int:
        """Lose every packet between a k8s node and its routers, both ways, while all links stay up.

        So a node looks that lost its power behind a switch of somebody else's.

        Returns:
            The fault's number, for `undo`.
        """
        do: Commands = []
        undo: Commands = []
        for router in self._lab.peering_routers():
            prefix = enter(self._lab.nodes[router])
            for interface in self._lab.nodes[router].interfaces:
                if interface.peer.partition(":")[0] == node:
                    chains = [
                        f"chain {hook} {{ type filter hook {hook} device {interface.name} priority 0; policy drop; }}"
                        for hook in ("ingress", "egress")
                    ]
                    do.append([*prefix, "nft", "\n".join((f"table netdev {_SILENT} {{", *chains, "}"))])
                    undo.append([*prefix, "nft", f"delete table netdev {_SILENT}"])
        return self._guards.make("node-silent", do, undo, node=node)

    def clear(self, router: str, peer: str) -> None:
        """Reset the session with one peer, as an operator may; it comes up again by itself."""
        asked_ns = time.monotonic_ns()
        run(vtysh(self._lab.nodes[router], f"clear bgp ipv4 unicast {peer}"), COMMAND_S)
        self._note(router, "cleared", asked_ns=asked_ns, peer=peer)

    def hash_by_addresses(self) -> int:
        """Have all routers choose next hops by addresses alone, as Linux does by default.

        Routers that only pass on hash the protocol as well, which is the same for all flows: else each router behind
        them would get the flows of one part of the hash's range only, and leave next hops unused (polarisation).
        Source: Linux ip-sysctl, fib_multipath_hash_policy 0 and 3, fib_multipath_hash_fields.

        Returns:
            The fault's number, for `undo`.
        """
        do: Commands = []
        undo: Commands = []
        peering = set(self._lab.peering_routers())
        for node in self._lab.with_role(ROUTER):
            prefix = enter(node)
            wanted = [f"{_HASH_POLICY}=0"] if node.name in peering else [f"{_HASH_FIELDS}=7", f"{_HASH_POLICY}=3"]
            for setting in wanted:
                name = setting.partition("=")[0]
                before = run([*prefix, "sysctl", "-n", name], COMMAND_S).strip()
                do.append([*prefix, "sysctl", "-qw", setting])
                undo.append([*prefix, "sysctl", "-qw", f"{name}={before}"])
        return self._guards.make("hash-by-addresses", do, undo)

    def add_clients(self, client: str, addresses: Iterable[IPv4Address]) -> int:
        """Give a client's first interface more addresses.

        Returns:
            The fault's number, for `undo`.
        """
        node, texts = self._lab.nodes[client], " ".join(map(str, addresses))
        change = f"for a in {texts}; do ip addr %s $a/32 dev {node.interfaces[0].name} || exit 1; done"
        do, undo = ([*enter(node), "sh", "-c", change % verb] for verb in ("add", "del"))
        return self._guards.make("more-clients", [do], [undo], node=client)

    def jitter_bfd(self, router: str, *, within_ms: int, lost_percent: float, seed: int) -> None:
        """Delay each BFD packet between a router and its nodes at random, and lose some, both ways, until the end.

        Who receives drops the packets themselves; a program at the sender's end sends a marked copy of each, later.

        Args:
            router: short name.
            within_ms: longest delay; each is drawn from 0 to this.
            lost_percent: of the packets.
            seed: of the delays and of the losses.

        Raises:
            TargetError: a program does not run.
        """
        ends = [(self._lab.nodes[router], i, *_other_end(self._lab, i)) for i in self._lab.nodes[router].interfaces]
        pairs = [
            pair for a, i, b, j in ends if b and b.role == K8S_NODE for pair in (((a, i), (b, j)), ((b, j), (a, i)))
        ]
        senders: dict[str, list[str]] = {}
        do: Commands = []
        undo: Commands = []
        for (sender, out), (receiver, into) in pairs:
            senders.setdefault(sender.name, []).append(out.name)
            table, prefix = f"{_TABLE}-{into.name}", enter(receiver)
            rule = f"udp dport {jitter.BFD_PORT} ip dscp != {jitter.MARK} drop;"
            chain = f"chain late {{ type filter hook ingress device {into.name} priority 0; {rule} }}"
            do.append([*prefix, "nft", "\n".join((f"table netdev {table} {{", chain, "}"))])
            undo.append([*prefix, "nft", f"delete table netdev {table}"])
        for number, (name, interfaces) in enumerate(senders.items()):
            plan = {"node": name, "interfaces": interfaces, "within_ms": within_ms}
            plan |= {"lost_percent": lost_percent, "seed": seed + number}
            module = "conformance.suite.observers.jitter"
            self._programs.append(Witness(self._recorder, enter(self._lab.nodes[name]), module, plan))
        if (
            self._recorder.wait(lambda h: len(h.of("bfd", "jittering")) >= len(senders) or None, OBSERVER_READY_S)
            is None
        ):
            raise TargetError(f"BFD of {router} cannot be jittered: {[one.failure() for one in self._programs]}")
        self._jittered = self._guards.make("bfd-jittered", do, undo, node=router)

    def calm_bfd(self) -> None:
        """Let BFD packets pass as they are again.

        Raises:
            TargetError: a program had failed.
        """
        if self._jittered is not None:
            self._guards.undo(self._jittered)
            self._jittered = None
        while self._programs:
            self._programs.pop().stop()

    def undo(self, number: int) -> None:
        """Undo one fault that is in force, by the number it was given.

        Raises:
            TargetError: it cannot be undone.
        """
        self._guards.undo(number)

    def restart(self, router: str) -> None:
        """Restart a router's routing daemons, as a reboot would; returns when they run again."""
        asked_ns = time.monotonic_ns()
        run([*inside(self._lab.nodes[router]), _RESTART, "restart"], 4 * COMMAND_S)
        self._note(router, "restarted", asked_ns=asked_ns)

    def restore(self) -> None:
        """Undo what is in force.

        Raises:
            TargetError: something cannot be undone; all else is.
        """
        try:
            self._guards.undo_all()
            self._jittered = None
        finally:
            self.calm_bfd()

    def _note(self, router: str, what: str, **fields: object) -> None:
        self._recorder.record("fault", "router", router=router, what=what, **fields)


def _other_end(lab: LabFacts, interface: Interface) -> tuple[LabNode, Interface] | tuple[None, None]:
    """Find what an interface is wired to; nothing where the lab does not say."""
    name, _, port = interface.peer.partition(":")
    if name not in lab.nodes:
        return None, None
    node = lab.nodes[name]
    return next(((node, other) for other in node.interfaces if other.name == port), (None, None))
