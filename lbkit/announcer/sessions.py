"""Which BGP sessions this node is to have, and which peers it must refuse.

A BGPPeer that asks for what the engine cannot do (or lbkit does not do yet) gets no session and a reason, instead of a
session that is not what was written.
GoBGP has one ASN of its own, so every session names its local ASN; with it the engine behaves towards that peer as if
it were its only one (`myASN`, and `localASN` as FRR's `no-prepend replace-as`).
Source: MetalLB's BGPPeer (v1beta2); GoBGP 4.8 for what it can hold; RFC 4271 section 4.2 for the hold time.

Pure.
"""

from hashlib import sha256
from ipaddress import IPv4Address
from typing import Final

from lbkit.announcer.desired import Bfd, Bgp, Session
from lbkit.model.selectors import any_matches
from lbkit.model.views import BFDProfile, Config, IPAddress, Node, Peer

DEFAULT_HOLD_TIME_S: Final = 90
"""RFC 4271 section 10."""
DEFAULT_CONNECT_TIME_S: Final = 5
"""A peer that comes back is tried again within seconds; RFC 4271's 120 s would be a long outage."""
MINIMUM_CONNECT_TIME_S: Final = 1


def sessions(config: Config, node: Node) -> tuple[Bgp, dict[str, str]]:
    """List the sessions of one node.

    Args:
        config: peers sorted by name; where two of them clash, the first keeps its session.
        node: this node.

    Returns:
        The engine's content without paths (empty if no peer selects the node), and {peer name: why it is refused}.
    """
    found: dict[str, Session] = {}
    refused: dict[str, str] = {}
    profiles = {profile.name: profile for profile in config.bfd_profiles}
    router_ids: set[IPv4Address] = set()
    asns: list[int] = []
    for peer in config.peers:
        if not any_matches(peer.node_selectors, node.labels):
            continue
        profile = profiles.get(peer.bfd_profile)
        problem = _unsupported(peer) or _bfd_problem(peer, profile) or _clash(peer, found, router_ids)
        if problem or peer.address is None:
            refused[peer.name] = problem
            continue
        found[peer.name] = _session(peer, peer.address, profile)
        asns.append(peer.my_asn)
        if peer.router_id is not None:
            router_ids.add(peer.router_id)
    if not found:
        return Bgp(), refused
    return Bgp(asns[0], next(iter(router_ids), default_router_id(node)), found), refused


def default_router_id(node: Node) -> IPv4Address:
    """Identify a node to its peers: its first IPv4 address, else a number made of its name.

    RFC 6286 asks for a non-zero number, unique within the AS; it need not be an address.
    """
    for address in node.addresses:
        if isinstance(address, IPv4Address):
            return address
    return IPv4Address(int.from_bytes(sha256(node.name.encode()).digest()[:4]) or 1)


def _session(peer: Peer, address: IPAddress, profile: BFDProfile | None) -> Session:
    hold_time_s, keepalive_time_s = _timers(peer)
    return Session(
        peer=peer.name,
        address=address,
        local_asn=peer.local_asn or peer.my_asn,
        peer_asn=peer.peer_asn,
        port=peer.port,
        source_address=peer.source_address,
        hold_time_s=hold_time_s,
        keepalive_time_s=keepalive_time_s,
        connect_time_s=max(peer.connect_time_s or DEFAULT_CONNECT_TIME_S, MINIMUM_CONNECT_TIME_S),
        ebgp_multihop=peer.ebgp_multihop,
        families=frozenset({address.version}),
        bfd=_bfd(profile),
        password=peer.password,
    )


def _timers(peer: Peer) -> tuple[int, int]:
    """Resolve hold and keepalive time: where only one is written, the other is three times or a third of it."""
    hold_time_s, keepalive_time_s = peer.hold_time_s, peer.keepalive_time_s
    if hold_time_s is None:
        hold_time_s = DEFAULT_HOLD_TIME_S if keepalive_time_s is None else max(3, keepalive_time_s * 3)
    if keepalive_time_s is None:
        keepalive_time_s = hold_time_s // 3
    return hold_time_s, max(keepalive_time_s, 1)


def _bfd(profile: BFDProfile | None) -> Bfd | None:
    if profile is None:
        return None
    default = Bfd()
    return Bfd(
        profile.transmit_interval_ms or default.transmit_interval_ms,
        profile.receive_interval_ms or default.receive_interval_ms,
        profile.detect_multiplier or default.detect_multiplier,
    )


def _unsupported(peer: Peer) -> str:
    """Say what a peer asks for that it cannot get here; empty if nothing."""
    asked = {
        "spec.interface (unnumbered BGP)": bool(peer.interface),
        "spec.dynamicASN": bool(peer.dynamic_asn),
        "spec.vrf": bool(peer.vrf),
        "spec.enableGracefulRestart": peer.enable_graceful_restart,
        "spec.dualStackAddressFamily": peer.dual_stack_address_family,
        "spec.holdTime 0 (no hold timer)": peer.hold_time_s == 0,
    }
    for what, is_asked in asked.items():
        if is_asked:
            return f"{what} is not supported"
    if peer.address is None:
        return "spec.peerAddress is missing"
    if peer.password_secret and not peer.password:
        return f"spec.passwordSecret: no Secret {peer.password_secret!r} with a password in it"
    return ""


def _bfd_problem(peer: Peer, profile: BFDProfile | None) -> str:
    """Say why a peer cannot have the BFD it asks for; GoBGP's is single-hop and asynchronous, without echo."""
    if not peer.bfd_profile:
        return ""
    if profile is None:
        return f"spec.bfdProfile: no BFDProfile {peer.bfd_profile!r}"
    if profile.echo_mode:
        return f"spec.bfdProfile: echoMode of {peer.bfd_profile!r} is not supported"
    if profile.passive_mode:
        return f"spec.bfdProfile: passiveMode of {peer.bfd_profile!r} is not supported"
    if peer.ebgp_multihop:
        return "spec.bfdProfile with ebgpMultiHop (multihop BFD) is not supported"
    return ""


def _clash(peer: Peer, found: dict[str, Session], router_ids: set[IPv4Address]) -> str:
    """Say which peer of this node already has what this one wants."""
    for name, session in found.items():
        if session.address == peer.address:
            return f"spec.peerAddress {peer.address} is that of peer {name!r} on the same node"
    if peer.router_id is not None and router_ids and peer.router_id not in router_ids:
        return f"spec.routerID {peer.router_id} differs from that of another peer on the same node"
    return ""
