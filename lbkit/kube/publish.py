"""The writes lbkit makes: the status of Services and of its own kinds, and Events.

A Service's status goes out as one strategic merge patch: `status.conditions` merges by `type` there, so the
conditions of others stay without being read or repeated, and MetalLB's pool annotation travels in the same write
(the status subresource takes metadata too), so that no right to patch Services themselves is needed.
Sources: Kubernetes API v1 ServiceStatus (patchMergeKey=type), "Update API objects in place using kubectl patch".

Shell: HTTP to the API server, clock.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final, TypeVar

from lbkit.kube.client import MERGE_PATCH, REQUEST_S, STRATEGIC_MERGE_PATCH, Client
from lbkit.kube.resources import EVENTS, SERVICES, Resource
from lbkit.model.event_records import EventRecord
from lbkit.model.objects import Object, Service
from lbkit.model.views import Key

S = TypeVar("S", bound=Object)

_MAX_MESSAGE: Final = 1024
"""Characters; what events.k8s.io/v1 takes as `note`."""
_MAX_NAME: Final = 240
"""Characters of the regarded object's name kept in the Event's, so that the suffix fits into 253."""


def now() -> str:
    """Give the present as metav1.Time (RFC 3339, UTC, whole seconds)."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


async def patch_service_status(
    client: Client, key: Key, body: Mapping[str, object], *, timeout_s: float = REQUEST_S
) -> Service:
    """Patch `status`, and the annotations that go with it, of a Service.

    Args:
        client: an open client.
        key: which Service.
        body: strategic merge patch; with `metadata.resourceVersion` it applies to that state only.
        timeout_s: how long it may take.

    Returns:
        The Service as it is now.

    Raises:
        ApiError: `Conflict` when the Service has changed since; others as they come.
    """
    return await client.patch(
        SERVICES,
        key.name,
        body,
        key.namespace,
        subresource="status",
        content_type=STRATEGIC_MERGE_PATCH,
        timeout_s=timeout_s,
    )


async def patch_status(
    client: Client, resource: Resource[S], key: Key, status: Mapping[str, object], *, timeout_s: float = REQUEST_S
) -> S:
    """Merge `status` into the status of one of lbkit's own kinds.

    Raises:
        ApiError: as they come.
    """
    return await client.patch(
        resource,
        key.name,
        {"status": status},
        key.namespace,
        subresource="status",
        content_type=MERGE_PATCH,
        timeout_s=timeout_s,
    )


async def record_event(client: Client, record: EventRecord, component: str, instance: str = "") -> None:
    """Write one Event.

    Args:
        client: an open client.
        record: what to tell, and about what.
        component: who tells it (`metallb-controller`, `metallb-speaker`).
        instance: which one of them (node or pod name); may be empty.

    Raises:
        ApiError: as they come.
    """
    await client.create(
        EVENTS, event_body(record, component, instance, now()), record.regarding.key.namespace or "default"
    )


def event_body(record: EventRecord, component: str, instance: str, at: str) -> dict[str, object]:
    """Give the v1 Event for a record; Events of cluster-scoped objects live in `default`.

    Args:
        record: what to tell, and about what.
        component: who tells it.
        instance: which one of them.
        at: the time, RFC 3339.
    """
    about = record.regarding
    involved = {"apiVersion": about.api_version, "kind": about.kind, "name": about.key.name, "uid": about.uid}
    if about.key.namespace:
        involved["namespace"] = about.key.namespace
    return {
        "metadata": {
            "generateName": f"{about.key.name[:_MAX_NAME]}.",
            "namespace": about.key.namespace or "default",
        },
        "involvedObject": involved,
        "type": record.type,
        "reason": record.reason,
        "message": record.message[:_MAX_MESSAGE],
        "source": {"component": component, **({"host": instance} if instance else {})},
        "reportingComponent": component,
        "reportingInstance": instance or component,
        "firstTimestamp": at,
        "lastTimestamp": at,
        "count": 1,
    }
