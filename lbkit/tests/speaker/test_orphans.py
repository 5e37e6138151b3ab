"""Rules of taking away the objects of dead nodes.

Shell: HTTP on the loopback.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import web
from aiohttp.test_utils import TestServer

from lbkit.kube.access import Access, Token
from lbkit.kube.client import Client
from lbkit.speaker.orphans import Orphans

PATH = "/apis/metallb.io/v1beta1/namespaces/metallb-system/servicel2statuses"


@asynccontextmanager
async def serving(*told: tuple[str, str]) -> AsyncIterator[tuple[Orphans, list[str]]]:
    """Serve objects, (node, Service) each, named by both; give what was deleted."""
    deleted: list[str] = []

    async def listed(_: web.Request) -> web.Response:
        items = [
            {
                "metadata": {"name": f"{node}-{service}", "uid": "u"},
                "status": {"node": node, "serviceName": service, "serviceNamespace": "web"},
            }
            for node, service in told
        ]
        return web.json_response({"metadata": {"resourceVersion": "1"}, "items": items})

    async def delete(request: web.Request) -> web.Response:
        deleted.append(request.match_info["name"])
        return web.json_response({})

    application = web.Application()
    application.router.add_get(PATH, listed)
    application.router.add_delete(f"{PATH}/{{name}}", delete)
    async with (
        TestServer(application) as server,
        Client(Access(f"http://{server.host}:{server.port}", None, Token())) as client,
    ):
        yield Orphans(client, "metallb-system"), deleted


async def test_objects_of_a_node_that_is_heard_no_more_go_where_we_have_taken_over() -> None:
    """Of those alone: another Service may be another node's by now."""
    async with serving(("dead", "s"), ("dead", "t"), ("alive", "s"), ("me", "s"), ("elsewhere", "s")) as made:
        orphans, deleted = made
        orphans.note(frozenset(), frozenset({"dead", "alive"}))
        orphans.note(frozenset({"web/s"}), frozenset({"alive"}))
        await orphans.look()
        assert deleted == ["dead-s"]


async def test_a_node_that_was_never_heard_is_left_alone() -> None:
    """It may announce the Service on another segment."""
    async with serving(("elsewhere", "s")) as (orphans, deleted):
        orphans.note(frozenset({"web/s"}), frozenset())
        await orphans.look()
        assert deleted == []
