"""Keeps the condition `lbkit.io/Announced` of Services: which nodes announce it, by the speakers' own status objects.

It is written apart from addresses, which must not wait for it. A Service that was never announced has none: that it is
not is said by `lbkit explain`, and a write more for each Service would be the price of saying it here.
Source: ServiceL2Status and ServiceBGPStatus (metallb.io/v1beta1); Kubernetes API conventions for conditions.

Shell: HTTP to the API server, clock, log.
"""

import asyncio
import time
from collections.abc import Callable, Mapping
from typing import Final

import structlog

from lbkit.errors import TargetError
from lbkit.kube.client import Client
from lbkit.kube.errors import NotFound
from lbkit.kube.publish import now, patch_service_status
from lbkit.kube.resources import BGP_STATUSES, L2_STATUSES
from lbkit.kube.watch import Changed, Deleted, Listed, Reflector, WatchEvent
from lbkit.model import conditions
from lbkit.model.names import CONDITION_ANNOUNCED, Reason
from lbkit.model.objects import Object
from lbkit.model.status_objects import ServiceBGPStatus, ServiceL2Status
from lbkit.model.views import Condition, Key, Service

_log = structlog.get_logger(__name__)

LOOK_S: Final = 1.0
"""Changes come in crowds, and people read it, not programs."""
GRACE_S: Final = 5.0
"""While an address moves, the object of its old owner may be gone before that of the new one is there."""
PROTOCOLS: Final = {"layer2": "layer 2", "bgp": "BGP"}


def wanted(service: Service, announcers: Mapping[str, tuple[str, ...]], at: str) -> Condition | None:
    """Say how a Service's condition should be.

    Args:
        service: with the condition as it is.
        announcers: {protocol: names of the nodes, sorted}, without protocols that nobody announces by.
        at: the present, RFC 3339.

    Returns:
        The condition; the one that is there if it says so already; None where there is to be none.
    """
    old = current(service)
    if not service.ingress or not service.is_load_balancer:
        return None
    if announcers:
        told = "; ".join(f"by {PROTOCOLS[protocol]} from {', '.join(nodes)}" for protocol, nodes in announcers.items())
        status, reason, message = "True", Reason.ANNOUNCED.value, f"announced {told}"
    elif old is None:
        return None
    else:
        status, reason = "False", "NotAnnounced"
        message = f"no node announces it; `lbkit explain {service.key}` says why"
    if old is not None and (old.status, old.reason, old.message) == (status, reason, message):
        return old
    since = conditions.since(old, status, at)
    return Condition(CONDITION_ANNOUNCED, status, reason, message, last_transition_time=since)


def current(service: Service) -> Condition | None:
    """Find the condition as it is."""
    return conditions.of_type(service.conditions, CONDITION_ANNOUNCED)


class AnnouncedConditions:
    """The conditions of all Services.

    Args:
        client: an open client.
        namespace: where the status objects are.
        services: gives the Services that are ours.
        is_leading: whether this replica writes.
        clock: monotonic seconds.
    """

    def __init__(
        self,
        client: Client,
        namespace: str,
        services: Callable[[], Mapping[Key, Service]],
        is_leading: Callable[[], bool],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._client = client
        self._services = services
        self._is_leading = is_leading
        self._clock = clock
        self._service_of: dict[tuple[str, str], Key] = {}
        self._told: dict[Key, dict[tuple[str, str], tuple[str, str]]] = {}
        self._listed: set[str] = set()
        self._dirty: set[Key] = set()
        self._looked: Mapping[Key, Service] = {}
        self._silent_s: dict[Key, float] = {}
        self.reflectors = [Reflector(client, each, self.take, namespace) for each in (L2_STATUSES, BGP_STATUSES)]

    def take(self, event: WatchEvent) -> None:
        """Take in what a watch says of the status objects."""
        kind = event.resource.kind
        match event:
            case Listed(_, found):
                self._listed.add(kind)
                for known in [each for each in self._service_of if each[0] == kind]:
                    self._forget(known)
                for item in found:
                    self._note(kind, item)
            case Changed(_, item):
                self._note(kind, item)
            case Deleted(_, item):
                self._forget((kind, item.metadata.name))

    def _note(self, kind: str, item: Object) -> None:
        if isinstance(item, ServiceL2Status | ServiceBGPStatus) and item.status.node:
            name = kind, item.metadata.name
            self._forget(name)
            key = Key(item.status.service_namespace, item.status.service_name)
            protocol = "layer2" if isinstance(item, ServiceL2Status) else "bgp"
            self._service_of[name] = key
            self._told.setdefault(key, {})[name] = protocol, item.status.node
            self._dirty.add(key)

    def _forget(self, name: tuple[str, str]) -> None:
        key = self._service_of.pop(name, None)
        if key is not None:
            told = self._told[key]
            del told[name]
            if not told:
                del self._told[key]
            self._dirty.add(key)

    async def run(self) -> None:
        """Look and write until cancelled."""
        is_failing = False
        while True:
            await asyncio.sleep(LOOK_S)
            if not self._is_leading() or len(self._listed) < len(self.reflectors):
                self._looked = {}  # another replica writes meanwhile
                continue
            try:
                await self.look()
                is_failing = False
            except TargetError as err:
                if not is_failing:
                    _log.warning("condition not written", condition=CONDITION_ANNOUNCED, error=str(err))
                is_failing = True

    async def look(self) -> None:
        """Write every condition that is not as it should be, of the Services of which anything has changed.

        Raises:
            ApiError: of the class for the answer, of the first write that fails.
        """
        services = dict(self._services())
        self._dirty |= self._silent_s.keys()
        self._dirty |= {key for key, service in services.items() if self._looked.get(key) is not service}
        self._looked = services
        for key in list(self._dirty):
            self._dirty.discard(key)
            if key not in services:
                self._silent_s.pop(key, None)
                continue
            try:
                await self._look_at(key, services[key])
            except TargetError:
                self._dirty.add(key)
                raise

    async def _look_at(self, key: Key, service: Service) -> None:
        by_protocol = self._announcers(key)
        if not by_protocol and service.ingress and current(service) is not None:
            if self._clock() < self._silent_s.setdefault(key, self._clock()) + GRACE_S:
                return
        else:
            self._silent_s.pop(key, None)
        condition = wanted(service, by_protocol, now())
        if condition != current(service):
            await self._write(key, condition)

    def _announcers(self, key: Key) -> dict[str, tuple[str, ...]]:
        found: dict[str, tuple[str, ...]] = {}
        for protocol, node in sorted(self._told.get(key, {}).values(), key=lambda each: (each[0] == "bgp", each[1])):
            found[protocol] = (*found.get(protocol, ()), node)
        return found

    async def _write(self, key: Key, condition: Condition | None) -> None:
        entry = conditions.patch_of(CONDITION_ANNOUNCED, condition)
        try:
            await patch_service_status(self._client, key, {"status": {"conditions": [entry]}})
        except NotFound:
            return  # it was deleted, which the watch will tell
