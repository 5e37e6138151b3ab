"""Judges of Services that come and go under BGP: nothing is told twice, and all is taken back soon.

Source: RFC 4271 section 9.2 (an UPDATE tells of a change) and 4.3 (withdrawn routes); catalogue PERF-016.

Pure.
"""

import math
from collections import defaultdict
from functools import partial
from ipaddress import ip_network
from typing import TypeAlias

from conformance.suite import seen
from conformance.suite.case import Check
from conformance.suite.checks.bgp_wire import said
from conformance.suite.checks.endpoint_churn import CHURN
from conformance.suite.facts import IPNetwork
from conformance.suite.history import History
from conformance.suite.spread import spread
from conformance.suite.verdict import Figure, Verdict, failed, passed, unknown

_Session: TypeAlias = tuple[str, str]
_Told: TypeAlias = dict[_Session, dict[IPNetwork, list[tuple[int, bool]]]]
"""{(node, router): {prefix: when it was told, and whether it was advertised}}"""


def told_once(at_least: int) -> Check:
    """Demand that no session is reset, or tells again what it has told: a Service is one advertisement, one withdrawal.

    Args:
        at_least: fewer Services that came and went decide nothing.
    """
    rule = "no session tells again what its router knows, and none is reset"
    return Check("told-once", rule, partial(_told_once, at_least=at_least))


def _told_once(history: History, *, at_least: int) -> Verdict:
    begin, end = seen.marked(history, CHURN), seen.marked(history, f"{CHURN}-over")
    deleted = seen.writes(history, "Service", "delete")
    if (doubt := _doubt(history, len(deleted), at_least)) or begin is None or end is None:
        return unknown(doubt or "a mark is missing")
    for each in said(history):
        if begin <= each.t_ns < end and each.is_reset:
            return failed(f"the session of {each.router} and {each.node} was reset")
    updates = 0
    for (node, router), prefixes in sorted(_told(history).items()):
        for prefix, moments in prefixes.items():
            updates += len(moments)
            held = False
            for _, is_advertised in moments:
                if is_advertised == held:
                    what = "advertised" if held else "withdrew"
                    return failed(f"{node} {what} {prefix} to {router} when the router {_knew(is_held=held)}")
                held = is_advertised
    if not updates:
        return unknown("no UPDATE was seen at all")
    rate = updates / seen.seconds(end, begin)
    figure = Figure("changes of prefixes a second, all sessions", rate, "1/s")
    return passed(f"{updates} changes of prefixes for {len(deleted)} Services, each told once").with_figures(figure)


def taken_back(p99_s: float, at_least: int) -> Check:
    """Demand that an address is withdrawn from each router soon after its Service was deleted.

    An address that another Service has by then is owed to that one, and is not counted.

    Args:
        p99_s: limit of the 99th percentile, from the API's answer to the delete until the UPDATE, seconds.
        at_least: fewer Services that came and went decide nothing.
    """
    rule = f"99 of 100 withdrawals reach the routers {p99_s:g} s after their Services were deleted"
    return Check("taken-back", rule, partial(_taken_back, p99_s=p99_s, at_least=at_least))


def _taken_back(history: History, *, p99_s: float, at_least: int) -> Verdict:
    deleted = seen.writes(history, "Service", "delete")
    if doubt := _doubt(history, len(deleted), at_least):
        return unknown(doubt)
    told, given = _told(history), seen.assignments(history)
    heirs: dict[IPNetwork, list[int]] = defaultdict(list)
    for state in given.values():
        for address in state.addresses:
            heirs[ip_network(address)].append(state.t_ns)
    took: list[float] = []
    for write in deleted:
        watched_s = seen.seconds(history.end_ns, write.t_ns)
        for prefix in map(ip_network, given[write.name].addresses if write.name in given else ()):
            heir_ns = min((t_ns for t_ns in heirs[prefix] if t_ns > write.invoked_ns), default=None)
            until_ns = history.end_ns + 1 if heir_ns is None else heir_ns
            for prefixes in told.values():
                before = [is_advertised for t_ns, is_advertised in prefixes[prefix] if t_ns <= write.invoked_ns]
                later = [each for each in prefixes[prefix] if write.invoked_ns < each[0] < until_ns]
                if before[-1:] != [True] and not any(is_advertised for _, is_advertised in later):
                    continue
                gone = [t_ns for t_ns, is_advertised in later if not is_advertised]
                if gone:  # what is advertised after that is the heir's, who may be told of before the watch shows it
                    took.append(max(0.0, seen.seconds(gone[0], write.t_ns)))
                elif seen.seconds(until_ns, write.t_ns) > p99_s and watched_s > p99_s:
                    took.append(math.inf)
    if len(took) < at_least:
        return unknown(f"{len(took)} withdrawals were owed, wanted {at_least}")
    found = spread(took)
    figures = [
        Figure(f"delete to withdrawal, {name}", found.at(percent), "s", at_most=p99_s if percent == 99 else None)
        for name, percent in (("p50", 50), ("p99", 99), ("worst", 100))
        if math.isfinite(found.at(percent))
    ]
    if found.came < len(took):
        figures.append(Figure("withdrawals that came", found.came / len(took), at_least=0.99))
    text = f"{len(took)} withdrawals, 99th percentile {found.at(99):.3f} s, worst {found.at(100):.3f} s"
    return (failed(text) if found.at(99) > p99_s else passed(text)).with_figures(*figures)


def _doubt(history: History, deleted: int, at_least: int) -> str:
    if doubt := seen.wire_doubt(history):
        return doubt
    if seen.facts(history) is None:
        return "the lab's facts are missing"
    return f"{deleted} Services came and went, wanted {at_least}" if deleted < at_least else ""


def _told(history: History) -> _Told:
    lab = seen.facts(history)
    assert lab is not None
    found: _Told = {(node, router): defaultdict(list) for router in lab.peering_routers() for node in lab.eligible}
    wanted = {ip_network(a) for state in seen.assignments(history).values() for a in state.addresses}
    for each in said(history):
        if each.update is None or (each.node, each.router) not in found:
            continue
        prefixes = found[each.node, each.router]
        for prefix in wanted.intersection(each.update.withdrawn):
            prefixes[prefix].append((each.t_ns, False))
        for prefix in wanted.intersection(each.update.advertised):
            prefixes[prefix].append((each.t_ns, True))
    return found


def _knew(*, is_held: bool) -> str:
    return "had it as it was" if is_held else "did not have it"
