"""Keeps this component's ConfigurationState true, whoever changes or deletes it.

Shell: HTTP to the API server, clock, log.
"""

import asyncio
from functools import partial
from typing import Final

import structlog

from lbkit.kube.client import Client
from lbkit.kube.keep import keep
from lbkit.kube.publish import now, patch_status
from lbkit.kube.resources import CONFIGURATION_STATES
from lbkit.kube.watch import Changed, Deleted, Listed, Reflector, WatchEvent
from lbkit.model import status_objects
from lbkit.model.configuration_state import Component, wanted_status
from lbkit.model.views import Key

_log = structlog.get_logger(__name__)

_HOLD_BACK_S: Final = 0.2
"""An `apply` of many objects is seen as many changes; the last one is told."""


class ConfigurationStateWriter:
    """Writes what `tell` was told last, whenever the object says something else.

    Args:
        client: an open client.
        namespace: where the configuration objects are.
        component: who speaks.
    """

    def __init__(self, client: Client, namespace: str, component: Component) -> None:
        self._client = client
        self._component = component
        self._key = Key(namespace, component.name)
        self._problems: tuple[str, ...] | None = None
        self._there: status_objects.ConfigurationState | None = None
        self._is_listed = False
        self._moved = asyncio.Event()

    def tell(self, problems: tuple[str, ...] | None) -> None:
        """Say what is wrong with the configuration.

        Args:
            problems: one line each; empty if it is in force as it stands; None if that is somebody else's to say.
        """
        if problems != self._problems:
            self._problems = problems
            self._moved.set()

    async def run(self) -> None:
        """Watch and write until cancelled."""
        selectors = {"fieldSelector": f"metadata.name={self._key.name}"}
        watch = Reflector(self._client, CONFIGURATION_STATES, self._see, self._key.namespace, selectors=selectors)
        warn = partial(_log.warning, "ConfigurationState not written", name=self._key.name)
        await keep(watch, self._moved, self._write, hold_back_s=_HOLD_BACK_S, warn=warn)

    def _see(self, event: WatchEvent) -> None:
        match event:
            case Listed(_, found):
                self._there = next(
                    (each for each in found if isinstance(each, status_objects.ConfigurationState)), None
                )
                self._is_listed = True
            case Changed(_, status_objects.ConfigurationState() as item):
                self._there = item
            case Deleted():
                self._there = None
        self._moved.set()

    async def _write(self) -> None:
        if self._problems is None or not self._is_listed:
            return
        old = self._there.status if self._there is not None else None
        status = wanted_status(self._component, self._problems, old, now())
        if status is None:
            return
        if self._there is None:
            metadata = {"name": self._key.name, "labels": self._component.labels}
            self._there = await self._client.create(CONFIGURATION_STATES, {"metadata": metadata}, self._key.namespace)
        self._there = await patch_status(self._client, CONFIGURATION_STATES, self._key, status)
