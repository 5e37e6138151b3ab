"""Rules for a reflector whose API server, or a proxy in its place, answers nonsense.

Shell: HTTP on the loopback, a file in a temporary folder.
"""

import asyncio
import random
from pathlib import Path
from typing import Any

import msgspec
import pytest
from aiohttp import web

from lbkit.kube import client as kube_client
from lbkit.kube import watch
from lbkit.kube.access import Token
from lbkit.kube.resources import SERVICES
from lbkit.kube.watch import Changed, Deleted, Listed, Reflector, WatchEvent
from lbkit.model.views import Key
from lbkit.tests.kube.script import (
    Answer,
    Script,
    api_server,
    listing,
    page,
    reflect,
    refuse,
    service,
    shown,
    stop,
    stream,
    until,
)

DEEP = b"[" * 200_000
HTML = b"<html><body>502 Bad Gateway</body></html>"


@pytest.fixture(autouse=True)
def _no_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the back-off's order, not its length."""
    monkeypatch.setattr(watch, "delay_s", lambda failures, **_: 0.0 if not failures else 0.001)


@pytest.mark.parametrize(
    "line",
    [
        pytest.param(b"nonsense", id="no JSON"),
        pytest.param(HTML, id="a proxy's page"),
        pytest.param(b'{"type":"ADDED"}', id="no object"),
        pytest.param(b'{"type":7,"object":{}}', id="a type that is no word"),
        pytest.param(b"[]", id="a list"),
        pytest.param(b'{"type":"ADDED","object":{"metadata":{"name":"\xff"}}}', id="no UTF-8"),
        pytest.param(b'{"type":"ADDED","object":{"metadata":{"name":5}}}', id="no name"),
        pytest.param(b'{"type":"MODIFIED","object":"gone"}', id="a word for an object"),
        pytest.param(DEEP, id="endless nesting"),
    ],
)
async def test_a_line_that_cannot_be_read_leads_to_a_new_listing(line: bytes) -> None:
    """It may have been anything, so the place in the stream is lost; the process goes on."""
    script = Script(listing(1), stream(("ADDED", service("x", 2)), raw=line + b"\n"), listing(9, service("y", 9)))
    found = await reflect(script, 3)
    assert [shown(event) for event in found] == ["listed ", "changed x", "listed y"]


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(page(HTML), id="a proxy's page"),
        pytest.param(page(HTML, 502), id="with its status"),
        pytest.param(page(b""), id="nothing"),
        pytest.param(page(b'{"items": 5}'), id="no list"),
        pytest.param(page(b'{"metadata": {"resourceVersion": "1"}, "items": [{"metadata": {"na'), id="half of one"),
        pytest.param(page(b'{"metadata": {"resourceVersion": "1"}, "items": [{"metadata": 5}]}'), id="a nameless item"),
        pytest.param(page(DEEP), id="endless nesting"),
        pytest.param(page(b"\xff"), id="no UTF-8"),
    ],
)
async def test_a_listing_that_cannot_be_read_is_asked_for_again(answer: Answer) -> None:
    """Half a listing is none: what would be missing from it would be taken for deleted."""
    found = await reflect(Script(answer, answer, listing(3, service("x", 1))), 1)
    assert [shown(event) for event in found] == ["listed x"]


async def test_a_page_in_place_of_a_watch_is_a_failure() -> None:
    """200 and HTML: the watch is opened again, without hurry, and nothing is taken for an event."""
    script = Script(listing(1), page(HTML), stream(("ADDED", service("x", 2))))
    found = await reflect(script, 2)
    assert [shown(event) for event in found] == ["listed ", "changed x"]


async def test_an_object_that_cannot_be_read_goes_when_it_is_deleted() -> None:
    """Only its name counts then; garbage must not be for ever."""
    garbage = {"metadata": {"name": "bad", "namespace": "a", "resourceVersion": "6"}, "spec": {"ports": "none"}}
    found = await reflect(Script(listing(1, garbage), stream(("DELETED", garbage))), 2)
    assert [shown(event) for event in found] == ["listed ", "deleted bad"]
    assert isinstance(found[0], Listed)
    assert found[0].garbled == {Key("a", "bad")}


async def test_an_unknown_event_type_is_passed_over() -> None:
    """A newer API server may say more than we know; what it says besides counts, and the place moves on."""
    script = Script(listing(1), stream(("RENAMED", service("x", 2)), ("ADDED", service("y", 3))), stream())
    found = await reflect(script, 2)
    assert [shown(event) for event in found] == ["listed ", "changed y"]
    assert script.asked[2]["resourceVersion"] == "3"


async def test_a_huge_object_arrives() -> None:
    """Etcd takes 1.5 MiB."""
    huge = service("x", 2)
    huge["metadata"]["annotations"] = {"a": "x" * 1_500_000}
    found = await reflect(Script(listing(1), stream(("ADDED", huge))), 2)
    assert [shown(event) for event in found] == ["listed ", "changed x"]


async def test_a_line_without_an_end_does_not_fill_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is longer than any object can be is cut off, and everything listed anew."""
    monkeypatch.setattr(kube_client, "LONGEST_LINE", 1000)
    script = Script(listing(1), stream(raw=b"x" * 100_000), listing(2, service("y", 2)))
    found = await reflect(script, 2)
    assert [shown(event) for event in found] == ["listed ", "listed y"]


@pytest.mark.parametrize(
    ("said", "waited_s"), [("7", 7.0), ("999999", 60.0), ("", 0.0), ("Wed, 21 Oct 2026 07:28:00 GMT", 0.0)]
)
async def test_an_api_server_that_asks_for_time_gets_it(
    monkeypatch: pytest.MonkeyPatch, said: str, waited_s: float
) -> None:
    """429 with Retry-After: that long at least, within reason."""
    waits: asyncio.Queue[float] = asyncio.Queue()
    sleep = asyncio.sleep

    async def noted(wait_s: float) -> None:
        waits.put_nowait(wait_s)
        await sleep(0)

    monkeypatch.setattr(asyncio, "sleep", noted)
    await reflect(Script(refuse(429, retry_after=said), listing(1)), 1)
    assert waits.get_nowait() == max(waited_s, 0.001)


async def test_a_refused_token_is_read_again(tmp_path: Path) -> None:
    """401: the kubelet has replaced the token, and the next attempt shows the new one."""
    file = tmp_path / "token"
    file.write_text("old")

    async def replace(request: web.Request) -> web.StreamResponse:
        file.write_text("new")
        return await refuse(401, "Unauthorized")(request)

    script = Script(replace, listing(1))
    await reflect(script, 1, token=Token(file=file))
    assert script.tokens[:2] == ["Bearer old", "Bearer new"]


async def test_a_kind_that_need_not_exist_is_taken_for_empty(monkeypatch: pytest.MonkeyPatch) -> None:
    """An older API server has no such kind; whoever waits for its listing gets one, and it is looked for again."""
    monkeypatch.setattr(watch, "_ABSENT_S", 0.0)
    found = await reflect(Script(refuse(404)), 1, is_optional=True)
    assert [shown(event) for event in found] == ["listed "]


class Flaky:
    """An API server with a history: it cuts streams off anywhere, talks nonsense, forgets, and is away."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)  # noqa: S311 - a test must be repeatable
        self._version = 10
        self._log: list[tuple[str, dict[str, Any]]] = []  # Any: JSON
        self._forgotten = 0
        self.there: dict[str, dict[str, Any]] = {}  # Any: JSON
        self.is_flaky = True

    def change(self) -> None:
        """Create, modify or delete one of five Services."""
        name = self._random.choice("abcde")
        self._version += 1
        item = service(name, self._version)
        is_there = name in self.there
        if is_there and self._random.random() < 0.4:
            del self.there[name]
            self._log.append(("DELETED", item))
        else:
            self.there[name] = item
            self._log.append(("MODIFIED" if is_there else "ADDED", item))

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Answer a list or a watch, rightly or not."""
        if self.is_flaky and self._random.random() < 0.3:
            return await self._random.choice([refuse(500), refuse(429), page(HTML), refuse(410)])(request)
        if "watch" not in request.query:
            return await listing(self._version, *self.there.values())(request)
        since = int(request.query["resourceVersion"])
        if since < self._forgotten:
            return await refuse(410, "Expired")(request)
        if self._random.random() < 0.2:
            self._forgotten = self._version - 2
        response = web.StreamResponse()
        await response.prepare(request)
        events = [event for event in self._log if int(event[1]["metadata"]["resourceVersion"]) > since]
        for kind, item in events:
            line = msgspec.json.encode({"type": kind, "object": item}) + b"\n"
            if self.is_flaky and self._random.random() < 0.2:
                await response.write(line[: self._random.randrange(len(line))])
                return response
            await response.write(line)
        return response


@pytest.mark.parametrize("seed", range(5))
async def test_no_change_is_lost(seed: int) -> None:
    """Whatever goes wrong on the way, in the end the picture is the truth."""
    server = Flaky(seed)
    picture: dict[str, str] = {}

    def take(event: WatchEvent) -> None:
        match event:
            case Listed():
                picture.clear()
                picture.update({item.metadata.name: item.metadata.resource_version for item in event.objects})
            case Changed():
                picture[event.object.metadata.name] = event.object.metadata.resource_version
            case Deleted():
                picture.pop(event.object.metadata.name, None)

    async with api_server(server) as client, asyncio.timeout(10):
        task = asyncio.create_task(Reflector(client, SERVICES, take).run())
        for _ in range(60):
            server.change()
            await asyncio.sleep(0.001)
        server.is_flaky = False
        truth = {name: item["metadata"]["resourceVersion"] for name, item in server.there.items()}
        await until(lambda: picture == truth)
        await stop(task)
