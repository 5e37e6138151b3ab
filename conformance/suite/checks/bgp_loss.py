"""Judges of a session that is lost: stale routes, the end of a drain, who else notices, how long requests fail.

Source: RFC 4724 (graceful restart), RFC 8326 (graceful shutdown), RFC 5882 section 4.3; catalogue ECMP-013, FO-016 to
FO-022.

Pure.
"""

from functools import partial
from ipaddress import ip_network
from typing import Final

from conformance.suite import attempts, bgp_open, seen, tables
from conformance.suite.bgp_stream import Kind
from conformance.suite.case import Check
from conformance.suite.checks.bgp import opens_of_nodes
from conformance.suite.checks.bgp_wire import said
from conformance.suite.damage import damages
from conformance.suite.facts import IPNetwork, LabFacts
from conformance.suite.history import History
from conformance.suite.routes import names, routes
from conformance.suite.verdict import Figure, Verdict, failed, passed, unknown
from conformance.suite.waits import PROBE_TIMEOUT_S

FLAPPING: Final = "flapping: "
"""Begins the mark of a moment from which on the session of this node with one router is reset, up to the next mark."""


def _killed(history: History) -> tuple[int, str] | None:
    """Return when what speaks BGP was killed, and on which node; None if it was not."""
    event = next(iter(history.of("fault", "kill")), None)
    return (int(event.data["asked_ns"]), str(event.data["node"])) if event else None


def restartable() -> Check:
    """Demand that every node's last OPEN offers graceful restart, so that a loss could leave stale routes at all."""
    return Check("restartable", "each node offers graceful restart in its OPEN (RFC 4724 section 3)", _restartable)


def _restartable(history: History) -> Verdict:
    lab = seen.facts(history)
    last = {(node, message.receiver): message for node, message in opens_of_nodes(history)}
    if lab is None or not last or (missing := set(lab.eligible) - {node for node, _ in last}):
        return unknown("no OPEN of a node was captured" if lab is None or not last else f"no OPEN of {names(missing)}")
    for (node, receiver), message in last.items():
        if bgp_open.GRACEFUL_RESTART not in message.capabilities:
            return failed(f"{node} does not offer graceful restart to {receiver}")
    return passed(f"{len(last)} OPENs offer graceful restart")


def stays_known() -> Check:
    """Demand that routers keep the routes of a node whose BGP speaker is killed, and get them anew afterwards."""
    rule = "routers keep every route of a speaker that is killed until it is back and sends it again (RFC 4724)"
    return Check("stays-known", rule, _stays_known)


def _stays_known(history: History) -> Verdict:
    lab, killed = seen.facts(history), _killed(history)
    prefixes = [ip_network(address) for address in seen.addresses(history)]
    if (doubt := seen.wire_doubt(history)) or lab is None or killed is None or not prefixes:
        return unknown(doubt or "nothing was killed, or no Service has an address")
    since, node = killed
    wanted, count = frozenset(lab.eligible), 0
    for route in routes(history, lab, prefixes, since, history.end_ns + 1):
        if not route.looks:
            return unknown(f"{route.router} was not looked at after that")
        if (fewer := next((nodes for _, nodes in route.looks if nodes != wanted), None)) is not None:
            return failed(f"{route.router} had {route.prefix} from {names(fewer)} only")
        count += len(route.looks)
    told = [each for each in said(history) if each.node == node and each.t_ns >= since]
    stale = 0
    for router in lab.peering_routers():
        opened = [each.t_ns for each in told if each.router == router and each.kind == Kind.OPEN]
        if not opened:
            return unknown(f"the session of {node} and {router} was not seen to begin again")
        later = [each.update for each in told if each.router == router and each.t_ns >= opened[-1] and each.update]
        if missing := set(prefixes) - {prefix for update in later for prefix in update.advertised}:
            return failed(f"{node} did not send {', '.join(map(str, missing))} to {router} again")
        kept = [
            _stale(look, lab, prefixes, node) for look in seen.looks(history, "bgp_rib", router) if look.t_ns >= since
        ]
        stale += sum(kept)
        if kept[-1]:
            return failed(f"{router} still has a stale route of {node} in the end")
    return passed(f"a route of every node in each of {count} looks, stale in {stale}, and sent again")


def _stale(look: seen.Look, lab: LabFacts, prefixes: list[IPNetwork], node: str) -> bool:
    peers = lab.peering(look.router)
    mine = [p for p in tables.paths(look.raw) if p.prefix in prefixes and p.peer in peers and peers[p.peer] == node]
    return any(path.is_stale for path in mine)


def leaves_and_returns(within_s: float) -> Check:
    """Demand that routers drop the routes of a node whose BGP speaker is killed, and have them again soon.

    Args:
        within_s: from the kill until all routes are back, seconds.
    """
    rule = f"without graceful restart a killed speaker's routes go, and are back after {within_s:g} s"
    return Check("leaves-and-returns", rule, partial(_leaves_and_returns, within_s=within_s))


def _leaves_and_returns(history: History, *, within_s: float) -> Verdict:
    lab, killed = seen.facts(history), _killed(history)
    prefixes = [ip_network(address) for address in seen.addresses(history)]
    if lab is None or killed is None or not prefixes:
        return unknown("nothing was killed, or no Service has an address")
    since, node = killed
    worst_s, longest_s = 0.0, 0.0
    for route in routes(history, lab, prefixes, since, history.end_ns + 1):
        without = [t_ns for t_ns, nodes in route.looks if node not in nodes]
        if not without:
            if not route.looks or seen.seconds(route.looks[-1][0], since) < within_s:
                return unknown(f"{route.router} was not watched for {within_s:g} s")
            return failed(f"{route.router} never lost {route.prefix} of {node}")
        took_s = route.settled_s(frozenset(lab.eligible), without[-1])
        if took_s is None:
            return route.unsettled(since, within_s, f", in the end without {node}")
        back_ns = next(t_ns for t_ns, nodes in route.looks if t_ns > without[-1])
        worst_s = max(worst_s, seen.seconds(back_ns, since))
        longest_s = max(longest_s, seen.seconds(back_ns, without[0]))
    figure = Figure("routes back after", worst_s, "s", at_most=within_s)
    if worst_s > within_s:
        return failed(f"the last route was back after {worst_s:.1f} s, wanted {within_s:g} s").with_figures(figure)
    return passed(f"routes of {node} were gone for {longest_s:.1f} s, and back {worst_s:.1f} s after").with_figures(
        figure
    )


def depreferenced(hold_off_s: float) -> Check:
    """Demand that routers prefer other nodes well before a node that leaves withdraws.

    Args:
        hold_off_s: for how long at least a router is seen to have the path with LOCAL_PREF 0, and not to use it.
    """
    rule = (
        f"routers have a leaving node's path with LOCAL_PREF 0, unused, for {hold_off_s:g} s before it goes (RFC 8326)"
    )
    return Check("depreferenced", rule, partial(_depreferenced, hold_off_s=hold_off_s))


def _depreferenced(history: History, *, hold_off_s: float) -> Verdict:
    lab, renewed = seen.facts(history), next(iter(history.of("fault", "renew")), None)
    prefixes = {ip_network(address) for address in seen.addresses(history)}
    if lab is None or renewed is None or not prefixes:
        return unknown("nobody was made to leave, or no Service has an address")
    since, node = int(renewed.data["asked_ns"]), str(renewed.data["node"])
    shortest_s = float("inf")
    for router in lab.peering_routers():
        peers = lab.peering(router)
        shown: list[tuple[int, list[tables.Path]]] = [
            (x.t_ns, [p for p in tables.paths(x.raw) if p.prefix in prefixes and p.peer and peers.get(p.peer) == node])
            for x in seen.looks(history, "bgp_rib", router)
            if x.t_ns >= since
        ]
        gone_ns = next((t_ns for t_ns, paths in shown if not paths), None)
        if not shown or gone_ns is None:
            return unknown(f"the route of {node} on {router} was not watched until it was gone")
        last = [t_ns for t_ns, paths in shown if t_ns < gone_ns and all(_is_last_choice(path) for path in paths)]
        if not last:
            return failed(f"{router} used the path of {node} until it was gone")
        shortest_s = min(shortest_s, seen.seconds(last[-1], last[0]))
    figure = Figure("last choice before it went", shortest_s, "s", at_least=hold_off_s)
    if shortest_s < hold_off_s:
        return failed(f"a path was the last choice for {shortest_s:.2f} s only, wanted {hold_off_s:g} s").with_figures(
            figure
        )
    return passed(f"the last choice for {shortest_s:.1f} s before it went").with_figures(figure)


def _is_last_choice(path: tables.Path) -> bool:
    return path.local_pref == 0 and not path.is_selected


def blackhole(within_s: float, at_least: int = 25) -> Check:
    """Demand that requests fail for a short time only after a loss.

    Args:
        within_s: from the fault to the beginning of the last request that fails before it is mended, seconds.
        at_least: fewer requests before the fault, or after the last one that failed, decide nothing.
    """
    rule = f"after the loss requests fail for {within_s:g} s at most"
    return Check("blackhole", rule, partial(_blackhole, within_s=within_s, at_least=at_least))


def _blackhole(history: History, *, within_s: float, at_least: int) -> Verdict:
    fault, plan = next(iter(damages(history)), None), next(iter(history.of("request", "plan")), None)
    if fault is None or plan is None:
        return unknown("there was no fault, or nobody asked")
    made = attempts.requests(history, str(plan.data["about"]))
    begin_ns, end_ns = fault.begin_ns, fault.end_ns or history.end_ns
    early_ns = begin_ns - int(PROBE_TIMEOUT_S * seen.NS_PER_S)
    before = [request for request in made if request.end_ns < begin_ns]
    after = [request for request in made if early_ns <= request.begin_ns < end_ns and request.end_ns >= begin_ns]
    if len(before) < at_least or not all(request.is_ok for request in before[-at_least:]):
        return unknown(f"{len(before)} requests before the fault, wanted {at_least} that were answered")
    lost = [request for request in after if not request.is_ok]
    last_ns = max((request.begin_ns for request in lost), default=begin_ns)
    since = [request for request in after if request.begin_ns > last_ns]
    took_s = max(0.0, seen.seconds(last_ns, begin_ns))
    figure = Figure("requests fail for", took_s, "s", at_most=within_s)
    text = f"{len(lost)} of {len(after)} requests failed, the last {took_s:.2f} s after the fault"
    if took_s > within_s:
        return failed(f"{text}, wanted {within_s:g} s", *map(str, lost[-3:])).with_figures(figure)
    if len(since) < at_least:
        return unknown(f"{len(since)} requests after the last that failed, wanted {at_least}")
    return passed(text).with_figures(figure)


def contained(flaps: int) -> Check:
    """Demand that a session that flaps costs no other session anything, and no route of another node.

    Args:
        flaps: fewer new sessions of that one decide nothing.
    """
    rule = f"while one node's session with a router begins {flaps} times anew, nobody else withdraws or resets anything"
    return Check("contained", rule, partial(_contained, flaps=flaps))


def _contained(history: History, *, flaps: int) -> Verdict:
    lab, moments = seen.facts(history), seen.moments(history, FLAPPING)
    cleared = {str(e.data["router"]) for e in history.of("fault", "router") if e.data["what"] == "cleared"}
    prefixes = [ip_network(address) for address in seen.addresses(history)]
    if (doubt := seen.wire_doubt(history)) or lab is None or not moments or not prefixes:
        return unknown(doubt or "no session was reset, or no Service has an address")
    moment = moments[0]
    window = [each for each in said(history) if moment.begin_ns <= each.t_ns < moment.end_ns]
    its = [each for each in window if each.node in moment.names and each.router in cleared]
    begun = sum(each.kind == Kind.OPEN for each in its)
    wrong = [each for each in window if each not in its and (each.update is None or each.update.withdrawn)]
    if wrong:
        return failed(f"{len(wrong)} messages of other sessions ({wrong[0]})", *map(str, wrong))
    others, count = frozenset(lab.eligible) - moment.names, 0
    for route in routes(history, lab, prefixes, moment.begin_ns, moment.end_ns):
        if not route.looks:
            return unknown(f"{route.router} was not looked at")
        if (there := next((nodes for _, nodes in route.looks if not others <= nodes), None)) is not None:
            return failed(f"{route.router} had no route of {names(others - there)} to {route.prefix}")
        count += len(route.looks)
    if begun < flaps:
        return unknown(f"the session of {names(moment.names)} began {begun} times, wanted {flaps}")
    return passed(f"it began {begun} times; the other nodes' routes were there in each of {count} looks")
