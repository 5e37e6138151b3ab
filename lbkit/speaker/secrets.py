"""Watches the Secrets of this speaker, each by its name, and no others: its peers' passwords, and the heartbeats' keys.

Source: MetalLB's `passwordSecret` (type kubernetes.io/basic-auth, key `password`).

Shell: HTTP to the API server, log.
"""

import asyncio
from collections.abc import Callable
from functools import partial

import structlog

from lbkit.errors import InputError
from lbkit.kube.client import Client
from lbkit.kube.resources import SECRETS
from lbkit.kube.watch import Changed, Listed, Reflector, WatchEvent
from lbkit.model import objects, parse, segment_key
from lbkit.model.segment_key import SEGMENT_SECRET
from lbkit.speaker.events import PasswordKnown, SegmentKeysKnown

_log = structlog.get_logger(__name__)


class SecretWatches:
    """One watch for each Secret that is wanted.

    Args:
        put: takes each password, and each that is not there (empty).
    """

    def __init__(self, client: Client, namespace: str, put: Callable[[PasswordKnown], None]) -> None:
        self._client = client
        self._namespace = namespace
        self._put = put
        self._tasks: dict[str, asyncio.Task[None]] = {}

    async def watch_segment_keys(self, put: Callable[[SegmentKeysKnown], None]) -> None:
        """Put the keys of the heartbeats, at once and whenever they change, for ever.

        A Secret that is gone or cannot be read changes nothing: who forgot the key would be taken for dead.
        """

        def take(event: WatchEvent) -> None:
            secret = _secret_in(event)
            if secret is None:
                return
            try:
                put(SegmentKeysKnown(segment_key.read(secret.data or {})))
            except InputError as err:
                _log.warning("Secret cannot be used", name=SEGMENT_SECRET, error=str(err))

        selectors = {"fieldSelector": f"metadata.name={SEGMENT_SECRET}"}
        await Reflector(self._client, SECRETS, take, self._namespace, selectors=selectors).run()

    def want(self, names: frozenset[str]) -> None:
        """Watch these and no others."""
        for name in self._tasks.keys() - names:
            self._tasks.pop(name).cancel()
        for name in names - self._tasks.keys():
            selectors = {"fieldSelector": f"metadata.name={name}"}
            watch = Reflector(self._client, SECRETS, partial(self._take, name), self._namespace, selectors=selectors)
            self._tasks[name] = asyncio.create_task(watch.run())

    def _take(self, name: str, event: WatchEvent) -> None:
        self._put(PasswordKnown(name, password_in(event, name)))


def password_in(event: WatchEvent, name: str) -> str:
    """Read the password out of what a watch says; empty if there is none to be used, which is logged."""
    secret = _secret_in(event)
    if secret is None:
        return ""
    try:
        return parse.secret_password(secret)
    except InputError as err:
        _log.warning("Secret cannot be used", name=name, error=str(err))
        return ""


def _secret_in(event: WatchEvent) -> objects.Secret | None:
    match event:
        case Listed(_, (objects.Secret() as found, *_)) | Changed(_, objects.Secret() as found):
            return found
        case _:
            return None
