"""What the speaker shows of BGP as objects: to whom each Service is advertised, and how each session is.

Source: MetalLB's ServiceBGPStatus (labels, one for each node and Service); frr-k8s's BGPSessionState.

Pure.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from lbkit.announcer.desired import Bgp, Outcome
from lbkit.gobgp.events import Look
from lbkit.model.names import Reason
from lbkit.model.status_objects import (
    BGPSessionState,
    BGPSessionStateStatus,
    ServiceBGPStatusStatus,
    Wanted,
)
from lbkit.model.times import whole_seconds
from lbkit.model.views import Key, Peer
from lbkit.speaker.service_status import labels

PEER_LABEL: Final = "lbkit.io/bgp-peer"
LONGEST_LABEL: Final = 63


@dataclass(frozen=True, slots=True)
class SessionEnd:
    """How a session ended last: in the RFCs' words, and when (Unix time)."""

    words: str
    at_s: float


def services(k8s_node: str, outcomes: Mapping[Key, Outcome]) -> dict[str, Wanted]:
    """Say to which peers each Service is advertised from this node.

    Returns:
        {namespace/name: object}, only of those that are advertised.
    """
    return {
        str(key): Wanted(
            labels(key),
            ServiceBGPStatusStatus(
                node=k8s_node, service_name=key.name, service_namespace=key.namespace, peers=outcome.peers
            ),
        )
        for key, outcome in outcomes.items()
        if outcome.bgp is Reason.ANNOUNCED
    }


def sessions(
    k8s_node: str,
    peers: Iterable[Peer],
    holds: Bgp,
    looks: Mapping[str, Look],
    refused: Mapping[str, str],
    *,
    flaps: Mapping[str, int],
    ends: Mapping[str, SessionEnd],
) -> dict[str, Wanted]:
    """Say how the session with each peer is.

    Args:
        k8s_node: this node.
        peers: those that select it.
        holds: what the engine holds.
        looks: {peer name: how the engine sees it}.
        refused: {peer name: why it has no session, or none as written}.
        flaps: {peer name: how often its session went down}.
        ends: {peer name: how its session ended last}.

    Returns:
        {peer name: object}.
    """
    found: dict[str, Wanted] = {}
    for peer in peers:
        look = looks.get(peer.name, Look())
        session = holds.sessions.get(peer.name)
        where = session.address if session is not None else peer.address or peer.interface
        end = ends.get(peer.name)
        is_up = look.state == "Established"
        found[peer.name] = Wanted(
            {PEER_LABEL: peer.name} if len(peer.name) <= LONGEST_LABEL else {},
            BGPSessionStateStatus(
                node=k8s_node,
                peer=str(where),
                bgp_status=look.state,
                bfd_status=look.bfd,
                bgp_peer=peer.name,
                reason=refused.get(peer.name, ""),
                since=whole_seconds(look.since_s) if look.since_s else "",
                peer_asn=look.peer_asn,
                peer_router_id=look.peer_router_id,
                hold_time_seconds=look.hold_time_s,
                keepalive_time_seconds=look.keepalive_time_s,
                advertised_prefixes=len(holds.paths.get(peer.name, ())) if is_up else 0,
                flaps=flaps.get(peer.name, 0),
                last_error=end.words if end is not None else "",
                last_error_time=whole_seconds(end.at_s) if end is not None else "",
            ),
        )
    return found


def peer_of(item: BGPSessionState) -> str:
    """Name the peer that an object tells of."""
    return item.status.bgp_peer
