"""Judges of what one tenant can do to another one, or to the cluster, by writing Services.

A tenant may create and change Services of its namespace, and may have been given the right to write their status. None
of that gives it an address that it was not to have: on the wire there is nothing to see of it.

Source: CVE-2020-8554 (spec.externalIPs, and status.loadBalancer.ingress, as ways to a man in the middle); Kubernetes
API, Service; catalogue SEC-001 to SEC-004.

Pure.
"""

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from ipaddress import ip_address
from typing import Any, Final

from conformance.suite import neighbor, seen, told
from conformance.suite.case import Check
from conformance.suite.declared import declared
from conformance.suite.facts import IPAddress, LabFacts, is_inside
from conformance.suite.history import History
from conformance.suite.verdict import Figure, Verdict, failed, passed, unknown

Object = dict[str, Any]  # Any: a Kubernetes object is JSON
Wishes = Iterator[tuple[int, str, IPAddress]]


def _external(history: History) -> Wishes:
    for write in seen.writes(history, "Service", "create", "apply", "patch"):
        for text in write.object.get("spec", {}).get("externalIPs") or ():
            yield write.invoked_ns, write.name, ip_address(text)


def _forged(history: History) -> Wishes:
    for write in seen.writes(history, "Service", "status"):
        for entry in (write.object.get("status", {}).get("loadBalancer") or {}).get("ingress") or ():
            yield write.invoked_ns, write.name, ip_address(entry["ip"])


def _requested(history: History) -> Wishes:
    for write in seen.writes(history, "Service", "create"):
        for address in told.asked_addresses(write.object):
            yield write.invoked_ns, write.name, address


_WAYS: Final[Mapping[str, Callable[[History], Wishes]]] = {
    "spec.externalIPs": _external,
    "a forged status": _forged,
    "a request": _requested,
}
"""{way in which a tenant names an address: reads (when it was asked to, Service, address)}."""


def unclaimed(way: str, at_least: int) -> Check:
    """Demand that nobody claims an address only because a tenant named it.

    Addresses that hosts of the lab have, or that a Service was given before, are others' to claim.

    Args:
        way: how it was named, a key of `_WAYS`.
        at_least: fewer such addresses that were asked for on the wire decide nothing.
    """
    rule = f"no node claims an address that is named by {way} alone"
    return Check("unclaimed", rule, partial(_unclaimed, way=way, at_least=at_least))


def _unclaimed(history: History, *, way: str, at_least: int) -> Verdict:
    lab, first = seen.facts(history), seen.assignments(history)
    named = tuple(_WAYS[way](history))
    if lab is None or not named:
        return unknown(f"nobody named an address by {way}" if lab else "the lab's facts are missing")
    since_ns = min(t_ns for t_ns, _, _ in named)
    given = {a for state in first.values() if state.t_ns < since_ns for a in state.addresses}
    others = given | _hosts(lab)
    wanted = {address: name for _, name, address in named if address not in others}
    for address, name in wanted.items():
        if heard := neighbor.claims(history, address):
            who = lab.node_of_mac(heard[0].mac) or heard[0].mac
            return failed(f"{address}, which {name} names by {way}, is claimed by {who}", f"{len(heard)} frames")
    asked = [ask for ask in neighbor.asks(history) if ask.t_ns > since_ns]
    tried = {ask.target for ask in asked} & wanted.keys() & neighbor.heard_questions(history)
    doubt = seen.wire_doubt(history)
    if len(tried) < at_least or doubt:
        return unknown(doubt or f"{len(tried)} of those addresses were asked for, wanted {at_least}")
    if not any(ask.answers for ask in asked if ask.target in given | set(seen.addresses(history)) - set(wanted)):
        return unknown("the control, an address that a Service was given, was not answered for either")
    return passed(f"{len(tried)} addresses named by {way}, no answer for any")


def _hosts(lab: LabFacts) -> set[IPAddress]:
    return {address.ip for node in lab.nodes.values() for link in node.interfaces for address in link.addresses}


def corrected(within_s: float) -> Check:
    """Demand that a forged status takes nobody's address: it is corrected, or shows what nobody has.

    A load balancer may leave what it did not write, if it heeds it nowhere; but two Services that show one address at
    rest, and share none, tell everybody who reads them that both have it.

    Args:
        within_s: limit from the forgery, seconds.
    """
    rule = f"a forged status is corrected within {within_s:g} s, or at least shows no address that another Service has"
    return Check("corrected", rule, partial(_corrected, within_s=within_s))


def _corrected(history: History, *, within_s: float) -> Verdict:
    forged = tuple(_forged(history))
    if not forged:
        return unknown("nobody forged a status")
    details: list[str] = []
    worst_s = 0.0
    for number, (t_ns, name, address) in enumerate(forged):
        end_ns = next((later[0] for later in forged[number + 1 :] if later[1] == name), history.end_ns + 1)
        states = [s for s in seen.services(history) if s.name == name and t_ns <= s.t_ns < end_ns]
        begun = next((n for n, state in enumerate(states) if address in state.addresses), None)
        if begun is None:
            return unknown(f"the watch never showed {address} on {name}")
        right = next((state for state in states[begun:] if address not in state.addresses), None)
        if right is not None:
            worst_s = max(worst_s, seen.seconds(right.t_ns, t_ns))
            details.append(f"{name}: {address} for {seen.seconds(right.t_ns, t_ns):.3f} s")
            continue
        holders = {s.name for s in seen.assignments(history).values() if address in s.addresses and s.t_ns < t_ns}
        watched_s = seen.seconds(min(end_ns, history.end_ns), t_ns)
        if holders and watched_s > within_s:
            text = f"{name} shows {address} of {', '.join(sorted(holders))} for {watched_s:.1f} s, and is not corrected"
            return failed(text)
        if watched_s <= within_s:
            return unknown(f"{name} still shows {address}, but only {watched_s:.1f} s were watched")
        details.append(f"{name}: {address} is left, and is nobody's")
    longest = Figure("longest correction", worst_s, "s", at_most=within_s)
    if worst_s > within_s:
        return failed(f"a correction took {worst_s:.2f} s, wanted {within_s:g} s", *details).with_figures(longest)
    doubt = seen.watch_doubt(history)
    return unknown(doubt) if doubt else passed("; ".join(details)).with_figures(longest)


def consented(owner: str, guest: str, within_s: float, for_s: float) -> Check:
    """Demand that Services of two namespaces share an address only when both say so.

    Where the load balancer declares no way to say so, they never share.

    Args:
        owner: the Service that has the address.
        guest: the Service of the other namespace that asks for it, with the same key.
        within_s: limit from the second consent until they share, seconds.
        for_s: the guest must have been watched so long without, or with one consent only, seconds.
    """
    rule = f"{guest} shares the address of {owner}, in another namespace, only if both consent"
    judge = partial(_consented, owner=owner, guest=guest, within_s=within_s, for_s=for_s)
    return Check("consented", rule, judge)


def _consented(history: History, *, owner: str, guest: str, within_s: float, for_s: float) -> Verdict:
    says, first = declared(history), seen.assignments(history)
    asked = next((write for write in seen.writes(history, "Service", "create") if write.name == guest), None)
    if says is None or owner not in first or asked is None or asked.t_ns < first[owner].t_ns:
        return unknown(f"{guest} did not ask for an address that {owner} had, or the target's word is missing")
    both_ns = _consents(history, says.share_annotation, owner, guest)
    shared = next((s for s in seen.services(history) if s.name == guest and set(s.addresses) & _of(first, owner)), None)
    until_ns = both_ns or history.end_ns
    if shared and (both_ns is None or shared.t_ns < both_ns):
        return failed(f"{guest} has {shared.addresses[0]} of {owner} though not both consented")
    alone_s = seen.seconds(until_ns, asked.t_ns)
    if alone_s < for_s or (doubt := seen.watch_doubt(history)):
        return unknown(f"watched for {alone_s:.1f} s, wanted {for_s:g} s" if alone_s < for_s else doubt)
    if both_ns is None:
        if says.share_annotation:
            return unknown("both never consented, though there is a way to")
        return passed(f"{guest} never shared in {alone_s:.1f} s; there is no way to consent")
    watched_s = seen.seconds(history.end_ns, both_ns)
    took_s = max(0.0, seen.seconds(shared.t_ns, both_ns)) if shared else watched_s
    figure = Figure("shared after both consented", took_s, "s", at_most=within_s)
    if took_s > within_s:
        return failed(f"{guest} has not shared {took_s:.1f} s after both consented").with_figures(figure)
    if shared is None:
        return unknown(f"{guest} does not share yet, but only {watched_s:.1f} s were watched")
    text = f"{guest} did not share in {alone_s:.1f} s before both consented, and did {took_s:.3f} s after"
    return passed(text).with_figures(figure)


def _of(first: Mapping[str, seen.ServiceState], name: str) -> set[IPAddress]:
    return set(first[name].addresses)


def _consents(history: History, annotation: str, *names: str) -> int | None:
    """Return when the last of some Services was annotated so (ns); None if one never was."""
    when: dict[str, int] = {}
    for write in seen.writes(history, "Service", "patch"):
        if annotation and annotation in (write.object["metadata"].get("annotations") or {}):
            when.setdefault(write.name, write.invoked_ns)
    return max(when[name] for name in names) if when.keys() >= set(names) else None


def out_of_reach(*names: str, for_s: float) -> Check:
    """Demand that Services which ask for what is not theirs never show it, nor anything from a pool closed to them.

    Args:
        names: of the Services; those that the API server refused count as refused.
        for_s: less than this since the creation decides nothing, seconds.
    """
    rule = f"{', '.join(names)}: no address that was asked for is ever shown"
    return Check("out-of-reach", rule, partial(_out_of_reach, names=names, for_s=for_s))


def _out_of_reach(history: History, *, names: tuple[str, ...], for_s: float) -> Verdict:
    refused = told.refusals(history, "Service")
    created = {write.name: write for write in seen.writes(history, "Service", "create")}
    pools = [write.object["spec"] for write in seen.writes(history, "IPAddressPool", "create", "apply")]
    closed = tuple(e for pool in pools if _is_closed(pool, history) for e in pool["addresses"])
    missing = [name for name in names if name not in created and name not in refused]
    for state in seen.services(history):
        asked = told.asked_addresses(created[state.name].object) if state.name in created else ()
        for address in state.addresses if state.name in names else ():
            if address in asked or is_inside(address, closed):
                return failed(f"{state.name} shows {address}")
    if missing or (doubt := seen.watch_doubt(history)):
        return unknown(f"{', '.join(missing)}: never offered" if missing else doubt)
    watched_s = min((seen.seconds(history.end_ns, created[n].t_ns) for n in names if n in created), default=for_s)
    if watched_s < for_s:
        return unknown(f"watched for {watched_s:.1f} s, wanted {for_s:g} s")
    return passed(f"{len(names)} Services, none shows what it asked for ({len(refused)} refused by the API server)")


def _is_closed(pool: Object, history: History) -> bool:
    """Say whether a pool is for namespaces in which the case has no Service."""
    ours = {write.object["metadata"].get("namespace", "") for write in seen.writes(history, "Service", "create")}
    namespaces = (pool.get("serviceAllocation") or {}).get("namespaces") or ()
    return bool(namespaces) and not ours & set(namespaces)
