"""Keeps a consumer's picture of one resource true: list once, then watch, and list again only when that is needed.

The consumer gets values in its inbox: `Listed` with everything there is (after the first listing, and again whenever
the watch lost its place: what is not in it is gone), and between these `Changed` and `Deleted`. An object that cannot
be decoded is logged and left as it was last known, never taken for deleted.
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
from lbkit.kube.backoff import delay_s
from lbkit.kube.client import Client, Garbled, decode
from lbkit.kube.errors import ApiError, Gone, refusal
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
    """One object is gone; `object` is its last state."""

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
    """

    def __init__(
        self,
        client: Client,
        resource: Resource[Object],
        put: Callable[[WatchEvent], None],
        namespace: str | None = None,
        *,
        selectors: dict[str, str] | None = None,
    ) -> None:
        self._client = client
        self._resource = resource
        self._put = put
        self._namespace = namespace or ""
        self._selectors = selectors or {}
        self._version = ""
        self._has_progress = False
        self.trouble = "not listed yet"
        """Why the picture may be old, in words for the readiness answer; empty while all is well."""

    async def run(self) -> None:
        """List and watch until cancelled."""
        failures = 0
        while True:
            started_s = time.monotonic()
            self._has_progress = False
            try:
                if not self._version:
                    self._version = await self._list()
                await self._watch()
                is_failure = False
            except TargetError as err:
                is_failure = not self._lost_place(err)
                self._note(err, is_first=failures == 0)
            is_short = time.monotonic() - started_s < _HEALTHY_S and not self._has_progress
            failures = failures + 1 if is_failure or is_short else 0
            await asyncio.sleep(delay_s(failures))

    def _lost_place(self, error: TargetError) -> bool:
        """Whether the error only says that our resourceVersion is too old; then the next round lists anew."""
        if isinstance(error, Gone):
            self._version = ""
            return True
        return False

    def _note(self, error: TargetError, *, is_first: bool) -> None:
        if not isinstance(error, Gone):
            self.trouble = str(error)
        if is_first:
            _log.warning("watch interrupted", resource=str(self._resource), error=str(error))

    async def _list(self) -> str:
        page = await self._client.list_page(self._resource, self._namespace, selectors=self._selectors)
        found, garbled = list(page.objects), list(page.garbled)
        while page.continue_:
            page = await self._client.list_page(
                self._resource, self._namespace, continue_=page.continue_, selectors=self._selectors
            )
            found += page.objects
            garbled += page.garbled
        for item in garbled:
            self._log_garbled(item)
        keys = frozenset(Key(item.namespace, item.name) for item in garbled)
        self._put(Listed(self._resource, tuple(found), keys))
        return page.resource_version

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
            self._resource, self._namespace, params, timeout_s=length_s + _SILENCE_S, opened=self._opened
        )
        async with contextlib.aclosing(stream) as lines:
            async for line in lines:
                self._take(line)

    def _opened(self) -> None:
        self.trouble = ""

    def _take(self, raw: bytes) -> None:
        try:
            line = msgspec.json.decode(raw, type=_Line)
        except msgspec.MsgspecError as err:
            raise ApiError(f"WATCH {self._resource}: a line is no watch event: {err}") from err
        if line.type == "ERROR":
            raise refusal(f"WATCH {self._resource}", 0, bytes(line.object))
        struct: type[Object] = Object if line.type == "BOOKMARK" else self._resource.struct
        decoded = decode(struct, line.object)
        # Bookmarks do not count: a server that sends one and hangs up, again and again, must not be hurried.
        self._has_progress = self._has_progress or line.type != "BOOKMARK"
        if isinstance(decoded, Garbled):
            self._log_garbled(decoded)
            self._version = decoded.resource_version or self._version
            return
        match line.type:
            case "ADDED" | "MODIFIED":
                self._put(Changed(self._resource, decoded))
            case "DELETED":
                self._put(Deleted(self._resource, decoded))
        self._version = decoded.metadata.resource_version or self._version

    def _log_garbled(self, item: Garbled) -> None:
        _log.error(
            "object cannot be decoded; its last known state stays",
            resource=str(self._resource),
            namespace=item.namespace,
            name=item.name,
            error=item.message,
        )
