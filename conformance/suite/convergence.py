"""When routers have all their next hops to an address, or a session: what a drive waits for.

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


def in_order(history: History, lab: LabFacts, router: str, address: IPAddress) -> tuple[str, ...]:
    """Return the nodes that are next hops of an address in the newest look at a router's FIB, in the kernel's order.

    Hash-threshold gives each a stretch of the hash in this order (RFC 2992 section 2).
    """
    looks, peers = seen.looks(history, "fib", router)[-1:], lab.peering(router)
    hops = tables.fib(looks[0].raw).get(tables.key(ip_network(address)), ()) if looks else ()
    return tuple(peers[hop.via] for hop in hops if hop.via in peers)


def has_session(history: History, router: str, peer: IPAddress, *, wanted: bool) -> bool | None:
    """Say whether the newest look at a router's sessions shows one with a peer Established, or none; None if not so.

    Args:
        history: where to look.
        router: short name.
        peer: its address.
        wanted: whether there is to be one.
    """
    looks = seen.looks(history, "bgp_peers", router)[-1:]
    session = tables.sessions(looks[0].raw).get(peer) if looks else None
    return (session is not None and session.state == tables.ESTABLISHED) is wanted or None


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
