"""Rules for a listing on demand: what was written before it was asked for is in it.

Shell: HTTP on the loopback.
"""

import asyncio

import pytest
from aiohttp import web

from lbkit.kube import watch
from lbkit.kube.resources import SERVICES
from lbkit.kube.watch import Reflector, WatchEvent
from lbkit.tests.kube.script import Script, api_server, hang, listing, refuse, service, shown, stop, until


@pytest.fixture(autouse=True)
def _no_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the back-off's order, not its length."""
    monkeypatch.setattr(watch, "delay_s", lambda failures, **_: 0.0 if not failures else 0.001)


async def test_a_running_watch_gives_way_to_a_new_listing() -> None:
    """Its consumer has the fresh listing before whoever asked for it goes on, and the watch starts there."""
    inbox: asyncio.Queue[WatchEvent] = asyncio.Queue()
    script = Script(listing(1), hang, listing(5, service("x", 5)))
    async with api_server(script) as client, asyncio.timeout(5):
        reflector = Reflector(client, SERVICES, inbox.put_nowait)
        task = asyncio.create_task(reflector.run())
        assert shown(await inbox.get()) == "listed "
        await until(lambda: reflector.watches > 0)
        await reflector.relist()
        assert shown(inbox.get_nowait()) == "listed x"
        await script.used_up.wait()
        assert script.asked[-1]["resourceVersion"] == "5"
        assert (reflector.listings, reflector.watches) == (2, 1)
        await stop(task)


async def test_a_listing_under_way_is_not_good_enough() -> None:
    """It may have been read before what whoever asks has to see."""
    inbox: asyncio.Queue[WatchEvent] = asyncio.Queue()
    is_asked = asyncio.Event()

    async def slow(request: web.Request) -> web.StreamResponse:
        is_asked.set()
        return await hang(request)

    script = Script(slow, listing(5, service("x", 5)))
    async with api_server(script) as client, asyncio.timeout(5):
        reflector = Reflector(client, SERVICES, inbox.put_nowait)
        task = asyncio.create_task(reflector.run())
        await is_asked.wait()
        await reflector.relist()
        assert shown(inbox.get_nowait()) == "listed x"
        assert inbox.empty()
        await stop(task)


async def test_a_listing_that_fails_is_tried_again() -> None:
    """Whoever asked waits as long as it takes."""
    inbox: asyncio.Queue[WatchEvent] = asyncio.Queue()
    script = Script(listing(1), hang, refuse(500), refuse(500), listing(5))
    async with api_server(script) as client, asyncio.timeout(5):
        reflector = Reflector(client, SERVICES, inbox.put_nowait)
        task = asyncio.create_task(reflector.run())
        await inbox.get()
        await reflector.relist()
        assert shown(inbox.get_nowait()) == "listed "
        await stop(task)


async def test_a_reflector_that_is_stopped_while_it_lists_anew_ends() -> None:
    """A cancellation from outside is not mistaken for a wish to list."""
    script = Script(listing(1), hang)
    async with api_server(script) as client, asyncio.timeout(5):
        reflector = Reflector(client, SERVICES, lambda _: None)
        task = asyncio.create_task(reflector.run())
        await until(lambda: reflector.watches > 0)
        wanted = reflector.relist()
        await stop(task)
        assert task.cancelled()
        assert not wanted.done()
