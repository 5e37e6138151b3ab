"""The metrics that the speaker shows: MetalLB's by MetalLB's names, lbkit's own by `lbkit_`.

Metrics are put together when they are asked for, from what the speaker knows then, so that nothing has to be kept in
step.
Source: MetalLB's metric names (facts of its API), Prometheus exposition format 0.0.4.

Pure.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import accumulate
from math import inf, isinf
from typing import Final

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

from lbkit.announcer.desired import Bgp, Outcome, Session
from lbkit.gobgp.events import Look
from lbkit.model.names import Reason
from lbkit.model.views import Key
from lbkit.speaker import segment_metrics
from lbkit.speaker.bgp_status import SessionEnd
from lbkit.speaker.counted import Counters
from lbkit.speaker.segments import Segments

WITHDRAWAL_BOUNDS_S: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)


@dataclass(slots=True)
class Durations:
    """A histogram: how many took up to each bound, in seconds, and how long all took together."""

    bounds_s: tuple[float, ...]
    counts: Counter[float] = field(default_factory=Counter)
    total_s: float = 0.0

    def add(self, duration_s: float, times: int = 1) -> None:
        """Count some that took as long."""
        bound = next((each for each in self.bounds_s if duration_s <= each), inf)
        self.counts[bound] += times
        self.total_s += duration_s * times

    @property
    def buckets(self) -> list[tuple[str, int]]:
        """As Prometheus wants them: each holds all that is below its bound too."""
        bounds = (*self.bounds_s, inf)
        running = accumulate(self.counts[bound] for bound in bounds)
        return [("+Inf" if isinf(bound) else str(bound), count) for bound, count in zip(bounds, running, strict=True)]


@dataclass(slots=True)
class State:
    """What the metrics show of the speaker.

    Args:
        segments: what is known of the layer-2 side.
        outcomes: of the last decision.
        bgp: what the engine holds.
        established: names of the peers whose session is up.
        is_engine_up: whether the BGP engine answers; None as long as nothing needs it.
        problems: how many objects cannot be used as they are.
        looks: {peer name: how the engine sees the session}.
        flaps: {peer name: how often an established session went down}.
        ends: {peer name: how its session ended last}.
        withdrawals: how long each took, from the decision until the engine had sent it.
    """

    k8s_node: str
    counters: Counters
    segments: Segments
    outcomes: Mapping[Key, Outcome] = field(default_factory=dict)
    bgp: Bgp = field(default_factory=Bgp)
    established: set[str] = field(default_factory=set)
    is_engine_up: bool | None = None
    is_loaded: bool = False
    problems: int = 0
    looks: Mapping[str, Look] = field(default_factory=dict)
    flaps: Counter[str] = field(default_factory=Counter)
    ends: dict[str, SessionEnd] = field(default_factory=dict)
    withdrawals: Durations = field(default_factory=lambda: Durations(WITHDRAWAL_BOUNDS_S))


MESSAGE_COUNTERS: Final[tuple[tuple[str, str, Callable[[Look], int]], ...]] = (
    ("opens_sent", "OPEN messages sent.", lambda look: look.sent.opens),
    ("opens_received", "OPEN messages received.", lambda look: look.received.opens),
    ("notifications_sent", "NOTIFICATION messages sent.", lambda look: look.sent.notifications),
    ("updates_total", "UPDATE messages sent.", lambda look: look.sent.updates),
    ("updates_total_received", "UPDATE messages received.", lambda look: look.received.updates),
    ("keepalives_sent", "KEEPALIVE messages sent.", lambda look: look.sent.keepalives),
    ("keepalives_received", "KEEPALIVE messages received.", lambda look: look.received.keepalives),
    ("route_refresh_sent", "ROUTE-REFRESH messages sent.", lambda look: look.sent.refreshes),
    ("total_sent", "Messages sent.", lambda look: look.sent.total),
    ("total_received", "Messages received.", lambda look: look.received.total),
)
"""MetalLB's names, without their prefix, which its FRR exporter has."""


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
            labels = (session_label(session),)
            is_up = bool(self._state.is_engine_up) and name in self._state.established
            up.add_metric(labels, float(is_up))
            prefixes.add_metric(labels, len(self._state.bgp.paths.get(name, {})) if is_up else 0)
        yield up
        yield prefixes
        yield from self._sessions()
        if self._state.is_engine_up is not None:
            yield GaugeMetricFamily(
                "lbkit_bgp_engine_up", "1 while the BGP engine answers.", float(self._state.is_engine_up)
            )

    def _sessions(self) -> Iterator[Metric]:
        """Show what the engine says of each session; counters are the engine's own, since it was started."""
        state = self._state
        labels = {name: session_label(session) for name, session in state.bgp.sessions.items()}
        looks = {labels[name]: look for name, look in state.looks.items() if name in labels}
        for name, text, count in MESSAGE_COUNTERS:
            counts = {("peer", label): count(look) for label, look in looks.items()}
            yield segment_metrics.plain(f"metallb_bgp_{name}", text, counts)
        bfd = GaugeMetricFamily("metallb_bfd_session_up", "1 while the BFD session is up.", labels=("peer",))
        for label, look in looks.items():
            if look.bfd != "N/A":
                bfd.add_metric((label,), float(look.bfd == "Up"))
        yield bfd
        flaps = CounterMetricFamily(
            "lbkit_bgp_session_flaps", "How often an established session went down.", labels=("peer",)
        )
        for name, label in labels.items():
            flaps.add_metric((label,), state.flaps[name])
        yield flaps
        yield HistogramMetricFamily(
            "lbkit_bgp_withdraw_seconds",
            "From the decision to withdraw a prefix until the engine had taken it.",
            buckets=state.withdrawals.buckets,
            sum_value=state.withdrawals.total_s,
        )


def session_label(session: Session) -> str:
    """Name a session as MetalLB's metrics do: address and port of the peer."""
    host = f"[{session.address}]" if session.address.version == 6 else str(session.address)
    return f"{host}:{session.port}"
