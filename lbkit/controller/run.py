"""Puts the controller together: client, reflectors, loop, endpoint; and runs it until it is told to stop.

Shell: the API server, a listening socket, signals.
"""

from dataclasses import dataclass
from pathlib import Path

import structlog

from lbkit.controller.api import KubeApi
from lbkit.controller.configuration import CONFIGURATION_RESOURCES
from lbkit.controller.loop import Loop
from lbkit.controller.state import RESOURCES
from lbkit.kube.client import Client
from lbkit.kube.configuration_state import ConfigurationStateWriter
from lbkit.kube.watch import Reflector
from lbkit.model.configuration_state import Component
from lbkit.process.serve import serving
from lbkit.process.signals import stop_event
from lbkit.process.tasks import run_until

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Options:
    """What the command line and the environment say.

    Args:
        namespace: where the configuration objects are.
        lb_class: our loadBalancerClass; empty to serve Services without one.
        port: of /healthz, /readyz and /metrics; 0 for none.
        pod_name: for Events; may be empty.
        kubeconfig: None inside a pod.
        context: of the kubeconfig; None for its own choice.
    """

    namespace: str
    lb_class: str = ""
    port: int = 9120
    pod_name: str = ""
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
        configuration_state = ConfigurationStateWriter(client, options.namespace, Component("controller"))
        api = KubeApi(client, options.namespace, options.pod_name)
        loop = Loop(api, options.namespace, options.lb_class, show=configuration_state.tell)
        reflectors = [
            Reflector(client, resource, loop.put, options.namespace if resource in CONFIGURATION_RESOURCES else None)
            for resource in RESOURCES
        ]

        def ready() -> str:
            """Name what is missing, and why where a reflector knows."""
            waiting = loop.ready()
            troubles = [item.trouble for item in reflectors if item.trouble] if waiting else []
            return "\n".join([waiting, *troubles]) if waiting else ""

        async with serving(options.port, ready, loop.metrics.registry):
            _log.info("controller started", namespace=options.namespace, lb_class=options.lb_class or None)
            writers = [loop.pool_status.run(), configuration_state.run()]
            await run_until(stop, [loop.run(), *writers, *(item.run() for item in reflectors)])
        _log.info("controller stopped")
