"""Judges of who writes what on a Service: the status by its subresource, other writers' share kept, nothing twice.

Source: Kubernetes API, Service `status`, `metadata.managedFields` (server-side apply); KEP-1860 (`ipMode`);
API conventions, "Typical status properties"; catalogue API.

Pure.
"""

from collections.abc import Iterator
from functools import partial
from itertools import pairwise
from typing import Any

from conformance.suite import attempts, seen
from conformance.suite.case import Check
from conformance.suite.declared import FIELD_MANAGER, declared
from conformance.suite.history import Event, History
from conformance.suite.verdict import Verdict, failed, passed, unknown

Object = dict[str, Any]  # Any: a Kubernetes object is JSON


def by_status_only() -> Check:
    """Demand that nobody but the suite changes a Service outside its status.

    Allowed besides are finalizers and the annotations that the target declares.
    """
    rule = "a Service is written by its status subresource only; spec, labels and other annotations are the user's"
    return Check("by-status-only", rule, _by_status_only)


def _by_status_only(history: History) -> Verdict:
    target = declared(history)
    if target is None:
        return unknown("what the target declares is missing")
    writers: set[str] = set()
    for name, states in _states(history).items():
        own = [write.invoked_ns for write in seen.writes(history, "Service", "apply", "patch") if write.name == name]
        changes = 0
        for before, after in pairwise(states):
            changed = _foreign_change(before.data["object"], after.data["object"], target.annotations)
            changes += bool(changed)
            if changed and changes > sum(invoked_ns <= after.t_ns for invoked_ns in own):
                return failed(f"{name}: {changed} changed, and the suite did not write it", str(after))
        for state in states:
            for entry in _foreign_entries(state):
                if owned := _owned_outside_status(entry, target.annotations):
                    return failed(f"{name}: {entry.get('manager')} owns {owned}", str(entry.get("fieldsV1"))[:300])
                if "f:status" in entry.get("fieldsV1", {}):
                    writers.add(str(entry.get("manager")))
    doubt = seen.watch_doubt(history)
    if not writers or doubt:
        return unknown(doubt or "nobody but the suite wrote to a Service's status")
    return passed(f"{', '.join(sorted(writers))}: the status subresource only")


def _states(history: History) -> dict[str, list[Event]]:
    """Return {Service name: its watch events}, without deletions."""
    found: dict[str, list[Event]] = {}
    for event in history.of("kube", "service"):
        if event.data["type"] != "DELETED":
            found.setdefault(event.data["object"]["metadata"]["name"], []).append(event)
    return found


def _foreign_change(was: Object, now: Object, annotations: tuple[str, ...]) -> str:
    """Name a part outside the status that differs and is not allowed to; "" if none does."""
    if was["metadata"].get("uid") != now["metadata"].get("uid"):
        return ""
    if was.get("spec") != now.get("spec"):
        return "spec"
    for part in ("labels", "ownerReferences"):
        if was["metadata"].get(part) != now["metadata"].get(part):
            return part
    old, new = ({k: v for k, v in _notes(obj).items() if k not in annotations} for obj in (was, now))
    differing = sorted(key for key in old.keys() | new.keys() if old.get(key) != new.get(key))
    return f"annotation {differing[0]}" if differing else ""


def _notes(obj: Object) -> Object:
    return dict(obj["metadata"].get("annotations", {}))


def _foreign_entries(event: Event) -> Iterator[Object]:
    for entry in event.data["object"]["metadata"].get("managedFields", []):
        if entry.get("manager") != FIELD_MANAGER:
            yield entry


def _owned_outside_status(entry: Object, annotations: tuple[str, ...]) -> str:
    """Name what a field owner owns and should not; "" if nothing."""
    fields: Object = entry.get("fieldsV1", {})
    if "f:status" in fields and entry.get("subresource") != "status":
        return "the status, written past its subresource"
    if others := sorted(set(fields) - {"f:status", "f:metadata"}):
        return others[0].removeprefix("f:")
    meta: Object = fields.get("f:metadata", {})
    if others := sorted(set(meta) - {"f:annotations", "f:finalizers"}):
        return f"metadata.{others[0].removeprefix('f:')}"
    notes = {key.removeprefix("f:") for key in meta.get("f:annotations", {}) if key != "."}
    undeclared = sorted(notes - set(annotations))
    return f"annotation {undeclared[0]}, which is not declared" if undeclared else ""


def condition_kept(kind: str) -> Check:
    """Demand that a condition somebody else wrote stays as it is while an address comes, is kept, and goes.

    Args:
        kind: its type.
    """
    rule = f"condition {kind} of another writer stays while an address is assigned, updated and withdrawn"
    return Check("condition-kept", rule, partial(_condition_kept, kind=kind))


def _condition_kept(history: History, *, kind: str) -> Verdict:
    written = [w for w in seen.writes(history, "Service", "status") if _condition(w.object, kind)]
    if not written:
        return unknown(f"nobody wrote condition {kind}")
    wanted = _condition(written[0].object, kind)
    states = _states(history).get(written[0].name, [])
    first = next((n for n, s in enumerate(states) if _condition(s.data["object"], kind) == wanted), None)
    if first is None:
        return unknown(f"the watch never showed condition {kind}")
    after = states[first:]
    lost = [state for state in after if _condition(state.data["object"], kind) != wanted]
    if lost:
        return failed(f"condition {kind} of {written[0].name} was lost or changed", str(lost[0]))
    held = [bool(_ingress(state.data["object"])) for state in after]
    changes = [w for w in seen.writes(history, "Service", "apply", "patch") if w.t_ns > after[0].t_ns]
    if True not in held or held[0] or held[-1] or not changes:
        return unknown("an assignment, an update and a withdrawal were not all seen after it was written")
    return passed(f"condition {kind} stayed over {len(after)} states of {written[0].name}")


def _condition(obj: Object, kind: str) -> Object | None:
    conditions = obj.get("status", {}).get("conditions") or []
    return next((dict(condition) for condition in conditions if condition.get("type") == kind), None)


def _ingress(obj: Object) -> list[Object]:
    return list((obj.get("status", {}).get("loadBalancer") or {}).get("ingress") or [])


def vip_mode() -> Check:
    """Demand that each ingress address has no ipMode or VIP: the packet reaches a node with the address in it."""
    return Check("vip-mode", "each ingress address has ipMode VIP or none", _vip_mode)


def _vip_mode(history: History) -> Verdict:
    entries = [
        (name, entry)
        for name, states in _states(history).items()
        for state in states
        for entry in _ingress(state.data["object"])
    ]
    wrong = [f"{name}: {entry}" for name, entry in entries if entry.get("ipMode", "VIP") != "VIP"]
    if wrong:
        return failed(f"an ingress address is not of ipMode VIP: {wrong[0]}", *dict.fromkeys(wrong))
    if not any("ip" in entry for _, entry in entries):
        return unknown("no Service showed an address")
    modes = {str(entry.get("ipMode", "none")) for _, entry in entries}
    return passed(f"ipMode {', '.join(sorted(modes))} in {len(entries)} states")


def unwritten(at_least: int, for_s: float) -> Check:
    """Demand that a restart of the controller changes no Service that has its address.

    Args:
        at_least: fewer Services with an address at the restart decide nothing.
        for_s: less than this after the return of the controller decides nothing, seconds.
    """
    rule = f"the controller is killed and comes back: no Service is written to in the {for_s:g} s after that"
    return Check("unwritten", rule, partial(_unwritten, at_least=at_least, for_s=for_s))


def _unwritten(history: History, *, at_least: int, for_s: float) -> Verdict:
    kills = attempts.kills(history, "controller")
    if not kills or kills[-1].back_ns is None:
        return unknown("the controller was not killed, or did not come back")
    begin_ns, back_ns = kills[0].begin_ns, kills[-1].back_ns
    held = [name for name, state in seen.assignments(history).items() if state.t_ns < begin_ns]
    written = [
        event
        for name in held
        for event in _states(history)[name]
        if event.t_ns > begin_ns and event.data["type"] == "MODIFIED"
    ]
    if written:
        names = sorted({event.data["object"]["metadata"]["name"] for event in written})
        return failed(f"{len(written)} writes to {', '.join(names)}, wanted none", *map(str, written))
    watched_s = seen.seconds(history.end_ns, back_ns)
    if len(held) < at_least or watched_s < for_s:
        return unknown(f"{len(held)} Services watched for {watched_s:.1f} s, wanted {at_least} and {for_s:g} s")
    doubt = seen.watch_doubt(history)
    return unknown(doubt) if doubt else passed(f"{len(held)} Services, no write in {watched_s:.1f} s after the return")
