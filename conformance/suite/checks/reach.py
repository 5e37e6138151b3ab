"""Judges of requests that a client makes: is a Service reachable, and does it stay so.

Source: Kubernetes API, Service of type LoadBalancer ("exposes the Service externally"); catalogue 4.4.

Pure.
"""

from functools import partial

from conformance.suite import attempts, families, seen
from conformance.suite.case import Check
from conformance.suite.families import Loop
from conformance.suite.history import History
from conformance.suite.verdict import Figure, Verdict, failed, passed, unknown


def served(*names: str, within_s: float, at_least: int) -> Check:
    """Demand that Services answer a client soon after they have an address, and every time from then on.

    Args:
        names: of the Services; each has a loop of requests of its name.
        within_s: limit from the status with the address until the first request that is answered begins, seconds.
        at_least: fewer requests than this since the first answer decide nothing.
    """
    rule = f"{', '.join(names)}: requests are answered {within_s:g} s after the address, and from then on each one"
    return Check("served", rule, partial(_served, names=names, within_s=within_s, at_least=at_least))


def _served(history: History, *, names: tuple[str, ...], within_s: float, at_least: int) -> Verdict:
    given = seen.assignments(history)
    since_ns = {name: given[name].t_ns if name in given else None for name in names}
    return _answered(history, since_ns, within_s, at_least)


def served_by_family(*loops: Loop, within_s: float, at_least: int) -> Check:
    """Demand that Services answer clients on their addresses of some families, as `served` does.

    Args:
        loops: each Service, family and client that asks; each has a loop of requests of its name.
        within_s: limit from the status with the address until the first request that is answered begins, seconds.
        at_least: fewer requests than this since the first answer decide nothing.
    """
    rule = f"{', '.join(map(str, loops))}: requests are answered {within_s:g} s after the address, then each one"
    judge = partial(_by_family, loops=loops, within_s=within_s, at_least=at_least)
    return Check("served-by-family", rule, judge)


def _by_family(history: History, *, loops: tuple[Loop, ...], within_s: float, at_least: int) -> Verdict:
    first = {loop: families.first_with(history, loop.service, loop.version) for loop in loops}
    since_ns = {str(loop): state.t_ns if state else None for loop, state in first.items()}
    return _answered(history, since_ns, within_s, at_least)


def _answered(history: History, since_ns: dict[str, int | None], within_s: float, at_least: int) -> Verdict:
    """Judge loops of requests: {loop: since when there is an address; None if there never was}."""
    details: list[str] = []
    figures: list[Figure] = []
    for about, given_ns in since_ns.items():
        made = attempts.requests(history, about)
        if given_ns is None or not made:
            return unknown(f"{about}: there never was an address" if given_ns is None else f"nobody asked {about}")
        first = next((number for number, request in enumerate(made) if request.is_ok), len(made))
        tried_s = seen.seconds(made[min(first, len(made) - 1)].begin_ns, given_ns)
        answered = Figure(f"first answer of {about}", max(0.0, tried_s), "s", at_most=within_s if first else None)
        if first and tried_s > within_s:
            what = "no answer" if first == len(made) else "the first answer only"
            text = f"{about}: {what} {tried_s:.2f} s after its address, wanted {within_s:g} s"
            return failed(text, str(made[0])).with_figures(answered)
        after = made[first:]
        if lost := [request for request in after if not request.is_ok]:
            return failed(f"{about}: {len(lost)} of {len(after)} requests failed", *map(str, lost))
        if len(after) < at_least:
            return unknown(f"{about}: {len(after)} requests were answered, wanted {at_least}")
        details.append(f"{about}: {len(after)} requests")
        figures.append(answered)
    return passed(f"all answered: {'; '.join(details)}").with_figures(*figures)


def uninterrupted(name: str, during: str, at_least: int) -> Check:
    """Demand that a Service which was reachable answers every request while another one is deleted, and after.

    Args:
        name: of the Service that stays.
        during: name of the Service that is deleted.
        at_least: fewer requests than this since the deletion decide nothing.
    """
    rule = f"no request to {name} fails from its first answer on, over the deletion of {during}"
    return Check("uninterrupted", rule, partial(_uninterrupted, name=name, during=during, at_least=at_least))


def _uninterrupted(history: History, *, name: str, during: str, at_least: int) -> Verdict:
    deleted = [write for write in seen.writes(history, "Service", "delete") if write.name == during]
    made = attempts.requests(history, name)
    first = next((number for number, request in enumerate(made) if request.is_ok), len(made))
    after = made[first:]
    if not deleted or not any(request.end_ns < deleted[0].invoked_ns for request in after):
        return unknown(f"{during} was not deleted" if not deleted else f"{name} did not answer before the deletion")
    if lost := [request for request in after if not request.is_ok]:
        text = f"{len(lost)} of {len(after)} requests to {name} failed"
        return failed(text, *map(str, lost)).with_figures(Figure("requests lost", len(lost), at_most=0))
    since = [request for request in after if request.begin_ns >= deleted[0].invoked_ns]
    if len(since) < at_least:
        return unknown(f"{len(since)} requests since the deletion of {during}, wanted {at_least}")
    lasted_s = seen.seconds(since[-1].begin_ns, since[0].begin_ns)
    text = f"{len(since)} requests in {lasted_s:.1f} s since the deletion of {during}, all answered"
    return passed(text).with_figures(Figure("requests lost", 0, at_most=0))
