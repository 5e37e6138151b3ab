"""Judges of layer 2: who answers for an address on the wire, how, how fast, and who must stay silent.

Source: RFC 826 (ARP), RFC 5227 (address conflict detection); catalogue L2.

Pure.
"""

from collections import Counter
from functools import partial
from math import isfinite

from conformance.suite import arp, families, neighbor, seen
from conformance.suite.case import Check
from conformance.suite.history import History
from conformance.suite.verdict import Figure, Verdict, failed, passed, unknown
from conformance.suite.waits import REPLY_P95_S


def answered(within_s: float) -> Check:
    """Demand that somebody answers a who-has soon after the status shows the address.

    Args:
        within_s: limit from the status write, seconds.
    """
    rule = f"a who-has is answered at most {within_s:g} s after the status shows the address"
    return Check("answered", rule, partial(_answered, within_s=within_s))


def _answered(history: History, *, within_s: float) -> Verdict:
    given = seen.assignments(history)
    if not given:
        return unknown("no Service showed an address")
    details: list[str] = []
    worst_s = 0.0
    for name, state in given.items():
        address = state.addresses[0]
        asked = [ask for ask in neighbor.asks(history) if ask.target == address]
        if not asked:
            return unknown(f"nobody asked for {address} of {name}")
        first = next((ask.answers[0] for ask in asked if ask.answers), None)
        if first is None:
            asked_for_s = seen.seconds(asked[-1].t_ns, state.t_ns)
            if asked_for_s < within_s:
                return unknown(f"{address}: no answer, but asked for {asked_for_s:.1f} s only")
            return failed(f"{address} of {name}: none of {len(asked)} questions was answered")
        took_s = max(0.0, seen.seconds(first.t_ns, state.t_ns))
        worst_s = max(worst_s, took_s)
        if took_s > within_s:
            text = f"{address} of {name}: first answer after {took_s:.2f} s, wanted {within_s:g} s"
            return failed(text).with_figures(Figure("slowest first answer", took_s, "s", at_most=within_s))
        details.append(f"{address} after {took_s:.3f} s")
    slowest = Figure("slowest first answer", worst_s, "s", at_most=within_s)
    return passed(f"answered: {', '.join(details)}").with_figures(slowest)


def one_owner(at_least: int = 1) -> Check:
    """Demand that all answers for an address carry one MAC, that of one eligible node.

    Args:
        at_least: fewer questions per address than this decide nothing.
    """
    rule = "all claims to an address carry one MAC, and it belongs to one eligible node"
    return Check("one-owner", rule, partial(_one_owner, at_least=at_least))


def _one_owner(history: History, *, at_least: int) -> Verdict:
    lab, given = seen.facts(history), families.given(history)
    if lab is None or not given:
        return unknown("no Service showed an address" if lab else "the lab's facts are missing")
    details: list[str] = []
    for address in given:
        asked = [ask for ask in neighbor.asks(history) if ask.target == address]
        macs = Counter(mac for claim in neighbor.claims(history, address) for mac in claim.macs)
        if len(macs) > 1:
            who = [
                f"{mac} ({lab.node_of_mac(mac) or 'a stranger'}): {count} frames" for mac, count in sorted(macs.items())
            ]
            return failed(f"{address} is claimed by {len(macs)} MACs", *who)
        if len(asked) < at_least:
            return unknown(f"{address}: {len(asked)} questions, wanted {at_least}")
        if not macs:
            return failed(f"{address}: none of {len(asked)} questions was answered")
        owner = lab.node_of_mac(next(iter(macs)))
        if owner not in lab.eligible:
            return failed(
                f"{address} is claimed by {owner or next(iter(macs))}, wanted one of {', '.join(lab.eligible)}"
            )
        count = sum(1 for ask in asked if ask.answers)
        details.append(f"{address}: {owner}, {count} of {len(asked)} questions answered")
    doubt = seen.wire_doubt(history)
    return unknown(doubt) if doubt else passed("; ".join(details))


def owner_has_endpoint() -> Check:
    """Demand that with externalTrafficPolicy Local the owner of an address runs a ready pod of its Service."""
    rule = "the node that answers for a Service with externalTrafficPolicy Local has a ready endpoint of it"
    return Check("owner-has-endpoint", rule, _owner_has_endpoint)


def _owner_has_endpoint(history: History) -> Verdict:
    lab, pods = seen.facts(history), history.last("kube", "pods")
    created = seen.writes(history, "Service", "create")
    if lab is None or pods is None or not created:
        return unknown("the lab's facts, the pods or the Services are missing")
    given = seen.assignments(history)
    details: list[str] = []
    for write in created:
        spec = write.object["spec"]
        if write.name not in given or spec.get("externalTrafficPolicy") != "Local":
            return unknown(f"{write.name} has no address, or is not externalTrafficPolicy Local")
        address = given[write.name].addresses[0]
        ready = {
            pod["node"]
            for pod in pods.data["pods"].values()
            if pod["ready"] and spec["selector"].items() <= pod["labels"].items()
        }
        heard = [ask.answers[-1] for ask in neighbor.asks(history) if ask.target == address and ask.answers]
        owners = {lab.node_of_mac(reply.mac) or "a stranger" for reply in heard}
        where = f"ready endpoints are on {', '.join(sorted(ready)) or 'no node'}"
        if not owners:
            return failed(f"{address} of {write.name} is not answered for; {where}")
        if owners - ready:
            return failed(f"{address} of {write.name} is answered by {', '.join(sorted(owners - ready))}; {where}")
        details.append(f"{write.name}: {', '.join(sorted(ready))}")
    return passed(f"each owner has a ready endpoint ({'; '.join(details)})")


def well_formed() -> Check:
    """Demand that every reply to the suite's questions is what RFC 826 asks for, sent to the asker alone."""
    return Check("well-formed", "replies are correct ARP, unicast to the asker (RFC 826)", _well_formed)


def _well_formed(history: History) -> Verdict:
    pairs = [
        (ask.packet, heard.packet)
        for ask in neighbor.asks(history)
        for heard in ask.answers
        if ask.form != "probe" and isinstance(ask.packet, arp.ArpFrame) and isinstance(heard.packet, arp.ArpFrame)
    ]
    if not pairs:
        return unknown("no question was answered")
    wrong = [f"{fault}: {reply}" for asked, reply in pairs if (fault := _fault(asked, reply))]
    if wrong:
        return failed(f"{len(wrong)} of {len(pairs)} replies are malformed ({wrong[0].split(':')[0]})", *wrong)
    return passed(f"{len(pairs)} replies, all correct")


def _fault(asked: arp.ArpFrame, reply: arp.ArpFrame) -> str:
    """Name the first thing wrong with a reply; "" if nothing is.

    Source: RFC 826, "Packet Reception": swap hardware and protocol fields, send to the new target.
    """
    wanted = (
        ("sender protocol address", reply.sender_ip, asked.target_ip),
        ("target protocol address", reply.target_ip, asked.sender_ip),
        ("target hardware address", reply.target_mac, asked.sender_mac),
        ("Ethernet destination", reply.destination, asked.sender_mac),
        ("Ethernet source", reply.source, reply.sender_mac),
    )
    for name, got, want in wanted:
        if got != want:
            return f"{name} is {got} and not {want}"
    return "" if reply.length_bytes <= 1514 else f"{reply.length_bytes} bytes are no Ethernet frame"


def fast(limit_s: float = REPLY_P95_S, at_least: int = 20) -> Check:
    """Demand that replies come quickly once an address is answered for.

    Args:
        limit_s: for the 95th percentile, seconds.
        at_least: fewer answered questions than this decide nothing.
    """
    rule = f"95 of 100 questions are answered within {limit_s * 1000:.0f} ms"
    return Check("fast", rule, partial(_fast, limit_s=limit_s, at_least=at_least))


def _fast(history: History, *, limit_s: float, at_least: int) -> Verdict:
    asked = [ask for ask in neighbor.asks(history) if ask.form == "broadcast"]
    after_first = asked[next((n for n, ask in enumerate(asked) if ask.answers), len(asked)) :]
    if len(after_first) < at_least:
        return unknown(f"{len(after_first)} questions since the first answer, wanted {at_least}")
    waits = sorted(seen.seconds(a.answers[0].t_ns, a.t_ns) if a.answers else float("inf") for a in after_first)
    p95_s = waits[int(0.95 * len(waits))]
    figures = [Figure("95th percentile", p95_s * 1000, "ms", at_most=limit_s * 1000)] if isfinite(p95_s) else []
    if p95_s > limit_s:
        text = f"the 95th percentile is {p95_s * 1000:.1f} ms, wanted {limit_s * 1000:.0f} ms"
        return failed(text, f"worst {waits[-1]} s").with_figures(*figures)
    text = f"{len(waits)} answers, 95th percentile {p95_s * 1000:.2f} ms, worst {waits[-1] * 1000:.2f} ms"
    return passed(text).with_figures(*figures)


def silent_for_others(at_least: int) -> Check:
    """Demand that nobody answers for addresses that no Service holds, while a held one is answered for.

    Args:
        at_least: fewer different addresses asked than this decide nothing.
    """
    rule = "who-has for addresses that no Service holds stays unanswered"
    return Check("silent-for-others", rule, partial(_silent_for_others, at_least=at_least))


def _silent_for_others(history: History, *, at_least: int) -> Verdict:
    held = set(seen.addresses(history))
    asked = neighbor.asks(history)
    others = {ask.target for ask in asked if ask.target not in held}
    loud = sorted({target for target in others if neighbor.claims(history, target)}, key=int)
    if loud:
        who = [f"{target}: {neighbor.claims(history, target)[0].mac}" for target in loud]
        return failed(f"{len(loud)} addresses that no Service holds are claimed", *who)
    if len(others) < at_least:
        return unknown(f"{len(others)} unused addresses were asked for, wanted {at_least}")
    if not any(ask.answers for ask in asked):
        return unknown("the control, an address that is held, was not answered either")
    unheard = others - neighbor.heard_questions(history)
    doubt = seen.wire_doubt(history) or (f"{len(unheard)} questions never reached the segment" if unheard else "")
    return unknown(doubt) if doubt else passed(f"{len(others)} unused addresses, no answer")


def form_answered(form: str) -> Check:
    """Demand that the questions of one form are answered.

    Args:
        form: probe (RFC 5227, sender 0.0.0.0) or unicast (to the owner's MAC).
    """
    titles = {"probe": "an RFC 5227 probe (sender 0.0.0.0)", "unicast": "a who-has sent to the owner alone"}
    return Check(f"{form}-answered", f"{titles[form]} is answered", partial(_form_answered, form=form))


def _form_answered(history: History, *, form: str) -> Verdict:
    asked = neighbor.asks(history, form)
    held = set(seen.addresses(history))
    ours = [ask for ask in asked if ask.target in held]
    if not ours:
        return unknown(f"no {form} was sent for an address that is held")
    doubt = seen.wire_doubt(history)
    missed = [ask for ask in ours if not ask.answers]
    if missed and not doubt:
        return failed(f"{len(missed)} of {len(ours)} {form}s for {missed[0].target} were not answered")
    return unknown(doubt) if doubt else passed(f"{len(ours)} {form}s, all answered")


def handed_over() -> Check:
    """Demand that a released address falls silent in time, and that a new owner is not mixed with the old one."""
    rule = "after a release the address falls silent, and two owners never alternate"
    return Check("handed-over", rule, _handed_over)


def _handed_over(history: History) -> Verdict:
    released = history.of("suite", "mark")
    start = next((e.t_ns for e in released if e.data["name"] == "silence-from"), None)
    until = next((e.t_ns for e in released if e.data["name"] == "silence-until"), None)
    given = seen.addresses(history)
    if start is None or until is None or not given:
        return unknown("the release was not driven to its end")
    for address in given:
        claims = neighbor.claims(history, address)
        leaked = [heard for heard in claims if start <= heard.t_ns < until]
        if leaked:
            return failed(
                f"{address} is still claimed by {leaked[0].mac} though no Service holds it",
                f"{len(leaked)} frames",
            )
        turns: list[str] = []
        for heard in claims:
            if not turns or turns[-1] != heard.mac:
                turns.append(heard.mac)
        if len(turns) != len(set(turns)):
            return failed(f"{address} went back and forth between its old and its new owner", " -> ".join(turns[:6]))
        asked = [a for a in neighbor.asks(history) if a.target == address]
        if not any(start <= ask.t_ns < until for ask in asked) or not any(ask.answers for ask in asked):
            return unknown(f"{address} was not asked for while released, or never answered at all")
    doubt = seen.wire_doubt(history)
    return unknown(doubt) if doubt else passed(f"silent for {seen.seconds(until, start):.1f} s after the release")
