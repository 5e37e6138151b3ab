"""Keeping a ConfigurationState true, against an API server in memory.

Shell: HTTP on the loopback.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from typing import Any

import msgspec
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from lbkit.kube import configuration_state
from lbkit.kube.access import Access, Token
from lbkit.kube.client import Client
from lbkit.kube.configuration_state import ConfigurationStateWriter
from lbkit.model.configuration_state import Component

Body = dict[str, Any]  # Any: JSON
PATH = "/apis/metallb.io/v1beta1/namespaces/metallb-system/configurationstates"
NAME = "speaker-n1"


class ApiServer:
    """One ConfigurationState, its watch, and refusals on demand."""

    def __init__(self) -> None:
        self.there: Body | None = None
        self.requests: list[str] = []
        self.refusals = 0
        self._watchers: list[asyncio.Queue[tuple[str, Body]]] = []
        self._version = 1

    def routes(self, application: web.Application) -> None:
        """Serve the collection and the object's status."""
        application.router.add_get(PATH, self._get)
        application.router.add_post(PATH, self._create)
        application.router.add_patch(f"{PATH}/{NAME}/status", self._patch)

    def delete(self) -> None:
        """Delete the object, as a user does."""
        assert self.there is not None
        gone, self.there = self.there, None
        self._tell("DELETED", gone)

    def _tell(self, kind: str, item: Body) -> None:
        for watcher in self._watchers:
            watcher.put_nowait((kind, item))

    def _store(self, kind: str, item: Body) -> web.Response:
        self._version += 1
        item["metadata"]["resourceVersion"] = str(self._version)
        self.there = item
        self._tell(kind, item)
        return web.json_response(item)

    async def _get(self, request: web.Request) -> web.StreamResponse:
        assert request.query["fieldSelector"] == f"metadata.name={NAME}"
        if "watch" not in request.query:
            items = [self.there] if self.there else []
            return web.json_response({"metadata": {"resourceVersion": str(self._version)}, "items": items})
        watcher: asyncio.Queue[tuple[str, Body]] = asyncio.Queue()
        self._watchers.append(watcher)
        response = web.StreamResponse()
        await response.prepare(request)
        while True:
            kind, item = await watcher.get()
            await response.write(msgspec.json.encode({"type": kind, "object": item}) + b"\n")

    async def _create(self, request: web.Request) -> web.Response:
        self.requests.append("create")
        body = await request.json()
        assert body["kind"] == "ConfigurationState"
        assert body["metadata"]["labels"]["metallb.io/node-name"] == "n1"
        return self._store("ADDED", body | {"metadata": body["metadata"] | {"namespace": "metallb-system"}})

    async def _patch(self, request: web.Request) -> web.Response:
        if self.refusals:
            self.refusals -= 1
            return web.json_response({"kind": "Status", "code": 500, "reason": "InternalError"}, status=500)
        self.requests.append("patch")
        assert self.there is not None
        return self._store("MODIFIED", self.there | await request.json())


@contextlib.asynccontextmanager
async def at_work(api: ApiServer, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[ConfigurationStateWriter]:
    """Run a writer against `api`."""
    monkeypatch.setattr(configuration_state, "_HOLD_BACK_S", 0.0)
    monkeypatch.setattr("lbkit.kube.keep.delay_s", lambda failures: 0.001 * failures)
    application = web.Application()
    api.routes(application)
    server = TestServer(application)
    async with server, Client(Access(f"http://{server.host}:{server.port}", None, Token())) as client:
        writer = ConfigurationStateWriter(client, "metallb-system", Component("speaker", "n1"))
        task = asyncio.create_task(writer.run())
        try:
            yield writer
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


async def until(holds: Callable[[], bool]) -> None:
    """Wait until something holds, for 5 s at most."""
    async with asyncio.timeout(5):
        while not holds():  # noqa: ASYNC110  # the server's state has no event
            await asyncio.sleep(0.002)


def result(api: ApiServer) -> str:
    """Give the result the object says."""
    return str((api.there or {}).get("status", {}).get("result", ""))


async def test_the_object_is_made_and_changes_with_the_news(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing before the first word; then one write for each change and none for the same again."""
    api = ApiServer()
    async with at_work(api, monkeypatch) as writer:
        await asyncio.sleep(0.02)
        assert api.requests == []
        writer.tell(())
        await until(lambda: result(api) == "Valid")
        writer.tell(("IPAddressPool p: bad",))
        await until(lambda: result(api) == "Invalid")
        writer.tell(("IPAddressPool p: bad",))
        await asyncio.sleep(0.02)
    assert api.requests == ["create", "patch", "patch"]
    assert api.there is not None
    assert api.there["status"]["errorSummary"] == "IPAddressPool p: bad"


async def test_a_deleted_object_comes_back(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever deletes it, it is there again with what is true."""
    api = ApiServer()
    async with at_work(api, monkeypatch) as writer:
        writer.tell(())
        await until(lambda: result(api) == "Valid")
        await asyncio.sleep(0.02)
        api.delete()
        await until(lambda: result(api) == "Valid")


async def test_a_refused_write_is_repeated(monkeypatch: pytest.MonkeyPatch) -> None:
    """Until the API server takes it."""
    api = ApiServer()
    api.refusals = 3
    async with at_work(api, monkeypatch) as writer:
        writer.tell(("x",))
        await until(lambda: result(api) == "Invalid")
    assert api.refusals == 0
