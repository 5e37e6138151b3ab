"""Judge of endpoints that come and go all the time: routers are told no more often than is owed, on the same sessions.

Source: RFC 4271 section 9.2 (an UPDATE tells of a change); Kubernetes API, externalTrafficPolicy Local; catalogue
PERF-008.

Pure.
"""

from collections import Counter
from functools import partial
from ipaddress import ip_network
from typing import Final

from conformance.suite import seen
from conformance.suite.case import Check
from conformance.suite.checks.bgp_wire import said
from conformance.suite.history import History
from conformance.suite.verdict import Figure, Verdict, failed, passed, unknown

CHURN: Final = "churn"
"""Name of the mark from which on endpoints, or Services, come and go, until `churn-over`."""


def only_owed(at_least: int) -> Check:
    """Demand that no session carries more UPDATEs of an address than its node's endpoints changed, and none is reset.

    Args:
        at_least: fewer changes than this decide nothing.
    """
    rule = "no session carries more UPDATEs than its own node's endpoints had changes, and none is reset"
    return Check("only-owed", rule, partial(_only_owed, at_least=at_least))


def _only_owed(history: History, *, at_least: int) -> Verdict:
    lab, begin, end = seen.facts(history), seen.marked(history, CHURN), seen.marked(history, f"{CHURN}-over")
    prefixes = {ip_network(address) for address in seen.addresses(history)}
    if (doubt := seen.wire_doubt(history)) or lab is None or begin is None or end is None or not prefixes:
        return unknown(doubt or "a mark or an address is missing")
    flips = _flips(history, begin, end)
    told = Counter({(router, node): 0 for router in lab.peering_routers() for node in lab.eligible})
    for each in said(history):
        if not begin <= each.t_ns < end:
            continue
        if each.is_reset:
            return failed(f"the session of {each.router} and {each.node} was reset")
        if each.update is not None and prefixes & {*each.update.advertised, *each.update.withdrawn}:
            told[each.router, each.node] += 1
    still = [node for node in lab.eligible if not flips[node]]
    if flips.total() < at_least or still:
        return unknown(f"{flips.total()} changes, wanted {at_least}{''.join(f', none on {node}' for node in still)}")
    if not told.total():
        return unknown("no UPDATE was seen at all")
    lasted_s = seen.seconds(end, begin)
    shares = {session: count / flips[session[1]] for session, count in told.items()}
    (router, node), share = max(shares.items(), key=lambda item: item[1])
    figures = (
        Figure("changes a second", flips.total() / lasted_s, "1/s"),
        Figure("UPDATEs a second, most of one session", max(told.values()) / lasted_s, "1/s"),
        Figure("UPDATEs for each change, most of one session", share, at_most=1),
    )
    text = f"{told[router, node]} UPDATEs of {node} to {router} for {flips[node]} changes"
    return (failed(text) if share > 1 else passed(text)).with_figures(*figures)


def _flips(history: History, begin_ns: int, end_ns: int) -> Counter[str]:
    """Count, for each node, the writes that made its endpoint ready or not."""
    found: Counter[str] = Counter()
    for write in seen.writes(history, "EndpointSlice", "patch"):
        if begin_ns <= write.t_ns < end_ns:
            found.update(str(endpoint["nodeName"]) for endpoint in write.object["endpoints"])
    return found
