"""Keeps the Secret with the key of the speakers' heartbeats: made once, and again as it was if somebody deletes it.

Another key would split speakers that know it from those that do not yet; so the leader remembers what it saw.

Shell: HTTP to the API server, clock, secure random numbers, log.
"""

import asyncio
import secrets
from collections.abc import Callable, Mapping
from typing import Final

import structlog

from lbkit.errors import TargetError
from lbkit.kube.client import Client
from lbkit.kube.errors import Conflict, NotFound
from lbkit.kube.resources import NAMESPACES, SECRETS
from lbkit.model import segment_key
from lbkit.model.segment_key import SEGMENT_SECRET

_log = structlog.get_logger(__name__)

UNTIL_SEEN_S: Final = 1.0
AGAIN_S: Final = 30.0


class SegmentSecret:
    """The Secret, as the leader keeps it.

    Args:
        client: an open client.
        namespace: where it is.
        is_leading: whether this replica leads; the other one does nothing.
    """

    def __init__(self, client: Client, namespace: str, is_leading: Callable[[], bool]) -> None:
        self._client = client
        self._namespace = namespace
        self._is_leading = is_leading
        self._seen: Mapping[str, str] | None = None

    async def run(self) -> None:
        """Look, and make it where it is not, for ever."""
        is_failing = False
        while True:
            if self._is_leading():
                try:
                    await self.look()
                    is_failing = False
                except TargetError as err:
                    if not is_failing:
                        _log.warning("Secret not kept", name=SEGMENT_SECRET, error=str(err))
                    is_failing = True
            await asyncio.sleep(UNTIL_SEEN_S if self._seen is None or is_failing else AGAIN_S)

    async def look(self) -> None:
        """Make the Secret if it is not there.

        Raises:
            ApiError: of the class for the answer.
        """
        try:
            found = await self._client.get(SECRETS, SEGMENT_SECRET, self._namespace)
        except NotFound:
            await self._make()
            return
        # Read as text, which is what is written again; whoever wrote bytes that are none keeps the Secret himself.
        self._seen = {name: value.decode(errors="replace") for name, value in (found.data or {}).items()}

    async def _make(self) -> None:
        if self._seen is None:
            system = await self._client.get(NAMESPACES, "kube-system")
            key = secrets.token_bytes(segment_key.KEY_BYTES)
            data: Mapping[str, str] = segment_key.first_data(segment_key.cluster_id(system.metadata.uid), key)
        else:
            data = self._seen
        body = {"metadata": {"name": SEGMENT_SECRET}, "type": "Opaque", "stringData": data}
        try:
            await self._client.create(SECRETS, body, self._namespace)
        except Conflict:
            return  # somebody else has just made it
        self._seen = data
        _log.info("Secret made", name=SEGMENT_SECRET)
