"""Judges of a loss: how long clients wait, how long nobody answers, whether two do, and who owns in the end.

Source: RFC 5227 section 2.4 (two answers are a conflict); catalogue FO, "outage" and "dual".

Pure.
"""

from functools import partial
from typing import Final

from conformance.suite import answering, attempts, families, neighbor, seen
from conformance.suite.answering import Gap, Overlap
from conformance.suite.case import Check
from conformance.suite.damage import Damage, damages
from conformance.suite.declared import declared
from conformance.suite.facts import IPAddress
from conformance.suite.history import History
from conformance.suite.verdict import Figure, Verdict, failed, passed, unknown
from conformance.suite.waits import DUAL_S, PROBE_S, REPLY_P95_S

UNDER_WAY_S: Final = 0.02
"""An answer may be under way when its sender hears that another one owns the address from now on."""
HEALING_S: Final = 1.0
"""After a split two may answer until they have heard each other, for `DUAL_S`; looked for this long."""
DECLARED: Final = None
"""Instead of seconds: what the target declares (`Declared.failover_s`)."""


def bound_s(history: History, within_s: float | None) -> float | None:
    """Return a limit in seconds: the one given, or what the target declares; None if it declares none."""
    target = declared(history)
    return within_s if within_s is not None else target.failover_s if target else None


def _within(within_s: float | None) -> str:
    return "what the target declares" if within_s is None else f"{within_s:g} s"


def outage(*abouts: str, within_s: float | None, at_least: int = 25) -> Check:
    """Demand that clients get their answers again soon after each fault, and lose little in all.

    Args:
        abouts: names of the loops of requests; none for all.
        within_s: limit of the longest outage and of all failed requests' time, seconds; None for what is declared.
        at_least: fewer requests of a loop, before the first fault or after the last, decide nothing.
    """
    rule = f"clients wait no longer than {_within(within_s)}, and lose no more than that in all, fault by fault"
    return Check("outage", rule, partial(_outage, abouts=abouts, within_s=within_s, at_least=at_least))


def _outage(history: History, *, abouts: tuple[str, ...], within_s: float | None, at_least: int) -> Verdict:
    limit_s, faults = bound_s(history, within_s), _felt(history)
    loops = abouts or tuple(str(plan.data["about"]) for plan in history.of("request", "plan"))
    if limit_s is None or not faults or not loops:
        return unknown("there was no fault, no loop of requests, or the target declares no bound")
    worst_s, details = 0.0, []
    for about in loops:
        made = attempts.requests(history, about)
        before = [request for request in made if request.end_ns < faults[0].begin_ns]
        after = [request for request in made if request.begin_ns >= faults[-1].begin_ns]
        if min(len(before), len(after)) < at_least or not all(request.is_ok for request in before[-at_least:]):
            return unknown(f"{about}: {len(before)} requests before and {len(after)} after, wanted {at_least} answered")
        since = _since(made, faults)
        for fault, begin_ns, end_ns in _spans(history, faults):
            mine = [r for r in since if begin_ns <= max(r.begin_ns, faults[0].begin_ns) < end_ns]
            found = answering.gaps((request.begin_ns, request.is_ok) for request in mine)
            lost_s = max((gap.lasted_s for gap in found), default=0.0)
            failures = sum(1 for request in mine if not request.is_ok)
            worst_s = max(worst_s, lost_s)
            text = f"{about}, {fault.name}: {failures} requests failed, the longest outage {lost_s:.2f} s"
            if failures > 1 and not all(gap.is_over for gap in found):
                return failed(f"{text}, and it does not end", *_failing(mine))
            if lost_s > limit_s or failures * PROBE_S > limit_s:
                figure = Figure("outage", max(lost_s, failures * PROBE_S), "s", at_most=limit_s)
                return failed(f"{text}, wanted {limit_s:g} s", *_failing(mine)).with_figures(figure)
            details.append(text)
    return passed("; ".join(details)).with_figures(Figure("outage", worst_s, "s", at_most=limit_s))


def _felt(history: History) -> tuple[Damage, ...]:
    return tuple(fault for fault in damages(history) if fault.is_felt)


def _since(made: tuple[attempts.Request, ...], faults: tuple[Damage, ...]) -> list[attempts.Request]:
    """Return the requests since the first fault; what was under way when it began is its own."""
    return [request for request in made if request.end_ns >= faults[0].begin_ns]


def _failing(made: list[attempts.Request]) -> list[str]:
    return [str(request) for request in made if not request.is_ok]


def _spans(history: History, faults: tuple[Damage, ...]) -> list[tuple[Damage, int, int]]:
    """Pair each fault with the time from its beginning to the next one's."""
    ends = [*(fault.begin_ns for fault in faults[1:]), history.end_ns + 1]
    return [(fault, fault.begin_ns, end_ns) for fault, end_ns in zip(faults, ends, strict=True)]


def none_lost(*abouts: str, at_least: int) -> Check:
    """Demand that no request fails, though something was done to the load balancer.

    Args:
        abouts: names of the loops of requests; none for all.
        at_least: fewer requests of a loop since the first fault decide nothing.
    """
    return Check("none-lost", "no request fails", partial(_none_lost, abouts=abouts, at_least=at_least))


def _none_lost(history: History, *, abouts: tuple[str, ...], at_least: int) -> Verdict:
    faults = _felt(history)
    loops = abouts or tuple(str(plan.data["about"]) for plan in history.of("request", "plan"))
    if not faults or not loops:
        return unknown("nothing was done, or nobody asked")
    total = 0
    for about in loops:
        since = _since(attempts.requests(history, about), faults)
        if lost := [request for request in since if not request.is_ok]:
            text = f"{about}: {len(lost)} of {len(since)} requests failed ({lost[0].error})"
            return failed(text, *map(str, lost)).with_figures(Figure("requests lost", len(lost), at_most=0))
        if len(since) < at_least:
            return unknown(f"{about}: {len(since)} requests, wanted {at_least}")
        total += len(since)
    return passed(f"{total} requests, all answered").with_figures(Figure("requests lost", 0, at_most=0))


def answered_again(within_s: float | None, at_least: int = 25) -> Check:
    """Demand that somebody answers for each address again soon after each fault.

    Args:
        within_s: limit of the longest silence, seconds; None for what is declared.
        at_least: fewer questions for an address that was answered decide nothing.
    """
    rule = f"no address that was answered for stays silent longer than {_within(within_s)}"
    return Check("answered-again", rule, partial(_answered_again, within_s=within_s, at_least=at_least))


def _answered_again(history: History, *, within_s: float | None, at_least: int) -> Verdict:
    limit_s, faults = bound_s(history, within_s), damages(history)
    doubt = seen.wire_doubt(history)
    if limit_s is None or not faults or doubt:
        return unknown(doubt or "there was no fault, or the target declares no bound")
    worst_s, watched = 0.0, 0
    for address in families.given(history):
        found = silent(history, address)
        if found is None:
            continue
        watched += 1
        longest = max(found, key=lambda gap: gap.lasted_s, default=None)
        if longest is None:
            continue
        worst_s = max(worst_s, longest.lasted_s)
        if longest.lasted_s > limit_s:
            text = f"{address}: nobody answered for {longest.lasted_s:.2f} s, wanted {limit_s:g} s"
            text += "" if longest.is_over else ", and nobody does in the end"
            return failed(text, f"t={longest.begin_ns}").with_figures(Figure("silence", worst_s, "s", at_most=limit_s))
    asked = sum(len(neighbor.questions(history, address)) for address in families.given(history))
    if not watched or asked < at_least:
        return unknown(f"{watched} addresses were answered for before the first fault, {asked} questions")
    figure = Figure("silence", worst_s, "s", at_most=limit_s)
    return passed(f"{watched} addresses, the longest silence {worst_s:.2f} s").with_figures(figure)


def silent(history: History, address: IPAddress) -> tuple[Gap, ...] | None:
    """Return the silences of an address since the first fault; None if it was not answered for before that.

    One in which somebody took over, and was hit before anybody asked, is two: each loss has its own time.
    """
    faults, closed = damages(history), history.of("wire", "closed")
    asked = [ask for ask in neighbor.asks(history) if ask.target == address]
    if not faults or not any(ask.answers for ask in asked if ask.t_ns < faults[0].begin_ns):
        return None
    end_ns = (closed[0].t_ns if closed else history.end_ns) - int(REPLY_P95_S * seen.NS_PER_S)
    found = answering.silences(history, address, end_ns)
    return tuple(part for gap in found if gap.end_ns >= faults[0].begin_ns for part in _parts(history, address, gap))


def _parts(history: History, address: IPAddress, gap: Gap) -> tuple[Gap, ...]:
    """Part a silence where whoever had claimed the address in it was hit."""
    lab = seen.facts(history)
    claims = [one for one in neighbor.claims(history, address) if gap.begin_ns < one.t_ns < gap.end_ns]
    for fault in damages(history):
        before = [one for one in claims if one.t_ns < fault.begin_ns < gap.end_ns]
        if lab and before and lab.node_of_mac(before[-1].mac) in fault.nodes:
            first = Gap(gap.begin_ns, before[-1].t_ns, is_over=True)
            return first, *_parts(history, address, Gap(fault.begin_ns, gap.end_ns, gap.is_over))
    return (gap,)


def one_at_a_time() -> Check:
    """Demand that two never answer for one address: not for long while a split heals, and else not at all."""
    rule = f"two answer for one address never, or while a split segment heals for {DUAL_S * 1000:.0f} ms at most"
    return Check("one-at-a-time", rule, _one_at_a_time)


def _one_at_a_time(history: History) -> Verdict:
    given = families.given(history)
    found = [overlap for address in given for overlap in answering.overlaps(history, address)]
    worst_s = max((overlap.lasted_s for overlap in found), default=0.0)
    wrong = [(overlap, why) for overlap in found if (why := breach(history, overlap))]
    if wrong:
        overlap, why = wrong[0]
        lines = [f"t={one.begin_ns} {one.address}: {one.older} and {one.newer}, {one.lasted_s:.3f} s" for one in found]
        text = f"{overlap.address}: {overlap.newer} answered beside {overlap.older} for {overlap.lasted_s:.3f} s, {why}"
        return failed(text, *lines)
    doubt = seen.wire_doubt(history)
    if doubt or not any(neighbor.claims(history, address) for address in given):
        return unknown(doubt or "no address was claimed")
    return passed(f"{len(given)} addresses, two answered for {worst_s:.3f} s at most").with_figures(
        Figure("two answered", worst_s, "s", at_most=DUAL_S)
    )


def breach(history: History, overlap: Overlap) -> str:
    """Say why two may not have answered as they did; "" if they may.

    While a segment heals both sides may answer for a moment. Else a change of owners is one claim after the other, but
    for an answer that is under way; and who has lost an address never speaks of it again.
    """
    if any(fault.is_split and fault.concerns(overlap.begin_ns, HEALING_S) for fault in damages(history)):
        return "" if overlap.lasted_s <= DUAL_S else f"wanted {DUAL_S:g} s, as a split healed"
    if overlap.is_stray:
        return "and fell silent again"
    return "" if overlap.lasted_s <= UNDER_WAY_S else f"wanted {UNDER_WAY_S:g} s, without any split"


def taken_over(within_s: float | None, told_s: float = 1.0) -> Check:
    """Demand that the addresses of a node that was lost are answered for by another, which tells everybody.

    Args:
        within_s: from the fault to the new owner's first claim, seconds; None for what is declared.
        told_s: from that claim to its announcement to everybody, seconds.
    """
    rule = f"another node answers {_within(within_s)} after the loss, and tells everybody within {told_s:g} s"
    return Check("taken-over", rule, partial(_taken_over, within_s=within_s, told_s=told_s))


def _taken_over(history: History, *, within_s: float | None, told_s: float) -> Verdict:
    lab, limit_s, doubt = seen.facts(history), bound_s(history, within_s), seen.wire_doubt(history)
    losses = [fault for fault in damages(history) if fault.nodes]
    if lab is None or limit_s is None or not losses or doubt:
        return unknown(doubt or "no node was hit, or the target declares no bound")
    loss, details = losses[0], []
    for address in families.given(history):
        claims = neighbor.claims(history, address)
        before = [one for one in claims if one.t_ns < loss.begin_ns]
        if not before or lab.node_of_mac(before[-1].mac) not in loss.nodes:
            continue
        after = [one for one in claims if one.t_ns >= loss.begin_ns and lab.node_of_mac(one.mac) not in loss.nodes]
        if not after:
            return failed(f"{address} of {loss.nodes[0]} was taken over by nobody")
        took_s = seen.seconds(after[0].t_ns, loss.begin_ns)
        told = next((one for one in after if neighbor.is_gratuitous(one)), None)
        late_s = seen.seconds(told.t_ns, after[0].t_ns) if told else None
        if took_s > limit_s:
            return failed(f"{address} was taken over after {took_s:.2f} s, wanted {limit_s:g} s")
        if late_s is None or late_s > told_s:
            return failed(f"{address}: its new owner told nobody" + (f" for {late_s:.2f} s" if late_s else ""))
        details.append(f"{address} after {took_s:.2f} s by {lab.node_of_mac(after[0].mac)}")
    return passed("; ".join(details)) if details else unknown(f"{', '.join(loss.nodes)} owned no address")


def few_changes(at_most: int, since: str = "") -> Check:
    """Demand that no address changes its owner oftener than it must.

    Args:
        at_most: changes of one address.
        since: mark from which on they are counted; "" for the first fault.
    """
    rule = f"no address changes its owner more than {at_most} times since {since or 'the fault'}, and one owns it then"
    return Check("few-changes", rule, partial(_few_changes, at_most=at_most, since=since))


def _few_changes(history: History, *, at_most: int, since: str) -> Verdict:
    lab, faults = seen.facts(history), damages(history)
    marks = [event.t_ns for event in history.of("suite", "mark") if event.data["name"] == since]
    starts = marks if since else [fault.begin_ns for fault in faults]
    if lab is None or not starts:
        return unknown("there was no fault" if not since else f"there was no mark {since}")
    details: list[str] = []
    for address in families.given(history):
        stretches = answering.stretches(history, address)  # while two answer at a time that is one change, not many
        before = [one.mac for one in stretches if one.begin_ns < starts[0]]
        if not before:
            continue
        turns = before[-1:]
        for one in stretches:
            if one.begin_ns >= starts[0] and one.mac != turns[-1]:
                turns.append(one.mac)
        names = [lab.node_of_mac(mac) or "a stranger" for mac in turns]
        if len(turns) - 1 > at_most:
            return failed(f"{address} changed its owner {len(turns) - 1} times", " -> ".join(names[:8]))
        if names[-1] not in lab.eligible:
            return failed(f"{address} is owned by {names[-1]} in the end")
        details.append(f"{address}: {' -> '.join(names)}")
    doubt = seen.wire_doubt(history)
    return unknown(doubt or "no address was owned before") if doubt or not details else passed("; ".join(details))
