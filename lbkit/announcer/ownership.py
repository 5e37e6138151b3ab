"""Which one node of a segment announces a layer-2 address.

Source: rendezvous hashing (Thaler, Ravishankar 1998); MetalLB orders by the same hash, so that a cluster that moves
from it keeps its single-stack addresses where they are. Preferred nodes: MetalLB's `preferredNodeSelectors`.

Pure.
"""

from collections.abc import Mapping, Set
from hashlib import sha256

from lbkit.model.views import IPAddress


def rank(address: IPAddress, node: str) -> bytes:
    """Say how well a node suits an address: of two, the lesser suits better.

    Returns:
        sha256("<node>#<address>").
    """
    return sha256(f"{node}#{address}".encode()).digest()


def owner(address: IPAddress, candidates: Set[str], weights: Mapping[str, int] | None = None) -> str | None:
    """Choose the one node that announces `address`.

    Every speaker ranks the same candidates by the same hash, so they agree
    without talking, and losing a node moves only that node's addresses.

    Args:
        address: one load-balancer address, either family.
        candidates: names of k8s nodes allowed to announce it; order is free.
        weights: {k8s node: sum of the preferences it meets}; more is better, absent is 0.

    Returns:
        Among the nodes of the highest weight, the one with the smallest rank; None if none.
    """
    if weights:
        best = max((weights.get(name, 0) for name in candidates), default=0)
        candidates = {name for name in candidates if weights.get(name, 0) == best}
    return min(candidates, key=lambda name: rank(address, name), default=None)
