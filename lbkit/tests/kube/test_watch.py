"""Rules for keeping a picture of one resource true, against an API server that follows a script.

Shell: HTTP on the loopback.
"""

import asyncio
from collections.abc import AsyncIterator

import pytest
from aiohttp import web
from aiohttp.test_utils import unused_port

from lbkit.kube import watch
from lbkit.kube.access import Access, Token
from lbkit.kube.client import Client, lines
from lbkit.kube.resources import SERVICES
from lbkit.kube.watch import Listed, Reflector, WatchEvent
from lbkit.model.views import Key
from lbkit.tests.kube.script import (
    Answer,
    Script,
    api_server,
    listing,
    reflect,
    refuse,
    service,
    shown,
    stop,
    stream,
)


@pytest.fixture(autouse=True)
def _no_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the back-off's order, not its length."""
    monkeypatch.setattr(watch, "delay_s", lambda failures, **_: 0.0 if not failures else 0.001)


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


async def test_a_line_cut_off_costs_the_connection_and_nothing_else() -> None:
    """The rest of it comes again: the watch resumes where the last whole line was."""
    script = Script(listing(1), stream(("ADDED", service("x", 2)), raw=b'{"type":"ADD'), stream())
    found = await reflect(script, 2)
    assert [shown(event) for event in found] == ["listed ", "changed x"]
    assert script.asked[2]["resourceVersion"] == "2"


async def test_a_server_that_hangs_up_at_once_is_not_hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Watches that end at once without an object count as failures, so that the wait grows."""
    counts: list[int] = []

    def noted(failures: int, **_: float) -> float:
        counts.append(failures)
        return 0.0

    monkeypatch.setattr(watch, "delay_s", noted)
    bookmark = stream(("BOOKMARK", {"metadata": {"resourceVersion": "2"}}))
    await reflect(Script(listing(1), stream(), bookmark, refuse(500), stream(("ADDED", service("x", 3)))), 2)
    assert counts[:4] == [1, 2, 3, 0]


async def test_listings_that_lead_nowhere_are_not_hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that answers every watch with 410 is not listed in a busy loop."""
    counts: list[int] = []

    def noted(failures: int, **_: float) -> float:
        counts.append(failures)
        return 0.0

    monkeypatch.setattr(watch, "delay_s", noted)
    await reflect(Script(listing(1), refuse(410), listing(2), refuse(410)), 2)
    assert counts[:2] == [1, 2]


async def test_an_api_server_that_is_away_is_not_hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody listens: each attempt waits longer than the one before, up to the limit that was given."""
    counts: asyncio.Queue[tuple[int, float]] = asyncio.Queue()

    def noted(failures: int, *, longest_s: float) -> float:
        counts.put_nowait((failures, longest_s))
        return 0.0

    monkeypatch.setattr(watch, "delay_s", noted)
    async with Client(Access(f"http://127.0.0.1:{unused_port()}", None, Token())) as client:
        reflector = Reflector(client, SERVICES, lambda _: pytest.fail("nothing was listed"), longest_s=5.0)
        task = asyncio.create_task(reflector.run())
        assert [await asyncio.wait_for(counts.get(), 5) for _ in range(3)] == [(1, 5.0), (2, 5.0), (3, 5.0)]
        assert "services" in reflector.trouble
        await stop(task)


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
        await stop(task)


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
