"""What the objects have in common by which a speaker tells of Services: ServiceL2Status and ServiceBGPStatus.

Source: MetalLB's labels of both.

Pure.
"""

from typing import Final

from lbkit.model.status_objects import ServiceBGPStatus, ServiceL2Status
from lbkit.model.views import Key

SERVICE_NAME_LABEL: Final = "metallb.io/service-name"
SERVICE_NAMESPACE_LABEL: Final = "metallb.io/service-namespace"


def labels(service: Key) -> dict[str, str]:
    """Give the labels of the objects that tell of a Service."""
    return {SERVICE_NAME_LABEL: service.name, SERVICE_NAMESPACE_LABEL: service.namespace}


def service_of(item: ServiceL2Status | ServiceBGPStatus) -> str:
    """Name the Service that an object tells of: namespace/name."""
    return f"{item.status.service_namespace}/{item.status.service_name}"
