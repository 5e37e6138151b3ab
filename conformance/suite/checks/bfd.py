"""Judges of BFD beside BGP: is it up, and does it notice silence in time.

Source: RFC 5880 section 6.8.4 (detection time), RFC 5881 (one hop), RFC 5882 section 4; catalogue BFD.

Pure.
"""

from functools import partial
from ipaddress import ip_network

from conformance.suite import seen, tables
from conformance.suite.case import Check
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
            since = next((t for t, found in states if address in found and found[address].state == "Established"), None)
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


def detects() -> Check:
    """Demand that a router whose BFD packets stop loses sessions and routes within the detection time and a half."""
    rule = "BGP is down and the route gone at most 1.5 detection times and 0.5 s after BFD packets stop"
    return Check("detects", rule, _detects)


def _detects(history: History) -> Verdict:
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
    limit_s = 1.5 * max(up_before[address].detection_s for address in peers) + 0.5
    states = [look for look in seen.looks(history, "bgp_peers", router) if look.t_ns >= since]
    ribs = [look for look in seen.looks(history, "bgp_rib", router) if look.t_ns >= since]
    worst_s = 0.0
    for address, node in peers.items():
        down = next((s.t_ns for s in states if tables.sessions(s.raw)[address].state != "Established"), None)
        gone = next((r.t_ns for r in ribs if not any(node in seen.advertisers(r, p, peers) for p in prefixes)), None)
        if down is None or gone is None:
            return failed(f"{router}: {node} never went down, in {seen.seconds(history.end_ns, since):.1f} s")
        worst_s = max(worst_s, seen.seconds(max(down, gone), since))
    if worst_s > limit_s:
        return failed(f"the last node was gone after {worst_s:.2f} s, wanted {limit_s:g} s")
    return passed(f"{len(peers)} nodes gone from {router} after {worst_s:.2f} s, bound {limit_s:g} s")
