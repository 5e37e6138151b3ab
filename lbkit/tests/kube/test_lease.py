"""Rules for taking part in an election, against an API server with one Lease.

The times are shorter than the real ones; what they mean is tested with `lbkit.model.election`.

Shell: HTTP on the loopback, clock.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any

import msgspec
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from lbkit.kube.access import Access, Token
from lbkit.kube.client import Client
from lbkit.kube.lease import Elector
from lbkit.model.election import Timing
from lbkit.model.views import Key
from lbkit.tests.kube.script import until

Body = dict[str, Any]  # Any: JSON
PATH = "/apis/coordination.k8s.io/v1/namespaces/metallb-system/leases"
KEY = Key("metallb-system", "metallb-controller")
QUICK = Timing(lease_duration_s=1, renew_every_s=0.1, renew_deadline_s=0.8, retry_s=0.03)

pytestmark = pytest.mark.slow


class ApiServer:
    """One Lease and its watch; refuses, or falls silent, on demand."""

    def __init__(self) -> None:
        self.there: Body | None = None
        self.status = 200
        self.silence: asyncio.Event | None = None
        self.writes: list[Body] = []
        self._watchers: list[asyncio.Queue[tuple[str, Body]]] = []
        self._version = 1

    def delete(self) -> None:
        """Delete the Lease, as a user does."""
        assert self.there is not None
        self._version += 1
        gone = {**self.there, "metadata": {**self.there["metadata"], "resourceVersion": str(self._version)}}
        self.there = None
        self._tell("DELETED", gone)

    def take(self, holder: str) -> None:
        """Put the Lease into somebody else's hands."""
        self._store({"holderIdentity": holder, "leaseDurationSeconds": 1})

    @property
    def holder(self) -> str:
        """Who holds the Lease."""
        return str(self.there["spec"].get("holderIdentity")) if self.there else ""

    def application(self) -> web.Application:
        """Give the routes."""
        built = web.Application(middlewares=[self._refuse])
        built.router.add_get(PATH, self._collection)
        built.router.add_post(PATH, self._create)
        built.router.add_get(f"{PATH}/{KEY.name}", self._get)
        built.router.add_patch(f"{PATH}/{KEY.name}", self._patch)
        return built

    @web.middleware
    async def _refuse(self, request: web.Request, handler: Any) -> web.StreamResponse:  # Any: aiohttp's Handler
        if self.silence is not None:
            await self.silence.wait()
        if self.status != 200:
            return web.json_response({"code": self.status, "reason": "Why", "message": "no"}, status=self.status)
        answer: web.StreamResponse = await handler(request)
        return answer

    def _tell(self, kind: str, item: Body) -> None:
        for watcher in self._watchers:
            watcher.put_nowait((kind, item))

    def _store(self, spec: Body) -> Body:
        self._version += 1
        old = self.there["spec"] if self.there else {}
        metadata = {"name": KEY.name, "namespace": KEY.namespace, "uid": "u", "resourceVersion": str(self._version)}
        self._tell("MODIFIED" if self.there else "ADDED", item := {"metadata": metadata, "spec": {**old, **spec}})
        self.there = item
        return item

    async def _collection(self, request: web.Request) -> web.StreamResponse:
        assert request.query["fieldSelector"] == f"metadata.name={KEY.name}"
        if "watch" not in request.query:
            items = [self.there] if self.there else []
            return web.json_response({"metadata": {"resourceVersion": str(self._version)}, "items": items})
        queue: asyncio.Queue[tuple[str, Body]] = asyncio.Queue()
        self._watchers.append(queue)
        response = web.StreamResponse()
        await response.prepare(request)
        while True:
            kind, item = await queue.get()
            await response.write(msgspec.json.encode({"type": kind, "object": item}) + b"\n")

    async def _get(self, _: web.Request) -> web.Response:
        return web.json_response(self.there or {"code": 404}, status=200 if self.there else 404)

    async def _create(self, request: web.Request) -> web.Response:
        if self.there:
            return web.json_response({"code": 409, "reason": "AlreadyExists"}, status=409)
        body = await request.json()
        self.writes.append(body["spec"])
        return web.json_response(self._store(body["spec"]), status=201)

    async def _patch(self, request: web.Request) -> web.Response:
        body = await request.json()
        if not self.there:
            return web.json_response({"code": 404}, status=404)
        if body["metadata"]["resourceVersion"] != self.there["metadata"]["resourceVersion"]:
            return web.json_response({"code": 409, "reason": "Conflict"}, status=409)
        self.writes.append(body["spec"])
        return web.json_response(self._store(body["spec"]))


class Candidate:
    """An elector at work, and what it was told."""

    def __init__(self, client: Client, identity: str) -> None:
        self.told: list[str] = []
        self.elector = Elector(
            client, KEY, identity, won=lambda: self.told.append("won"), lost=self.told.append, timing=QUICK
        )
        self.may_compete = asyncio.Event()
        self.may_compete.set()
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin."""
        self._task = asyncio.create_task(self.elector.run(self.may_compete))

    async def crash(self) -> None:
        """End without a word."""
        assert self._task is not None
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)

    def leads(self) -> bool:
        """Whether it may write."""
        return self.elector.write_time_s() > 0


@contextlib.asynccontextmanager
async def candidates(api: ApiServer, *names: str) -> AsyncIterator[list[Candidate]]:
    """Serve `api` and give a running candidate for each name."""
    server = TestServer(api.application())
    async with server, Client(Access(f"http://{server.host}:{server.port}", None, Token())) as client:
        made = [Candidate(client, name) for name in names]
        for candidate in made:
            candidate.start()
        try:
            async with asyncio.timeout(10):
                yield made
        finally:
            for candidate in made:
                await candidate.crash()


@pytest.fixture
def api() -> ApiServer:
    """Give an API server with a Lease that nobody holds."""
    made = ApiServer()
    made.take("")
    return made


async def test_one_leads_and_renews(api: ApiServer) -> None:
    """It is told once, the Lease names it, and it goes on renewing; nobody else is told anything."""
    async with candidates(api, "a", "b") as both:
        await until(lambda: len(api.writes) >= 5)
        (first,) = [each for each in both if each.leads()]
        assert [each.told for each in both if each is not first] == [[]]
        assert first.told == ["won"]
        assert api.holder == ("a" if first is both[0] else "b")
        assert {"holderIdentity", "leaseDurationSeconds", "acquireTime", "renewTime", "leaseTransitions"} == set(
            api.writes[0]
        )
        assert "acquireTime" not in api.writes[-1]


async def test_a_crash_is_noticed_after_the_lease_has_run_out(api: ApiServer) -> None:
    """Not before: a leader that does not renew may still have a write under way."""
    async with candidates(api, "a") as (first,):
        await until(first.leads)
        async with candidates(api, "b") as (second,):
            await until(lambda: second.elector.holder == "a")
            await first.crash()
            crashed_s = asyncio.get_running_loop().time()
            await until(second.leads)
            assert asyncio.get_running_loop().time() - crashed_s > 0.7
            assert api.holder == "b"


async def test_a_release_is_noticed_at_once(api: ApiServer) -> None:
    """The one who waits sees it in its watch and takes over; the one who released is told before it writes."""
    async with candidates(api, "a") as (first,):
        await until(first.leads)
        async with candidates(api, "b") as (second,):
            await until(lambda: second.elector.holder == "a")
            await first.crash()
            began_s = asyncio.get_running_loop().time()
            await first.elector.release()
            assert first.told == ["won", "stopped"]
            await until(second.leads)
            assert asyncio.get_running_loop().time() - began_s < 0.5


async def test_a_leader_that_is_not_answered_stops_by_itself(api: ApiServer) -> None:
    """Silence is enough; when the API server answers again somebody leads again, and is told anew."""
    async with candidates(api, "a") as (first,):
        await until(first.leads)
        api.silence = asyncio.Event()
        await until(lambda: len(first.told) == 2)
        assert first.told == ["won", "the Lease was not renewed within 0.8 s"]
        assert not first.leads()
        api.silence.set()
        api.silence = None
        await until(first.leads)
        assert first.told[2:] == ["won"]


async def test_a_lease_taken_away_ends_the_leadership(api: ApiServer) -> None:
    """Whoever wrote it: the leader stops before its next renewal, and stands by."""
    async with candidates(api, "a") as (first,):
        await until(first.leads)
        api.take("somebody")
        await until(lambda: len(first.told) == 2)
        assert "somebody" in first.told[1] or first.told[1] == "somebody else has written the Lease"
        assert not first.leads()


async def test_a_lease_deleted_by_hand_is_made_again(api: ApiServer) -> None:
    """The leader stays the leader."""
    async with candidates(api, "a", "b") as both:
        await until(lambda: any(each.leads() for each in both))
        holder = api.holder
        api.delete()
        await until(lambda: api.holder == holder)
        assert sum(len(each.told) for each in both) == 1


async def test_nobody_competes_before_it_may(api: ApiServer) -> None:
    """A candidate that does not know the cluster yet only watches."""
    async with candidates(api, "a") as (first,):
        first.may_compete.clear()
        await first.crash()
        api.take("")
        first.start()
        await until(lambda: not first.elector.trouble)
        await asyncio.sleep(0.1)
        assert api.holder == ""
        first.may_compete.set()
        await until(first.leads)


@pytest.mark.parametrize("status", [403, 404])
async def test_without_the_lease_s_api_the_cure_is_named(api: ApiServer, status: int) -> None:
    """No right, or no such kind: said in words that help, until it is over."""
    api.status = status
    async with candidates(api, "a") as (first,):
        await until(lambda: str(status) in first.elector.trouble)
        assert "--no-leader-elect" in first.elector.trouble
        assert "rbac.yaml" in first.elector.trouble
        api.status = 200
        await until(first.leads)
        assert first.elector.trouble == ""
