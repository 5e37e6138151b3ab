"""Rules of the decision as a whole.

Pure.
"""

from ipaddress import ip_address
from time import perf_counter

import pytest

from lbkit.announcer.decide import decide
from lbkit.model.views import BGPAdvertisement, L2Advertisement
from lbkit.tests.announcer.build import ETH0, node, peer, pool, service, slices, snapshot


@pytest.mark.slow
def test_a_decision_for_a_thousand_services_takes_less_than_fifty_milliseconds() -> None:
    """The loop that decides also keeps the time; the best of ten, as the machine has other work."""
    services = [service(f"s{number}", str(ip_address(0x0A010000 + number))) for number in range(1000)]
    known = snapshot(
        services,
        {f"s{number}": slices(f"s{number}", "n0", "n1") for number in range(1000)},
        [node(f"n{number}") for number in range(5)],
        pools=(pool("main", "10.1.0.0", "10.1.255.255"),),
        l2=(L2Advertisement("l2"),),
        bgp=(BGPAdvertisement("bgp"),),
        peers=(peer("p", "10.0.1.1"), peer("q", "10.0.1.2")),
    )
    spent_s = []
    for _ in range(10):
        begun_s = perf_counter()
        decided = decide(known, "n0", (ETH0,))
        spent_s.append(perf_counter() - begun_s)
    assert len(decided.outcomes) == 1000
    assert min(spent_s) < 0.05


def test_the_same_snapshot_gives_the_same_decision() -> None:
    """Whatever the order of the objects in it."""
    services = [service("s", "192.0.2.1"), service("t", "192.0.2.2")]
    endpoints = {"s": slices("s", "a"), "t": slices("t", "a")}
    nodes = [node("a"), node("b")]
    options = {"l2": (L2Advertisement("l2"),), "bgp": (BGPAdvertisement("b"),), "peers": (peer("p", "10.0.1.1"),)}
    forwards = decide(snapshot(services, endpoints, nodes, **options), "a", (ETH0,))  # type: ignore[arg-type]  # options by name
    backwards = decide(snapshot(services[::-1], endpoints, nodes[::-1], **options), "a", (ETH0,))  # type: ignore[arg-type]  # options by name
    assert forwards == backwards
