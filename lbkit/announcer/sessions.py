"""Which BGP sessions this node is to have, and which peers it must refuse.

A BGPPeer that asks for what the engine cannot do gets no session and a reason, instead of a session that is not what
was written.
GoBGP has one ASN of its own, so every session names its local ASN; with it the engine behaves towards that peer as if
it were its only one (`myASN`, and `localASN` as FRR's `no-prepend replace-as`).
Source: MetalLB's BGPPeer (v1beta2); GoBGP 4.8 for what it can hold; RFC 4271 section 4.2 for the hold time; RFC 4724.

Pure.
"""

from collections.abc import Iterable, Mapping
from hashlib import sha256
from ipaddress import IPv4Address, IPv6Address
from types import MappingProxyType
from typing import Final, TypeAlias

from lbkit.announcer.desired import Bfd, Bgp, Session
from lbkit.model.selectors import any_matches
from lbkit.model.views import BFDProfile, Config, IPAddress, Node, Peer

DEFAULT_HOLD_TIME_S: Final = 90
"""RFC 4271 section 10."""
DEFAULT_CONNECT_TIME_S: Final = 5
"""A peer that comes back is tried again within seconds; RFC 4271's 120 s would be a long outage."""
MINIMUM_CONNECT_TIME_S: Final = 1
RESTART_TIME_S: Final = 120
"""How long peers keep paths under graceful restart, as FRR says by default and so MetalLB."""
ANY_ASN: Final = 0
LINK_LOCAL: Final = IPv6Address("fe80::")

Routers: TypeAlias = Mapping[str, tuple[IPv6Address, ...]]
"""{interface: link-local addresses of the routers seen on it, without scope}"""
NOBODY: Final[Routers] = MappingProxyType({})


def sessions(config: Config, node: Node, routers: Routers = NOBODY) -> tuple[Bgp, dict[str, str]]:
    """List the sessions of one node.

    Args:
        config: peers sorted by name; where two of them clash, the first keeps its session.
        node: this node.
        routers: whom peers that are named by interface may be.

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
        address = peer.address or _at_interface(peer.interface, routers)
        problem = _unsupported(peer, node) or _bfd_problem(peer, profile)
        if not problem and address is None:
            problem = _unseen(peer, routers)
        problem = problem or _clash(peer, address, found, router_ids)
        if problem or address is None:
            refused[peer.name] = problem
            continue
        found[peer.name] = _session(peer, address, profile)
        asns.append(peer.my_asn)
        if peer.router_id is not None:
            router_ids.add(peer.router_id)
    if not found:
        return Bgp(), refused
    return Bgp(asns[0], next(iter(router_ids), default_router_id(node)), found), refused


def one_router_each(peers: Iterable[Peer]) -> Routers:
    """Take for granted that each interface which a peer is named by has its one router; for who cannot look."""
    names = sorted({peer.interface for peer in peers if peer.interface})
    return {name: (LINK_LOCAL + number,) for number, name in enumerate(names, 1)}


def default_router_id(node: Node) -> IPv4Address:
    """Identify a node to its peers: its first IPv4 address, else a number made of its name.

    RFC 6286 asks for a non-zero number, unique within the AS; it need not be an address.
    """
    for address in node.addresses:
        if isinstance(address, IPv4Address):
            return address
    return IPv4Address(int.from_bytes(sha256(node.name.encode()).digest()[:4]) or 1)


def ipv6_next_hop(node: Node) -> IPv6Address | None:
    """Choose the next hop of IPv6 prefixes on sessions over IPv4, whose own end is none: the node's first of IPv6."""
    for address in node.addresses:
        if isinstance(address, IPv6Address) and not address.is_link_local:
            return address
    return None


def _at_interface(interface: str, routers: Routers) -> IPv6Address | None:
    """Find the one router on an interface; None where there is none, or more than one."""
    seen = routers.get(interface, ())
    return IPv6Address(f"{seen[0]}%{interface}") if len(seen) == 1 else None


def _unseen(peer: Peer, routers: Routers) -> str:
    seen = routers.get(peer.interface, ())
    if seen:
        return (
            f"spec.interface {peer.interface} has {len(seen)} routers on it, and unnumbered BGP is for links with one"
        )
    return f"spec.interface {peer.interface}: no router seen on it yet; it must answer on its IPv6 link-local address"


def _session(peer: Peer, address: IPAddress, profile: BFDProfile | None) -> Session:
    hold_time_s, keepalive_time_s = _timers(peer)
    both = peer.dual_stack_address_family or bool(peer.interface)
    return Session(
        peer=peer.name,
        address=address,
        local_asn=peer.local_asn or peer.my_asn,
        peer_asn=_peer_asn(peer),
        port=peer.port,
        source_address=peer.source_address,
        hold_time_s=hold_time_s,
        keepalive_time_s=keepalive_time_s,
        connect_time_s=max(peer.connect_time_s or DEFAULT_CONNECT_TIME_S, MINIMUM_CONNECT_TIME_S),
        ebgp_multihop=peer.ebgp_multihop,
        families=frozenset({4, 6} if both else {address.version}),
        bfd=_bfd(profile),
        restart_time_s=RESTART_TIME_S if peer.enable_graceful_restart else 0,
        password=peer.password,
    )


def _peer_asn(peer: Peer) -> int:
    """Say which ASN the peer must have; an internal peer has ours, and of an external one any is taken."""
    if not peer.dynamic_asn:
        return peer.peer_asn
    return peer.my_asn if peer.dynamic_asn == "internal" else ANY_ASN


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


def _unsupported(peer: Peer, node: Node) -> str:
    """Say what a peer asks for that it cannot get here; empty if nothing."""
    if peer.vrf:
        return "spec.vrf is not supported: the engine's VRFs are for VPN routes, and no session can run in one"
    if peer.hold_time_s == 0:
        return "spec.holdTime 0 is not supported: the engine reads 0 as not given and would run with 90 s"
    if peer.address is None and not peer.interface:
        return "spec.peerAddress is missing"
    if peer.local_asn and _peer_asn(peer) == peer.my_asn:
        return "spec.localASN is for eBGP, and the peer has our own ASN"
    if peer.interface and peer.source_address:
        return "spec.sourceAddress with spec.interface is not supported: the source is its link-local address"
    if peer.dual_stack_address_family and isinstance(peer.address, IPv4Address) and ipv6_next_hop(node) is None:
        return (
            "spec.dualStackAddressFamily over IPv4 needs an IPv6 address of the node as next hop, and its status "
            "names none"
        )
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
        return f"spec.bfdProfile: echoMode of {peer.bfd_profile!r} is not supported: the engine's BFD has no echo"
    if profile.passive_mode:
        return f"spec.bfdProfile: passiveMode of {peer.bfd_profile!r} is not supported: the engine's BFD speaks first"
    if peer.ebgp_multihop:
        return (
            "spec.bfdProfile with spec.ebgpMultiHop (multihop BFD, RFC 5883) is not supported: the engine's BFD is for "
            "one hop"
        )
    return ""


def _clash(peer: Peer, address: IPAddress | None, found: dict[str, Session], router_ids: set[IPv4Address]) -> str:
    """Say which peer of this node already has what this one wants."""
    for name, session in found.items():
        if session.address == address:
            return f"spec.peerAddress {address} is that of peer {name!r} on the same node"
        if address is not None and address.is_link_local and int(session.address) == int(address):
            return f"{address} and {session.address} of peer {name!r} are one address to the engine's policies"
    if peer.router_id is not None and router_ids and peer.router_id not in router_ids:
        return f"spec.routerID {peer.router_id} differs from that of another peer on the same node"
    return ""
