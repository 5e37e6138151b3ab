"""Judges what the controller does to Services, from outside and by rules of its own: nothing here decides for lbkit.

It is shown every state of the API server and every write, with what the controller knew when it sent it; what it cannot
know for sure (the moment in which a release was noticed, what another user's change did at the same instant) it does
not hold against the controller.

Pure.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from itertools import combinations
from typing import Any

from lbkit.model.names import FINALIZER
from lbkit.model.views import IPAddress, Key, Pool
from lbkit.tests.controller.fake_kube import Body

OURS = ("metallb.io/ip-allocated-from-pool", "lbkit.io/placed-finalizer")


@dataclass(frozen=True)
class Known:
    """What the controller goes by: the pools in force, the labels of namespaces, the time."""

    pools: tuple[Pool, ...]
    namespaces: Mapping[str, Mapping[str, str]]
    at_s: float


def shown(body: Body | None) -> tuple[IPAddress, ...]:
    """Give the addresses a Service shows."""
    ingress = (body or {}).get("status", {}).get("loadBalancer", {}).get("ingress") or []
    return tuple(ip_address(entry["ip"]) for entry in ingress)


def wishes(body: Body) -> tuple[Any, ...]:  # Any: JSON
    """Give what a user has written on a Service, to see whether they changed it."""
    meta = body["metadata"]
    annotations = {key: value for key, value in meta.get("annotations", {}).items() if key not in OURS}
    return body["spec"], annotations, meta.get("labels", {}), "deletionTimestamp" in meta


def note(body: Body, name: str) -> str:
    """Give an annotation of MetalLB's."""
    return str(body["metadata"].get("annotations", {}).get(f"metallb.io/{name}", ""))


def is_wanted(body: Body) -> bool:
    """Whether a Service is to have an address."""
    return body["spec"]["type"] == "LoadBalancer" and "deletionTimestamp" not in body["metadata"]


def owner(address: IPAddress, pools: Iterable[Pool]) -> Pool | None:
    """Give the pool that may give an address out."""
    for pool in pools:
        if any(address in piece for piece in pool.ranges):
            is_buggy = int(address) % 256 in {0, 255} if address.version == 4 else int(address) % 2**64 == 0
            return None if is_buggy and pool.avoid_buggy_ips else pool
    return None


def is_allowed(pool: Pool, key: Key, labels: Mapping[str, str], namespaces: Mapping[str, Mapping[str, str]]) -> bool:
    """Whether a pool is for a Service."""
    rule = pool.service_allocation
    if rule is None:
        return True
    if rule.namespaces or rule.namespace_selectors:
        mine = namespaces.get(key.namespace, {})
        if key.namespace not in rule.namespaces and not any(item.matches(mine) for item in rule.namespace_selectors):
            return False
    return not rule.service_selectors or any(item.matches(labels) for item in rule.service_selectors)


def is_kept_from(address: IPAddress, pool: Pool, key: Key) -> bool:
    """Whether an address is reserved for others."""
    for item in pool.reservations:
        if address in item.range:
            return item.namespace != key.namespace or item.name not in {"*", key.name}
    return False


def may_share(one: tuple[Key, Body], other: tuple[Key, Body], pool: Pool) -> bool:
    """Whether two Services may have one address."""
    (key, body), (other_key, other_body) = one, other
    if not note(body, "allow-shared-ip") or note(body, "allow-shared-ip") != note(other_body, "allow-shared-ip"):
        return False
    ports = [{(port["protocol"], port["port"]) for port in item["spec"]["ports"]} for item in (body, other_body)]
    policies = {item["spec"].get("externalTrafficPolicy", "Cluster") for item in (body, other_body)}
    if ports[0] & ports[1] or len(policies) > 1:
        return False
    spaces = {key.namespace, other_key.namespace}
    return len(spaces) == 1 or "*" in pool.sharing_namespaces or spaces <= pool.sharing_namespaces


class Judge:
    """Remembers what it has seen.

    Args:
        now_s: the clock of the controller.

    Attributes:
        rests: by address: who gave it back, and until when at least nobody else may have it.
        sharing_keys: by uid: every key that a Service has had.
        tampered: uids of Services whose status was emptied by hand.
        touched: uids of Services that their users changed since all was at rest; emptied by who compares.
    """

    def __init__(self, now_s: Callable[[], float]) -> None:
        self._now_s = now_s
        self.pools: tuple[Pool, ...] = ()
        self.rests: dict[IPAddress, tuple[Key, float]] = {}
        self.sharing_keys: dict[str, set[str]] = defaultdict(set)
        self.tampered: set[str] = set()
        self.touched: set[str] = set()
        self._given: dict[str, tuple[object, ...]] = {}

    def changed(self, key: Key, before: Body | None, after: Body | None, services: Mapping[Key, Body]) -> None:
        """See a change of a Service, whoever made it; no state shows one address twice."""
        if after is not None:
            uid = after["metadata"]["uid"]
            self.sharing_keys[uid].add(note(after, "allow-shared-ip"))
            if before is not None and wishes(before) != wishes(after):
                self.touched.add(uid)
        holders: dict[IPAddress, list[Body]] = defaultdict(list)
        for body in services.values():
            for address in shown(body):
                holders[address].append(body)
        for address, bodies in holders.items():
            for one, other in combinations(bodies, 2):
                keys = [self.sharing_keys[body["metadata"]["uid"]] - {""} for body in (one, other)]
                assert keys[0] & keys[1], f"{address} twice: {one['metadata']['name']}, {other['metadata']['name']}"
        for address in set(shown(before)) - set(shown(after)):
            if address not in holders:
                self._released(address, key)

    def _released(self, address: IPAddress, key: Key) -> None:
        pool = owner(address, self.pools)
        self.rests.pop(address, None)
        if pool is not None and pool.quarantine_s:
            self.rests[address] = (key, self._now_s() + pool.quarantine_s)

    def use(self, pools: tuple[Pool, ...]) -> None:
        """See other pools in force: a rest is no longer than they say, and over where they say nothing."""
        self.pools = pools
        for address, (key, until_s) in tuple(self.rests.items()):
            pool = owner(address, pools)
            if pool is None or not pool.quarantine_s:
                del self.rests[address]
            else:
                self.rests[address] = (key, min(until_s, self._now_s() + pool.quarantine_s))

    def restarted(self, remembered: set[IPAddress]) -> None:
        """See a new process: it knows of the rests that were written down."""
        self.rests = {address: rest for address, rest in self.rests.items() if address in remembered}
        self.use(self.pools)

    def wrote(self, key: Key, before: Body, after: Body, known: Known) -> None:
        """See a write of the controller, made with what it knew; each address it gives must be one it may give."""
        uid = before["metadata"]["uid"]
        gained = [address for address in shown(after) if address not in shown(before)]
        lost = [address for address in shown(before) if address not in shown(after)]
        labels = before["metadata"].get("labels", {})
        for address in gained:
            pool = owner(address, known.pools)
            assert is_wanted(before), f"{key} is given {address} and wants none"
            assert pool is not None, f"{key} is given {address}, which no pool has"
            assert is_allowed(pool, key, labels, known.namespaces), (
                f"{key} is given {address} of {pool.name}, not for it"
            )
            assert not is_kept_from(address, pool, key), f"{key} is given {address}, reserved for others"
            holder, until_s = self.rests.get(address, (key, 0.0))
            assert holder == key or until_s <= known.at_s, f"{key} is given {address}, which rests after {holder}"
        if any(pool.has_finalizer for address in shown(after) if (pool := owner(address, known.pools)) is not None):
            assert FINALIZER in after["metadata"]["finalizers"], f"{key} shows {shown(after)} without finalizer"
        basis = (wishes(before), known.pools, known.namespaces)
        if lost and uid not in self.tampered and not self.sharing_keys[uid] - {""}:
            assert self._given.get(uid) != basis, f"{key} loses {lost} for no reason"
        if shown(after) != shown(before):
            self._given[uid] = basis
