"""What must hold when nothing is under way: everybody who can have an address has one, and nobody's was changed.

Pure.
"""

from collections import defaultdict
from dataclasses import dataclass, field
from itertools import combinations

from lbkit.controller.loop import Loop
from lbkit.model.addresses import address as read_address
from lbkit.model.names import FINALIZER
from lbkit.model.views import IPAddress, Key, Pool
from lbkit.tests.controller.fake_kube import Body
from lbkit.tests.controller.judge import (
    Judge,
    Known,
    is_allowed,
    is_kept_from,
    is_wanted,
    may_share,
    note,
    owner,
    shown,
)
from lbkit.tests.controller.model_kube import ModelKube


@dataclass
class AtRest:
    """What was there when all was at rest last, and what the controller went by since.

    Args:
        served: by uid: addresses.
        since: every configuration in force since.
    """

    served: dict[str, tuple[IPAddress, ...]] = field(default_factory=dict)
    since: list[Known] = field(default_factory=list)

    def note(self, known: Known) -> None:
        """See what the controller goes by."""
        if self.since and (self.since[-1].pools, self.since[-1].namespaces) == (known.pools, known.namespaces):
            self.since.pop()
        self.since.append(known)


def compare(kube: ModelKube, loop: Loop, judge: Judge, at_rest: AtRest) -> None:
    """Demand all of it, and remember it for the next time."""
    if loop.state.configuration.pools is None:
        return  # an invalid configuration at the start: nothing is touched, so nothing is to be said
    services = kube.services()
    known = at_rest.since[-1]
    for key, body in services.items():
        _one(key, body, known, judge)
        _is_stable(key, body, at_rest, judge)
    _pairs(services, known)
    _everybody_who_can(services, known, loop)
    _the_book_is_true(services, loop)
    _statuses_count(kube, services, known.pools)
    _rests_end(loop, known)
    at_rest.served = {body["metadata"]["uid"]: shown(body) for body in services.values()}
    judge.touched.clear()
    at_rest.since = [known]


def _one(key: Key, body: Body, known: Known, judge: Judge) -> None:
    meta = body["metadata"]
    assert "deletionTimestamp" not in meta, f"{key} is stuck in deletion"
    if not is_wanted(body):
        assert not shown(body), f"{key} is no load balancer and shows an address"
    families = [ip.version for ip in shown(body)]
    assert len(set(families)) == len(families), f"{key} shows two addresses of a family"
    assert {f"IPv{item}" for item in families} <= set(body["spec"]["ipFamilies"]), f"{key} shows another family"
    if body["spec"].get("ipFamilyPolicy") == "RequireDualStack":
        assert len(families) in {0, 2}, f"{key} shows one of two families"
    pools = []
    for ip in shown(body):
        pool = owner(ip, known.pools)
        assert pool is not None, f"{key} shows {ip}, which no pool has"
        assert is_allowed(pool, key, meta.get("labels", {}), known.namespaces), f"{key} shows {ip}, which is not for it"
        pools.append(pool)
    assert (FINALIZER in meta.get("finalizers", [])) == any(pool.has_finalizer for pool in pools), f"{key}: finalizer"
    conditions = {entry["type"]: entry["status"] for entry in body["status"].get("conditions", [])}
    expected = None if not is_wanted(body) else "True" if shown(body) else "False"
    assert conditions.get("lbkit.io/Allocated") == expected, f"{key}: condition"


def _is_stable(key: Key, body: Body, at_rest: AtRest, judge: Judge) -> None:
    """What it had, and could have had all the time, it has."""
    uid = body["metadata"]["uid"]
    addresses = at_rest.served.get(uid, ())
    if uid in judge.touched | judge.tampered or judge.sharing_keys[uid] - {""} or note(body, "address-pool"):
        return
    labels = body["metadata"].get("labels", {})
    kept = []
    for ip in addresses:
        pools = [(owner(ip, known.pools), known.namespaces) for known in at_rest.since]
        if all(pool is not None and is_allowed(pool, key, labels, namespaces) for pool, namespaces in pools):
            kept.append(ip)
    if body["spec"].get("ipFamilyPolicy") == "RequireDualStack" and len(kept) < len(addresses):
        return  # without the one it may have to be without the other
    assert set(kept) <= set(shown(body)), f"{key} had {addresses}, could have kept {kept}, and has {shown(body)}"


def _pairs(services: dict[Key, Body], known: Known) -> None:
    holders: dict[IPAddress, list[tuple[Key, Body]]] = defaultdict(list)
    for key, body in services.items():
        for ip in shown(body):
            holders[ip].append((key, body))
    for ip, found in holders.items():
        pool = owner(ip, known.pools)
        assert pool is not None
        for one, other in combinations(found, 2):
            assert may_share(one, other, pool), f"{one[0]} and {other[0]} show {ip}"


def _everybody_who_can(services: dict[Key, Body], known: Known, loop: Loop) -> None:
    """Nobody waits while there is an address for it (looked at for those of one family that do not share)."""
    resting = {rest.address: rest.holder for rest in loop.state.book.resting()}
    taken = {ip for body in services.values() for ip in shown(body)}
    for key, body in services.items():
        spec = body["spec"]
        is_plain = len(spec["clusterIPs"]) == 1 and not note(body, "allow-shared-ip")
        if not is_wanted(body) or shown(body) or not is_plain:
            continue
        requested = note(body, "loadBalancerIPs")
        family = 4 if spec["ipFamilies"] == ["IPv4"] else 6
        for pool in known.pools:
            if not is_allowed(pool, key, body["metadata"].get("labels", {}), known.namespaces):
                continue
            named = note(body, "address-pool")
            if (named and named != pool.name) or not (named or requested or pool.auto_assign):
                continue
            for ip in _addresses(pool, family):
                is_asked = not requested or str(ip) == requested
                is_free = ip not in taken and resting.get(ip, key) == key and not is_kept_from(ip, pool, key)
                assert not (is_asked and is_free), f"{key} waits, and {ip} is free"


def _addresses(pool: Pool, family: int) -> list[IPAddress]:
    every = [piece.first + offset for piece in pool.ranges if piece.family == family for offset in range(piece.size)]
    return [ip for ip in every if owner(ip, [pool]) is pool]


def _the_book_is_true(services: dict[Key, Body], loop: Loop) -> None:
    """Nothing is held for nobody, and nothing that is shown is not held."""
    book = loop.state.book
    expected = {key: shown(body) for key, body in services.items() if shown(body)}
    assert book.services() == expected, "the book and the cluster differ"
    assert not any(book.lingering(key) for key in services), "something lingers though nothing is under way"
    for pool in book.pools:
        held = {ip for addresses in expected.values() for ip in addresses if owner(ip, [pool]) is pool}
        for family in (4, 6):
            count = len([ip for ip in held if ip.version == family])
            assert book.stock.held(pool, family) == count, "counted wrongly"


def _statuses_count(kube: ModelKube, services: dict[Key, Body], pools: tuple[Pool, ...]) -> None:
    """Each address of a pool is counted once: assigned, quarantined, available, or reserved."""
    taken = {ip for body in services.values() for ip in shown(body)}
    for pool in pools:
        body = kube.stored.get(("IPAddressPool", "metallb-system", pool.name))
        if body is None:
            continue
        status = body["status"]
        resting = {read_address(entry["address"]) for entry in status.get("quarantined", [])}
        for family in (4, 6):
            every = set(_addresses(pool, family))
            reserved = {ip for ip in every if any(ip in item.range for item in pool.reservations)}
            assert status.get(f"assignedIPv{family}", 0) == len(every & taken), f"{pool.name}: assigned"
            assert status.get(f"quarantinedIPv{family}", 0) == len(every & resting), f"{pool.name}: quarantined"
            free = every - taken - resting - reserved
            assert status.get(f"availableIPv{family}", 0) == len(free), f"{pool.name}: available"


def _rests_end(loop: Loop, known: Known) -> None:
    """Nothing rests after its time, and nothing longer from now than its pool says."""
    for rest in loop.state.book.resting():
        pool = owner(rest.address, known.pools)
        longest_s = rest.until_s if pool is None else known.at_s + pool.quarantine_s
        assert known.at_s < rest.until_s <= longest_s, f"{rest.address} rests until {rest.until_s}, now {known.at_s}"
