"""The few calls the controller makes to the API server, as one seam: the loop is tested against a fake of it.

Shell: the API server.
"""

from collections.abc import Mapping
from typing import Final, Protocol

from lbkit.kube import publish
from lbkit.kube.client import Client
from lbkit.kube.resources import POOLS, SERVICES
from lbkit.model.event_records import EventRecord
from lbkit.model.objects import Service
from lbkit.model.views import Key

COMPONENT: Final = "metallb-controller"
"""Source of our Events; MetalLB's, so that filters on it go on working."""


class Api(Protocol):
    """What the controller asks of the API server; every method raises `ApiError`."""

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
    """

    def __init__(self, client: Client, namespace: str, instance: str = "") -> None:
        self._client = client
        self._namespace = namespace
        self._instance = instance

    async def patch_service_status(self, key: Key, body: Mapping[str, object]) -> Service:
        """Patch a Service's status and give the Service after it."""
        return await publish.patch_service_status(self._client, key, body)

    async def get_service(self, key: Key) -> Service:
        """Read a Service."""
        return await self._client.get(SERVICES, key.name, key.namespace)

    async def patch_pool_status(self, name: str, status: Mapping[str, object]) -> None:
        """Merge into an IPAddressPool's status."""
        await publish.patch_status(self._client, POOLS, Key(self._namespace, name), status)

    async def record_event(self, record: EventRecord) -> None:
        """Write an Event."""
        await publish.record_event(self._client, record, COMPONENT, self._instance)
