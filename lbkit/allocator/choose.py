"""Which pools a Service may be given an address from.

Source: MetalLB `spec.serviceAllocation`: namespaces (by name or by label, a union) AND service selectors.

Pure.
"""

from collections.abc import Mapping

from lbkit.allocator.pools import Pools
from lbkit.model.selectors import any_matches
from lbkit.model.views import Namespace, Pool, Service


def disallowed(pool: Pool, service: Service, namespaces: Mapping[str, Namespace]) -> str:
    """Say why a pool is not for a Service.

    A namespace selector that matches no namespace lets nobody in; in MetalLB it lets everybody in who asks for the
    pool by name.

    Args:
        pool: the pool.
        service: the Service.
        namespaces: by name, for their labels.

    Returns:
        The reason in words; empty if the pool may be used.
    """
    allocation = pool.service_allocation
    if allocation is None:
        return ""
    if allocation.namespaces or allocation.namespace_selectors:
        name = service.key.namespace
        labels = namespaces[name].labels if name in namespaces else {}
        is_selected = any(selector.matches(labels) for selector in allocation.namespace_selectors)
        if name not in allocation.namespaces and not is_selected:
            return f'is not for namespace "{name}"'
    if not any_matches(allocation.service_selectors, service.labels):
        return "does not select the Service's labels"
    return ""


def candidates(service: Service, pools: Pools, namespaces: Mapping[str, Namespace]) -> tuple[Pool, ...]:
    """Give the pools a Service may be given an address from unasked, in the order to try them."""
    return tuple(pool for pool in pools.ranked if not disallowed(pool, service, namespaces))
