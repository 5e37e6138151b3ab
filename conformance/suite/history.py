"""A history: everything one case did and saw, in order, on one clock; the only thing checks may read.

It is saved as JSON lines, so an old run can be judged again by newer checks. Times are CLOCK_MONOTONIC
nanoseconds of one host, which all its processes share, also inside other network namespaces.
What every (source, kind) carries is listed in `KINDS`; the typed readings are in `seen.py`.

Pure.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from lbkit.errors import InputError, Problem

Fields = Mapping[str, Any]  # Any: one JSON object, as an observer wrote it down; seen.py gives it types

KINDS: Final[Mapping[tuple[str, str], str]] = {
    ("suite", "case"): "id, title, target, lab, wall_ns (for pcap time stamps only), suite, features: those claimed",
    (
        "suite",
        "target",
    ): "annotations, serves_class_less, words, policies: what the target says of itself (declared.py)",
    ("suite", "stopped"): "reason: the drive could not go on; what was seen until then is judged",
    ("suite", "end"): "the drive is over and every observer was drained",
    ("suite", "mark"): "name: a moment the checks refer to",
    ("suite", "phase"): "name, edge begin|end, served {VERB resource code: writes since the API server started}",
    ("suite", "random"): "seed: of the source ports, and of whatever else is random",
    ("lab", "facts"): "nodes, eligible, capture, pools: the lab's own description of itself",
    ("drive", "write"): "phase invoke|ok|fail, verb, object_kind, namespace, name, object, error",
    ("kube", "watching"): "the Service watch of a process of its own has listed and will see every change from here on",
    ("kube", "service"): "type ADDED|MODIFIED|DELETED, object",
    ("kube", "complete"): "the Service watch has seen every change up to here",
    ("kube", "incomplete"): "reason: the Service watch may have missed changes",
    (
        "kube",
        "events",
    ): "events [{type, reason, message, about_kind, about}]: those about the case's objects up to here",
    ("kube", "object"): "object_kind, name, object (null: there is none): as the API server has it now",
    ("kube", "pods"): "pods {name: {node, ready, labels, serves_on (is going, and still ready by its probe)}}",
    ("kube", "restarts"): "restarts {pod/container: count}: of the load balancer, up to here",
    ("kube", "nodes"): "nodes {name: {labels, addresses}}",
    ("kube", "pool"): "name, status: of an IPAddressPool, when it was asked for",
    ("kube", "ready"): "pod, uid: the Pod watch has shown it ready",
    ("node", "usage"): "when, role, pod, node, pid, begin_ns, rss_bytes, peak_bytes, cpu_s: a container's processes",
    ("bench", "event"): "verb POST|PATCH, manager, via, about, reason: an Event was written while idle, by that API",
    ("bench", "recorder"): "manager, via: has written Events by that API before the idle phase",
    ("bench", "stage"): "name, target, version, services, many, writers, idle_s, restarts, host {cores, load_1min, …}",
    ("chaos", "round"): "number, target, version, kill_at (operations answered before the kill), capacity",
    ("chaos", "loss"): "number, deed, target, version: a round of chaos/layer2 or chaos/bgp",
    ("wire", "frame"): "observer, hex, direction",
    ("wire", "opened"): "observer, node, interface: the capture is running",
    ("wire", "closed"): "observer, received, dropped",
    ("ask", "sent"): "form broadcast|probe|unicast, target, hex",
    ("ask", "flooding"): "target, per_s: a flood of questions begins",
    ("ask", "flooded"): "target, sent, seconds: the flood is over",
    ("router", "bgp_rib"): "router, asked_ns, raw (show bgp ipv4 unicast json) or same: true",
    ("router", "bgp_rib6"): "router, asked_ns, raw (show bgp ipv6 unicast json) or same: true",
    ("router", "bgp_peers"): "router, asked_ns, raw (show bgp ipv4 unicast summary json) or same: true",
    ("router", "bgp_neighbors"): "router, asked_ns, raw (show bgp neighbors json)",
    ("router", "zebra"): "router, asked_ns, raw (show ip route json) or same: true",
    ("router", "zebra6"): "router, asked_ns, raw (show ipv6 route json) or same: true",
    ("router", "fib6"): "router, asked_ns, raw (ip -j -6 route show) or same: true",
    ("router", "gobgp_rib"): "router, asked_ns, raw (gobgp -j global rib) or same: true",
    ("router", "bird"): "router, asked_ns, raw {sessions, routes}: what a BIRD says (birdc)",
    ("router", "fib"): "router, asked_ns, raw (ip -j route show) or same: true",
    ("router", "advertised"): "router, peer, raw (show bgp ipv4 unicast neighbors PEER advertised-routes json)",
    ("router", "received"): "router, peer, raw (show bgp ipv4 unicast neighbors PEER received-routes json)",
    ("router", "settings"): "router, hash_policy, hash_fields, config (show running-config)",
    ("node", "state"): "node, asked_ns, addresses, routes, proxies (ip -j), ruleset (nft list ruleset)",
    ("node", "fib"): "node, asked_ns, raw (ip -j route show table all)",
    ("tcp", "plan"): "run, node, target, port, flows, requests, protocol: flows, of UDP as well",
    ("tcp", "answer"): "run, flow, client, source_port, request, begin_ns, ok, answer, error",
    ("tcp", "done"): "run",
    (
        "request",
        "plan",
    ): "run, about, node, target, port, protocol, ask (hostname|clientip|echo), every_s, times (-1: …)",
    (
        "request",
        "answer",
    ): "run, number, begin_ns, ok, answer (as asked), error (observers/requests.py ERRORS), detail",
    ("request", "done"): "run: every request of it was answered or given up",
    ("fault", "kill"): "role, pod, node, container, container_id, pids, asked_ns: killed with SIGKILL",
    ("fault", "renew"): "role, node, pods, asked_ns: these were deleted or evicted",
    ("fault", "roll"): "role, asked_ns: its rolling restart was asked for",
    ("fault", "rolled"): "role: its rolling restart is done",
    ("fault", "leases"): "names, asked_ns: these Leases were emptied and deleted",
    ("fault", "drain"): "node, pods, asked_ns: it was cordoned, and these were evicted",
    ("fault", "made"): "id, name, asked_ns, node, role, …: it was begun then, and is in force",
    ("fault", "mended"): "id, name, asked_ns, node, role, …: its undoing was begun then, and is done",
    ("fault", "back"): "role, restarts {pod: count}: every process of it that was killed or renewed is ready again",
    ("fault", "stop"): "role: its last pod is gone",
    ("fault", "start"): "role, asked_ns: it was asked back then, and is ready again",
    ("fault", "class"): "name: the load balancer serves this loadBalancerClass from here on",
    ("fault", "uninstall"): "the load balancer was uninstalled as its manual says",
    ("fault", "cordon"): "node: is unschedulable",
    ("fault", "kubelet-stop"): "node: its kubelet does not run",
    ("fault", "kubelet-start"): "node: its kubelet runs again",
    ("sctp", "listening"): "node, address, port: INITs to it are answered",
    ("sctp", "answer"): "about, number, begin_ns, chunk (type of the chunk that answers an INIT, 0 for none)",
    ("fault", "router"): "router, what (configured|bfd-cut|restarted|cleared), asked_ns or commands, peer",
    ("router", "bfd"): "router, asked_ns, raw (show bfd peers json) or same: true",
    ("router", "bfd_counters"): "router, asked_ns, raw (show bfd peers counters json) or same: true",
    ("router", "resilient"): "router, hops: the next hops of its resilient group from now on (observers/resilient.py)",
    ("bfd", "jittering"): "node: what leaves it is late from now on (observers/jitter.py)",
    ("bfd", "jittered"): "node, sent, lost, mean_ms: BFD packets sent late, lost, and their mean delay",
    ("bgp", "offering"): "router, port: callers there are offered hold times (observers/offer.py)",
    ("bgp", "offered"): "router, caller, hold_time_s, answer (type; 0: none), code, subcode (of a NOTIFICATION)",
    ("audit", "rights"): 'role, account, rules [{scope (a namespace, or "" for all), apiGroups, resources, verbs, …}]',
    ("audit", "pod"): "role, name, spec: of the pods that it runs in",
    (
        "audit",
        "admission",
    ): "about (control, or a role), level, is_taken, answer: a dry run of a pod in a namespace of that level",
    (
        "audit",
        "webhooks",
    ): "webhooks [{configuration, name, policy, rules, …}]: what the API server asks before a write",
    ("audit", "identity"): "speaker, node: whose status it tried to write; object, is_allowed, answer",
    (
        "audit",
        "process",
    ): "role, container (ROLE/NAME), pid, program, uid, capabilities (bits), gains_none (NoNewPrivs)",
    ("audit", "contents"): "role, container, image, components {debian|python|go: {name: version}}",
    ("audit", "search"): "text, place (logs|metrics|processes|events|objects), where, bytes, count, found [excerpts]",
    ("forge", "peer"): "node, address, outcome (refused|timeout|unreachable|closed|open), messages [BGP types], error",
    (
        "forge",
        "reset",
    ): "router, peer (address of the node), number (sequence number): a RST without a signature was sent",
    ("forge", "claim"): "address, mac: a stranger claimed it by ARP",
    ("forge", "heard"): "port, count: datagrams of the membership channel, before any was forged",
    ("forge", "frames"): "count: malformed ARP and NDP frames, and others, were sent",
    ("forge", "datagram"): "how (verbatim|altered|cut|random), hex: it was sent to the membership channel",
    ("host", "still"): "processor, seconds: it stood still for so long, up to here (observers/stillness.py)",
    ("host", "unwatched"): "reason: nobody watches whether the machine stands still",
    ("fault", "occupy"): "node, mac, address: a stranger on the segment has this address from now on",
}


@dataclass(frozen=True, slots=True)
class Event:
    """One thing done or seen.

    Args:
        t_ns: when, CLOCK_MONOTONIC of the host.
        source: who wrote it down.
        kind: what it is; (source, kind) is a key of `KINDS`.
        data: its fields.
    """

    t_ns: int
    source: str
    kind: str
    data: Fields = field(default_factory=dict)

    def __str__(self) -> str:
        return f"t={self.t_ns} {self.source}/{self.kind} {json.dumps(dict(self.data), sort_keys=True)[:300]}"


@dataclass(frozen=True, slots=True)
class History:
    """The events of one case, sorted by time.

    Args:
        events: all of them; equal times keep the order of writing.
    """

    events: tuple[Event, ...] = ()

    def of(self, source: str, kind: str) -> tuple[Event, ...]:
        """Return the events of one source and kind, in order.

        Args:
            source: as in `KINDS`.
            kind: as in `KINDS`.
        """
        return tuple(event for event in self.events if event.source == source and event.kind == kind)

    def last(self, source: str, kind: str) -> Event | None:
        """Return the newest event of one source and kind; None if there is none."""
        found = self.of(source, kind)
        return found[-1] if found else None

    @property
    def is_complete(self) -> bool:
        """The drive ended and every observer was drained, so silence up to the end is silence indeed."""
        return self.last("suite", "end") is not None

    @property
    def end_ns(self) -> int:
        """The last moment this history knows of; 0 for an empty one."""
        return self.events[-1].t_ns if self.events else 0


def ordered(events: Iterable[Event]) -> History:
    """Make a history of events that came from several observers.

    Args:
        events: in the order of writing.
    """
    return History(tuple(sorted(events, key=lambda event: event.t_ns)))


def dump(event: Event) -> str:
    """Write one event as one line of JSON, without the line's end."""
    return json.dumps(
        {"t_ns": event.t_ns, "source": event.source, "kind": event.kind, "data": dict(event.data)},
        separators=(",", ":"),
    )


def load(lines: Iterable[str], path: str = "") -> History:
    """Read a saved history.

    Args:
        lines: JSON lines as `dump` writes them; blank ones are ignored.
        path: the file they came from, for error messages.

    Returns:
        The history, sorted by time.

    Raises:
        InputError: a line is not an event; carries every bad line.
    """
    events: list[Event] = []
    problems: list[Problem] = []
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            read = json.loads(line)
            event = Event(int(read["t_ns"]), str(read["source"]), str(read["kind"]), dict(read["data"]))
        except (ValueError, KeyError, TypeError) as err:
            problems.append(Problem(f"{path}:{number}", f"not an event of a history ({type(err).__name__}: {err})"))
            continue
        events.append(event)
    if problems:
        raise InputError(*problems)
    return ordered(events)
