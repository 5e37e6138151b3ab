"""Judges of what a load balancer shows, and to whom it opens: its secrets, and its BGP to strangers.

Source: RFC 2385, RFC 5925 (signed segments); RFC 4271 section 8.2.2 and RFC 7454 section 4 (BGP with configured peers
only); catalogue SEC-008, SEC-011.

Pure.
"""

from collections import defaultdict
from functools import partial
from typing import Final

from conformance.suite import bgp_stream, seen
from conformance.suite.case import Check
from conformance.suite.facts import LabFacts
from conformance.suite.history import History
from conformance.suite.verdict import Verdict, failed, passed, unknown

_PLACES: Final = ("logs", "processes", "events", "objects")
"""What every load balancer has; metrics are searched where a port shows them."""


def hidden(at_least: int) -> Check:
    """Demand that a password shows nowhere but in its Secret.

    Args:
        at_least: fewer logs that say anything, or fewer processes, decide nothing.
    """
    rule = "the password is in no log, metric, process list, Event or object"
    return Check("hidden", rule, partial(_hidden, at_least=at_least))


def _hidden(history: History, *, at_least: int) -> Verdict:
    searched = [event.data for event in history.of("audit", "search")]
    shown = [f"{data['place']} of {data['where']}: {text}" for data in searched for text in data["found"]]
    if shown:
        return failed(f"the password shows in {shown[0].partition(': ')[0]}", *shown)
    told = {place: [d for d in searched if d["place"] == place and d["bytes"]] for place in (*_PLACES, "metrics")}
    few = [place for place in ("logs", "processes") if len(told[place]) < at_least]
    missing = [place for place in _PLACES if not told[place]]
    if few or missing:
        return unknown(f"{', '.join(dict.fromkeys([*few, *missing]))}: hardly searched, or empty")
    return passed(", ".join(f"{len(found)} {place}" for place, found in told.items() if found) + ": nothing found")


def signed(observer: str) -> Check:
    """Demand that the password is in use: connections to the router begin with signed segments.

    Args:
        observer: the capture at the router.
    """
    rule = "connections to the router's BGP port are signed by the password (TCP MD5 or TCP-AO)"
    return Check("signed", rule, partial(_signed, observer=observer))


def _signed(history: History, *, observer: str) -> Verdict:
    lab = seen.facts(history)
    if lab is None:
        return unknown("the lab's facts are missing")
    begun = _begun(history, lab, observer)
    for node, segments in begun.items():
        if bare := [one for one in segments if not one.is_signed]:
            return failed(f"{node} connects to {observer} without a signature", f"t={bare[0].t_ns}")
    if silent := sorted(set(lab.eligible) - begun.keys()):
        return unknown(f"{', '.join(silent)}: no connection to {observer} was begun")
    return passed(f"{sum(map(len, begun.values()))} connections begun by {len(begun)} nodes, each signed")


def dials(observer: str) -> Check:
    """Demand that BGP runs on every node: it connects to a peer that is configured.

    Args:
        observer: the capture at the router.
    """
    rule = f"every node connects to the configured peer {observer}"
    return Check("dials", rule, partial(_dials, observer=observer))


def _dials(history: History, *, observer: str) -> Verdict:
    lab = seen.facts(history)
    if lab is None:
        return unknown("the lab's facts are missing")
    begun = _begun(history, lab, observer)
    silent = sorted(set(lab.eligible) - begun.keys())
    if not silent:
        return passed(f"{', '.join(sorted(begun))} connect to {observer}")
    doubt = seen.wire_doubt(history) or ("" if seen.writes(history, "BGPPeer") else "no peer was configured")
    return unknown(doubt) if doubt else failed(f"{', '.join(silent)}: no connection to {observer} was begun")


def _begun(history: History, lab: LabFacts, observer: str) -> dict[str, list[bgp_stream.Segment]]:
    """Return {node: segments by which it began a connection to a router}."""
    nodes, found = lab.peering(observer), defaultdict(list)
    for event in history.of("wire", "frame"):
        if event.data.get("observer") == observer:
            one = bgp_stream.segment(bytes.fromhex(event.data["hex"]), event.t_ns)
            if one and one.is_syn and one.ends[0] in nodes:
                found[nodes[one.ends[0]]].append(one)
    return found


def unknown_refused() -> Check:
    """Demand that no node's BGP accepts a speaker that is no peer of its: it comes to no session."""
    rule = "a BGP speaker that is no configured peer is refused or ignored by every node"
    return Check("unknown-refused", rule, _unknown_refused)


def _unknown_refused(history: History) -> Verdict:
    lab = seen.facts(history)
    tried = [event.data for event in history.of("forge", "peer")]
    accepted = [data for data in tried if bgp_stream.Kind.KEEPALIVE in data["messages"]]
    if accepted:
        return failed(f"{accepted[0]['node']} accepts the OPEN of a stranger", str(accepted[0]))
    missing = set(lab.eligible if lab else ()) - {data["node"] for data in tried if data["outcome"] != "unreachable"}
    if lab is None or missing:
        return unknown(f"{', '.join(sorted(missing))}: not tried, or unreachable" if lab else "no facts of the lab")
    return passed(", ".join(f"{data['node']}: {data['outcome']}" for data in tried))
