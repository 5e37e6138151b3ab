"""Which Services are for this controller.

Source: KEP-1959: without a class of its own, an implementation must ignore every Service that has one; with a class,
it serves exactly those that have it.

Pure.
"""

from lbkit.model import names
from lbkit.model.views import Service


def is_ours(service: Service, lb_class: str) -> bool:
    """Whether this controller has to do with a Service.

    A Service that is no load balancer has no class (the API server removes it), so what we left on it tells: our
    condition, our finalizer, or MetalLB's annotation if we are the ones who serve Services without a class.

    Args:
        service: the Service.
        lb_class: our class; empty if we serve Services without one.
    """
    if service.is_load_balancer:
        return (service.load_balancer_class or "") == lb_class
    if any(condition.type == names.CONDITION_ALLOCATED for condition in service.conditions):
        return True
    if names.PLACED_FINALIZER in service.annotations:
        return True
    return not lb_class and names.ALLOCATED_FROM_POOL in service.annotations
