"""The metrics that the speaker shows: MetalLB's by MetalLB's names, lbkit's own by `lbkit_`.

Metrics are put together when they are asked for, from what the speaker knows then, so that nothing has to be kept in
step.
Source: MetalLB's metric names (facts of its API), Prometheus exposition format 0.0.4.

Pure.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from lbkit.announcer.desired import Bgp, Outcome
from lbkit.model.names import Reason
from lbkit.model.views import Key
from lbkit.speaker import segment_metrics
from lbkit.speaker.counted import Counters
from lbkit.speaker.segments import Segments


@dataclass(slots=True)
class State:
    """What the metrics show of the speaker.

    Args:
        segments: what is known of the layer-2 side.
        outcomes: of the last decision.
        bgp: what the engine holds.
        established: names of the peers whose session is up.
        problems: how many objects cannot be used as they are.
    """

    k8s_node: str
    counters: Counters
    segments: Segments
    outcomes: Mapping[Key, Outcome] = field(default_factory=dict)
    bgp: Bgp = field(default_factory=Bgp)
    established: set[str] = field(default_factory=set)
    is_engine_up: bool = False
    is_loaded: bool = False
    problems: int = 0


class SpeakerMetrics(Collector):
    """Shows a State."""

    def __init__(self, state: State) -> None:
        self._state = state

    def collect(self) -> Iterator[Metric]:
        """Put all metrics together."""
        yield self._announced()
        yield from segment_metrics.collect(self._state.counters, self._state.segments)
        yield from self._bgp()
        state = self._state
        yield GaugeMetricFamily(
            "metallb_k8s_client_config_loaded_bool", "1 if a configuration was loaded.", float(state.is_loaded)
        )
        yield GaugeMetricFamily(
            "metallb_k8s_client_config_stale_bool",
            "1 if some object of the configuration is used in an older state, or not at all.",
            float(state.problems > 0),
        )

    def _announced(self) -> Metric:
        family = GaugeMetricFamily(
            "metallb_speaker_announced",
            "Services announced from this node, by protocol and address.",
            labels=("service", "protocol", "node", "ip"),
        )
        for key, outcome in self._state.outcomes.items():
            for address in outcome.layer2_addresses:
                family.add_metric((str(key), "layer2", self._state.k8s_node, str(address)), 1)
            for address in outcome.bgp_addresses:
                if outcome.bgp is Reason.ANNOUNCED:
                    family.add_metric((str(key), "bgp", self._state.k8s_node, str(address)), 1)
        return family

    def _bgp(self) -> Iterator[Metric]:
        up = GaugeMetricFamily("metallb_bgp_session_up", "1 while the session is established.", labels=("peer",))
        prefixes = GaugeMetricFamily(
            "metallb_bgp_announced_prefixes_total", "Prefixes advertised to the peer.", labels=("peer",)
        )
        for name, session in self._state.bgp.sessions.items():
            host = f"[{session.address}]" if session.address.version == 6 else str(session.address)
            labels = (f"{host}:{session.port}",)
            is_up = self._state.is_engine_up and name in self._state.established
            up.add_metric(labels, float(is_up))
            prefixes.add_metric(labels, len(self._state.bgp.paths.get(name, {})) if is_up else 0)
        yield up
        yield prefixes
        yield GaugeMetricFamily(
            "lbkit_bgp_engine_up", "1 while the BGP engine answers.", float(self._state.is_engine_up)
        )
