"""Which layer-2 addresses this node answers for, on which interfaces, and why it is silent about the others.

An address has one owner, also where several Services share it: their candidates are intersected (each of them must be
able to serve from the owner), and where nothing is left, united (kube-proxy forwards between nodes). So sharing works
with `serviceSelectors`, which MetalLB refuses, and every speaker still comes to the same answer.
Services without candidates (no endpoints) have no say.
Source: MetalLB's L2 rules; RFC 826 for what "answers" means.

Pure.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from lbkit.announcer.desired import Interface
from lbkit.announcer.election.events import Candidates
from lbkit.announcer.eligibility import (
    Serving,
    candidates,
    endpoint_refusal,
    node_refusal,
    prefer_ready,
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
        ready: those of them that are Ready, or all if none is.
        interfaces: {node selected: interfaces named by those that select it; None once one means all}.
    """

    advertisements: tuple[_Advertisement, ...]
    selected: frozenset[str]
    ready: frozenset[str]
    interfaces: Mapping[str, frozenset[str] | None]


@dataclass(slots=True)
class _Address:
    """What the Services that hold one address say together.

    Args:
        voices: the candidates of each Service that has any, with the advertisements they come from.
        groups: the advertisements that match any of the Services; their preferences add up.
        keys: the Services that this node may announce, with the interfaces each allows.
    """

    voices: list[tuple[frozenset[str], _Group]] = field(default_factory=list)
    groups: list[_Group] = field(default_factory=list)
    keys: dict[Key, frozenset[str] | None] = field(default_factory=dict)


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
    """

    def __init__(
        self,
        snapshot: Snapshot,
        k8s_node: str,
        interfaces: Sequence[Interface],
        *,
        ignore_exclude_label: bool = False,
    ) -> None:
        self._snapshot = snapshot
        self._me = k8s_node
        self._interfaces = interfaces
        self._my_refusal = node_refusal(snapshot.nodes.get(k8s_node), ignore_exclude_label=ignore_exclude_label)
        able = [
            node
            for node in snapshot.nodes.values()
            if node_refusal(node, ignore_exclude_label=ignore_exclude_label) is None
        ]
        advertisements = [
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

    def decide(
        self, pools: PoolIndex, endpoints: Mapping[Key, Serving]
    ) -> tuple[dict[IPAddress, frozenset[str]], dict[Key, Layer2Outcome]]:
        """Answer for every Service that has an address.

        Args:
            pools: the pools of the same snapshot.
            endpoints: {Service: where it serves}, for every Service of the snapshot.

        Returns:
            {address: names of the interfaces that answer for it}, and {Service: outcome}.
        """
        held, refusals = self._gather(pools, endpoints)
        answers: dict[IPAddress, frozenset[str]] = {}
        outcomes: dict[Key, Layer2Outcome] = {}
        for address, holders in held.items():
            self._settle(address, holders, answers, outcomes, refusals)
        for key, reason in refusals.items():
            outcomes.setdefault(key, Layer2Outcome(reason))
        return answers, outcomes

    def candidates(self, pools: PoolIndex, endpoints: Mapping[Key, Serving]) -> dict[IPAddress, Candidates]:
        """Say who may announce each address, whoever does.

        Args:
            pools: the pools of the same snapshot.
            endpoints: {Service: where it serves}, for every Service of the snapshot.

        Returns:
            {address: candidates}, without those that nobody may announce; equal candidates are one value.
        """
        held, _ = self._gather(pools, endpoints)
        made: dict[tuple[frozenset[str], tuple[tuple[frozenset[str], int], ...]], Candidates] = {}
        found: dict[IPAddress, Candidates] = {}
        for address, holders in held.items():
            if not holders.voices:
                continue
            together = _together(holders)
            same = together, tuple((voice, id(group)) for voice, group in holders.voices)
            if same not in made:
                weights = _preferences(holders)
                made[same] = Candidates(
                    {node: _allowed(node, holders) for node in sorted(together)},
                    {node: weights[node] for node in sorted(together) if weights[node]},
                )
            found[address] = made[same]
        return found

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
        voice = (
            prefer_ready(candidates(service, endpoints, group.selected), self._snapshot.nodes)
            if service.external_traffic_policy == "Local" or not endpoints.anywhere
            else group.ready
        )
        if voice:
            held.voices.append((voice, group))
        if group not in held.groups:
            held.groups.append(group)
        reason = self._refusal(service, endpoints, self._me in group.selected, voice)
        if reason is None:
            held.keys[service.key] = group.interfaces[self._me]
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
                prefer_ready(selected, self._snapshot.nodes),
                {node: _interfaces(node, matching) for node in selected},
            )
        return self._groups[names]

    def _refusal(self, service: Service, endpoints: Serving, is_selected: bool, voice: frozenset[str]) -> Reason | None:
        if self._my_refusal is not None:
            return self._my_refusal
        if not is_selected:
            return Reason.NODE_NOT_SELECTED
        reason = endpoint_refusal(service, endpoints, self._me)
        if reason is not None:
            return reason
        return None if self._me in voice else Reason.NODE_NOT_READY

    def _settle(
        self,
        address: IPAddress,
        held: _Address,
        answers: dict[IPAddress, frozenset[str]],
        outcomes: dict[Key, Layer2Outcome],
        refusals: dict[Key, Reason],
    ) -> None:
        """Choose the owner of one address and write down what follows for this node."""
        reason = None
        names: frozenset[str] = frozenset()
        if self._owner(address, held) != self._me:
            reason = Reason.NOT_OWNER
        else:
            allowed = held.keys.values()
            names = self._answering(
                address, None if None in allowed else frozenset[str]().union(*filter(None, allowed))
            )
            if not names:
                reason = Reason.NO_INTERFACE
        if reason is not None:
            for key in held.keys:
                refusals.setdefault(key, reason)
            return
        answers[address] = names
        for key, interfaces in held.keys.items():
            known = outcomes.get(key)
            addresses = (*known.addresses, address) if known else (address,)
            outcomes[key] = Layer2Outcome(Reason.ANNOUNCED, addresses, interfaces or frozenset())

    def _owner(self, address: IPAddress, held: _Address) -> str | None:
        return owner(address, _together(held), _preferences(held)) if held.voices else None

    def _answering(self, address: IPAddress, allowed: frozenset[str] | None) -> frozenset[str]:
        """Name the interfaces that can answer for `address`; `allowed` None means all."""
        return frozenset(
            interface.name
            for interface in self._interfaces
            if address.version in interface.families and (allowed is None or interface.name in allowed)
        )


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
