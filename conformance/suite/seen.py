"""Typed readings of a history: what the checks ask it for, so that no check digs in JSON.

Pure.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from ipaddress import IPv4Address, ip_address
from typing import Any

from conformance.suite import tables
from conformance.suite.facts import IPAddress, IPNetwork, LabFacts, parse
from conformance.suite.history import Event, History

NS_PER_S = 1_000_000_000


def seconds(later_ns: int, earlier_ns: int) -> float:
    """Return the time between two moments in seconds; negative if they are the other way round."""
    return (later_ns - earlier_ns) / NS_PER_S


def facts(history: History) -> LabFacts | None:
    """Return what the lab said about itself; None if it was not written down."""
    event = history.last("lab", "facts")
    return parse(event.data) if event else None


def claimed(history: History) -> frozenset[str]:
    """Return the extended features that the target claimed when the history was made."""
    event = history.last("suite", "case")
    return frozenset(event.data.get("features", ())) if event else frozenset()


@dataclass(frozen=True, slots=True)
class Write:
    """One write to the API that was answered with success.

    Args:
        t_ns: when the answer came.
        invoked_ns: when the request was sent.
        verb: create, apply, delete or patch.
        object_kind: Service, IPAddressPool, …
        name: of the object.
        object: as sent; empty for a delete.
    """

    t_ns: int
    invoked_ns: int
    verb: str
    object_kind: str
    name: str
    object: dict[str, Any]  # Any: a Kubernetes object, as written


def writes(history: History, object_kind: str, *verbs: str) -> tuple[Write, ...]:
    """Return the successful writes of one kind of object, by time of the answer.

    Args:
        history: where to look.
        object_kind: Service, IPAddressPool, …
        verbs: which; all if none is given.
    """
    invoked: dict[tuple[str, str], int] = {}
    found: list[Write] = []
    for event in history.of("drive", "write"):
        data = event.data
        if data["object_kind"] != object_kind or (verbs and data["verb"] not in verbs):
            continue
        if data["phase"] == "invoke":
            invoked[data["verb"], data["name"]] = event.t_ns
        elif data["phase"] == "ok":
            began = invoked.get((data["verb"], data["name"]), event.t_ns)
            found.append(
                Write(event.t_ns, began, data["verb"], object_kind, data["name"], dict(data.get("object") or {}))
            )
    return tuple(found)


def pool_entries(history: History) -> tuple[str, ...]:
    """Return the addresses of all pools the case configured, as written."""
    return tuple(
        entry
        for write in writes(history, "IPAddressPool", "create", "apply")
        for entry in write.object.get("spec", {}).get("addresses", [])
    )


@dataclass(frozen=True, slots=True)
class ServiceState:
    """A Service as one watch event showed it.

    Args:
        t_ns: when the event arrived.
        name: of the Service.
        uid: tells a Service from a later one of the same name.
        is_deleted: the event says it is gone.
        addresses: of its status, in order.
    """

    t_ns: int
    name: str
    uid: str
    is_deleted: bool
    addresses: tuple[IPAddress, ...]


def services(history: History) -> tuple[ServiceState, ...]:
    """Return every state of every Service that the watch showed, in order."""
    return tuple(state for state, _ in service_objects(history))


def service_objects(history: History) -> tuple[tuple[ServiceState, dict[str, Any]], ...]:  # Any: its JSON
    """Return every state of every Service that the watch showed, in order, each with the object itself."""
    return tuple((_service(event), event.data["object"]) for event in history.of("kube", "service"))


def _service(event: Event) -> ServiceState:
    obj = event.data["object"]
    ingress = (obj.get("status", {}).get("loadBalancer") or {}).get("ingress") or []
    return ServiceState(
        t_ns=event.t_ns,
        name=obj["metadata"]["name"],
        uid=obj["metadata"].get("uid", obj["metadata"]["name"]),
        is_deleted=event.data["type"] == "DELETED",
        addresses=tuple(ip_address(entry["ip"]) for entry in ingress if entry.get("ip")),
    )


def assignments(history: History) -> dict[str, ServiceState]:
    """Return {Service name: the first state in which it had an address}."""
    found: dict[str, ServiceState] = {}
    for state in services(history):
        if state.addresses and not state.is_deleted:
            found.setdefault(state.name, state)
    return found


def node_port(history: History, name: str) -> int | None:
    """Return the first node port of a Service, as the watch showed it last; None if it has none."""
    states = [e.data["object"] for e in history.of("kube", "service") if e.data["object"]["metadata"]["name"] == name]
    ports = states[-1].get("spec", {}).get("ports", []) if states else []
    return int(ports[0].get("nodePort", 0)) or None if ports else None


def given_up(history: History) -> Iterator[tuple[IPAddress, int]]:
    """Give each address that a Service showed and then no longer, with the moment the watch said so (ns)."""
    held: dict[str, tuple[IPAddress, ...]] = {}
    for state in services(history):
        now = () if state.is_deleted else state.addresses
        yield from ((address, state.t_ns) for address in held.get(state.uid, ()) if address not in now)
        held[state.uid] = now


def addresses(history: History) -> tuple[IPv4Address, ...]:
    """Return the IPv4 addresses that Services of this case were given, sorted."""
    given = {a for state in services(history) for a in state.addresses if isinstance(a, IPv4Address)}
    return tuple(sorted(given))


def marked(history: History, name: str) -> int | None:
    """Return when a mark was set first (ns); None if it never was."""
    return next((event.t_ns for event in history.of("suite", "mark") if event.data["name"] == name), None)


@dataclass(frozen=True, slots=True)
class Moment:
    """A mark of the drive that names something, and the time that it holds for.

    Args:
        begin_ns: when it was set.
        end_ns: when the next mark was set, of whatever name; after the history's end for the last.
        names: what it names: what follows its beginning, with commas.
    """

    begin_ns: int
    end_ns: int
    names: frozenset[str]


def moments(history: History, beginning: str) -> tuple[Moment, ...]:
    """Return the marks that begin so, in order."""
    marks = history.of("suite", "mark")
    ends = [*(event.t_ns for event in marks[1:]), history.end_ns + 1]
    return tuple(
        Moment(event.t_ns, end_ns, frozenset(filter(None, event.data["name"].removeprefix(beginning).split(","))))
        for event, end_ns in zip(marks, ends, strict=False)
        if event.data["name"].startswith(beginning)
    )


def watch_doubt(history: History) -> str:
    """Say why the Service watch cannot prove that something never was; "" if it can."""
    is_whole = history.of("kube", "complete") and not history.of("kube", "incomplete")
    return "" if is_whole else "the Service watch may have missed changes"


def wire_doubt(history: History) -> str:
    """Say why the capture cannot prove silence; "" if it can.

    It must have been opened and closed, and the kernel must have dropped nothing.
    """
    opened, closed = history.of("wire", "opened"), history.of("wire", "closed")
    if not opened:
        return "no capture was running"
    if len(closed) < len(opened):
        return "a capture did not come to its end"
    dropped = sum(int(event.data.get("dropped", 0)) for event in closed)
    return f"the capture lost {dropped} frames" if dropped else ""


def so_far(history: History) -> History:
    """Take observers that go on for ended now: what a check says of that, it says of what was seen until now."""
    left = Counter(event.data["observer"] for event in history.of("wire", "closed"))
    ends = [] if history.of("kube", "complete") else [Event(history.end_ns, "kube", "complete")]
    for event in history.of("wire", "opened"):
        observer = event.data["observer"]
        left[observer] -= 1
        if left[observer] < 0:
            ends.append(Event(history.end_ns, "wire", "closed", {"observer": observer, "received": 0, "dropped": 0}))
    return History((*history.events, *ends))


@dataclass(frozen=True, slots=True)
class Look:
    """One look at a router's table.

    Args:
        t_ns: when the answer was there.
        router: short name.
        raw: the table's JSON.
    """

    t_ns: int
    router: str
    raw: Any  # Any: another program's JSON; tables.py reads it


def looks(history: History, kind: str, router: str, source: str = "router") -> tuple[Look, ...]:
    """Return every look at one table of one router, "same as before" filled in.

    Args:
        history: where to look.
        kind: bgp_rib, bgp_peers, zebra, fib, …
        router: short name.
        source: "node" for a k8s node's table.
    """
    found: list[Look] = []
    for event in history.of(source, kind):
        if event.data.get(source) != router:
            continue
        if not event.data.get("same"):
            found.append(Look(event.t_ns, router, event.data["raw"]))
        elif found:
            found.append(Look(event.t_ns, router, found[-1].raw))
    return tuple(found)


def advertisers(look: Look, prefix: IPNetwork, peers: dict[IPAddress, str]) -> frozenset[str]:
    """Return the k8s nodes from which a router holds a path to a prefix.

    Args:
        look: at its BGP table.
        prefix: the destination.
        peers: {peer address: k8s node} of that router.
    """
    return frozenset(
        peers[path.peer] for path in tables.paths(look.raw) if path.prefix == prefix and path.peer in peers
    )


@dataclass(frozen=True, slots=True)
class Answer:
    """One request on one TCP connection of a flow run.

    Args:
        t_ns: when it was answered or given up.
        run: number of the run.
        flow: number of the connection in it.
        client: its address.
        source_port: of the connection.
        request: number of the request on the connection.
        is_ok: an HTTP answer came.
        node: the k8s node whose pod answered; "" if none did or the pod is unknown.
        error: what went wrong; "" if nothing.
    """

    t_ns: int
    run: int
    flow: int
    client: str
    source_port: int
    request: int
    is_ok: bool
    node: str
    error: str


def pod_nodes(history: History) -> dict[str, str]:
    """Return {pod name: k8s node} over the whole history."""
    return {name: str(pod["node"]) for event in history.of("kube", "pods") for name, pod in event.data["pods"].items()}


def answers(history: History) -> dict[int, tuple[Answer, ...]]:
    """Return {run: its answers}, with pods turned into nodes."""
    nodes = pod_nodes(history)
    runs: dict[int, list[Answer]] = {int(event.data["run"]): [] for event in history.of("tcp", "plan")}
    for event in history.of("tcp", "answer"):
        data = event.data
        runs.setdefault(int(data["run"]), []).append(
            Answer(
                t_ns=event.t_ns,
                run=int(data["run"]),
                flow=int(data["flow"]),
                client=str(data.get("client", "")),
                source_port=int(data["source_port"]),
                request=int(data["request"]),
                is_ok=bool(data["ok"]),
                node=nodes.get(str(data.get("answer", "")), ""),
                error=str(data.get("error", "")),
            )
        )
    return {run: tuple(found) for run, found in sorted(runs.items())}


def still_s(history: History) -> float:
    """Return the longest time that the machine itself stood still, seconds; 0 if it did not, or nobody watched."""
    return max((float(event.data["seconds"]) for event in history.of("host", "still")), default=0.0)


def hits(run: Iterable[Answer], nodes: Iterable[str]) -> dict[str, int]:
    """Count the flows that each node answered, by their first request.

    Args:
        run: the answers of one run.
        nodes: all that should be counted, those without a flow included.
    """
    counts = dict.fromkeys(sorted(nodes), 0)
    for answer in run:
        if answer.request == 0 and answer.is_ok:
            counts[answer.node] = counts.get(answer.node, 0) + 1
    return counts
