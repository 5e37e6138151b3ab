"""Judges of announcing by NDP: answers, the defence against duplicate address detection, and advertisements unasked.

Source: RFC 4861 sections 4.4, 7.2.4 and 7.2.6, RFC 4862 section 5.4; catalogue L2-010, L2-011, L2-012.

Pure.
"""

from functools import partial
from ipaddress import IPv6Address
from typing import Final

from conformance.suite import ndp, neighbor, seen
from conformance.suite.case import Check
from conformance.suite.history import History
from conformance.suite.verdict import Verdict, failed, passed, unknown

UNASKED_S: Final = 1.0
"""L2-012: who begins to answer for an address tells the segment within this time."""


def solicited(at_least: int) -> Check:
    """Demand that each solicitation of a group is answered to the asker, solicited, overriding and with a MAC.

    Args:
        at_least: fewer answers than this decide nothing.
    """
    rule = "a solicitation to the group of an address is answered: S and O set, target link-layer address, to the asker"
    return Check("solicited", rule, partial(_answers, form="broadcast", is_solicited=True, at_least=at_least))


def defended(at_least: int) -> Check:
    """Demand that a probe for an address (DAD) is answered to all nodes, so that the prober finds it in use.

    Args:
        at_least: fewer answers than this decide nothing.
    """
    rule = "a probe from :: is answered through all nodes (ff02::1), O set, S not, with the target link-layer address"
    return Check("defended", rule, partial(_answers, form="probe", is_solicited=False, at_least=at_least))


def _answers(history: History, *, form: str, is_solicited: bool, at_least: int) -> Verdict:
    asked = [ask for ask in neighbor.asks(history, form) if isinstance(ask.packet, ndp.NdpFrame)]
    doubt = seen.wire_doubt(history)
    if not asked or doubt:
        return unknown(doubt or f"no {form} was sent for an IPv6 address")
    if missed := [ask for ask in asked if not ask.answers]:
        return failed(f"{len(missed)} of {len(asked)} for {missed[0].target} were not answered", f"t={missed[0].t_ns}")
    for ask in asked:
        for told in (one.packet for one in ask.answers):
            assert isinstance(told, ndp.NdpFrame)
            if wrong := _fault(told, is_solicited):
                return failed(f"an advertisement of {ask.target} is wrong: {wrong}", str(told))
    if len(asked) < at_least:
        return unknown(f"{len(asked)} were answered, wanted {at_least}")
    return passed(f"{len(asked)} answered, all correct")


def _fault(told: ndp.NdpFrame, is_solicited: bool) -> str:
    """Name the first thing wrong with an advertisement; "" if nothing is."""
    if told.is_solicited is not is_solicited:
        return f"S is {'set' if told.is_solicited else 'not set'}"
    if not told.is_override:
        return "O is not set"
    if told.mac != told.source:
        return f"its target link-layer address is {told.mac or 'missing'}, its Ethernet source {told.source}"
    return ""


def unasked(within_s: float) -> Check:
    """Demand that who takes an IPv6 address tells all nodes, unasked, soon after the status and its first answer.

    Args:
        within_s: limit from the status with the address, seconds.
    """
    rule = f"an address is told of unasked, to ff02::1 with O and not S, {within_s:g} s after its status at most"
    return Check("unasked", rule, partial(_unasked, within_s=within_s))


def _unasked(history: History, *, within_s: float) -> Verdict:
    details: list[str] = []
    for state in seen.assignments(history).values():
        for address in (one for one in state.addresses if isinstance(one, IPv6Address)):
            claims = neighbor.claims(history, address)
            told = next((one for one in claims if neighbor.is_gratuitous(one)), None)
            if told is None:
                doubt = seen.wire_doubt(history)
                return unknown(doubt) if doubt else failed(f"{address} was never told of unasked")
            assert isinstance(told.packet, ndp.NdpFrame)
            late_s = max(seen.seconds(told.t_ns, state.t_ns), 0.0)
            if not told.packet.is_override:
                return failed(f"{address} is told of without O: nobody replaces what it knows", str(told.packet))
            if late_s > within_s or seen.seconds(told.t_ns, claims[0].t_ns) > UNASKED_S:
                return failed(f"{address} is told of {late_s:.2f} s after its status, wanted {within_s:g} s")
            details.append(f"{address} after {late_s:.2f} s")
    return passed("; ".join(details)) if details else unknown("no Service showed an IPv6 address")
