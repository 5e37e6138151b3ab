"""Hand-made histories: what a lab would have shown, written down in a few words.

Pure.
"""

import struct
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from ipaddress import IPv4Address, IPv6Address
from typing import Any

from conformance.suite import ndp
from conformance.suite.arp import BROADCAST, REPLY, ArpFrame, encode, question
from conformance.suite.case import Check
from conformance.suite.history import KINDS, Event, History, ordered
from conformance.suite.verdict import Outcome

NODES = ("k1", "k2", "k3")
MACS = {"k1": "02:00:00:00:00:01", "k2": "02:00:00:00:00:02", "k3": "02:00:00:00:00:03"}
NEAR_MAC = "02:00:00:00:00:64"
NEAR = IPv4Address("10.10.0.100")
NEAR6 = IPv6Address("fd00:10:10::100")
POOL = ("10.10.0.200-10.10.0.250",)
POOL6 = ("fd00:10:10::200-fd00:10:10::2ff",)
NS = 1_000_000_000
START_S = 1000.0


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a check's table.

    Args:
        name: of the row.
        check: that judges.
        history: what was seen.
        outcome: that is wanted.
        says: words the reason must hold.
    """

    name: str
    check: Check
    history: History
    outcome: Outcome
    says: str = ""

    @property
    def id(self) -> str:
        """Name of the row for pytest."""
        return f"{self.check.name}-{self.outcome.name}-{self.name}".replace(" ", "-")


@dataclass
class Made:
    """A history in the making; every method returns itself, `at` moves the clock (seconds since the start)."""

    events: list[Event] = field(default_factory=list)
    now_s: float = 0.0

    def at(self, now_s: float) -> "Made":
        """Move the clock."""
        self.now_s = now_s
        return self

    def add(self, source: str, kind: str, **data: Any) -> "Made":  # Any: JSON fields
        """Add any event of a known kind."""
        assert (source, kind) in KINDS, f"{source}/{kind} is not in history.KINDS"
        self.events.append(Event(int((START_S + self.now_s) * NS), source, kind, data))
        return self

    def l2(self, *eligible: str) -> "Made":
        """Let the l2 lab describe itself; these of its nodes may announce, or all."""
        return self.add("lab", "facts", **(l2_status() | {"eligible": list(eligible or NODES)}))

    def bgp(self, *eligible: str) -> "Made":
        """Let the bgp lab describe itself; these of its nodes may advertise, or all."""
        return self.add("lab", "facts", **(bgp_status() | {"eligible": list(eligible or NODES)}))

    def unrouted(self) -> "Made":
        """Let a lab without routers describe itself."""
        nodes = {name: node for name, node in l2_status()["nodes"].items() if node["role"] != "router"}
        return self.add("lab", "facts", **(l2_status() | {"nodes": nodes}))

    def wrote(self, verb: str, kind: str, name: str, **spec: Any) -> "Made":  # Any: JSON fields
        """Write an object, with success."""
        meta: dict[str, Any] = {key: spec.pop(key) for key in ("namespace", "labels", "annotations") if key in spec}
        obj = {"kind": kind, "metadata": {"name": name, **meta}, "spec": spec}
        self.add("drive", "write", phase="invoke", verb=verb, object_kind=kind, name=name)
        return self.add("drive", "write", phase="ok", verb=verb, object_kind=kind, name=name, object=obj)

    def pool(self, *entries: str) -> "Made":
        """Configure a pool."""
        return self.wrote("apply", "IPAddressPool", "pool", addresses=list(entries or POOL))

    def created(self, *names: str, **spec: Any) -> "Made":  # Any: JSON fields
        """Create Services."""
        for name in names:
            self.wrote("create", "Service", name, **spec)
        return self

    def shows(self, name: str, *addresses: str, uid: str = "", change: str = "MODIFIED") -> "Made":
        """Let the watch show a Service's status."""
        ingress = [{"ip": address} for address in addresses]
        obj = {"metadata": {"name": name, "uid": uid or name}, "status": {"loadBalancer": {"ingress": ingress}}}
        return self.add("kube", "service", type=change, object=obj)

    def service(self, name: str, change: str = "MODIFIED", **fields: Any) -> "Made":  # Any: JSON fields
        """Let the watch show a Service: metadata, spec and status in one, by their names in the API."""
        spec = {"spec": fields.pop("spec")} if "spec" in fields else {}
        status: dict[str, Any] = {key: fields.pop(key) for key in ("loadBalancer", "conditions") if key in fields}
        obj = {"metadata": {"name": name, "uid": name, **fields}, **spec, "status": status}
        return self.add("kube", "service", type=change, object=obj)

    def refused(self, name: str, message: str, reason: str = "Because") -> "Made":
        """Let the watch show a Service without an address, and a condition that says why."""
        return self.service(name, conditions=[{"status": "False", "reason": reason, "message": message}])

    def told(self, name: str = "", message: str = "", kind: str = "Warning") -> "Made":
        """List the Events: one about a Service, or none at all."""
        about = {"about_kind": "Service", "about": name, "type": kind, "reason": "Because", "message": message}
        return self.add("kube", "events", events=[about] if name else [])

    def watched(self) -> "Made":
        """Let the Service watch prove that it missed nothing."""
        return self.add("kube", "complete")

    def opened(self) -> "Made":
        """Start a capture."""
        return self.add("wire", "opened", observer="lan", node="sw", interface="lan")

    def asked(self, target: str, form: str = "broadcast", to: str = BROADCAST) -> "Made":
        """Ask who has an address; the capture sees it."""
        sender = IPv4Address(0) if form == "probe" else NEAR
        frame = question(IPv4Address(target), NEAR_MAC, sender, to).hex()
        self.add("ask", "sent", form=form, target=target, hex=frame)
        return self.add("wire", "frame", observer="lan", hex=frame)

    def replied(self, target: str, node: str, **changed: Any) -> "Made":  # Any: fields of ArpFrame
        """Answer for an address, correctly unless told otherwise."""
        mac = MACS.get(node, node)
        fields: dict[str, Any] = {  # Any: fields of ArpFrame
            "destination": NEAR_MAC,
            "source": mac,
            "operation": REPLY,
            "sender_mac": mac,
            "sender_ip": IPv4Address(target),
            "target_mac": NEAR_MAC,
            "target_ip": NEAR,
        }
        return self.add("wire", "frame", observer="lan", hex=encode(ArpFrame(**(fields | changed))).hex())

    def told_gratuitously(self, target: str, node: str) -> "Made":
        """Tell everybody of an IPv4 address."""
        return self.replied(target, node, destination=BROADCAST, target_mac=BROADCAST, target_ip=IPv4Address(target))

    def asked_by_ndp(self, target: str, form: str = "broadcast") -> "Made":
        """Ask who has an IPv6 address, or probe for it; the capture sees it."""
        sender = ndp.UNSPECIFIED if form == "probe" else NEAR6
        frame = ndp.question(IPv6Address(target), NEAR_MAC, sender).hex()
        self.add("ask", "sent", form=form, target=target, hex=frame)
        return self.add("wire", "frame", observer="lan", hex=frame)

    def advertised(self, target: str, node: str, **changed: Any) -> "Made":  # Any: fields of NdpFrame
        """Answer for an IPv6 address, correctly unless told otherwise."""
        address = IPv6Address(target)
        told = ndp.NdpFrame(NEAR_MAC, MACS[node], ndp.ADVERTISEMENT, address, NEAR6, address, MACS[node], flags=0x60)
        return self.add("wire", "frame", observer="lan", hex=ndp.encode(replace(told, **changed)).hex())

    def told_all(self, target: str, node: str, flags: int = ndp.OVERRIDE) -> "Made":
        """Tell all nodes of an IPv6 address."""
        to = {"destination": ndp.ALL_NODES_MAC, "destination_ip": ndp.ALL_NODES}
        return self.advertised(target, node, **to, flags=flags)

    def mark(self, name: str) -> "Made":
        """Mark a moment."""
        return self.add("suite", "mark", name=name)

    def labelled(self, node: str, label: str, value: str | None = "yes") -> "Made":
        """Label a node; None takes the label off."""
        noted = {"verb": "patch", "object_kind": "Node", "name": node}
        self.add("drive", "write", phase="invoke", **noted)
        obj = {"metadata": {"name": node, "labels": {label: value}}}
        return self.add("drive", "write", phase="ok", object=obj, **noted)

    def fault(self, name: str, kind: str = "made", **about: str) -> "Made":
        """Let a fault be in force, or undone."""
        asked_ns = int((START_S + self.now_s) * NS)
        return self.add("fault", kind, id=0, name=name, asked_ns=asked_ns, **about)

    def dialogue(self, target: str, node: str, times: int, every_s: float = 0.1, after_s: float = 0.001) -> "Made":
        """Ask and answer several times."""
        for _ in range(times):
            begin_s = self.now_s
            self.asked(target).at(begin_s + after_s).replied(target, node).at(begin_s + every_s)
        return self

    def closed(self, dropped: int = 0) -> "Made":
        """End a capture."""
        return self.add("wire", "closed", observer="lan", received=1, dropped=dropped)

    def rib(self, router: str, *paths: tuple[str, str], next_hop: str = "", over: str = "ipv4") -> "Made":
        """Let a router show its BGP table of the prefixes' family: (prefix, node) pairs."""
        routes: dict[str, list[dict[str, Any]]] = {}
        for prefix, node in paths:
            peer = PEERINGS[over][router, node]
            hops = [{"ip": next_hop or peer, "used": True}]
            routes.setdefault(prefix, []).append({"valid": True, "peerId": peer, "path": "65200", "nexthops": hops})
        kind = "bgp_rib6" if any(":" in prefix for prefix in routes) else "bgp_rib"
        return self.add("router", kind, router=router, asked_ns=0, raw={"routes": routes})

    def peers_seen(self, router: str, over: str = "ipv4", **states: str) -> "Made":
        """Let a router show its sessions: node=state."""
        known = PEERINGS[over]
        peers = {known[router, node]: {"remoteAs": 65200, "state": state} for node, state in states.items()}
        return self.add("router", "bgp_peers", router=router, asked_ns=0, raw={"peers": peers})

    def neighbors(
        self, router: str, ids: Mapping[str, str], asn: int = 65200, hold_ms: int = 9000, down: str = ""
    ) -> "Made":
        """Let a router show its sessions in detail: {node: router id}; one may be down."""
        raw = {
            PEERING[router, node]: {
                "remoteAs": asn,
                "remoteRouterId": router_id,
                "bgpState": "Idle" if node == down else "Established",
                "bgpTimerHoldTimeMsecs": 0 if node == down else hold_ms,
            }
            for node, router_id in ids.items()
        }
        return self.add("router", "bgp_neighbors", router=router, asked_ns=0, raw=raw)

    def open_message(self, sender: str, receiver: str, hold_s: int = 9, capabilities: bytes = b"") -> "Made":
        """Let a capture see an OPEN."""
        return self.add("wire", "frame", observer="tor1", hex=open_frame(sender, receiver, hold_s, capabilities).hex())

    def fib(self, router: str, prefix: str, nodes: tuple[str, ...], weights: tuple[int, ...] = ()) -> "Made":
        """Let a router's kernel show one multipath route."""
        hops = [
            {"gateway": PEERING[router, node], "weight": weights[n] if weights else 1, "flags": []}
            for n, node in enumerate(nodes)
        ]
        return self.add("router", "fib", router=router, asked_ns=0, raw=[{"dst": prefix, "nexthops": hops}])

    def pods(self, *nodes: str, ready: bool = True, **labels: str) -> "Made":
        """Note one pod per node, named after it."""
        pods = {f"pod-{node}": {"node": node, "ready": ready, "labels": labels} for node in nodes}
        return self.add("kube", "pods", pods=pods)

    def flows(self, run: int, *, requests: int = 1, first_port: int = 20000, **counts: int) -> "Made":
        """Make a run of flows: node=how many."""
        self.add("tcp", "plan", run=run, target="10.100.0.1", port=80, flows=sum(counts.values()), requests=requests)
        flow = 0
        for node, count in counts.items():
            for _ in range(count):
                for request in range(requests):
                    self.answer(run, flow, first_port + flow, request, node)
                flow += 1
        return self.add("tcp", "done", run=run)

    def answer(self, run: int, flow: int, port: int, request: int, node: str, *, error: str = "") -> "Made":
        """Note one answer, or its failure."""
        fields: dict[str, Any] = {"run": run, "flow": flow, "source_port": port, "request": request, "begin_ns": 0}
        return self.add("tcp", "answer", **fields, ok=not error, answer=f"pod-{node}", error=error)

    def requested(
        self, about: str, *errors: str, every_s: float = 0.05, took_s: float = 0.01, answer: str = "pod-k1"
    ) -> "Made":
        """Ask a Service once for each error given; "" is an answer."""
        run = len([event for event in self.events if event.kind == "plan" and event.source == "request"])
        told = {"about": about, "node": "near", "target": "10.10.0.200", "port": 80, "protocol": "tcp"}
        self.add("request", "plan", run=run, **told)
        for number, error in enumerate(errors):
            begin_s = self.now_s
            fields = {"run": run, "number": number, "begin_ns": int((START_S + begin_s) * NS), "ok": not error}
            self.at(begin_s + took_s).add("request", "answer", **fields, answer="" if error else answer, error=error)
            self.at(begin_s + every_s)
        return self

    def declares(
        self,
        *annotations: str,
        serves_class_less: bool = True,
        policies: Mapping[str, str] | None = None,
        failover_s: float | None = None,
        share_annotation: str = "",
        membership_port: int = 0,
    ) -> "Made":
        """Let the target say what it is held to."""
        fields = {
            "annotations": list(annotations),
            "serves_class_less": serves_class_less,
            "words": ["frr-k8s", "metallb"],
        }
        fields |= {"policies": dict(policies or {}), "failover_s": failover_s, "share_annotation": share_annotation}
        fields["membership_port"] = membership_port
        return self.add("suite", "target", **fields)

    def killed(self, role: str = "controller", back_s: float | None = 2.0) -> "Made":
        """Kill a role's only process, and let it be ready again after a while; None for never."""
        asked_ns = int((START_S + self.now_s) * NS)
        self.add("fault", "kill", role=role, pod=f"{role}-1", node="k1", asked_ns=asked_ns, pids=[7])
        if back_s is None:
            return self
        return self.at(self.now_s + back_s).add("fault", "back", role=role, restarts={f"{role}-1": 1})

    def end(self) -> History:
        """End the history."""
        self.add("suite", "end")
        return self.cut()

    def cut(self) -> History:
        """Return the history without its end."""
        return ordered(self.events)


def l2_status() -> dict[str, Any]:  # Any: JSON, as the lab prints it
    """Return the l2 lab's status."""
    nodes = {
        name: _node("k8s-node", eth1=(MACS[name], f"10.10.0.{10 + number}/24")) for number, name in enumerate(NODES)
    }
    nodes["near"] = _node("client", eth1=(NEAR_MAC, "10.10.0.100/24"))
    nodes["gw"] = _node("router", eth1=("02:00:00:00:00:fe", "10.10.0.1/24"))
    nodes["sw"] = _node("switch") | {"container": "clab-l2-sw"}
    capture = {"lan": {"node": "clab-l2-sw", "interface": "lan"}}
    pools = {"lan": [*POOL, *POOL6]}
    return {"name": "l2", "state": "up", "nodes": nodes, "eligible": list(NODES), "capture": capture, "pools": pools}


PEERING = {(f"tor{t}", f"k{n}"): f"10.{t}.{n}.1" for t in (1, 2) for n in (1, 2, 3)}
PEERINGS = {
    "ipv4": PEERING,
    "ipv6": {(f"tor{t}", f"k{n}"): f"fd00:10:{t}:{n}::1" for t in (1, 2) for n in (1, 2, 3)},
    "link-local": {(f"tor{t}", f"k{n}"): f"fe80::ff:fe00:{t}0{n}" for t in (1, 2) for n in (1, 2, 3)},
}
"""{what sessions run over: {(router, node): the node's end}}"""


def bgp_status() -> dict[str, Any]:  # Any: JSON, as the lab prints it
    """Return the bgp lab's status."""
    nodes = {f"k{n}": _node("k8s-node", **{f"eth{t}": _link(t, n) for t in (1, 2)}) for n in (1, 2, 3)}
    for t in (1, 2):
        links = {f"eth{n}": ("", f"10.{t}.{n}.0/31 fd00:10:{t}:{n}::/127") for n in (1, 2, 3)}
        nodes[f"tor{t}"] = _node("router", **links, eth9=("", f"10.9.{t}.1/31 fd00:10:9:{t}::1/127"))
    up = {f"eth{t}": ("", f"10.9.{t}.0/31 fd00:10:9:{t}::/127") for t in (1, 2)}
    nodes["spine"] = _node("router", **up, eth3=("", "10.30.0.1/24"))
    nodes["client"] = _node("client", eth1=("", "10.30.0.100/24"))
    nodes["distant"] = _node("collector", eth1=("", "10.5.0.2/24 10.5.0.3/24"))
    pools = {"bgp": ["10.100.0.0/24", "fd00:10:100::/120"]}
    return {"name": "bgp", "state": "up", "nodes": nodes, "eligible": list(NODES), "pools": pools}


def _link(tor: int, number: int) -> tuple[str, str, str]:
    """Return MAC, addresses and other end of a node's interface."""
    addresses = f"10.{tor}.{number}.1/31 fd00:10:{tor}:{number}::1/127"
    return f"02:00:00:00:0{tor}:0{number}", addresses, f"tor{tor}:eth{number}"


def _node(role: str, **interfaces: tuple[str, ...]) -> dict[str, Any]:  # Any: JSON
    fields = ("mac", "addresses", "peer")
    found: dict[str, dict[str, Any]] = {
        name: dict(zip(fields, told, strict=False)) for name, told in interfaces.items()
    }
    for each in found.values():
        each["addresses"] = each["addresses"].split()
    return {"container": role, "pid": 1, "role": role, "interfaces": found}


CAPABILITIES = bytes.fromhex("010400010001020041040000feb0")
"""Multiprotocol 1/1, route refresh, 4-octet AS 65200."""


def open_frame(sender: str, receiver: str, hold_s: int = 9, capabilities: bytes = b"") -> bytes:
    """Write an Ethernet frame with TCP that carries an OPEN."""
    offered = capabilities or CAPABILITIES
    optional = bytes([2, len(offered)]) + offered
    body = struct.pack("!BHH4sB", 4, 65200, hold_s, IPv4Address(sender).packed, len(optional)) + optional
    message = b"\xff" * 16 + struct.pack("!HB", 19 + len(body), 1) + body
    tcp = struct.pack("!HHIIBBHHH", 40000, 179, 0, 0, 5 << 4, 0x18, 0, 0, 0) + message
    addresses = IPv4Address(sender).packed + IPv4Address(receiver).packed
    ip = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(tcp), 0, 0, 64, 6, 0) + addresses
    return bytes(12) + b"\x08\x00" + ip + tcp
