"""Judges of which pod answers a client: always the same under affinity, others without, a new one for one that went.

Source: Kubernetes API, Service `sessionAffinity` and `sessionAffinityConfig.clientIP.timeoutSeconds`; Kubernetes e2e,
test/e2e/network/loadbalancer.go ("should be able to switch session affinity for LoadBalancer service …", "should be
able to preserve UDP traffic when server pod cycles for a LoadBalancer service …", "should not have connectivity
disruption during rolling update …"); catalogue DP-011, DP-014, DP-015.

Pure.
"""

from collections import Counter
from functools import partial

from conformance.suite import attempts, seen
from conformance.suite.case import Check
from conformance.suite.history import History
from conformance.suite.verdict import Figure, Verdict, failed, passed, unknown


def one_pod(*loops: str, at_least: int = 10) -> Check:
    """Demand that all requests of a client are answered by one pod.

    Args:
        loops: of requests, each of one client.
        at_least: fewer answers than this decide nothing.
    """
    rule = f"{', '.join(loops)}: one pod answers every request of the client"
    return Check("one-pod", rule, partial(_one_pod, loops=loops, at_least=at_least))


def _one_pod(history: History, *, loops: tuple[str, ...], at_least: int) -> Verdict:
    details: list[str] = []
    for loop in loops:
        pods = _answering(history, loop)
        if len(pods) > 1:
            return failed(f"{loop}: {len(pods)} pods answered one client", str(dict(pods)))
        if pods.total() < at_least:
            return unknown(f"{loop}: {pods.total()} answers, wanted {at_least}")
        details.append(f"{loop}: {pods.total()} by {next(iter(pods))}")
    return passed("; ".join(details))


def several_pods(*loops: str, at_least: int) -> Check:
    """Demand that a client's requests are answered by more than one pod.

    Args:
        loops: of requests, each of one client.
        at_least: fewer answers than this decide nothing: with 3 pods, 12 answers are all by one once in 180 000 times.
    """
    rule = f"{', '.join(loops)}: more than one pod answers the client"
    return Check("several-pods", rule, partial(_several_pods, loops=loops, at_least=at_least))


def _several_pods(history: History, *, loops: tuple[str, ...], at_least: int) -> Verdict:
    details: list[str] = []
    for loop in loops:
        pods = _answering(history, loop)
        if pods.total() < at_least:
            return unknown(f"{loop}: {pods.total()} answers, wanted {at_least}")
        if len(pods) == 1:
            return failed(f"{loop}: one pod gave all {pods.total()} answers", next(iter(pods)))
        details.append(f"{loop}: {pods.total()} by {len(pods)} pods")
    return passed("; ".join(details))


def _answering(history: History, loop: str) -> Counter[str]:
    """Count the answers of a loop by pod."""
    return Counter(request.pod for request in attempts.requests(history, loop) if request.is_ok)


def rebound(loop: str, *rounds: str, within_s: float) -> Check:
    """Demand that a flow of datagrams is answered by a new pod soon after that of before is gone.

    Args:
        loop: of datagrams from one port.
        rounds: names of moments: "<round> begins" before the pod is touched, and "<round> is done" when it is gone and
            the new one is ready.
        within_s: limit from that moment until the first datagram that a new pod answers is sent, seconds.
    """
    rule = f"{loop}: a flow whose pod goes is answered by a new pod within {within_s:g} s ({', '.join(rounds)})"
    return Check("rebound", rule, partial(_rebound, loop=loop, rounds=rounds, within_s=within_s))


def _rebound(history: History, *, loop: str, rounds: tuple[str, ...], within_s: float) -> Verdict:
    made = attempts.requests(history, loop)
    slowest_s = 0.0
    for name in rounds:
        begun_ns, done_ns = seen.marked(history, f"{name} begins"), seen.marked(history, f"{name} is done")
        before = {r.pod for r in made if r.is_ok and begun_ns is not None and r.end_ns < begun_ns}
        if begun_ns is None or done_ns is None or not before:
            return unknown(f"{name}: no pod answered before, or none was replaced")
        after = [request for request in made if request.begin_ns > begun_ns]
        new = next((request for request in after if request.is_ok and request.pod not in before), None)
        if new is None and (not after or seen.seconds(after[-1].begin_ns, done_ns) <= within_s):
            return unknown(f"{name}: no new pod answered, but asked for a while only", *map(str, after[-1:]))
        took_s = max(0.0, seen.seconds((new or after[-1]).begin_ns, done_ns))
        figure = Figure("slowest answer of a new pod", took_s, "s", at_most=within_s)
        if new is None or took_s > within_s:
            what = "no new pod answered" if new is None else "a new pod answered only"
            return failed(f"{name}: {what} after {took_s:.1f} s", *map(str, after[-3:])).with_figures(figure)
        slowest_s = max(slowest_s, took_s)
    figure = Figure("slowest answer of a new pod", slowest_s, "s", at_most=within_s)
    return passed(f"{', '.join(rounds)}: a new pod answers after {slowest_s:.2f} s").with_figures(figure)


def outlasts_update(*loops: str, share: float, at_least: int) -> Check:
    """Demand that nearly all requests are answered while every pod is replaced, one after the other.

    Args:
        loops: of requests, from before the mark "updating" on.
        share: of the requests since then, at least this much must be answered.
        at_least: fewer requests than this since then decide nothing.
    """
    rule = f"{', '.join(loops)}: at least {share:g} of the requests are answered while all pods are replaced"
    return Check("outlasts-update", rule, partial(_outlasts, loops=loops, share=share, at_least=at_least))


def _outlasts(history: History, *, loops: tuple[str, ...], share: float, at_least: int) -> Verdict:
    begun_ns = seen.marked(history, "updating")
    listed = [set(event.data["pods"]) for event in history.of("kube", "pods")]
    if begun_ns is None or not listed or listed[0] & listed[-1]:
        return unknown("the pods were not all replaced")
    least = 1.0
    details: list[str] = []
    for loop in loops:
        made = [request for request in attempts.requests(history, loop) if request.begin_ns >= begun_ns]
        if len(made) < at_least:
            return unknown(f"{loop}: {len(made)} requests while the pods were replaced, wanted {at_least}")
        lost = [request for request in made if not request.is_ok]
        answered = 1 - len(lost) / len(made)
        figure = Figure("least share of requests answered", answered, at_least=share)
        if answered < share:
            text = f"{loop}: {len(lost)} of {len(made)} requests failed while the pods were replaced"
            return failed(text, *map(str, lost)).with_figures(figure)
        least = min(least, answered)
        details.append(f"{loop}: {len(made) - len(lost)} of {len(made)}")
    figure = Figure("least share of requests answered", least, at_least=share)
    return passed(f"answered: {'; '.join(details)}").with_figures(figure)
