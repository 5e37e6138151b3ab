"""Judges of Services with IPv6: the right number of addresses of each family, and what is had already stays.

Source: KEP-563 (dual stack; a Service changes between one family and two); RFC 4291 section 2.6.1 (Subnet-Router
anycast) and section 2.5.5.2 (IPv4-mapped addresses); catalogue IPAM-031 to IPAM-038.

Pure.
"""

from functools import partial
from ipaddress import IPv6Address
from typing import Final

from conformance.suite import families, seen, told
from conformance.suite.case import Check
from conformance.suite.declared import declared
from conformance.suite.facts import IPAddress, of_family
from conformance.suite.history import History
from conformance.suite.verdict import Figure, Outcome, Verdict, failed, passed, unknown

SECOND_POOL: Final = "second-pool"
"""What a target is asked to declare: whether the second family may be of another pool (`used`) or not (`unused`)."""
_INTERFACE_ID: Final = 2**64


def one_of_each(name: str, *versions: int, within_s: float) -> Check:
    """Demand that a Service gets exactly one address of each of some families in time, and never another.

    Args:
        name: of the Service.
        versions: 4, 6.
        within_s: limit from the API's answer to the create, seconds.
    """
    wanted = " and ".join(f"one {families.name_of(version)} address" for version in versions)
    rule = f"{name}: exactly {wanted} at most {within_s:g} s after the creation"
    judge = partial(_one_of_each, name=name, wanted=tuple(sorted(versions)), within_s=within_s)
    return Check("one-of-each", rule, judge)


def _one_of_each(history: History, *, name: str, wanted: tuple[int, ...], within_s: float) -> Verdict:
    created = [write for write in seen.writes(history, "Service", "create") if write.name == name]
    if not created:
        return unknown(f"{name} was not created")
    states = families.states(history, name)
    for state in states:
        have = families.versions(state)
        if len(set(have)) < len(have) or set(have) - set(wanted):
            return failed(f"{name} shows {_list(state.addresses)}")
    whole = next((state for state in states if families.versions(state) == wanted), None)
    watched_s = seen.seconds(history.end_ns, created[0].t_ns)
    if whole is None and watched_s < within_s:
        return unknown(f"{name} has not all of its addresses, but was watched for {watched_s:.1f} s only")
    if whole is None:
        return failed(f"{name} has {_list(states[-1].addresses if states else ())} after {watched_s:.1f} s")
    took_s = max(0.0, seen.seconds(whole.t_ns, created[0].t_ns))
    took = Figure("time to all addresses", took_s, "s", at_most=within_s)
    if took_s > within_s:
        text = f"{name} had {_list(whole.addresses)} after {took_s:.2f} s, wanted {within_s:g} s"
        return failed(text).with_figures(took)
    if later := [s for s in states if s.t_ns > whole.t_ns and s.addresses != whole.addresses]:
        return failed(f"{name} had {_list(whole.addresses)}, then {_list(later[0].addresses)}")
    return passed(f"{name}: {_list(whole.addresses)} after {took_s:.3f} s").with_figures(took)


def never_half(name: str) -> Check:
    """Demand that a Service which needs both families never shows one alone."""
    return Check("never-half", f"{name} shows both families or none, at any watch event", partial(_half, name=name))


def _half(history: History, *, name: str) -> Verdict:
    states = families.states(history, name)
    half = [state for state in states if len(set(families.versions(state))) == 1]
    if half:
        return failed(f"{name} shows {_list(half[0].addresses)} alone")
    if not any(state.addresses for state in states) or (doubt := seen.watch_doubt(history)):
        return unknown(f"{name} never had an address" if not any(s.addresses for s in states) else doubt)
    return passed(f"{name} had both at once, in {len(states)} states")


def completed(name: str, within_s: float) -> Check:
    """Demand that the second family is added when a pool has it, and the first address stays.

    It comes with a second pool of that family; where the target documents that all addresses are of one pool, when
    that pool is extended.

    Args:
        name: of the Service, which prefers both families.
        within_s: limit from the API's answer to the pool's write, seconds.
    """
    rule = f"{name}: IPv6 is added at most {within_s:g} s after a pool has it, none before, and IPv4 never changes"
    return Check("completed", rule, partial(_completed, name=name, within_s=within_s))


def _completed(history: History, *, name: str, within_s: float) -> Verdict:
    pools = seen.writes(history, "IPAddressPool", "create", "apply")
    with_ipv6 = [write for write in pools if of_family(tuple(write.object["spec"]["addresses"]), 6)]
    first = families.first_with(history, name, 4)
    if not with_ipv6 or first is None or first.t_ns > with_ipv6[0].invoked_ns:
        return unknown(f"{name} had no IPv4 address before there was a pool for IPv6")
    added = families.first_with(history, name, 6)
    if added and added.t_ns < with_ipv6[0].invoked_ns:
        return failed(f"{name} shows {_list(added.addresses)} without a pool for IPv6")
    if change := _changed(history, name, 4, since=first):
        return failed(change)
    word = declared(history)
    policy = word.policies.get(SECOND_POOL, "used") if word else "used"
    if policy == "unused" and len(with_ipv6) < 2:
        return unknown("a second pool is documented as unused, and the first was not extended")
    cause = with_ipv6[1 if policy == "unused" else 0]
    if policy == "unused" and added and added.t_ns < cause.invoked_ns:
        return failed(f"{name} took {_list(families.of(added, 6))} of a second pool, documented is {policy}")
    watched_s = seen.seconds(history.end_ns, cause.t_ns)
    if added is None and watched_s < within_s:
        return unknown(f"{name} has no IPv6 address yet, but only {watched_s:.1f} s were watched")
    if added is None:
        return failed(f"{name} has {_list(first.addresses)} still, {watched_s:.1f} s after pool {cause.name}")
    took_s = max(0.0, seen.seconds(added.t_ns, cause.t_ns))
    took = Figure("time to the second family", took_s, "s", at_most=within_s)
    if took_s > within_s:
        text = f"{name} had {_list(added.addresses)} after {took_s:.2f} s, wanted {within_s:g} s"
        return failed(text).with_figures(took)
    if change := _changed(history, name, 6, since=added):
        return failed(change)
    how = "as documented, from the same pool only: " if policy == "unused" else ""
    text = f"{how}{name}: {_list(added.addresses)} {took_s:.3f} s after pool {cause.name}"
    return passed(text).with_figures(took)


def upgraded(*names: str, within_s: float) -> Check:
    """Demand that a living Service which is given a second family keeps its address and gets one of the other.

    Args:
        names: of the Services; each is patched once.
        within_s: limit from the API's answer to the patch, seconds.
    """
    rule = f"{', '.join(names)}: IPv6 is added at most {within_s:g} s after the change, and IPv4 stays as it was"
    return Check("upgraded", rule, partial(_each, names=names, within_s=within_s, other=6, is_added=True))


def downgraded(*names: str, within_s: float) -> Check:
    """Demand that a living Service which gives up its second family keeps the address of the first.

    Args:
        names: of the Services; each is patched once.
        within_s: limit from the API's answer to the patch, seconds.
    """
    rule = f"{', '.join(names)}: IPv6 is gone at most {within_s:g} s after the change, and IPv4 stays as it was"
    return Check("downgraded", rule, partial(_each, names=names, within_s=within_s, other=6, is_added=False))


def _each(history: History, *, names: tuple[str, ...], within_s: float, other: int, is_added: bool) -> Verdict:
    found = [_restacked(history, name, within_s, other, is_added=is_added) for name in names]
    telling = max(found, key=lambda verdict: verdict.outcome)
    is_all_well = telling.outcome is Outcome.PASS
    if not is_all_well:
        return telling
    text = "; ".join(verdict.reason for verdict in found)
    return passed(text).with_figures(*(figure for verdict in found for figure in verdict.figures))


def _restacked(history: History, name: str, within_s: float, other: int, *, is_added: bool) -> Verdict:
    kept = 10 - other
    patches = [write for write in seen.writes(history, "Service", "patch") if write.name == name]
    before = [state for state in families.states(history, name) if patches and state.t_ns < patches[0].invoked_ns]
    if not before or not families.of(before[-1], kept) or bool(families.of(before[-1], other)) is is_added:
        return unknown(f"{name} was not changed, or did not have what it had to have before")
    if change := _changed(history, name, kept, since=before[-1]):
        return failed(change)
    after = [state for state in families.states(history, name) if state.t_ns >= patches[0].invoked_ns]
    done = next((state for state in after if bool(families.of(state, other)) is is_added), None)
    watched_s = seen.seconds(history.end_ns, patches[0].t_ns)
    shown = _list((after or before)[-1].addresses)
    if done is None:
        text = f"{name} has {shown} still, {watched_s:.1f} s after the change"
        return unknown(text) if watched_s < within_s else failed(text)
    took_s = max(0.0, seen.seconds(done.t_ns, patches[0].t_ns))
    took = Figure(f"{name} changed", took_s, "s", at_most=within_s)
    if took_s > within_s:
        text = f"{name} had {_list(done.addresses)} after {took_s:.2f} s, wanted {within_s:g} s"
        return failed(text).with_figures(took)
    back = [s for s in after if s.t_ns > done.t_ns and families.of(s, other) != families.of(done, other)]
    if back:
        return failed(f"{name} had {_list(done.addresses)}, then {_list(back[0].addresses)}")
    text = f"{name}: {_list(before[-1].addresses)} became {_list(done.addresses)} after {took_s:.3f} s"
    return passed(text).with_figures(took)


def no_anycast(at_least: int) -> Check:
    """Demand that a pool which leaves odd addresses out (avoidBuggyIPs) gives no Subnet-Router anycast address.

    Args:
        at_least: fewer different addresses of such pools than this decide nothing.
    """
    rule = "with avoidBuggyIPs, no Service shows an IPv6 address with a zero interface identifier"
    return Check("no-anycast", rule, partial(_no_anycast, at_least=at_least))


def _no_anycast(history: History, *, at_least: int) -> Verdict:
    shown = {
        a for _, a, _, pool in told.given(history) if a.version == 6 and pool and pool["spec"].get("avoidBuggyIPs")
    }
    wrong = sorted(str(address) for address in shown if int(address) % _INTERFACE_ID == 0)
    if wrong:
        return failed(f"{', '.join(wrong)} was given, the address of all routers of its subnet")
    if len(shown) < at_least:
        return unknown(f"{len(shown)} addresses of pools with avoidBuggyIPs were given, wanted {at_least}")
    return passed(f"{len(shown)} addresses, none of them that of a subnet's routers")


def unmapped(pool: str) -> Check:
    """Demand that Services with IPv6 alone show no IPv4 address, be it written as IPv6, though a pool holds some.

    Args:
        pool: name of the pool of IPv4-mapped addresses that is offered.
    """
    return Check("unmapped", "no Service with IPv6 alone shows an IPv4-mapped address", partial(_unmapped, pool=pool))


def _unmapped(history: History, *, pool: str) -> Verdict:
    refused = told.refusals(history, "IPAddressPool")
    taken = any(write.name == pool for write in seen.writes(history, "IPAddressPool", "create", "apply"))
    shown = families.given(history)
    wrong = [address for address in shown if not isinstance(address, IPv6Address) or address.ipv4_mapped]
    if wrong:
        return failed(f"{wrong[0]} was given to a Service with IPv6 alone")
    if not shown or not (taken or pool in refused):
        return unknown("no Service had an address" if not shown else f"no pool {pool} was offered")
    return passed(f"{len(shown)} addresses, none mapped; pool {pool} was {'taken' if taken else 'refused'}")


def _changed(history: History, name: str, version: int, since: seen.ServiceState) -> str:
    """Say how a Service's address of a family did not stay as it was in a state; "" if it did."""
    own = families.of(since, version)
    for state in families.states(history, name):
        if state.t_ns > since.t_ns and families.of(state, version) != own:
            return f"{name} had {_list(own)}, then {_list(families.of(state, version))}"
    return ""


def _list(addresses: tuple[IPAddress, ...]) -> str:
    return ", ".join(str(address) for address in addresses) or "none"
