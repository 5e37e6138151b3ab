"""How MetalLB's allocation rules are written down as rows, and how a row is tried.

Pure.
"""

from dataclasses import dataclass, replace
from typing import Any

from lbkit.allocator.decide import decide_all
from lbkit.allocator.outcome import Refuse
from lbkit.allocator.pools import Pools
from lbkit.model.names import Reason
from lbkit.model.views import Namespace, Pool, Port, Service
from lbkit.tests.allocator.build import book, given, pool, service, settle

P = pool("p", "10.0.0.0/29")
Q = pool("q", "10.0.9.0/29")
OFF = pool("off", "10.0.7.0/29", auto_assign=False)
SIX = pool("six", "2001:db8::/125")
DUAL = pool("dual", "10.0.5.0/29", "2001:db8:5::/125")
TCP, UDP = Port("TCP", 53), Port("UDP", 53)
NAMESPACES = {"shop": Namespace("shop", {"team": "red"}), "bar": Namespace("bar", {})}
STACK: dict[str, dict[str, Any]] = {
    "4": {"families": (4,)},
    "6": {"families": (6,)},
    "46": {"families": (4, 6), "ip_family_policy": "PreferDualStack"},
    "64": {"families": (6, 4), "ip_family_policy": "PreferDualStack"},
    "46!": {"families": (4, 6), "ip_family_policy": "RequireDualStack"},
}


def wish(name: str = "web", stack: str = "4", **change: Any) -> Service:  # Any: annotations, or fields of Service
    """Build a Service; what is no field of it is an annotation, with `_` for `-`."""
    fields = {field: change.pop(field) for field in tuple(change) if field in Service.__slots__}
    annotations = fields.pop("annotations", {}) | {key.replace("_", "-"): value for key, value in change.items()}
    return service(name, annotations=annotations, **(STACK[stack] | fields))


@dataclass(frozen=True)
class Rule:
    """One row.

    Args:
        expected: addresses, or why there are none.
        before: Services that were served, in this order.
        after: the pools once `before` were served; None for the same.
    """

    name: str
    pools: list[Pool]
    asks: Service
    expected: list[str] | Reason
    before: tuple[Service, ...] = ()
    after: list[Pool] | None = None


def hold(rule: Rule) -> None:
    """Serve those before, change the pools, ask; and compare."""
    opened = book(*rule.pools)
    served = {item.key: settle(item, opened, NAMESPACES)[0] for item in rule.before}
    if rule.after is not None:
        opened.use_pools(Pools(rule.after))
    asks = rule.asks
    if asks.key in served:
        asks = replace(asks, ingress=served[asks.key].ingress)
    outcome = decide_all([asks], NAMESPACES, opened)[asks.key]
    if isinstance(rule.expected, Reason):
        assert isinstance(outcome, Refuse)
        assert outcome.reason == rule.expected
        assert outcome.message
    else:
        assert given(outcome) == rule.expected
