"""An API server that the test drives by hand: it says when a watch event is delivered, and what becomes of a write.

So events come late or twice, writes are lost or lose their answer, and the process may die with both on the way.

Pure.
"""

import asyncio
from collections import defaultdict, deque
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Literal

from lbkit.controller.state import RESOURCES
from lbkit.kube.errors import ApiError, Unreachable
from lbkit.kube.resources import Resource
from lbkit.kube.watch import WatchEvent
from lbkit.model import objects
from lbkit.model.objects import Object
from lbkit.model.views import Key
from lbkit.tests.controller.fake_kube import Body, FakeKube, Name
from lbkit.tests.controller.judge import Judge, Known

Fate = Literal["done", "answer lost", "lost", "refused"]


@dataclass(frozen=True)
class Request:
    """A write on its way, with what the controller knew when it sent it."""

    key: Key
    body: Mapping[str, object]
    known: Known
    answer: "asyncio.Future[objects.Service]"


class ModelKube(FakeKube):
    """The truth, with the network between it and the controller.

    Args:
        judge: is shown every state and every write.
        known: gives what the controller knows.
    """

    def __init__(self, judge: Judge, known: Callable[[], Known]) -> None:
        super().__init__()
        self._judge = judge
        self._known = known
        self._sink: Callable[[WatchEvent], None] = lambda _: None
        self.queues: dict[str, deque[WatchEvent]] = defaultdict(deque)
        self.last: dict[str, WatchEvent] = {}
        self.requests: list[Request] = []
        self._put = self._enqueue

    def connect(self, put: Callable[[WatchEvent], None]) -> None:
        """Deliver to `put` from now on; what waits for nobody is dropped."""
        self._sink = put
        self.queues.clear()
        self.last.clear()

    def _enqueue(self, event: WatchEvent) -> None:
        self.queues[event.resource.kind].append(event)

    def deliver(self, kind: str) -> bool:
        """Deliver the next event of a kind; say whether there was one."""
        if not self.queues[kind]:
            return False
        self.last[kind] = self.queues[kind].popleft()
        self._sink(self.last[kind])
        return True

    def repeat(self, kind: str) -> None:
        """Deliver the last event of a kind once more."""
        if kind in self.last:
            self._sink(self.last[kind])

    def list_all(self, *kinds: Resource[Object]) -> None:
        """Lose what waits, and deliver a listing instead, as after 410."""
        for resource in kinds or RESOURCES:
            self.queues[resource.kind].clear()
            self.last.pop(resource.kind, None)
        self._put = self._sink
        super().list_all(*kinds)
        self._put = self._enqueue

    async def patch_service_status(self, key: Key, body: Mapping[str, object]) -> objects.Service:
        """Wait for the test to say what becomes of it."""
        request = Request(key, body, self._known(), asyncio.get_running_loop().create_future())
        self.requests.append(request)
        return await request.answer

    def decide(self, request: Request, fate: Fate) -> None:
        """Say what becomes of a write."""
        self.requests.remove(request)
        if fate == "refused":
            self._answer(request, ApiError("etcd has no leader", status=500))
            return
        if fate == "lost":
            self._answer(request, Unreachable("reset before it was read"))
            return
        try:
            after = self._carry_out(request)
        except ApiError as err:
            self._answer(request, err)
            return
        if fate == "answer lost":
            self._answer(request, Unreachable("reset before the answer"))
        elif not request.answer.done():
            request.answer.set_result(after)

    def _carry_out(self, request: Request) -> objects.Service:
        name = ("Service", request.key.namespace, request.key.name)
        before = self.stored.get(name)
        after = self.patched(request.key, request.body)
        assert before is not None
        self._judge.wrote(request.key, before, self.last_written, request.known)
        return after

    @staticmethod
    def _answer(request: Request, error: ApiError) -> None:
        if not request.answer.done():
            request.answer.set_exception(error)

    def cut_off(self, *, is_done: bool) -> None:
        """Let the process die: what is on its way is carried out or not, and nobody hears of it."""
        for request in tuple(self.requests):
            self.requests.remove(request)
            if is_done:
                with suppress(ApiError):
                    self._carry_out(request)
            self._answer(request, Unreachable("dead"))

    # What every change passes

    def _store(self, resource: Resource[Object], name: Name, body: Body, *, tell: bool = True) -> None:
        before = self.stored.get(name)
        super()._store(resource, name, body, tell=tell)
        if resource.kind == "Service":
            self.last_written = self.stored[name]
            self._judge.changed(Key(name[1], name[2]), before, self.stored[name], self.services())

    def _remove(self, resource: Resource[Object], name: Name) -> None:
        before = self.stored[name]
        super()._remove(resource, name)
        if resource.kind == "Service":
            self._judge.changed(Key(name[1], name[2]), before, None, self.services())

    def services(self) -> dict[Key, Body]:
        """Give all Services."""
        return {Key(space, name): body for (kind, space, name), body in self.stored.items() if kind == "Service"}

    def namespaces(self) -> dict[str, dict[str, Any]]:  # Any: JSON
        """Give the labels of all namespaces."""
        return {
            name: body["metadata"].get("labels", {})
            for (kind, _, name), body in self.stored.items()
            if kind == "Namespace"
        }
