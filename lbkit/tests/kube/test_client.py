"""Rules for talking to the API server, against one that echoes.

Shell: HTTP on the loopback.
"""

from collections.abc import AsyncIterator
from typing import Any

import msgspec
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer, unused_port

from lbkit.kube import errors, publish
from lbkit.kube.access import Access, Token
from lbkit.kube.client import STRATEGIC_MERGE_PATCH, Client
from lbkit.kube.resources import LEASES, NODES, POOLS, SERVICES
from lbkit.model.event_records import EventRecord, Reference
from lbkit.model.views import Key


class Echo:
    """An API server that answers as told and remembers the request."""

    def __init__(self) -> None:
        self.status = 200
        self.headers: dict[str, str] = {}
        self.body: Any = {"metadata": {"name": "x", "namespace": "a"}}  # Any: JSON
        self.verb = self.path = self.content_type = self.authorization = ""
        self.sent: Any = None  # Any: JSON

    async def handle(self, request: web.Request) -> web.Response:
        """Remember the request and give the answer."""
        self.verb, self.path, self.content_type = request.method, request.path, request.content_type
        self.authorization = request.headers.get("Authorization", "")
        body = await request.read()
        self.sent = msgspec.json.decode(body) if body else None
        text = self.body if isinstance(self.body, bytes) else msgspec.json.encode(self.body)
        return web.Response(status=self.status, body=text, headers=self.headers)


@pytest.fixture
def echo() -> Echo:
    """Give an API server that can be told what to answer."""
    return Echo()


@pytest.fixture
async def client(echo: Echo) -> AsyncIterator[Client]:
    """Give a client of it."""
    application = web.Application()
    application.router.add_route("*", "/{path:.*}", echo.handle)
    async with TestServer(application) as server:
        access = Access(str(server.make_url("")).rstrip("/"), None, Token("secret"))
        async with Client(access) as opened:
            yield opened


async def test_get_decodes_into_the_struct(client: Client, echo: Echo) -> None:
    """An object comes back as the struct of its resource; the token goes along."""
    found = await client.get(SERVICES, "x", "a")
    assert (found.metadata.name, found.spec.type) == ("x", "ClusterIP")
    assert (echo.verb, echo.path, echo.authorization) == ("GET", "/api/v1/namespaces/a/services/x", "Bearer secret")


async def test_paths_follow_group_and_scope(client: Client, echo: Echo) -> None:
    """Core and named groups, namespaced and cluster-scoped kinds have their own paths."""
    await client.get(NODES, "n")
    assert echo.path == "/api/v1/nodes/n"
    await client.get(POOLS, "p", "metallb-system")
    assert echo.path == "/apis/metallb.io/v1beta1/namespaces/metallb-system/ipaddresspools/p"
    assert (POOLS.api_version, SERVICES.api_version) == ("metallb.io/v1beta1", "v1")
    assert (str(POOLS), str(SERVICES)) == ("ipaddresspools.metallb.io", "services")


async def test_a_server_behind_a_path_keeps_its_path(echo: Echo) -> None:
    """A proxy in front of several clusters tells them apart by a path in the kubeconfig's URL."""
    application = web.Application()
    application.router.add_route("*", "/{path:.*}", echo.handle)
    server = TestServer(application)
    async with server, Client(Access(f"http://{server.host}:{server.port}/k8s/c1", None, Token())) as client:
        await client.get(NODES, "n")
    assert echo.path == "/k8s/c1/api/v1/nodes/n"


async def test_create_names_the_kind(client: Client, echo: Echo) -> None:
    """A body need not repeat what the resource knows."""
    await client.create(LEASES, {"metadata": {"name": "l"}}, "a")
    assert (echo.verb, echo.path) == ("POST", "/apis/coordination.k8s.io/v1/namespaces/a/leases")
    assert echo.sent == {"apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "metadata": {"name": "l"}}


async def test_delete_can_insist_on_one_object(client: Client, echo: Echo) -> None:
    """With a uid, a later object of the same name stays."""
    await client.delete(SERVICES, "x", "a", uid="u")
    assert (echo.verb, echo.sent) == ("DELETE", {"preconditions": {"uid": "u"}})
    await client.delete(SERVICES, "x", "a")
    assert echo.sent is None


async def test_a_service_s_status_is_patched_by_strategic_merge(client: Client, echo: Echo) -> None:
    """Conditions merge by type there, so those of others are kept by the API server itself."""
    body = {"metadata": {"resourceVersion": "7"}, "status": {"loadBalancer": {}}}
    await publish.patch_service_status(client, Key("a", "x"), body)
    assert (echo.verb, echo.path) == ("PATCH", "/api/v1/namespaces/a/services/x/status")
    assert (echo.content_type, echo.sent) == (STRATEGIC_MERGE_PATCH, body)


async def test_own_status_is_merged(client: Client, echo: Echo) -> None:
    """Custom resources know merge patches only."""
    await publish.patch_status(client, POOLS, Key("m", "p"), {"assignedIPv4": 1})
    assert echo.path == "/apis/metallb.io/v1beta1/namespaces/m/ipaddresspools/p/status"
    assert (echo.content_type, echo.sent) == ("application/merge-patch+json", {"status": {"assignedIPv4": 1}})


async def test_an_event_is_written_beside_its_object(client: Client, echo: Echo) -> None:
    """An Event lives in its object's namespace and has the fields kubectl shows."""
    record = EventRecord(Reference("v1", "Service", Key("a", "x"), "u"), "Warning", "AllocationFailed", "m" * 2000)
    await publish.record_event(client, record, "metallb-controller")
    assert echo.path == "/api/v1/namespaces/a/events"
    assert echo.sent["involvedObject"] == {
        "apiVersion": "v1",
        "kind": "Service",
        "name": "x",
        "namespace": "a",
        "uid": "u",
    }
    assert (echo.sent["type"], echo.sent["reason"], echo.sent["count"]) == ("Warning", "AllocationFailed", 1)
    assert echo.sent["source"] == {"component": "metallb-controller"}
    assert len(echo.sent["message"]) == 1024


async def test_an_event_of_a_cluster_scoped_object_lives_in_default(client: Client, echo: Echo) -> None:
    """Nodes have no namespace, their Events have."""
    record = EventRecord(Reference("v1", "Node", Key("", "n"), "u"), "Normal", "R", "m")
    await publish.record_event(client, record, "c", "host")
    assert echo.path == "/api/v1/namespaces/default/events"
    assert "namespace" not in echo.sent["involvedObject"]
    assert echo.sent["source"] == {"component": "c", "host": "host"}


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (400, errors.Invalid),
        (401, errors.Unauthorized),
        (403, errors.Forbidden),
        (404, errors.NotFound),
        (409, errors.Conflict),
        (410, errors.Gone),
        (422, errors.Invalid),
        (429, errors.TooManyRequests),
        (500, errors.ApiError),
        (503, errors.ApiError),
    ],
)
async def test_each_refusal_has_its_class(
    client: Client, echo: Echo, status: int, expected: type[errors.ApiError]
) -> None:
    """The class says what to do about it; the message carries verb, path and the server's words."""
    echo.status, echo.headers = status, {"Retry-After": "3"}
    echo.body = {"kind": "Status", "code": status, "reason": "Why", "message": "because"}
    with pytest.raises(errors.ApiError, match=r"GET /api/v1/nodes/n: .* because") as caught:
        await client.get(NODES, "n")
    assert type(caught.value) is expected
    assert (caught.value.status, caught.value.reason, caught.value.retry_after_s) == (status, "Why", 3.0)


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b'{"metadata": 1}'])
async def test_nonsense_is_an_error_not_a_crash(client: Client, echo: Echo, body: bytes) -> None:
    """A proxy's page in place of an object is the target's fault, and says so."""
    echo.body = body
    with pytest.raises(errors.ApiError, match="the answer is no"):
        await client.get(NODES, "n")
    with pytest.raises(errors.ApiError, match="the answer is no"):
        await client.list_page(NODES)


async def test_a_dead_server_is_unreachable() -> None:
    """No connection is an answer of its own: nobody knows whether a write happened."""
    async with Client(Access(f"http://127.0.0.1:{unused_port()}", None, Token())) as client:
        with pytest.raises(errors.Unreachable):
            await client.get(NODES, "n")


async def test_all_pages_are_listed(client: Client, echo: Echo) -> None:
    """A list without items is an empty one; `items: null` too."""
    echo.body = {"metadata": {"resourceVersion": "1"}, "items": None}
    assert await client.list(NODES) == ()
