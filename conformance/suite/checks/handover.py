"""Judges of the wire while an address changes hands.

Given up it falls silent, passed on it never has two owners at once, and what stays goes on being answered for.

Source: RFC 5227 section 2.4 (two hosts on one address), RFC 4861 section 7.2.6 for IPv6; catalogue IPAM-006, IPAM-016,
IPAM-026, IPAM-036.

Pure.
"""

from functools import partial
from itertools import pairwise
from typing import Final

from conformance.suite import neighbor, seen
from conformance.suite.case import Check
from conformance.suite.history import History
from conformance.suite.verdict import Verdict, failed, passed, unknown
from conformance.suite.waits import REPLY_P95_S

_AHEAD_NS: Final = seen.NS_PER_S
"""A new holder may be announced so much sooner than the watch tells the suite of it, on a busy host."""


def falls_silent(within_s: float) -> Check:
    """Demand that an address which a Service gave up is claimed by nobody, until a Service shows it again.

    Args:
        within_s: limit from the status without the address, seconds.
    """
    rule = f"an address is not claimed later than {within_s:g} s after a Service gave it up"
    return Check("falls-silent", rule, partial(_falls_silent, within_s=within_s))


def _falls_silent(history: History, *, within_s: float) -> Verdict:
    given_up = tuple(seen.given_up(history))
    if not given_up:
        return unknown("no Service gave an address up")
    details: list[str] = []
    for address, t_ns in given_up:
        again = (s.t_ns - _AHEAD_NS for s in seen.services(history) if s.t_ns > t_ns and address in s.addresses)
        start_ns, until_ns = t_ns + int(within_s * seen.NS_PER_S), next(again, history.end_ns)
        claims = [claim for claim in neighbor.claims(history, address) if t_ns < claim.t_ns < until_ns]
        if late := [claim for claim in claims if claim.t_ns > start_ns]:
            after_s = seen.seconds(late[-1].t_ns, t_ns)
            return failed(f"{address} is claimed by {late[-1].mac} {after_s:.2f} s after it was given up")
        if not any(start_ns < asked_ns < until_ns for asked_ns in neighbor.questions(history, address)):
            return unknown(f"nobody asked for {address} later than {within_s:g} s after it was given up")
        last_s = max((seen.seconds(claim.t_ns, t_ns) for claim in claims), default=0.0)
        details.append(f"{address} after {last_s:.3f} s")
    doubt = seen.wire_doubt(history)
    return unknown(doubt) if doubt else passed(f"silent: {', '.join(details)}")


def passed_on(owners: int) -> Check:
    """Demand that each owner of an address claims it for the last time before the next one begins.

    Args:
        owners: fewer MACs than this, one after the other, decide nothing.
    """
    rule = "the old owner's last claim comes before the new owner's first"
    return Check("passed-on", rule, partial(_passed_on, owners=owners))


def _passed_on(history: History, *, owners: int) -> Verdict:
    details: list[str] = []
    for address in seen.addresses(history):
        first: dict[str, int] = {}
        last: dict[str, int] = {}
        for claim in neighbor.claims(history, address):
            first.setdefault(claim.mac, claim.t_ns)
            last[claim.mac] = claim.t_ns
        order = list(first)
        for old, new in pairwise(order):
            gap_s = seen.seconds(first[new], last[old])
            if gap_s < 0:
                return failed(f"{address}: {old} still claims it {-gap_s:.3f} s after {new} has begun")
            details.append(f"{address}: {gap_s:.3f} s between {old} and {new}")
        if len(order) < owners:
            return unknown(f"{address} had {len(order)} owners, wanted {owners}")
    doubt = seen.wire_doubt(history) or ("" if details else "no address was passed on")
    return unknown(doubt) if doubt else passed("; ".join(details))


def keeps_answering(at_least: int) -> Check:
    """Demand that from the first answer on every who-has for an address is answered.

    Args:
        at_least: fewer questions per address than this since the first answer decide nothing.
    """
    rule = "once an address is answered for, no who-has stays without an answer"
    return Check("keeps-answering", rule, partial(_keeps_answering, at_least=at_least))


def _keeps_answering(history: History, *, at_least: int) -> Verdict:
    given, closed = seen.addresses(history), history.of("wire", "closed")
    if not given:
        return unknown("no Service showed an address")
    end_ns = (closed[0].t_ns if closed else history.end_ns) - int(REPLY_P95_S * seen.NS_PER_S)
    details: list[str] = []
    for address in given:
        asked = [ask for ask in neighbor.asks(history) if ask.target == address and ask.t_ns < end_ns]
        after = asked[next((n for n, ask in enumerate(asked) if ask.answers), len(asked)) :]
        if missed := [ask for ask in after if not ask.answers]:
            doubt = seen.wire_doubt(history)
            text = f"{address}: {len(missed)} of {len(after)} questions were not answered"
            return unknown(doubt) if doubt else failed(text, *(f"t={ask.t_ns}" for ask in missed))
        if len(after) < at_least:
            return unknown(f"{address}: {len(after)} questions since the first answer, wanted {at_least}")
        details.append(f"{address}: {len(after)} questions")
    doubt = seen.wire_doubt(history)
    return unknown(doubt) if doubt else passed(f"all answered: {'; '.join(details)}")
