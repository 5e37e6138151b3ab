"""Judges of the nodes that carry load-balancer traffic: who is excluded falls silent, who is back may speak again.

Source: Kubernetes well-known labels, `node.kubernetes.io/exclude-from-external-load-balancers` (its presence counts,
whatever its value); KEP-3458 (a node that is not Ready stays in the set); catalogue API-020, API-021.

Pure.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Final

from conformance.suite import neighbor, seen
from conformance.suite.case import Check
from conformance.suite.history import History
from conformance.suite.verdict import Figure, Verdict, failed, passed, unknown

EXCLUDED: Final = "node.kubernetes.io/exclude-from-external-load-balancers"


@dataclass(frozen=True, slots=True)
class Phase:
    """A time with one set of excluded nodes.

    Args:
        begin_ns: when the API had answered the last label.
        end_ns: when the next label was asked for, or the history ended.
        excluded: {node: the label's value}.
    """

    begin_ns: int
    end_ns: int
    excluded: dict[str, str]


def phases(history: History) -> tuple[Phase, ...]:
    """Return the times between the suite's labels, from the first label on."""
    return tuple(_phases(history))


def _phases(history: History) -> Iterator[Phase]:
    labelled = [write for write in seen.writes(history, "Node", "patch") if EXCLUDED in _labels(write)]
    ends = [*(write.invoked_ns for write in labelled[1:]), history.end_ns]
    excluded: dict[str, str] = {}
    for write, end_ns in zip(labelled, ends, strict=False):
        value = _labels(write)[EXCLUDED]
        excluded = {node: known for node, known in excluded.items() if node != write.name}
        if value is not None:
            excluded[write.name] = value
        yield Phase(write.t_ns, end_ns, excluded)


def _labels(write: seen.Write) -> dict[str, str | None]:
    return dict(write.object.get("metadata", {}).get("labels", {}))


def excluded_is_silent(within_s: float, for_s: float) -> Check:
    """Demand that an excluded node announces nothing, that another does, and that each may come back.

    Args:
        within_s: limit from the API's answer to the label, seconds.
        for_s: a set of excluded nodes that lasted less than this after the limit decides nothing, seconds.
    """
    rule = f"{within_s:g} s after its label a node answers for no address, and another one does"
    return Check("excluded-is-silent", rule, partial(_excluded_is_silent, within_s=within_s, for_s=for_s))


def _excluded_is_silent(history: History, *, within_s: float, for_s: float) -> Verdict:
    lab, given = seen.facts(history), seen.addresses(history)
    if lab is None or not given:
        return unknown("no Service showed an address" if lab else "the lab's facts are missing")
    claims = [(a, h.t_ns, lab.node_of_mac(h.mac) or "a stranger") for a in given for h in neighbor.claims(history, a)]
    details: list[str] = []
    spoke: set[str] = set()
    silenced: set[str] = set()
    for phase in phases(history):
        settled_ns = phase.begin_ns + int(within_s * seen.NS_PER_S)
        if phase.end_ns - settled_ns < for_s * seen.NS_PER_S or not phase.excluded:
            continue
        heard = [claim for claim in claims if settled_ns <= claim[1] < phase.end_ns]
        shown = ", ".join(f"{node}={value!r}" for node, value in sorted(phase.excluded.items()))
        if loud := [claim for claim in heard if claim[2] in phase.excluded]:
            address, t_ns, node = loud[0]
            late_s = seen.seconds(t_ns, phase.begin_ns)
            return failed(f"{node} answers for {address} {late_s:.1f} s after it was excluded", f"excluded: {shown}")
        able = set(lab.eligible) - phase.excluded.keys()
        mute = [address for address in given if address not in {claim[0] for claim in heard}]
        if mute and able:
            return failed(f"nobody answers for {mute[0]}, though {', '.join(sorted(able))} may", f"excluded: {shown}")
        spoke |= {claim[2] for claim in heard}
        silenced |= phase.excluded.keys()
        answering = ", ".join(sorted({claim[2] for claim in heard})) or "nobody"
        details.append(f"without {', '.join(sorted(phase.excluded))}: {answering}")
    if not silenced & spoke:
        return unknown("no node was seen both excluded and, in another phase, back again")
    doubt = seen.wire_doubt(history)
    return unknown(doubt) if doubt else passed("; ".join(details))


def flows_survive(flows: int) -> Check:
    """Demand that connections through a node outlive its cordon and a pause of its kubelet.

    Args:
        flows: fewer connections than this decide nothing.
    """
    rule = f"{flows} connections through a node outlive its cordon and its kubelet's pause, each request is answered"
    return Check("flows-survive", rule, partial(_flows_survive, flows=flows))


def _flows_survive(history: History, *, flows: int) -> Verdict:
    lab, runs = seen.facts(history), seen.answers(history)
    faults = [event for kind in ("cordon", "kubelet-stop", "kubelet-start") for event in history.of("fault", kind)]
    if lab is None or not runs or {event.kind for event in faults} != {"cordon", "kubelet-stop", "kubelet-start"}:
        return unknown("the flows, the cordon or the kubelet's pause are missing")
    begin_ns, end_ns = min(e.t_ns for e in faults), max(e.t_ns for e in faults)
    node = str(history.of("fault", "cordon")[0].data["node"])
    before = [h for a in seen.addresses(history) for h in neighbor.claims(history, a) if h.t_ns < begin_ns]
    if not before or lab.node_of_mac(before[-1].mac) != node:
        return unknown(f"{node} was not the one that announced the address, so nothing went through it")
    if lost := [answer for run in runs.values() for answer in run if not answer.is_ok]:
        texts = [f"flow {a.flow}, request {a.request}: {a.error}" for a in lost]
        count = len({answer.flow for answer in lost})
        text = f"{count} of {flows} connections broke ({lost[0].error})"
        return failed(text, *texts).with_figures(Figure("connections that broke", count, at_most=0))
    times = [(event.t_ns, int(event.data["flow"])) for event in history.of("tcp", "answer")]
    over = {f for t, f in times if t < begin_ns} & {f for t, f in times if t > end_ns}
    if len(over) < flows:
        return unknown(f"{len(over)} connections spanned the faults, wanted {flows}")
    paused_s = seen.seconds(end_ns, max(e.t_ns for e in history.of("fault", "kubelet-stop")))
    text = f"{len(over)} connections through {node} over {paused_s:.1f} s without its kubelet, none broke"
    return passed(text).with_figures(Figure("connections that broke", 0, at_most=0))
