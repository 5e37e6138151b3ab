"""Judges of the contract with the Kubernetes API: what is not ours stays untouched, what ends is given up.

Source: Kubernetes API, Service `spec.loadBalancerClass`, `spec.type`, `metadata.finalizers`; catalogue API.

Pure.
"""

from functools import partial
from typing import Any

from conformance.suite import seen, told
from conformance.suite.case import Check
from conformance.suite.declared import declared
from conformance.suite.history import History
from conformance.suite.verdict import Figure, Verdict, failed, passed, unknown


def untouched(name: str, for_s: float) -> Check:
    """Demand that nobody writes to a Service after its creation: no status, no metadata, no Event about it.

    Args:
        name: of the Service.
        for_s: less than this since the creation decides nothing, seconds.
    """
    rule = f"{name} stays as it was created: no ingress, finalizer, annotation, condition, field owner or Event"
    return Check("untouched", rule, partial(_untouched, name=name, for_s=for_s))


def _untouched(history: History, *, name: str, for_s: float) -> Verdict:
    created = [write for write in seen.writes(history, "Service", "create") if write.name == name]
    states = [e.data["object"] for e in history.of("kube", "service") if e.data["object"]["metadata"]["name"] == name]
    if not created or not states:
        return unknown(f"{name} was not created, or the watch never showed it")
    for state in states[1:]:
        if changed := [what for what, was in _marks(states[0]).items() if _marks(state)[what] != was]:
            return failed(f"{name} was touched: {changed[0]}", str(_marks(state)[changed[0]]))
    if any(_marks(states[0])[what] for what in ("finalizers", "ingress", "conditions")):
        return failed(f"{name} was touched before the watch showed it")
    if about := told.events(history, name):
        return failed(f"there is an Event about {name}", *(f"{e['reason']}: {e['message']}" for e in about))
    watched_s = seen.seconds(history.end_ns, created[0].t_ns)
    if watched_s < for_s or not history.of("kube", "events"):
        return unknown(f"watched for {watched_s:.1f} s, wanted {for_s:g} s and a look at the Events")
    doubt = seen.watch_doubt(history)
    return unknown(doubt) if doubt else passed(f"{name} stayed as it was created for {watched_s:.1f} s")


def _marks(service: dict[str, Any]) -> dict[str, object]:  # Any: a Kubernetes object is JSON
    """Return what a load balancer could leave on a Service."""
    meta, status = service["metadata"], service.get("status", {})
    return {
        "ingress": (status.get("loadBalancer") or {}).get("ingress") or [],
        "conditions": status.get("conditions") or [],
        "finalizers": meta.get("finalizers", []),
        "annotations": meta.get("annotations", {}),
        "labels": meta.get("labels", {}),
        "field owners": sorted({str(entry.get("manager")) for entry in meta.get("managedFields", [])}),
    }


def gone(within_s: float) -> Check:
    """Demand that a deleted Service that had an address disappears in time: no finalizer holds it.

    Args:
        within_s: limit from the API's answer to the delete, seconds.
    """
    rule = f"a deleted Service is gone at most {within_s:g} s after the API's answer"
    return Check("gone", rule, partial(_gone, within_s=within_s))


def _gone(history: History, *, within_s: float) -> Verdict:
    deleted, first = seen.writes(history, "Service", "delete"), seen.assignments(history)
    if not deleted or any(write.name not in first for write in deleted):
        return unknown("no Service with an address was deleted")
    ends = {state.name: state.t_ns for state in seen.services(history) if state.is_deleted}
    watched_s = seen.seconds(history.end_ns, deleted[-1].t_ns)
    took_s = {w.name: seen.seconds(ends[w.name], w.t_ns) for w in deleted if w.name in ends}
    late = [write.name for write in deleted if took_s.get(write.name, watched_s) > within_s]
    if late:
        return failed(f"{', '.join(late)}: not gone within {within_s:g} s")
    if len(took_s) < len(deleted):
        return unknown(f"not gone yet, but only {watched_s:.1f} s were watched")
    worst_s = max(0.0, *took_s.values())
    slowest = Figure("slowest to be gone", worst_s, "s", at_most=within_s)
    return passed(f"{len(deleted)} gone, the slowest after {worst_s:.3f} s").with_figures(slowest)


def emptied(within_s: float) -> Check:
    """Demand that a Service which is no load balancer any more loses its ingress in time, and for good.

    Args:
        within_s: limit from the API's answer to the change of type, seconds.
    """
    rule = f"a Service that stops being a LoadBalancer has no ingress {within_s:g} s later"
    return Check("emptied", rule, partial(_emptied, within_s=within_s))


def _emptied(history: History, *, within_s: float) -> Verdict:
    first = seen.assignments(history)
    changed: dict[str, seen.Write] = {}
    for write in seen.writes(history, "Service", "apply", "patch"):
        if write.name in first and write.invoked_ns > first[write.name].t_ns and _type(write) != "LoadBalancer":
            changed.setdefault(write.name, write)
    if not changed:
        return unknown("no Service with an address changed its type")
    details: list[str] = []
    figures: list[Figure] = []
    for name, change in changed.items():
        after = _until_it_is_one_again(history, change)
        full = [state for state in after if state.addresses]
        is_empty = bool(after) and not after[-1].addresses
        watched_s = seen.seconds(history.end_ns, change.t_ns)
        if not is_empty and watched_s <= within_s:
            return unknown(f"{name} still shows an address, but only {watched_s:.1f} s were watched")
        if not is_empty:
            return failed(f"{name} still shows {first[name].addresses[0]} after {watched_s:.1f} s")
        until_ns = next(s.t_ns for s in after if not s.addresses and (not full or s.t_ns > full[-1].t_ns))
        took_s = max(0.0, seen.seconds(until_ns, change.t_ns))
        emptied_after = Figure(f"{name} without ingress", took_s, "s", at_most=within_s)
        if took_s > within_s:
            text = f"{name} was without ingress after {took_s:.2f} s, wanted {within_s:g} s"
            return failed(text).with_figures(emptied_after)
        details.append(f"{name} was without ingress after {took_s:.3f} s")
        figures.append(emptied_after)
    return passed("; ".join(details)).with_figures(*figures)


def _until_it_is_one_again(history: History, change: seen.Write) -> list[seen.ServiceState]:
    """Return the states of a Service from its change of type until it is made a LoadBalancer again, if ever."""
    writes = [w for w in seen.writes(history, "Service") if w.name == change.name and w.invoked_ns > change.t_ns]
    again = next(
        (w.invoked_ns for w in writes if w.verb != "delete" and _type(w) == "LoadBalancer"), history.end_ns + 1
    )
    states = [state for state in seen.services(history) if state.name == change.name]
    return [state for state in states if change.invoked_ns <= state.t_ns < again]


def _type(write: seen.Write) -> str:
    """Return the type a write gives a Service; a patch without one leaves it as it is."""
    return str(write.object.get("spec", {}).get("type", "LoadBalancer" if write.verb == "patch" else "ClusterIP"))


def class_less(name: str, within_s: float, for_s: float) -> Check:
    """Demand that a Service without a class is served exactly where the target says it is the default.

    Args:
        name: of the Service, which has no loadBalancerClass.
        within_s: limit for the address of a served one, seconds.
        for_s: less than this decides nothing about one that must not be served, seconds.
    """
    rule = f"{name}, without a loadBalancerClass, is served if the target is the default, and else left alone"
    return Check("class-less", rule, partial(_class_less, name=name, within_s=within_s, for_s=for_s))


def _class_less(history: History, *, name: str, within_s: float, for_s: float) -> Verdict:
    target = declared(history)
    created = [write for write in seen.writes(history, "Service", "create") if write.name == name]
    if target is None or not created or created[0].object["spec"].get("loadBalancerClass"):
        return unknown(f"{name} was not created without a class, or what the target declares is missing")
    if not target.serves_class_less:
        return _untouched(history, name=name, for_s=for_s)
    state = seen.assignments(history).get(name)
    took_s = max(0.0, seen.seconds(state.t_ns if state else history.end_ns, created[0].t_ns))
    if state is None and took_s < within_s:
        return unknown(f"{name} has no address, but was watched for {took_s:.1f} s only")
    served = Figure("time to its address", took_s, "s", at_most=within_s)
    if state is None or took_s > within_s:
        text = f"{name}: no address after {took_s:.1f} s, though the target says it is the default"
        return failed(text).with_figures(served)
    return passed(f"{name}: the target is the default, and served it after {took_s:.3f} s").with_figures(served)
