"""An API server in memory: stores objects, applies the controller's patches, tells its watcher, and fails on demand.

Pure.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from lbkit.controller.loop import Loop
from lbkit.controller.state import RESOURCES
from lbkit.kube import resources
from lbkit.kube.errors import ApiError, Conflict, NotFound
from lbkit.kube.resources import Resource
from lbkit.kube.watch import Changed, Deleted, Listed, WatchEvent
from lbkit.model import objects
from lbkit.model.event_records import EventRecord
from lbkit.model.objects import Object
from lbkit.model.views import Key

Body = dict[str, Any]  # Any: JSON
Name = tuple[str, str, str]


class FakeKube:
    """The truth, by kind, namespace and name.

    Attributes:
        failures: raised one by one by the next Service writes; None lets a write through.
        writes: every Service write that was done, as (Service, status part).
        events: every Event, as (reason, message).
        gate: while it is there and not set, Service writes wait.
    """

    def __init__(self) -> None:
        self.stored: dict[Name, Body] = {}
        self.failures: deque[ApiError | None] = deque()
        self.pool_failures: deque[ApiError] = deque()
        self.writes: list[tuple[Key, Body]] = []
        self.pool_writes: list[tuple[str, Mapping[str, object]]] = []
        self.events: list[EventRecord] = []
        self.gate: asyncio.Event | None = None
        self._put: Callable[[WatchEvent], None] = lambda _: None
        self._version = 100
        self._uid = 0

    def connect(self, put: Callable[[WatchEvent], None]) -> None:
        """Send watch events to `put` from now on."""
        self._put = put

    def list_all(self, *kinds: Resource[Object]) -> None:
        """Send the listing of all kinds, or of those given."""
        for resource in kinds or RESOURCES:
            found = [body for (kind, _, _), body in self.stored.items() if kind == resource.kind]
            self._put(Listed(resource, tuple(_decoded(resource, body) for body in found)))

    def apply(self, resource: Resource[Object], body: Body, *, tell: bool = True) -> None:
        """Create or replace an object, as a user does; its status stays unless given."""
        metadata = body["metadata"]
        name = (resource.kind, metadata.get("namespace", ""), metadata["name"])
        old = self.stored.get(name)
        self._uid += old is None
        body = {
            **body,
            "metadata": {**metadata, "uid": old["metadata"]["uid"] if old else str(self._uid)},
            "status": body.get("status", old["status"] if old else {}),
        }
        self._store(resource, name, body, tell=tell)

    def delete(self, resource: Resource[Object], name: str, namespace: str = "") -> None:
        """Delete an object; one that has finalizers only once they are gone."""
        key = (resource.kind, namespace, name)
        body = self.stored[key]
        if body["metadata"].get("finalizers"):
            deleting = {**body["metadata"], "deletionTimestamp": "2026-01-01T00:00:00Z"}
            self._store(resource, key, {**body, "metadata": deleting})
        else:
            self._remove(resource, key)

    def _remove(self, resource: Resource[Object], name: Name) -> None:
        self._version += 1
        body = self.stored.pop(name)
        last = {**body, "metadata": {**body["metadata"], "resourceVersion": str(self._version)}}
        self._put(Deleted(resource, _decoded(resource, last)))

    def service(self, name: str = "web", namespace: str = "shop") -> Body:
        """Give a Service as it is."""
        return self.stored["Service", namespace, name]

    def addresses(self, name: str = "web", namespace: str = "shop") -> list[str]:
        """Give the addresses a Service shows."""
        ingress = self.service(name, namespace)["status"].get("loadBalancer", {}).get("ingress") or []
        return [entry["ip"] for entry in ingress]

    def condition(self, name: str = "web", namespace: str = "shop") -> tuple[str, str]:
        """Give status and reason of a Service's condition of ours; empty if there is none."""
        for entry in self.service(name, namespace)["status"].get("conditions", []):
            if entry["type"] == "lbkit.io/Allocated":
                return entry["status"], entry["reason"]
        return "", ""

    def told(self) -> list[str]:
        """Give the reasons of all Events."""
        return [record.reason for record in self.events]

    # lbkit.controller.api.Api

    async def patch_service_status(self, key: Key, body: Mapping[str, object]) -> objects.Service:
        """Do a strategic merge patch, or fail as told."""
        if self.gate is not None:
            await self.gate.wait()
        failure = self.failures.popleft() if self.failures else None
        if failure is not None:
            raise failure
        return self.patched(key, body)

    def patched(self, key: Key, body: Any) -> objects.Service:  # Any: JSON
        """Do a strategic merge patch (conditions merge by type), against the state it was made for."""
        name = ("Service", key.namespace, key.name)
        if name not in self.stored:
            raise NotFound(f"no {key}")
        old = self.stored[name]
        if body["metadata"].get("resourceVersion") not in {None, old["metadata"]["resourceVersion"]}:
            raise Conflict(f"{key} has changed")
        annotations = {**old["metadata"].get("annotations", {}), **body["metadata"].get("annotations", {})}
        status = dict(old["status"])
        given = body.get("status", {})
        if "loadBalancer" in given:
            status["loadBalancer"] = given["loadBalancer"]
        conditions = {entry["type"]: entry for entry in status.get("conditions", [])}
        for entry in given.get("conditions", []):
            conditions.pop(entry["type"], None)
            if "$patch" not in entry:
                conditions[entry["type"]] = entry
        status["conditions"] = list(conditions.values())
        metadata = {
            **old["metadata"],
            "annotations": {k: v for k, v in annotations.items() if v is not None},
            "finalizers": _finalizers(old["metadata"], body["metadata"]),
        }
        self.writes.append((key, given))
        self._store(resources.SERVICES, name, {**old, "metadata": metadata, "status": status})
        after = self.stored[name]
        if metadata.get("deletionTimestamp") and not metadata["finalizers"]:
            self._remove(resources.SERVICES, name)
        return _service(after)

    async def get_service(self, key: Key) -> objects.Service:
        """Read a Service."""
        body = self.stored.get(("Service", key.namespace, key.name))
        if body is None:
            raise NotFound(f"no {key}")
        return _service(body)

    async def patch_pool_status(self, name: str, status: Mapping[str, object]) -> None:
        """Merge into a pool's status, or fail as told."""
        if self.pool_failures:
            raise self.pool_failures.popleft()
        stored = ("IPAddressPool", "metallb-system", name)
        if stored not in self.stored:
            raise NotFound(f"no {name}")
        body = self.stored[stored]
        self.pool_writes.append((name, status))
        self._store(resources.POOLS, stored, {**body, "status": {**body["status"], **status}})

    async def record_event(self, record: EventRecord) -> None:
        """Keep an Event."""
        self.events.append(record)

    def _store(self, resource: Resource[Object], name: Name, body: Body, *, tell: bool = True) -> None:
        self._version += 1
        body = {**body, "metadata": {**body["metadata"], "resourceVersion": str(self._version)}}
        self.stored[name] = body
        if tell:
            self._put(Changed(resource, _decoded(resource, body)))


def _finalizers(old: Body, patch: Body) -> list[str]:
    """Merge a list as the API server does (strategic merge of a set); a deleted object takes no new finalizer."""
    kept = [
        name for name in old.get("finalizers", []) if name not in patch.get("$deleteFromPrimitiveList/finalizers", [])
    ]
    added = [name for name in patch.get("finalizers", []) if name not in kept]
    assert not (added and old.get("deletionTimestamp")), "Forbidden: no new finalizers can be added"
    return kept + added


def _decoded(resource: Resource[Object], body: Body) -> Object:
    return msgspec.json.decode(msgspec.json.encode(body), type=resource.struct)


def _service(body: Body) -> objects.Service:
    return msgspec.json.decode(msgspec.json.encode(body), type=objects.Service)


def service(name: str = "web", namespace: str = "shop", **spec: Any) -> Body:  # Any: JSON
    """Give a Service of type LoadBalancer as a user writes it and the API server completes it."""
    annotations = {f"metallb.io/{key}": value for key, value in spec.pop("annotations", {}).items()}
    created = spec.pop("created", "2026-01-01T00:00:00Z")
    status = spec.pop("status", None)
    body: Body = {
        "metadata": {"name": name, "namespace": namespace, "annotations": annotations, "creationTimestamp": created},
        "spec": {
            "type": "LoadBalancer",
            "clusterIPs": ["10.96.0.1"],
            "ipFamilies": ["IPv4"],
            "ports": [{"port": 80, "protocol": "TCP"}],
            **spec,
        },
    }
    return body if status is None else {**body, "status": status}


def pool(name: str, *addresses: str, **spec: Any) -> Body:  # Any: JSON
    """Give an IPAddressPool as a user writes it; annotations go without the prefix `lbkit.io/`."""
    annotations = {f"lbkit.io/{key}": value for key, value in spec.pop("annotations", {}).items()}
    metadata = {"name": name, "namespace": "metallb-system", "annotations": annotations}
    return {"metadata": metadata, "spec": {"addresses": list(addresses), **spec}}


def node(name: str, address: str) -> Body:
    """Give a node with one address."""
    return {"metadata": {"name": name}, "status": {"addresses": [{"type": "InternalIP", "address": address}]}}


class Running:
    """A loop at work on a fake API server, as an async context manager; the leader unless told otherwise."""

    def __init__(
        self,
        kube: FakeKube,
        lb_class: str = "",
        now_s: Callable[[], float] | None = None,
        *,
        is_leading: bool = True,
    ) -> None:
        self.kube = kube
        self.shown: list[tuple[str, ...] | None] = []
        self.loop = Loop(kube, "metallb-system", lb_class, show=self.shown.append, now_s=now_s)
        self._is_leading = is_leading

    async def __aenter__(self) -> "Running":
        self._task = asyncio.ensure_future(self.loop.run())
        self.kube.connect(self.loop.put)
        if self._is_leading:
            self.loop.elect()
        return self

    async def __aexit__(self, *_: object) -> None:
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)
        self.kube.connect(lambda _: None)

    async def settle(self, turns: int = 60) -> None:
        """Let everything that can happen now happen: the fake has no waits, so some turns of the event loop do."""
        for _ in range(turns):
            await asyncio.sleep(0)
        if self._task.done():
            self._task.result()
