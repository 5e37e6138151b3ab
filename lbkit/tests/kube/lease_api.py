"""An API server with one Lease, for elections.

Shell: HTTP on the loopback.
"""

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

import msgspec
from aiohttp import web

from lbkit.model.views import Key

Body = dict[str, Any]  # Any: JSON
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
PATH = "/apis/coordination.k8s.io/v1/namespaces/metallb-system/leases"
KEY = Key("metallb-system", "metallb-controller")


class LeaseApi:
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

    def routes(self, application: web.Application) -> None:
        """Serve the Lease and its collection."""
        for method, path, handler in (
            ("GET", PATH, self._collection),
            ("POST", PATH, self._create),
            ("GET", f"{PATH}/{KEY.name}", self._get),
            ("PATCH", f"{PATH}/{KEY.name}", self._patch),
        ):
            application.router.add_route(method, path, partial(self._answer, handler))

    async def _answer(self, handler: Handler, request: web.Request) -> web.StreamResponse:
        if self.silence is not None:
            await self.silence.wait()
        if self.status != 200:
            return web.json_response({"code": self.status, "reason": "Why", "message": "no"}, status=self.status)
        return await handler(request)

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
