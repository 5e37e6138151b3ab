"""Judges of segments: where an address is told of and where not, when, and under what load or what odd network.

Source: MetalLB, L2Advertisement interfaces; RFC 5227 section 2.4; catalogue L2-014, L2-022, L2-023, L2-026, L2-028,
L2-030.

Pure.
"""

from collections import defaultdict, deque
from collections.abc import Sequence
from functools import partial
from typing import Final

from conformance.suite import families, neighbor, seen
from conformance.suite.case import Check
from conformance.suite.facts import IPAddress
from conformance.suite.history import History
from conformance.suite.verdict import Figure, Verdict, failed, passed, unknown

AHEAD_S: Final = 1.0
"""L2-028: an address may be announced so much sooner than the watch shows its status."""
ASK_AGAIN_S: Final = 1.0
"""A host asks again after so long (RFC 4861 section 10, RETRANS_TIMER; Linux has the same for ARP, retrans_time_ms)."""
MIB: Final = 1024 * 1024


def confined(name: str, to: str, never_on: tuple[str, ...]) -> Check:
    """Demand that a Service's address is claimed on one segment and on none of some others.

    Args:
        name: of the Service.
        to: the capture of its segment.
        never_on: captures of others; on each something else must have been heard, or its silence proves nothing.
    """
    rule = f"{name} is announced on {to} and nowhere on {', '.join(never_on)}"
    return Check("confined", rule, partial(_confined, name=name, to=to, never_on=never_on))


def _confined(history: History, *, name: str, to: str, never_on: tuple[str, ...]) -> Verdict:
    state = seen.assignments(history).get(name)
    if state is None:
        return unknown(f"{name} showed no address")
    for address in state.addresses:
        for observer in never_on:
            if heard := neighbor.claims(history, address, observer):
                return failed(f"{address} of {name} is claimed on {observer} by {heard[0].mac}", f"t={heard[0].t_ns}")
        if not neighbor.claims(history, address, to):
            return failed(f"{address} of {name} is not announced on {to}")
    frames = history.of("wire", "frame")
    deaf = [o for o in never_on if not any(e.data["observer"] == o and e.data["direction"] == "in" for e in frames)]
    doubt = seen.wire_doubt(history) or (f"nothing at all was heard on {', '.join(deaf)}" if deaf else "")
    return unknown(doubt) if doubt else passed(f"announced on {to}, silent on {', '.join(never_on)}")


def announced_on(name: str, observer: str) -> Check:
    """Demand that a Service's address is answered for on a segment: it shows that nodes speak there at all.

    Args:
        name: of the Service.
        observer: the capture of that segment.
    """
    rule = f"{name} is announced on {observer}"
    return Check("announced-on", rule, partial(_announced_on, name=name, observer=observer))


def _announced_on(history: History, *, name: str, observer: str) -> Verdict:
    state = seen.assignments(history).get(name)
    if state is None or not neighbor.questions(history, state.addresses[0]):
        return unknown(f"{name} showed no address, or nobody asked for it")
    heard = neighbor.claims(history, state.addresses[0], observer)
    if heard:
        return passed(f"{state.addresses[0]} is claimed on {observer}, {len(heard)} times")
    doubt = seen.wire_doubt(history)
    return unknown(doubt) if doubt else failed(f"{state.addresses[0]} is not claimed on {observer}")


def during(fault: str, at_least: int) -> Check:
    """Demand that addresses were asked for while a fault was in force, and answered.

    Args:
        fault: its name, as in the history.
        at_least: fewer questions than this while it was in force decide nothing.
    """
    rule = f"questions are answered while there is: {fault}"
    return Check("during", rule, partial(_during, fault=fault, at_least=at_least))


def _during(history: History, *, fault: str, at_least: int) -> Verdict:
    made = next((event.t_ns for event in history.of("fault", "made") if event.data["name"] == fault), None)
    ended = next((int(e.data["asked_ns"]) for e in history.of("fault", "mended") if e.data["name"] == fault), None)
    if made is None:
        return unknown(f"there was no {fault}")
    asked = [ask for ask in neighbor.asks(history) if made < ask.t_ns < (ended or history.end_ns)]
    if len(asked) < at_least:
        return unknown(f"{len(asked)} questions during {fault}, wanted {at_least}")
    if not (answered := sum(1 for ask in asked if ask.answers)):
        doubt = seen.wire_doubt(history)
        return unknown(doubt) if doubt else failed(f"none of {len(asked)} questions was answered")
    return passed(f"{answered} of {len(asked)} questions answered during {fault}")


def withstands(per_s: int, ratio: float, growth_mib: int) -> Check:
    """Demand that while questions flood one address, others are answered, and the speakers' memory stays.

    An answer that comes late counts as long as the asker waits for it: one that is behind a flood in a queue is.

    Args:
        per_s: questions a second that the flood was to have; with less than 80 % of them nothing is decided.
        ratio: of the other questions that must be answered.
        growth_mib: that no speaker's resident memory may grow by.
    """
    rule = f"under {per_s} questions a second {ratio:.0%} of others are answered, and no speaker grows {growth_mib} MiB"
    return Check("withstands", rule, partial(_withstands, per_s=per_s, ratio=ratio, growth_mib=growth_mib))


def _withstands(history: History, *, per_s: int, ratio: float, growth_mib: int) -> Verdict:
    begun, over = history.last("ask", "flooding"), history.last("ask", "flooded")
    doubt = seen.wire_doubt(history)
    if begun is None or over is None or doubt:
        return unknown(doubt or "there was no flood")
    sent_per_s = over.data["sent"] / over.data["seconds"]
    asked = [ask for ask in neighbor.asks(history) if begun.t_ns < ask.t_ns < over.t_ns]
    if sent_per_s < 0.8 * per_s or not asked:
        return unknown(f"the flood had {sent_per_s:.0f} questions a second, and {len(asked)} others were asked")
    rss = {when: _rss(history, when) for when in ("before", "after")}
    if not rss["before"] or rss["before"].keys() != rss["after"].keys():
        return unknown("the speakers' memory was not read before and after, or one of them was replaced")
    grown = max((rss["after"][pod] - rss["before"][pod]) / MIB for pod in rss["before"])
    share = _answered(asked) / len(asked)
    figures = (
        Figure("questions a second", sent_per_s),
        Figure("others answered", share, at_least=ratio),
        Figure("memory grown", grown, "MiB", at_most=growth_mib),
    )
    text = f"{share:.1%} of {len(asked)} others answered under {sent_per_s:.0f}/s, memory +{grown:.1f} MiB"
    return (failed if share < ratio or grown >= growth_mib else passed)(text).with_figures(*figures)


def _answered(asked: Sequence[neighbor.Ask]) -> int:
    """Count the questions that had an answer of their own before the asker would have asked again (`ASK_AGAIN_S`)."""
    answered = 0
    waiting: dict[IPAddress, deque[int]] = defaultdict(deque)
    for ask in asked:
        waits = waiting[ask.target]
        waits.append(ask.t_ns)
        for answer in ask.answers:
            while waits and seen.seconds(answer.t_ns, waits[0]) > ASK_AGAIN_S:
                waits.popleft()
            if waits:
                waits.popleft()
                answered += 1
    return answered


def _rss(history: History, when: str) -> dict[str, int]:
    looks = (event.data for event in history.of("node", "usage") if event.data["when"] == when)
    return {str(look["pod"]): int(look["rss_bytes"]) for look in looks}


def in_order() -> Check:
    """Demand that no address is claimed long before a Service shows it, and none that no Service showed."""
    rule = f"no address of a pool is claimed more than {AHEAD_S:g} s before a Service's status shows it, or without one"
    return Check("in-order", rule, _in_order)


def _in_order(history: History) -> Verdict:
    lab, given = seen.facts(history), families.given(history)
    doubt = seen.wire_doubt(history) or seen.watch_doubt(history)
    if lab is None or not given:
        return unknown("no Service showed an address")
    shown = {a: min(s.t_ns for s in seen.services(history) if a in s.addresses) for a in given}
    own = {a.ip for node in lab.nodes.values() for i in node.interfaces for a in i.addresses}
    ahead: list[float] = []
    for one in neighbor.every_claim(history):
        is_node = lab.node_of_mac(one.mac) in lab.eligible
        if one.address in own or one.address.is_link_local or not is_node:
            continue
        if one.address not in shown:
            return failed(f"{one.address}, which no Service showed, is claimed by {lab.node_of_mac(one.mac)}")
        ahead.append(seen.seconds(shown[one.address], one.t_ns))
        if ahead[-1] > AHEAD_S:
            return failed(f"{one.address} was claimed {ahead[-1]:.2f} s before its Service showed it")
    if not ahead or doubt:
        return unknown(doubt or "no address was claimed")
    return passed(f"{len(ahead)} claims of {len(given)} addresses, the first {max(ahead):.3f} s before the watch told")
