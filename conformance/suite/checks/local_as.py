"""Judge of the AS number that routers see in paths, where it is not the nodes' own.

Source: RFC 4271 section 5.1.2 (AS_PATH); website, apis, BGPPeer localASN (as FRR's local-as … no-prepend replace-as).

Pure.
"""

from functools import partial
from ipaddress import ip_network

from conformance.suite import seen, tables
from conformance.suite.case import Check
from conformance.suite.history import History
from conformance.suite.verdict import Verdict, failed, passed, unknown


def as_path_is(asn: int) -> Check:
    """Demand that every node's path to an address has this AS number alone in AS_PATH.

    Args:
        asn: wanted.
    """
    return Check("as-path-is", f"each eligible node's path has AS_PATH {asn}", partial(_as_path_is, asn=asn))


def _as_path_is(history: History, *, asn: int) -> Verdict:
    lab = seen.facts(history)
    given = {ip_network(address) for address in seen.addresses(history)}
    if lab is None or not given:
        return unknown("no Service has an address")
    count = 0
    for router in lab.peering_routers():
        peers, looks = lab.peering(router), seen.looks(history, "bgp_rib", router)
        if not looks:
            return unknown(f"{router} was not looked at")
        found = [p for p in tables.paths(looks[-1].raw) if p.prefix in given and p.peer in peers]
        if missing := set(lab.eligible) - {peers[path.peer] for path in found if path.peer}:
            return failed(f"{router} has no path from {', '.join(sorted(missing))}")
        if wrong := [path for path in found if path.as_path != str(asn)]:
            return failed(f"{router}: {wrong[0].prefix} has AS_PATH {wrong[0].as_path}", *map(str, wrong))
        count += len(found)
    return passed(f"{count} paths, each with AS_PATH {asn}")
