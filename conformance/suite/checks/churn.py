"""Judge of a random run: when everything has come to rest, nobody waits for an address that is free.

Source: catalogue IPAM-030 (assigned = min(wanted, capacity) for each family); KEP-563 (IP families).

Pure.
"""

from dataclasses import dataclass
from functools import partial

from conformance.suite import seen, told
from conformance.suite.case import Check
from conformance.suite.facts import IPAddress, members
from conformance.suite.history import History
from conformance.suite.verdict import Verdict, failed, passed, unknown


@dataclass(frozen=True, slots=True)
class _Wish:
    """A Service at the end: what it is, what it asks for, what it has."""

    name: str
    is_load_balancer: bool
    versions: frozenset[int]
    asked: tuple[IPAddress, ...]
    has: tuple[IPAddress, ...]


def at_rest(writes: int, after_s: float) -> Check:
    """Demand that in the end as many Services are served as there are addresses that they may have.

    A Service that asks for one address is served if nobody else has it; any other if an address of its family is
    free. So without requests the number of the served is min(wanted, capacity).

    Args:
        writes: fewer writes of Services than this decide nothing.
        after_s: how long after the last write a Service may still wait, seconds.
    """
    rule = "at rest no Service waits for an address that is free: assigned = min(wanted, capacity)"
    return Check("at-rest", rule, partial(_at_rest, writes=writes, after_s=after_s))


def _at_rest(history: History, *, writes: int, after_s: float) -> Verdict:
    made = seen.writes(history, "Service")
    wishes = _wishes(history)
    pool = set(members(seen.pool_entries(history)))
    if len(made) < writes or not wishes or not pool:
        return unknown(f"{len(made)} writes of Services, wanted {writes}; {len(wishes)} Services at the end")
    if doubt := seen.watch_doubt(history):
        return unknown(doubt)
    wrong = waiting(history)
    rested_s = seen.seconds(history.end_ns, made[-1].t_ns)
    if wrong and rested_s < after_s:
        return unknown(f"{wrong[0]}, but only {rested_s:.1f} s passed since the last write")
    if wrong:
        return failed(f"{len(wrong)} wrong {rested_s:.1f} s after the last write: {wrong[0]}", *wrong[1:])
    wanted = [wish for wish in wishes if wish.is_load_balancer]
    served = [wish for wish in wanted if wish.has]
    return passed(
        f"{len(made)} writes; at rest {len(wanted)} want an address, the pool has {len(pool)}, {len(served)} have one; "
        f"{len(wanted) - len(served)} ask for one that is held or in no pool, or find none free"
    )


def waiting(history: History) -> tuple[str, ...]:
    """Say what is wrong with the Services as they are now: who waits for what is free, or has what it should not."""
    wishes, pool = _wishes(history), set(members(seen.pool_entries(history)))
    held = {address for wish in wishes for address in wish.has}
    return tuple(fault for wish in wishes if (fault := _fault(wish, pool, held)))


def _wishes(history: History) -> tuple[_Wish, ...]:
    last = {state.name: (state, obj) for state, obj in seen.service_objects(history)}
    return tuple(_wish(state, obj) for _, (state, obj) in sorted(last.items()) if not state.is_deleted)


def _wish(state: seen.ServiceState, obj: told.Object) -> _Wish:
    spec = obj.get("spec", {})
    return _Wish(
        name=state.name,
        is_load_balancer=spec.get("type") == "LoadBalancer",
        versions=frozenset(6 if family == "IPv6" else 4 for family in spec.get("ipFamilies") or ("IPv4",)),
        asked=told.asked_addresses(obj),
        has=state.addresses,
    )


def _fault(wish: _Wish, pool: set[IPAddress], held: set[IPAddress]) -> str:
    """Say what is wrong with a Service at rest; "" if nothing is."""
    if not wish.is_load_balancer:
        return f"{wish.name} is no LoadBalancer and has {wish.has[0]}" if wish.has else ""
    if wish.has:
        is_another = wish.asked and set(wish.has) != set(wish.asked)
        return f"{wish.name} asks for {wish.asked[0]} and has {wish.has[0]}" if is_another else ""
    free = sorted((a for a in pool - held if a.version in wish.versions), key=int)
    if wish.asked:
        return f"{wish.name} waits for {wish.asked[0]}, which is free" if set(wish.asked) <= set(free) else ""
    return f"{wish.name} waits, and {free[0]} is free" if free else ""
