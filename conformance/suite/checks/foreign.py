"""Judges of an address that a stranger on the segment has: is it given to a Service all the same.

Detecting this is an extended feature; where it is not claimed, what happens is only reported.
Source: RFC 5227 (a host probes an address before it uses it); catalogue IPAM-029.

Pure.
"""

from ipaddress import IPv4Address

from conformance.suite import neighbor, seen, told
from conformance.suite.case import Check
from conformance.suite.history import History
from conformance.suite.verdict import Verdict, failed, passed, unknown

FEATURE = "conflict-detect"


def occupied() -> Check:
    """Demand that an address which a stranger answers for is not given, or that its Service is told (if claimed)."""
    rule = f"an address that a stranger has is not used, or flagged (judged under {FEATURE}, else reported)"
    return Check("occupied", rule, _occupied)


def _occupied(history: History) -> Verdict:
    strangers = history.of("fault", "occupy")
    created = seen.writes(history, "Service", "create")
    if not strangers or not created:
        return unknown("no stranger had an address" if created else "no Service was created")
    stranger = strangers[0].data
    address = IPv4Address(stranger["address"])
    heard = [h for h in neighbor.replies(history, address) if h.mac == stranger["mac"]]
    if not any(h.t_ns < created[0].invoked_ns for h in heard):
        return unknown(f"the stranger did not answer for {address} before the Services came")
    users = sorted({state.name for state in seen.services(history) if address in state.addresses})
    doubt = seen.watch_doubt(history)
    if not users:
        return unknown(doubt) if doubt else passed(f"{address}, which {stranger['node']} has, was given to nobody")
    flags = [reason for name in users for reason in told.complaints(history, name) if str(address) in reason]
    text = f"{address} was given to {users[0]} though {stranger['node']} answers for it"
    if flags:
        return passed(f"{text}, and flagged: {flags[0]}")
    rivals = {h.mac for h in neighbor.claims(history, address)} - {stranger["mac"]}
    seen_both = f"{len(rivals)} node(s) answer for it beside the stranger"
    if FEATURE not in seen.claimed(history):
        return passed(f"only reported, as {FEATURE} is not claimed: {text}; {seen_both}")
    return failed(f"{text}, and nobody was told", seen_both)
