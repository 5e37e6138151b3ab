"""Rules of the decision as a whole.

Pure.
"""

from dataclasses import replace

from lbkit.announcer.decide import decide
from lbkit.model.views import BGPAdvertisement, L2Advertisement
from lbkit.tests.announcer.build import ETH0, node, peer, service, slices, snapshot


def test_the_same_snapshot_gives_the_same_decision() -> None:
    """Whatever the order of the objects in it."""
    services = [service("s", "192.0.2.1"), service("t", "192.0.2.2")]
    endpoints = {"s": slices("s", "a"), "t": slices("t", "a")}
    nodes = [node("a"), node("b")]
    options = {"l2": (L2Advertisement("l2"),), "bgp": (BGPAdvertisement("b"),), "peers": (peer("p", "10.0.1.1"),)}
    forwards = decide(snapshot(services, endpoints, nodes, **options), "a", (ETH0,))  # type: ignore[arg-type]  # options by name
    backwards = decide(snapshot(services[::-1], endpoints, nodes[::-1], **options), "a", (ETH0,))  # type: ignore[arg-type]  # options by name
    assert forwards == backwards


def test_a_service_that_is_being_deleted_is_announced_no_more() -> None:
    """Though a finalizer keeps it, and its status still shows the address (the controller may be down)."""
    item = service("s", "192.0.2.1")
    options = {"l2": (L2Advertisement("l2"),), "bgp": (BGPAdvertisement("b"),), "peers": (peer("p", "10.0.1.1"),)}
    for item, is_announced in ((item, True), (replace(item, is_deleting=True), False)):  # noqa: B020 - both states
        given = snapshot([item], {"s": slices("s", "a")}, [node("a")], **options)  # type: ignore[arg-type]  # options by name
        desired = decide(given, "a", (ETH0,))
        assert bool(desired.candidates) == bool(desired.bgp.paths["p"]) == is_announced
