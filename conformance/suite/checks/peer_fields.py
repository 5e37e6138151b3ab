"""Judges of single fields of a BGPPeer: who a router is told that its peer is, and how often it is called.

Source: https://metallb.io/apis/ (BGPPeer: routerID, connectTime); RFC 4271 sections 4.2 (BGP Identifier), 8.2.1
(ConnectRetryTimer) and 10 (jitter); catalogue BGP-043, BGP-044.

Pure.
"""

from functools import partial
from itertools import pairwise

from conformance.suite import bgp_stream, seen, tables
from conformance.suite.case import Check
from conformance.suite.facts import IPAddress, LabFacts
from conformance.suite.history import History
from conformance.suite.verdict import Figure, Verdict, failed, passed, unknown

_EARLY, _LATE = 0.75, 1.25
"""RFC 4271 section 10: ConnectRetryTime times 0.75 to 1.0; as much above is borne as for other timers (BGP-033)."""
_NOISE_S = 0.05
"""Between a timer and a SYN on the wire."""
_HOST = "kubernetes.io/hostname"


def router_id(since: str) -> Check:
    """Demand that each router knows each node by the `routerID` of its peers, or by one of its own where none is given.

    Args:
        since: name of the mark from which on it counts, until the next mark; it names the check, too.
    """
    rule = "routers know a node by the routerID of its peers, and by another one, its own, where none is given"
    return Check(f"router-id-{since}", rule, partial(_router_id, since=since))


def _router_id(history: History, *, since: str) -> Verdict:
    lab = seen.facts(history)
    moment = next((one for one in seen.moments(history, since) if not one.names), None)
    if lab is None or moment is None or not lab.peering_routers():
        return unknown(f"the mark {since} is missing, or no router shares a subnet with a node")
    wanted, earlier = _asked(history, moment.begin_ns)
    told: dict[str, set[str]] = {node: set() for node in lab.eligible}
    for router in lab.peering_routers():
        looks = [x for x in seen.looks(history, "bgp_neighbors", router) if moment.begin_ns <= x.t_ns < moment.end_ns]
        known = tables.neighbors(looks[-1].raw) if looks else {}
        for address, node in lab.peering(router).items():
            if node not in lab.eligible:
                continue
            if address not in known or known[address].state != tables.ESTABLISHED:
                return unknown(f"{router} has no session with {node}")
            told[node].add(known[address].router_id)
            wrong = told[node] != {wanted[node]} if node in wanted else told[node] <= earlier
            if wrong:
                text = f"{router} knows {node} by {known[address].router_id}"
                return failed(f"{text}, wanted {wanted.get(node, 'one of its own, as none is given any more')}")
    return passed(", ".join(f"{node} is {', '.join(sorted(ids))}" for node, ids in sorted(told.items())))


def _asked(history: History, t_ns: int) -> tuple[dict[str, str], set[str]]:
    """Return {node: the routerID asked for last before a moment}, and all that were ever asked for before."""
    wanted: dict[str, str] = {}
    earlier: set[str] = set()
    for write in seen.writes(history, "BGPPeer", "create", "apply"):
        if write.t_ns > t_ns:
            break
        spec = write.object["spec"]
        for selector in spec.get("nodeSelectors", ()):
            node = selector.get("matchLabels", {}).get(_HOST, "")
            wanted.pop(node, None)
            if "routerID" in spec:
                wanted[node] = str(spec["routerID"])
                earlier.add(wanted[node])
    return wanted, earlier


def called_every(since: str, connect_s: float, at_least: int) -> Check:
    """Demand that nodes call a router that refuses them again and again, at the pace of `connectTime`.

    Args:
        since: name of the mark from which on it counts, until `SINCE-over`; it names the check, too.
        connect_s: that was asked for.
        at_least: fewer intervals than this of a node and a router decide nothing.
    """
    rule = f"routers that refuse are called every {connect_s:g} s, a quarter earlier or later"
    judge = partial(_called_every, since=since, connect_s=connect_s, at_least=at_least)
    return Check(f"called-every-{since}", rule, judge)


def _called_every(history: History, *, since: str, connect_s: float, at_least: int) -> Verdict:
    lab, begin, end = seen.facts(history), seen.marked(history, since), seen.marked(history, f"{since}-over")
    if (doubt := seen.wire_doubt(history)) or lab is None or begin is None or end is None:
        return unknown(doubt or "a mark is missing")
    low_s, high_s = _EARLY * connect_s - _NOISE_S, _LATE * connect_s
    found: list[float] = []
    for router in lab.peering_routers():
        calls = _calls(history, lab, router, begin, end)
        for node in lab.eligible:
            times = calls.get(node, [])
            gaps = [seen.seconds(b, a) for a, b in pairwise(times)]
            silence_s = seen.seconds(end, times[-1]) if times else 0.0
            if silence_s > high_s:
                figure = Figure("longest silence", silence_s, "s", at_most=high_s)
                return failed(f"{node} calls {router} no more for {silence_s:.1f} s").with_figures(figure)
            if len(gaps) < at_least:
                return unknown(f"{node} called {router} {len(times)} times, wanted {at_least + 1}")
            found += gaps
    figures = (
        Figure("shortest interval", min(found), "s", at_least=low_s),
        Figure("longest interval", max(found), "s", at_most=high_s),
    )
    text = f"{len(found)} intervals, {min(found):.2f} to {max(found):.2f} s"
    is_right = low_s <= min(found) and max(found) <= high_s
    verdict = passed(text) if is_right else failed(f"{text}, wanted {low_s:.2f} to {high_s:.2f} s")
    return verdict.with_figures(*figures)


def _calls(history: History, lab: LabFacts, router: str, begin_ns: int, end_ns: int) -> dict[str, list[int]]:
    """Return {node: when it began a connection to a router in a span of time, ns}; SYNs sent again count once."""
    peers, own = lab.peering(router), set(lab.nodes[router].addresses)
    found: dict[str, list[int]] = {}
    known: set[tuple[IPAddress, int, int]] = set()
    for event in history.of("wire", "frame"):
        heard = bgp_stream.segment(bytes.fromhex(event.data["hex"]), event.t_ns)
        if heard is None or not heard.is_syn or not begin_ns <= event.t_ns < end_ns:
            continue
        caller, port, called, _ = heard.ends
        key = caller, port, heard.number
        if caller in peers and called in own and key not in known:
            known.add(key)
            found.setdefault(peers[caller], []).append(event.t_ns)
    return found
