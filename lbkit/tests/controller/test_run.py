"""Rules for the whole process, from kubeconfig to SIGTERM, against an API server on the loopback.

Shell: HTTP on the loopback, a file in a temporary folder, a signal to this process.
"""

import asyncio
import os
import signal
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from aiohttp import ClientConnectionError, ClientSession, web
from aiohttp.test_utils import TestServer, unused_port

from lbkit.controller.run import Options, run, run_with
from lbkit.kube.access import Access, Token
from lbkit.kube.client import Client
from lbkit.kube.errors import ApiError
from lbkit.kube.resources import POOLS, SERVICES
from lbkit.kube.watch import Changed, Listed, WatchEvent
from lbkit.model.views import Key
from lbkit.tests.controller.fake_kube import FakeKube, pool, service
from lbkit.tests.kube.lease_api import LeaseApi
from lbkit.tests.kube.script import until


class Front:
    """Serves a `FakeKube` over HTTP: list, watch, patch of a status, Events, and a Lease that nobody holds."""

    def __init__(self, kube: FakeKube) -> None:
        self.kube = kube
        self.lease = LeaseApi()
        self.lease.take("")
        self.watchers: dict[str, list[asyncio.Queue[bytes]]] = {}
        self.watches: Counter[str] = Counter()
        self.events: list[str] = []
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
        response = web.StreamResponse()
        await response.prepare(request)
        self.watches[plural] += 1
        try:
            while True:
                await response.write(await queue.get())
        finally:
            self.watchers[plural].remove(queue)

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
        body = await request.json()
        self.events.append(f"{body['reason']} {body['message']}")
        return web.json_response({"metadata": {"name": "e"}}, status=201)

    def application(self) -> web.Application:
        """Give the routes."""
        built = web.Application()
        self.lease.routes(built)
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


@pytest.fixture
def front() -> Iterator[Front]:
    """Give an API server with one pool."""
    kube = FakeKube()
    made = Front(kube)
    kube.apply(POOLS, pool("p", "10.0.0.0/30"))
    yield made
    kube.connect(_ignore)


def _ignore(event: WatchEvent) -> None:
    assert not isinstance(event, Listed)


async def readiness(session: ClientSession, port: int) -> tuple[int, str]:
    """Ask a controller whether it is ready, and for what."""
    try:
        async with session.get(f"http://127.0.0.1:{port}/readyz") as answer:
            return answer.status, (await answer.text()).strip()
    except ClientConnectionError:
        return 0, ""


async def ready_as(session: ClientSession, port: int, role: str) -> None:
    """Wait until a controller is ready for something."""
    for _ in range(500):
        if await readiness(session, port) == (200, f"ok: {role}"):
            return
        await asyncio.sleep(0.01)
    raise TimeoutError(await readiness(session, port))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("leader_elect", "role", "listings"), [(True, "leading", 2), (False, "leading, without election", 1)]
)
async def test_the_process_serves_and_stops(
    tmp_path: Path, front: Front, leader_elect: bool, role: str, listings: int
) -> None:
    """Ready, an address in the Service's status, an Event, and an end on SIGTERM that gives the Lease back."""
    port = unused_port()
    server = TestServer(front.application())
    async with server, ClientSession() as session, asyncio.timeout(10):
        kubeconfig = tmp_path / "config"
        kubeconfig.write_text(KUBECONFIG.format(host=server.host, port=server.port))
        options = Options(
            "metallb-system", port=port, kubeconfig=kubeconfig, leader_elect=leader_elect, pod_name="c", pod_uid="u"
        )
        process = asyncio.ensure_future(run(options))
        await ready_as(session, port, role)
        await until(lambda: front.watches["services"] == listings)
        front.kube.apply(SERVICES, service())
        await until(lambda: 'IPAllocated Assigned IP ["10.0.0.0"]' in front.events)
        assert front.kube.addresses() == ["10.0.0.0"]
        assert front.lease.holder == ("c_u" if leader_elect else "")
        os.kill(os.getpid(), signal.SIGTERM)
        await process
        assert front.lease.holder == ""
        assert ("LeaderElection c_u became leader" in front.events) == leader_elect
        assert ("LeaderElection c_u stopped leading" in front.events) == leader_elect


@pytest.mark.slow
async def test_a_replica_takes_over_at_once_from_one_that_stops(front: Front) -> None:
    """Both are ready, one leads; what it left undone the other one does, and nothing twice."""
    stops, ports = [asyncio.Event(), asyncio.Event()], [unused_port(), unused_port()]
    server = TestServer(front.application())
    async with server, ClientSession() as session, asyncio.timeout(10):
        url = f"http://{server.host}:{server.port}"
        async with Client(Access(url, None, Token())) as one, Client(Access(url, None, Token())) as other:

            def start(client: Client, number: int) -> asyncio.Future[None]:
                options = Options("metallb-system", port=ports[number], pod_name=f"c{number}", pod_uid="u")
                return asyncio.ensure_future(run_with(client, options, stops[number]))

            first = start(one, 0)
            await ready_as(session, ports[0], "leading")
            second = start(other, 1)
            await ready_as(session, ports[1], "standing by for c0_u")
            await until(lambda: len(front.watchers["services"]) == 2)
            front.kube.apply(SERVICES, service("a"))
            await until(lambda: front.kube.addresses("a") == ["10.0.0.0"])
            front.kube.apply(SERVICES, service("b"), tell=False)  # what no watch has told yet
            stops[0].set()
            await first
            await until(lambda: front.kube.addresses("b") == ["10.0.0.1"])
            assert await readiness(session, ports[1]) == (200, "ok: leading")
            assert len(front.kube.writes) == 2
            stops[1].set()
            await second
