"""Keeping status objects true, against an API server in memory.

Shell: HTTP on the loopback.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any

import msgspec
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from lbkit.kube import status_keeper
from lbkit.kube.access import Access, Token
from lbkit.kube.client import Client
from lbkit.kube.resources import BGP_STATUSES
from lbkit.kube.status_keeper import Owner, StatusKeeper
from lbkit.model.status_objects import ServiceBGPStatus, ServiceBGPStatusStatus, Wanted
from lbkit.tests.kube.script import until

Body = dict[str, Any]  # Any: JSON
PATH = "/apis/metallb.io/v1beta1/namespaces/metallb-system/servicebgpstatuses"


class ApiServer:
    """One collection and its watch."""

    def __init__(self) -> None:
        self.items: dict[str, Body] = {}
        self.requests: list[str] = []
        self._watchers: list[asyncio.Queue[tuple[str, Body]]] = []
        self._version = 1

    def routes(self, application: web.Application) -> None:
        """Serve the collection, its objects and their status."""
        application.router.add_get(PATH, self._get)
        application.router.add_post(PATH, self._create)
        application.router.add_patch(f"{PATH}/{{name}}/status", self._patch)
        application.router.add_delete(f"{PATH}/{{name}}", self._delete)

    def store(self, kind: str, item: Body) -> Body:
        """Put an object there, and tell."""
        self._version += 1
        item["metadata"]["resourceVersion"] = str(self._version)
        self.items[item["metadata"]["name"]] = item
        self._tell(kind, item)
        return item

    def remove(self, name: str) -> None:
        """Delete an object, as a user does."""
        self._tell("DELETED", self.items.pop(name))

    def said(self) -> list[tuple[str, tuple[str, ...]]]:
        """(Service, peers) of all objects, sorted."""
        return sorted(
            (each["status"]["serviceName"], tuple(each["status"]["peers"]))
            for each in self.items.values()
            if "status" in each
        )

    def _tell(self, kind: str, item: Body) -> None:
        for watcher in self._watchers:
            watcher.put_nowait((kind, item))

    async def _get(self, request: web.Request) -> web.StreamResponse:
        assert request.query["labelSelector"] == "metallb.io/node=n1"
        if "watch" not in request.query:
            found = list(self.items.values())
            return web.json_response({"metadata": {"resourceVersion": str(self._version)}, "items": found})
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
        name = f"{body['metadata']['generateName']}{self._version}"
        return web.json_response(self.store("ADDED", body | {"metadata": body["metadata"] | {"name": name}}))

    async def _patch(self, request: web.Request) -> web.Response:
        self.requests.append("patch")
        item = self.items[request.match_info["name"]]
        return web.json_response(self.store("MODIFIED", item | await request.json()))

    async def _delete(self, request: web.Request) -> web.Response:
        self.requests.append("delete")
        self.remove(request.match_info["name"])
        return web.json_response({"kind": "Status", "status": "Success"})


@contextlib.asynccontextmanager
async def at_work(api: ApiServer, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[StatusKeeper[ServiceBGPStatus]]:
    """Run a keeper against `api`."""
    monkeypatch.setattr(status_keeper, "_HOLD_BACK_S", 0.0)
    application = web.Application()
    api.routes(application)
    server = TestServer(application)
    async with server, Client(Access(f"http://{server.host}:{server.port}", None, Token())) as client:
        keeper = StatusKeeper(
            client,
            BGP_STATUSES,
            "metallb-system",
            "n1",
            owner=Owner("speaker-x", "uid-x"),
            prefix="bgp-",
            identity=lambda item: item.status.service_name,
        )
        task = asyncio.create_task(keeper.run())
        try:
            yield keeper
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


def told(service: str, *peers: str) -> Wanted:
    """Make what is to be said of a Service."""
    return Wanted(
        {"metallb.io/service-name": service}, ServiceBGPStatusStatus(node="n1", service_name=service, peers=peers)
    )


async def test_objects_come_change_and_go_with_what_is_wanted(monkeypatch: pytest.MonkeyPatch) -> None:
    """One each, owned by the speaker's pod; what stays the same is not written again."""
    api = ApiServer()
    async with at_work(api, monkeypatch) as keeper:
        keeper.want({"s": told("s", "p"), "t": told("t", "p")})
        await until(lambda: api.said() == [("s", ("p",)), ("t", ("p",))])
        metadata = next(iter(api.items.values()))["metadata"]
        assert metadata["ownerReferences"] == [{"apiVersion": "v1", "kind": "Pod", "name": "speaker-x", "uid": "uid-x"}]
        assert metadata["labels"]["metallb.io/node"] == "n1"
        keeper.want({"s": told("s", "p", "q")})
        await until(lambda: api.said() == [("s", ("p", "q"))])
    assert sorted(api.requests) == ["create", "create", "delete", "patch", "patch", "patch"]


async def test_what_others_change_or_delete_comes_back(monkeypatch: pytest.MonkeyPatch) -> None:
    """It says what is so."""
    api = ApiServer()
    async with at_work(api, monkeypatch) as keeper:
        keeper.want({"s": told("s", "p")})
        await until(lambda: api.said() == [("s", ("p",))])
        name, item = next(iter(api.items.items()))
        api.store("MODIFIED", item | {"status": item["status"] | {"peers": []}})
        await until(lambda: api.said() == [("s", ("p",))])
        api.remove(name)
        await until(lambda: api.said() == [("s", ("p",))])


async def test_what_a_predecessor_left_is_taken_over_and_doubles_go(monkeypatch: pytest.MonkeyPatch) -> None:
    """A restarted speaker writes only what is different."""
    api = ApiServer()
    for name, service in (("bgp-a", "s"), ("bgp-b", "s"), ("bgp-c", "gone")):
        status = {"node": "n1", "serviceName": service, "serviceNamespace": "", "peers": ["p"]}
        api.store("ADDED", {"metadata": {"name": name, "namespace": "metallb-system"}, "status": status})
    async with at_work(api, monkeypatch) as keeper:
        keeper.want({"s": told("s", "p")})
        await until(lambda: list(api.items) == ["bgp-a"])
    assert api.requests == ["delete", "delete"]
