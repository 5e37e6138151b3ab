"""Judge of what travels beyond the nodes' own routers: all paths with ADD-PATH, one without.

Source: RFC 7911 section 2; catalogue ECMP-016.

Pure.
"""

from functools import partial
from ipaddress import ip_network

from conformance.suite import seen, tables
from conformance.suite.case import Check
from conformance.suite.history import History
from conformance.suite.verdict import Verdict, failed, passed, unknown


def all_paths(collector: str, cut: str) -> Check:
    """Demand that a router behind others sees every node's paths with ADD-PATH, and one path without.

    Args:
        collector: short name of the router behind.
        cut: name of the mark at which the session with it loses ADD-PATH.
    """
    rule = f"{collector} has a path by each link of each eligible node with ADD-PATH, and one path without"
    return Check("all-paths", rule, partial(_all_paths, collector=collector, cut=cut))


def _all_paths(history: History, *, collector: str, cut: str) -> Verdict:
    lab, cut_ns = seen.facts(history), seen.marked(history, cut)
    given = [ip_network(address) for address in seen.addresses(history)]
    looks = seen.looks(history, "gobgp_rib", collector)
    before = [look for look in looks if cut_ns is not None and look.t_ns < cut_ns]
    if lab is None or not given or not before or before[-1] is looks[-1]:
        return unknown(f"no address, or {collector} was not looked at with ADD-PATH and without")
    links = sorted(str(a) for r in lab.peering_routers() for a, node in lab.peering(r).items() if node in lab.eligible)
    for prefix in given:
        every, last = ([p for p in tables.collected(k.raw) if p.prefix == prefix] for k in (before[-1], looks[-1]))
        hops = sorted(str(path.next_hop) for path in every)
        if hops != links:
            return failed(f"{collector} has {prefix} by {', '.join(hops) or 'nobody'}, wanted {', '.join(links)}")
        if len(last) != 1:
            return failed(f"without ADD-PATH {collector} has {len(last)} paths to {prefix}, wanted 1")
    return passed(f"{len(links)} paths with ADD-PATH, one without")
