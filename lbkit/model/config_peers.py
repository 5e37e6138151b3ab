"""Rules between BGP peers: what one engine on one node cannot do for two of them at once.

Source: MetalLB's `validatePeers` rules; RFC 4271 section 4.2 (one BGP Identifier for all sessions of a speaker).

Pure.
"""

from collections.abc import Iterator
from itertools import combinations

from lbkit.model.selectors import any_matches
from lbkit.model.views import BFDProfile, Node, Peer


def peer_problems(
    peers: tuple[Peer, ...], profiles: tuple[BFDProfile, ...], nodes: tuple[Node, ...]
) -> Iterator[tuple[str, str, str]]:
    """Find what is wrong between peers, or between a peer and its BFD profile.

    Args:
        peers: sorted by name; of a pair, the later one is blamed.
        profiles: every BFD profile there is.
        nodes: see `meet`.

    Yields:
        Name of the peer, path of the field, message.
    """
    names = {profile.name for profile in profiles}
    for peer in peers:
        if peer.bfd_profile and peer.bfd_profile not in names:
            yield peer.name, "spec.bfdProfile", f'there is no BFDProfile "{peer.bfd_profile}"; create it'
    for one, other in combinations(peers, 2):
        if meet(one, other, nodes):
            for path, message in _conflicts(one, other):
                yield other.name, path, message


def meet(one: Peer, other: Peer, nodes: tuple[Node, ...]) -> bool:
    """Whether some node has both peers.

    Without nodes to look at, two peers are taken to meet: a wrong alarm is cheaper than an engine that refuses.
    """
    if not nodes or not one.node_selectors or not other.node_selectors:
        return True
    return any(
        any_matches(one.node_selectors, node.labels) and any_matches(other.node_selectors, node.labels)
        for node in nodes
    )


def _conflicts(one: Peer, other: Peer) -> Iterator[tuple[str, str]]:
    if one.router_id is not None and other.router_id is not None and one.router_id != other.router_id:
        yield (
            "spec.routerID",
            f'{other.router_id} differs from {one.router_id} of peer "{one.name}"; a node has one router ID',
        )
    if one.vrf != other.vrf:
        return
    if one.my_asn != other.my_asn:
        yield (
            "spec.myASN",
            f'{other.my_asn} differs from {one.my_asn} of peer "{one.name}"; a node has one ASN in each VRF',
        )
    if (one.address, one.interface, one.port) == (other.address, other.interface, other.port):
        where = other.address if other.address is not None else other.interface
        yield "spec.peerAddress", f'{where} is also the address of peer "{one.name}"; remove one of them'
