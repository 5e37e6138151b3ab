"""Judge of BGP sessions on whose path somebody sends RSTs: those that are signed take no notice.

Source: RFC 4953 (attacks by forged RSTs), RFC 2385 section 2 (segments without the right digest are dropped); catalogue
SEC-009.

Pure.
"""

from functools import partial
from typing import Final

from conformance.suite import bgp_stream, seen, tables
from conformance.suite.bgp_stream import Kind
from conformance.suite.case import Check
from conformance.suite.facts import LabFacts
from conformance.suite.history import Event, History
from conformance.suite.verdict import Figure, Verdict, failed, passed, unknown

PLAIN: Final = "plain"
"""Name of the mark from which on sessions without a password are reset, until the next mark: the control."""
SIGNED: Final = "signed"
"""Name of the mark from which on sessions with one are."""


def withstands(each: int) -> Check:
    """Demand that sessions with a password outlast forged RSTs, by which sessions without one were ended before.

    Args:
        each: fewer RSTs for a session than this decide nothing.
    """
    rule = "a RST with the right numbers and without a signature ends no session that has a password"
    return Check("withstands-resets", rule, partial(_withstands, each=each))


def _withstands(history: History, *, each: int) -> Verdict:
    lab = seen.facts(history)
    found = {name: next((m for m in seen.moments(history, name) if not m.names), None) for name in (PLAIN, SIGNED)}
    plain, signed = found[PLAIN], found[SIGNED]
    if (doubt := seen.wire_doubt(history)) or lab is None or plain is None or signed is None:
        return unknown(doubt or "a mark is missing")
    if not _ended(history, lab, plain):
        return unknown("the control, sessions without a password, were not reset either")
    sent = _sent(history, signed)
    for router in lab.peering_routers():
        for address, node in lab.peering(router).items():
            if node in lab.eligible and len(sent.get((router, str(address)), ())) < each:
                return unknown(
                    f"{len(sent.get((router, str(address)), ()))} RSTs for {router} and {node}, wanted {each}"
                )
    ended = _ended(history, lab, signed)
    count = sum(map(len, sent.values()))
    figure = Figure("sessions that were ended", len(ended), at_most=0)
    if ended:
        return failed(f"{len(ended)} sessions with a password were ended: {ended[0]}", *ended[1:]).with_figures(figure)
    return passed(f"{count} RSTs, and no session was ended").with_figures(figure)


def _sent(history: History, moment: seen.Moment) -> dict[tuple[str, str], list[Event]]:
    """Return {(router, address of a node): the RSTs that were sent to it in the router's name}."""
    found: dict[tuple[str, str], list[Event]] = {}
    for event in history.of("forge", "reset"):
        if moment.begin_ns <= event.t_ns < moment.end_ns:
            found.setdefault((str(event.data["router"]), str(event.data["peer"])), []).append(event)
    return found


def _ended(history: History, lab: LabFacts, moment: seen.Moment) -> list[str]:
    """Name the sessions that were not up any more after their first RST, or had to be opened again."""
    found: list[str] = []
    for (router, peer), events in _sent(history, moment).items():
        address = next((a for a in lab.peering(router) if str(a) == peer), None)
        looks = [x for x in seen.looks(history, "bgp_peers", router) if events[0].t_ns < x.t_ns < moment.end_ns]
        states = [session.state for x in looks if address and (session := tables.sessions(x.raw).get(address))]
        opened = [
            message
            for message in bgp_stream.messages(history, router)
            if message.kind in {Kind.OPEN, Kind.NOTIFICATION}
            and address in {message.sender, message.receiver}
            and events[0].t_ns < message.t_ns < moment.end_ns
        ]
        if opened or any(state != tables.ESTABLISHED for state in states):
            found.append(f"{router} and {lab.owner(address)}")
    return found
