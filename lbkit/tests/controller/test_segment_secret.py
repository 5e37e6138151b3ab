"""Rules of keeping the Secret with the key of the heartbeats.

Shell: HTTP on the loopback.
"""

import asyncio
from base64 import b64encode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from lbkit.controller import segment_secret
from lbkit.controller.segment_secret import SegmentSecret
from lbkit.kube.access import Access, Token
from lbkit.kube.client import Client
from lbkit.kube.errors import Forbidden
from lbkit.model import segment_key
from lbkit.tests.kube.script import until

PATH = "/api/v1/namespaces/metallb-system/secrets"


class SecretApi:
    """An API server with one Secret, or none, and the namespace kube-system."""

    def __init__(self) -> None:
        self.there: dict[str, str] | None = None
        self.made = 0
        self.status = 0

    async def get(self, _: web.Request) -> web.Response:
        """Read the Secret."""
        if self.status or self.there is None:
            code = self.status or 404
            return web.json_response({"code": code, "reason": "Why", "message": "no"}, status=code)
        data = {name: b64encode(value.encode()).decode() for name, value in self.there.items()}
        return web.json_response({"metadata": {"name": "lbkit-segment"}, "type": "Opaque", "data": data})

    async def create(self, request: web.Request) -> web.Response:
        """Make the Secret."""
        self.made += 1
        if self.there is not None:
            return web.json_response({"code": 409, "reason": "AlreadyExists", "message": "no"}, status=409)
        body: Any = await request.json()  # Any: JSON
        self.there = body["stringData"]
        return web.json_response({"metadata": body["metadata"]}, status=201)

    async def namespace(self, _: web.Request) -> web.Response:
        """Read kube-system."""
        return web.json_response({"metadata": {"name": "kube-system", "uid": "u-1"}})


@asynccontextmanager
async def serving(api: SecretApi) -> AsyncIterator[Client]:
    """Serve an API, and give a client of it."""
    application = web.Application()
    application.router.add_get(f"{PATH}/lbkit-segment", api.get)
    application.router.add_post(PATH, api.create)
    application.router.add_get("/api/v1/namespaces/kube-system", api.namespace)
    async with (
        TestServer(application) as server,
        Client(Access(f"http://{server.host}:{server.port}", None, Token())) as client,
    ):
        yield client


async def test_a_cluster_without_a_key_gets_one() -> None:
    """Random, and of this cluster."""
    found = []
    for _ in range(2):
        api = SecretApi()
        async with serving(api) as client:
            await SegmentSecret(client, "metallb-system", lambda: True).look()
        assert api.there is not None
        found.append(segment_key.read({name: value.encode() for name, value in api.there.items()}))
    assert found[0].cluster == found[1].cluster == segment_key.cluster_id("u-1")
    assert found[0].keys != found[1].keys


async def test_a_key_that_is_there_stays() -> None:
    """Whoever made it."""
    api = SecretApi()
    api.there = segment_key.first_data(bytes(8), bytes(32))
    async with serving(api) as client:
        await SegmentSecret(client, "metallb-system", lambda: True).look()
    assert api.made == 0


async def test_a_secret_that_was_deleted_comes_back_as_it_was() -> None:
    """Another key would split speakers that know it from those that do not yet."""
    api = SecretApi()
    async with serving(api) as client:
        keeper = SegmentSecret(client, "metallb-system", lambda: True)
        await keeper.look()
        first, api.there = api.there, None
        await keeper.look()
        await keeper.look()
    assert api.there == first
    assert api.made == 2


async def test_two_that_make_it_at_once_make_one() -> None:
    """An old leader may not know that it leads no more."""
    api = SecretApi()
    async with serving(api) as client:
        keepers = [SegmentSecret(client, "metallb-system", lambda: True) for _ in range(2)]
        await asyncio.gather(*(keeper.look() for keeper in keepers))
    assert api.there is not None


async def test_a_refusal_is_an_error() -> None:
    """It must not be taken for "not there"."""
    api = SecretApi()
    api.status = 403
    async with serving(api) as client:
        with pytest.raises(Forbidden):
            await SegmentSecret(client, "metallb-system", lambda: True).look()
    assert api.made == 0


async def test_only_the_leader_makes_it_and_tries_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """After a refusal, too."""
    monkeypatch.setattr(segment_secret, "UNTIL_SEEN_S", 0.001)
    api = SecretApi()
    api.status = 403
    leads = False
    async with serving(api) as client:
        task = asyncio.create_task(SegmentSecret(client, "metallb-system", lambda: leads).run())
        await asyncio.sleep(0.02)
        assert api.made == 0
        leads = True
        await asyncio.sleep(0.02)
        api.status = 0
        await until(lambda: api.there is not None)
        task.cancel()
        await asyncio.wait([task])
