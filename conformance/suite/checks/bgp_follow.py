"""Judges of which nodes routers know for an address while endpoints, policies, nodes and routers come and go.

Source: Kubernetes API, Service spec.externalTrafficPolicy; KEP-1669; catalogue BGP-011 to BGP-013, FO-021, FO-022.

Pure.
"""

from functools import partial
from ipaddress import ip_network

from conformance.suite import families, seen, tables
from conformance.suite.case import Check
from conformance.suite.facts import Over
from conformance.suite.history import History
from conformance.suite.routes import names, routes
from conformance.suite.verdict import Verdict, failed, passed, unknown

WANTED = "wanted: "
"""Begins the mark of a moment from which on routers must have an address from these nodes, with commas, until the next
mark."""


def follows(within_s: float, *, changes: int) -> Check:
    """Demand that each router has each address from exactly the nodes that are wanted, from each change on.

    Args:
        within_s: from the mark of a change until the router's table is right, seconds.
        changes: fewer marks than this decide nothing.
    """
    rule = f"at most {within_s:g} s after each change the routers have the route from exactly the nodes wanted"
    return Check("follows", rule, partial(_follows, within_s=within_s, changes=changes))


def _follows(history: History, *, within_s: float, changes: int) -> Verdict:
    lab = seen.facts(history)
    prefixes = [ip_network(address) for address in seen.addresses(history)]
    moments = seen.moments(history, WANTED)
    if lab is None or not prefixes or len(moments) < changes:
        return unknown(f"{len(moments)} changes, wanted {changes}; {len(prefixes)} addresses")
    worst_s = 0.0
    for moment in moments:
        for route in routes(history, lab, prefixes, moment.begin_ns, moment.end_ns):
            took_s = route.settled_s(moment.names, moment.begin_ns)
            if took_s is None:
                return route.unsettled(moment.begin_ns, within_s, f", wanted {names(moment.names)}")
            worst_s = max(worst_s, took_s)
    if worst_s > within_s:
        return failed(f"a change took {worst_s:.2f} s, wanted {within_s:g} s")
    return passed(f"{len(moments)} changes, the slowest after {worst_s:.2f} s")


def never_empty(since: str, until: str) -> Check:
    """Demand that between two marks no router ever lacks an address altogether."""
    rule = f"between {since} and {until} every router always has the route from some node"
    return Check("never-empty", rule, partial(_never_empty, since=since, until=until))


def _never_empty(history: History, *, since: str, until: str) -> Verdict:
    lab, begin, end = seen.facts(history), seen.marked(history, since), seen.marked(history, until)
    prefixes = [ip_network(address) for address in seen.addresses(history)]
    if lab is None or begin is None or end is None or not prefixes:
        return unknown("a mark or an address is missing")
    count = 0
    for route in routes(history, lab, prefixes, begin, end):
        if not route.looks:
            return unknown(f"{route.router} was not looked at")
        count += len(route.looks)
        if any(not nodes for _, nodes in route.looks):
            return failed(f"{route.router} had no route to {route.prefix} for a while")
    return passed(f"{count} looks, a route in each")


def only_on(*routers: str, prefix_length: int = 32, over: Over = "ipv4") -> Check:
    """Demand that each address is on these routers, as a prefix of this length, and on no other peering router.

    Args:
        routers: short names.
        prefix_length: of the prefix.
        over: the family of the prefixes, and of the sessions that carry them.
    """
    rule = f"the address is a /{prefix_length} on {', '.join(routers)}, and nowhere else"
    return Check("only-on", rule, partial(_only_on, routers=routers, prefix_length=prefix_length, over=over))


def _only_on(history: History, *, routers: tuple[str, ...], prefix_length: int, over: Over) -> Verdict:
    version = 6 if over == "ipv6" else 4
    lab, addresses = seen.facts(history), [a for a in families.given(history) if a.version == version]
    if lab is None or not addresses:
        return unknown("no Service has an address")
    wanted = {ip_network((address, prefix_length), strict=False) for address in addresses}
    for router in lab.peering_routers():
        looks = seen.looks(history, tables.table("bgp_rib", version), router)
        if not looks:
            return unknown(f"{router} was not looked at")
        peers = lab.peering(router, over)
        there = {path.prefix for path in tables.paths(looks[-1].raw) if path.peer in peers}
        covering = {prefix for prefix in there if any(address in prefix for address in addresses)}
        expected = wanted if router in routers else set()
        if covering != expected:
            got = ", ".join(sorted(map(str, covering))) or "nothing"
            return failed(f"{router} has {got}, wanted {', '.join(sorted(map(str, expected))) or 'nothing'}")
        if router not in routers and any(
            path.prefix in wanted for look in looks for path in tables.paths(look.raw) if path.peer in peers
        ):
            return failed(f"{router} had the route for a while")
    return passed(f"{', '.join(sorted(map(str, wanted)))} on {', '.join(routers)} alone")


def sessions_return(within_s: float) -> Check:
    """Demand that after a router is back all its sessions and routes are, too.

    Args:
        within_s: from the mark `back` until the table is whole again, seconds.
    """
    rule = f"at most {within_s:g} s after a router is back, it has every address from every node again"
    return Check("sessions-return", rule, partial(_sessions_return, within_s=within_s))


def _sessions_return(history: History, *, within_s: float) -> Verdict:
    lab, down, back = seen.facts(history), seen.marked(history, "down"), seen.marked(history, "back")
    prefixes = [ip_network(address) for address in seen.addresses(history)]
    if lab is None or down is None or back is None or not prefixes:
        return unknown("no router was away, or no Service has an address")
    wanted = frozenset(lab.eligible)
    away = routes(history, lab, prefixes, down, back)
    if not any(nodes != wanted for route in away for _, nodes in route.looks):
        return unknown("no router ever lacked a route")
    worst_s = 0.0
    for route in routes(history, lab, prefixes, back, history.end_ns + 1):
        took_s = route.settled_s(wanted, back)
        if took_s is None:
            return route.unsettled(back, within_s, " only")
        worst_s = max(worst_s, took_s)
    if worst_s > within_s:
        return failed(f"the last route was back after {worst_s:.1f} s, wanted {within_s:g} s")
    return passed(f"all routes back after {worst_s:.1f} s")
