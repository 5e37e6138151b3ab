"""When all routers of a lab have all their next hops to an address: what a drive waits for.

Pure.
"""

from collections.abc import Mapping
from ipaddress import ip_network

from conformance.suite import seen, tables
from conformance.suite.facts import ROUTER, IPAddress, LabFacts
from conformance.suite.history import History


def wanted(lab: LabFacts) -> dict[str, int]:
    """Return {router: next hops it should have}: every eligible node, or every router on the way to one."""
    edge, every = lab.peering_routers(), tuple(node.name for node in lab.with_role(ROUTER))
    return {r: len(lab.eligible) if r in edge else len(lab.towards(r, edge)) for r in every}


def is_complete(history: History, wanted: Mapping[str, int], address: IPAddress) -> bool | None:
    """Say whether the newest looks at the routers' FIBs show all next hops; None while they do not.

    Args:
        history: where to look.
        wanted: {router: next hops}.
        address: of the Service.
    """
    key = tables.key(ip_network(address))
    kind = tables.table("fib", address.version)
    looks = {router: seen.looks(history, kind, router)[-1:] for router in wanted}
    hops = {r: len({h.via for h in tables.fib(f[0].raw).get(key, ())}) if f else 0 for r, f in looks.items()}
    return hops == wanted or None
