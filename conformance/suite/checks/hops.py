"""Judges of next hops that come and go: how many there are, who leaves when, and which established flows that moves.

Source: RFC 2992 (hash-threshold: a change moves flows of next hops that stay, too), RFC 7938 section 6.4; catalogue
ECMP-009 to ECMP-014, FO-015.

Pure.
"""

from functools import partial
from ipaddress import ip_network
from typing import Final

from conformance.suite import seen, statistics, tables
from conformance.suite.case import Check
from conformance.suite.damage import damages
from conformance.suite.facts import LabFacts
from conformance.suite.history import History
from conformance.suite.routes import names
from conformance.suite.seen import Answer, Moment
from conformance.suite.verdict import Figure, Verdict, failed, passed, unknown

COUNTED: Final = "hops: "
"""Begins the mark of a moment from which on routers must have so many next hops, until the next mark."""
LEAVING: Final = "leaving: "
"""Begins the mark of a moment in which a node is made to leave."""
JOINING: Final = "joining: "
"""Begins the mark of a moment in which a node is made to come."""


def hops_follow(within_s: float, *, changes: int) -> Check:
    """Demand so many next hops of each address in every peering router's FIB as are wanted, from each change on.

    Args:
        within_s: from the mark of a change until the FIB is right, seconds.
        changes: fewer marks than this decide nothing.
    """
    rule = f"at most {within_s:g} s after each change each router's FIB has as many next hops as are wanted"
    return Check("hops-follow", rule, partial(_hops_follow, within_s=within_s, changes=changes))


def _hops_follow(history: History, *, within_s: float, changes: int) -> Verdict:
    lab, moments = seen.facts(history), seen.moments(history, COUNTED)
    if lab is None or not seen.addresses(history) or len(moments) < changes:
        return unknown(f"{len(moments)} changes, wanted {changes}; {len(seen.addresses(history))} addresses")
    worst_s = 0.0
    for moment in moments:
        wanted = int(next(iter(moment.names)))
        for router in lab.peering_routers():
            looks = _hops(history, lab, router, moment.begin_ns, moment.end_ns)
            right = next((t_ns for t_ns, nodes in looks if len(nodes) == wanted), None)
            if right is None or len(looks[-1][1]) != wanted:
                if not looks or seen.seconds(looks[-1][0], moment.begin_ns) < within_s:
                    return unknown(f"{router} was not watched for {within_s:g} s")
                return failed(f"{router} has {len(looks[-1][1])} next hops ({names(looks[-1][1])}), wanted {wanted}")
            worst_s = max(worst_s, seen.seconds(right, moment.begin_ns))
    if worst_s > within_s:
        return failed(f"a change took {worst_s:.2f} s, wanted {within_s:g} s")
    return passed(f"{len(moments)} changes, the slowest after {worst_s:.2f} s")


def _hops(history: History, lab: LabFacts, router: str, begin_ns: int, end_ns: int) -> list[tuple[int, frozenset[str]]]:
    """Return which nodes were usable next hops of any address in a router's FIB, look by look."""
    peers, found = lab.peering(router), []
    prefixes = [ip_network(address) for address in seen.addresses(history)]
    for look in seen.looks(history, "fib", router):
        if begin_ns <= look.t_ns < end_ns:
            table = tables.fib(look.raw)
            hops = [hop for prefix in prefixes for hop in table.get(tables.key(prefix), ())]
            found.append((look.t_ns, frozenset(peers[h.via] for h in hops if h.is_active and h.via in peers)))
    return found


def out_of_fib(within_s: float) -> Check:
    """Demand that a node that is made to leave is soon no next hop on any router any more.

    Args:
        within_s: from the fault after the mark, or the mark where there is none, until no router's FIB has it, seconds.
    """
    rule = f"a node that leaves is no next hop on any router after {within_s:g} s"
    return Check("out-of-fib", rule, partial(_out_of_fib, within_s=within_s))


def _out_of_fib(history: History, *, within_s: float) -> Verdict:
    lab, leaving = seen.facts(history), seen.moments(history, LEAVING)
    if lab is None or not leaving or not seen.addresses(history):
        return unknown("no node was made to leave, or no Service has an address")
    worst_s, faults = 0.0, [each.begin_ns for each in damages(history)]
    for moment in leaving:
        # A fault takes the suite a tenth of a second or two to make.
        begin_ns = min((t for t in faults if moment.begin_ns <= t < moment.end_ns), default=moment.begin_ns)
        for router in lab.peering_routers():
            before = _hops(history, lab, router, 0, moment.begin_ns)
            if not before or not moment.names <= before[-1][1]:
                return unknown(f"{names(moment.names)} was no next hop on {router} before that")
            gone_ns = _gone_ns(history, lab, router, moment)
            if gone_ns is None:
                after = _hops(history, lab, router, moment.begin_ns, history.end_ns + 1)
                watched_s = seen.seconds(after[-1][0], begin_ns) if after else 0.0
                if watched_s < within_s:
                    return unknown(f"{router} was watched for {watched_s:.1f} s only")
                return failed(f"{router} still has {names(moment.names)} as next hop after {watched_s:.1f} s")
            worst_s = max(worst_s, seen.seconds(gone_ns, begin_ns))
    figure = Figure("last next hop gone", worst_s, "s", at_most=within_s)
    if worst_s > within_s:
        return failed(f"the last next hop was gone after {worst_s:.2f} s, wanted {within_s:g} s").with_figures(figure)
    return passed(f"gone from all routers after {worst_s:.2f} s").with_figures(figure)


def _gone_ns(history: History, lab: LabFacts, router: str, moment: Moment) -> int | None:
    looks = _hops(history, lab, router, moment.begin_ns, history.end_ns + 1)
    return next((t_ns for t_ns, nodes in looks if not nodes & moment.names), None)


def survivors_stay(at_most: float, *, flows: int) -> Check:
    """Demand that of the flows on nodes that stay few are moved, which breaks them, when another node leaves.

    They are counted until the node that left is a next hop again: its return moves flows once more.

    Args:
        at_most: part of the flows on nodes that stay.
        flows: fewer than this on nodes that stay decide nothing.
    """
    rule = f"when a node leaves, at most {at_most:.0%} of the established flows of the other nodes break"
    return Check("survivors-stay", rule, partial(_survivors_stay, at_most=at_most, flows=flows))


def _survivors_stay(history: History, *, at_most: float, flows: int) -> Verdict:
    lab, leaving = seen.facts(history), seen.moments(history, LEAVING)
    if lab is None or not leaving or not seen.addresses(history):
        return unknown("no node was made to leave, or no Service has an address")
    moment, left = leaving[0], leaving[0].names
    gone = [_gone_ns(history, lab, router, moment) for router in lab.peering_routers()]
    known = [t_ns for t_ns in gone if t_ns is not None]
    if not known or len(known) < len(gone):
        return unknown(f"{names(left)} did not leave every router's FIB")
    again = [
        t_ns
        for router in lab.peering_routers()
        for t_ns, nodes in _hops(history, lab, router, max(known), history.end_ns + 1)
        if nodes & left
    ]
    end_ns = min(again, default=history.end_ns + 1)
    staying, broken, lost = _fates(history, moment.begin_ns, end_ns, left)
    if staying < flows:
        return unknown(f"{staying} flows were on nodes that stay, wanted {flows}")
    if seen.seconds(end_ns, max(known)) < 1.0:
        return unknown("the node was back before flows could be looked at")
    share = broken / staying
    figure = Figure("flows of the other nodes that broke", share, at_most=at_most)
    text = f"{broken} of {staying} flows of the other nodes broke ({share:.1%}), and {lost} of {names(left)}"
    if share > at_most:
        if rerouted := _rerouted(history, lab, moment.begin_ns, end_ns):
            return unknown(f"{text}; but {rerouted} sent traffic another way")
        return failed(f"{text}, wanted {at_most:.0%} at most").with_figures(figure)
    return passed(text).with_figures(figure)


def _fates(history: History, begin_ns: int, end_ns: int, left: frozenset[str]) -> tuple[int, int, int]:
    """Count flows answered before a moment and asked after it: on other nodes, broken of those, broken of who left.

    A flow is broken when a request fails, or another node answers it.
    """
    staying = broken = lost = 0
    for run in seen.answers(history).values():
        by_flow: dict[int, list[Answer]] = {}
        for answer in run:
            by_flow.setdefault(answer.flow, []).append(answer)
        for found in by_flow.values():
            before = [answer for answer in found if answer.t_ns < begin_ns]
            after = [answer for answer in found if begin_ns <= answer.t_ns < end_ns]
            if not before or not before[-1].is_ok or not after:
                continue
            home = before[-1].node
            is_broken = any(not answer.is_ok or answer.node != home for answer in after)
            if home in left:
                lost += is_broken
            else:
                staying, broken = staying + 1, broken + is_broken
    return staying, broken, lost


def _rerouted(history: History, lab: LabFacts, begin_ns: int, end_ns: int) -> str:
    """Name the transit routers whose set of usable ways to an address was not always the same in a time; "" if none."""
    keys = [tables.key(ip_network(address)) for address in seen.addresses(history)]
    found = []
    for router in lab.transit_routers():
        looks = [look for look in seen.looks(history, "fib", router) if look.t_ns < end_ns]
        begun = max((n for n, look in enumerate(looks) if look.t_ns < begin_ns), default=0)
        fibs = [tables.fib(look.raw) for look in looks[begun:]]
        if any(
            len({frozenset(hop.via for hop in fib.get(key, ()) if hop.is_active) for fib in fibs}) > 1 for key in keys
        ):
            found.append(router)
    return ", ".join(found)


def joins_gently(flows: int) -> Check:
    """Demand that a node that comes breaks no established flow, and gets its part of new ones.

    Args:
        flows: fewer established flows than this decide nothing.
    """
    rule = "a node that comes breaks no established flow, and gets at least half of a fair share of new flows"
    return Check("joins-gently", rule, partial(_joins_gently, flows=flows))


def _joins_gently(history: History, *, flows: int) -> Verdict:
    lab, joining, runs = seen.facts(history), seen.moments(history, JOINING), seen.answers(history)
    if lab is None or not joining or len(runs) < 2:
        return unknown("no node was made to come, or there were no flows before and after")
    moment = joining[0]
    for router in lab.peering_routers():
        before = _hops(history, lab, router, 0, moment.begin_ns)
        after = _hops(history, lab, router, moment.begin_ns, history.end_ns + 1)
        if not before or before[-1][1] & moment.names or not after or not moment.names <= after[-1][1]:
            return unknown(f"{names(moment.names)} did not come on {router} in that time")
    staying, broken, _ = _fates(history, moment.begin_ns, history.end_ns + 1, frozenset())
    if staying < flows:
        return unknown(f"{staying} flows were established before, wanted {flows}")
    if broken:
        text = f"{broken} of {staying} established flows broke when {names(moment.names)} came"
        if rerouted := _rerouted(history, lab, moment.begin_ns, history.end_ns + 1):
            return unknown(f"{text}; but {rerouted} sent traffic another way")
        return failed(text)
    counts = seen.hits(runs[max(runs)], lab.eligible)
    if sum(counts.values()) < 0.9 * statistics.FLOWS_PER_NODE * len(lab.eligible):
        return unknown(f"{sum(counts.values())} new flows were answered")
    if starved := moment.names & set(statistics.starved(counts)):
        return failed(f"{names(starved)} got less than half of a fair share of new flows", str(counts))
    return passed(f"{staying} established flows, none broke; new flows {counts}")
