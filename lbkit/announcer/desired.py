"""What a node is to announce and advertise: the answer of `decide`, and one side of `diff`.

The active side of the diff has the same shapes, read back from what the BGP engine holds, so that equal means "nothing
to do" and a restarted speaker changes nothing.

Pure.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import IPv4Address
from typing import TypeAlias

from lbkit.announcer.election.events import Candidates
from lbkit.model.names import Reason
from lbkit.model.views import Family, IPAddress, IPNetwork, Key


@dataclass(frozen=True, slots=True)
class Interface:
    """A network interface of this node that may announce.

    Args:
        mac: 6 bytes.
        families: what can be announced on it: 4 where there is an ARP responder, 6 where there is one for NDP.
    """

    name: str
    index: int
    mac: bytes
    families: frozenset[Family] = frozenset({4})
    addresses: tuple[IPAddress, ...] = ()


@dataclass(frozen=True, slots=True)
class PathAttributes:
    """What a prefix is advertised with, beyond origin IGP and next hop self.

    Args:
        local_pref: 0 for none; only iBGP peers see it (RFC 4271 section 5.1.5).
        communities: `64512:100` (RFC 1997) or `large:64512:1:2` (RFC 8092), sorted, each once.
        next_hop: None for the node's own end of the session.
        link_bandwidth: bytes per second, from which routers make weights; 0 for none.
    """

    local_pref: int = 0
    communities: tuple[str, ...] = ()
    next_hop: IPAddress | None = None
    link_bandwidth: int = 0


@dataclass(frozen=True, slots=True)
class Bfd:
    """An RFC 5880 session beside the BGP session; intervals in milliseconds."""

    transmit_interval_ms: int = 300
    receive_interval_ms: int = 300
    detect_multiplier: int = 3


@dataclass(frozen=True, slots=True)
class Session:
    """One BGP session as the engine is to hold it, every default resolved; the engine knows it by its address.

    Args:
        peer: name of the BGPPeer.
        address: with the interface as its scope where it is link-local.
        peer_asn: 0 for whatever the peer says it is.
        families: address families negotiated (RFC 4760).
        restart_time_s: how long the peer may keep the paths of an engine that restarts (RFC 4724); 0 for not at all.
        password: TCP MD5 (RFC 2385), empty for none.
    """

    peer: str
    address: IPAddress
    local_asn: int
    peer_asn: int
    port: int = 179
    source_address: IPAddress | None = None
    hold_time_s: int = 90
    keepalive_time_s: int = 30
    connect_time_s: int = 5
    ebgp_multihop: bool = False
    families: frozenset[Family] = frozenset({4})
    bfd: Bfd | None = None
    restart_time_s: int = 0
    password: str = field(default="", repr=False)


Paths: TypeAlias = Mapping[str, Mapping[IPNetwork, PathAttributes]]
"""{peer name: {prefix: attributes}}"""


@dataclass(frozen=True, slots=True)
class Bgp:
    """What the BGP engine of a node is to hold, or holds.

    Args:
        asn: the engine's own ASN; 0 while it is not started. Every session names its local ASN, so it matters little.
        router_id: None while the engine is not started, or where no session asks for one.
        sessions: {peer name: session}.
        paths: {peer name: {prefix: attributes}}.
    """

    asn: int = 0
    router_id: IPv4Address | None = None
    sessions: Mapping[str, Session] = field(default_factory=dict)
    paths: Paths = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Outcome:
    """Why this node does or does not announce one Service, by each protocol.

    Args:
        layer2_addresses: those announced here.
        interfaces: where they are announced; empty for all, as ServiceL2Status means it.
        bgp_addresses: those covered by a prefix that is advertised to at least one peer.
        peers: names of the peers told, sorted.
    """

    layer2: Reason
    bgp: Reason
    layer2_addresses: tuple[IPAddress, ...] = ()
    interfaces: frozenset[str] = frozenset()
    bgp_addresses: tuple[IPAddress, ...] = ()
    peers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Desired:
    """All that one node is to do.

    Args:
        candidates: {layer-2 address: who may announce it}, the same on every node.
        stations: names of this node's interfaces on which some L2Advertisement may announce something.
        outcomes: one per Service.
        refused_peers: {peer name: why it has no session here}.
    """

    candidates: Mapping[IPAddress, Candidates] = field(default_factory=dict)
    bgp: Bgp = Bgp()
    outcomes: Mapping[Key, Outcome] = field(default_factory=dict)
    refused_peers: Mapping[str, str] = field(default_factory=dict)
    stations: frozenset[str] = frozenset()
