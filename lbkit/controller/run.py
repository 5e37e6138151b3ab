"""Puts the controller together: client, reflectors, loop, election, endpoint; and runs it until it is told to stop.

Shell: the API server, a listening socket, signals.
"""

import asyncio
import platform
import uuid
from collections.abc import Coroutine
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import structlog

from lbkit.controller.announced import AnnouncedConditions
from lbkit.controller.api import KubeApi
from lbkit.controller.configuration import CONFIGURATION_RESOURCES
from lbkit.controller.leadership import Leadership
from lbkit.controller.loop import Loop
from lbkit.controller.segment_secret import SegmentSecret
from lbkit.controller.state import OPTIONAL, RESOURCES
from lbkit.kube.client import REQUEST_S, Client
from lbkit.kube.configuration_state import ConfigurationStateWriter
from lbkit.kube.watch import Reflector
from lbkit.model.configuration_state import Component
from lbkit.process.serve import serving
from lbkit.process.signals import stop_event
from lbkit.process.tasks import run_until

_log = structlog.get_logger(__name__)

_WATCH_AGAIN_S: Final = 5.0
"""The longest wait before a watch is tried again: there are only two controllers, and both are needed at once when the
API server is back."""


@dataclass(frozen=True, slots=True)
class Options:
    """What the command line and the environment say.

    Args:
        namespace: where the configuration objects are.
        lb_class: our loadBalancerClass; empty to serve Services without one.
        port: of /healthz, /readyz and /metrics; 0 for none.
        pod_name: for Events, and for the Lease; may be empty.
        pod_uid: tells this pod from a later one of its name, in the Lease; may be empty outside a pod.
        leader_elect: whether other replicas may run.
        kubeconfig: None inside a pod.
        context: of the kubeconfig; None for its own choice.
    """

    namespace: str
    lb_class: str = ""
    port: int = 9120
    pod_name: str = ""
    pod_uid: str = ""
    leader_elect: bool = True
    kubeconfig: Path | None = None
    context: str | None = None


async def run(options: Options) -> None:
    """Run the controller until SIGTERM or SIGINT.

    Raises:
        InputError: the API server's address or our proof of identity is missing.
        TargetError: the port is taken.
    """
    stop = stop_event()
    client = Client.from_kubeconfig(options.kubeconfig, options.context) if options.kubeconfig else Client.in_cluster()
    async with client:
        await run_with(client, options, stop)
    _log.info("controller stopped")


async def run_with(client: Client, options: Options, stop: asyncio.Event) -> None:
    """Run the controller with an open client until `stop` is set.

    Raises:
        TargetError: the port is taken.
    """
    configuration_state = ConfigurationStateWriter(client, options.namespace, Component("controller"))

    def write_time_s() -> float:
        """Give how long a write may take; without other replicas there is nobody to make room for."""
        return leadership.elector.write_time_s() if leadership is not None else REQUEST_S

    api = KubeApi(client, options.namespace, options.pod_name, write_time_s=write_time_s)
    loop = Loop(api, options.namespace, options.lb_class, show=configuration_state.tell)
    reflectors = [
        Reflector(
            client,
            resource,
            loop.put,
            options.namespace if resource in CONFIGURATION_RESOURCES else None,
            is_optional=resource in OPTIONAL,
            longest_s=_WATCH_AGAIN_S,
        )
        for resource in RESOURCES
    ]
    loop.metrics.watch(reflectors)
    leadership = None
    if options.leader_elect:
        leadership = Leadership(client, api, loop, reflectors, namespace=options.namespace, identity=_identity(options))
    else:
        loop.elect()

    def ready() -> str:
        """Name what is missing, and why where a reflector knows."""
        if waiting := loop.ready():
            return "\n".join([waiting, *(item.trouble for item in reflectors if item.trouble)])
        return leadership.elector.trouble if leadership is not None and not loop.is_leading else ""

    def role() -> str:
        """Say whether this replica leads."""
        return leadership.role() if leadership is not None else "leading, without election"

    segment_secret = SegmentSecret(client, options.namespace, lambda: loop.is_leading)
    work: list[Coroutine[None, None, None]] = [loop.run(), loop.pool_status.run(), configuration_state.run()]
    work.append(segment_secret.run())
    announced = AnnouncedConditions(client, options.namespace, lambda: loop.state.services, lambda: loop.is_leading)
    work += [announced.run(), *(each.run() for each in announced.reflectors)]
    work += [item.run() for item in reflectors]
    if leadership is not None:
        work.append(leadership.run())
    async with serving(options.port, ready, loop.metrics.registry, role=role):
        _log.info("controller started", namespace=options.namespace, lb_class=options.lb_class or None)
        await run_until(stop, work)
        if leadership is not None:
            await leadership.resign()


def _identity(options: Options) -> str:
    """Give who we are in the Lease: the same after the container was restarted in its pod, another one in every pod."""
    return f"{options.pod_name or platform.node()}_{options.pod_uid or uuid.uuid4()}"
