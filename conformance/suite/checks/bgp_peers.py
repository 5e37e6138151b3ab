"""Judges of who has sessions with whom, whom routers prefer, and what the loss of a router means to the others.

Source: RFC 4271 sections 6.8 (collision) and 9.1.2 (LOCAL_PREF); catalogue BGP-019, 023, 024, 038.

Pure.
"""

from functools import partial
from ipaddress import ip_network
from typing import Final

from conformance.suite import bgp_stream, seen, tables
from conformance.suite.bgp_stream import Kind
from conformance.suite.case import Check
from conformance.suite.damage import damages
from conformance.suite.facts import IPAddress
from conformance.suite.history import History
from conformance.suite.routes import names, routes
from conformance.suite.verdict import Figure, Verdict, failed, passed, unknown

PEERING: Final = "peering: "
"""Begins the mark of a moment from which on exactly these nodes must have sessions, until the next mark."""
PREFERRED: Final = "preferred: "
"""Begins the mark of a moment from which on routers must prefer this node, until the next mark."""
LOST: Final = "router-lost"
"""Name of the fault that takes a router away."""


def sessions_follow(within_s: float, *, changes: int) -> Check:
    """Demand sessions with exactly the nodes that are wanted, from each change on.

    Args:
        within_s: from the mark of a change until the router's sessions are right, seconds.
        changes: fewer marks than this decide nothing.
    """
    rule = f"at most {within_s:g} s after each change exactly the nodes wanted have sessions with each router"
    return Check("sessions-follow", rule, partial(_sessions_follow, within_s=within_s, changes=changes))


def _sessions_follow(history: History, *, within_s: float, changes: int) -> Verdict:
    lab, moments = seen.facts(history), seen.moments(history, PEERING)
    if lab is None or len(moments) < changes or not lab.peering_routers():
        return unknown(f"{len(moments)} changes, wanted {changes}")
    worst_s = 0.0
    for moment in moments:
        for router in lab.peering_routers():
            looks = seen.looks(history, "bgp_peers", router)
            up = [
                (x.t_ns, _established(x, lab.peering(router)))
                for x in looks
                if moment.begin_ns <= x.t_ns < moment.end_ns
            ]
            right = next((t_ns for t_ns, nodes in up if nodes == moment.names), None)
            if right is None or up[-1][1] != moment.names:
                if not up or seen.seconds(up[-1][0], moment.begin_ns) < within_s:
                    return unknown(f"{router} was not watched for {within_s:g} s")
                return failed(f"{router} has sessions with {names(up[-1][1])}, wanted {names(moment.names)}")
            worst_s = max(worst_s, seen.seconds(right, moment.begin_ns))
    figure = Figure("slowest change of sessions", worst_s, "s", at_most=within_s)
    if worst_s > within_s:
        return failed(f"a change took {worst_s:.1f} s, wanted {within_s:g} s").with_figures(figure)
    return passed(f"{len(moments)} changes, the slowest after {worst_s:.1f} s").with_figures(figure)


def _established(look: seen.Look, peers: dict[IPAddress, str]) -> frozenset[str]:
    found = tables.sessions(look.raw)
    return frozenset(node for a, node in peers.items() if a in found and found[a].state == tables.ESTABLISHED)


def preferred(local_pref: int) -> Check:
    """Demand that each router has an address from all eligible nodes, and uses the one with the higher LOCAL_PREF.

    Args:
        local_pref: that the preferred node's path must have; the others' must be lower.
    """
    rule = f"routers have paths of all nodes, and use only that with LOCAL_PREF {local_pref}"
    return Check("preferred", rule, partial(_preferred, local_pref=local_pref))


def _preferred(history: History, *, local_pref: int) -> Verdict:
    lab, prefixes = seen.facts(history), {ip_network(address) for address in seen.addresses(history)}
    moments = seen.moments(history, PREFERRED)
    if lab is None or not prefixes or not moments or not lab.peering_routers():
        return unknown("nobody was to be preferred, or no Service has an address")
    wanted = moments[-1].names
    for router in lab.peering_routers():
        looks = [x for x in seen.looks(history, "bgp_rib", router) if x.t_ns >= moments[-1].begin_ns]
        if not looks:
            return unknown(f"{router} was not looked at")
        peers = lab.peering(router)
        for prefix in prefixes:
            paths = [path for path in tables.paths(looks[-1].raw) if path.prefix == prefix]
            by_node = {peers[path.peer]: path for path in paths if path.peer in peers}
            if missing := set(lab.eligible) - set(by_node):
                return failed(f"{router} has no path to {prefix} from {names(missing)}")
            used = {node for node, path in by_node.items() if path.is_selected}
            shown = ", ".join(f"{node} {path.local_pref}" for node, path in sorted(by_node.items()))
            if used != wanted:
                return failed(f"{router} uses {names(used)} for {prefix}, wanted {names(wanted)} (LOCAL_PREF {shown})")
            if any((path.local_pref == local_pref) != (node in wanted) for node, path in by_node.items()):
                return failed(f"{router}: LOCAL_PREF {shown}, wanted {local_pref} of {names(wanted)} alone")
    return passed(f"{names(wanted)} is used on {', '.join(lab.peering_routers())}")


def one_session(since: str, until: str, at_least_s: float = 8.0) -> Check:
    """Demand that between two marks each node and each router keep exactly one connection, and talk on it.

    Args:
        since: name of the first mark; what collides must have been settled by then.
        until: name of the second.
        at_least_s: less time than this decides nothing; more than the times between KEEPALIVEs.
    """
    rule = f"from {since} to {until} each node and router talk on exactly one connection, which is not reset"
    judge = partial(_one_session, since=since, until=until, at_least_s=at_least_s)
    return Check(f"one-session-{since}", rule, judge)


def _one_session(history: History, *, since: str, until: str, at_least_s: float) -> Verdict:
    lab, begin, end = seen.facts(history), seen.marked(history, since), seen.marked(history, until)
    if (doubt := seen.wire_doubt(history)) or lab is None or begin is None or end is None:
        return unknown(doubt or "a mark is missing")
    if seen.seconds(end, begin) < at_least_s:
        return unknown(f"{seen.seconds(end, begin):.1f} s only, wanted {at_least_s:g} s")
    count = 0
    for router in lab.peering_routers():
        talks = _connections(history, router, begin, end)
        resets = {
            message.sender if message.sender in lab.peering(router) else message.receiver
            for message in bgp_stream.messages(history, router)
            if begin <= message.t_ns < end and message.kind in {Kind.OPEN, Kind.NOTIFICATION}
        }
        for address, node in sorted(lab.peering(router).items(), key=lambda item: int(item[0])):
            if node not in lab.eligible:
                continue
            mine = [ends for ends in talks if address in {ends[0], ends[2]}]
            if len(mine) != 1:
                ports = ", ".join(f"{ends[0]}:{ends[1]} to {ends[2]}:{ends[3]}" for ends in sorted(mine))
                return failed(f"{node} and {router} talk on {len(mine)} connections ({ports or 'none'}), wanted one")
            if address in resets:
                return failed(f"the session of {node} and {router} was opened or ended in that time")
            count += 1
    return (
        passed(f"{count} sessions, one connection each, in {seen.seconds(end, begin):.0f} s")
        if count
        else (unknown("no node peers with a router"))
    )


def _connections(
    history: History, router: str, begin_ns: int, end_ns: int
) -> frozenset[tuple[IPAddress, int, IPAddress, int]]:
    """Return the ends of each connection on which data was seen at a router in a span of time, the lower end first."""
    found: set[tuple[IPAddress, int, IPAddress, int]] = set()
    for event in history.of("wire", "frame"):
        if event.data.get("observer") != router or not begin_ns <= event.t_ns < end_ns:
            continue
        heard = bgp_stream.segment(bytes.fromhex(event.data["hex"]), event.t_ns)
        if heard is not None and heard.data:
            a, a_port, b, b_port = heard.ends
            found.add((a, a_port, b, b_port) if int(a) < int(b) else (b, b_port, a, a_port))
    return frozenset(found)


def alike() -> Check:
    """Demand that all routers have the same routes from the same nodes, before one of them is lost."""
    return Check("alike", "before one is lost, all routers have every address from every eligible node", _alike)


def _alike(history: History) -> Verdict:
    lab, lost_ns = seen.facts(history), _lost_ns(history)
    prefixes = [ip_network(address) for address in seen.addresses(history)]
    if lab is None or lost_ns is None or not prefixes or len(lab.peering_routers()) < 2:
        return unknown("no router was lost, or no Service has an address")
    for route in routes(history, lab, prefixes, 0, lost_ns):
        if not route.looks:
            return unknown(f"{route.router} was not looked at before that")
        if route.looks[-1][1] != frozenset(lab.eligible):
            return failed(f"{route.router} has {route.prefix} from {names(route.looks[-1][1])} only")
    return passed(f"{len(prefixes)} addresses from {len(lab.eligible)} nodes on {', '.join(lab.peering_routers())}")


def others_keep_all(at_least_s: float = 4.0) -> Check:
    """Demand that the loss of a router costs the others no session and no route.

    Args:
        at_least_s: who was watched for less after the loss decides nothing, seconds.
    """
    rule = "when a router is lost, the others keep every session and every route from every node"
    return Check("others-keep-all", rule, partial(_others_keep_all, at_least_s=at_least_s))


def _others_keep_all(history: History, *, at_least_s: float) -> Verdict:
    lab, lost_ns = seen.facts(history), _lost_ns(history)
    prefixes = [ip_network(address) for address in seen.addresses(history)]
    if lab is None or lost_ns is None or not prefixes:
        return unknown("no router was lost, or no Service has an address")
    lost = {node for fault in damages(history) if fault.name == LOST for node in fault.nodes}
    others = [router for router in lab.peering_routers() if router not in lost]
    wanted, count = frozenset(lab.eligible), 0
    for router in others:
        looks = [look for look in seen.looks(history, "bgp_peers", router) if look.t_ns >= lost_ns]
        if not looks or seen.seconds(looks[-1].t_ns, lost_ns) < at_least_s:
            return unknown(f"{router} was not watched for {at_least_s:g} s after that")
        if gone := next(
            (wanted - up for x in looks if not (up := _established(x, lab.peering(router))) >= wanted), None
        ):
            return failed(f"{router} lost its sessions with {names(gone)}")
        count += len(looks)
    for route in routes(history, lab, prefixes, lost_ns, history.end_ns + 1):
        if route.router in lost:
            continue
        if not route.looks:
            return unknown(f"{route.router}'s routes were not looked at after that")
        if (fewer := next((nodes for _, nodes in route.looks if nodes != wanted), None)) is not None:
            return failed(f"{route.router} had {route.prefix} from {names(fewer)} only")
        count += len(route.looks)
    return passed(f"{', '.join(others)} kept everything, in {count} looks") if others else unknown("all were lost")


def _lost_ns(history: History) -> int | None:
    return next((fault.begin_ns for fault in damages(history) if fault.name == LOST), None)
