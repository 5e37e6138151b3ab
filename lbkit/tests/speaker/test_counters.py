"""Rules of the metrics: MetalLB's names and labels.

Pure.
"""

from ipaddress import ip_address

from prometheus_client import CollectorRegistry, generate_latest

from lbkit.packet.drop import DropReason
from lbkit.speaker.counters import SpeakerMetrics
from lbkit.tests.speaker.test_loop import BY_BGP, HELD
from lbkit.tests.speaker.world import World, l2


def shown(world: World) -> list[str]:
    """Give the lines of /metrics."""
    registry = CollectorRegistry()
    registry.register(SpeakerMetrics(world.state))
    return [line for line in generate_latest(registry).decode().splitlines() if not line.startswith("#")]


def test_metrics_have_the_names_and_labels_of_metallb() -> None:
    """Dashboards and alerts carry over."""
    world = World(has_engine=True)
    world.begin(*BY_BGP, l2())
    world.engine_up(HELD)
    world.state.established = {"p"}
    address = ip_address("192.0.2.1")
    world.state.counters.requests[address] = 3
    world.state.counters.responses[address] = 2
    world.state.counters.gratuitous[address] = 6
    world.state.counters.drops[DropReason.NOT_ANNOUNCED] = 9
    lines = shown(world)
    for expected in (
        'metallb_speaker_announced{ip="192.0.2.1",node="a",protocol="layer2",service="web/s"} 1.0',
        'metallb_speaker_announced{ip="192.0.2.1",node="a",protocol="bgp",service="web/s"} 1.0',
        'metallb_layer2_requests_received{ip="192.0.2.1"} 3.0',
        'metallb_layer2_responses_sent{ip="192.0.2.1"} 2.0',
        'metallb_layer2_gratuitous_sent{ip="192.0.2.1"} 6.0',
        'metallb_bgp_session_up{peer="10.0.1.1:179"} 1.0',
        'metallb_bgp_announced_prefixes_total{peer="10.0.1.1:179"} 1.0',
        'lbkit_layer2_dropped_frames{reason="NotAnnounced"} 9.0',
        "metallb_k8s_client_config_loaded_bool 1.0",
        "metallb_k8s_client_config_stale_bool 0.0",
    ):
        assert expected in lines


def test_a_session_that_is_down_shows_zero() -> None:
    """The peer stays visible, so that an alert can see it."""
    world = World(has_engine=True)
    world.begin(*BY_BGP)
    world.engine_up(HELD)
    assert 'metallb_bgp_session_up{peer="10.0.1.1:179"} 0.0' in shown(world)
    assert 'metallb_bgp_announced_prefixes_total{peer="10.0.1.1:179"} 0.0' in shown(world)


def test_before_anything_is_known_there_are_metrics_all_the_same() -> None:
    """A scrape never fails."""
    assert "metallb_k8s_client_config_loaded_bool 0.0" in shown(World())
