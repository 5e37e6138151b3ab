"""Which prefixes this node advertises to which of its peers, with what attributes.

Each BGPAdvertisement that matches a Service turns each of its addresses into a prefix; advertisements and Services
that come to the same prefix add their communities up. They cannot add up local preferences: a prefix for which two are
asked is not advertised to that peer, and its Services say so.
With `lbkit.io/weighted-ecmp` a path carries a bandwidth in proportion to the endpoints that the node has for its
Services under `externalTrafficPolicy: Local`; routers spread by it. Under `Cluster` every node spreads over all
endpoints, and no path says anything.
Source: MetalLB's BGPAdvertisement; RFC 4271 section 5.1.5 (LOCAL_PREF), RFC 1997 and 8092 (communities);
draft-ietf-idr-link-bandwidth.

Pure.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from ipaddress import IPv4Network, IPv6Network
from typing import Final, TypeAlias

from lbkit.announcer.communities import resolve
from lbkit.announcer.desired import PathAttributes, Session
from lbkit.announcer.eligibility import Serving, endpoint_refusal, node_refusal
from lbkit.announcer.pool_index import PoolIndex
from lbkit.announcer.sessions import ipv6_next_hop
from lbkit.errors import InputError
from lbkit.model.names import Reason
from lbkit.model.selectors import any_matches
from lbkit.model.views import BGPAdvertisement, Family, IPAddress, IPNetwork, Key, Pool, Service, Snapshot

FAMILIES: Final[tuple[Family, ...]] = (4, 6)
BYTES_PER_S: Final = 1_000_000
"""For one endpoint: only the ratio counts. Routers keep 32 bits of it, so that 4,000 endpoints of a node still fit."""


@dataclass(frozen=True, slots=True)
class _Advertisement:
    """A BGPAdvertisement with all worked out that does not depend on the Service.

    Args:
        peers: {IP version: names of this node's sessions that it may use}.
        communities: None if one of them is unknown; then it advertises nothing, as the missing community may be the
            one that keeps the prefix from spreading.
    """

    spec: BGPAdvertisement
    selects_me: bool
    peers: Mapping[int, frozenset[str]]
    communities: tuple[str, ...] | None


@dataclass(slots=True)
class _Asked:
    """What all Services ask of one prefix.

    Args:
        advertisements: {name: advertisement} of all that come to this prefix.
        claims: (Service, its address, names of the advertisements that match it).
        endpoints: how many of them this node has for each of the Services under Local; 0 for one under Cluster.
    """

    advertisements: dict[str, _Advertisement] = field(default_factory=dict)
    claims: list[tuple[Key, IPAddress, tuple[str, ...]]] = field(default_factory=list)
    endpoints: list[int] = field(default_factory=list)

    @property
    def link_bandwidth(self) -> int:
        """What the path is worth; 0 where nobody wants to know, or where some Service spreads by itself."""
        if not any(each.spec.is_weighted for each in self.advertisements.values()) or not all(self.endpoints):
            return 0
        return sum(self.endpoints) * BYTES_PER_S


_Prefix: TypeAlias = tuple[int, int, int]
"""(IP version, length, number): a network that is quick to make and to look up."""


@dataclass(frozen=True, slots=True)
class BgpOutcome:
    """Why one Service is or is not advertised from here."""

    reason: Reason
    addresses: tuple[IPAddress, ...] = ()
    peers: tuple[str, ...] = ()


class BgpPaths:
    """The BGP half of one decision; made for one snapshot and one node.

    Args:
        sessions: {peer name: session} of this node.
    """

    def __init__(
        self,
        snapshot: Snapshot,
        k8s_node: str,
        sessions: Mapping[str, Session],
        *,
        ignore_exclude_label: bool = False,
    ) -> None:
        self._snapshot = snapshot
        self._me = k8s_node
        self._sessions = sessions
        node = snapshot.nodes.get(k8s_node)
        self._my_refusal = node_refusal(node, ignore_exclude_label=ignore_exclude_label)
        self._ipv6_next_hop = ipv6_next_hop(node) if node else None
        labels = node.labels if node else {}
        advertisements = [
            _Advertisement(
                spec,
                any_matches(spec.node_selectors, labels),
                {version: _peers(spec, sessions, version) for version in FAMILIES},
                _communities(spec, snapshot.config.communities),
            )
            for spec in snapshot.config.bgp_advertisements
        ]
        self._by_pool = {
            pool.name: [each for each in advertisements if each.spec.pools.matches(pool)]
            for pool in snapshot.config.pools
        }

    def decide(
        self, pools: PoolIndex, endpoints: Mapping[Key, Serving]
    ) -> tuple[dict[str, dict[IPNetwork, PathAttributes]], dict[Key, BgpOutcome]]:
        """Answer for every Service that has an address.

        Args:
            pools: the pools of the same snapshot.
            endpoints: {Service: where it serves}, for every Service of the snapshot.

        Returns:
            {peer name: {prefix: attributes}} with every session as a key, and {Service: outcome}.
        """
        asked: dict[_Prefix, _Asked] = {}
        refusals: dict[Key, Reason] = {}
        for key, service in self._snapshot.services.items():
            for address in service.ingress:
                pool = pools.pool_of(address)
                reason = (
                    self._ask(asked, service, address, endpoints[key], pool)
                    if pool is not None
                    else Reason.ADDRESS_NOT_IN_POOL
                )
                if reason is not None:
                    refusals.setdefault(key, reason)
        return self._settle(asked, refusals)

    def _ask(
        self,
        asked: dict[_Prefix, _Asked],
        service: Service,
        address: IPAddress,
        endpoints: Serving,
        pool: Pool,
    ) -> Reason | None:
        """Add what one address of a Service asks for; return why that is nothing, if so."""
        matching = [
            each
            for each in self._by_pool[pool.name]
            if not each.spec.service_selectors or any_matches(each.spec.service_selectors, service.labels)
        ]
        if not matching:
            return Reason.NO_ADVERTISEMENT
        if self._my_refusal is not None:
            return self._my_refusal
        mine = [each for each in matching if each.selects_me]
        if not mine:
            return Reason.NODE_NOT_SELECTED
        refusal = endpoint_refusal(service, endpoints, self._me)
        if refusal is not None:
            return refusal
        known = [each for each in mine if each.communities is not None]
        if not known:
            return Reason.UNKNOWN_COMMUNITY
        usable = [each for each in known if each.peers[address.version]]
        if not usable:
            return Reason.NO_PEER
        by_length: dict[int, list[_Advertisement]] = {}
        for each in usable:
            length = each.spec.aggregation_length if address.version == 4 else each.spec.aggregation_length_v6
            by_length.setdefault(length, []).append(each)
        for length, advertisements in by_length.items():
            shift = address.max_prefixlen - length
            entry = asked.setdefault((address.version, length, int(address) >> shift << shift), _Asked())
            for each in advertisements:
                entry.advertisements[each.spec.name] = each
            entry.claims.append((service.key, address, tuple(each.spec.name for each in advertisements)))
            is_local = service.external_traffic_policy == "Local"
            entry.endpoints.append(endpoints.ready.get(self._me, 0) if is_local else 0)
        return None

    def _settle(
        self, asked: Mapping[_Prefix, _Asked], refusals: dict[Key, Reason]
    ) -> tuple[dict[str, dict[IPNetwork, PathAttributes]], dict[Key, BgpOutcome]]:
        """Turn what is asked into paths, leave conflicts out, and tell each Service."""
        paths: dict[str, dict[IPNetwork, PathAttributes]] = {name: {} for name in self._sessions}
        told: dict[Key, dict[IPAddress, set[str]]] = {}
        merged: dict[tuple[int, int, tuple[str, ...]], dict[str, PathAttributes | None]] = {}
        for (version, length, number), entry in asked.items():
            network: IPNetwork = IPv4Network((number, length)) if version == 4 else IPv6Network((number, length))
            together = version, entry.link_bandwidth, tuple(sorted(entry.advertisements))
            if together not in merged:
                merged[together] = self._merge(entry.advertisements.values(), version, entry.link_bandwidth)
            attributes = merged[together]
            for peer, one in attributes.items():
                if one is not None:
                    paths[peer][network] = one
            for key, address, names in entry.claims:
                peers = {peer for name in names for peer in entry.advertisements[name].peers[version]}
                agreed = {peer for peer in peers if attributes[peer] is not None}
                if agreed:
                    told.setdefault(key, {}).setdefault(address, set()).update(agreed)
                if agreed != peers:
                    refusals.setdefault(key, Reason.CONFLICTING_ADVERTISEMENTS)
        outcomes = {
            key: BgpOutcome(Reason.ANNOUNCED, tuple(addresses), tuple(sorted(set[str]().union(*addresses.values()))))
            for key, addresses in told.items()
        }
        for key, reason in refusals.items():
            outcomes.setdefault(key, BgpOutcome(reason))
        return paths, outcomes

    def _merge(
        self, advertisements: Iterable[_Advertisement], version: int, link_bandwidth: int
    ) -> dict[str, PathAttributes | None]:
        """Add up what several advertisements want of one prefix.

        Returns:
            {peer name: attributes, or None where they want different local preferences}.
        """
        wanted: dict[str, list[_Advertisement]] = {}
        for each in advertisements:
            for peer in each.peers[version]:
                wanted.setdefault(peer, []).append(each)
        return {
            peer: PathAttributes(
                asked[0].spec.local_pref,
                tuple(sorted({value for each in asked for value in each.communities or ()})),
                self._ipv6_next_hop if version == 6 and self._sessions[peer].address.version == 4 else None,
                link_bandwidth if any(each.spec.is_weighted for each in asked) else 0,
            )
            if len({each.spec.local_pref for each in asked}) == 1
            else None
            for peer, asked in wanted.items()
        }


def _peers(spec: BGPAdvertisement, sessions: Mapping[str, Session], version: Family) -> frozenset[str]:
    """Name the sessions that take prefixes of this family and that the advertisement is for."""
    return frozenset(
        name
        for name, session in sessions.items()
        if version in session.families and (not spec.peers or name in spec.peers)
    )


def _communities(spec: BGPAdvertisement, aliases: Mapping[str, str]) -> tuple[str, ...] | None:
    try:
        return resolve(spec.communities, aliases)
    except InputError:
        return None
