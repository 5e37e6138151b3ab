"""Judges of what an implementation writes: once for each Service, and nothing when there is nothing to do.

The API server's own count is asked too, as a write that changes nothing is not seen in a watch and costs as much.
Source: Kubernetes API conventions, "Typical status properties" and watch; catalogue PERF-009, API-008.

Pure.
"""

from functools import partial

from conformance.suite import phases, seen
from conformance.suite.case import Check
from conformance.suite.history import History
from conformance.suite.verdict import Figure, Verdict, failed, passed, unknown


def frugal(phase: str, at_least: int) -> Check:
    """Demand that no Service created in a phase changes more than once in it: the address comes in one piece.

    Args:
        phase: of the drive.
        at_least: fewer Services that changed than this decide nothing.
    """
    rule = f"{phase}: each Service changes once, when it gets its address"
    return Check("frugal", rule, partial(_frugal, phase=phase, at_least=at_least))


def _frugal(history: History, *, phase: str, at_least: int) -> Verdict:
    found = phases.phases(history).get(phase)
    if found is None:
        return unknown(f"the drive did not come to the end of {phase}")
    counts = phases.changes(history, found)
    often = sorted(f"{name}: {count} times" for name, count in counts.items() if count > 1)
    most = Figure("most changes of one Service", max(counts.values(), default=0), at_most=1)
    if often:
        text = f"{len(often)} of {len(counts)} Services changed more than once"
        return failed(text, *often).with_figures(most)
    if doubt := seen.watch_doubt(history):
        return unknown(doubt)
    if len(counts) < at_least:
        return unknown(f"{len(counts)} Services changed, wanted {at_least}")
    written = sum(found.served("services", "services/status", without=("POST", "DELETE")).values())
    text = f"{len(counts)} Services changed once each; the API server served {written} writes to Services"
    return passed(text).with_figures(most, Figure("writes to Services", written))


def idle(phase: str, for_s: float) -> Check:
    """Demand that nothing is written in a phase in which nothing happens.

    Args:
        phase: of the drive.
        for_s: a shorter one decides nothing, seconds.
    """
    return Check(
        "idle", f"{phase}: no write to a Service or to a kind of its own", partial(_idle, phase=phase, for_s=for_s)
    )


def _idle(history: History, *, phase: str, for_s: float) -> Verdict:
    found = phases.phases(history).get(phase)
    if found is None:
        return unknown(f"the drive did not come to the end of {phase}")
    written = found.served(*phases.OWN_KINDS)
    changed = phases.changes(history, found)
    if written or changed:
        told = [f"{count} of {key}" for key, count in written.items()] + [f"{name} changed" for name in sorted(changed)]
        count = sum(written.values())
        text = f"{count} writes while nothing happened"
        return failed(text, *told).with_figures(
            Figure("writes and changes while idle", count + len(changed), at_most=0)
        )
    lasted_s = seen.seconds(found.end_ns, found.begin_ns)
    if lasted_s < for_s:
        return unknown(f"it was watched for {lasted_s:.1f} s only, wanted {for_s:g} s")
    return passed(f"no write in {lasted_s:.0f} s").with_figures(Figure("writes and changes while idle", 0, at_most=0))
