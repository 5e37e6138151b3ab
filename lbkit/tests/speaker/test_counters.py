"""Rules of the metrics: MetalLB's names and labels.

Pure.
"""

from ipaddress import ip_address

from prometheus_client import CollectorRegistry, generate_latest

from lbkit.gobgp.events import Look, Messages, SessionsSeen
from lbkit.packet.drop import DropReason
from lbkit.speaker.counters import SpeakerMetrics
from lbkit.speaker.orders import Other, Report, Tally
from lbkit.tests.speaker.test_loop import BY_BGP, HELD
from lbkit.tests.speaker.world import PLAIN, World, l2, peer


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


def test_what_the_engine_counts_is_shown_by_session() -> None:
    """By the names of MetalLB's FRR exporter; flaps and withdrawals are lbkit's."""
    world = World(has_engine=True)
    world.begin(*BY_BGP)
    world.engine_up(HELD)
    world.put(SessionsSeen({"p": Look("Established", bfd="Up", sent=Messages(1, 5, 0, 9, 0, 15))}))
    world.state.flaps["p"] = 2
    world.state.withdrawals.add(0.02)
    lines = shown(world)
    for expected in (
        'metallb_bgp_opens_sent{peer="10.0.1.1:179"} 1.0',
        'metallb_bgp_updates_total{peer="10.0.1.1:179"} 5.0',
        'metallb_bgp_total_sent{peer="10.0.1.1:179"} 15.0',
        'metallb_bfd_session_up{peer="10.0.1.1:179"} 1.0',
        'lbkit_bgp_session_flaps_total{peer="10.0.1.1:179"} 2.0',
        'lbkit_bgp_withdraw_seconds_bucket{le="0.025"} 1.0',
        "lbkit_bgp_withdraw_seconds_count 1.0",
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


def test_what_is_owned_and_who_is_heard_is_shown() -> None:
    """Since when, in which term; heartbeats by sender."""
    world = World()
    world.begin(*PLAIN)
    others = (Other("eth0", "b", "eth0", is_alive=True, heard=90, lost=2, known_after_s=0.05),)
    packed = ip_address("192.0.2.1").packed
    tally = Tally(conflicts={packed: 1}, drops={"NoLease": 2}, heartbeats={"eth0": 9})
    world.put(Report(others=others, tally=tally), Report(tally=Tally(heartbeats={"eth0": 9})))
    lines = shown(world)
    for expected in (
        'lbkit_layer2_owner{interface="eth0",ip="192.0.2.1"} 1.0',
        'lbkit_layer2_term{interface="eth0",ip="192.0.2.1"} 1.0',
        "lbkit_layer2_take_overs_total 1.0",
        'lbkit_layer2_heartbeats_sent_total{interface="eth0"} 18.0',
        'lbkit_layer2_peer_up{interface="eth0",peer="b/eth0"} 1.0',
        'lbkit_layer2_heartbeats_received_total{interface="eth0",peer="b/eth0"} 90.0',
        'lbkit_layer2_heartbeats_lost_total{interface="eth0",peer="b/eth0"} 2.0',
        'lbkit_layer2_heartbeat_known_seconds{interface="eth0",peer="b/eth0"} 0.05',
        'lbkit_layer2_conflicts_total{ip="192.0.2.1"} 1.0',
        'lbkit_layer2_dropped_frames{reason="NoLease"} 2.0',
    ):
        assert expected in lines
    assert any(line.startswith("lbkit_layer2_owner_since_seconds{") for line in lines)


def test_without_a_peer_the_engine_is_left_alone() -> None:
    """It is no fault then that it does not answer, so no metric says so."""
    world = World(has_engine=True)
    world.begin(*PLAIN)
    assert world.engine.needs == 0
    assert not any(line.startswith("lbkit_bgp_engine_up") for line in shown(world))
    world.change(peer())
    assert world.engine.needs == 1
    assert "lbkit_bgp_engine_up 0.0" in shown(world)
