"""When a Service must not go: while its address may still be announced.

A Service whose pool asks for it carries Kubernetes' finalizer for load balancers from the write that shows its address
until some time after the write that takes the address away, so that the speakers have withdrawn it before the object
and its name are free. Off by default: MetalLB has none, and what is uninstalled must not leave Services that nobody
can delete.
Source: KEP-980 (finalizer protection for Service load balancers).

Pure.
"""

from enum import Enum, auto

from lbkit.allocator.outcome import Assign, Keep, Outcome
from lbkit.allocator.pools import Pools
from lbkit.model import names
from lbkit.model.views import Service


class FinalizerChange(Enum):
    """What is to be done about our finalizer on a Service."""

    NONE = auto()
    ADD = auto()
    REMOVE = auto()
    LATER = auto()
    """Remove it once the speakers had time to withdraw; ask again then."""


def finalizer_change(service: Service, outcome: Outcome, pools: Pools, *, is_withdrawn: bool) -> FinalizerChange:
    """Say what is to be done about our finalizer.

    A finalizer of the same name that we did not place (a cloud's controller uses it too) stays as it is: whoever placed
    it still needs it.

    Args:
        service: the Service as the API server has it.
        outcome: what was decided for it.
        pools: those in force.
        is_withdrawn: whether its status has been without an address for as long as the speakers need.
    """
    addresses = outcome.addresses if isinstance(outcome, Keep | Assign) else ()
    is_wanted = any(pool.has_finalizer for address in addresses if (pool := pools.of(address)) is not None)
    if is_wanted:
        return FinalizerChange.NONE if names.FINALIZER in service.finalizers else FinalizerChange.ADD
    if names.PLACED_FINALIZER not in service.annotations:
        return FinalizerChange.NONE
    if addresses:
        return FinalizerChange.REMOVE
    if service.ingress or service.foreign_ingress:
        return FinalizerChange.NONE  # the address has to go first, in a write of its own
    return FinalizerChange.REMOVE if is_withdrawn else FinalizerChange.LATER
