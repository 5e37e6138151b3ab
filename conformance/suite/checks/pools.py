"""Judges of pools: which of their addresses may be used, and what becomes of pools that cannot stand together.

Source: MetalLB API, IPAddressPool `spec.avoidBuggyIPs` ("avoid .0 and .255"), and its rule that pools do not overlap;
API conventions, Events and conditions; catalogue IPAM-022, IPAM-028, SEC-018.

Pure.
"""

from functools import partial
from ipaddress import IPv4Address

from conformance.suite import seen, told
from conformance.suite.case import Check
from conformance.suite.facts import IPAddress, is_inside, members, span
from conformance.suite.history import History
from conformance.suite.verdict import Figure, Verdict, failed, passed, unknown


def buggy_avoided() -> Check:
    """Demand that a pool with avoidBuggyIPs gives every address but those that end in .0 and .255."""
    rule = "under avoidBuggyIPs all addresses are used but those that end in .0 or .255"
    return Check("buggy-avoided", rule, _buggy_avoided)


def _buggy_avoided(history: History) -> Verdict:
    pools = seen.writes(history, "IPAddressPool", "create", "apply")
    careful = [pool for pool in pools if pool.object["spec"].get("avoidBuggyIPs")]
    if not careful:
        return unknown("no pool had avoidBuggyIPs")
    pool = careful[0]
    until_ns = next((p.invoked_ns for p in pools if p.t_ns > pool.t_ns and p.name == pool.name), history.end_ns)
    every = members(tuple(pool.object["spec"]["addresses"]))
    wanted = {address for address in every if not _is_buggy(address)}
    shown = {a: s.name for s in seen.services(history) if s.t_ns <= until_ns for a in s.addresses if a in every}
    if wrong := sorted(f"{address}: {name}" for address, name in shown.items() if address not in wanted):
        return failed(f"{len(wrong)} Services had an address to be avoided", *wrong)
    created = [w for w in seen.writes(history, "Service", "create") if w.t_ns <= until_ns]
    if len(created) <= len(wanted):
        return unknown(f"{len(created)} Services do not use up {len(wanted)} addresses")
    if missing := sorted(wanted - set(shown), key=int):
        return failed(f"{len(missing)} good addresses were never used", *map(str, missing))
    return passed(f"{len(shown)} of {len(every)} addresses were used, none that ends in .0 or .255")


def _is_buggy(address: IPAddress) -> bool:
    return isinstance(address, IPv4Address) and address.packed[-1] in {0, 255}


def all_usable(within_s: float) -> Check:
    """Demand that every address of a pool is used once nothing is to be avoided any more.

    Args:
        within_s: limit from the API's answer to the last write of the pool until the last address is shown, seconds.
    """
    rule = f"without avoidBuggyIPs every address of the pool is used, {within_s:g} s after it was allowed"
    return Check("all-usable", rule, partial(_all_usable, within_s=within_s))


def _all_usable(history: History, *, within_s: float) -> Verdict:
    pools = seen.writes(history, "IPAddressPool", "create", "apply")
    if not pools or pools[-1].object["spec"].get("avoidBuggyIPs"):
        return unknown("there was no pool without avoidBuggyIPs")
    every = members(tuple(pools[-1].object["spec"]["addresses"]))
    created = len(seen.writes(history, "Service", "create"))
    if created < len(every):
        return unknown(f"{created} Services for {len(every)} addresses")
    first: dict[IPAddress, int] = {}
    for state in seen.services(history):
        for address in state.addresses:
            first.setdefault(address, state.t_ns)
    took_s = [max(0.0, seen.seconds(first[a], pools[-1].t_ns)) for a in every if a in first]
    missing = [address for address in every if address not in first]
    watched_s = seen.seconds(history.end_ns, pools[-1].t_ns)
    if missing and watched_s <= within_s:
        return unknown(f"{len(missing)} addresses are not used yet, but only {watched_s:.1f} s were watched")
    if missing:
        return failed(f"{len(missing)} of {len(every)} addresses were never used", *map(str, missing))
    last = Figure("last address used", max(took_s), "s", at_most=within_s)
    if max(took_s) > within_s:
        text = f"the last address was used after {max(took_s):.2f} s, wanted {within_s:g} s"
        return failed(text).with_figures(last)
    text = f"all {len(every)} addresses were used, the last {max(took_s):.3f} s after it was allowed"
    return passed(text).with_figures(last)


def conflict_told() -> Check:
    """Demand that whoever writes a pool that overlaps another one is told.

    The API server refuses it, or a Warning Event or a condition of one of the two speaks of it.
    """
    rule = "a pool that overlaps another is refused, or marked by a Warning Event or a condition"
    return Check("conflict-told", rule, _conflict_told)


def _conflict_told(history: History) -> Verdict:
    refused = told.refusals(history, "IPAddressPool")
    accepted = seen.writes(history, "IPAddressPool", "create", "apply")
    if refused:
        name, why = next(iter(refused.items()))
        return passed(f"{name} was refused", why) if accepted else unknown("the only pool was refused")
    pair = _overlapping(accepted)
    if not pair:
        return unknown("no two pools overlap")
    for name in pair:
        for event in told.events(history, name, "IPAddressPool"):
            if event["type"] == "Warning":
                return passed(f"{name} was accepted and marked: {event['reason']}: {event['message']}")
        for condition in told.conditions(history, "IPAddressPool", name):
            is_bad = condition.get("status") == (
                "True" if "conflict" in str(condition.get("type")).lower() else "False"
            )
            if is_bad:
                return passed(
                    f"{name} was accepted and marked: {condition.get('type')}: {condition.get('message', '')}"
                )
    if not history.of("kube", "events") or not history.of("kube", "object"):
        return unknown("nobody looked at the Events and at the pools")
    return failed(f"{' and '.join(pair)} overlap, and nobody was told")


def guarded(*names: str, for_s: float) -> Check:
    """Demand that pools of addresses that belong to others are refused, and serve nobody.

    Args:
        names: of the pools; each has a Service of its name, created while it was the only pool.
        for_s: less than this from that Service's creation decides nothing, seconds.
    """
    rule = f"pools {', '.join(names)}: refused by the API server, or marked, and no address is given from them"
    return Check("guarded", rule, partial(_guarded, names=names, for_s=for_s))


def _guarded(history: History, *, names: tuple[str, ...], for_s: float) -> Verdict:
    refused = told.refusals(history, "IPAddressPool")
    accepted = {write.name: write for write in seen.writes(history, "IPAddressPool", "create", "apply")}
    created = {write.name: write for write in seen.writes(history, "Service", "create")}
    deleted = {write.name: write.invoked_ns for write in seen.writes(history, "Service", "delete")}
    shown = [f"{s.name}: {s.addresses[0]}" for s in seen.services(history) if s.name in names and s.addresses]
    if shown:
        return failed(f"{len(set(shown))} Services have an address of such a pool", *dict.fromkeys(shown))
    details: list[str] = []
    for name in names:
        if name in refused:
            details.append(f"{name}: refused")
            continue
        if name not in accepted or name not in created:
            return unknown(f"{name}: no such pool was offered, or no Service created")
        watched_s = seen.seconds(deleted.get(name, history.end_ns), created[name].t_ns)
        if watched_s < for_s or (doubt := seen.watch_doubt(history)):
            return unknown(f"{name}: watched for {watched_s:.1f} s, wanted {for_s:g} s" if watched_s < for_s else doubt)
        marks = [c for c in told.conditions(history, "IPAddressPool", name) if c.get("status") == "False"]
        words = [f"{c.get('reason')}: {c.get('message', '')}" for c in marks]
        words += [e["message"] for e in told.events(history, name, "IPAddressPool") if e["type"] == "Warning"]
        if not words:
            return failed(f"{name} was accepted, serves nobody, and nobody is told why")
        details.append(f"{name}: {words[0]}")
    return passed("; ".join(details))


def _overlapping(pools: tuple[seen.Write, ...]) -> tuple[str, ...]:
    """Return the names of the first two pools that share an address; empty if none do."""
    for number, pool in enumerate(pools):
        for other in pools[:number]:
            if other.name != pool.name and any(
                is_inside(end, tuple(theirs["spec"]["addresses"]))
                for ours, theirs in ((pool.object, other.object), (other.object, pool.object))
                for entry in ours["spec"]["addresses"]
                for end in span(entry)
            ):
                return (other.name, pool.name)
    return ()
