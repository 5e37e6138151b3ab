"""Short ways to build the values that allocation rules are about.

Pure.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from ipaddress import ip_address
from typing import Any

from lbkit.allocator.book import Book
from lbkit.allocator.decide import decide, enter
from lbkit.allocator.outcome import Assign, Keep, Outcome
from lbkit.allocator.pools import Pools
from lbkit.allocator.render import Patch, render
from lbkit.model.addresses import address_range, family
from lbkit.model.selectors import Requirement, Selector
from lbkit.model.views import Condition, Key, Namespace, Pool, Port, Service, ServiceAllocation

NOW = "2026-01-01T00:00:00Z"
CLUSTER = {4: ip_address("10.96.0.1"), 6: ip_address("fd00::1")}


def pool(name: str, *ranges: str, **change: Any) -> Pool:  # Any: the fields of Pool
    """Build a pool from what a user writes."""
    return Pool(**({"name": name, "labels": {}, "ranges": tuple(address_range(text) for text in ranges)} | change))


def pinned(name: str, *ranges: str, **allocation: Any) -> Pool:  # Any: the fields of ServiceAllocation
    """Build a pool with a serviceAllocation."""
    return pool(name, *ranges, service_allocation=ServiceAllocation(**allocation))


def select(**labels: str) -> Selector:
    """Select by labels."""
    return Selector(tuple(Requirement(key, "In", frozenset({value})) for key, value in labels.items()))


def book(*pools: Pool) -> Book:
    """Open an empty book over pools."""
    return Book(Pools(pools))


def service(
    name: str = "web", *, families: Iterable[int] = (4,), ingress: Iterable[str] = (), **change: Any
) -> Service:  # Any: the fields of Service
    """Build a Service of type LoadBalancer; annotations may go without MetalLB's prefix."""
    namespace, _, bare = name.rpartition("/")
    annotations: Mapping[str, str] = change.pop("annotations", {})
    fields: dict[str, Any] = {  # Any: the fields of Service
        "key": Key(namespace or "shop", bare),
        "uid": f"uid-{name}",
        "resource_version": "1",
        "generation": 0,
        "is_load_balancer": True,
        "load_balancer_class": None,
        "load_balancer_ip": "",
        "cluster_ips": tuple(CLUSTER[item] for item in families),
        "ip_families": tuple(families),
        "ip_family_policy": "SingleStack",
        "external_traffic_policy": "Cluster",
        "ports": (Port("TCP", 80),),
        "labels": {},
        "annotations": {(key if "/" in key else f"metallb.io/{key}"): value for key, value in annotations.items()},
        "selector": "app=web",
        "ingress": tuple(ip_address(text) for text in ingress),
        "foreign_ingress": False,
        "conditions": (),
    }
    return Service(**(fields | change))


def settle(item: Service, opened: Book, namespaces: Mapping[str, Namespace] | None = None) -> tuple[Service, Outcome]:
    """Decide for a Service, write it into the book, and give the Service as it will be once that is published."""
    outcome = decide(item, namespaces or {}, opened)
    enter(item, outcome, opened)
    after = published(item, render(item, outcome, NOW))
    opened.see(after.key, after.ingress)
    return after, outcome


def published(item: Service, patch: Patch | None) -> Service:
    """Apply a patch as the API server does (strategic merge: conditions by type)."""
    if patch is None:
        return item
    body: Any = patch.body  # Any: JSON
    annotations = dict(item.annotations)
    for key, value in body["metadata"].get("annotations", {}).items():
        if value is None:
            annotations.pop(key, None)
        else:
            annotations[key] = value
    status = body.get("status", {})
    ingress = item.ingress
    has_foreign = item.foreign_ingress
    if "loadBalancer" in status:
        ingress = tuple(ip_address(entry["ip"]) for entry in status["loadBalancer"]["ingress"] or ())
        has_foreign = False
    conditions = {condition.type: condition for condition in item.conditions}
    for entry in status.get("conditions", ()):
        if entry.get("$patch") == "delete":
            conditions.pop(entry["type"], None)
        else:
            conditions[entry["type"]] = Condition(
                entry["type"],
                entry["status"],
                entry["reason"],
                entry["message"],
                last_transition_time=entry["lastTransitionTime"],
            )
    return replace(
        item,
        resource_version=str(int(item.resource_version) + 1),
        annotations=annotations,
        ingress=ingress,
        foreign_ingress=has_foreign,
        conditions=tuple(conditions.values()),
    )


def given(outcome: Outcome) -> list[str]:
    """Give the addresses of an outcome as text."""
    return [str(ip) for ip in outcome.addresses] if isinstance(outcome, Keep | Assign) else []


def families_of(outcome: Outcome) -> list[int]:
    """Give the families of an outcome's addresses."""
    return [family(ip) for ip in outcome.addresses] if isinstance(outcome, Keep | Assign) else []
