"""An API server that follows a script, and a reflector at work on it.

Shell: HTTP on the loopback.
"""

import asyncio
import contextlib
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import Any, Protocol

import msgspec
from aiohttp import web
from aiohttp.test_utils import TestServer

from lbkit.kube.access import Access, Token
from lbkit.kube.client import Client
from lbkit.kube.resources import SERVICES
from lbkit.kube.watch import Changed, Deleted, Listed, Reflector, WatchEvent

Answer = Callable[[web.Request], Awaitable[web.StreamResponse]]


def service(name: str, version: int) -> dict[str, Any]:  # Any: JSON
    """Build a Service as the API server sends it."""
    return {"metadata": {"name": name, "namespace": "a", "resourceVersion": str(version)}}


def listing(version: int, *items: Mapping[str, Any], continue_: str = "") -> Answer:
    """Answer a list with `items`."""

    async def answer(_: web.Request) -> web.Response:
        return web.json_response(
            {"metadata": {"resourceVersion": str(version), "continue": continue_}, "items": list(items)}
        )

    return answer


def stream(*events: tuple[str, Mapping[str, Any]], raw: bytes = b"") -> Answer:
    """Answer a watch with `events`, then hang up."""

    async def answer(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        for kind, item in events:
            await response.write(msgspec.json.encode({"type": kind, "object": item}) + b"\n")
        await response.write(raw)
        return response

    return answer


def refuse(status: int, reason: str = "", *, retry_after: str = "") -> Answer:
    """Answer anything with a refusal."""

    async def answer(_: web.Request) -> web.Response:
        headers = {"Retry-After": retry_after} if retry_after else {}
        return web.json_response({"kind": "Status", "code": status, "reason": reason}, status=status, headers=headers)

    return answer


def page(body: bytes, status: int = 200) -> Answer:
    """Answer anything with these bytes, as a proxy does."""

    async def answer(_: web.Request) -> web.Response:
        return web.Response(body=body, status=status, content_type="text/html")

    return answer


async def hang(request: web.Request) -> web.StreamResponse:
    """Answer a watch with silence."""
    response = web.StreamResponse()
    await response.prepare(request)
    await asyncio.Event().wait()
    return response


class Handler(Protocol):
    """Whatever answers requests."""

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Answer one."""
        ...


class Script:
    """Answers requests in order, then with silence, and remembers what was asked, and with which tokens."""

    def __init__(self, *answers: Answer) -> None:
        self.answers = deque(answers)
        self.asked: list[dict[str, str]] = []
        self.tokens: list[str] = []
        self.used_up = asyncio.Event()

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Give the next answer."""
        self.asked.append(dict(request.query))
        self.tokens.append(request.headers.get("Authorization", ""))
        if self.answers:
            return await self.answers.popleft()(request)
        self.used_up.set()
        return await hang(request)


@contextlib.asynccontextmanager
async def api_server(script: Handler, token: Token | None = None) -> AsyncIterator[Client]:
    """Serve `script` and give a client of it."""
    application = web.Application()
    application.router.add_get("/api/v1/services", script.handle)
    server = TestServer(application)
    async with server, Client(Access(f"http://{server.host}:{server.port}", None, token or Token())) as client:
        yield client


async def reflect(
    script: Script, count: int, *, token: Token | None = None, is_optional: bool = False
) -> list[WatchEvent]:
    """Run a reflector against `script` until it has given `count` events and the script is used up."""
    inbox: asyncio.Queue[WatchEvent] = asyncio.Queue()
    async with api_server(script, token) as client:
        task = asyncio.create_task(Reflector(client, SERVICES, inbox.put_nowait, is_optional=is_optional).run())
        try:
            found = [await asyncio.wait_for(inbox.get(), 5) for _ in range(count)]
            await asyncio.wait_for(script.used_up.wait(), 5)
            assert inbox.empty()
            return found
        finally:
            await stop(task)


async def stop(task: asyncio.Task[None]) -> None:
    """Cancel a task and wait for its end."""
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


def shown(event: WatchEvent) -> str:
    """Write an event short."""
    match event:
        case Listed():
            return "listed " + ",".join(item.metadata.name for item in event.objects)
        case Changed():
            return f"changed {event.object.metadata.name}"
        case Deleted():
            return f"deleted {event.object.metadata.name}"


async def until(is_true: Callable[[], bool]) -> None:
    """Wait up to five seconds for something that has no event of its own."""
    for _ in range(1000):
        if is_true():
            return
        await asyncio.sleep(0.005)
    raise TimeoutError
