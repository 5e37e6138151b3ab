"""Routers' tables, read from their own JSON into a few plain values.

FRR's keys differ between 8.4 and 10.x, so each reading takes the spellings of both and ignores the rest.
Sources: FRR `show bgp ipv4|ipv6 unicast json`, `show bgp … summary json`, `show bgp neighbors json`,
`show ip|ipv6 route json`; iproute2 `ip -j route`; GoBGP `gobgp -j global rib`.

Pure.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import ip_address, ip_network
from typing import Any, Final

from conformance.suite.facts import IPAddress, IPNetwork

VOLATILE: Final = frozenset(
    {"uptime", "peerUptime", "peerUptimeMsec", "peerUptimeEstablishedEpoch", "msgRcvd", "msgSent", "tableVersion"}
    | {
        "totalPeers",
        "ribCount",
        "ribMemory",
        "peerMemory",
        "inq",
        "outq",
        "lastUpdate",
        "rtt-min",
        "rtt-avg",
        "rtt-max",
        "nexthopGroupId",
        "installedNexthopGroupId",
    }
)
"""Keys that change while nothing happens; a poll without them can say "same as before"."""


ESTABLISHED: Final = "Established"
"""The state of a session that works (RFC 4271 section 8.2.2)."""

_AS_PATH, _NEXT_HOP, _MP_REACH_NLRI = 2, 3, 14
"""Attribute types: RFC 4271 section 4.3, RFC 4760."""


@dataclass(frozen=True, slots=True)
class Path:
    """One path of a BGP table.

    Args:
        prefix: the destination.
        peer: the address of the session it came by.
        next_hop: its NEXT_HOP.
        as_path: as FRR prints it.
        is_selected: best path, or part of the multipath.
        local_pref: LOCAL_PREF as the router uses it; None where the table does not tell.
        is_stale: kept for a peer that restarts (RFC 4724).
    """

    prefix: IPNetwork
    peer: IPAddress | None
    next_hop: IPAddress | None
    as_path: str
    is_selected: bool
    local_pref: int | None = None
    is_stale: bool = False


@dataclass(frozen=True, slots=True)
class Hop:
    """One next hop of a forwarding entry.

    Args:
        via: gateway; None for a connected or blackhole route.
        weight: relative; 1 where none is given.
        is_active: usable, as far as the table says.
    """

    via: IPAddress | None
    weight: int
    is_active: bool


@dataclass(frozen=True, slots=True)
class Session:
    """A router's view of one BGP session.

    Args:
        state: RFC 4271 name.
        remote_asn: of the peer.
        router_id: the peer's BGP identifier; "" where the table does not tell.
        hold_time_s: negotiated; 0 where the table does not tell.
    """

    state: str
    remote_asn: int
    router_id: str = ""
    hold_time_s: float = 0.0


def table(kind: str, version: int) -> str:
    """Name the table of a family: a router's bgp_rib, zebra and fib are one each for IPv4, bgp_rib6 and so on for IPv6.

    Args:
        kind: bgp_rib, zebra or fib.
        version: 4 or 6.
    """
    return kind if version == 4 else f"{kind}{version}"


def steady(raw: Any) -> Any:  # Any: another program's JSON, of any shape
    """Drop what changes by itself, at any depth.

    Args:
        raw: parsed JSON.
    """
    if isinstance(raw, dict):
        return {key: steady(value) for key, value in raw.items() if key not in VOLATILE}
    if isinstance(raw, list):
        return [steady(item) for item in raw]
    return raw


def paths(raw: Mapping[str, Any]) -> tuple[Path, ...]:
    """Read `show bgp ipv4 unicast json`.

    Args:
        raw: its JSON.

    Returns:
        Every path, selected or not: what was received counts as present.
    """
    found: list[Path] = []
    for prefix, entries in raw.get("routes", {}).items():
        for entry in entries:
            hops = entry.get("nexthops", [])
            used = next((h for h in hops if h.get("used")), hops[0] if hops else {})
            found.append(
                Path(
                    prefix=ip_network(prefix),
                    peer=_address(entry.get("peerId")),
                    next_hop=_address(used.get("ip")),
                    as_path=str(entry.get("path", "")),
                    is_selected=bool(entry.get("bestpath") or entry.get("multipath")),
                    local_pref=int(entry["locPrf"]) if "locPrf" in entry else None,
                    is_stale=bool(entry.get("stale")),
                )
            )
    return tuple(found)


def collected(raw: Mapping[str, Any]) -> tuple[Path, ...]:
    """Read `gobgp -j global rib`.

    Args:
        raw: its JSON.

    Returns:
        Every path, the one that GoBGP thinks best or not.
    """
    found: list[Path] = []
    for prefix, entries in raw.items():
        for entry in entries:
            attributes = {attribute["type"]: attribute for attribute in entry["attrs"]}
            hop = attributes.get(_NEXT_HOP) or attributes.get(_MP_REACH_NLRI) or {}
            segments = attributes.get(_AS_PATH, {}).get("as_paths") or []
            found.append(
                Path(
                    prefix=ip_network(prefix),
                    peer=_address(entry.get("peer-address")),
                    next_hop=_address(hop.get("nexthop")),
                    as_path=" ".join(str(asn) for segment in segments for asn in segment["asns"]),
                    is_selected=bool(entry.get("best")),
                )
            )
    return tuple(found)


def sessions(raw: Mapping[str, Any]) -> dict[IPAddress, Session]:
    """Read `show bgp ipv4 unicast summary json`, with or without its outer family.

    Returns:
        {peer address: its session}.
    """
    peers = raw.get("peers", raw.get("ipv4Unicast", {}).get("peers", {}))
    return {
        ip_address(peer): Session(str(fields.get("state", "")), int(fields.get("remoteAs", 0)))
        for peer, fields in peers.items()
        if _address(peer)
    }


def neighbors(raw: Mapping[str, Any]) -> dict[IPAddress, Session]:
    """Read `show bgp neighbors json`.

    Returns:
        {peer address: its session}, with router id and hold time.
    """
    return {
        ip_address(peer): Session(
            state=str(fields.get("bgpState", "")),
            remote_asn=int(fields.get("remoteAs", 0)),
            router_id=str(fields.get("remoteRouterId", "")),
            hold_time_s=float(fields.get("bgpTimerHoldTimeMsecs", 0)) / 1000,
        )
        for peer, fields in raw.items()
        if _address(peer) and isinstance(fields, Mapping)
    }


@dataclass(frozen=True, slots=True)
class BfdSession:
    """One BFD session as a router sees it.

    Args:
        is_up: at the router's end.
        is_multihop: RFC 5883.
        detection_s: after how much silence of the other end the router gives up: its transmit interval, or the
            router's own receive interval where that is longer, times its multiplier.
    """

    is_up: bool
    is_multihop: bool
    detection_s: float


def bfd_sessions(raw: list[Mapping[str, Any]]) -> dict[IPAddress, BfdSession]:
    """Read `show bfd peers json`.

    Returns:
        {peer address: its session}.
    """
    return {
        ip_address(peer["peer"]): BfdSession(
            peer.get("status") == "up",
            bool(peer.get("multihop")),
            max(int(peer.get("receive-interval", 0)), int(peer.get("remote-transmit-interval", 0)))
            * int(peer.get("remote-detect-multiplier", 0))
            / 1000,
        )
        for peer in raw
        if _address(peer.get("peer"))
    }


def zebra_hops(raw: Mapping[str, Any], prefix: IPNetwork) -> tuple[Hop, ...]:
    """Read the selected entry of one prefix from `show ip route json`.

    Returns:
        Its next hops; empty when there is no selected entry.
    """
    for entry in raw.get(str(prefix), []):
        if entry.get("selected"):
            return tuple(
                Hop(_address(h.get("ip")), int(h.get("weight", 1)), bool(h.get("active") and h.get("fib")))
                for h in entry.get("nexthops", [])
                if not h.get("duplicate")
            )
    return ()


def fib(raw: list[Mapping[str, Any]]) -> dict[str, tuple[Hop, ...]]:
    """Read `ip -j route show`, of either family.

    Returns:
        {destination as iproute2 prints it ("default", "10.0.0.1", "10.0.0.0/24"): its next hops}.
    """
    table: dict[str, tuple[Hop, ...]] = {}
    for route in raw:
        hops = route.get("nexthops") or [route]
        read = tuple(
            Hop(
                _address(h.get("gateway") or h.get("via", {}).get("host")),
                int(h.get("weight", 1)),
                not set(h.get("flags", [])) & {"dead", "linkdown"},
            )
            for h in hops
        )
        table[str(route["dst"])] = table.get(str(route["dst"]), ()) + read
    return table


def fib_lines(raw: list[Mapping[str, Any]]) -> frozenset[str]:
    """Reduce `ip -j route show table all` to one comparable line per route: where to, by which way, whose.

    Multicast and broadcast housekeeping of the kernel is left out, and so are the node's own pods: a host route to a
    device, and the kernel's own route to the device's link, come and go with a pod, while what a router advertises has
    a next hop.
    """
    return frozenset(
        " ".join(
            [str(r.get("dst")), *(f"{k} {r[k]}" for k in ("gateway", "dev", "protocol", "table") if k in r)]
            + [f"nexthop {h.get('gateway')}" for h in r.get("nexthops", [])]
        )
        for r in raw
        if r.get("type", "unicast") in {"unicast", "blackhole", "unreachable", "prohibit"} and not _is_own(r)
    )


def _is_own(route: Mapping[str, Any]) -> bool:
    is_host = "/" not in str(route.get("dst")) and route.get("dst") != "default"
    is_own = is_host or route.get("protocol") == "kernel"
    is_unicast = route.get("type", "unicast") == "unicast"
    return is_own and is_unicast and not {"gateway", "via", "nexthops"} & route.keys()


def key(network: IPNetwork) -> str:
    """Spell a prefix as iproute2 does: host routes without a length, the default route by name."""
    if network.prefixlen == network.max_prefixlen:
        return str(network.network_address)
    return "default" if network.prefixlen == 0 else str(network)


def settings(config: str) -> tuple[int | None, bool, frozenset[int]]:
    """Read what decides multipath from FRR's `show running-config`.

    Args:
        config: its text.

    Returns:
        maximum-paths (None: not set, FRR's compiled maximum holds), whether paths of different AS may be
        joined (`bestpath as-path multipath-relax`), and the remote AS numbers of its peers.
    """
    maximum: int | None = None
    relax = False
    asns: set[int] = set()
    for line in (raw.strip() for raw in config.splitlines()):
        words = line.split()
        if line.startswith("maximum-paths ") and words[1].isdigit():
            maximum = int(words[1])
        elif line.startswith("bgp bestpath as-path multipath-relax"):
            relax = True
        elif line.startswith("neighbor ") and "remote-as" in words and words[-1].isdigit():
            asns.add(int(words[-1]))
    return maximum, relax, frozenset(asns)


def own_asn(config: str) -> int:
    """Read a router's own AS number from FRR's `show running-config`.

    Raises:
        ValueError: it runs no BGP.
    """
    for words in (line.split() for line in config.splitlines()):
        if words[:2] == ["router", "bgp"] and len(words) > 2:
            return int(words[2])
    raise ValueError("no `router bgp` in the configuration")


def bfd_downs(raw: list[Mapping[str, Any]]) -> dict[IPAddress, int]:
    """Read `show bfd peers counters json`.

    Returns:
        {peer address: how often its session went down}.
    """
    return {ip_address(peer["peer"]): int(peer.get("session-down", 0)) for peer in raw if _address(peer.get("peer"))}


@dataclass(frozen=True, slots=True)
class OutboundPolicy:
    """What keeps a router from offering routes to some peers.

    Args:
        is_unchecked: it originates prefixes without having routes to them.
        route_maps: {peer or its peer-group: outbound route-map, "" for none}.
    """

    is_unchecked: bool
    route_maps: Mapping[str, str]


def outbound_policy(config: str, peers: tuple[str, ...]) -> OutboundPolicy:
    """Read the outbound policy towards some peers from FRR's `show running-config`.

    Args:
        config: its text.
        peers: their addresses.
    """
    lines = [line.split() for line in config.splitlines() if line.strip()]
    groups = {w[1]: w[3] for w in lines if len(w) == 4 and w[0] == "neighbor" and w[2] == "peer-group"}
    names = {groups.get(peer, peer) for peer in peers}
    maps = {w[1]: w[3] for w in lines if len(w) == 5 and w[0] == "neighbor" and w[2] == "route-map" and w[4] == "out"}
    unchecked = ["no", "bgp", "network", "import-check"] in lines
    return OutboundPolicy(unchecked, {name: maps.get(name, "") for name in sorted(names)})


def received(raw: Mapping[str, Any]) -> tuple[IPNetwork, ...] | None:
    """Read `show bgp ipv4 unicast neighbors PEER received-routes json`.

    Returns:
        The prefixes; None if the router does not keep them (no soft-reconfiguration inbound, or no session).
    """
    routes = raw.get("receivedRoutes")
    return tuple(ip_network(prefix) for prefix in routes) if isinstance(routes, Mapping) else None


def _address(text: object) -> IPAddress | None:
    try:
        return ip_address(str(text)) if text else None
    except ValueError:
        return None
