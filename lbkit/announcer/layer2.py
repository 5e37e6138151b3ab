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
from functools import reduce

from lbkit.announcer.desired import Interface
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
    selects_me: bool
    weights: Mapping[str, int]


@dataclass(slots=True)
class _Address:
    """What the Services that hold one address say together.

    Args:
        voices: the candidates of each Service that has any.
        advertisements: {name: advertisement} of all that match any of the Services; their preferences add up.
        interfaces: those named by the advertisements that select this node; None once one means all.
    """

    voices: list[frozenset[str]] = field(default_factory=list)
    advertisements: dict[str, _Advertisement] = field(default_factory=dict)
    interfaces: frozenset[str] | None = frozenset()
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
                k8s_node in chosen,
                _weights(spec, snapshot, chosen),
            )
            for spec in snapshot.config.l2_advertisements
        ]
        self._by_pool = {
            pool.name: [each for each in advertisements if each.spec.pools.matches(pool)]
            for pool in snapshot.config.pools
        }

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
        answers: dict[IPAddress, frozenset[str]] = {}
        outcomes: dict[Key, Layer2Outcome] = {}
        for address, holders in held.items():
            self._settle(address, holders, answers, outcomes, refusals)
        for key, reason in refusals.items():
            outcomes.setdefault(key, Layer2Outcome(reason))
        return answers, outcomes

    def _join(self, held: _Address, service: Service, endpoints: Serving, pool: Pool) -> Reason | None:
        """Add one Service's voice to its address; return why this node cannot announce it, if so."""
        matching = [
            each
            for each in self._by_pool.get(pool.name, ())
            if any_matches(each.spec.service_selectors, service.labels)
        ]
        if not matching:
            return Reason.NO_ADVERTISEMENT
        selected = reduce(frozenset.union, (each.k8s_nodes for each in matching), frozenset[str]())
        voice = prefer_ready(candidates(service, endpoints, selected), self._snapshot.nodes)
        if voice:
            held.voices.append(voice)
        mine = [each for each in matching if each.selects_me]
        for each in matching:
            held.advertisements[each.spec.name] = each
        reason = self._refusal(service, endpoints, bool(mine), voice)
        if reason is None:
            held.keys.append(service.key)
            for each in mine:
                held.interfaces = (
                    None
                    if held.interfaces is None or not each.spec.interfaces
                    else held.interfaces | each.spec.interfaces
                )
        return reason

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
            names = self._answering(address, held.interfaces)
            if not names:
                reason = Reason.NO_INTERFACE
        if reason is not None:
            for key in held.keys:
                refusals.setdefault(key, reason)
            return
        answers[address] = names
        for key in held.keys:
            known = outcomes.get(key)
            addresses = (*known.addresses, address) if known else (address,)
            outcomes[key] = Layer2Outcome(Reason.ANNOUNCED, addresses, held.interfaces or frozenset())

    def _owner(self, address: IPAddress, held: _Address) -> str | None:
        if not held.voices:
            return None
        together = frozenset.intersection(*held.voices) or frozenset.union(*held.voices)
        weights: Counter[str] = Counter()
        for each in held.advertisements.values():
            weights.update(each.weights)
        return owner(address, together, weights)

    def _answering(self, address: IPAddress, allowed: frozenset[str] | None) -> frozenset[str]:
        """Name the interfaces that can answer for `address`; `allowed` None means all."""
        return frozenset(
            interface.name
            for interface in self._interfaces
            if address.version in interface.families and (allowed is None or interface.name in allowed)
        )


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
