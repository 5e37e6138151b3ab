"""Rules for keeping a picture of one resource true, against an API server that follows a script.

Shell: HTTP on the loopback.
"""

import asyncio
import contextlib
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import Any

import msgspec
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from lbkit.kube import watch
from lbkit.kube.access import Access, Token
from lbkit.kube.client import Client, lines
from lbkit.kube.resources import SERVICES
from lbkit.kube.watch import Changed, Deleted, Listed, Reflector, WatchEvent
from lbkit.model.views import Key

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


def refuse(status: int, reason: str = "") -> Answer:
    """Answer anything with a refusal."""

    async def answer(_: web.Request) -> web.Response:
        return web.json_response({"kind": "Status", "code": status, "reason": reason}, status=status)

    return answer


async def hang(request: web.Request) -> web.StreamResponse:
    """Answer a watch with silence."""
    response = web.StreamResponse()
    await response.prepare(request)
    await asyncio.Event().wait()
    return response


class Script:
    """Answers requests in order, then with silence, and remembers what was asked."""

    def __init__(self, *answers: Answer) -> None:
        self.answers = deque(answers)
        self.asked: list[dict[str, str]] = []
        self.used_up = asyncio.Event()

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Give the next answer."""
        self.asked.append(dict(request.query))
        if self.answers:
            return await self.answers.popleft()(request)
        self.used_up.set()
        return await hang(request)


@pytest.fixture(autouse=True)
def _no_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the back-off's order, not its length."""
    monkeypatch.setattr(watch, "delay_s", lambda failures: 0.0 if not failures else 0.001)


@contextlib.asynccontextmanager
async def api_server(script: Script) -> AsyncIterator[Client]:
    """Serve `script` and give a client of it."""
    application = web.Application()
    application.router.add_get("/api/v1/services", script.handle)
    server = TestServer(application)
    async with server, Client(Access(f"http://{server.host}:{server.port}", None, Token())) as client:
        yield client


async def reflect(script: Script, count: int) -> list[WatchEvent]:
    """Run a reflector against `script` until it has given `count` events and the script is used up."""
    inbox: asyncio.Queue[WatchEvent] = asyncio.Queue()
    async with api_server(script) as client:
        task = asyncio.create_task(Reflector(client, SERVICES, inbox.put_nowait).run())
        try:
            found = [await asyncio.wait_for(inbox.get(), 5) for _ in range(count)]
            await asyncio.wait_for(script.used_up.wait(), 5)
            assert inbox.empty()
            return found
        finally:
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


async def test_pages_become_one_listing_and_the_watch_starts_there() -> None:
    """A listing of several pages is one `Listed`; the watch resumes at its resourceVersion."""
    script = Script(
        listing(7, service("x", 1), continue_="t"),
        listing(7, service("y", 2)),
        stream(("ADDED", service("z", 8)), ("MODIFIED", service("x", 9)), ("DELETED", service("y", 10))),
    )
    found = await reflect(script, 4)
    assert [shown(event) for event in found] == ["listed x,y", "changed z", "changed x", "deleted y"]
    assert (script.asked[0]["limit"], script.asked[1]["continue"]) == ("500", "t")
    assert script.asked[2]["resourceVersion"] == "7"
    assert script.asked[2]["allowWatchBookmarks"] == "true"
    assert 300 <= int(script.asked[2]["timeoutSeconds"]) < 600


async def test_a_watch_that_ended_goes_on_where_it_was() -> None:
    """After the server's time-out the watch resumes at the last version seen, bookmarks included, without a listing."""
    script = Script(
        listing(1), stream(("ADDED", service("x", 5)), ("BOOKMARK", {"metadata": {"resourceVersion": "9"}})), stream()
    )
    found = await reflect(script, 2)
    assert [shown(event) for event in found] == ["listed ", "changed x"]
    assert script.asked[2]["resourceVersion"] == "9"


@pytest.mark.parametrize(
    "gone",
    [
        pytest.param(refuse(410, "Expired"), id="as an answer"),
        pytest.param(stream(("ERROR", {"kind": "Status", "code": 410, "reason": "Expired"})), id="as a watch event"),
    ],
)
async def test_a_version_too_old_leads_to_a_new_listing(gone: Answer) -> None:
    """410 Gone: list anew, so that the consumer can drop what is missing from it."""
    found = await reflect(Script(listing(1, service("x", 1)), gone, listing(5, service("y", 5))), 2)
    assert [shown(event) for event in found] == ["listed x", "listed y"]


async def test_a_continue_token_too_old_starts_the_listing_over() -> None:
    """A listing is whole or not at all."""
    script = Script(listing(1, service("x", 1), continue_="t"), refuse(410, "Expired"), listing(5, service("y", 5)))
    found = await reflect(script, 1)
    assert [shown(event) for event in found] == ["listed y"]


@pytest.mark.parametrize("failure", [refuse(500), refuse(403, "Forbidden"), refuse(404), refuse(429)])
async def test_failures_are_tried_again(failure: Answer) -> None:
    """No refusal ends the reflector; a watch that failed keeps its place."""
    script = Script(failure, failure, listing(3), failure, stream(("ADDED", service("x", 4))))
    found = await reflect(script, 2)
    assert [shown(event) for event in found] == ["listed ", "changed x"]
    assert script.asked[4]["resourceVersion"] == "3"


async def test_garbage_does_not_take_the_others_with_it() -> None:
    """An object that does not fit is named in the listing and skipped in the watch; the rest arrives."""
    garbage = {"metadata": {"name": "bad", "namespace": "a", "resourceVersion": "6"}, "spec": {"ports": "none"}}
    script = Script(
        listing(1, garbage, service("x", 1)),
        stream(("MODIFIED", garbage), ("ADDED", service("y", 7))),
    )
    found = await reflect(script, 2)
    assert [shown(event) for event in found] == ["listed x", "changed y"]
    assert isinstance(found[0], Listed)
    assert found[0].garbled == {Key("a", "bad")}


async def test_a_line_that_is_no_event_starts_the_watch_again() -> None:
    """Nonsense in the stream, or a line cut off, costs the connection and nothing else."""
    script = Script(
        listing(1), stream(("ADDED", service("x", 2)), raw=b"nonsense\n"), stream(raw=b'{"type":"ADD'), stream()
    )
    found = await reflect(script, 2)
    assert [shown(event) for event in found] == ["listed ", "changed x"]
    assert script.asked[2]["resourceVersion"] == "2"


async def test_a_server_that_hangs_up_at_once_is_not_hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Watches that end at once without an object count as failures, so that the wait grows."""
    counts: list[int] = []

    def noted(failures: int) -> float:
        counts.append(failures)
        return 0.0

    monkeypatch.setattr(watch, "delay_s", noted)
    bookmark = stream(("BOOKMARK", {"metadata": {"resourceVersion": "2"}}))
    await reflect(Script(listing(1), stream(), bookmark, refuse(500), stream(("ADDED", service("x", 3)))), 2)
    assert counts[:4] == [1, 2, 3, 0]


async def test_listings_that_lead_nowhere_are_not_hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that answers every watch with 410 is not listed in a busy loop."""
    counts: list[int] = []

    def noted(failures: int) -> float:
        counts.append(failures)
        return 0.0

    monkeypatch.setattr(watch, "delay_s", noted)
    await reflect(Script(listing(1), refuse(410), listing(2), refuse(410)), 2)
    assert counts[:2] == [1, 2]


async def test_trouble_says_what_is_wrong_until_it_is_over() -> None:
    """Before the first listing and after a failure there is a reason in words; a running watch has none."""
    seen: list[str] = []

    async def note_and_list(request: web.Request) -> web.StreamResponse:
        seen.append(reflector.trouble)
        return await listing(1)(request)

    script = Script(refuse(403, "Forbidden"), note_and_list, stream(("ADDED", service("x", 2))))
    inbox: asyncio.Queue[WatchEvent] = asyncio.Queue()
    async with api_server(script) as client:
        reflector = Reflector(client, SERVICES, inbox.put_nowait)
        assert reflector.trouble == "not listed yet"
        task = asyncio.create_task(reflector.run())
        await asyncio.wait_for(inbox.get(), 5)
        await asyncio.wait_for(inbox.get(), 5)
        assert "Forbidden" in seen[0]
        assert reflector.trouble == ""
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


@pytest.mark.parametrize(
    ("chunks", "expected"),
    [
        pytest.param([b"a\nb\n"], [b"a", b"b"], id="two in one chunk"),
        pytest.param([b"a", b"b\nc", b"\n"], [b"ab", b"c"], id="cut anywhere"),
        pytest.param([b"\n\na\n"], [b"a"], id="empty lines"),
        pytest.param([b"a\nb"], [b"a"], id="the last one is not whole"),
        pytest.param([b"x" * 1_000_000, b"\n"], [b"x" * 1_000_000], id="a long line"),
    ],
)
async def test_lines_are_cut_at_newlines_only(chunks: list[bytes], expected: list[bytes]) -> None:
    """A line may be longer than a chunk and several may come in one."""

    async def arriving() -> AsyncIterator[bytes]:
        for chunk in chunks:
            yield chunk

    assert [line async for line in lines(arriving())] == expected
