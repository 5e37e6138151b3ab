"""Rules for the controller's loop, on an API server in memory.

Pure.
"""

import pytest

from lbkit.controller import loop as controller_loop
from lbkit.controller.state import RESOURCES
from lbkit.kube import resources
from lbkit.kube.resources import NAMESPACES, NODES, POOLS, SERVICES
from lbkit.tests.controller.fake_kube import FakeKube, Running, node, pool, service


@pytest.fixture(autouse=True)
def _no_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    """Retries come at once."""
    monkeypatch.setattr(controller_loop, "delay_s", lambda _: 0.0)


@pytest.fixture
def kube() -> FakeKube:
    """Give an API server with one pool of four addresses."""
    made = FakeKube()
    made.apply(POOLS, pool("p", "10.0.0.0/30"))
    return made


async def test_a_service_gets_an_address_in_one_write(kube: FakeKube) -> None:
    """Address, annotation and condition in one write, then one Event, then silence."""
    async with Running(kube) as running:
        kube.list_all()
        await running.settle()
        kube.apply(SERVICES, service())
        await running.settle()
        assert kube.addresses() == ["10.0.0.0"]
        assert kube.condition() == ("True", "Assigned")
        assert kube.service()["metadata"]["annotations"] == {"metallb.io/ip-allocated-from-pool": "p"}
        assert len(kube.writes) == 1
        assert kube.told() == ["IPAllocated"]


async def test_nothing_acts_before_everything_is_listed(kube: FakeKube) -> None:
    """With one kind missing nothing is written, whatever is known; readiness names it."""
    kube.apply(SERVICES, service())
    async with Running(kube) as running:
        assert all(item.kind in running.loop.ready() for item in RESOURCES)
        kube.list_all(*(item for item in RESOURCES if item is not resources.COMMUNITIES))
        await running.settle()
        assert kube.writes == []
        assert running.loop.ready() == "waiting for the first listing of Community"
        kube.list_all(resources.COMMUNITIES)
        await running.settle()
        assert kube.addresses() == ["10.0.0.0"]
        assert running.loop.ready() == ""


async def test_a_restart_keeps_every_address_and_writes_nothing(kube: FakeKube) -> None:
    """Everything is in the API server; a new process finds it there."""
    async with Running(kube) as running:
        kube.list_all()
        for name in ("a", "b", "c"):
            kube.apply(SERVICES, service(name))
        await running.settle()
        kube.delete(SERVICES, "a", "shop")
        await running.settle()
    before = (kube.addresses("b"), kube.addresses("c"))
    kube.writes.clear()
    async with Running(kube) as running:
        kube.list_all()
        await running.settle()
    assert (kube.addresses("b"), kube.addresses("c")) == before == (["10.0.0.1"], ["10.0.0.2"])
    assert kube.writes == []


async def test_idle_writes_nothing(kube: FakeKube) -> None:
    """Listings, node heartbeats and touches of a Service that change nothing cause no write and no Event."""
    async with Running(kube) as running:
        kube.list_all()
        kube.apply(SERVICES, service())
        kube.apply(SERVICES, service("waiting", annotations={"address-pool": "typo"}))
        await running.settle()
        kube.writes.clear()
        kube.events.clear()
        for _ in range(3):
            kube.list_all()
            kube.apply(NODES, node("n", "172.18.0.2"))
            kube.apply(NAMESPACES, {"metadata": {"name": "shop"}})
            kube.stored["Service", "shop", "web"]["metadata"]["labels"] = {"touched": "yes"}
            kube.apply(SERVICES, kube.service())
            await running.settle()
        assert kube.writes == []
        assert kube.events == []


@pytest.mark.parametrize("kind", ["ClusterIP", "NodePort"])
async def test_a_service_that_is_no_load_balancer_any_more_gives_its_address_back(kube: FakeKube, kind: str) -> None:
    """Ingress, annotation and condition of ours go; the address is there for the next one."""
    async with Running(kube) as running:
        kube.list_all()
        kube.apply(SERVICES, service())
        await running.settle()
        kube.apply(SERVICES, {**kube.service(), "spec": {**kube.service()["spec"], "type": kind}})
        await running.settle()
        assert kube.addresses() == []
        assert kube.condition() == ("", "")
        assert kube.service()["metadata"]["annotations"] == {}
        kube.apply(SERVICES, service("next"))
        await running.settle()
        assert kube.addresses("next") == ["10.0.0.0"]


async def test_a_deleted_service_makes_room_for_a_waiting_one(kube: FakeKube) -> None:
    """Those who were refused are decided for again when something is given back, oldest first."""
    kube.apply(POOLS, pool("p", "10.0.0.0/32"))
    async with Running(kube) as running:
        kube.list_all()
        kube.apply(SERVICES, service("has"))
        await running.settle()
        kube.apply(SERVICES, service("late", created="2026-01-03T00:00:00Z"))
        kube.apply(SERVICES, service("early", created="2026-01-02T00:00:00Z"))
        await running.settle()
        assert kube.condition("late") == kube.condition("early") == ("False", "PoolExhausted")
        kube.delete(SERVICES, "has", "shop")
        await running.settle()
        assert kube.addresses("early") == ["10.0.0.0"]
        assert kube.addresses("late") == []
        assert kube.told().count("AllocationFailed") == 2


async def test_a_service_missing_from_a_new_listing_is_gone(kube: FakeKube) -> None:
    """After 410 the listing is the truth: what is not in it was deleted while nobody looked."""
    async with Running(kube) as running:
        kube.list_all()
        kube.apply(SERVICES, service("a"))
        await running.settle()
        del kube.stored["Service", "shop", "a"]
        kube.list_all(SERVICES)
        kube.apply(SERVICES, service("b"))
        await running.settle()
        assert kube.addresses("b") == ["10.0.0.0"]


@pytest.mark.parametrize(
    ("ours", "theirs", "is_served"),
    [("", None, True), ("", "x", False), ("x", "x", True), ("x", None, False), ("x", "y", False)],
    ids=["no class", "theirs has one", "the same", "theirs has none", "another"],
)
async def test_only_services_of_our_class_are_touched(
    kube: FakeKube, ours: str, theirs: str | None, is_served: bool
) -> None:
    """KEP-1959: without a class, those without one; with a class, exactly those."""
    async with Running(kube, ours) as running:
        kube.list_all()
        kube.apply(SERVICES, service(loadBalancerClass=theirs))
        await running.settle()
        assert bool(kube.addresses()) == is_served
        assert bool(kube.writes) == is_served


async def test_conditions_of_others_survive(kube: FakeKube) -> None:
    """Only our condition is written."""
    foreign = {"type": "example.com/Ready", "status": "True", "reason": "Fine", "message": ""}
    async with Running(kube) as running:
        kube.list_all()
        kube.apply(SERVICES, service(status={"conditions": [foreign]}))
        await running.settle()
        kinds = [entry["type"] for entry in kube.service()["status"]["conditions"]]
        assert kinds == ["example.com/Ready", "lbkit.io/Allocated"]


async def test_a_deprecated_annotation_is_told_once(kube: FakeKube) -> None:
    """It works; one Event says that it has a newer name, whatever happens to the Service afterwards."""
    old = {"metallb.universe.tf/loadBalancerIPs": "10.0.0.3"}
    async with Running(kube) as running:
        kube.list_all()
        body = service()
        kube.apply(SERVICES, {**body, "metadata": {**body["metadata"], "annotations": old}})
        await running.settle()
        assert kube.addresses() == ["10.0.0.3"]
        for _ in range(3):
            kube.apply(SERVICES, kube.service())
            kube.list_all()
            await running.settle()
        assert sorted(kube.told()) == ["IPAllocated", "deprecatedAnnotation"]


async def test_a_new_pool_serves_those_who_wait(kube: FakeKube) -> None:
    """No pool, then a pool: pending is explained, then over."""
    kube.stored.clear()
    async with Running(kube) as running:
        kube.list_all()
        kube.apply(SERVICES, service())
        await running.settle()
        assert kube.condition() == ("False", "NoPoolConfigured")
        kube.apply(POOLS, pool("p", "10.0.0.0/30"))
        await running.settle()
        assert kube.addresses() == ["10.0.0.0"]
        assert kube.told() == ["AllocationFailed", "IPAllocated"]


async def test_an_invalid_pool_leaves_the_last_good_configuration(kube: FakeKube) -> None:
    """A typing error takes no address away; it is told on the object, counted, and over when put right."""
    async with Running(kube) as running:
        kube.list_all()
        kube.apply(SERVICES, service("a"))
        await running.settle()
        kube.apply(POOLS, pool("p", "10.0.0.9-10.0.0.1"))
        kube.apply(SERVICES, service("b"))
        await running.settle()
        assert (kube.addresses("a"), kube.addresses("b")) == (["10.0.0.0"], ["10.0.0.1"])
        assert running.loop.metrics.config_stale._value.get() == 1
        first, last = running.shown[0], running.shown[-1]
        assert first == ()
        assert last
        assert last[0].startswith("IPAddressPool p: spec.addresses[0]")
        assert running.loop.ready() == ""
        records = [record for record in kube.events if record.reason == "InvalidConfiguration"]
        assert [(record.regarding.kind, record.regarding.key.name) for record in records] == [("IPAddressPool", "p")]
        kube.apply(POOLS, pool("p", "10.0.9.0/30"))
        await running.settle()
        assert (kube.addresses("a"), kube.addresses("b")) == (["10.0.9.0"], ["10.0.9.1"])
        assert running.loop.metrics.config_stale._value.get() == 0


async def test_an_invalid_configuration_at_the_start_touches_nothing(kube: FakeKube) -> None:
    """Without a last good one nothing is decided: addresses stay, and readiness says why."""
    kube.apply(POOLS, pool("q", "10.0.0.0/24"))
    kube.apply(SERVICES, service(status={"loadBalancer": {"ingress": [{"ip": "10.0.0.2"}]}}))
    async with Running(kube) as running:
        kube.list_all()
        await running.settle()
        assert kube.addresses() == ["10.0.0.2"]
        assert kube.writes == []
        assert "configuration is invalid" in running.loop.ready()
        kube.delete(POOLS, "q", "metallb-system")
        await running.settle()
        assert kube.addresses() == ["10.0.0.2"]
        assert kube.condition() == ("True", "Assigned")


async def test_problems_of_other_kinds_do_not_stop_allocation(kube: FakeKube) -> None:
    """A bad BGPPeer is told, and pools go on."""
    async with Running(kube) as running:
        kube.list_all()
        kube.apply(resources.BGP_PEERS, {"metadata": {"name": "tor", "namespace": "metallb-system"}, "spec": {}})
        kube.apply(POOLS, pool("q", "10.0.1.0/30"))
        kube.apply(SERVICES, service(annotations={"address-pool": "q"}))
        await running.settle()
        assert kube.addresses() == ["10.0.1.0"]
        assert "InvalidConfiguration" in kube.told()
        assert running.loop.metrics.config_stale._value.get() == 0


async def test_a_pool_that_holds_a_node_s_address_is_refused(kube: FakeKube) -> None:
    """The node came first; the pool's last good ranges stay in force."""
    async with Running(kube) as running:
        kube.list_all()
        kube.apply(NODES, node("n", "172.18.0.2"))
        await running.settle()
        kube.apply(POOLS, pool("q", "172.18.0.0/24"))
        kube.apply(SERVICES, service(annotations={"address-pool": "q"}))
        await running.settle()
        assert kube.condition() == ("False", "UnknownPool")
        assert "InvalidConfiguration" in kube.told()


async def test_a_node_s_address_is_never_given_away(kube: FakeKube) -> None:
    """A node that comes into a pool takes nothing from anybody, and nobody is given what is the node's."""
    async with Running(kube) as running:
        kube.list_all()
        kube.apply(SERVICES, service("a"))
        await running.settle()
        kube.apply(NODES, node("n", "10.0.0.1"))
        kube.apply(NODES, node("m", "10.0.0.0"))
        kube.apply(SERVICES, service("b"))
        kube.apply(SERVICES, service("c", annotations={"loadBalancerIPs": "10.0.0.1"}))
        await running.settle()
        assert (kube.addresses("a"), kube.addresses("b")) == (["10.0.0.0"], ["10.0.0.2"])
        assert kube.condition("c") == ("False", "AddressReserved")
        kube.delete(NODES, "n")
        await running.settle()
        assert kube.addresses("c") == ["10.0.0.1"]


async def test_a_namespace_s_new_label_opens_a_pool(kube: FakeKube) -> None:
    """Namespace selectors follow the labels."""
    allocation = {"namespaceSelectors": [{"matchLabels": {"team": "red"}}]}
    kube.apply(POOLS, pool("p", "10.0.0.0/30", serviceAllocation=allocation))
    kube.apply(NAMESPACES, {"metadata": {"name": "shop"}})
    async with Running(kube) as running:
        kube.list_all()
        kube.apply(SERVICES, service())
        await running.settle()
        assert kube.condition() == ("False", "NoPoolMatches")
        kube.apply(NAMESPACES, {"metadata": {"name": "shop", "labels": {"team": "red"}}})
        await running.settle()
        assert kube.addresses() == ["10.0.0.0"]


async def test_a_service_made_anew_under_its_name_is_another_one(kube: FakeKube) -> None:
    """Deleted and created again before we looked: the old hold ends, the new one is served."""
    async with Running(kube) as running:
        kube.list_all()
        kube.apply(SERVICES, service())
        await running.settle()
        del kube.stored["Service", "shop", "web"]
        kube.apply(SERVICES, service())
        await running.settle()
        assert kube.addresses() == ["10.0.0.0"]
        assert len(running.loop.state.book.services()) == 1


@pytest.mark.slow
async def test_a_thousand_services_get_an_address_each_in_one_write(kube: FakeKube) -> None:
    """Many at once: all different, one write each, nothing after."""
    kube.apply(POOLS, pool("p", "10.8.0.0/16"))
    async with Running(kube) as running:
        kube.list_all()
        for number in range(1000):
            kube.apply(SERVICES, service(f"s{number}"))
        while running.loop._writing or running.loop.state.dirty or len(kube.writes) < 1000:
            await running.settle()
        assert len({kube.addresses(f"s{number}")[0] for number in range(1000)}) == 1000
        assert len(kube.writes) == 1000
