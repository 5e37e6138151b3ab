"""Which prefixes this node advertises to which of its peers, with what attributes.

Each BGPAdvertisement that matches a Service turns each of its addresses into a prefix; advertisements and Services
that come to the same prefix add their communities up. They cannot add up local preferences: a prefix for which two are
asked is not advertised to that peer, and its Services say so.
Source: MetalLB's BGPAdvertisement; RFC 4271 section 5.1.5 (LOCAL_PREF), RFC 1997 and 8092 (communities).

Pure.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv4Network, IPv6Network

from lbkit.announcer.communities import resolve
from lbkit.announcer.desired import PathAttributes, Session
from lbkit.announcer.eligibility import Serving, endpoint_refusal, node_refusal
from lbkit.announcer.pool_index import PoolIndex
from lbkit.errors import InputError
from lbkit.model.names import Reason
from lbkit.model.selectors import any_matches
from lbkit.model.views import BGPAdvertisement, IPAddress, IPNetwork, Key, Pool, Service, Snapshot


@dataclass(frozen=True, slots=True)
class _Advertisement:
    """A BGPAdvertisement with all worked out that does not depend on the Service.

    Args:
        peers: names of this node's sessions that it may use.
        communities: None if one of them is unknown; then it advertises nothing, as the missing community may be the
            one that keeps the prefix from spreading.
    """

    spec: BGPAdvertisement
    selects_me: bool
    peers: frozenset[str]
    communities: tuple[str, ...] | None


@dataclass(slots=True)
class _Path:
    """What all Services and advertisements together ask of one prefix towards one peer."""

    local_prefs: set[int] = field(default_factory=set)
    communities: set[str] = field(default_factory=set)
    claims: set[tuple[Key, IPAddress]] = field(default_factory=set)


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
        labels = node.labels if node else {}
        advertisements = [
            _Advertisement(
                spec,
                any_matches(spec.node_selectors, labels),
                frozenset(sessions) & spec.peers if spec.peers else frozenset(sessions),
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
        asked: dict[tuple[str, IPNetwork], _Path] = {}
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
        asked: dict[tuple[str, IPNetwork], _Path],
        service: Service,
        address: IPAddress,
        endpoints: Serving,
        pool: Pool,
    ) -> Reason | None:
        """Add what one address of a Service asks for; return why that is nothing, if so."""
        matching = [
            each
            for each in self._by_pool.get(pool.name, ())
            if any_matches(each.spec.service_selectors, service.labels)
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
        usable = [each for each in mine if each.communities is not None]
        if not usable:
            return Reason.UNKNOWN_COMMUNITY
        is_asked = False
        for each in usable:
            prefix = prefix_of(address, each.spec.aggregation_length, each.spec.aggregation_length_v6)
            for peer in each.peers:
                if address.version in self._sessions[peer].families:
                    path = asked.setdefault((peer, prefix), _Path())
                    path.local_prefs.add(each.spec.local_pref)
                    path.communities.update(each.communities or ())
                    path.claims.add((service.key, address))
                    is_asked = True
        return None if is_asked else Reason.NO_PEER

    def _settle(
        self, asked: Mapping[tuple[str, IPNetwork], _Path], refusals: dict[Key, Reason]
    ) -> tuple[dict[str, dict[IPNetwork, PathAttributes]], dict[Key, BgpOutcome]]:
        """Turn what is asked into paths, leave conflicts out, and tell each Service."""
        paths: dict[str, dict[IPNetwork, PathAttributes]] = {name: {} for name in self._sessions}
        told: dict[Key, tuple[set[IPAddress], set[str]]] = {}
        for (peer, prefix), path in asked.items():
            if len(path.local_prefs) > 1:
                for key, _ in path.claims:
                    refusals.setdefault(key, Reason.CONFLICTING_ADVERTISEMENTS)
                continue
            paths[peer][prefix] = PathAttributes(next(iter(path.local_prefs)), tuple(sorted(path.communities)))
            for key, address in path.claims:
                addresses, peers = told.setdefault(key, (set(), set()))
                addresses.add(address)
                peers.add(peer)
        outcomes = {
            key: BgpOutcome(
                Reason.ANNOUNCED,
                tuple(address for address in self._snapshot.services[key].ingress if address in addresses),
                tuple(sorted(peers)),
            )
            for key, (addresses, peers) in told.items()
        }
        for key, reason in refusals.items():
            outcomes.setdefault(key, BgpOutcome(reason))
        return paths, outcomes


def prefix_of(address: IPAddress, length: int, length_v6: int) -> IPNetwork:
    """Mask an address to the aggregation length of its family."""
    wanted = length if isinstance(address, IPv4Address) else length_v6
    shift = address.max_prefixlen - wanted
    number = int(address) >> shift << shift
    return IPv4Network((number, wanted)) if isinstance(address, IPv4Address) else IPv6Network((number, wanted))


def _communities(spec: BGPAdvertisement, aliases: Mapping[str, str]) -> tuple[str, ...] | None:
    try:
        return resolve(spec.communities, aliases)
    except InputError:
        return None
