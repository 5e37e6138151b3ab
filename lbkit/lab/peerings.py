"""Do both ends of every BGP session of a lab say the same?

A session is written twice: in a router's configuration, and in another router's or in the manifests that tell the
Kubernetes nodes. A wrong AS number or address on one side gives a session that never comes up, and no error anywhere.
Sources: RFC 4271 section 6.2 (Bad Peer AS, BGP Identifier); RFC 5880 (BFD needs both ends).

Pure.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations

from lbkit.errors import Problem
from lbkit.lab.routers import Router, RouterPeer
from lbkit.lab.topology import Lab
from lbkit.lab.wiring import Endpoint
from lbkit.model.names import HOSTNAME_LABEL
from lbkit.model.selectors import any_matches
from lbkit.model.views import IPAddress, Peer


def peering_problems(lab: Lab) -> Iterator[Problem]:
    """Find every session whose ends disagree, router by router, then peer by peer of the manifests."""
    where = _Where(lab)
    routers = {router.lab_node: router for router in lab.routers}
    for router in lab.routers:
        for peer in router.peers:
            yield from _router_session(lab, where, routers, router, peer)
        yield from _origins(lab, router)
    for one, other in combinations(lab.routers, 2):
        if one.router_id is not None and one.router_id == other.router_id:
            yield Problem(other.file, f"router ID {other.router_id} is also {one.lab_node}'s; each needs its own")
    for manifest in lab.manifests.peers:
        yield from _manifest_session(lab, where, routers, manifest)
    yield from _closed_pools(lab, routers)


class _Where:
    """Looks up who has an address, and which address of a node another node can reach it by."""

    def __init__(self, lab: Lab) -> None:
        self.owner = {
            address.ip: Endpoint(node.name, interface.name)
            for node in lab.nodes
            for interface in node.interfaces
            for address in interface.addresses
        }
        self._segment_of = {endpoint: segment.name for segment in lab.segments for endpoint in segment.endpoints}

    def meeting(self, lab_node: str, address: IPAddress) -> IPAddress | None:
        """The address of `lab_node` on the segment where `address` lives; None where they share none."""
        segment = self._segment_of[self.owner[address]]
        for own, endpoint in self.owner.items():
            same_family = own.version == address.version
            if same_family and endpoint.node == lab_node and self._segment_of[endpoint] == segment:
                return own
        return None


@dataclass(frozen=True, slots=True)
class _Claim:
    """What one side says about a session: its own AS number, and whether it runs BFD."""

    asn: int
    has_bfd: bool


def _router_session(
    lab: Lab, where: _Where, routers: dict[str, Router], router: Router, peer: RouterPeer
) -> Iterator[Problem]:
    path = f"{router.file}: neighbor {peer.address}"
    if peer.address not in where.owner:
        yield Problem(path, "no node of the lab has this address")
        return
    other, own = where.owner[peer.address].node, where.meeting(router.lab_node, peer.address)
    if own is None or other == router.lab_node:
        yield Problem(
            path, f"is {where.owner[peer.address]}, which is not at the other end of a link of {router.lab_node}"
        )
        return
    if lab.node(other).role == "k8s-node":
        claim, wanted = _claim_of_node(lab, other, own), f"a BGPPeer with peerAddress {own} that selects node {other}"
    else:
        claim, wanted = _claim_of_router(routers.get(other), own), f"neighbor {own} in the configuration of {other}"
    if claim is None:
        yield Problem(path, f"the other end does not know of it; wanted {wanted}")
        return
    if peer.asn not in (0, claim.asn):
        yield Problem(path, f"got remote-as {peer.asn}, but {other} is in AS {claim.asn}")
    if peer.has_bfd != claim.has_bfd:
        yield Problem(path, f"BFD runs on one end only; {other} has it {'on' if claim.has_bfd else 'off'}")


def _claim_of_node(lab: Lab, k8s_node: str, router_address: IPAddress) -> _Claim | None:
    for peer in lab.manifests.peers:
        if peer.address == router_address and k8s_node in _selected(lab, peer):
            return _Claim(peer.local_asn or peer.my_asn, bool(peer.bfd_profile))
    return None


def _claim_of_router(router: Router | None, address: IPAddress) -> _Claim | None:
    if router is None:
        return None
    for peer in router.peers:
        if peer.address == address:
            return _Claim(router.asn, peer.has_bfd)
    return None


def _selected(lab: Lab, peer: Peer) -> tuple[str, ...]:
    """The Kubernetes nodes of a peer; on paper a node has the one label that every node has."""
    names = (node.name for node in lab.with_role("k8s-node"))
    return tuple(name for name in names if any_matches(peer.node_selectors, {HOSTNAME_LABEL: name}))


def _manifest_session(lab: Lab, where: _Where, routers: dict[str, Router], peer: Peer) -> Iterator[Problem]:
    path = f"BGPPeer/{peer.name}"
    selected = _selected(lab, peer)
    if not selected:
        yield Problem(f"{path}: spec.nodeSelectors", "select no node of the lab")
    if peer.address is None:
        return
    router = routers.get(where.owner[peer.address].node) if peer.address in where.owner else None
    if router is None:
        yield Problem(f"{path}: spec.peerAddress", f"no router of the lab has {peer.address}")
        return
    if not peer.dynamic_asn and peer.peer_asn != router.asn:
        yield Problem(f"{path}: spec.peerASN", f"got {peer.peer_asn}, but {router.lab_node} is in AS {router.asn}")
    for k8s_node in selected:
        own = where.meeting(k8s_node, peer.address)
        if own is None:
            yield Problem(
                f"{path}: spec.peerAddress", f"{peer.address} is not at the other end of a link of {k8s_node}"
            )
        elif own not in {neighbor.address for neighbor in router.peers}:
            yield Problem(
                f"{path}: spec.peerAddress", f"{router.lab_node} does not know {k8s_node}; wanted neighbor {own}"
            )


def _origins(lab: Lab, router: Router) -> Iterator[Problem]:
    """FRR originates a `network` only if it has that very prefix (`bgp network import-check`)."""
    connected = {
        address.network for interface in lab.node(router.lab_node).interfaces for address in interface.addresses
    }
    for prefix in router.networks:
        if prefix not in connected:
            yield Problem(f"{router.file}: network {prefix}", f"{router.lab_node} is not connected to it")


def _closed_pools(lab: Lab, routers: dict[str, Router]) -> Iterator[Problem]:
    """A pool that the routers' prefix list does not let in is advertised and never used."""
    for router in routers.values():
        if not router.pool_prefixes:
            continue
        for pool in lab.pools:
            if not any(advertisement.pools.matches(pool) for advertisement in lab.manifests.bgp_advertisements):
                continue
            for piece in pool.ranges:
                if not any(piece.first in prefix and piece.last in prefix for prefix in router.pool_prefixes):
                    yield Problem(f"{router.file}: prefix-list POOL", f"does not let in {piece} of pool {pool.name}")
