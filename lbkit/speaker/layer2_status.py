"""What the speaker shows of layer 2 as objects: which Services this node answers for.

Source: MetalLB's ServiceL2Status: labels, no interfaces where all of them announce.

Pure.
"""

from collections.abc import Mapping

from lbkit.announcer.desired import Outcome
from lbkit.model.names import Reason
from lbkit.model.status_objects import InterfaceName, ServiceL2StatusStatus, Wanted
from lbkit.model.views import Key
from lbkit.speaker.service_status import labels


def services(k8s_node: str, outcomes: Mapping[Key, Outcome]) -> dict[str, Wanted]:
    """Say which Services this node answers for, and on which interfaces.

    A dual-stack Service whose addresses have two owners has an object of each.

    Returns:
        {namespace/name: object}.
    """
    return {
        str(key): Wanted(
            labels(key),
            ServiceL2StatusStatus(
                node=k8s_node,
                service_name=key.name,
                service_namespace=key.namespace,
                interfaces=tuple(InterfaceName(name) for name in sorted(outcome.interfaces)) or None,
            ),
        )
        for key, outcome in outcomes.items()
        if outcome.layer2 is Reason.ANNOUNCED
    }
