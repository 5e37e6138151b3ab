"""Who may answer for which layer-2 address, on which interfaces, and why this node does or does not.

Who of those that may does answer is found out on the segment (`announcer.election`), not here.
An address has one set of candidates, also where several Services share it: theirs are intersected (each of them must be
able to serve from the owner), and where nothing is left, united (kube-proxy forwards between nodes). So sharing works
with `serviceSelectors`, which MetalLB refuses, and every speaker still comes to the same answer.
Services without candidates (no endpoints) have no say.
Cordoned nodes are candidates: who cordons a node wants no new pods on it, and drains it next, which moves its
addresses without a gap. A node that is not Ready is one too, but gives way where another is heard on the segment.
Source: MetalLB's L2 rules; RFC 826 for what "answers" means.

Pure.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field

from lbkit.announcer.desired import Interface
from lbkit.announcer.election.events import Candidates
from lbkit.announcer.eligibility import (
    Serving,
    candidates,
    endpoint_refusal,
    node_refusal,
    selected_nodes,
)
from lbkit.announcer.ownership import owner
from lbkit.announcer.pool_index import PoolIndex
from lbkit.model.names import Reason
from lbkit.model.selectors import any_matches
from lbkit.model.views import IPAddress, Key, L2Advertisement, Pool, Service, Snapshot


@dataclass(frozen=True, slots=True)
class _Advertisement:
    """An L2Advertisement with its node selectors worked out once.

    Args:
        k8s_nodes: names of the nodes selected that may announce.
        weights: {k8s node: preference}, without zeros.
    """

    spec: L2Advertisement
    k8s_nodes: frozenset[str]
    weights: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class _Group:
    """The advertisements that match a Service, taken together; most Services share one group.

    Args:
        selected: names of the nodes that any of them selects.
        interfaces: {node selected: interfaces named by those that select it; None once one means all}.
    """

    advertisements: tuple[_Advertisement, ...]
    selected: frozenset[str]
    interfaces: Mapping[str, frozenset[str] | None]


@dataclass(slots=True)
class _Address:
    """What the Services that hold one address say together.

    Args:
        voices: the candidates of each Service that has any, with the advertisements they come from.
        groups: the advertisements that match any of the Services; their preferences add up.
        keys: the Services that this node may announce.
    """

    voices: list[tuple[frozenset[str], _Group]] = field(default_factory=list)
    groups: list[_Group] = field(default_factory=list)
    keys: list[Key] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Layer2Outcome:
    """Why one Service is or is not announced here; interfaces empty for all."""

    reason: Reason
    addresses: tuple[IPAddress, ...] = ()
    interfaces: frozenset[str] = frozenset()


class Layer2:
    """The layer-2 half of one decision; made for one snapshot and one node.

    Args:
        k8s_node: this node's name.
        interfaces: those of this node that may announce.
        owned: {address: names of the interfaces on which this node answers for it}; None where that is not known, and
            the best candidate of all is taken for the owner.
        strangers: addresses that a host outside the cluster has, as this node has found.
    """

    def __init__(
        self,
        snapshot: Snapshot,
        k8s_node: str,
        interfaces: Sequence[Interface],
        owned: Mapping[IPAddress, frozenset[str]] | None = None,
        *,
        strangers: Set[IPAddress] = frozenset(),
        ignore_exclude_label: bool = False,
    ) -> None:
        self._snapshot = snapshot
        self._strangers = strangers
        self._owned = owned
        self._me = k8s_node
        self._interfaces = interfaces
        self._my_refusal = node_refusal(snapshot.nodes.get(k8s_node), ignore_exclude_label=ignore_exclude_label)
        able = [
            node
            for node in snapshot.nodes.values()
            if node_refusal(node, ignore_exclude_label=ignore_exclude_label) is None
        ]
        self._advertisements = advertisements = [
            _Advertisement(
                spec,
                chosen := selected_nodes(able, spec.node_selectors),
                _weights(spec, snapshot, chosen),
            )
            for spec in snapshot.config.l2_advertisements
        ]
        self._by_pool = {
            pool.name: [each for each in advertisements if each.spec.pools.matches(pool)]
            for pool in snapshot.config.pools
        }
        self._groups: dict[tuple[str, ...], _Group] = {}

    def stations(self) -> frozenset[str]:
        """Name the interfaces of this node on which some advertisement may announce something."""
        mine = [each for each in self._advertisements if self._me in each.k8s_nodes]
        if not mine:
            return frozenset()
        allowed = _interfaces(self._me, mine)
        return frozenset(each.name for each in self._interfaces if allowed is None or each.name in allowed)

    def decide(
        self, pools: PoolIndex, endpoints: Mapping[Key, Serving]
    ) -> tuple[dict[IPAddress, Candidates], dict[Key, Layer2Outcome]]:
        """Answer for every Service that has an address.

        Args:
            pools: the pools of the same snapshot.
            endpoints: {Service: where it serves}, for every Service of the snapshot.

        Returns:
            {address: who may announce it}, without those that nobody may announce, equal candidates being one value;
            and {Service: outcome}.
        """
        held, refusals = self._gather(pools, endpoints)
        made: dict[tuple[frozenset[str], tuple[tuple[frozenset[str], int], ...]], Candidates] = {}
        found: dict[IPAddress, Candidates] = {}
        outcomes: dict[Key, Layer2Outcome] = {}
        for address, holders in held.items():
            if not holders.voices:
                continue
            together = _together(holders)
            same = together, tuple((voice, id(group)) for voice, group in holders.voices)
            if same not in made:
                made[same] = self._candidates(together, holders)
            found[address] = made[same]
            self._settle(address, holders.keys, made[same], outcomes, refusals)
        for key, reason in refusals.items():
            outcomes.setdefault(key, Layer2Outcome(reason))
        return found, outcomes

    def _candidates(self, together: frozenset[str], holders: _Address) -> Candidates:
        weights = _preferences(holders)
        return Candidates(
            {node: _allowed(node, holders) for node in sorted(together)},
            {node: weights[node] for node in sorted(together) if weights[node]},
            frozenset(node for node in together if not self._snapshot.nodes[node].is_ready),
        )

    def _gather(
        self, pools: PoolIndex, endpoints: Mapping[Key, Serving]
    ) -> tuple[dict[IPAddress, _Address], dict[Key, Reason]]:
        """Hear all Services that have an address; return what they say, and why this node cannot announce some."""
        held: dict[IPAddress, _Address] = {}
        refusals: dict[Key, Reason] = {}
        for key, service in self._snapshot.services.items():
            for address in service.ingress:
                pool = pools.pool_of(address)
                reason = (
                    self._join(held.setdefault(address, _Address()), service, endpoints[key], pool)
                    if pool is not None
                    else Reason.ADDRESS_NOT_IN_POOL
                )
                if reason is not None:
                    refusals.setdefault(key, reason)
        return held, refusals

    def _join(self, held: _Address, service: Service, endpoints: Serving, pool: Pool) -> Reason | None:
        """Add one Service's voice to its address; return why this node cannot announce it, if so."""
        group = self._group(service, pool)
        if not group.advertisements:
            return Reason.NO_ADVERTISEMENT
        voice = candidates(service, endpoints, group.selected)
        if voice:
            held.voices.append((voice, group))
        if group not in held.groups:
            held.groups.append(group)
        reason = self._refusal(service, endpoints, self._me in group.selected)
        if reason is None:
            held.keys.append(service.key)
        return reason

    def _group(self, service: Service, pool: Pool) -> _Group:
        """Find the advertisements that match a Service, put together once for all Services they match."""
        matching = tuple(
            each
            for each in self._by_pool[pool.name]
            if not each.spec.service_selectors or any_matches(each.spec.service_selectors, service.labels)
        )
        names = tuple(each.spec.name for each in matching)
        if names not in self._groups:
            selected = frozenset[str]().union(*(each.k8s_nodes for each in matching))
            self._groups[names] = _Group(
                matching,
                selected,
                {node: _interfaces(node, matching) for node in selected},
            )
        return self._groups[names]

    def _refusal(self, service: Service, endpoints: Serving, is_selected: bool) -> Reason | None:
        if self._my_refusal is not None:
            return self._my_refusal
        if not is_selected:
            return Reason.NODE_NOT_SELECTED
        return endpoint_refusal(service, endpoints, self._me)

    def _settle(
        self,
        address: IPAddress,
        keys: Sequence[Key],
        candidates: Candidates,
        outcomes: dict[Key, Layer2Outcome],
        refusals: dict[Key, Reason],
    ) -> None:
        """Write down what follows for this node from who owns one address."""
        able = self._answering(address, candidates)
        if self._owned is None:
            names = able if _first(address, candidates) == self._me else frozenset()
        else:
            names = self._owned.get(address, frozenset())
        if not names:
            reason = self._silence(address, candidates, is_able=bool(able))
            for key in keys:
                refusals.setdefault(key, reason)
            return
        is_everywhere = candidates.nodes.get(self._me) is None and names >= able
        for key in keys:
            known = outcomes.get(key, Layer2Outcome(Reason.ANNOUNCED))
            interfaces = known.interfaces if is_everywhere else known.interfaces | names
            outcomes[key] = Layer2Outcome(Reason.ANNOUNCED, (*known.addresses, address), interfaces)

    def _silence(self, address: IPAddress, candidates: Candidates, *, is_able: bool) -> Reason:
        """Say why this node does not answer for an address that it may announce."""
        if address in self._strangers:
            return Reason.ADDRESS_CONFLICT
        if self._me in candidates.reluctant and len(candidates.reluctant) < len(candidates.nodes):
            return Reason.NODE_NOT_READY
        # One node says it for all: the one that would come first.
        return Reason.NO_INTERFACE if not is_able and _first(address, candidates) == self._me else Reason.NOT_OWNER

    def _answering(self, address: IPAddress, candidates: Candidates) -> frozenset[str]:
        """Name the interfaces of this node that can answer for `address`."""
        return frozenset(
            interface.name
            for interface in self._interfaces
            if address.version in interface.families and candidates.allows(self._me, interface.name)
        )


def _first(address: IPAddress, candidates: Candidates) -> str | None:
    """Name the candidate that comes first where all of them are heard."""
    ready = candidates.nodes.keys() - candidates.reluctant
    return owner(address, ready or candidates.nodes.keys(), candidates.weights)


def _together(held: _Address) -> frozenset[str]:
    """Name the nodes that all Services of an address can be served from; where there are none, any of them."""
    voices = [voice for voice, _ in held.voices]
    if len(voices) == 1:
        return voices[0]
    return frozenset.intersection(*voices) or frozenset.union(*voices)


def _preferences(held: _Address) -> Counter[str]:
    """Add up the preferences of all advertisements of an address, each once."""
    weights: Counter[str] = Counter()
    for each in {id(one): one for group in held.groups for one in group.advertisements if one.weights}.values():
        weights.update(each.weights)
    return weights


def _interfaces(k8s_node: str, advertisements: Iterable[_Advertisement]) -> frozenset[str] | None:
    """Name the interfaces that the advertisements which select a node name; None if one means all."""
    named = [each.spec.interfaces for each in advertisements if k8s_node in each.k8s_nodes]
    return frozenset[str]().union(*named) if all(named) else None


def _allowed(k8s_node: str, held: _Address) -> frozenset[str] | None:
    """Name the interfaces that a node may use for any Service of an address; None for all."""
    named = [group.interfaces[k8s_node] for voice, group in held.voices if k8s_node in voice]
    return None if None in named else frozenset[str]().union(*filter(None, named))


def _weights(spec: L2Advertisement, snapshot: Snapshot, names: Iterable[str]) -> dict[str, int]:
    """Sum the preferences that each of the nodes meets; nodes that meet none are left out."""
    if not spec.preferred_nodes:
        return {}
    found = {
        name: sum(
            weight for weight, preference in spec.preferred_nodes if preference.matches(snapshot.nodes[name].labels)
        )
        for name in names
    }
    return {name: weight for name, weight in found.items() if weight}
