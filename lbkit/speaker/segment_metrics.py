"""The metrics of the layer-2 side: MetalLB's by MetalLB's names, what it owns and whom it hears by lbkit's.

MetalLB's counters have no `_total`, which is why they are shown as untyped: the client library would add it.

Pure.
"""

from collections.abc import Iterator, Mapping

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric

from lbkit.speaker.counted import Counters
from lbkit.speaker.segments import Segments


def collect(counters: Counters, segments: Segments) -> Iterator[Metric]:
    """Put them together."""
    yield from _frames(counters)
    yield from _owned(segments)
    yield from _others(segments)
    take_overs = CounterMetricFamily(
        "lbkit_layer2_take_overs", "How often this node began to answer for an address on an interface."
    )
    take_overs.add_metric((), counters.take_overs)
    yield take_overs
    sent = CounterMetricFamily("lbkit_layer2_heartbeats_sent", "Heartbeats sent.", labels=("interface",))
    for interface, count in counters.heartbeats.items():
        sent.add_metric((interface,), count)
    yield sent
    conflicts = CounterMetricFamily(
        "lbkit_layer2_conflicts", "Frames of hosts outside the cluster that claim an address of ours.", labels=("ip",)
    )
    for address, count in counters.conflicts.items():
        conflicts.add_metric((str(address),), count)
    yield conflicts


def _frames(counters: Counters) -> Iterator[Metric]:
    for name, text, counts in (
        ("requests_received", "Requests for announced addresses heard.", counters.requests),
        ("responses_sent", "Replies sent.", counters.responses),
        ("gratuitous_sent", "Gratuitous frames sent.", counters.gratuitous),
    ):
        yield plain(f"metallb_layer2_{name}", text, {("ip", str(key)): count for key, count in counts.items()})
    drops = {("reason", reason): count for reason, count in counters.drops.items()}
    yield plain("lbkit_layer2_dropped_frames", "Frames heard and left unanswered, by reason.", drops)
    yield plain("lbkit_layer2_unsent_frames", "Frames the kernel did not take.", {("", ""): counters.unsent})


def _owned(segments: Segments) -> Iterator[Metric]:
    labels = ("ip", "interface")
    owned = GaugeMetricFamily("lbkit_layer2_owner", "1 for each address that this node answers for.", labels=labels)
    term = GaugeMetricFamily("lbkit_layer2_term", "The term in which it does.", labels=labels)
    since = GaugeMetricFamily("lbkit_layer2_owner_since_seconds", "Since when it does; Unix time.", labels=labels)
    for (address, interface), ownership in segments.held.items():
        where = str(address), interface
        owned.add_metric(where, 1)
        term.add_metric(where, ownership.term)
        since.add_metric(where, ownership.since_s)
    yield from (owned, term, since)


def _others(segments: Segments) -> Iterator[Metric]:
    labels = ("interface", "peer")
    up = GaugeMetricFamily("lbkit_layer2_peer_up", "1 while another station of the segment is alive.", labels=labels)
    heard = CounterMetricFamily("lbkit_layer2_heartbeats_received", "Heartbeats heard, by sender.", labels=labels)
    lost = CounterMetricFamily("lbkit_layer2_heartbeats_lost", "Heartbeats missing between them.", labels=labels)
    known = GaugeMetricFamily(
        "lbkit_layer2_heartbeat_known_seconds",
        "How long after our last heartbeat that it heard was sent it said so: round trip and its wait of up to 0.13 s.",
        labels=labels,
    )
    for each in segments.others:
        where = each.interface, f"{each.node}/{each.station}"
        up.add_metric(where, float(each.is_alive))
        heard.add_metric(where, each.heard)
        lost.add_metric(where, each.lost)
        if each.known_after_s >= 0:
            known.add_metric(where, each.known_after_s)
    yield from (up, heard, lost, known)


def plain(name: str, text: str, counts: Mapping[tuple[str, str], int]) -> Metric:
    """Make an untyped metric with one label; an empty label name means none."""
    metric = Metric(name, text, "unknown")
    for (label, value), count in counts.items():
        metric.add_sample(name, {label: value} if label else {}, count)
    return metric
