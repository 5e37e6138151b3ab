"""Judges of a crash amid many writes: nobody loses an address, another takes over in time, and no address is lost.

Source: issue "the controller, complete" (kill -9 of the leader); Kubernetes, Leases (leader election); catalogue
IPAM-005, IPAM-006, IPAM-008.

Pure.
"""

from collections import Counter
from functools import partial

from conformance.suite import seen
from conformance.suite.case import Check
from conformance.suite.facts import IPAddress, members
from conformance.suite.history import History
from conformance.suite.seen import ServiceState
from conformance.suite.verdict import Figure, Verdict, failed, passed, unknown


def kept(at_least: int) -> Check:
    """Demand that a Service that had an address shows it in every later state, until it is deleted.

    Args:
        at_least: fewer Services with an address than this decide nothing.
    """
    rule = "an address once shown stays until the Service is deleted"
    return Check("kept-until-deleted", rule, partial(_kept, at_least=at_least))


def _kept(history: History, *, at_least: int) -> Verdict:
    has: dict[str, tuple[IPAddress, ...]] = {}
    changed: list[str] = []
    for state in seen.services(history):
        before = has.setdefault(state.uid, state.addresses) or state.addresses
        has[state.uid] = before
        if not state.is_deleted and before != state.addresses:
            now = ", ".join(map(str, state.addresses)) or "none"
            changed.append(f"{state.name} had {before[0]} and shows {now} at t={state.t_ns}")
    if changed:
        return failed(f"{len(changed)} times a living Service showed another address than before", *changed)
    if doubt := seen.watch_doubt(history):
        return unknown(doubt)
    served = sum(1 for addresses in has.values() if addresses)
    if served < at_least:
        return unknown(f"{served} Services had an address, wanted {at_least}")
    return passed(f"{served} Services kept their address")


def taken_over(role: str, within_s: float) -> Check:
    """Demand that after a kill the first Service created since is looked after in time.

    Looked after means that its status was written: an address, or a condition that says why there is none.

    Args:
        role: whose processes were killed.
        within_s: limit from the kill, seconds.
    """
    rule = f"at most {within_s:g} s after {role} was killed, a Service created since is looked after"
    return Check("taken-over", rule, partial(_taken_over, role=role, within_s=within_s))


def _taken_over(history: History, *, role: str, within_s: float) -> Verdict:
    took_s = takeover_s(history, role)
    if took_s is not None:
        text = f"{took_s:.2f} s from the kill to the first Service looked after"
        verdict = passed(text) if took_s <= within_s else failed(f"{text}, wanted {within_s:g} s")
        return verdict.with_figures(
            Figure("from the kill to the first one looked after", took_s, "s", at_most=within_s)
        )
    kills = [event for event in history.of("fault", "kill") if event.data["role"] == role]
    if not kills:
        return unknown(f"{role} was not killed")
    waited = [w for w in seen.writes(history, "Service", "create") if w.invoked_ns > kills[0].t_ns]
    if not waited or seen.seconds(history.end_ns, waited[0].t_ns) < within_s:
        return unknown("no Service was created after the kill and then watched long enough")
    return failed(f"none of {len(waited)} Services created after the kill was ever looked after")


def takeover_s(history: History, role: str) -> float | None:
    """Return the time from the first kill of a role until a Service created after it was looked after; None if never.

    Args:
        history: where to look.
        role: whose processes were killed.
    """
    kills = [event for event in history.of("fault", "kill") if event.data["role"] == role]
    if not kills:
        return None
    later = {w.name for w in seen.writes(history, "Service", "create") if w.invoked_ns > kills[0].t_ns}
    for event in history.of("kube", "service"):
        if event.data["type"] == "MODIFIED" and event.data["object"]["metadata"]["name"] in later:
            return seen.seconds(event.t_ns, int(kills[0].data["asked_ns"]))
    return None


def settled(mark: str) -> Check:
    """Demand that at a moment as many Services have an address as the pool can serve, and each of those just one.

    Args:
        mark: name of the moment, which the drive chose after things had come to rest.
    """
    rule = f"{mark}: min(wanted, capacity) Services have exactly one address"
    return Check(f"settled-{mark}", rule, partial(_settled, mark=mark))


def _settled(history: History, *, mark: str) -> Verdict:
    living = _living(history, mark)
    capacity = len(members(seen.pool_entries(history)))
    if living is None or not capacity:
        return unknown(f"the drive did not come to {mark}, or there is no pool")
    served = [state for state in living.values() if state.addresses]
    many = [state.name for state in served if len(state.addresses) > 1]
    wanted = min(len(living), capacity)
    text = f"{len(served)} of {len(living)} Services have an address, the pool has {capacity}"
    if many or len(served) != wanted:
        waiting = sorted(state.name for state in living.values() if not state.addresses)
        return failed(f"{text}, {len(many)} have several", *many, *waiting)
    if doubt := seen.watch_doubt(history):
        return unknown(doubt)
    return passed(text)


def full(mark: str) -> Check:
    """Demand that at a moment every address of the pool is in use: none of those given back before was lost.

    Args:
        mark: name of the moment, with more Services than the pool has addresses.
    """
    return Check("full", f"{mark}: every address of the pool is in use by one Service", partial(_full, mark=mark))


def _full(history: History, *, mark: str) -> Verdict:
    living, pool = _living(history, mark), members(seen.pool_entries(history))
    if living is None or not pool:
        return unknown(f"the drive did not come to {mark}, or there is no pool")
    if len(living) <= len(pool):
        return unknown(f"{len(living)} Services cannot fill a pool of {len(pool)} beyond its brim")
    given_up = {address for address, t_ns in seen.given_up(history)}
    if not given_up & set(pool):
        return unknown("no address was ever given back")
    holders = Counter(address for state in living.values() for address in state.addresses)
    lost = [str(address) for address in pool if not holders[address]]
    if lost:
        return failed(f"{len(lost)} of {len(pool)} addresses are in nobody's use, and Services wait", *lost)
    if doubt := seen.watch_doubt(history):
        return unknown(doubt)
    return passed(f"all {len(pool)} addresses are in use; {len(given_up)} of them had been given back before")


def _living(history: History, mark: str) -> dict[str, ServiceState] | None:
    """Return the Services as they were at a mark: {uid: state}; None if the drive did not come to it."""
    at = next((event.t_ns for event in history.of("suite", "mark") if event.data["name"] == mark), None)
    if at is None:
        return None
    found: dict[str, ServiceState] = {}
    for state in seen.services(history):
        if state.t_ns <= at:
            found.pop(state.uid, None)
            if not state.is_deleted:
                found[state.uid] = state
    return found
