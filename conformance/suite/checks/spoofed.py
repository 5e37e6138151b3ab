"""Judges of strangers on the segment: one who claims an address, and one who speaks as if of the cluster's nodes.

Source: RFC 5227 section 2.4 (c) (an address that must not be given up is defended, at most once in DEFEND_INTERVAL, ten
seconds); catalogue SEC-012, SEC-013.

Pure.
"""

from functools import partial
from ipaddress import ip_address
from typing import Final

from conformance.suite import answering, families, neighbor, seen, told
from conformance.suite.case import Check
from conformance.suite.declared import declared
from conformance.suite.facts import IPAddress
from conformance.suite.history import History
from conformance.suite.verdict import Figure, Verdict, failed, passed, unknown

FEATURE: Final = "conflict-detect"
DEFEND_S: Final = 10.0
"""DEFEND_INTERVAL."""
LATE_S: Final = 0.5
"""An owner counts from the claim that it saw, this judge from the frame on the wire; either may be this late."""
BURST_S: Final = 1.0
"""Claims nearer together are one telling: of both forms, and some times over in case a frame is lost (RFC 5227 2.3)."""
TELLINGS: Final = 2
"""In one DEFEND_INTERVAL: a defence, and one of those that are made anyway."""
FRAMES: Final = 10
"""Of one telling."""


def no_storm(at_least: int) -> Check:
    """Demand that whoever owns an address does not fight a stranger who claims it, but by a telling now and then.

    Args:
        at_least: fewer claims of the stranger decide nothing.
    """
    rule = f"an address that a stranger claims is told of {TELLINGS} times in {DEFEND_S:g} s at most"
    return Check("no-storm", rule, partial(_no_storm, at_least=at_least))


def _no_storm(history: History, *, at_least: int) -> Verdict:
    spoofed = history.of("forge", "claim")
    if len(spoofed) < at_least or (doubt := seen.wire_doubt(history)):
        return unknown(f"{len(spoofed)} claims of a stranger, wanted {at_least}" if len(spoofed) < at_least else doubt)
    address, mac = ip_address(spoofed[0].data["address"]), str(spoofed[0].data["mac"])
    own = [one for one in neighbor.claims(history, address) if mac not in one.macs and neighbor.is_gratuitous(one)]
    times = [one.t_ns for one in own if one.t_ns >= spoofed[0].t_ns]
    tellings = _tellings(times)
    span_s = DEFEND_S - LATE_S
    most = max((sum(1 for t in tellings if 0 <= seen.seconds(t[0], s[0]) < span_s) for s in tellings), default=0)
    largest = max(map(len, tellings), default=0)
    figures = (
        Figure(f"tellings in {DEFEND_S:g} s", most, at_most=TELLINGS),
        Figure("frames of one telling", largest, at_most=FRAMES),
    )
    if most > TELLINGS or largest > FRAMES:
        text = f"{address} was told of {most} times in {DEFEND_S:g} s, by up to {largest} frames"
        return failed(text).with_figures(*figures)
    first_s = seen.seconds(times[0], spoofed[0].t_ns) if times else None
    text = f"told of {len(tellings)} times, {most} in {DEFEND_S:g} s" if tellings else "not defended"
    after = f", first {first_s:.3f} s after the stranger" if first_s is not None else ""
    return passed(text + after).with_figures(*figures)


def _tellings(times: list[int]) -> list[list[int]]:
    """Join moments (ns, in order) that are near together."""
    found: list[list[int]] = []
    for t_ns in times:
        if found and seen.seconds(t_ns, found[-1][-1]) < BURST_S:
            found[-1].append(t_ns)
        else:
            found.append([t_ns])
    return found


def still_owned(ratio: float, at_least: int) -> Check:
    """Demand that who owns an address goes on answering for it while a stranger claims it.

    Args:
        ratio: of the questions that must be answered by the node that owned it before.
        at_least: fewer questions since the stranger's first claim decide nothing.
    """
    rule = f"{ratio:.0%} of questions are answered by the owner while a stranger claims the address"
    return Check("still-owned", rule, partial(_still_owned, ratio=ratio, at_least=at_least))


def _still_owned(history: History, *, ratio: float, at_least: int) -> Verdict:
    spoofed, lab = history.of("forge", "claim"), seen.facts(history)
    if not spoofed or lab is None:
        return unknown("nobody claimed an address" if lab else "the lab's facts are missing")
    address, stranger = ip_address(spoofed[0].data["address"]), spoofed[0].data["mac"]
    others = [one for one in neighbor.claims(history, address) if stranger not in one.macs]  # who may be heard first
    owner = next((one.mac for one in reversed(others) if one.t_ns < spoofed[0].t_ns), "")
    asked = [a for a in neighbor.asks(history) if a.target == address and a.t_ns > spoofed[0].t_ns]
    if lab.node_of_mac(owner) not in lab.eligible:
        return unknown(f"no node owned {address} before")
    if len(asked) < at_least:
        return unknown(f"{len(asked)} questions, wanted {at_least}")
    answered = sum(1 for ask in asked if any(one.mac == owner for one in ask.answers))
    figure = Figure("answered by the owner", answered / len(asked), at_least=ratio)
    text = f"{lab.node_of_mac(owner)} answered {answered} of {len(asked)} questions"
    if answered < ratio * len(asked):
        doubt = seen.wire_doubt(history)
        return (unknown(doubt) if doubt else failed(text)).with_figures(figure)
    return passed(text).with_figures(figure)


def noticed(within_s: float) -> Check:
    """Demand that a stranger who claims an address of a Service is told of, by an Event or a condition.

    Detecting this is an extended feature; where it is not claimed, what happens is only reported.

    Args:
        within_s: limit from the stranger's first claim, seconds.
    """
    rule = f"a stranger's claim is told of within {within_s:g} s (judged under {FEATURE}, else reported)"
    return Check("noticed", rule, partial(_noticed, within_s=within_s))


def _noticed(history: History, *, within_s: float) -> Verdict:
    spoofed = history.of("forge", "claim")
    if not spoofed:
        return unknown("nobody claimed an address")
    address, mac, begin_ns = str(spoofed[0].data["address"]), str(spoofed[0].data["mac"]), spoofed[0].t_ns
    holders = sorted({s.name for s in seen.services(history) if address in map(str, s.addresses)})
    found = [c for name in holders for c in told.complaints_at(history, name) if c.t_ns >= begin_ns]
    fitting = [c for c in found if address in c.message or mac in c.message]
    took_s = seen.seconds(fitting[0].t_ns, begin_ns) if fitting else None
    if took_s is not None and took_s <= within_s:
        figure = Figure("told of after", took_s, "s", at_most=within_s)
        return passed(f"{fitting[0].reason} after {took_s:.2f} s: {fitting[0].message}").with_figures(figure)
    watched_s = seen.seconds(history.end_ns, begin_ns)
    if took_s is None and (watched_s < within_s or not history.of("kube", "events")):
        return unknown(f"only {watched_s:.1f} s were watched, or nobody looked at the Events")
    text = f"told of after {took_s:.1f} s only" if took_s is not None else "nobody is told of it"
    if FEATURE not in seen.claimed(history):
        return passed(f"only reported, as {FEATURE} is not claimed: {text}")
    return failed(text)


def unmoved(at_least: int, silent_s: float) -> Check:
    """Demand that forged datagrams on the membership channel move no address, and silence none.

    Args:
        at_least: fewer forged datagrams decide nothing.
        silent_s: longest time without an answer for an address, seconds.
    """
    rule = f"forged membership datagrams move no address and silence none for more than {silent_s:g} s"
    return Check("unmoved", rule, partial(_unmoved, at_least=at_least, silent_s=silent_s))


def _unmoved(history: History, *, at_least: int, silent_s: float) -> Verdict:
    says, sent = declared(history), history.of("forge", "datagram")
    if says is None:
        return unknown("the target's word is missing")
    if not says.membership_port:
        return passed("it declares no membership channel: its nodes do not know of each other by datagrams")
    if len(sent) < at_least:
        heard = sum(int(event.data["count"]) for event in history.of("forge", "heard"))
        return unknown(f"{len(sent)} forged datagrams, wanted {at_least} ({heard} genuine ones were heard)")
    worst_s, moved = 0.0, []
    before = [a for a in families.given(history) if _owners(history, a, 0, sent[0].t_ns)]
    for address in before:
        owners = _owners(history, address, 0, sent[0].t_ns) | _owners(history, address, sent[0].t_ns, history.end_ns)
        if len(owners) > 1:
            moved.append(f"{address}: {', '.join(sorted(owners))}")
        gaps = answering.silences(history, address, sent[-1].t_ns)
        worst_s = max([worst_s, *(gap.lasted_s for gap in gaps if gap.begin_ns > sent[0].t_ns)])
    longest = Figure("longest silence", worst_s, "s", at_most=silent_s)
    doubt = seen.wire_doubt(history)
    if moved:
        return failed(f"{len(moved)} of {len(before)} addresses moved or had two owners", *moved)
    if doubt or not before:
        return unknown(doubt or "no address was owned before")
    if worst_s > silent_s:
        return failed(f"an address was silent for {worst_s:.2f} s").with_figures(longest)
    return passed(f"{len(sent)} forged datagrams, {len(before)} addresses stayed where they were").with_figures(longest)


def _owners(history: History, address: IPAddress, begin_ns: int, end_ns: int) -> set[str]:
    return {one.mac for one in neighbor.claims(history, address) if begin_ns <= one.t_ns < end_ns}
