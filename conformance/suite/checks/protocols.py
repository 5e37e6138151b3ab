"""Judges of protocols other than TCP: served like it, or refused aloud.

Source: KEP-1435 (mixed protocols: an unsupported port is told in `status.loadBalancer.ingress[].ports[].error`);
RFC 9260 (SCTP); catalogue API-016.

Pure.
"""

from functools import partial

from conformance.suite import seen, told
from conformance.suite.case import Check
from conformance.suite.history import History
from conformance.suite.sctp import INIT_ACK
from conformance.suite.verdict import Verdict, failed, passed, unknown


def sctp_served_or_said(name: str, control: str, at_least: int = 3) -> Check:
    """Demand that an SCTP port works, or that the user is told it does not.

    Args:
        name: of the Service, and of the loop that asks its address.
        control: name of the loop that asks the backend itself: where it hears nothing, the lab cannot show SCTP.
        at_least: fewer INITs than this decide nothing.
    """
    rule = f"{name}: an SCTP INIT is answered, or ports[].error, a condition or an Event says that it will not be"
    return Check("sctp-served-or-said", rule, partial(_sctp, name=name, control=control, at_least=at_least))


def _sctp(history: History, *, name: str, control: str, at_least: int) -> Verdict:
    said = [*_port_errors(history, name), *(c for c in told.complaints(history, name) if "sctp" in c.lower())]
    if said:
        return passed(f"{name} is not served, and it is said: {said[0]}")
    if not any(_chunks(history, control)):
        return unknown("the backend itself answers no INIT, so the lab cannot show SCTP")
    if name not in seen.assignments(history):
        return failed(f"{name} has no address, and nothing says that it is for SCTP")
    chunks = _chunks(history, name)
    if INIT_ACK in chunks:
        first = chunks.index(INIT_ACK)
        if any(chunk != INIT_ACK for chunk in chunks[first:]):
            return failed(f"{name}: {sum(c != INIT_ACK for c in chunks[first:])} INITs after the first answer failed")
        return passed(f"{name}: {len(chunks) - first} INITs, each answered by INIT ACK")
    if len(chunks) < at_least or not history.of("kube", "events"):
        return unknown(f"{name}: {len(chunks)} INITs, wanted {at_least} and a look at the Events")
    return failed(f"{name}: none of {len(chunks)} INITs was answered, and nothing says why (the backend answers)")


def _chunks(history: History, about: str) -> list[int]:
    return [int(event.data["chunk"]) for event in history.of("sctp", "answer") if event.data["about"] == about]


def _port_errors(history: History, name: str) -> list[str]:
    """Return what `ports[].error` of a Service's status said about SCTP ports."""
    found: list[str] = []
    for event in history.of("kube", "service"):
        obj = event.data["object"]
        if obj["metadata"]["name"] != name:
            continue
        for entry in (obj.get("status", {}).get("loadBalancer") or {}).get("ingress") or []:
            ports = entry.get("ports") or []
            found += [f"ports[].error {p['error']}" for p in ports if p.get("protocol") == "SCTP" and p.get("error")]
    return list(dict.fromkeys(found))
