"""Faults of a lab's segment and of its nodes' links: cables out, frames lost one way, the segment split in two.

The switch is a bridge in a container of its own. What is done at its ports a node cannot tell from a bad cable or a
bad switch; what it forwards is what the capture on the bridge sees, so that this is the clients' side of a split.

Shell: ip, nft, in the lab's network namespaces.
"""

import json
import re
from collections.abc import Collection
from ipaddress import IPv4Address
from typing import Final

from conformance.suite.facts import CLIENT, ROUTER, Interface, IPAddress, LabFacts
from conformance.suite.guards import Commands, Guards
from conformance.suite.observers.process import enter, run
from conformance.suite.recorder import Recorder
from conformance.suite.waits import COMMAND_S
from lbkit.errors import TargetError

TABLE: Final = "lbkit-conf"
"""Begins the name of every nft table of the suite's."""
APART: Final = "apart"
"""The bridge of those who are split from the segment."""
SPARE: Final = "spare"
"""The bridge of a second segment."""
_AGES: Final = {"base_reachable_time_ms": (4000, 30000), "delay_first_probe_time": (1, 5)}
"""{setting of a neighbor table: (what makes it forget quickly, Linux's default)}, ip-sysctl."""
_CONTROL: Final = "eth0"
"""By this interface nodes reach the API server and each other's pods."""
_API_PORT: Final = 6443


class Segment:
    """What a drive may do to the links of a lab; `restore` undoes it.

    Args:
        lab: which lab.
        recorder: where each fault is written.
        name: of the segment, a key of the lab's captures.
    """

    def __init__(self, lab: LabFacts, recorder: Recorder, name: str = "lan") -> None:
        self._lab = lab
        self._guards = Guards(recorder)
        self._name = name

    @property
    def eligible(self) -> tuple[str, ...]:
        """The nodes that may announce on it."""
        return self._lab.eligible

    def lose_links(self, node: str) -> int:
        """Pull all cables of a node at their other ends: nobody hears it any more, as after a loss of power."""
        host_end = self._host_end(node)
        do = [["ip", "link", "set", host_end, "down"], self._port(node, "down")]
        undo = [["ip", "link", "set", host_end, "up"], self._port(node, "up")]
        return self._guards.make("links-lost", do, undo, node=node)

    def unplug(self, node: str) -> int:
        """Pull a node's cable to the segment at the switch; its other links stay."""
        return self._guards.make("unplugged", [self._port(node, "down")], [self._port(node, "up")], node=node)

    def lower(self, node: str) -> int:
        """Set a node's interface on the segment down, as an operator may; its other links stay."""
        interface, prefix = self._interface(node).name, enter(self._lab.nodes[node])
        up = [[*prefix, "ip", "link", "set", interface, "up"], *self._routes(node, interface)]
        return self._guards.make(
            "interface-down", [[*prefix, "ip", "link", "set", interface, "down"]], up, node=node, interface=interface
        )

    def split(self, *nodes: str) -> int:
        """Move nodes to a segment of their own: they hear each other, and nobody on the clients' side hears them.

        No link goes down: the switch forwards between its ports no longer, and nobody is told.
        """
        prefix, ports = self._switch(), [self._interface(node).peer.rpartition(":")[2] for node in nodes]
        make = [["ip", "link", "add", APART, "type", "bridge"], ["ip", "link", "set", APART, "up"]]
        do = [[*prefix, *words] for words in make]
        do += [[*prefix, "ip", "link", "set", port, "master", APART] for port in ports]
        undo = [[*prefix, "ip", "link", "set", port, "master", self._bridge()] for port in ports]
        undo += [[*prefix, "ip", "link", "del", APART]]
        return self._guards.make("split", do, undo, node=" ".join(nodes))

    def mute(self, node: str) -> int:
        """Lose every frame that a node sends to the segment; it still hears all."""
        return self._lose("muted", node, "ingress", "drop")

    def deafen(self, node: str) -> int:
        """Lose every frame that the segment sends to a node; it is still heard."""
        return self._lose("deafened", node, "egress", "drop")

    def thin(self, node: str, percent: int) -> int:
        """Lose some of the frames that a node sends, at random."""
        return self._lose(f"{percent}-percent-lost", node, "ingress", f"numgen random mod 100 < {percent} drop")

    def cut_api(self, node: str) -> int:
        """Keep a node from the API server, its pods on the host's network and its kubelet alike; the LAN is untouched.

        The control plane's own node reaches the API server over its loopback, and cannot be cut off like this.
        """
        prefix = enter(self._lab.nodes[node])
        rules = f"add table inet {TABLE}; add chain inet {TABLE} out {{ type filter hook output priority 10; }}; "
        rules += f"add rule inet {TABLE} out tcp dport {_API_PORT} drop"
        undo = [[*prefix, "nft", f"delete table inet {TABLE}"]]
        return self._guards.make("api-cut", [[*prefix, "nft", rules]], undo, node=node)

    def lead_to(self, address: IPv4Address) -> int:
        """Lead clients to an address of no subnet of the segment: over it, or through the router that is on it."""
        nodes, routers = self._lab.nodes, tuple(node.name for node in self._lab.with_role(ROUTER))
        links = {a.network for name in self._lab.eligible for i in nodes[name].interfaces for a in i.addresses}
        do: Commands = []
        undo: Commands = []
        for node in (*self._lab.with_role(ROUTER), *self._lab.with_role(CLIENT)):
            own = [i.name for i in node.interfaces if any(a.version == 4 and a.network in links for a in i.addresses)]
            by = [str(a) for a in self._lab.towards(node.name, tuple({*routers} - {node.name}))]
            way = ["dev", own[0]] if own else ["via", by[0]] if by else []
            if way:
                prefix = [*enter(node), "ip", "route"]
                do.append([*prefix, "add", f"{address}/32", *way])
                undo.append([*prefix, "del", f"{address}/32", *way])
        return self._guards.make("led", do, undo)

    def deaf_to_news(self, router: str, addresses: Collection[IPAddress], *, is_quick: bool) -> int:
        """Keep a router from hearing what it did not ask for: gratuitous ARP and unsolicited advertisements.

        Args:
            router: lab node.
            addresses: whose gratuitous ARP is lost.
            is_quick: what it knows grows old within seconds, not within half a minute.
        """
        node = self._lab.nodes[router]
        prefix, name = enter(node), node.interfaces[0].name
        rules = f"add table netdev {TABLE}; add chain netdev {TABLE} news "
        rules += f"{{ type filter hook ingress device {name} priority 0; }}; "
        own = (f"arp saddr ip {a} arp daddr ip {a} drop" for a in addresses if a.version == 4)
        lost = [*own, "icmpv6 type nd-neighbor-advert ip6 daddr ff02::1 drop"]
        rules += "; ".join(f"add rule netdev {TABLE} news {rule}" for rule in lost)
        ages = [f"net.ipv{v}.neigh.{name}.{key}" for v in (4, 6) for key in _AGES] if is_quick else []
        do = [[*prefix, "nft", rules]] + [[*prefix, "sysctl", "-qw", f"{age}={_quick(age)}"] for age in ages]
        undo = [[*prefix, "sysctl", "-qw", f"{age}={_usual(age)}"] for age in ages]
        return self._guards.make("deaf-to-news", do, [*undo, [*prefix, "nft", f"delete table netdev {TABLE}"]])

    def second(self, *nodes: str) -> int:
        """Give nodes an interface `eth9` on a second segment, a bridge `spare` in the switch."""
        prefix = self._switch()
        do = [[*prefix, "ip", "link", "add", SPARE, "type", "bridge"], [*prefix, "ip", "link", "set", SPARE, "up"]]
        for number, node in enumerate(nodes):
            do += self._wired(node, f"s{number}", SPARE)
        undo = [[*prefix, "ip", "link", "del", f"s{number}"] for number in range(len(nodes))]
        return self._guards.make("second-segment", do, [*undo, [*prefix, "ip", "link", "del", SPARE]])

    def double(self, node: str) -> int:
        """Give a node a second interface, `eth9`, on the same segment."""
        undo = [[*self._switch(), "ip", "link", "del", "s0"]]
        return self._guards.make("second-interface", self._wired(node, "s0", self._bridge()), undo, node=node)

    def narrow(self, router: str, client: str, mtu_bytes: int) -> int:
        """Let a router pass no packet longer than this on to a client, as if a link further on took no more.

        The router tells who sent a longer one that must not be fragmented (RFC 1191).

        Raises:
            TargetError: they have no link in common.
        """
        mine = [a for i in self._lab.nodes[client].interfaces for a in i.addresses if a.version == 4]
        others = [(i.name, own.network) for i in self._lab.nodes[router].interfaces for own in i.addresses]
        ways = [(address.ip, name) for address in mine for name, network in others if address.ip in network]
        if not ways:
            raise TargetError(f"lab node {router} has no link to {client}")
        target, out = ways[0]
        route = [f"{target}/32", "dev", out]
        do = [[*enter(self._lab.nodes[router]), "ip", "route", "add", *route, "mtu", str(mtu_bytes)]]
        undo = [[*enter(self._lab.nodes[router]), "ip", "route", "del", *route]]
        return self._guards.make("narrow", do, undo, node=router, client=client)

    def hold(self, address: str, device: str) -> int:
        """Put an address on a device of its own on every node, as kube-proxy does in IPVS mode, with strict ARP.

        Source: Kubernetes, kube-proxy `--ipvs-strict-arp`: arp_ignore 1, arp_announce 2.
        """
        do: Commands = []
        undo: Commands = []
        for node in self._lab.eligible:
            prefix = enter(self._lab.nodes[node])
            for name, value in (("arp_ignore", "1"), ("arp_announce", "2")):
                do += [[*prefix, "sysctl", "-qw", f"net.ipv4.conf.all.{name}={value}"]]
                undo += [[*prefix, "sysctl", "-qw", f"net.ipv4.conf.all.{name}=0"]]
            # A bridge without ports: it holds addresses as a dummy device does, which not every kernel has.
            do += [[*prefix, "ip", "link", "add", device, "type", "bridge"]]
            do += [[*prefix, "ip", "addr", "add", f"{address}/32", "dev", device]]
            undo += [[*prefix, "ip", "link", "del", device]]
        return self._guards.make("address-held", do, undo, address=address)

    def undo(self, number: int) -> None:
        """Undo one fault, by the number it was given.

        Raises:
            TargetError: it cannot be undone.
        """
        self._guards.undo(number)

    def restore(self) -> None:
        """Undo all that is in force.

        Raises:
            TargetError: something cannot be undone; the rest was all the same.
        """
        self._guards.undo_all()

    def _lose(self, name: str, node: str, hook: str, verdict: str) -> int:
        port, prefix = self._interface(node).peer.rpartition(":")[2], self._switch()
        table = f"{TABLE}-{hook}-{port}"
        rules = f"add table netdev {table}; add chain netdev {table} lost "
        rules += f"{{ type filter hook {hook} device {port} priority 0; }}; add rule netdev {table} lost {verdict}"
        undo = [[*prefix, "nft", f"delete table netdev {table}"]]
        return self._guards.make(name, [[*prefix, "nft", rules]], undo, node=node)

    def _port(self, node: str, state: str) -> list[str]:
        return [*self._switch(), "ip", "link", "set", self._interface(node).peer.rpartition(":")[2], state]

    def _wired(self, node: str, port: str, bridge: str) -> Commands:
        """Lay a cable from a port of the switch to a new interface `eth9` of a node, and bring both up."""
        pid, prefix = str(self._lab.nodes[node].pid), self._switch()
        peer = ["peer", "name", "eth9", "netns", pid]
        return [
            [*prefix, "ip", "link", "add", port, "type", "veth", *peer],
            [*prefix, "ip", "link", "set", port, "master", bridge],
            [*prefix, "ip", "link", "set", port, "up"],
            [*enter(self._lab.nodes[node]), "ip", "link", "set", "eth9", "up"],
        ]

    def _interface(self, node: str) -> Interface:
        """Return a node's interface on the segment: the lab wires each node to it once."""
        found = self._lab.nodes[node].interfaces
        if not found or not found[0].peer:
            raise TargetError(f"lab node {node} is wired to nothing")
        return found[0]

    def _switch(self) -> list[str]:
        return enter(self._lab.nodes[self._lab.capture[self._name][0]])

    def _bridge(self) -> str:
        return self._lab.capture[self._name][1]

    def _host_end(self, node: str) -> str:
        """Name the other end, on this host, of a node's link to the cluster's own network."""
        shown = run([*enter(self._lab.nodes[node]), "ip", "-j", "link", "show", _CONTROL], COMMAND_S)
        index = int(json.loads(shown)[0]["link_index"])
        links = json.loads(run(["ip", "-j", "link"], COMMAND_S))
        return next(str(link["ifname"]) for link in links if link["ifindex"] == index)

    def _routes(self, node: str, interface: str) -> Commands:
        """Write commands that bring back the routes which a node loses with an interface.

        Routes of the kernel's own come back with it; a gateway may be reachable a moment later only.
        """
        prefix, found = enter(self._lab.nodes[node]), []
        for family in ("-4", "-6"):
            shown = run([*prefix, "ip", family, "-o", "route", "show", "dev", interface], COMMAND_S)
            for line in shown.splitlines():
                if line.strip() and "proto kernel" not in line:
                    words = re.sub(r"\b(linkdown|dead)\b", "", line).split()
                    found.append([*prefix, "ip", family, "route", "replace", *words, "dev", interface])
        return [
            ["sh", "-c", f"for n in 1 2 3 4 5; do {' '.join(argv)} && exit; sleep 0.2; done; exit 1"] for argv in found
        ]


def _quick(age: str) -> int:
    return _AGES[age.rpartition(".")[2]][0]


def _usual(age: str) -> int:
    return _AGES[age.rpartition(".")[2]][1]
