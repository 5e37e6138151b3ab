"""Keeps a consumer's picture of one resource true: list once, then watch, and list again only when that is needed.

The consumer gets values in its inbox: `Listed` with everything there is (after the first listing, and again whenever
the watch lost its place: what is not in it is gone), and between these `Changed` and `Deleted`. An object that cannot
be decoded is logged and left as it was last known, never taken for deleted; a line of a watch that cannot be read may
have been anything, so everything is listed anew after it.
Source: Kubernetes API concepts, "Efficient detection of changes" (410 Gone, bookmarks); client-go's Reflector.

Shell: HTTP to the API server, clock, random numbers, log.
"""

import asyncio
import contextlib
import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, TypeAlias

import msgspec
import structlog

from lbkit.errors import TargetError
from lbkit.kube.backoff import LONGEST_S, delay_s
from lbkit.kube.client import Client
from lbkit.kube.decoding import Garbled, NotJson, decode, decode_json
from lbkit.kube.errors import ApiError, Gone, NotFound, Unreadable, refusal
from lbkit.kube.resources import Resource
from lbkit.model.objects import Object
from lbkit.model.views import Key

_log = structlog.get_logger(__name__)

WATCH_S: Final = 300
"""Asked of the API server as the length of one watch; up to twice that, so that watches do not end together."""
_SILENCE_S: Final = 30
"""How much longer than the watch may last its stream may be silent (TCP keepalive finds dead peers sooner)."""
_HEALTHY_S: Final = 5.0
"""A watch that lived so long, or brought an object, worked: the next one may start at once."""
_ABSENT_S: Final = 300.0
"""How often to look again for a kind that the API server does not have and need not have."""


@dataclass(frozen=True, slots=True)
class Listed:
    """Everything there is of a resource.

    Args:
        garbled: objects that exist but could not be decoded; keep what is known of them.
    """

    resource: Resource[Object]
    objects: tuple[Object, ...]
    garbled: frozenset[Key] = frozenset()


@dataclass(frozen=True, slots=True)
class Changed:
    """One object was added or modified."""

    resource: Resource[Object]
    object: Object


@dataclass(frozen=True, slots=True)
class Deleted:
    """One object is gone; of `object` only the metadata is there."""

    resource: Resource[Object]
    object: Object


WatchEvent: TypeAlias = Listed | Changed | Deleted


class _Line(msgspec.Struct):
    type: str
    object: msgspec.Raw


class Reflector:
    """Lists and watches one resource for ever.

    Args:
        client: an open client.
        resource: which kind.
        put: takes each watch event; must not block.
        namespace: empty or None for all.
        selectors: `labelSelector` and `fieldSelector`, where fewer objects will do.
        is_optional: whether an API server without this kind is taken for one that has no object of it.
        longest_s: the longest wait after failures; few clients may come back sooner than many.

    Attributes:
        trouble: why the picture may be old, in words for the readiness answer; empty while all is well.
        listings: how often everything was listed.
        watches: how often a watch was opened.
    """

    def __init__(
        self,
        client: Client,
        resource: Resource[Object],
        put: Callable[[WatchEvent], None],
        namespace: str | None = None,
        *,
        selectors: dict[str, str] | None = None,
        is_optional: bool = False,
        longest_s: float = LONGEST_S,
    ) -> None:
        self.resource = resource
        self.trouble = "not listed yet"
        self.listings = 0
        self.watches = 0
        self._client = client
        self._put = put
        self._namespace = namespace or ""
        self._selectors = selectors or {}
        self._is_optional = is_optional
        self._longest_s = longest_s
        self._version = ""
        self._has_progress = False
        self._failures = 0
        self._round: asyncio.Task[None] | None = None
        self._wanted: list[asyncio.Future[None]] = []

    async def run(self) -> None:
        """List and watch until cancelled."""
        while True:
            self._round = asyncio.ensure_future(self._once())
            try:
                await asyncio.wait([self._round])
            finally:
                self._round.cancel()
                await asyncio.wait([self._round])
            if not self._round.cancelled():
                self._round.result()

    def relist(self) -> "asyncio.Future[None]":
        """List everything anew, now.

        Returns:
            Done once the `Listed` of a listing that began after this call has been put.
        """
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._wanted.append(done)
        self._version = ""
        if self._round is not None:
            self._round.cancel()  # also a listing that has begun: it may not show what was written before this call
        return done

    async def _once(self) -> None:
        """List if the place in the stream of changes is not known, watch to the end, and wait as long as is due."""
        started_s = time.monotonic()
        self._has_progress = False
        is_failure, wait_s = False, 0.0
        try:
            if not self._version:
                self._version = await self._list()
            await self._watch()
        except TargetError as err:
            is_failure = not self._lost_place(err)
            wait_s = (isinstance(err, ApiError) and err.retry_after_s) or 0.0
            if isinstance(err, NotFound) and self._is_optional:
                self._note_absence()
                wait_s = _ABSENT_S * random.uniform(0.5, 1.0)  # noqa: S311 - jitter, not a secret
            else:
                self._note(err)
        is_short = time.monotonic() - started_s < _HEALTHY_S and not self._has_progress
        self._failures = self._failures + 1 if is_failure or is_short else 0
        await asyncio.sleep(max(wait_s, delay_s(self._failures, longest_s=self._longest_s)))

    def _lost_place(self, error: TargetError) -> bool:
        """Whether the error only says that our resourceVersion is too old; then the next round lists anew."""
        if isinstance(error, Gone | Unreadable):
            self._version = ""
        return isinstance(error, Gone)

    def _note(self, error: TargetError) -> None:
        if not isinstance(error, Gone):
            self.trouble = str(error)
        if self._failures == 0:
            _log.warning("watch interrupted", resource=str(self.resource), error=str(error))

    def _note_absence(self) -> None:
        self._version = ""
        if self.trouble:
            _log.info("the API server does not have this kind", resource=str(self.resource))
            self.trouble = ""
        self._show(Listed(self.resource, ()))

    async def _list(self) -> str:
        page = await self._client.list_page(self.resource, self._namespace, selectors=self._selectors)
        found, garbled = list(page.objects), list(page.garbled)
        while page.continue_:
            page = await self._client.list_page(
                self.resource, self._namespace, continue_=page.continue_, selectors=self._selectors
            )
            found += page.objects
            garbled += page.garbled
        for item in garbled:
            self._log_garbled(item)
        keys = frozenset(Key(item.namespace, item.name) for item in garbled)
        self._show(Listed(self.resource, tuple(found), keys))
        return page.resource_version

    def _show(self, listed: Listed) -> None:
        self.listings += 1
        self._put(listed)
        for done in self._wanted:
            if not done.done():
                done.set_result(None)
        self._wanted.clear()

    async def _watch(self) -> None:
        """Follow one watch to its end, keeping `_version` at the last thing seen."""
        length_s = WATCH_S + random.randrange(WATCH_S)  # noqa: S311 - jitter, not a secret
        params = {
            **self._selectors,
            "resourceVersion": self._version,
            "allowWatchBookmarks": "true",
            "timeoutSeconds": str(length_s),
        }
        stream = self._client.watch(
            self.resource, self._namespace, params, timeout_s=length_s + _SILENCE_S, opened=self._opened
        )
        async with contextlib.aclosing(stream) as lines:
            async for line in lines:
                self._take(line)

    def _opened(self) -> None:
        self.trouble = ""
        self.watches += 1

    def _take(self, raw: bytes) -> None:
        try:
            line = decode_json(_Line, raw)
        except NotJson as err:
            raise Unreadable(f"WATCH {self.resource}: a line is no watch event: {err}") from err
        if line.type == "ERROR":
            raise refusal(f"WATCH {self.resource}", 0, bytes(line.object))
        # Of what is gone only the name counts, so nothing else in it can keep it from going.
        struct = self.resource.struct if line.type in {"ADDED", "MODIFIED"} else Object
        decoded = decode(struct, line.object)
        # Bookmarks do not count: a server that sends one and hangs up, again and again, must not be hurried.
        self._has_progress = self._has_progress or line.type != "BOOKMARK"
        if isinstance(decoded, Garbled):
            if not decoded.name and line.type != "BOOKMARK":
                raise Unreadable(f"WATCH {self.resource}: an object without a readable name: {decoded.message}")
            self._log_garbled(decoded)
            self._version = decoded.resource_version or self._version
            return
        match line.type:
            case "ADDED" | "MODIFIED":
                self._put(Changed(self.resource, decoded))
            case "DELETED":
                self._put(Deleted(self.resource, decoded))
            case "BOOKMARK":
                pass
            case _:
                _log.warning("watch event of an unknown type", resource=str(self.resource), type=line.type)
        self._version = decoded.metadata.resource_version or self._version

    def _log_garbled(self, item: Garbled) -> None:
        _log.error(
            "object cannot be decoded; its last known state stays",
            resource=str(self.resource),
            namespace=item.namespace,
            name=item.name,
            error=item.message,
        )
