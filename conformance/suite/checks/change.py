"""Judges of a Service that asks for another address while it lives: it moves, or it is told why not.

Source: MetalLB, annotation loadBalancerIPs; RFC 5227 section 2.4 (an address that was given up is not claimed any
more); catalogue IPAM-016.

Pure.
"""

from functools import partial

from conformance.suite import seen, told
from conformance.suite.case import Check
from conformance.suite.declared import declared
from conformance.suite.facts import IPAddress
from conformance.suite.history import History
from conformance.suite.verdict import Figure, Verdict, failed, passed, unknown


def moved(within_s: float, gap_s: float) -> Check:
    """Demand that a Service which asks for another, free address shows exactly that one in time.

    Judged is the first change of a request.

    Args:
        within_s: limit from the API's answer to the change, seconds.
        gap_s: how long it may show no address on the way, seconds.
    """
    rule = f"the address asked for later is there within {within_s:g} s, and none is for {gap_s:g} s at the most"
    return Check("moved", rule, partial(_moved, within_s=within_s, gap_s=gap_s))


def _moved(history: History, *, within_s: float, gap_s: float) -> Verdict:
    changes, first = _changes(history), seen.assignments(history)
    if not changes or changes[0].name not in first:
        return unknown("no Service with an address asked for another one")
    change, name = changes[0], changes[0].name
    old, new = first[name].addresses, told.asked_addresses(change.object)
    until_ns = changes[1].invoked_ns if len(changes) > 1 else history.end_ns
    states = [s for s in seen.services(history) if s.name == name and change.invoked_ns <= s.t_ns <= until_ns]
    strange = [state for state in states if state.addresses not in {old, new, ()}]
    arrived = next((state for state in states if state.addresses == new), None)
    watched_s = seen.seconds(until_ns, change.t_ns)
    if strange:
        return failed(f"{name} asked for {_list(new)} and showed {_list(strange[0].addresses)}")
    if arrived is None and watched_s < within_s:
        return unknown(f"{name} has not {_list(new)} yet, but only {watched_s:.1f} s were watched")
    if arrived is None:
        return failed(f"{name} asked for {_list(new)} and has {_list(states[-1].addresses if states else old)} still")
    took_s = max(0.0, seen.seconds(arrived.t_ns, change.t_ns))
    moved_after = Figure("time to the new address", took_s, "s", at_most=within_s)
    if took_s > within_s:
        text = f"{name} had {_list(new)} after {took_s:.2f} s, wanted {within_s:g} s"
        return failed(text).with_figures(moved_after)
    if left := [state for state in states if state.t_ns > arrived.t_ns and state.addresses != new]:
        return failed(f"{name} had {_list(new)} and then {_list(left[0].addresses)}")
    empty = [state.t_ns for state in states if not state.addresses and state.t_ns < arrived.t_ns]
    absent_s = seen.seconds(arrived.t_ns, empty[0]) if empty else 0.0
    figures = (moved_after, Figure("without any address", absent_s, "s", at_most=gap_s))
    if absent_s > gap_s:
        text = f"{name} had no address for {absent_s:.2f} s, wanted {gap_s:g} s at the most"
        return failed(text).with_figures(*figures)
    text = f"{name} went from {_list(old)} to {_list(new)} after {took_s:.3f} s, {absent_s:.3f} s without any"
    return passed(text).with_figures(*figures)


def unavailable(for_s: float) -> Check:
    """Demand that a Service which asks for an address it cannot have keeps its own or gives it up, as documented.

    Judged is the second change of a request.

    Args:
        for_s: less than this after the change decides nothing, seconds.
    """
    rule = "asking for an address that is held: the own one is kept or released as documented, and no other shown"
    return Check("unavailable", rule, partial(_unavailable, for_s=for_s))


def _unavailable(history: History, *, for_s: float) -> Verdict:
    changes = _changes(history)
    if len(changes) < 2:
        return unknown("no Service asked for a second other address")
    before, change = changes[0], changes[1]
    own = told.asked_addresses(before.object)
    states = [s for s in seen.services(history) if s.name == change.name]
    at = [state for state in states if state.t_ns <= change.invoked_ns][-1:]
    after = [state for state in states if state.t_ns > change.invoked_ns]
    if not at or at[0].addresses != own:
        return unknown(f"{change.name} had not {_list(own)} when it asked for another")
    if strange := [state for state in after if state.addresses not in {own, ()}]:
        return failed(f"{change.name} asked for a held address and showed {_list(strange[0].addresses)}")
    watched_s = seen.seconds(history.end_ns, change.t_ns)
    if watched_s < for_s or (doubt := seen.watch_doubt(history)):
        return unknown(f"watched for {watched_s:.1f} s, wanted {for_s:g} s" if watched_s < for_s else doubt)
    word = declared(history)
    policy = word.policies.get("unavailable-request", "") if word else ""
    what = "kept" if not after or after[-1].addresses else "released"
    text = f"{change.name}: {_list(own)} was {what}"
    return failed(f"{text}, documented is {policy}") if policy not in {"", what} else passed(text)


def _changes(history: History) -> tuple[seen.Write, ...]:
    """Return the writes that made a living Service ask for another address."""
    return tuple(w for w in seen.writes(history, "Service", "apply", "patch") if told.asked_addresses(w.object))


def _list(addresses: tuple[IPAddress, ...]) -> str:
    return ", ".join(str(address) for address in addresses) or "none"
