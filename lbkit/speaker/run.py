"""The speaker's process: makes the parts, joins them, and runs them until it is told to stop.

On SIGTERM it hands its layer-2 addresses over, has BGP routers turn to other nodes, and ends when both are done. After
a crash of this container alone the BGP engine is found as it was: no session and no route notices.

Shell: everything.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Final

from prometheus_client import CollectorRegistry

from lbkit.gobgp.late import LateEngine
from lbkit.kernel import interfaces
from lbkit.kernel.routers import RouterWatch
from lbkit.kube.client import Client
from lbkit.kube.configuration_state import ConfigurationStateWriter
from lbkit.kube.publish import record_event
from lbkit.kube.resources import BGP_SESSION_STATES, BGP_STATUSES, L2_STATUSES, Resource
from lbkit.kube.status_keeper import Owner, S, StatusKeeper
from lbkit.kube.watch import Reflector
from lbkit.model.configuration_state import Component
from lbkit.model.status_objects import Wanted
from lbkit.process.serve import serving
from lbkit.process.signals import stop_event
from lbkit.process.tasks import run_until
from lbkit.speaker import bgp_status, departure
from lbkit.speaker.counted import Counters
from lbkit.speaker.counters import SpeakerMetrics, State
from lbkit.speaker.events import ApiHeard, InboxEvent, InterfacesChanged, RoutersSeen
from lbkit.speaker.layer2 import WireProcess
from lbkit.speaker.loop import Settings, Speaker, pump
from lbkit.speaker.orphans import Orphans
from lbkit.speaker.picture import CONFIGURATION, PARSERS
from lbkit.speaker.secrets import SecretWatches
from lbkit.speaker.segments import Segments
from lbkit.speaker.service_status import service_of
from lbkit.speaker.teller import Teller

COMPONENT = "metallb-speaker"
"""As MetalLB's events name it."""
API_S: Final = 1.0
"""How often is looked whether the watches work."""
HAND_OVER_S: Final = 5.0
"""How long the end waits for other nodes to take over; they do within milliseconds, if at all."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where this process runs, and what it talks to.

    Args:
        namespace: of the configuration and the Secrets.
        port: of the endpoint; 0 for none.
        gobgp_socket: the engine's; empty for no BGP.
        owner: this pod, which owns the status objects.
        kubeconfig: None for the ServiceAccount of this pod.
    """

    namespace: str
    port: int
    gobgp_socket: str = ""
    owner: Owner = field(default_factory=lambda: Owner("", ""))
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
        counters = Counters()
        state = State(settings.k8s_node, counters, Segments(settings.k8s_node, counters))
        wire = WireProcess(inbox.put_nowait)
        engine = LateEngine(Path(place.gobgp_socket), inbox.put_nowait) if place.gobgp_socket else None
        teller = Teller(partial(record_event, client, component=COMPONENT, instance=settings.k8s_node))
        secrets = SecretWatches(client, place.namespace, inbox.put_nowait)
        component = Component("speaker", settings.k8s_node)
        configuration_state = ConfigurationStateWriter(client, place.namespace, component)

        def keeper(resource: Resource[S], prefix: str, identity: Callable[[S], str]) -> StatusKeeper[S]:
            node, owner = settings.k8s_node, place.owner
            return StatusKeeper(client, resource, place.namespace, node, owner=owner, prefix=prefix, identity=identity)

        service_states = keeper(BGP_STATUSES, "bgp-", service_of)
        session_states = keeper(BGP_SESSION_STATES, "session-", bgp_status.peer_of)
        layer2_states = keeper(L2_STATUSES, "l2-", service_of)
        orphans = Orphans(client, place.namespace)

        def show_layer2(services: Mapping[str, Wanted], alive: frozenset[str]) -> None:
            layer2_states.want(services)
            orphans.note(services.keys(), alive)

        def show_bgp(services: Mapping[str, Wanted], sessions: Mapping[str, Wanted]) -> None:
            service_states.want(services)
            session_states.want(sessions)

        speaker = Speaker(
            settings,
            state,
            order=wire.order,
            engine=engine,
            tell=teller.tell,
            show=configuration_state.tell,
            show_bgp=show_bgp,
            show_layer2=show_layer2,
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
        works = [pump(inbox, speaker), wire.run(), teller.run(), configuration_state.run()]
        works += [layer2_states.run(), orphans.run()]
        works += [watch.run() for watch in watches]
        works.append(interfaces.watch(lambda found: inbox.put_nowait(InterfacesChanged(found))))
        works.append(secrets.watch_segment_keys(inbox.put_nowait))
        works.append(_watch_api(watches, inbox.put_nowait))
        if engine is not None:
            works += [engine.run(), service_states.run(), session_states.run()]
        works.append(depart(stop, speaker, wire))
        await run_until(asyncio.Event(), works)


async def _watch_api(watches: Sequence[Reflector], put: Callable[[ApiHeard], None]) -> None:
    """Put whether what is known of the API is current, whenever that changes, for ever."""
    was_current = True
    while True:
        await asyncio.sleep(API_S)
        is_current = not any(watch.trouble for watch in watches if watch.listings)
        if is_current != was_current:
            was_current = is_current
            put(ApiHeard(is_current))


async def depart(stop: asyncio.Event, speaker: Speaker, wire: WireProcess) -> None:
    """When it is to stop, leave segments and routers at once, and have the process on the wire end."""
    await stop.wait()
    speaker.leave()
    from_routers = asyncio.create_task(departure.depart(speaker.bgp))
    with suppress(TimeoutError):
        await asyncio.wait_for(speaker.has_left.wait(), HAND_OVER_S)
    await from_routers
    await wire.end(speaker.last_orders())
