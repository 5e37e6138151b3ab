"""Judges of whole tables: how long many prefixes take to a router, in how many messages, and how long away from it.

Source: RFC 4271 section 4.3 (UPDATE); catalogue PERF-006, which wants figures: a prefix that never comes fails, the
rest is reported.

Pure.
"""

from functools import partial
from ipaddress import ip_network

from conformance.suite import seen
from conformance.suite.bgp_stream import Kind
from conformance.suite.case import Check
from conformance.suite.checks.bgp_wire import initial_tables, said
from conformance.suite.facts import IPNetwork
from conformance.suite.history import History
from conformance.suite.verdict import Figure, Verdict, failed, passed, unknown


def _given(history: History) -> frozenset[IPNetwork]:
    return frozenset(ip_network(address) for state in seen.assignments(history).values() for address in state.addresses)


def whole_table(prefixes: int, within_s: float) -> Check:
    """Demand that each node tells each router of every address when its session comes up; how fast is reported.

    Args:
        prefixes: fewer addresses decide nothing.
        within_s: how long all is waited for from a session's OPEN on, seconds.
    """
    rule = f"each node tells each router all of {prefixes} prefixes within {within_s:g} s of its OPEN"
    return Check("whole-table", rule, partial(_whole_table, prefixes=prefixes, within_s=within_s))


def _whole_table(history: History, *, prefixes: int, within_s: float) -> Verdict:
    lab, wanted = seen.facts(history), _given(history)
    tables = initial_tables(history)
    doubt = seen.wire_doubt(history)
    if lab is None or len(wanted) < prefixes or doubt:
        return unknown(doubt or f"{len(wanted)} addresses were given, wanted {prefixes}")
    sessions = {(node, router) for router in lab.peering_routers() for node in lab.eligible}
    if missing := sorted(sessions - tables.keys()):
        return unknown(f"{missing[0][0]} to {missing[0][1]}: no session was captured from its OPEN on")
    deleted = seen.writes(history, "Service", "delete")
    until_ns = deleted[0].t_ns if deleted else history.end_ns  # a session that begins later need not tell of them
    worst_s, most, spoken = 0.0, 0, [each for each in said(history) if each.t_ns <= until_ns]
    for node, router in sorted(sessions):
        told = [each for each in spoken if (each.node, each.router) == (node, router)]
        opened = [each.t_ns for each in told if each.kind == Kind.OPEN][-1]
        first: dict[IPNetwork, int] = {}
        count = 0
        for each in told:
            if each.t_ns >= opened and each.update and set(each.update.advertised) & wanted:
                count += 1
                for prefix in each.update.advertised:
                    first.setdefault(prefix, each.t_ns)
        lacking = wanted - first.keys()
        if lacking and seen.seconds(history.end_ns, opened) <= within_s:
            return unknown(f"{node} to {router}: {len(lacking)} prefixes are not told yet")
        took_s = seen.seconds(max((first[prefix] for prefix in wanted & first.keys()), default=opened), opened)
        if lacking or took_s > within_s:
            return failed(f"{node} told {router} {len(wanted) - len(lacking)} of {len(wanted)} in {took_s:.1f} s")
        worst_s, most = max(worst_s, took_s), max(most, count)
    figures = (Figure("OPEN to last prefix", worst_s, "s", at_most=within_s), Figure("most UPDATEs of a session", most))
    text = f"{len(wanted)} prefixes in {len(sessions)} sessions, the last {worst_s:.2f} s after the OPEN"
    return passed(f"{text}, in {most} UPDATEs at most").with_figures(*figures)


def told_in_time(prefixes: int, within_s: float) -> Check:
    """Demand that each node has told each router of every address soon after the last of many was given.

    Args:
        prefixes: fewer addresses decide nothing.
        within_s: limit from the last address in the Service watch to the last prefix in an UPDATE, seconds.
    """
    rule = f"each node has told each router all of {prefixes} prefixes {within_s:g} s after the last address is given"
    return Check("told-in-time", rule, partial(_told_in_time, prefixes=prefixes, within_s=within_s))


def _told_in_time(history: History, *, prefixes: int, within_s: float) -> Verdict:
    lab, given = seen.facts(history), seen.assignments(history)
    wanted, doubt = _given(history), seen.wire_doubt(history)
    if lab is None or len(wanted) < prefixes or doubt:
        return unknown(doubt or f"{len(wanted)} addresses were given, wanted {prefixes}")
    last_ns = max(state.t_ns for state in given.values())
    first: dict[tuple[str, str], dict[IPNetwork, int]] = {
        (node, router): {} for router in lab.peering_routers() for node in lab.eligible
    }
    for each in said(history):
        if each.update and (each.node, each.router) in first:
            for prefix in wanted.intersection(each.update.advertised):
                first[each.node, each.router].setdefault(prefix, each.t_ns)
    watched_s, worst_s = seen.seconds(history.end_ns, last_ns), 0.0
    for (node, router), told in sorted(first.items()):
        if len(told) < len(wanted):
            text = f"{node} has told {router} {len(told)} of {len(wanted)} after {watched_s:.1f} s"
            return unknown(text) if watched_s <= within_s else failed(text)
        worst_s = max(worst_s, seen.seconds(max(told.values()), last_ns))
    figure = Figure("last address to last prefix", worst_s, "s", at_most=within_s)
    text = f"{len(wanted)} prefixes in {len(first)} sessions, the last {worst_s:.2f} s after the last address"
    return (failed(text) if worst_s > within_s else passed(text)).with_figures(figure)


def all_withdrawn(prefixes: int, within_s: float) -> Check:
    """Demand that each node withdraws every address from each router when all Services are deleted.

    Args:
        prefixes: fewer Services that were deleted decide nothing.
        within_s: limit from the API's answer to the last deletion, seconds.
    """
    rule = f"each node withdraws all of {prefixes} prefixes within {within_s:g} s of the last deletion"
    return Check("all-withdrawn", rule, partial(_all_withdrawn, prefixes=prefixes, within_s=within_s))


def _all_withdrawn(history: History, *, prefixes: int, within_s: float) -> Verdict:
    lab, deleted = seen.facts(history), seen.writes(history, "Service", "delete")
    doubt = seen.wire_doubt(history)
    if lab is None or len(deleted) < prefixes or doubt:
        return unknown(doubt or f"{len(deleted)} Services were deleted, wanted {prefixes}")
    held: dict[tuple[str, str], dict[IPNetwork, int]] = {}
    last: dict[tuple[str, str], int] = {}
    wanted = _given(history)
    for each in said(history):
        session, update = (each.node, each.router), each.update
        if each.kind == Kind.OPEN:
            held[session] = {}
        if update is None:
            continue
        for prefix in update.advertised:
            held.setdefault(session, {})[prefix] = each.t_ns
        for prefix in update.withdrawn:
            if held.setdefault(session, {}).pop(prefix, None) is not None and prefix in wanted:
                last[session] = each.t_ns
    left = {session: len(wanted & held[session].keys()) for session in held if wanted & held[session].keys()}
    took_s = max((seen.seconds(t_ns, deleted[-1].t_ns) for t_ns in last.values()), default=0.0)
    watched_s = seen.seconds(history.end_ns, deleted[-1].t_ns)
    if not last or (left and watched_s <= within_s):
        return unknown(f"{len(left)} sessions still hold prefixes, or none ever did; watched for {watched_s:.1f} s")
    if left:
        (node, router), count = next(iter(left.items()))
        return failed(f"{node} has not withdrawn {count} prefixes from {router} after {watched_s:.1f} s")
    figure = Figure("last deletion to last withdrawal", max(0.0, took_s), "s", at_most=within_s)
    text = f"all withdrawn in {len(last)} sessions, the last {max(0.0, took_s):.2f} s after the last deletion"
    return (failed(text) if took_s > within_s else passed(text)).with_figures(figure)
