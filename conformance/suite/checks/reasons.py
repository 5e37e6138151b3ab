"""Judges of what a user is told, and of bad input: a reason a program can read, in time, and nothing that breaks.

Source: Kubernetes API conventions, conditions ("Reason … CamelCase") and Events; KEP-4858 (ambiguous addresses);
catalogue API, SEC-014.

Pure.
"""

import re
from functools import partial
from typing import Final

from conformance.suite import seen, told
from conformance.suite.case import Check
from conformance.suite.fuzzed import SPOILT
from conformance.suite.history import Event, History
from conformance.suite.verdict import Verdict, failed, passed, unknown

CAMEL_CASE: Final = re.compile(r"[A-Z][A-Za-z0-9]+")
"""A reason as the API conventions want it: one word, for programs."""


def told_apart(*names: str, within_s: float) -> Check:
    """Demand that each waiting Service soon shows a reason that a program can tell from those of the others.

    Args:
        names: of the Services, each without an address for another cause.
        within_s: limit from the API's answer to the create, seconds.
    """
    rule = f"{', '.join(names)}: each shows a reason of its own, one word, at most {within_s:g} s after the creation"
    return Check("told-apart", rule, partial(_told_apart, names=names, within_s=within_s))


def _told_apart(history: History, *, names: tuple[str, ...], within_s: float) -> Verdict:
    created = {write.name: write.t_ns for write in seen.writes(history, "Service", "create")}
    found: dict[str, str] = {}
    for name in names:
        if name not in created:
            return unknown(f"{name} was not created")
        told_there = told.complaints_at(history, name)
        if not told_there:
            watched_s = seen.seconds(history.end_ns, created[name])
            if watched_s < within_s or not history.of("kube", "events"):
                return unknown(f"{name}: no reason in {watched_s:.1f} s, or the Events were not looked at")
            return failed(f"{name} has no address, and nothing says why in {watched_s:.1f} s")
        first = told_there[0]
        took_s = seen.seconds(first.t_ns, created[name])
        if took_s > within_s:
            return failed(f"{name}: told {first.reason} after {took_s:.1f} s, wanted {within_s:g} s")
        if not CAMEL_CASE.fullmatch(first.reason):
            return failed(f"{name}: got reason {first.reason!r}, wanted one word for programs", first.message)
        found[name] = first.reason
    shown = [f"{name}: {reason}" for name, reason in found.items()]
    if len(set(found.values())) < len(found):
        return failed("one reason stands for several causes, so no program can tell them apart", *shown)
    return passed("; ".join(shown))


def unharmed() -> Check:
    """Demand that no process of the load balancer was restarted between the first look at its pods and the last."""
    return Check("unharmed", "no container of the load balancer is restarted, and no pod replaced", _unharmed)


def _unharmed(history: History) -> Verdict:
    looks = [event.data["restarts"] for event in history.of("kube", "restarts")]
    if len(looks) < 2 or not looks[0]:
        return unknown("the load balancer's pods were not looked at before and after")
    before, after = looks[0], looks[-1]
    if gone := sorted(before.keys() - after.keys()):
        return failed(f"{', '.join(gone)} is gone", f"before: {before}", f"after: {after}")
    if restarted := sorted(name for name, count in before.items() if after[name] > count):
        return failed(f"{', '.join(restarted)} was restarted", f"before: {before}", f"after: {after}")
    return passed(f"{len(after)} containers, no restart")


def no_stumble(*texts: str, frames: int, objects: int) -> Check:
    """Demand that no process writes of an error that it did not expect, whatever frames and objects it met.

    Args:
        texts: by which logs tell of such an error.
        frames: fewer malformed frames decide nothing.
        objects: fewer malformed objects that were offered decide nothing.
    """
    rule = f"no log says {' or '.join(texts)} after {frames} malformed frames and {objects} malformed objects"
    return Check("no-stumble", rule, partial(_no_stumble, texts=texts, frames=frames, objects=objects))


def _no_stumble(history: History, *, texts: tuple[str, ...], frames: int, objects: int) -> Verdict:
    counts: dict[tuple[str, str], list[int]] = {}
    for event in history.of("audit", "search"):
        if event.data["place"] == "logs" and event.data["text"] in texts:
            key = (str(event.data["where"]), str(event.data["text"]))
            counts.setdefault(key, []).append(int(event.data["count"]))
    grown = [f"{where}: {text}" for (where, text), found in counts.items() if found[-1] > found[0]]
    if grown:
        return failed(f"the log of {grown[0]}", *grown)
    if {text for _, text in counts} != set(texts) or min(map(len, counts.values())) < 2:
        return unknown("logs were not read before and after")
    sent = sum(int(event.data["count"]) for event in history.of("forge", "frames"))
    offered = sum(1 for e in history.of("drive", "write") if e.data["phase"] != "invoke" and _is_spoilt(e))
    if sent < frames or offered < objects:
        return unknown(f"{sent} malformed frames and {offered} malformed objects, wanted {frames} and {objects}")
    return passed(f"{sent} malformed frames and {offered} malformed objects, {len(counts)} logs are calm")


def _is_spoilt(event: Event) -> bool:
    return event.data["verb"] != "delete" and str(event.data["name"]).startswith(SPOILT)
