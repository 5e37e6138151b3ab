"""Judges of address management: did each Service get an address, from the pools, for itself alone, in time.

Source: Kubernetes API, Service `status.loadBalancer.ingress`; catalogue IPAM.

Pure.
"""

from collections import Counter
from functools import partial

from conformance.suite import seen
from conformance.suite.case import Check
from conformance.suite.facts import IPAddress, is_inside
from conformance.suite.history import History
from conformance.suite.verdict import Figure, Verdict, failed, passed, unknown


def assigned(within_s: float, at_least: int = 1, only: tuple[str, ...] = ()) -> Check:
    """Demand that every created Service gets an address in time.

    Args:
        within_s: limit from the API's answer to the create, seconds.
        at_least: fewer created Services than this decide nothing.
        only: names of the Services that are meant, all of which must be created; every one if none is given.
    """
    rule = f"{', '.join(only) or 'every Service'}: an ingress address at most {within_s:g} s after the creation"
    fewest = max(at_least, len(only))
    return Check("assigned", rule, partial(_assigned, within_s=within_s, at_least=fewest, only=only))


def _assigned(history: History, *, within_s: float, at_least: int, only: tuple[str, ...]) -> Verdict:
    created = [write for write in seen.writes(history, "Service", "create") if not only or write.name in only]
    first = seen.assignments(history)
    late: list[str] = []
    worst_s = 0.0
    for write in created:
        state = first.get(write.name)
        if state is None:
            watched_s = seen.seconds(history.end_ns, write.t_ns)
            if watched_s < within_s:
                return unknown(f"{write.name} has no address, but was watched for {watched_s:.1f} s only")
            worst_s = max(worst_s, watched_s)
            late.append(f"{write.name}: no address in {watched_s:.1f} s")
            continue
        took_s = max(0.0, seen.seconds(state.t_ns, write.t_ns))
        worst_s = max(worst_s, took_s)
        if took_s > within_s:
            late.append(f"{write.name}: {state.addresses[0]} after {took_s:.2f} s")
    slowest = Figure("slowest address", worst_s, "s", at_most=within_s)
    if late:
        text = f"{len(late)} of {len(created)} Services had no address within {within_s:g} s"
        return failed(text, *late).with_figures(slowest)
    if not created or len(created) < at_least:
        return unknown(f"{len(created)} Services were created, wanted {at_least}")
    text = f"{len(created)} of {len(created)} Services had an address, the slowest after {worst_s:.3f} s"
    return passed(text).with_figures(slowest)


def in_pool() -> Check:
    """Demand that no Service ever shows an address from outside the configured pools."""
    return Check("in-pool", "every ingress address is inside a configured pool", _in_pool)


def _in_pool(history: History) -> Verdict:
    entries = seen.pool_entries(history)
    if not entries:
        return unknown("no pool was configured")
    shown = {(state.name, address) for state in seen.services(history) for address in state.addresses}
    if not shown:
        return unknown("no Service showed an address")
    outside = sorted(f"{name}: {address}" for name, address in shown if not is_inside(address, entries))
    if outside:
        return failed(f"{len(outside)} addresses are outside the pools {', '.join(entries)}", *outside)
    return passed(f"{len(shown)} addresses, all inside {', '.join(entries)}")


def every_form_used() -> Check:
    """Demand that every entry of every pool served at least one address, whichever way it is written."""
    return Check("every-form", "each pool entry (CIDR, range, single address) served an address", _every_form_used)


def _every_form_used(history: History) -> Verdict:
    entries = seen.pool_entries(history)
    shown = {address for state in seen.services(history) for address in state.addresses}
    if not entries or not shown:
        return unknown(f"{len(entries)} pool entries, {len(shown)} addresses shown")
    unused = [entry for entry in entries if not any(is_inside(address, (entry,)) for address in shown)]
    if unused:
        return failed(f"nothing was ever assigned from {', '.join(unused)}")
    return passed(f"addresses were assigned from each of {', '.join(entries)}")


def unique(at_least: int = 2) -> Check:
    """Demand that no address is ever in the status of two Services at once, at any watch event.

    Args:
        at_least: fewer Services with an address than this decide nothing.
    """
    rule = "at no watch event do two living Services show one address"
    return Check("unique", rule, partial(_unique, at_least=at_least))


def _unique(history: History, *, at_least: int = 2) -> Verdict:
    holder: dict[IPAddress, tuple[str, str]] = {}
    held: dict[str, tuple[IPAddress, ...]] = {}
    named: set[str] = set()
    clashes: list[str] = []
    for state in seen.services(history):
        for address in held.pop(state.uid, ()):
            if holder.get(address, ("", ""))[0] == state.uid:
                del holder[address]
        if state.is_deleted or not state.addresses:
            continue
        named.add(state.name)
        held[state.uid] = state.addresses
        for address in state.addresses:
            uid, name = holder.setdefault(address, (state.uid, state.name))
            if uid != state.uid:
                clashes.append(f"{address} on {name} and on {state.name} at t={state.t_ns}")
    if clashes:
        return failed(f"{len(clashes)} times an address was on two Services", *clashes)
    if doubt := seen.watch_doubt(history):
        return unknown(doubt)
    if len(named) < at_least:
        return unknown(f"{len(named)} Services ever had an address, wanted {at_least}")
    return passed(f"{len(named)} Services, {len(set(holder))} addresses at the end, none on two of them")


def reused() -> Check:
    """Demand that the address of a Service that was deleted, or is no LoadBalancer now, is given to the next one."""
    return Check("reused", "a released address is assigned again", _reused)


def _reused(history: History) -> Verdict:
    changed = [w for w in seen.writes(history, "Service", "apply") if w.object["spec"].get("type") != "LoadBalancer"]
    given_up = [*seen.writes(history, "Service", "delete"), *changed]
    if not given_up:
        return unknown("no Service was deleted or changed its type")
    first = seen.assignments(history)
    released = first.get(given_up[0].name)
    if released is None:
        return unknown(f"{given_up[0].name} never had an address")
    later = [w.name for w in seen.writes(history, "Service", "create") if w.invoked_ns > given_up[0].t_ns]
    if not later:
        return unknown("no Service was created after the release")
    owners = [name for name in later if name in first and set(first[name].addresses) & set(released.addresses)]
    if not owners:
        return failed(f"{released.addresses[0]} was released by {given_up[0].name} and never assigned again")
    return passed(f"{released.addresses[0]} went from {given_up[0].name} to {owners[0]}")


def one_each() -> Check:
    """Demand that each Service with an address has its own: as many different addresses as Services."""
    return Check("one-each", "as many different addresses as Services", _one_each)


def _one_each(history: History) -> Verdict:
    first = seen.assignments(history)
    if not first:
        return unknown("no Service showed an address")
    counts = Counter(address for state in first.values() for address in state.addresses)
    twice = sorted(f"{address}: {count} Services" for address, count in counts.items() if count > 1)
    created = len(seen.writes(history, "Service", "create"))
    if twice:
        return failed(f"{len(counts)} different addresses for {len(first)} Services", *twice)
    if len(first) < created:
        return unknown(f"only {len(first)} of {created} Services have an address")
    return passed(f"{len(counts)} different addresses for {len(first)} Services")
