"""Judges of which address a Service gets: the one it asked for, from a pool that is open to it, its own or shared.

Source: MetalLB API, IPAddressPool `spec.serviceAllocation`, `spec.autoAssign` and the Service annotations; catalogue
IPAM.

Pure.
"""

from collections.abc import Iterator
from functools import partial
from typing import Any

from conformance.suite import seen, told
from conformance.suite.case import Check
from conformance.suite.facts import IPAddress, is_inside, members
from conformance.suite.history import History
from conformance.suite.verdict import Verdict, failed, passed, unknown

Object = dict[str, Any]  # Any: a Kubernetes object is JSON


def as_asked() -> Check:
    """Demand that a Service which asks for an address and has one has exactly that one, at any time."""
    return Check("as-asked", "a Service that asks for an address shows that one and no other", _as_asked)


def _as_asked(history: History) -> Verdict:
    right: set[str] = set()
    for state, _, service, _ in told.given(history):
        asked = told.asked_addresses(service)
        if asked and set(asked) != set(state.addresses):
            return failed(f"{state.name} asked for {_list(asked)} and has {_list(state.addresses)}")
        if asked:
            right.add(f"{state.name}: {_list(asked)}")
    return passed("; ".join(sorted(right))) if right else unknown("no Service that asks for an address has one")


def open_pool() -> Check:
    """Demand that each address is from a pool that is open to its Service.

    By namespace and by label (serviceAllocation), and if it is not used unasked (autoAssign false) because the
    Service asks for it.
    """
    return Check("open-pool", "each ingress address is from a pool that is open to its Service", _open_pool)


def _open_pool(history: History) -> Verdict:
    right: set[str] = set()
    for state, address, service, pool in told.given(history):
        if not pool:
            return failed(f"{state.name}: {address} is in no pool")
        name = pool["metadata"]["name"]
        if why := _closed(pool, service):
            return failed(f"{state.name} has {address} of pool {name}, which {why}")
        right.add(f"{state.name}: {name}")
    return passed("; ".join(sorted(right))) if right else unknown("no Service showed an address")


def _closed(pool: Object, service: Object) -> str:
    """Say why a pool is not open to a Service; "" if it is."""
    meta, allocation = service["metadata"], pool["spec"].get("serviceAllocation") or {}
    namespaces, selectors = allocation.get("namespaces"), allocation.get("serviceSelectors")
    labels = meta.get("labels", {}).items()
    if namespaces and meta.get("namespace", "") not in namespaces:
        return f"is for namespace {', '.join(namespaces)}"
    if selectors and not any(selector["matchLabels"].items() <= labels for selector in selectors):
        return "selects other labels"
    if pool["spec"].get("autoAssign", True) or told.asked_pool(service) == pool["metadata"]["name"]:
        return ""
    asked = told.asked_addresses(service)
    is_asked = any(is_inside(address, tuple(pool["spec"]["addresses"])) for address in asked)
    return "" if is_asked else "is not to be used unasked"


def best_pool_first() -> Check:
    """Demand that a pool serves only while every pool of a lower priority number is used up."""
    rule = "no address is taken from a pool while one of a lower priority number has one left"
    return Check("best-pool-first", rule, _best_pool_first)


def _best_pool_first(history: History) -> Verdict:
    pools = [write.object for write in seen.writes(history, "IPAddressPool", "create", "apply")]
    ranks = {_priority(pool) for pool in pools}
    if len(ranks) < 2:
        return unknown("there were no two pools of different priority")
    taken: set[IPAddress] = set()
    used: list[str] = []
    for state, address, _, pool in told.given(history):
        if not pool or address in taken:
            continue
        better = [p for p in pools if _priority(p) < _priority(pool)]
        left = [a for p in better for a in members(tuple(p["spec"]["addresses"])) if a not in taken]
        name = pool["metadata"]["name"]
        if left:
            return failed(f"{state.name} got {address} of pool {name} while {left[0]} of a better one was free")
        taken.add(address)
        used.append(f"{state.name}: {name}")
    if len({entry.split(": ")[1] for entry in used}) < len(pools):
        return unknown(f"not every pool was used ({'; '.join(used) or 'no address'})")
    return passed("; ".join(used))


def _priority(pool: Object) -> int:
    return int(pool["spec"].get("serviceAllocation", {}).get("priority", 0))


def together(*names: str) -> Check:
    """Demand that some Services show one and the same address.

    Args:
        names: of the Services.
    """
    return Check("together", f"{' and '.join(names)} show one address", partial(_together, names=names))


def _together(history: History, *, names: tuple[str, ...]) -> Verdict:
    first = seen.assignments(history)
    missing = [name for name in names if name not in first]
    if missing:
        return unknown(f"{', '.join(missing)} never had an address")
    shown = {first[name].addresses for name in names}
    if len(shown) > 1:
        return failed(f"{' and '.join(names)} have different addresses", *sorted(map(_list, shown)))
    return passed(f"{' and '.join(names)}: {_list(shown.pop())}")


def kept(*names: str, at_least: int = 1) -> Check:
    """Demand that Services keep the address they were first given, in every later state.

    Args:
        names: of the Services; none for all that ever had an address.
        at_least: fewer Services than this decide nothing.
    """
    rule = f"{', '.join(names) or 'every Service'}: the address that was given first is kept"
    return Check("kept", rule, partial(_kept, names=names, at_least=at_least))


def _kept(history: History, *, names: tuple[str, ...], at_least: int = 1) -> Verdict:
    first = seen.assignments(history)
    wanted = names or tuple(sorted(first))
    for name, state in _living(history, wanted):
        if name in first and state.t_ns >= first[name].t_ns and state.addresses != first[name].addresses:
            return failed(f"{name} had {_list(first[name].addresses)}, then {_list(state.addresses) or 'none'}")
    missing = [name for name in wanted if name not in first]
    if missing or (doubt := seen.watch_doubt(history)):
        return unknown(f"{', '.join(missing)} never had an address" if missing else doubt)
    if len(wanted) < at_least:
        return unknown(f"{len(wanted)} Services ever had an address, wanted {at_least}")
    return passed("; ".join(f"{name}: {_list(first[name].addresses)}" for name in wanted))


def _living(history: History, names: tuple[str, ...]) -> Iterator[tuple[str, seen.ServiceState]]:
    return ((s.name, s) for s in seen.services(history) if s.name in names and not s.is_deleted)


def _list(addresses: tuple[IPAddress, ...]) -> str:
    return ", ".join(str(address) for address in addresses)
