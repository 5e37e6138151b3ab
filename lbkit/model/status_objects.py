"""The kinds that lbkit writes and people read: MetalLB's status objects, as they are on the wire.

Source: MetalLB's API metallb.io/v1beta1.

Pure.
"""

from lbkit.model.objects import Condition, Object, Wire


class ConfigurationStateStatus(Wire, frozen=True):
    """ConfigurationState `status`."""

    result: str = ""
    error_summary: str = ""
    conditions: tuple[Condition, ...] | None = None


class ConfigurationState(Object, frozen=True):
    """metallb.io/v1beta1 ConfigurationState: whether one component uses the configuration as it stands."""

    status: ConfigurationStateStatus | None = None


class InterfaceName(Wire, frozen=True):
    """ServiceL2Status `status.interfaces[]`."""

    name: str = ""


class ServiceL2StatusStatus(Wire, frozen=True):
    """ServiceL2Status `status`."""

    node: str = ""
    service_name: str = ""
    service_namespace: str = ""
    interfaces: tuple[InterfaceName, ...] | None = None


class ServiceL2Status(Object, frozen=True):
    """metallb.io/v1beta1 ServiceL2Status: which node announces a Service."""

    status: ServiceL2StatusStatus = ServiceL2StatusStatus()


class ServiceBGPStatusStatus(Wire, frozen=True):
    """ServiceBGPStatus `status`."""

    node: str = ""
    service_name: str = ""
    service_namespace: str = ""
    peers: tuple[str, ...] | None = None


class ServiceBGPStatus(Object, frozen=True):
    """metallb.io/v1beta1 ServiceBGPStatus: to which peers a node advertises a Service."""

    status: ServiceBGPStatusStatus = ServiceBGPStatusStatus()
