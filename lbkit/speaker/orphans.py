"""Takes away the ServiceL2Status objects of nodes that died, for Services that this node has taken over.

They belong to the pod of the dead node, which Kubernetes keeps for minutes. A node that was never heard on a segment of
ours may announce the same Service on another one, and its objects are left alone.
Source: MetalLB, whose new announcer deletes the objects of others.

Shell: HTTP to the API server, log.
"""

import asyncio
from collections.abc import Set
from contextlib import suppress
from typing import Final

import structlog

from lbkit.errors import TargetError
from lbkit.kube.client import Client
from lbkit.kube.errors import NotFound
from lbkit.kube.resources import L2_STATUSES
from lbkit.speaker.service_status import service_of

_log = structlog.get_logger(__name__)

HOLD_BACK_S: Final = 1.0
"""A node that dies leaves all its Services at once."""


class Orphans:
    """The objects of dead nodes.

    Args:
        client: an open client.
        namespace: where they are.
    """

    def __init__(self, client: Client, namespace: str) -> None:
        self._client = client
        self._namespace = namespace
        self._announced: Set[str] = frozenset()
        self._heard: set[str] = set()
        self._dead: Set[str] = frozenset()
        self._moved = asyncio.Event()

    def note(self, announced: Set[str], alive: Set[str]) -> None:
        """Say what this node announces now (namespace/name), and which other nodes are heard."""
        self._heard |= alive
        dead = self._heard - alive
        if dead and (announced - self._announced or dead != self._dead):
            self._moved.set()
        self._announced, self._dead = frozenset(announced), dead

    async def run(self) -> None:
        """Look and delete until cancelled."""
        while True:
            await self._moved.wait()
            await asyncio.sleep(HOLD_BACK_S)
            self._moved.clear()
            try:
                await self.look()
            except TargetError as err:
                _log.warning("status objects of dead nodes not deleted", error=str(err))

    async def look(self) -> None:
        """Delete what there is.

        Raises:
            ApiError: of the class for the answer.
        """
        for item in await self._client.list(L2_STATUSES, self._namespace):
            if item.status.node in self._dead and service_of(item) in self._announced:
                with suppress(NotFound):
                    await self._client.delete(L2_STATUSES, item.metadata.name, self._namespace, uid=item.metadata.uid)
