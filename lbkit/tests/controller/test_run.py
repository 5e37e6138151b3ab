"""Rules for the whole process, from kubeconfig to SIGTERM, against an API server on the loopback.

Shell: HTTP on the loopback, a file in a temporary folder, a signal to this process.
"""

import asyncio
import os
import signal
from pathlib import Path

import msgspec
import pytest
from aiohttp import ClientSession, web
from aiohttp.test_utils import TestServer, unused_port

from lbkit.controller.run import Options, run
from lbkit.controller.state import RESOURCES
from lbkit.kube.errors import ApiError
from lbkit.kube.resources import POOLS, SERVICES
from lbkit.kube.watch import Changed, Listed, WatchEvent
from lbkit.model.views import Key
from lbkit.tests.controller.fake_kube import FakeKube, pool, service


class Front:
    """Serves a `FakeKube` over HTTP: list, watch, patch of a status, Events."""

    def __init__(self, kube: FakeKube) -> None:
        self.kube = kube
        self.watchers: dict[str, list[asyncio.Queue[bytes]]] = {}
        self.events: list[str] = []
        self.is_watched = asyncio.Event()
        self.has_event = asyncio.Event()
        kube.connect(self.tell)

    def tell(self, event: WatchEvent) -> None:
        """Send a watch event to whom it concerns."""
        assert isinstance(event, Changed)
        metadata = event.object.metadata
        body = self.kube.stored[event.resource.kind, metadata.namespace, metadata.name]
        line = msgspec.json.encode({"type": "MODIFIED", "object": body}) + b"\n"
        for queue in self.watchers.get(event.resource.plural, []):
            queue.put_nowait(line)

    async def collection(self, request: web.Request) -> web.StreamResponse:
        """List or watch."""
        plural = request.match_info["plural"]
        if "watch" not in request.query:
            kinds = {"services": SERVICES.kind, "ipaddresspools": POOLS.kind}
            items = [body for (kind, _, _), body in self.kube.stored.items() if kind == kinds.get(plural)]
            return web.json_response({"metadata": {"resourceVersion": "1"}, "items": items})
        queue: asyncio.Queue[bytes] = asyncio.Queue()
        self.watchers.setdefault(plural, []).append(queue)
        if len(self.watchers) == len(RESOURCES):
            self.is_watched.set()
        response = web.StreamResponse()
        await response.prepare(request)
        while True:
            await response.write(await queue.get())

    async def status(self, request: web.Request) -> web.Response:
        """Patch the status of a Service or a pool."""
        name, body = request.match_info["name"], await request.json()
        if request.match_info["plural"] == "ipaddresspools":
            await self.kube.patch_pool_status(name, body["status"])
            return web.json_response(self.kube.stored[POOLS.kind, "metallb-system", name])
        key = Key(request.match_info["namespace"], name)
        try:
            self.kube.patched(key, body)
        except ApiError as err:
            return web.json_response({"code": 409, "message": str(err)}, status=409)
        return web.json_response(self.kube.service(name, key.namespace))

    async def event(self, request: web.Request) -> web.Response:
        """Take an Event."""
        self.events.append((await request.json())["reason"])
        self.has_event.set()
        return web.json_response({"metadata": {"name": "e"}}, status=201)

    def application(self) -> web.Application:
        """Give the routes."""
        built = web.Application()
        for base in ("/api/v1", "/apis/{group}/{version}"):
            built.router.add_get(base + "/{plural}", self.collection)
            built.router.add_get(base + "/namespaces/{namespace}/{plural}", self.collection)
            built.router.add_patch(base + "/namespaces/{namespace}/{plural}/{name}/status", self.status)
            built.router.add_post(base + "/namespaces/{namespace}/events", self.event)
        return built


KUBECONFIG = """
current-context: c
contexts: [{{name: c, context: {{cluster: k}}}}]
clusters: [{{name: k, cluster: {{server: "http://{host}:{port}"}}}}]
"""


@pytest.mark.slow
async def test_the_process_serves_and_stops(tmp_path: Path) -> None:
    """Ready after the first listing, an address in the Service's status, an Event, and an end on SIGTERM."""
    kube = FakeKube()
    front = Front(kube)
    kube.apply(POOLS, pool("p", "10.0.0.0/30"))
    port = unused_port()
    server = TestServer(front.application())
    async with server, ClientSession() as session, asyncio.timeout(10):
        kubeconfig = tmp_path / "config"
        kubeconfig.write_text(KUBECONFIG.format(host=server.host, port=server.port))
        process = asyncio.ensure_future(run(Options("metallb-system", port=port, kubeconfig=kubeconfig)))
        await front.is_watched.wait()
        async with session.get(f"http://127.0.0.1:{port}/readyz") as answer:
            assert answer.status == 200
        kube.apply(SERVICES, service())
        await front.has_event.wait()
        assert kube.addresses() == ["10.0.0.0"]
        assert front.events == ["IPAllocated"]
        os.kill(os.getpid(), signal.SIGTERM)
        await process
    kube.connect(_ignore)


def _ignore(event: WatchEvent) -> None:
    assert not isinstance(event, Listed)
