"""Judges of a restart: was a process really killed, and was it whole again before anything is said of it.

Source: Kubernetes, Pod lifecycle (restart policy, readiness); catalogue IPAM-008, API-008.

Pure.
"""

from functools import partial

from conformance.suite import attempts, seen
from conformance.suite.case import Check
from conformance.suite.history import History
from conformance.suite.verdict import Figure, Verdict, failed, passed, unknown
from conformance.suite.waits import RESTART_S


def restarted(role: str, times: int = 1, watched_s: float = 0.0) -> Check:
    """Demand that a role's processes were killed and came back by themselves, and that it was watched afterwards.

    Args:
        role: controller or speaker.
        times: fewer kills than this decide nothing.
        watched_s: less than this after the last return decides nothing, seconds.
    """
    rule = f"{role} is killed and ready again within {RESTART_S:g} s"
    return Check("restarted", rule, partial(_restarted, role=role, times=times, watched_s=watched_s))


def served_after(name: str, role: str, within_s: float, away_s: float) -> Check:
    """Demand that a Service created while a role is away waits, and is served once it is back.

    Args:
        name: of the Service.
        role: controller.
        within_s: from the role's return, seconds.
        away_s: a shorter absence after the Service was created decides nothing, seconds.
    """
    rule = f"{name}, created while {role} is away, has an address {within_s:g} s after its return"
    return Check("served-after", rule, partial(_served_after, name=name, role=role, within_s=within_s, away_s=away_s))


def _served_after(history: History, *, name: str, role: str, within_s: float, away_s: float) -> Verdict:
    created = next((write for write in seen.writes(history, "Service", "create") if write.name == name), None)
    absence = next(iter(attempts.absences(history, role)), None)
    if created is None or absence is None or absence.asked_ns is None or absence.end_ns is None:
        return unknown(f"{role} was not taken away and brought back, or {name} was not created")
    waited_s = seen.seconds(absence.asked_ns, created.t_ns)
    if created.t_ns < absence.begin_ns or waited_s < away_s:
        return unknown(f"{name} was without {role} for {waited_s:.1f} s, wanted {away_s:g} s")
    state = seen.assignments(history).get(name)
    if state is None:
        return failed(
            f"{name} has no address {seen.seconds(history.end_ns, absence.end_ns):.1f} s after {role} is back"
        )
    late_s = seen.seconds(state.t_ns, absence.end_ns)
    if late_s > within_s:
        return failed(f"{name} has its address {late_s:.1f} s after {role} is back, wanted {within_s:g} s")
    when = f"{late_s:.1f} s after" if late_s > 0 else "before"  # it works as soon as one replica does
    return passed(f"{name} waited {waited_s:.1f} s, and has its address {when} {role} is back")


def _restarted(history: History, *, role: str, times: int, watched_s: float) -> Verdict:
    found = attempts.kills(history, role)
    if not found:
        return unknown(f"{role} was not killed")
    last = found[-1]
    if last.back_ns is None:
        waited_s = seen.seconds(history.end_ns, last.begin_ns)
        text = f"{role} ({', '.join(last.pods)}) was killed and is not ready {waited_s:.1f} s later"
        waited = Figure("not ready again for", waited_s, "s", at_most=RESTART_S)
        return failed(text).with_figures(waited) if waited_s >= RESTART_S else unknown(text)
    after_s = seen.seconds(history.end_ns, last.back_ns)
    if len(found) < times or after_s < watched_s:
        return unknown(f"{role}: {len(found)} kills and {after_s:.1f} s after, wanted {times} and {watched_s:g} s")
    worst_s = max(seen.seconds(kill.back_ns, kill.begin_ns) for kill in found if kill.back_ns)
    ready = Figure("ready again", worst_s, "s", at_most=RESTART_S)
    text = f"{role} was killed {len(found)} times and ready again after {worst_s:.1f} s at the most"
    return passed(text).with_figures(ready)
