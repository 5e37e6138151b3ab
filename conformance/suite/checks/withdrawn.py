"""Judges of addresses whose Services are gone: nobody answers for them any more, and no node bears them.

Source: RFC 826 (only the owner of the target protocol address replies); catalogue L2-008.

Pure.
"""

from functools import partial

from conformance.suite import families, neighbor, seen
from conformance.suite.case import Check
from conformance.suite.facts import IPAddress
from conformance.suite.history import History
from conformance.suite.verdict import Verdict, failed, passed, unknown

EVERY_S = 1.0
"""One question a second is enough: what goes on answering answers that."""


def _released(history: History) -> dict[IPAddress, int]:
    """Return {address: when the API server answered the deletion of the Service that had it, ns}."""
    given = seen.assignments(history)
    deleted = [write for write in seen.writes(history, "Service", "delete") if write.name in given]
    return {address: write.t_ns for write in deleted for address in given[write.name].addresses}


def silent(within_s: float, for_s: float) -> Check:
    """Demand that nobody claims an address some time after its Service was deleted, while others are answered for.

    Args:
        within_s: from the API's answer to the delete, seconds.
        for_s: how long nobody may; each address must have been asked for once a second meanwhile.
    """
    rule = f"from {within_s:g} s after the deletion on nobody claims the address, for {for_s:g} s"
    return Check("silent-when-deleted", rule, partial(_silent, within_s=within_s, for_s=for_s))


def _silent(history: History, *, within_s: float, for_s: float) -> Verdict:
    released, asked = _released(history), neighbor.asks(history)
    if not released:
        return unknown("no Service that had an address was deleted")
    first_ns = min(released.values()) + int(within_s * seen.NS_PER_S)
    for address, gone_ns in released.items():
        begin_ns = gone_ns + int(within_s * seen.NS_PER_S)
        end_ns = begin_ns + int(for_s * seen.NS_PER_S)
        if late := [one for one in neighbor.claims(history, address) if begin_ns <= one.t_ns < end_ns]:
            after_s = seen.seconds(late[-1].t_ns, gone_ns)
            return failed(f"{address} is claimed by {late[-1].mac} {after_s:.1f} s after its Service was deleted")
        if not any(ask.answers for ask in asked if ask.target == address and ask.t_ns < gone_ns):
            return unknown(f"{address} was never answered for, so its silence proves nothing")
        questions = [ask for ask in asked if ask.target == address and begin_ns <= ask.t_ns < end_ns]
        if len(questions) < for_s / EVERY_S or history.end_ns < end_ns:
            return unknown(f"{address}: {len(questions)} questions in {for_s:g} s, wanted one a second")
    kept = set(families.given(history)) - set(released)
    if not any(ask.answers for ask in asked if ask.target in kept and ask.t_ns >= first_ns):
        return unknown("the control, an address that is held, was not answered either")
    doubt = seen.wire_doubt(history)
    return unknown(doubt) if doubt else passed(f"{len(released)} addresses, silent for {for_s:g} s")


def on_no_node(within_s: float) -> Check:
    """Demand that no interface of a node bears an address whose Service was deleted some time before.

    Args:
        within_s: from the API's answer to the delete, seconds; nodes are looked at later.
    """
    rule = f"{within_s:g} s after the deletion no interface of a node bears the address"
    return Check("on-no-node", rule, partial(_on_no_node, within_s=within_s))


def _on_no_node(history: History, *, within_s: float) -> Verdict:
    lab, released = seen.facts(history), _released(history)
    if lab is None or not released:
        return unknown("no Service that had an address was deleted")
    since_ns = max(released.values()) + int(within_s * seen.NS_PER_S)
    looks = [event for event in history.of("node", "state") if int(event.data["asked_ns"]) >= since_ns]
    if missing := sorted(set(lab.eligible) - {str(event.data["node"]) for event in looks}):
        return unknown(f"{', '.join(missing)} was not looked at {within_s:g} s after the deletion")
    gone = set(map(str, released))
    for event in looks:
        for link in event.data["addresses"]:
            borne = sorted(gone & {str(info.get("local")) for info in link.get("addr_info", ())})
            if borne:
                return failed(f"{event.data['node']} bears {borne[0]} on {link['ifname']}, and no Service holds it")
    return passed(f"{len(released)} addresses, on none of {len(lab.eligible)} nodes")
