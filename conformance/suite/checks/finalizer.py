"""Judges of the load balancer's finalizer: on the Service before anything is announced, off when all is withdrawn.

Source: KEP-980 (finalizer protection for Service load balancers): the finalizer is added before the load balancer is
provisioned, and removed after its clean-up, also when the type changes; catalogue API-010, API-011.

Pure.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Final

from conformance.suite import attempts, neighbor, seen
from conformance.suite.case import Check
from conformance.suite.facts import IPAddress
from conformance.suite.history import History
from conformance.suite.verdict import Figure, Verdict, failed, passed, unknown

NAME: Final = "service.kubernetes.io/load-balancer-cleanup"
WATCH_LAG_S: Final = 0.25
"""How much later than the wire the watch may show a moment: a frame that early is no proof of a wrong order."""


@dataclass(frozen=True, slots=True)
class Span:
    """A time in which a Service bore the finalizer.

    Args:
        begin_ns: when the watch showed it.
        end_ns: when the watch no longer did, or showed the Service gone; None if it never did.
        addresses: shown by the Service in that time.
    """

    begin_ns: int
    end_ns: int | None
    addresses: frozenset[IPAddress]


def spans(history: History, name: str) -> tuple[Span, ...]:
    """Return the times in which a Service bore the finalizer, in order."""
    return tuple(_spans(history, name))


def _spans(history: History, name: str) -> Iterator[Span]:
    begin_ns: int | None = None
    held: set[IPAddress] = set()
    for state, is_borne in _states(history):
        if state.name != name:
            continue
        if is_borne:
            begin_ns = state.t_ns if begin_ns is None else begin_ns
            held.update(state.addresses)
        elif begin_ns is not None:
            yield Span(begin_ns, state.t_ns, frozenset(held))
            begin_ns, held = None, set()
    if begin_ns is not None:
        yield Span(begin_ns, None, frozenset(held))


def _states(history: History) -> Iterator[tuple[seen.ServiceState, bool]]:
    """Give every state of every Service, with whether it bears the finalizer."""
    for state, obj in seen.service_objects(history):
        yield state, not state.is_deleted and NAME in obj["metadata"].get("finalizers", [])


def protected() -> Check:
    """Demand that no Service shows an address without the finalizer, and that nothing is announced outside its time."""
    rule = f"an address is shown and announced only while the Service bears {NAME}"
    return Check("protected", rule, _protected)


def _protected(history: History) -> Verdict:
    for state, is_borne in _states(history):
        if state.addresses and not state.is_deleted and not is_borne:
            return failed(f"{state.name} shows {state.addresses[0]} without the finalizer", f"t={state.t_ns}")
    borne = [span for name in seen.assignments(history) for span in spans(history, name)]
    given = {address for span in borne for address in span.addresses}
    answered = 0
    lag_ns = int(WATCH_LAG_S * seen.NS_PER_S)
    for address in given:
        for heard in neighbor.claims(history, address):
            within = [s for s in borne if address in s.addresses and s.begin_ns - lag_ns <= heard.t_ns]
            if not any(span.end_ns is None or heard.t_ns <= span.end_ns for span in within):
                when = "before the finalizer is on" if not within else "after the finalizer is off"
                return failed(f"{address} is announced by {heard.mac} {when}", f"t={heard.t_ns}")
            answered += 1
    if not answered:
        return unknown("no address of a Service with the finalizer was answered for")
    doubt = seen.wire_doubt(history) or seen.watch_doubt(history)
    return unknown(doubt) if doubt else passed(f"{len(borne)} times with the finalizer, {answered} claims inside them")


def taken_off(name: str, times: int, within_s: float) -> Check:
    """Demand that the finalizer goes soon after each reason for it: a change of type, a deletion.

    Args:
        name: of the Service.
        times: fewer times with the finalizer than this decide nothing.
        within_s: limit from the API's answer to the write, seconds.
    """
    rule = f"{name} loses the finalizer at most {within_s:g} s after each change of type and after its deletion"
    return Check("taken-off", rule, partial(_taken_off, name=name, times=times, within_s=within_s))


def _taken_off(history: History, *, name: str, times: int, within_s: float) -> Verdict:
    ends = [
        write
        for write in seen.writes(history, "Service")
        if write.name == name and (write.verb == "delete" or _is_retyped(write))
    ]
    borne = spans(history, name)
    worst_s = 0.0
    for write in ends:
        since = [s for s in borne if s.begin_ns < write.t_ns and (s.end_ns is None or s.end_ns >= write.invoked_ns)]
        if not since:
            continue
        end_ns = since[0].end_ns
        watched_s = seen.seconds(history.end_ns if end_ns is None else end_ns, write.t_ns)
        if watched_s > within_s:
            text = f"{name} bears the finalizer {watched_s:.1f} s after its {write.verb}, wanted {within_s:g} s"
            return failed(text).with_figures(Figure("finalizer taken off", watched_s, "s", at_most=within_s))
        if end_ns is None:
            return unknown(f"{name} still bears the finalizer, but only {watched_s:.1f} s were watched")
        worst_s = max(worst_s, watched_s)
    if len(borne) < times or len(ends) < times:
        return unknown(
            f"{name} bore the finalizer {len(borne)} times, and {len(ends)} writes ended that; wanted {times}"
        )
    slowest = Figure("finalizer taken off", worst_s, "s", at_most=within_s)
    return passed(f"{name}: taken off {len(ends)} times, the slowest after {worst_s:.3f} s").with_figures(slowest)


def _is_retyped(write: seen.Write) -> bool:
    return (
        write.verb in {"apply", "patch"} and write.object.get("spec", {}).get("type", "LoadBalancer") != "LoadBalancer"
    )


def waits_for_the_controller(name: str, within_s: float, for_s: float) -> Check:
    """Demand that a Service deleted while the controller is away waits for it, and goes once it is back.

    Args:
        name: of the Service.
        within_s: limit from the controller's return until the Service is gone, seconds.
        for_s: less waiting than this decides nothing, seconds.
    """
    rule = f"{name}, deleted without a controller, stays for it and is gone {within_s:g} s after its return"
    return Check("waits-for-the-controller", rule, partial(_waits, name=name, within_s=within_s, for_s=for_s))


def _waits(history: History, *, name: str, within_s: float, for_s: float) -> Verdict:
    away = attempts.absences(history, "controller")
    deleted = [write for write in seen.writes(history, "Service", "delete") if write.name == name]
    back_ns, asked_ns = (away[0].end_ns, away[0].asked_ns) if away else (None, None)
    if back_ns is None or asked_ns is None or not deleted or deleted[0].invoked_ns < away[0].begin_ns:
        return unknown(f"{name} was not deleted while the controller was away, or the controller did not return")
    waited_s = seen.seconds(asked_ns, deleted[0].t_ns)
    gone = next((s.t_ns for s in seen.services(history) if s.name == name and s.is_deleted), None)
    if gone is not None and gone < asked_ns:
        took_s = max(0.0, seen.seconds(gone, deleted[0].t_ns))
        return failed(f"{name} was gone {took_s:.2f} s after its deletion, by nobody's leave")
    if waited_s < for_s:
        return unknown(f"{name} waited for {waited_s:.1f} s, wanted {for_s:g} s")
    watched_s = max(0.0, seen.seconds(history.end_ns if gone is None else gone, back_ns))
    after = Figure("gone after the controller's return", watched_s, "s", at_most=within_s)
    if watched_s > within_s:
        text = f"{name} is still there {watched_s:.1f} s after the controller's return, wanted {within_s:g} s"
        return failed(text).with_figures(after)
    if gone is None:
        return unknown(f"{name} is still there, but only {watched_s:.1f} s were watched")
    text = f"{name} waited {waited_s:.1f} s for the controller and was gone {watched_s:.2f} s after its return"
    return passed(text).with_figures(after)
