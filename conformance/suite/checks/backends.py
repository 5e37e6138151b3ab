"""Judges of which pods serve a Service: all that are ready, those on other nodes, those that come back, and how long.

Source: Kubernetes API, Service `spec.externalTrafficPolicy` (Cluster: all ready endpoints, on whichever node);
catalogue DP-005, DP-006, DP-013, DP-016.

Pure.
"""

from collections import Counter
from functools import partial

from conformance.suite import attempts, neighbor, seen
from conformance.suite.case import Check
from conformance.suite.history import Event, History
from conformance.suite.statistics import chi_square
from conformance.suite.verdict import Figure, Verdict, failed, passed, unknown


def all_used(at_least: int) -> Check:
    """Demand that every ready pod answers some of many new connections, and no other pod; tell how evenly.

    Args:
        at_least: fewer connections that were answered decide nothing.
    """
    rule = f"of {at_least} new connections each ready pod answers some, and no other pod answers"
    return Check("all-backends-used", rule, partial(_all_used, at_least=at_least))


def _all_used(history: History, *, at_least: int) -> Verdict:
    noted = history.last("kube", "pods")
    ready = _ready(noted) if noted else frozenset()
    answered = [event for event in history.of("tcp", "answer") if event.data["ok"] and event.data["request"] == 0]
    if len(ready) < 2 or len(answered) < at_least:
        return unknown(f"{len(answered)} connections to {len(ready)} ready pods, wanted {at_least} to 2 or more")
    counts = dict.fromkeys(sorted(ready), 0) | Counter(str(event.data["answer"]) for event in answered)
    if strangers := sorted(set(counts) - ready):
        return failed(f"{', '.join(strangers)} answered and is not ready", str(counts))
    idle = [pod for pod, count in counts.items() if not count]
    used = Figure("ready pods that answered", len(ready) - len(idle), at_least=len(ready))
    figures = (used, Figure("chi-square of the connections per pod", chi_square(counts)))
    if idle:
        text = f"{', '.join(idle)} answered none of {len(answered)} connections"
        return failed(text, str(counts)).with_figures(*figures)
    text = f"{len(answered)} connections: {', '.join(f'{count} by {pod}' for pod, count in counts.items())}"
    return passed(text).with_figures(*figures)


def _ready(noted: Event) -> frozenset[str]:
    return frozenset(str(name) for name, pod in noted.data["pods"].items() if pod["ready"])


def served_across(name: str, at_least: int) -> Check:
    """Demand that a Service whose pods are all on other nodes than the owner of its address answers each request.

    Args:
        name: of the Service, and of the loop of requests.
        at_least: fewer requests than this decide nothing.
    """
    rule = f"{name}: each request is answered while no pod is on the node that owns the address"
    return Check("served-across", rule, partial(_served_across, name=name, at_least=at_least))


def _served_across(history: History, *, name: str, at_least: int) -> Verdict:
    lab, given, made = seen.facts(history), seen.assignments(history).get(name), attempts.requests(history, name)
    if lab is None or given is None or len(made) < at_least:
        return unknown(f"{name}: {len(made)} requests were made, wanted {at_least}, to its address")
    if lost := [request for request in made if not request.is_ok]:
        return failed(f"{name}: {len(lost)} of {len(made)} requests failed", *map(str, lost))
    claimed = neighbor.claims(history, given.addresses[0])
    macs = {one.mac for one in claimed if made[0].begin_ns <= one.t_ns <= made[-1].end_ns}
    owners = {lab.node_of_mac(mac) or mac for mac in macs}
    pod_nodes = seen.pod_nodes(history)
    nodes = {pod_nodes.get(request.pod, "an unknown node") for request in made}
    if not owners or owners & nodes or not nodes <= lab.nodes.keys():
        return unknown(f"{name}: owned by {_list(owners) or 'nobody'}, answered on {_list(nodes)}")
    doubt = seen.wire_doubt(history)
    text = f"{len(made)} requests came in by {_list(owners)} and were answered on {_list(nodes)}"
    return unknown(doubt) if doubt else passed(text)


def back_in_time(about: str, within_s: float, at_least: int) -> Check:
    """Demand that a Service which had no pods answers soon after it has some again, and from then on each request.

    Args:
        about: name of the loop of requests, which begins while there are none.
        within_s: from the API server showing ready pods until the first request that is answered begins, seconds.
        at_least: fewer requests than this from then on decide nothing.
    """
    rule = f"{about}: answered at most {within_s:g} s after there are ready pods again, and each time from then on"
    return Check("back-in-time", rule, partial(_back_in_time, about=about, within_s=within_s, at_least=at_least))


def _back_in_time(history: History, *, about: str, within_s: float, at_least: int) -> Verdict:
    made = attempts.requests(history, about)
    since_ns = made[0].begin_ns if made else history.end_ns
    ready_ns = next((e.t_ns for e in history.of("kube", "pods") if e.t_ns > since_ns and _ready(e)), None)
    if ready_ns is None:
        return unknown(f"{about}: {len(made)} requests, and no pod was ready after the first")
    after = attempts.from_first_answer(made)
    first = after[0] if after else made[-1]
    took_s = max(0.0, seen.seconds(first.begin_ns, ready_ns))
    took = Figure("first answer after there were pods", took_s, "s", at_most=within_s)
    if took_s > within_s:
        what = "the first answer only" if first.is_ok else "no answer"
        return failed(f"{about}: {what} {took_s:.1f} s after there were pods", str(first)).with_figures(took)
    lost = [request for request in after if not request.is_ok]
    if first.is_ok and lost:
        return failed(f"{about}: {len(lost)} of {len(after)} requests failed after the first answer", *map(str, lost))
    if not first.is_ok or len(after) < at_least:
        return unknown(f"{about}: {len(after) - len(lost)} requests were answered, wanted {at_least}")
    return passed(f"{about}: answered {took_s:.2f} s after there were pods, {len(after)} times").with_figures(took)


def outlasts(flows: int, requests: int, for_s: float) -> Check:
    """Demand that connections on which nearly nothing is said stay open, and are answered at their end.

    Args:
        flows: fewer connections than this decide nothing.
        requests: that each makes, far between.
        for_s: from a connection's first answer to its last, seconds; less decides nothing.
    """
    rule = f"each of {flows} idle connections is answered after {for_s:g} s as at first"
    return Check("outlasts", rule, partial(_outlasts, flows=flows, requests=requests, for_s=for_s))


def _outlasts(history: History, *, flows: int, requests: int, for_s: float) -> Verdict:
    answers = [answer for run in seen.answers(history).values() for answer in run]
    if broken := [answer for answer in answers if not answer.is_ok]:
        text = f"connection {broken[0].flow} broke at request {broken[0].request} ({broken[0].error})"
        return failed(text, *map(str, broken))
    kept_s: list[float] = []
    for flow in {(answer.run, answer.flow) for answer in answers}:
        times = [answer.t_ns for answer in answers if (answer.run, answer.flow) == flow]
        if len(times) >= requests:
            kept_s.append(seen.seconds(max(times), min(times)))
    if len(kept_s) < flows or min(kept_s) < for_s:
        lasted = f" for {min(kept_s):.0f} s" if kept_s else ""
        return unknown(f"{len(kept_s)} connections were held{lasted}, wanted {flows} for {for_s:g} s")
    lasted_s = Figure("a connection was held for", min(kept_s), "s", at_least=for_s)
    return passed(f"{len(kept_s)} connections held for {min(kept_s):.0f} s, none broke").with_figures(lasted_s)


def _list(names: set[str]) -> str:
    return ", ".join(sorted(names))
