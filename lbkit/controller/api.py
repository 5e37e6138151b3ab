"""The few calls the controller makes to the API server, as one seam: the loop is tested against a fake of it.

Shell: the API server.
"""

from collections.abc import Callable, Mapping
from typing import Final, Protocol

from lbkit.errors import TargetError
from lbkit.kube import publish
from lbkit.kube.client import REQUEST_S, Client
from lbkit.kube.resources import POOLS, SERVICES
from lbkit.model.event_records import EventRecord
from lbkit.model.objects import Service
from lbkit.model.views import Key

COMPONENT: Final = "metallb-controller"
"""Source of our Events; MetalLB's, so that filters on it go on working."""
LEASE: Final = "metallb-controller"
"""The Lease over which the replicas elect their leader."""


class NotLeadingError(TargetError):
    """Another replica may lead, so this write was not sent."""


class Api(Protocol):
    """What the controller asks of the API server; every method raises `ApiError`, and writes `NotLeadingError`."""

    async def patch_service_status(self, key: Key, body: Mapping[str, object]) -> Service:
        """Patch a Service's status and give the Service after it."""
        ...

    async def get_service(self, key: Key) -> Service:
        """Read a Service."""
        ...

    async def patch_pool_status(self, name: str, status: Mapping[str, object]) -> None:
        """Merge into an IPAddressPool's status."""
        ...

    async def record_event(self, record: EventRecord) -> None:
        """Write an Event."""
        ...


class KubeApi:
    """The real one.

    Args:
        client: an open client.
        namespace: where the configuration objects are.
        instance: our pod's name, for Events; may be empty.
        write_time_s: gives how long a write of a status may take that starts now; 0 if it must not start, because
            another replica may lead. The last door before the wire, whoever forgot to ask.
    """

    def __init__(
        self,
        client: Client,
        namespace: str,
        instance: str = "",
        *,
        write_time_s: Callable[[], float] = lambda: REQUEST_S,
    ) -> None:
        self._client = client
        self._namespace = namespace
        self._instance = instance
        self._write_time_s = write_time_s

    async def patch_service_status(self, key: Key, body: Mapping[str, object]) -> Service:
        """Patch a Service's status and give the Service after it."""
        time_s = self._time_s(f"status of Service {key}")
        return await publish.patch_service_status(self._client, key, body, timeout_s=time_s)

    async def get_service(self, key: Key) -> Service:
        """Read a Service."""
        return await self._client.get(SERVICES, key.name, key.namespace)

    async def patch_pool_status(self, name: str, status: Mapping[str, object]) -> None:
        """Merge into an IPAddressPool's status."""
        time_s = self._time_s(f"status of IPAddressPool {name}")
        await publish.patch_status(self._client, POOLS, Key(self._namespace, name), status, timeout_s=time_s)

    async def record_event(self, record: EventRecord) -> None:
        """Write an Event."""
        await publish.record_event(self._client, record, COMPONENT, self._instance)

    def _time_s(self, what: str) -> float:
        time_s = self._write_time_s()
        if time_s <= 0:
            raise NotLeadingError(f"{what} not written: another replica may lead")
        return time_s
