"""GoBGP's messages -> values: what the engine holds now.

What was not put there by lbkit has no name of ours and is left out (paths without a mark) or named by its address
(peers), so that the diff removes it. What cannot be read is skipped: an engine that answers nonsense must not stop the
speaker, and what is skipped is put there again.
Source: GoBGP v4.8.0, proto/api/*.proto.

Pure.
"""

from collections.abc import Iterable, Mapping
from ipaddress import IPv4Address, ip_address, ip_network
from typing import Final

from lbkit.announcer.desired import Bfd, Bgp, PathAttributes, Session
from lbkit.gobgp.events import Look, Messages
from lbkit.gobgp.marks import MARK_ASN, Mark, gone_peer, peer_id
from lbkit.gobgp.pb import gobgp_pb2 as pb
from lbkit.gobgp.render import LINK_BANDWIDTH, US_PER_MS
from lbkit.model.views import Family, IPAddress, IPNetwork

STATES: Final = {
    pb.PeerState.SESSION_STATE_CONNECT: "Connect",
    pb.PeerState.SESSION_STATE_ACTIVE: "Active",
    pb.PeerState.SESSION_STATE_OPENSENT: "OpenSent",
    pb.PeerState.SESSION_STATE_OPENCONFIRM: "OpenConfirm",
    pb.PeerState.SESSION_STATE_ESTABLISHED: "Established",
}
BFD_STATES: Final = {
    pb.BFD_SESSION_STATE_UP: "Up",
    pb.BFD_SESSION_STATE_INIT: "Init",
    pb.BFD_SESSION_STATE_ADMIN_DOWN: "AdminDown",
}


def session(peer: pb.Peer) -> Session | None:
    """Read one peer; None if it has no readable address."""
    address = _address(peer.conf.neighbor_address)
    if address is None:
        return None
    name, _, source = peer.conf.description.partition("|")
    timers = peer.timers.config
    return Session(
        peer=name or f"@{address}",
        address=address,
        local_asn=peer.conf.local_asn,
        peer_asn=peer.conf.peer_asn,
        port=peer.transport.remote_port,
        source_address=_address(source),
        hold_time_s=timers.hold_time,
        keepalive_time_s=timers.keepalive_interval,
        connect_time_s=timers.connect_retry,
        ebgp_multihop=peer.ebgp_multihop.enabled,
        families=frozenset(_families(peer)),
        bfd=_bfd(peer.bfd),
        restart_time_s=peer.graceful_restart.restart_time if peer.graceful_restart.enabled else 0,
        password=peer.conf.auth_password,
    )


def is_established(peer: pb.Peer) -> bool:
    """Whether the session is in state Established (RFC 4271 section 8.2.2)."""
    return bool(peer.state.session_state == pb.PeerState.SESSION_STATE_ESTABLISHED)


def look(peer: pb.Peer) -> Look:
    """Read how a session is."""
    state, timers = peer.state, peer.timers.state
    is_up = is_established(peer)
    return Look(
        state=STATES.get(state.session_state, "Idle"),
        since_s=timers.uptime.seconds if is_up else timers.downtime.seconds,
        peer_asn=state.peer_asn if is_up else 0,
        peer_router_id=state.router_id if is_up else "",
        hold_time_s=timers.negotiated_hold_time if is_up else 0,
        keepalive_time_s=timers.keepalive_interval if is_up else 0,
        bfd=BFD_STATES.get(state.bfd_state.session_state, "Down") if peer.bfd.enabled else "N/A",
        sent=_messages(state.messages.sent),
        received=_messages(state.messages.received),
    )


def _messages(counts: pb.Message) -> Messages:
    return Messages(counts.open, counts.update, counts.notification, counts.keepalive, counts.refresh, counts.total)


def _families(peer: pb.Peer) -> Iterable[Family]:
    for each in peer.afi_safis:
        if each.config.family.safi == pb.Family.SAFI_UNICAST:
            if each.config.family.afi == pb.Family.AFI_IP:
                yield 4
            elif each.config.family.afi == pb.Family.AFI_IP6:
                yield 6


def _bfd(config: pb.BfdPeerConfig) -> Bfd | None:
    if not config.enabled:
        return None
    return Bfd(
        config.desired_minimum_tx_interval // US_PER_MS,
        config.required_minimum_receive // US_PER_MS,
        config.detection_multiplier,
    )


def marks(destination: pb.Destination) -> tuple[IPNetwork, frozenset[Mark]] | None:
    """Read one destination of the table; None if no path of it carries a mark."""
    try:
        prefix = ip_network(destination.prefix)
    except ValueError:
        return None
    found = frozenset(
        Mark(community.local_data1, community.local_data2)
        for path in destination.paths
        for attribute in path.pattrs
        for community in attribute.large_communities.communities
        if community.global_admin == MARK_ASN
    )
    return (prefix, found) if found else None


def attributes(policy: pb.Policy) -> dict[Mark, PathAttributes]:
    """Read the export policy: what each mark stands for."""
    found: dict[Mark, PathAttributes] = {}
    for statement in policy.statements:
        mark = Mark.parse(statement.name)
        if mark is not None:
            actions = statement.actions
            standard = list(actions.community.communities)
            large = (
                [f"large:{value}" for value in actions.large_community.communities]
                if actions.large_community.type == pb.CommunityAction.TYPE_REPLACE
                else []
            )
            found[mark] = PathAttributes(
                actions.local_pref.value,
                tuple(sorted([*standard, *large])),
                _address(actions.nexthop.address),
                _link_bandwidth(actions.ext_community.communities),
            )
    return found


def _link_bandwidth(communities: Iterable[str]) -> int:
    for text in communities:
        number = text.rpartition(":")[2]
        if text.startswith(LINK_BANDWIDTH) and number.isdecimal():
            return int(number)
    return 0


def bgp(
    engine: pb.Global,
    sessions: Iterable[Session],
    table: Mapping[IPNetwork, frozenset[Mark]],
    known: Mapping[Mark, PathAttributes],
    peers: Iterable[str] = (),
) -> Bgp:
    """Put together what the engine holds, in the shape of what is desired.

    Args:
        engine: its ASN is 0 while it is not started.
        sessions: as read.
        table: {prefix: marks of its path}.
        known: {mark: attributes}.
        peers: names of other peers that marks may be for, such as one that the engine refused.

    Returns:
        The engine's content. Marks of unknown peers appear under the peer's number, so that the diff withdraws them; a
        mark of unknown meaning has attributes that nobody asks for, so that the diff replaces it.
    """
    by_name = {each.peer: each for each in sessions}
    names = {peer_id(name): name for name in (*peers, *by_name)}
    paths: dict[str, dict[IPNetwork, PathAttributes]] = {name: {} for name in by_name}
    for prefix, found in table.items():
        for mark in found:
            name = names.get(mark.peer_id, gone_peer(mark.peer_id))
            paths.setdefault(name, {})[prefix] = known.get(mark, PathAttributes(communities=(f"?{mark.name}",)))
    return Bgp(engine.asn, _ipv4(engine.router_id) if engine.asn else None, by_name, paths)


def _address(text: str) -> IPAddress | None:
    try:
        return ip_address(text)
    except ValueError:
        return None


def _ipv4(text: str) -> IPv4Address | None:
    address = _address(text)
    return address if isinstance(address, IPv4Address) else None
