"""Keeps the status objects that one speaker writes as they should be: one for each thing it tells of, and no others.

What is there is watched by the node's label. What is missing is created, what says something else is patched, what
tells of nothing any more (or twice) is deleted; also what somebody else changed or deleted. Objects belong to the
speaker's pod, so that they go with it.
Source: MetalLB's ServiceL2Status and ServiceBGPStatus: labels, owner, life.

Shell: HTTP to the API server, clock, log.
"""

import asyncio
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Final, Generic, TypeVar

import msgspec
import structlog

from lbkit.kube.client import Client
from lbkit.kube.errors import NotFound
from lbkit.kube.keep import keep
from lbkit.kube.publish import patch_status
from lbkit.kube.resources import Resource
from lbkit.kube.watch import Changed, Deleted, Listed, Reflector, WatchEvent
from lbkit.model.objects import Object, Wire
from lbkit.model.status_objects import Wanted
from lbkit.model.views import Key

_log = structlog.get_logger(__name__)

_HOLD_BACK_S: Final = 1.0
"""Changes come in crowds, and people read these objects, not programs."""
NODE_LABEL: Final = "metallb.io/node"

S = TypeVar("S", bound=Object)


@dataclass(frozen=True, slots=True)
class Owner:
    """The speaker's pod; without a uid nobody owns the objects (a speaker outside the cluster)."""

    name: str
    uid: str

    @property
    def references(self) -> list[dict[str, str]]:
        """For `metadata.ownerReferences`."""
        if not self.uid:
            return []
        return [{"apiVersion": "v1", "kind": "Pod", "name": self.name, "uid": self.uid}]


class StatusKeeper(Generic[S]):
    """Keeps the objects of one kind and one node.

    Args:
        client: an open client.
        resource: the kind.
        namespace: where they are.
        node: this speaker's.
        owner: this speaker's pod.
        prefix: of the objects' names.
        identity: names what an object tells of, by its status.
    """

    def __init__(
        self,
        client: Client,
        resource: Resource[S],
        namespace: str,
        node: str,
        *,
        owner: Owner,
        prefix: str,
        identity: Callable[[S], str],
    ) -> None:
        self._client = client
        self._resource = resource
        self._namespace = namespace
        self._node = node
        self._owner = owner
        self._prefix = prefix
        self._identity = identity
        self._wanted: Mapping[str, Wanted] | None = None
        self._there: dict[str, S] = {}
        self._is_listed = False
        self._moved = asyncio.Event()

    def want(self, wanted: Mapping[str, Wanted]) -> None:
        """Say which objects there should be.

        Args:
            wanted: {identity: object}, all of them.
        """
        if wanted != self._wanted:
            self._wanted = wanted
            self._moved.set()

    async def run(self) -> None:
        """Watch and write until cancelled."""
        selectors = {"labelSelector": f"{NODE_LABEL}={self._node}"}
        watch = Reflector(self._client, self._resource, self._see, self._namespace, selectors=selectors)
        warn = partial(_log.warning, "status object not written", kind=self._resource.kind)
        await keep(watch, self._moved, self._write, hold_back_s=_HOLD_BACK_S, warn=warn)

    def _see(self, event: WatchEvent) -> None:
        match event:
            case Listed(_, found):
                self._there = {each.metadata.name: each for each in found if isinstance(each, self._resource.struct)}
                self._is_listed = True
            case Changed(_, item) if isinstance(item, self._resource.struct):
                self._there[item.metadata.name] = item
            case Deleted(_, item):
                self._there.pop(item.metadata.name, None)
        self._moved.set()

    async def _write(self) -> None:
        if self._wanted is None or not self._is_listed:
            return
        wanted = dict(self._wanted)
        told: set[str] = set()
        for name, item in sorted(self._there.items()):
            identity = self._identity(item)
            if identity in told or identity not in wanted:
                await self._delete(name)
            elif getattr(item, "status", None) != wanted[identity].status:
                await self._patch(name, wanted[identity].status)
            told.add(identity)
        for identity in wanted.keys() - told:
            await self._create(wanted[identity])

    async def _create(self, wanted: Wanted) -> None:
        metadata = {
            "generateName": self._prefix,
            "labels": {NODE_LABEL: self._node, **wanted.labels},
            "ownerReferences": self._owner.references,
        }
        made = await self._client.create(self._resource, {"metadata": metadata}, self._namespace)
        self._there[made.metadata.name] = made
        await self._patch(made.metadata.name, wanted.status)

    async def _patch(self, name: str, status: Wire) -> None:
        key = Key(self._namespace, name)
        self._there[name] = await patch_status(self._client, self._resource, key, msgspec.to_builtins(status))

    async def _delete(self, name: str) -> None:
        with suppress(NotFound):
            await self._client.delete(self._resource, name, self._namespace)
        self._there.pop(name, None)
