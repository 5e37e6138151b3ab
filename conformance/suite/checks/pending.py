"""Judges of Services without an address: who must have none, is told why, and is served once there is one.

Source: Kubernetes API, Service `status.loadBalancer`; API conventions, Events and conditions; catalogue IPAM.

Pure.
"""

from functools import partial

from conformance.suite import seen, told
from conformance.suite.case import Check
from conformance.suite.facts import members
from conformance.suite.history import History
from conformance.suite.verdict import Figure, Verdict, failed, passed, unknown


def never_given(*names: str, for_s: float) -> Check:
    """Demand that some Services never show an address.

    Args:
        names: of the Services.
        for_s: less than this since the creation decides nothing, seconds.
    """
    rule = f"{', '.join(names)}: no ingress address at any time"
    return Check("never-given", rule, partial(_never_given, names=names, for_s=for_s))


def _never_given(history: History, *, names: tuple[str, ...], for_s: float) -> Verdict:
    shown = [f"{s.name}: {s.addresses[0]}" for s in seen.services(history) if s.name in names and s.addresses]
    if shown:
        return failed(f"{shown[0]}, wanted no address", *dict.fromkeys(shown))
    created = {write.name: write for write in seen.writes(history, "Service", "create")}
    missing = [name for name in names if name not in created]
    if missing or (doubt := seen.watch_doubt(history)):
        return unknown(f"{', '.join(missing)} was never created" if missing else doubt)
    watched_s = min(seen.seconds(history.end_ns, created[name].t_ns) for name in names)
    if watched_s < for_s:
        return unknown(f"watched for {watched_s:.1f} s, wanted {for_s:g} s")
    return passed(f"{', '.join(names)}: no address in {watched_s:.1f} s")


def explained(*names: str, says: tuple[str, ...] = ()) -> Check:
    """Demand that a Service without an address shows the reason, in a Warning Event or a False condition.

    Args:
        names: of the Services; none for all that never had an address.
        says: the reason holds one of these words; any reason will do if none is given.
    """
    about = f" naming {' or '.join(says)}" if says else ""
    rule = f"each Service without an address shows a Warning Event or a False condition{about}"
    return Check("explained", rule, partial(_explained, names=names, says=says))


def _explained(history: History, *, names: tuple[str, ...], says: tuple[str, ...]) -> Verdict:
    created = [write.name for write in seen.writes(history, "Service", "create")]
    had = seen.assignments(history)
    wanted = names or tuple(name for name in created if name not in had)
    if not wanted or not set(wanted) <= set(created):
        return unknown("no Service was without an address" if not wanted else f"{', '.join(wanted)}: not all created")
    details: list[str] = []
    for name in wanted:
        reasons = told.complaints(history, name)
        fitting = [r for r in reasons if not says or any(word.lower() in r.lower() for word in says)]
        if fitting:
            details.append(f"{name}: {fitting[0]}")
        elif not history.of("kube", "events"):
            return unknown(f"{name}: no condition tells why, and Events were not looked at")
        else:
            return failed(f"{name} has no address, and nothing{' of that kind' if reasons else ''} says why", *reasons)
    return passed("; ".join(details))


def exhausted(for_s: float) -> Check:
    """Demand that of more Services than addresses exactly as many are served as there are addresses.

    Args:
        for_s: less than this after the last address decides nothing, seconds.
    """
    rule = "as many Services have an address as the pools hold, the others stay without"
    return Check("exhausted", rule, partial(_exhausted, for_s=for_s))


def _exhausted(history: History, *, for_s: float) -> Verdict:
    capacity = len(members(seen.pool_entries(history)))
    created, first = seen.writes(history, "Service", "create"), seen.assignments(history)
    if not capacity or len(created) <= capacity:
        return unknown(f"{len(created)} Services for {capacity} addresses exhaust nothing")
    if len(first) > capacity:
        return failed(f"{len(first)} Services had an address, the pools hold {capacity}", *sorted(first))
    since_ns = max([state.t_ns for state in first.values()] + [write.t_ns for write in created])
    watched_s = seen.seconds(history.end_ns, since_ns)
    if watched_s < for_s or (doubt := seen.watch_doubt(history)):
        return unknown(f"watched for {watched_s:.1f} s, wanted {for_s:g} s" if watched_s < for_s else doubt)
    if len(first) < capacity:
        return failed(f"{len(first)} of {len(created)} Services have an address, the pools hold {capacity}")
    waiting = sorted(write.name for write in created if write.name not in first)
    return passed(f"{capacity} served; {', '.join(waiting)} without an address for {watched_s:.1f} s more")


def recovered(within_s: float, waited_s: float) -> Check:
    """Demand that the address of a deleted Service goes to exactly one of those that waited for one.

    Args:
        within_s: limit from the API's answer to the delete, seconds.
        waited_s: who waited for less before it was deleted decides nothing, seconds.
    """
    rule = f"a released address goes to one of the waiting Services at most {within_s:g} s after the deletion"
    return Check("recovered", rule, partial(_recovered, within_s=within_s, waited_s=waited_s))


def _recovered(history: History, *, within_s: float, waited_s: float) -> Verdict:
    deleted, first = seen.writes(history, "Service", "delete"), seen.assignments(history)
    if not deleted or deleted[0].name not in first:
        return unknown("no Service with an address was deleted")
    gone, released = deleted[0], first[deleted[0].name].addresses
    waiting = [
        write.name
        for write in seen.writes(history, "Service", "create")
        if seen.seconds(gone.invoked_ns, write.t_ns) >= waited_s
        and (write.name not in first or first[write.name].t_ns >= gone.invoked_ns)
    ]
    if not waiting:
        return unknown(f"no Service had waited for {waited_s:g} s when {gone.name} was deleted")
    heirs = [name for name in waiting if name in first]
    watched_s = seen.seconds(history.end_ns, gone.t_ns)
    if len(heirs) > 1 or any(set(first[name].addresses) - set(released) for name in heirs):
        return failed(
            f"{gone.name} released {released[0]}, and {len(heirs)} Services got an address",
            *(f"{name}: {first[name].addresses[0]}" for name in heirs),
        )
    if not heirs and watched_s < within_s:
        return unknown(f"nobody has {released[0]} yet, but only {watched_s:.1f} s were watched")
    if not heirs:
        return failed(f"{released[0]} was released {watched_s:.1f} s ago, and none of {', '.join(waiting)} has it")
    took_s = max(0.0, seen.seconds(first[heirs[0]].t_ns, gone.t_ns))
    passed_on = Figure("time to the next Service", took_s, "s", at_most=within_s)
    if took_s > within_s:
        text = f"{heirs[0]} got {released[0]} after {took_s:.2f} s, wanted {within_s:g} s"
        return failed(text).with_figures(passed_on)
    return passed(f"{released[0]} went from {gone.name} to {heirs[0]} after {took_s:.3f} s").with_figures(passed_on)


def served_by_a_later_pool(within_s: float) -> Check:
    """Demand that Services which were there before any pool are served once there is one, and not before.

    Args:
        within_s: limit from the API's answer to the last pool's write, seconds.
    """
    rule = f"Services older than every pool have an address at most {within_s:g} s after the pool, none before"
    return Check("served-by-a-later-pool", rule, partial(_served_by_a_later_pool, within_s=within_s))


def _served_by_a_later_pool(history: History, *, within_s: float) -> Verdict:
    pools, first = seen.writes(history, "IPAddressPool", "create", "apply"), seen.assignments(history)
    early_ns = min((pool.invoked_ns for pool in pools), default=0)
    older = [write.name for write in seen.writes(history, "Service", "create") if write.t_ns < early_ns]
    soon = [f"{name}: {first[name].addresses[0]}" for name in first if not pools or first[name].t_ns < early_ns]
    if soon:
        return failed(f"{soon[0]} without any pool", *soon)
    if not older:
        return unknown("no Service was there before the pool")
    watched_s = seen.seconds(history.end_ns, pools[-1].t_ns)
    took_s = {name: seen.seconds(first[name].t_ns, pools[-1].t_ns) for name in older if name in first}
    late = [name for name in older if took_s.get(name, watched_s) > within_s]
    if late:
        return failed(f"{', '.join(late)}: no address within {within_s:g} s after the pool")
    if len(took_s) < len(older):
        return unknown(f"only {watched_s:.1f} s were watched after the pool")
    worst_s = max(0.0, *took_s.values())
    slowest = Figure("slowest address after the pool", worst_s, "s", at_most=within_s)
    return passed(f"{len(older)} Services, the slowest {worst_s:.3f} s after the pool").with_figures(slowest)
