"""Judges of sessions with a router that is not on the nodes' links, from that router's own tables: a BIRD's.

Its protocols wait for callers; which of them a node's session came in by tells the address and the port that the node
called (labs/bgp/distant/bird.conf).

Source: RFC 4271 section 5.1.3 (a peer several hops away), RFC 4456 (route reflection); catalogue BGP-028, 031, 032.

Pure.
"""

from collections.abc import Iterator
from functools import partial
from ipaddress import ip_address, ip_network
from typing import Final

from conformance.suite import bird, families, seen, tables
from conformance.suite.case import Check
from conformance.suite.facts import LabFacts
from conformance.suite.history import History
from conformance.suite.routes import Route, names
from conformance.suite.verdict import Figure, Verdict, failed, passed, unknown

DEFAULT_LOCAL_PREF: Final = 100
"""Where an advertisement gives none: website, apis, BGPAdvertisement localPref; the value that routers take too."""


def called(protocol: str, within_s: float) -> Check:
    """Demand that each eligible node has a session with a distant router, soon after its peer is configured.

    Args:
        protocol: of the router, that sessions come in by.
        within_s: from the API's answer to the last BGPPeer with an address of the router, seconds.
    """
    rule = f"at most {within_s:g} s after the configuration the distant router has a session with each eligible node"
    return Check("called", rule, partial(_called, protocol=protocol, within_s=within_s))


def _called(history: History, *, protocol: str, within_s: float) -> Verdict:
    lab, router = seen.facts(history), _router(history)
    since_ns = _configured_ns(history, lab, router) if lab else None
    if lab is None or since_ns is None:
        return unknown("no peer at an address of the distant router was configured, or nobody looked at it")
    wanted = frozenset(lab.eligible)
    looks = [(look.t_ns, _nodes(look, lab, protocol)) for look in _looks(history, router) if look.t_ns >= since_ns]
    up_ns = next((t_ns for t_ns, nodes in looks if wanted <= nodes), None)
    if up_ns is None or not wanted <= looks[-1][1]:
        watched_s = seen.seconds(looks[-1][0], since_ns) if looks else 0.0
        if watched_s < within_s:
            return unknown(f"{router} was watched for {watched_s:.1f} s only")
        return failed(f"{router} has sessions with {names(looks[-1][1])} after {watched_s:.1f} s, wanted all nodes")
    slowest = Figure("slowest session", seen.seconds(up_ns, since_ns), "s", at_most=within_s)
    if slowest.value > within_s:
        text = f"the last session came up after {slowest.value:.1f} s, wanted {within_s:g} s"
        return failed(text).with_figures(slowest)
    return passed(f"{len(wanted)} sessions, the last after {slowest.value:.1f} s").with_figures(slowest)


def never_called(protocol: str, since: str, until: str, at_least_s: float) -> Check:
    """Demand that between two marks no node has a session with a distant router.

    Args:
        protocol: of the router, that sessions come in by.
        since: name of the first mark.
        until: name of the second.
        at_least_s: less time than this decides nothing.
    """
    rule = f"from {since} to {until} the distant router has no session with a node"
    judge = partial(_never_called, protocol=protocol, since=since, until=until, at_least_s=at_least_s)
    return Check("never-called", rule, judge)


def _never_called(history: History, *, protocol: str, since: str, until: str, at_least_s: float) -> Verdict:
    lab, begin, end = seen.facts(history), seen.marked(history, since), seen.marked(history, until)
    if lab is None or begin is None or end is None or seen.seconds(end, begin) < at_least_s:
        return unknown("a mark is missing, or it was too short")
    router = _router(history)
    looks = [look for look in _looks(history, router) if begin <= look.t_ns < end]
    for look in looks:
        if nodes := _nodes(look, lab, protocol):
            return failed(f"{router} had a session with {names(nodes)}")
    return passed(f"{len(looks)} looks, no session in any") if looks else unknown("nobody looked at the router")


def called_from_source(protocol: str) -> Check:
    """Demand that sessions with a distant router come from the configured source addresses, and from no others.

    Args:
        protocol: of the router, that sessions come in by.
    """
    rule = "every session with the distant router comes from its peer's sourceAddress"
    return Check("called-from-source", rule, partial(_called_from_source, protocol=protocol))


def _called_from_source(history: History, *, protocol: str) -> Verdict:
    peers = seen.writes(history, "BGPPeer", "create", "apply")
    sources = {ip_address(w.object["spec"]["sourceAddress"]) for w in peers if "sourceAddress" in w.object["spec"]}
    looks = _looks(history, _router(history))
    used = {s.neighbor for look in looks for s in bird.sessions(look.raw["sessions"]) if _is_up(s, protocol)}
    if not sources or not used:
        return unknown(f"{len(sources)} source addresses were configured, {len(used)} seen")
    if strangers := sorted(map(str, used - sources)):
        return failed(
            f"sessions came from {', '.join(strangers)}, configured were {', '.join(sorted(map(str, sources)))}"
        )
    missing = sorted(map(str, sources - used))
    return failed(f"no session came from {', '.join(missing)}") if missing else passed(f"{len(used)} sources in use")


def heard(protocol: str, within_s: float, *, asn: int | None) -> Check:
    """Demand that a distant router hears each address as a host route from exactly the eligible nodes.

    Args:
        protocol: of the router, that sessions come in by.
        within_s: from the status write, seconds.
        asn: the one in AS_PATH; None for an internal peer, whose paths have an empty one and LOCAL_PREF 100.
    """
    rule = f"at most {within_s:g} s after the status the distant router has the route from exactly the eligible nodes"
    return Check("heard", rule, partial(_heard, protocol=protocol, within_s=within_s, asn=asn))


def _heard(history: History, *, protocol: str, within_s: float, asn: int | None) -> Verdict:
    lab, given, router = seen.facts(history), seen.assignments(history), _router(history)
    if lab is None or not given or not router:
        return unknown("no Service showed an address, or nobody looked at the distant router")
    wanted, worst_s = frozenset(lab.eligible), 0.0
    for state in given.values():
        for prefix in map(ip_network, families.of(state, 4)):
            heard = [
                (look.t_ns, [p for p in _paths(look, protocol) if p.prefix == prefix])
                for look in _looks(history, router)
                if look.t_ns >= state.t_ns
            ]
            looks = ((t_ns, frozenset(lab.owner(path.next_hop) for path in found)) for t_ns, found in heard)
            route = Route(router, prefix, tuple(looks))
            took_s = route.settled_s(wanted, state.t_ns)
            if took_s is None:
                return route.unsettled(state.t_ns, within_s, f", wanted {names(wanted)}")
            for path in heard[-1][1]:
                if path.as_path != (() if asn is None else (asn,)):
                    return failed(f"{prefix} from {path.peer} has AS_PATH {path.as_path}", str(path))
                if asn is None and path.local_pref != DEFAULT_LOCAL_PREF:
                    return failed(f"{prefix} from {path.peer} has LOCAL_PREF {path.local_pref}", str(path))
            worst_s = max(worst_s, took_s)
    last = Figure("last route", worst_s, "s", at_most=within_s)
    if worst_s > within_s:
        return failed(f"the last route came after {worst_s:.2f} s, wanted {within_s:g} s").with_figures(last)
    return passed(f"{len(given)} host routes on {router}, the last after {worst_s:.2f} s").with_figures(last)


def _router(history: History) -> str:
    """Name the router whose BIRD was looked at; "" if none was."""
    return next((str(event.data["router"]) for event in history.of("router", "bird")), "")


def _looks(history: History, router: str) -> tuple[seen.Look, ...]:
    return seen.looks(history, "bird", router)


def _configured_ns(history: History, lab: LabFacts, router: str) -> int | None:
    peers = seen.writes(history, "BGPPeer", "create", "apply")
    addresses = set(map(str, lab.nodes[router].addresses)) if router else set()
    ours = [write.t_ns for write in peers if write.object["spec"].get("peerAddress") in addresses]
    return ours[-1] if ours else None


def _is_up(session: bird.BirdSession, protocol: str) -> bool:
    return session.state == tables.ESTABLISHED and session.protocol.startswith(f"{protocol}_")


def _nodes(look: seen.Look, lab: LabFacts, protocol: str) -> frozenset[str]:
    found = bird.sessions(look.raw["sessions"])
    return frozenset(lab.owner(session.neighbor) for session in found if _is_up(session, protocol))


def _paths(look: seen.Look, protocol: str) -> Iterator[bird.BirdPath]:
    return (path for path in bird.paths(look.raw["routes"]) if path.protocol.startswith(f"{protocol}_"))
