"""Judges of hold and keepalive times: what is negotiated, how often KEEPALIVEs come, what is refused.

Source: RFC 4271 sections 4.2, 4.4, 6.2 and 10; catalogue BGP-033.

Pure.
"""

from functools import partial
from statistics import median

from conformance.suite import bgp_stream, seen, tables
from conformance.suite.bgp_stream import Kind
from conformance.suite.case import Check
from conformance.suite.declared import declared
from conformance.suite.facts import LabFacts
from conformance.suite.history import History
from conformance.suite.verdict import Figure, Verdict, failed, passed, unknown

_JITTER = 0.25
"""RFC 4271 section 10: timers have a jitter of 0.75 to 1.0; catalogue BGP-033 allows as much above."""
_OPEN_ERROR = (2, 6)
"""NOTIFICATION: OPEN Message Error, Unacceptable Hold Time."""
_POLICY = "zero-hold-time"


def keepalives(since: str, hold_s: float, keepalive_s: float) -> Check:
    """Demand a hold time, and KEEPALIVEs at an interval, from a mark to `SINCE-over`.

    Args:
        since: name of the mark; it names the check, too.
        hold_s: that both ends must use, as the router tells.
        keepalive_s: between two KEEPALIVEs of a node, in the middle of all intervals; none may reach the hold time.
    """
    rule = f"with {hold_s:g} s of hold time nodes send KEEPALIVEs every {keepalive_s:g} s, give or take a quarter"
    judge = partial(_keepalives, since=since, hold_s=hold_s, keepalive_s=keepalive_s)
    return Check(f"keepalives-{since}", rule, judge)


def _keepalives(history: History, *, since: str, hold_s: float, keepalive_s: float) -> Verdict:
    lab, begin, end = seen.facts(history), seen.marked(history, since), seen.marked(history, f"{since}-over")
    if (doubt := seen.wire_doubt(history)) or lab is None or begin is None or end is None:
        return unknown(doubt or "a mark is missing")
    found: list[float] = []
    for router in lab.peering_routers():
        times = _times(history, lab, router, begin, end)
        looks = [x for x in seen.looks(history, "bgp_neighbors", router) if begin <= x.t_ns < end]
        for node in lab.eligible:
            address = next(a for a, name in lab.peering(router).items() if name == node)
            session = tables.neighbors(looks[-1].raw).get(address) if looks else None
            if session is None or session.state != tables.ESTABLISHED or len(times.get(node, ())) < 4:
                return unknown(f"{router} and {node}: no session that lasted, or fewer than four KEEPALIVEs")
            if session.hold_time_s != hold_s:
                return failed(f"{router} and {node} use a hold time of {session.hold_time_s:g} s, wanted {hold_s:g} s")
            mine = [seen.seconds(b, a) for a, b in zip(times[node], times[node][1:], strict=False)]
            if max(mine) >= hold_s:
                return failed(f"{node} was silent to {router} for {max(mine):.1f} s of {hold_s:g} s")
            found.append(median(mine))
    worst = max(found, key=lambda one: abs(one - keepalive_s))
    figure = Figure("farthest interval", worst, "s", keepalive_s * (1 + _JITTER), keepalive_s * (1 - _JITTER))
    if abs(worst - keepalive_s) > _JITTER * keepalive_s:
        return failed(f"KEEPALIVEs come every {worst:.2f} s, wanted {keepalive_s:g} s").with_figures(figure)
    return passed(f"{len(found)} sessions, {min(found):.2f} to {max(found):.2f} s").with_figures(figure)


def _times(history: History, lab: LabFacts, router: str, begin_ns: int, end_ns: int) -> dict[str, list[int]]:
    """Return {node: when its KEEPALIVEs came to a router in a span of time, ns}."""
    peers, found = lab.peering(router), dict[str, list[int]]()
    for message in bgp_stream.messages(history, router):
        if message.kind == Kind.KEEPALIVE and message.sender in peers and begin_ns <= message.t_ns < end_ns:
            found.setdefault(peers[message.sender], []).append(message.t_ns)
    return found


def zero_hold(since: str, at_least_s: float) -> Check:
    """Demand that a hold time of 0 means no KEEPALIVEs, or no session where the target says that it refuses it.

    Args:
        since: name of the mark, up to `SINCE-over`.
        at_least_s: less time than this decides nothing.
    """
    rule = "with a hold time of 0 no KEEPALIVEs are sent (RFC 4271 section 4.4), or there is no session, as declared"
    return Check("zero-hold-time", rule, partial(_zero_hold, since=since, at_least_s=at_least_s))


def _zero_hold(history: History, *, since: str, at_least_s: float) -> Verdict:
    lab, begin, end = seen.facts(history), seen.marked(history, since), seen.marked(history, f"{since}-over")
    target = declared(history)
    policy = target.policies.get(_POLICY) if target else None
    if lab is None or begin is None or end is None or policy not in {"used", "refused"}:
        return unknown("a mark is missing, or the target does not say what it does with a hold time of 0")
    if (doubt := seen.wire_doubt(history)) or seen.seconds(end, begin) < at_least_s:
        return unknown(doubt or f"watched for {seen.seconds(end, begin):.1f} s, wanted {at_least_s:g} s")
    for router in lab.peering_routers():
        looks = [x for x in seen.looks(history, "bgp_peers", router) if begin <= x.t_ns < end]
        if not looks:
            return unknown(f"{router} was not looked at")
        times = _times(history, lab, router, begin, end)
        for address, node in sorted(lab.peering(router).items(), key=lambda item: int(item[0])):
            states = [s.state if (s := tables.sessions(x.raw).get(address)) else "" for x in looks]
            if policy == "refused" and tables.ESTABLISHED in states:
                return failed(f"{router} and {node} have a session, and the target says that it refuses this")
            if policy == "used" and states[-1] != tables.ESTABLISHED:
                return failed(f"{router} and {node} have no session ({states[-1] or 'nothing'})")
            if policy == "used" and len(times.get(node, ())) > 1:
                return failed(f"{node} sent {len(times[node])} KEEPALIVEs to {router}")
    return passed("no session, as declared" if policy == "refused" else "sessions without KEEPALIVEs")


def refuses_hold(*hold_times_s: int) -> Check:
    """Demand that each node refuses each of these hold times of a router by the NOTIFICATION that is for it.

    Args:
        hold_times_s: each of them must have been offered to each node.
    """
    rule = f"a router that offers {' or '.join(map(str, hold_times_s))} s is answered by NOTIFICATION 2/6"
    return Check("refuses-hold-time", rule, partial(_refuses_hold, hold_times_s=hold_times_s))


def _refuses_hold(history: History, *, hold_times_s: tuple[int, ...]) -> Verdict:
    lab, offered = seen.facts(history), history.of("bgp", "offered")
    if lab is None or not offered:
        return unknown("no hold time was offered")
    owner = {str(a): node for router in lab.peering_routers() for a, node in lab.peering(router).items()}
    answered: set[tuple[str, int]] = set()
    for event in offered:
        node, hold_s = owner.get(str(event.data["caller"]), ""), int(event.data["hold_time_s"])
        answer = (int(event.data.get("code", 0)), int(event.data.get("subcode", 0)))
        if node in lab.eligible and hold_s in hold_times_s:
            if answer != _OPEN_ERROR:
                kind = int(event.data["answer"])
                what = f"NOTIFICATION {answer[0]}/{answer[1]}" if kind == Kind.NOTIFICATION else f"message type {kind}"
                return failed(f"{node} answered a hold time of {hold_s} s by {what if kind else 'nothing'}")
            answered.add((node, hold_s))
    missing = {(node, hold_s) for node in lab.eligible for hold_s in hold_times_s} - answered
    if missing:
        node, hold_s = min(missing)
        return unknown(f"{node} was not offered {hold_s} s")
    return passed(f"{len(answered)} offers, all refused by NOTIFICATION 2/6")
