"""Judges of BFD beside BGP: is it up, and does it notice silence in time.

Source: RFC 5880 section 6.8.4 (detection time), RFC 5881 (one hop), RFC 5882 section 4 (and BGP); catalogue BFD.

Pure.
"""

from functools import partial
from ipaddress import ip_network

from conformance.suite import seen, tables
from conformance.suite.case import Check
from conformance.suite.damage import damages
from conformance.suite.history import History
from conformance.suite.verdict import Verdict, failed, passed, unknown


def up(within_s: float) -> Check:
    """Demand a BFD session beside each BGP session, soon after it is Established, with the profile's times.

    Args:
        within_s: from the first look at an Established session until BFD is up, seconds.
    """
    rule = f"BFD is up at most {within_s:g} s after BGP, over one hop, with the detection time of the profile"
    return Check("bfd-up", rule, partial(_up, within_s=within_s))


def _up(history: History, *, within_s: float) -> Verdict:
    lab = seen.facts(history)
    profiles = [write.object.get("spec", {}) for write in seen.writes(history, "BFDProfile", "create", "apply")]
    if lab is None or not profiles or not lab.peering_routers():
        return unknown("no BFD profile was configured")
    wanted_s = int(profiles[-1]["transmitInterval"]) * int(profiles[-1]["detectMultiplier"]) / 1000
    worst_s, count = 0.0, 0
    for router in lab.peering_routers():
        states = [(look.t_ns, tables.sessions(look.raw)) for look in seen.looks(history, "bgp_peers", router)]
        looks = [(look.t_ns, tables.bfd_sessions(look.raw)) for look in seen.looks(history, "bfd", router)]
        for address, node in lab.peering(router).items():
            if node not in lab.eligible:
                continue
            since = next(
                (t for t, found in states if address in found and found[address].state == tables.ESTABLISHED), None
            )
            if since is None or not looks:
                return unknown(f"{router} has no Established session with {node}, or its BFD was not looked at")
            began = next((t for t, found in looks if t >= since and address in found and found[address].is_up), None)
            if began is None:
                watched_s = seen.seconds(looks[-1][0], since)
                if watched_s < within_s:
                    return unknown(f"{router} and {node}: watched for {watched_s:.1f} s only")
                return failed(f"{router} has no BFD session with {node} after {watched_s:.1f} s")
            session = looks[-1][1].get(address)
            if session is None or not session.is_up:
                return failed(f"{router} has no BFD session with {node} any more")
            if session.is_multihop or abs(session.detection_s - wanted_s) > 0.001:
                return failed(f"{router} and {node}: detection after {session.detection_s:g} s, wanted {wanted_s:g} s")
            worst_s, count = max(worst_s, seen.seconds(began, since)), count + 1
    if worst_s > within_s:
        return failed(f"the slowest BFD session took {worst_s:.1f} s, wanted {within_s:g} s")
    return passed(f"{count} sessions up, the slowest {worst_s:.1f} s after BGP; detection {wanted_s:g} s")


def noticed_s(detection_s: float) -> float:
    """Say after how long silence must have been noticed, seconds, that BFD detects after `detection_s` (BFD-002)."""
    return 1.5 * detection_s + 0.5


def detects(within_s: float | None = None) -> Check:
    """Demand that a router whose BFD packets stop loses sessions and routes soon.

    Args:
        within_s: limit, seconds; None for one and a half detection times and half a second.
    """
    limit = "1.5 detection times and 0.5 s" if within_s is None else f"{within_s:g} s"
    rule = f"BGP is down and the route gone at most {limit} after BFD packets stop"
    return Check("detects", rule, partial(_detects, within_s=within_s))


def _detects(history: History, *, within_s: float | None) -> Verdict:
    lab = seen.facts(history)
    cut = next((event for event in history.of("fault", "router") if event.data["what"] == "bfd-cut"), None)
    prefixes = [ip_network(address) for address in seen.addresses(history)]
    if lab is None or cut is None or not prefixes:
        return unknown("BFD was not cut, or no Service has an address")
    router, since = str(cut.data["router"]), int(cut.data["asked_ns"])
    peers = {a: node for a, node in lab.peering(router).items() if node in lab.eligible}
    before = [look for look in seen.looks(history, "bfd", router) if look.t_ns < since]
    up_before = tables.bfd_sessions(before[-1].raw) if before else {}
    if any(address not in up_before or not up_before[address].is_up for address in peers):
        return unknown("BFD was not up with every node before that")
    limit_s = within_s or noticed_s(max(up_before[address].detection_s for address in peers))
    states = [look for look in seen.looks(history, "bgp_peers", router) if look.t_ns >= since]
    ribs = [look for look in seen.looks(history, "bgp_rib", router) if look.t_ns >= since]
    worst_s = 0.0
    for address, node in peers.items():
        down = next((s.t_ns for s in states if tables.sessions(s.raw)[address].state != tables.ESTABLISHED), None)
        gone = next((r.t_ns for r in ribs if not any(node in seen.advertisers(r, p, peers) for p in prefixes)), None)
        if down is None or gone is None:
            return failed(f"{router}: {node} never went down, in {seen.seconds(history.end_ns, since):.1f} s")
        worst_s = max(worst_s, seen.seconds(max(down, gone), since))
    if worst_s > limit_s:
        return failed(f"the last node was gone after {worst_s:.2f} s, wanted {limit_s:g} s")
    return passed(f"{len(peers)} nodes gone from {router} after {worst_s:.2f} s, bound {limit_s:g} s")


def no_false_alarm(for_s: float) -> Check:
    """Demand that jitter and a little loss of BFD packets cost no session, from the mark `jittered` to `calm`.

    Args:
        for_s: less time than this decides nothing.
    """
    rule = f"for {for_s:g} s with jitter and loss of its packets BFD never goes down, and neither does BGP"
    return Check("no-false-alarm", rule, partial(_no_false_alarm, for_s=for_s))


def _no_false_alarm(history: History, *, for_s: float) -> Verdict:
    lab, begin, end = seen.facts(history), seen.marked(history, "jittered"), seen.marked(history, "calm")
    fault = next((fault for fault in damages(history) if fault.name == "bfd-jittered"), None)
    if lab is None or begin is None or end is None or fault is None or seen.seconds(end, begin) < for_s:
        return unknown("BFD packets were not jittered for long enough")
    told = history.of("bfd", "jittered")
    sent, lost = (sum(int(event.data[key]) for event in told) for key in ("sent", "lost"))
    if not sent or not lost or len(told) < len(history.of("bfd", "jittering")):
        return unknown(f"{sent} packets were sent late and {lost} lost: that is no test")
    count = 0
    for router in fault.nodes:
        peers = {a: node for a, node in lab.peering(router).items() if node in lab.eligible}
        counters = [tables.bfd_downs(look.raw) for look in seen.looks(history, "bfd_counters", router)]
        bfd_looks, bgp_looks = (
            [look for look in seen.looks(history, kind, router) if begin <= look.t_ns < end]
            for kind in ("bfd", "bgp_peers")
        )
        if len(counters) < 2 or not bfd_looks or not bgp_looks:
            return unknown(f"{router} was not looked at")
        for address, node in peers.items():
            downs = counters[-1].get(address, 0) - counters[0].get(address, 0)
            is_up = [(s := tables.bfd_sessions(look.raw).get(address)) is not None and s.is_up for look in bfd_looks]
            if not is_up[0]:
                return unknown(f"BFD of {router} and {node} was not up")
            if downs or not all(is_up):
                return failed(f"BFD of {router} and {node} went down {max(downs, 1)} times in {for_s:g} s")
            if any(tables.sessions(look.raw)[address].state != tables.ESTABLISHED for look in bgp_looks):
                return failed(f"BGP of {router} and {node} went down")
            count += 1
    mean_ms = sum(float(e.data["mean_ms"]) * int(e.data["sent"]) for e in told) / sent
    return passed(f"{count} sessions stayed up; {sent} packets were {mean_ms:.0f} ms late on average, {lost} were lost")


def outlives_admin_down(at_least_s: float) -> Check:
    """Demand that BGP stays when a router takes BFD down on purpose, from the mark `admin-down` to `admin-up`.

    Args:
        at_least_s: less time than this decides nothing.
    """
    rule = "when a router's BFD is AdminDown, BGP stays Established and every route stays (RFC 5882 section 4.2)"
    return Check("outlives-admin-down", rule, partial(_outlives_admin_down, at_least_s=at_least_s))


def _outlives_admin_down(history: History, *, at_least_s: float) -> Verdict:
    lab, begin, end = seen.facts(history), seen.marked(history, "admin-down"), seen.marked(history, "admin-up")
    prefixes = [ip_network(address) for address in seen.addresses(history)]
    if lab is None or begin is None or end is None or seen.seconds(end, begin) < at_least_s or not prefixes:
        return unknown("BFD was not AdminDown for long enough, or no Service has an address")
    changed = {str(e.data["router"]) for e in history.of("fault", "router") if e.data["what"] == "configured"}
    count = 0
    for router in sorted(changed):
        peers = {a: node for a, node in lab.peering(router).items() if node in lab.eligible}
        looks = seen.looks(history, "bfd", router)
        before = [tables.bfd_sessions(look.raw) for look in looks if look.t_ns < begin]
        during = [tables.bfd_sessions(look.raw) for look in looks if begin <= look.t_ns < end]
        if not before or not during or any(a not in before[-1] or not before[-1][a].is_up for a in peers):
            return unknown(f"BFD of {router} was not up with every node before that")
        if any(a in during[-1] and during[-1][a].is_up for a in peers):
            return unknown(f"BFD of {router} was not taken down")
        for kind in ("bgp_peers", "bgp_rib"):
            after = [look for look in seen.looks(history, kind, router) if look.t_ns >= begin]
            if not after:
                return unknown(f"{router} was not looked at")
            count += len(after)
            for address, node in peers.items():
                if kind == "bgp_peers":
                    is_kept = [tables.sessions(look.raw)[address].state == tables.ESTABLISHED for look in after]
                else:
                    is_kept = [all(node in seen.advertisers(x, prefix, peers) for prefix in prefixes) for x in after]
                if not all(is_kept):
                    what = "session" if kind == "bgp_peers" else "route"
                    return failed(f"{router} lost its {what} of {node} while its BFD was AdminDown")
    return passed(f"{count} looks, everything stayed") if count else unknown("no router's BFD was taken down")
