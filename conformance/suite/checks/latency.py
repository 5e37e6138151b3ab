"""Judges of how long things take that a user waits for, how many at a time go well, and what they cost.

Source: catalogue PERF; nearest-rank percentiles (`spread.py`), so that each figure is a sample.

Pure.
"""

import math
from collections import defaultdict
from functools import partial
from typing import Final

from conformance.suite import attempts, families, neighbor, phases, seen
from conformance.suite.case import Check
from conformance.suite.damage import damages
from conformance.suite.declared import declared
from conformance.suite.facts import IPAddress
from conformance.suite.history import History
from conformance.suite.spread import Spread, spread
from conformance.suite.verdict import Figure, Verdict, failed, passed, unknown

MIB: Final = 1 << 20
WINDOW_S: Final = 0.1
"""In which the frames of a burst are counted: many switches' buffers hold no more."""
MARGIN_S: Final = 2.0
"""PERF-005: over the bound of one address, for the last of many."""


def _figures(what: str, found: Spread, unit: str, at_most: float | None, percent: int) -> tuple[Figure, ...]:
    """Show percentiles, the `percent`th beside its bound; where some never came, the share that did."""
    factor = 1000.0 if unit == "ms" else 1.0
    shown = [(f"p{p}", found.at(p), at_most if p == percent else None) for p in (50, 95, 99)]
    shown.append(("worst", found.at(100), at_most if percent == 100 else None))
    figures = [
        Figure(f"{what}, {name}", value * factor, unit, at_most=bound * factor if bound is not None else None)
        for name, value, bound in shown
        if math.isfinite(value)
    ]
    if found.came < len(found.samples):
        wanted = percent / 100 if at_most is not None else None
        figures.append(Figure(f"{what}, share that came", found.came / len(found.samples), at_least=wanted))
    return tuple(figures)


def first_request(p95_s: float, at_least: int) -> Check:
    """Demand that a client's first request succeeds soon after a Service was created.

    Requests begin when the address is known, so that what the client needs to begin is in the figure, too.

    Args:
        p95_s: limit of the 95th percentile, from the API's answer to the create until the first success, seconds.
        at_least: fewer Services decide nothing.
    """
    rule = f"95 of 100 Services answer a client {p95_s:g} s after they were created"
    return Check("first-request", rule, partial(_first_request, p95_s=p95_s, at_least=at_least))


def _first_request(history: History, *, p95_s: float, at_least: int) -> Verdict:
    took: list[float] = []
    for write in seen.writes(history, "Service", "create"):
        made = attempts.requests(history, write.name)
        first = next((request for request in made if request.is_ok), None)
        if first is None and (not made or seen.seconds(history.end_ns, write.t_ns) <= p95_s):
            continue
        took.append(seen.seconds(first.end_ns, write.t_ns) if first else math.inf)
    found = spread(took)
    if len(took) < at_least:
        return unknown(f"{len(took)} Services were asked for long enough, wanted {at_least}")
    figures = _figures("create to first answer", found, "s", p95_s, 95)
    text = f"{len(took)} Services, 95th percentile {found.at(95):.2f} s, worst {found.at(100):.2f} s"
    return (failed(text) if found.at(95) > p95_s else passed(text)).with_figures(*figures)


def withdrawn_soon(p95_s: float, at_least: int) -> Check:
    """Demand that an address is claimed no longer soon after its Service was deleted.

    Args:
        p95_s: limit of the 95th percentile, from the API's answer to the delete until the last claim, seconds.
        at_least: fewer Services that were deleted decide nothing.
    """
    rule = f"95 of 100 addresses fall silent {p95_s:g} s after their Services were deleted"
    return Check("withdrawn-soon", rule, partial(_withdrawn_soon, p95_s=p95_s, at_least=at_least))


def _withdrawn_soon(history: History, *, p95_s: float, at_least: int) -> Verdict:
    given = seen.assignments(history)
    took: list[float] = []
    for write in seen.writes(history, "Service", "delete"):
        if write.name not in given:
            continue
        address = given[write.name].addresses[0]
        heard = [one.t_ns for one in neighbor.claims(history, address)]
        asked = [t_ns for t_ns in neighbor.questions(history, address) if t_ns > write.t_ns]
        if not any(t_ns < write.invoked_ns for t_ns in heard):
            return unknown(f"{address} was never answered for before {write.name} was deleted")
        if not asked or seen.seconds(asked[-1], write.t_ns) <= p95_s:
            return unknown(f"{address} was not asked for long enough after {write.name} was deleted")
        took.append(max(0.0, seen.seconds(heard[-1], write.t_ns)))
    found = spread(took)
    if len(took) < at_least or (doubt := seen.wire_doubt(history)):
        return unknown(f"{len(took)} Services were deleted, wanted {at_least}" if len(took) < at_least else doubt)
    figures = _figures("delete to last claim", found, "s", p95_s, 95)
    text = f"{len(took)} addresses, 95th percentile {found.at(95):.2f} s, worst {found.at(100):.2f} s"
    return (failed(text) if found.at(95) > p95_s else passed(text)).with_figures(*figures)


def many_answered(addresses: int, per_s: int, ratio: float, p99_s: float) -> Check:
    """Demand that many questions for many addresses are answered, nearly all and fast.

    Args:
        addresses: fewer different ones that were asked for decide nothing.
        per_s: questions a second; less than 80 % of it decides nothing.
        ratio: of the questions that must be answered.
        p99_s: limit of the 99th percentile of those answered, seconds.
    """
    rule = f"of {per_s} questions a second for {addresses} addresses {ratio:.1%} are answered, p99 {p99_s * 1000:g} ms"
    judge = partial(_many_answered, addresses=addresses, per_s=per_s, ratio=ratio, p99_s=p99_s)
    return Check("many-answered", rule, judge)


def _many_answered(history: History, *, addresses: int, per_s: int, ratio: float, p99_s: float) -> Verdict:
    begin_ns = seen.marked(history, "questions")
    asked = [ask for ask in neighbor.asks(history) if begin_ns is not None and ask.t_ns > begin_ns]
    targets = {ask.target for ask in asked}
    lasted_s = seen.seconds(asked[-1].t_ns, asked[0].t_ns) if asked else 0.0
    rate = len(asked) / lasted_s if lasted_s else 0.0
    doubt = seen.wire_doubt(history)
    if len(targets) < addresses or rate < 0.8 * per_s or doubt:
        return unknown(doubt or f"{rate:.0f} questions a second for {len(targets)} addresses")
    waits = spread(seen.seconds(ask.answers[0].t_ns, ask.t_ns) for ask in asked if ask.answers)
    share = len(waits.samples) / len(asked)
    figures = (Figure("answered", share, at_least=ratio), *_figures("answer", waits, "ms", p99_s, 99))
    text = f"{share:.2%} of {len(asked)} questions, {rate:.0f} a second for {len(targets)} addresses, answered"
    if waits.samples:
        text += f", 99th percentile {waits.at(99) * 1000:.2f} ms"
    is_bad = share < ratio or waits.at(99) > p99_s
    return (failed(text) if is_bad else passed(text)).with_figures(*figures)


def all_taken_over(at_least: int) -> Check:
    """Demand that of many addresses of a lost node the last is claimed by another one soon.

    Args:
        at_least: fewer addresses of that node decide nothing.
    """
    rule = f"the last of a lost node's addresses is claimed by another {MARGIN_S:g} s after the declared bound"
    return Check("all-taken-over", rule, partial(_all_taken_over, at_least=at_least))


def _all_taken_over(history: History, *, at_least: int) -> Verdict:
    lab, says, faults = seen.facts(history), declared(history), damages(history)
    if lab is None or says is None or says.failover_s is None or not faults:
        return unknown("there was no fault, or the lab's facts or the target's bound are missing")
    limit_s, begin_ns = says.failover_s + MARGIN_S, faults[0].begin_ns
    owners: dict[IPAddress, str] = {}
    taken: dict[IPAddress, int] = {}
    for one in neighbor.every_claim(history):
        if one.t_ns < begin_ns:
            owners[one.address] = one.mac
        elif one.mac != owners.get(one.address) and lab.node_of_mac(one.mac) in lab.eligible:
            taken.setdefault(one.address, one.t_ns)
    lost = [a for a in families.given(history) if lab.node_of_mac(owners.get(a, "")) in faults[0].nodes]
    found = spread(seen.seconds(taken[a], begin_ns) if a in taken else math.inf for a in lost)
    watched_s, node = seen.seconds(history.end_ns, begin_ns), ", ".join(faults[0].nodes)
    if len(lost) < at_least or watched_s < limit_s:
        return unknown(f"{node} owned {len(lost)} addresses, wanted {at_least}; watched for {watched_s:.1f} s")
    figures = _figures("taken over after", found, "s", limit_s, 100)
    text = f"{found.came} of {len(lost)} addresses of {node} taken over, the last after {found.at(100):.2f} s"
    if found.at(100) <= limit_s:
        return passed(text).with_figures(*figures)
    doubt = seen.wire_doubt(history)
    return unknown(doubt) if doubt else failed(f"{text}, wanted {limit_s:g} s").with_figures(*figures)


def paced(per_s: int, at_least: int) -> Check:
    """Demand that no node tells of many addresses at a rate that switches lose frames at.

    Args:
        per_s: frames a second that no sender may exceed, in any tenth of one.
        at_least: fewer unasked claims decide nothing.
    """
    rule = f"no node sends more than {per_s} unasked claims a second, in any {WINDOW_S:g} s"
    return Check("paced", rule, partial(_paced, per_s=per_s, at_least=at_least))


def _paced(history: History, *, per_s: int, at_least: int) -> Verdict:
    sent: dict[str, list[int]] = defaultdict(list)
    for one in neighbor.every_claim(history):
        if neighbor.is_gratuitous(one):
            sent[one.mac].append(one.t_ns)
    total, most = sum(map(len, sent.values())), 0
    for times in sent.values():
        first = 0
        for last, t_ns in enumerate(times):
            while seen.seconds(t_ns, times[first]) >= WINDOW_S:
                first += 1
            most = max(most, last - first + 1)
    figure = Figure(f"most in {WINDOW_S:g} s", most, "frames", at_most=per_s * WINDOW_S)
    if most > per_s * WINDOW_S:
        return failed(f"{most} unasked claims of one node in {WINDOW_S:g} s").with_figures(figure)
    doubt = seen.wire_doubt(history) or ("" if total >= at_least else f"{total} unasked claims, wanted {at_least}")
    return unknown(doubt) if doubt else passed(f"{total} unasked claims, {most} at most at once").with_figures(figure)


def costs(services: int) -> Check:
    """Report what many Services cost the processes of each role; demand only that none of them ends.

    Args:
        services: fewer that were given an address decide nothing.
    """
    rule = f"what {services} Services cost in memory and processor time (reported); no process ends meanwhile"
    return Check("costs", rule, partial(_costs, services=services))


def _costs(history: History, *, services: int) -> Verdict:
    before, after = ({u.pod: u for u in phases.usages(history, when)} for when in ("before", "after"))
    count = len(seen.assignments(history))
    if not before or not after or count < services:
        return unknown(f"{count} Services had an address, wanted {services}; processes: {len(before)} and {len(after)}")
    if ended := sorted(pod for pod, used in before.items() if pod not in after or after[pod].cpu_s < used.cpu_s):
        return failed(f"{', '.join(ended)} ended, or were started again, meanwhile")
    figures: list[Figure] = []
    for pod in sorted(before):
        grown = (after[pod].rss_bytes - before[pod].rss_bytes) / MIB
        spent = after[pod].cpu_s - before[pod].cpu_s
        figures.append(Figure(f"{pod}: memory", after[pod].rss_bytes / MIB, "MiB"))
        figures.append(Figure(f"{pod}: more memory, per 1,000 Services", grown * 1000 / count, "MiB"))
        figures.append(Figure(f"{pod}: processor time, per 1,000 Services", spent * 1000 / count, "s"))
    largest = max(after.values(), key=lambda used: used.rss_bytes)
    text = f"with {count} Services {len(before)} processes run on, the largest is {largest.pod}"
    return passed(f"{text} with {largest.rss_bytes / MIB:.0f} MiB").with_figures(*figures)


def fair(alone: str, crowded: str, factor: float, floor_s: float, crowd: int) -> Check:
    """Demand that a tenant's many Services that cannot be served do not keep others from being served.

    Args:
        alone: begins the names of the Services created before.
        crowded: begins the names of those created while the many are.
        factor: by which the 95th percentile may grow.
        floor_s: what may be taken in any case, seconds: a busy host alone grows small times by more.
        crowd: fewer Services of the tenant decide nothing.
    """
    rule = f"beside {crowd} Services of a tenant others are served within {factor:g} times the time, or {floor_s:g} s"
    judge = partial(_fair, alone=alone, crowded=crowded, factor=factor, floor_s=floor_s, crowd=crowd)
    return Check("fair", rule, judge)


def _fair(history: History, *, alone: str, crowded: str, factor: float, floor_s: float, crowd: int) -> Verdict:
    created = seen.writes(history, "Service", "create")
    given = {name: state.t_ns for name, state in seen.assignments(history).items()}
    took = {
        stem: spread(
            seen.seconds(given[w.name], w.t_ns) if w.name in given else math.inf
            for w in created
            if w.name.startswith(stem)
        )
        for stem in (alone, crowded)
    }
    during = [w.t_ns for w in created if w.name.startswith(crowded)]
    others = [w for w in created if not w.name.startswith((alone, crowded))]
    beside = [w for w in others if during and during[0] <= w.t_ns <= during[-1]]
    if not took[alone].samples or not during or len(others) < crowd or not beside:
        return unknown(f"{len(others)} Services of the tenant, {len(beside)} of them beside {len(during)} others")
    before_s, beside_s = (max(0.0, took[stem].at(95)) for stem in (alone, crowded))
    limit_s = max(floor_s, factor * before_s)
    if math.isinf(beside_s) and seen.seconds(history.end_ns, during[-1]) <= limit_s:
        return unknown("not all are served yet, but nobody watched for longer")
    figures = _figures("alone", took[alone], "s", None, 95) + _figures("beside many", took[crowded], "s", limit_s, 95)
    text = f"95th percentile {before_s:.3f} s alone, {beside_s:.3f} s beside {len(others)} Services of a tenant"
    return (failed(text) if beside_s > limit_s else passed(text)).with_figures(*figures)


def many_assigned(services: int) -> Check:
    """Demand that each of many Services created at once gets an address; how fast is reported.

    Args:
        services: fewer that were created decide nothing.
    """
    rule = f"each of {services} Services created at once gets an address (how fast is reported)"
    return Check("many-assigned", rule, partial(_many_assigned, services=services))


def _many_assigned(history: History, *, services: int) -> Verdict:
    phase = phases.phases(history).get(phases.CREATE)
    if phase is None:
        return unknown("the creation did not come to its end")
    assigned, answered = phases.assigning(history, phase), phases.creating(history, phase)
    count, all_s = len(assigned.samples), phases.took(history, phase)
    if count < services:
        return unknown(f"{count} Services were created, wanted {services}")
    figures = _figures("assigned after", assigned, "s", None, 95) + _figures("API's answer", answered, "s", None, 95)
    if assigned.came < count:
        share = Figure("Services with an address", assigned.came / count, at_least=1)
        return failed(f"{count - assigned.came} of {count} Services have no address").with_figures(share, *figures)
    rate = Figure("addresses a second", count / all_s, "1/s")
    text = (
        f"{count} Services in {all_s:.1f} s, {count / all_s:.0f} a second; assigned after {assigned.at(99):.3f} s (p99)"
    )
    return passed(text).with_figures(rate, *figures)


def holds_in(when: str, mib: int) -> Check:
    """Demand that no process has more memory at a moment of the drive than a bound.

    Args:
        when: the moment's name.
        mib: bound of what is resident of each pod's, MiB.
    """
    return Check("holds-in", f"{when}: no process has more than {mib} MiB", partial(_holds_in, when=when, mib=mib))


def _holds_in(history: History, *, when: str, mib: int) -> Verdict:
    found = phases.usages(history, when)
    if not found:
        return unknown(f"nobody looked at the processes when {when}")
    largest = found[0]
    figure = Figure(f"{largest.pod}: memory", largest.rss_bytes / MIB, "MiB", at_most=mib)
    text = f"{largest.pod} has {largest.rss_bytes / MIB:.0f} MiB"
    return (failed(text) if largest.rss_bytes > mib * MIB else passed(text)).with_figures(figure)


def churned(p99_s: float, at_least: int) -> Check:
    """Demand that Services that come and go are given their addresses soon.

    Args:
        p99_s: limit of the 99th percentile, from the API's answer to the create, seconds.
        at_least: fewer Services that came and went decide nothing.
    """
    rule = f"99 of 100 Services that come and go have an address within {p99_s:g} s"
    return Check("churned", rule, partial(_churned, p99_s=p99_s, at_least=at_least))


def _churned(history: History, *, p99_s: float, at_least: int) -> Verdict:
    given = {name: state.t_ns for name, state in seen.assignments(history).items()}
    gone = {write.name: write.invoked_ns for write in seen.writes(history, "Service", "delete")}
    lived = [w for w in seen.writes(history, "Service", "create") if seen.seconds(gone.get(w.name, 0), w.t_ns) > p99_s]
    if len(lived) < at_least or (doubt := seen.watch_doubt(history)):
        return unknown(f"{len(lived)} Services came and went, wanted {at_least}" if len(lived) < at_least else doubt)
    found = spread(seen.seconds(given[w.name], w.t_ns) if w.name in given else math.inf for w in lived)
    figures = _figures("assigned after", found, "s", p99_s, 99)
    text = f"{found.came} of {len(lived)} Services had an address, 99th percentile {found.at(99):.3f} s"
    return (failed(text) if found.at(99) > p99_s else passed(text)).with_figures(*figures)


def no_leak(begin: str, end: str, mib_per_min: float, at_least_s: float) -> Check:
    """Demand that no process's memory grows all the time; over a short while its growth is only reported.

    Args:
        begin: name of the moment from which on it counts.
        end: name of the moment up to which.
        mib_per_min: bound of the growth, MiB a minute.
        at_least_s: over less nothing is held to the bound, as memory is had in steps, seconds.
    """
    rule = f"no process grows by {mib_per_min:g} MiB a minute (judged over {at_least_s:g} s and more, else reported)"
    judge = partial(_no_leak, begin=begin, end=end, mib_per_min=mib_per_min, at_least_s=at_least_s)
    return Check("no-leak", rule, judge)


def _no_leak(history: History, *, begin: str, end: str, mib_per_min: float, at_least_s: float) -> Verdict:
    before, after = ({u.pod: u for u in phases.usages(history, when)} for when in (begin, end))
    when = {str(event.data["when"]): event.t_ns for event in history.of("node", "usage")}
    if not before or not after:
        return unknown(f"nobody looked at the processes at {begin} and at {end}")
    if gone := sorted(before.keys() - after.keys()):
        return failed(f"{', '.join(gone)} ended meanwhile")
    lasted_s = seen.seconds(when[end], when[begin])
    slopes = {pod: (after[pod].rss_bytes - used.rss_bytes) / MIB * 60 / lasted_s for pod, used in before.items()}
    pod = max(slopes, key=lambda name: slopes[name])
    is_long = lasted_s >= at_least_s
    figure = Figure(f"{pod}: growth", slopes[pod], "MiB/min", at_most=mib_per_min if is_long else None)
    text = f"{pod} grew by {slopes[pod]:.2f} MiB a minute over {lasted_s:.0f} s"
    if not is_long:
        return passed(f"only reported, as it was short: {text}").with_figures(figure)
    return (failed(text) if slopes[pod] > mib_per_min else passed(text)).with_figures(figure)
