"""The speaker's process: makes the parts, joins them, and runs them until it is told to stop.

On SIGTERM it stops answering, so that the segment asks anew, and leaves the BGP engine as it is: when only this
container restarts, no session and no route must notice. When the pod goes, the engine goes with it and says so to its
peers.

Shell: everything.
"""

import asyncio
import time
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from prometheus_client import CollectorRegistry

from lbkit.gobgp.events import EngineEvent
from lbkit.kernel import interfaces
from lbkit.kernel.raw import Wire
from lbkit.kernel.routers import RouterWatch
from lbkit.kube.client import Client
from lbkit.kube.configuration_state import ConfigurationStateWriter
from lbkit.kube.publish import record_event
from lbkit.kube.watch import Reflector
from lbkit.model.configuration_state import Component
from lbkit.process.serve import serving
from lbkit.process.signals import stop_event
from lbkit.process.tasks import run_until
from lbkit.speaker.counters import Counters, SpeakerMetrics, State
from lbkit.speaker.events import InboxEvent, InterfacesChanged, RoutersSeen
from lbkit.speaker.loop import Settings, Speaker, pump
from lbkit.speaker.picture import CONFIGURATION, PARSERS
from lbkit.speaker.responder import Responder
from lbkit.speaker.secrets import SecretWatches
from lbkit.speaker.teller import Teller

COMPONENT = "metallb-speaker"
"""As MetalLB's events name it."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where this process runs, and what it talks to.

    Args:
        namespace: of the configuration and the Secrets.
        port: of the endpoint; 0 for none.
        gobgp_socket: the engine's; empty for no BGP.
        kubeconfig: None for the ServiceAccount of this pod.
    """

    namespace: str
    port: int
    gobgp_socket: str = ""
    kubeconfig: Path | None = None


async def run(settings: Settings, place: Place) -> None:
    """Run until SIGTERM or SIGINT.

    Raises:
        InputError: no API server is known.
        TargetError: the port is taken.
    """
    stop = stop_event()
    client = Client.from_kubeconfig(place.kubeconfig) if place.kubeconfig else Client.in_cluster()
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(client)
        inbox: asyncio.Queue[InboxEvent] = asyncio.Queue()
        state = State(settings.k8s_node, Counters())
        responder = Responder(state.counters, time.monotonic)
        responder.attach(Wire(responder.on_frame))
        stack.callback(responder.stop)
        engine = _engine(place.gobgp_socket, inbox.put_nowait) if place.gobgp_socket else None
        teller = Teller(partial(record_event, client, component=COMPONENT, instance=settings.k8s_node))
        secrets = SecretWatches(client, place.namespace, inbox.put_nowait)
        component = Component("speaker", settings.k8s_node)
        configuration_state = ConfigurationStateWriter(client, place.namespace, component)
        speaker = Speaker(
            settings,
            state,
            responder=responder,
            engine=engine,
            tell=teller.tell,
            show=configuration_state.tell,
            want_routers=RouterWatch(lambda seen: inbox.put_nowait(RoutersSeen(seen))).want,
            want_secrets=secrets.want,
        )
        registry = CollectorRegistry()
        registry.register(SpeakerMetrics(state))
        await stack.enter_async_context(serving(place.port, speaker.not_ready, registry))
        watches = [
            Reflector(client, resource, inbox.put_nowait, place.namespace if resource in CONFIGURATION else None)
            for resource in PARSERS
        ]
        works = [pump(inbox, speaker), responder.tell(), teller.run(), configuration_state.run()]
        works += [watch.run() for watch in watches]
        works.append(interfaces.watch(lambda found: inbox.put_nowait(InterfacesChanged(found))))
        if engine is not None:
            works.append(engine.run())
        await run_until(stop, works)


def _engine(socket: str, put: Callable[[EngineEvent], None]) -> Any:
    """Make the engine's driver; gRPC takes 12 MB and is loaded only where there is an engine."""
    from lbkit.gobgp.driver import Engine  # noqa: PLC0415  # see above

    return Engine(f"unix:{socket}", put)
