"""Judges of who owns announced addresses: that owners stay, follow labels and endpoints, and are spread over the nodes.

Source: MetalLB, L2Advertisement nodeSelectors; Kubernetes API, externalTrafficPolicy; catalogue L2-009, L2-015, L2-016,
L2-019, L2-020, L2-021.

Pure.
"""

from collections import Counter
from functools import partial
from itertools import pairwise
from typing import Any

from conformance.suite import attempts, families, neighbor, seen
from conformance.suite.case import Check
from conformance.suite.facts import IPAddress, LabFacts
from conformance.suite.history import History
from conformance.suite.statistics import chi_square
from conformance.suite.verdict import Figure, Verdict, failed, passed, unknown


def owners_at(history: History, t_ns: int, since_ns: int = 0) -> dict[IPAddress, str]:
    """Return {address given to a Service: the node that had claimed it last at a moment, and not before another}."""
    lab = seen.facts(history)
    found: dict[IPAddress, str] = {}
    for address in families.given(history):
        before = [one for one in neighbor.claims(history, address) if since_ns <= one.t_ns <= t_ns]
        if lab and before:
            found[address] = lab.node_of_mac(before[-1].mac) or before[-1].mac
    return found


def _marked(history: History, name: str) -> int | None:
    return next((event.t_ns for event in history.of("suite", "mark") if event.data["name"] == name), None)


def steady(at_least_s: float) -> Check:
    """Demand that from the mark `idle` on an address keeps its owner, which tells of it at most once a second.

    Args:
        at_least_s: a shorter time decides nothing, seconds.
    """
    rule = "while nothing happens no address changes its owner, and none is told of unasked more than once a second"
    return Check("steady", rule, partial(_steady, at_least_s=at_least_s))


def _steady(history: History, *, at_least_s: float) -> Verdict:
    begin_ns, given, closed = _marked(history, "idle"), families.given(history), history.of("wire", "closed")
    if begin_ns is None or not given or not closed:
        return unknown("no address was watched while nothing happened")
    lasted_s = seen.seconds(closed[0].t_ns, begin_ns)
    told = 0
    for address in given:
        heard = [one for one in neighbor.claims(history, address) if one.t_ns >= begin_ns]
        if len(macs := Counter(one.mac for one in heard)) > 1:
            return failed(f"{address} had {len(macs)} owners", *(f"{mac}: {n} frames" for mac, n in macs.items()))
        if not any(ask.answers for ask in neighbor.asks(history) if ask.target == address):
            return unknown(f"{address} was not answered for")
        unasked = sum(1 for one in heard if neighbor.is_gratuitous(one))
        if unasked > lasted_s:
            return failed(f"{address} was told of {unasked} times in {lasted_s:.0f} s without having been asked for")
        told += unasked
    doubt = seen.wire_doubt(history) or ("" if lasted_s >= at_least_s else f"watched for {lasted_s:.1f} s only")
    text = f"{len(given)} addresses kept their owners for {lasted_s:.0f} s, told of {told} times"
    return unknown(doubt) if doubt else passed(text)


def follows_label(label: str, within_s: float) -> Check:
    """Demand that an address is claimed by a node that bears a label, and by none that lost it.

    Args:
        label: that the advertisement selects nodes by; the drive moves it.
        within_s: from the API's answer to a change of labels, seconds.
    """
    rule = f"the owner bears the label that the advertisement asks for, {within_s:g} s after it moved at the latest"
    return Check("follows-label", rule, partial(_follows_label, label=label, within_s=within_s))


def _follows_label(history: History, *, label: str, within_s: float) -> Verdict:
    lab = seen.facts(history)
    moves = [w for w in seen.writes(history, "Node", "patch") if label in w.object["metadata"].get("labels", {})]
    if lab is None or not moves:
        return unknown("no node was labelled")
    bearers: set[str] = set()
    seen_on: list[str] = []
    for number, move in enumerate(moves):
        (bearers.discard if move.object["metadata"]["labels"][label] is None else bearers.add)(move.name)
        begin_ns = move.t_ns + int(within_s * seen.NS_PER_S)
        end_ns = moves[number + 1].invoked_ns if number + 1 < len(moves) else history.end_ns
        for address in families.given(history) if bearers else ():
            heard = [one for one in neighbor.claims(history, address) if begin_ns <= one.t_ns < end_ns]
            who = [lab.node_of_mac(one.mac) or "a stranger" for one in heard]
            if wrong := sorted(set(who) - bearers):
                return failed(f"{address} is claimed by {wrong[0]}, selected are {', '.join(sorted(bearers))}")
            if not heard and any(begin_ns < asked_ns < end_ns for asked_ns in neighbor.questions(history, address)):
                return failed(f"nobody answers for {address}, though {', '.join(sorted(bearers))} may")
            seen_on += who[:1]
    doubt = seen.wire_doubt(history)
    if len(set(seen_on)) < 2 or doubt:
        return unknown(doubt or "no address was seen at two nodes, one after the other")
    return passed(f"the owner was {', then '.join(seen_on)}, as selected")


def follows_endpoints(name: str, within_s: float) -> Check:
    """Demand that the owner of an address under Local is where the Service's only pod is, and requests succeed again.

    Args:
        name: of the Service, and of the loop of requests to it.
        within_s: from the moment the new pod was seen ready, seconds.
    """
    rule = f"the owner is the node with the only pod, {within_s:g} s after that is ready, and requests are answered"
    return Check("follows-endpoints", rule, partial(_follows_endpoints, name=name, within_s=within_s))


def _follows_endpoints(history: History, *, name: str, within_s: float) -> Verdict:
    lab, looks = seen.facts(history), history.of("kube", "pods")
    given = seen.assignments(history).get(name)
    places = [(e.t_ns, {p["node"] for p in e.data["pods"].values() if p["ready"]}) for e in looks]
    if lab is None or given is None or len(places) < 2 or places[0][1] == places[-1][1]:
        return unknown(f"{name} had no address, or its pod did not move")
    address, details = given.addresses[0], []
    for number, (t_ns, nodes) in enumerate(places):
        begin_ns = max(t_ns, given.t_ns) + int(within_s * seen.NS_PER_S)
        end_ns = _marked(history, f"moving-{number + 1}") or history.end_ns
        heard = [o for o in neighbor.claims(history, address) if begin_ns <= o.t_ns < end_ns]
        owners = {lab.node_of_mac(one.mac) or "a stranger" for one in heard}
        if owners - nodes:
            return failed(f"{address} is answered by {', '.join(sorted(owners))}, its pod is on {', '.join(nodes)}")
        if not heard:
            asked = [a for a in neighbor.questions(history, address) if begin_ns <= a < end_ns]
            return failed(f"nobody answers for {address}") if asked else unknown(f"nobody asked for {address} then")
        late = [r for r in attempts.requests(history, name) if begin_ns <= r.begin_ns < end_ns]
        if lost := [request for request in late if not request.is_ok]:
            return failed(f"{len(lost)} of {len(late)} requests failed after the owner had moved", str(lost[0]))
        if not late:
            return unknown(f"nobody asked {name} after its pod was ready")
        details.append(f"{', '.join(owners)}: {len(late)} requests")
    doubt = seen.wire_doubt(history)
    return unknown(doubt) if doubt else passed("; ".join(details))


def spread_out(addresses: int, floor: float) -> Check:
    """Report how many addresses each node owns, and demand that each owns a share.

    Args:
        addresses: fewer that are answered for than this decide nothing.
        floor: least share of a node, as a part of the fair one.
    """
    rule = f"of {addresses} addresses each node owns at least {floor:g} times its fair share"
    return Check("spread-out", rule, partial(_spread_out, addresses=addresses, floor=floor))


def _spread_out(history: History, *, addresses: int, floor: float) -> Verdict:
    lab, owners = seen.facts(history), owners_at(history, history.end_ns)
    if lab is None or len(owners) < addresses:
        return unknown(f"{len(owners)} addresses were answered for, wanted {addresses}")
    counts = {node: sum(1 for owner in owners.values() if owner == node) for node in lab.eligible}
    fair = len(owners) / len(counts)
    shown = ", ".join(f"{node} {count}" for node, count in sorted(counts.items()))
    figures = (
        Figure("least share of a node", min(counts.values()) / fair, "of a fair one", at_least=floor),
        Figure("chi-square", chi_square(counts), ""),
    )
    poor = [node for node, count in counts.items() if count < floor * fair]
    verdict = failed(f"{', '.join(poor)} owns too few: {shown}") if poor else passed(shown)
    return verdict.with_figures(*figures)


def few_move(addresses: int) -> Check:
    """Demand that a node's leaving moves its own addresses only, and its return few.

    The drive marks `before`, `without` and `again`; the node is the one it labelled.

    Args:
        addresses: fewer that are answered for than this decide nothing.
    """
    rule = "a node that leaves takes no other node's address along; one that comes moves at most 2/(K+1) of all"
    return Check("few-move", rule, partial(_few_move, addresses=addresses))


def _few_move(history: History, *, addresses: int) -> Verdict:
    marks = [_marked(history, name) for name in ("before", "without", "again")]
    labelled = seen.writes(history, "Node", "patch")
    lab = seen.facts(history)
    if lab is None or not labelled or None in marks:
        return unknown("no node left and came back")
    times = [0, *(mark for mark in marks if mark is not None)]
    before, without, again = (owners_at(history, end_ns, begin_ns) for begin_ns, end_ns in pairwise(times))
    left = labelled[0].name
    if min(len(before), len(without), len(again)) < addresses or left not in before.values():
        return unknown(f"{len(before)} addresses were answered for, wanted {addresses}, and one by {left}")
    if strayed := [a for a, owner in without.items() if owner != before.get(a) and before.get(a) != left]:
        return failed(f"{len(strayed)} addresses of other nodes moved when {left} left", *map(str, strayed))
    if stuck := [a for a, owner in without.items() if owner == left]:
        return failed(f"{left} still owns {len(stuck)} addresses after it left", *map(str, stuck))
    moved = [a for a, owner in again.items() if owner != without.get(a)]
    most = 2 / len(lab.eligible) * len(again)
    figure = Figure("moved when the node came back", len(moved), "addresses", at_most=most)
    if len(moved) > most:
        return failed(f"{len(moved)} of {len(again)} addresses moved when {left} came back").with_figures(figure)
    gone = sum(1 for owner in before.values() if owner == left)
    return passed(f"{left} left: its {gone} moved; it came back: {len(moved)} of {len(again)} moved").with_figures(
        figure
    )


def identity_kept(given: bool = True) -> Check:
    """Demand that owning an address changes nothing else of a node: its own addresses, its way out.

    Args:
        given: an address must have been announced between the looks.
    """
    rule = "owning an address changes neither a node's InternalIP nor its default route nor its own addresses"
    return Check("identity-kept", rule, partial(_identity_kept, given=given))


def _identity_kept(history: History, *, given: bool) -> Verdict:
    lab, states, nodes = seen.facts(history), history.of("node", "state"), history.of("kube", "nodes")
    ours = families.given(history)
    if lab is None or len(nodes) < 2 or (given and not owners_at(history, history.end_ns)):
        return unknown("nodes were not looked at before and after an address was announced")
    names = {n: fields["addresses"] for n, fields in nodes[0].data["nodes"].items()}
    for name, fields in nodes[-1].data["nodes"].items():
        if fields["addresses"] != names.get(name):
            return failed(f"{name} had the addresses {names.get(name)}, and now {fields['addresses']}")
    for node in lab.eligible:
        looks = [event.data for event in states if event.data["node"] == node]
        if len(looks) < 2:
            return unknown(f"{node} was not looked at twice")
        first, last = (_identity(look, lab, ours) for look in (looks[0], looks[-1]))
        if first != last:
            return failed(f"{node} is not what it was", *sorted(map(str, first ^ last)))
    return passed(f"{len(lab.eligible)} nodes are what they were, with {len(ours)} addresses announced")


def _identity(look: Any, lab: LabFacts, ours: tuple[IPAddress, ...]) -> frozenset[tuple[str, str]]:  # Any: ip's JSON
    """Return what makes a node itself: addresses of its lab interfaces and eth0, and its default routes."""
    wired = {i.name for n in lab.nodes.values() for i in n.interfaces} | {"eth0"}
    held = {
        (link["ifname"], f"{info['local']}/{info['prefixlen']}")
        for link in look["addresses"]
        for info in link.get("addr_info", ())
        if link["ifname"] in wired and info["local"] not in set(map(str, ours))
    }
    ways = [route for route in look["routes"] if route.get("dst") == "default"]
    return frozenset(held | {("default", f"{way.get('gateway')} by {way.get('dev')}") for way in ways})
