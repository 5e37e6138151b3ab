"""Rules for replicas: one decides, the others know all it knows, and nothing is given twice when it changes.

Pure, but for HTTP on the loopback in the last ones.
"""

import asyncio
from collections import deque
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from prometheus_client import generate_latest

from lbkit.controller import loop as controller_loop
from lbkit.controller.api import KubeApi, NotLeadingError
from lbkit.kube.access import Access, Token
from lbkit.kube.client import Client
from lbkit.kube.errors import Unreachable
from lbkit.kube.resources import POOLS, SERVICES
from lbkit.kube.watch import Listed, WatchEvent
from lbkit.model.views import Key
from lbkit.tests.controller.fake_kube import FakeKube, Running, pool, service


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


def scrape(running: Running) -> str:
    """Give the metrics as Prometheus reads them."""
    return generate_latest(running.loop.metrics.registry).decode()


async def test_a_standby_is_ready_and_writes_nothing(kube: FakeKube) -> None:
    """It knows everything; Services, conditions, Events and ConfigurationState are the leader's."""
    kube.apply(POOLS, pool("bad", "10.0.0.9-10.0.0.1"))
    async with Running(kube, is_leading=False) as running:
        kube.list_all()
        kube.apply(SERVICES, service())
        await running.settle()
        assert running.loop.ready() == ""
        assert running.loop.is_synced.is_set()
        assert (kube.writes, kube.events, running.shown) == ([], [], [])
        assert len(running.loop.state.services) == 1


async def test_a_new_leader_takes_over_what_there_is(kube: FakeKube) -> None:
    """Addresses stay without a write, what waits is served, and the configuration is told."""
    kube.apply(SERVICES, service("has", status={"loadBalancer": {"ingress": [{"ip": "10.0.0.2"}]}}))
    async with Running(kube, is_leading=False) as running:
        kube.list_all()
        kube.apply(SERVICES, service("waits"))
        await running.settle()
        running.loop.elect()
        await running.settle()
        assert (kube.addresses("has"), kube.addresses("waits")) == (["10.0.0.2"], ["10.0.0.0"])
        assert running.shown == [()]


async def test_a_deposed_leader_stops_at_once(kube: FakeKube) -> None:
    """What is under way is cancelled, what was to come is not begun, and the ConfigurationState is not its own."""
    async with Running(kube) as running:
        kube.list_all()
        await running.settle()
        kube.gate = asyncio.Event()
        kube.apply(SERVICES, service("under-way"))
        await running.settle()
        running.loop.depose()
        kube.apply(SERVICES, service("to-come"))
        await running.settle()
        kube.gate.set()
        await running.settle()
        assert kube.writes == []
        assert kube.told() == []
        assert running.shown[-1] is None


async def test_a_deposition_outruns_the_inbox(kube: FakeKube) -> None:
    """A loop that has much to do still writes nothing after it: the writer is shut before the loop knows."""
    async with Running(kube) as running:
        kube.list_all()
        await running.settle()
        kube.apply(SERVICES, service())
        running.loop.depose()
        await running.settle()
        assert kube.writes == []


async def test_a_deposition_amid_a_long_decision_ends_the_writes(kube: FakeKube) -> None:
    """Deciding for many takes turns with the rest of the process, which may lose the Lease meanwhile."""
    for number in range(500):
        kube.apply(SERVICES, service(f"s{number}"))
    kube.apply(POOLS, pool("p", "10.0.0.0/16"))
    async with Running(kube) as running:
        kube.list_all()
        for _ in range(1000):
            await asyncio.sleep(0)
            if kube.writes:
                break
        assert len(kube.writes) < 500
        running.loop.depose()
        before = len(kube.writes)
        await running.settle()
        assert len(kube.writes) == before < 500
        assert running.loop.state.is_whole
        kube.list_all(SERVICES, POOLS)
        running.loop.elect()
        for _ in range(20):
            await running.settle()
        assert len(kube.writes) == 500


async def test_what_was_decided_and_not_written_is_forgotten(kube: FakeKube) -> None:
    """While somebody else led, the address was given to another one."""
    async with Running(kube) as running:
        kube.list_all()
        await running.settle()
        kube.gate = asyncio.Event()
        kube.apply(SERVICES, service("a"))
        await running.settle()
        assert running.loop.state.book.services()
        running.loop.depose()
        await running.settle()
        assert running.loop.state.book.services() == {}
        kube.gate = None
        kube.apply(SERVICES, service("b", status={"loadBalancer": {"ingress": [{"ip": "10.0.0.0"}]}}), tell=False)
        kube.list_all()
        running.loop.elect()
        await running.settle()
        assert (kube.addresses("a"), kube.addresses("b")) == (["10.0.0.1"], ["10.0.0.0"])


async def test_a_standby_remembers_the_last_good_configuration(kube: FakeKube) -> None:
    """A pool that was broken before the take-over is broken for the new leader too, and its last good state counts."""
    async with Running(kube, is_leading=False) as running:
        kube.list_all()
        await running.settle()
        kube.apply(POOLS, pool("p", "10.0.0.9-10.0.0.1"))
        await running.settle()
        running.loop.elect()
        kube.apply(SERVICES, service())
        await running.settle()
        assert kube.addresses() == ["10.0.0.0"]
        assert running.loop.metrics.config_stale._value.get() == 1


async def test_an_idle_take_over_writes_nothing(kube: FakeKube) -> None:
    """Back and forth with nothing to do: no write, no Event on a Service."""
    async with Running(kube) as running:
        kube.list_all()
        kube.apply(SERVICES, service())
        kube.apply(SERVICES, service("waiting", annotations={"address-pool": "typo"}))
        await running.settle()
        kube.writes.clear()
        kube.events.clear()
        for _ in range(3):
            running.loop.depose()
            kube.list_all(SERVICES, POOLS)
            running.loop.elect()
            await running.settle()
        assert (kube.writes, kube.events) == ([], [])


async def test_only_the_leader_shows_pools(kube: FakeKube) -> None:
    """MetalLB's alerts join pools by name; two replicas that show one pool would break them."""
    async with Running(kube) as running:
        kube.list_all()
        kube.apply(SERVICES, service(annotations={"address-pool": "typo"}))
        await running.settle()
        leading = scrape(running)
        running.loop.depose()
        await running.settle()
        standing_by = scrape(running)
    for line in (
        "lbkit_controller_leader 1.0",
        'leader_election_master_status{name="metallb-controller"} 1.0',
        'metallb_allocator_addresses_total{pool="p"} 4.0',
        'lbkit_controller_services_without_address{reason="UnknownPool"} 1.0',
    ):
        assert line in leading.splitlines()
    assert "lbkit_controller_leader 0.0" in standing_by.splitlines()
    assert "metallb_allocator_addresses_total" not in standing_by
    assert "UnknownPool" not in standing_by


async def test_the_last_door_is_shut_while_another_one_may_lead() -> None:
    """Whoever forgot to ask: no status is written then."""
    async with Client(Access("http://127.0.0.1:1", None, Token())) as client:
        shut = KubeApi(client, "metallb-system", write_time_s=lambda: 0.0)
        with pytest.raises(NotLeadingError):
            await shut.patch_service_status(Key("a", "x"), {})
        with pytest.raises(NotLeadingError):
            await shut.patch_pool_status("p", {})
        with pytest.raises(Unreachable):
            await KubeApi(client, "metallb-system").patch_pool_status("p", {})


class Watched(FakeKube):
    """Checks at every write that nothing is shown twice, and lets each replica's watch lag."""

    def __init__(self, replicas: int) -> None:
        super().__init__()
        self.lagging: list[deque[WatchEvent]] = [deque() for _ in range(replicas)]

    def fan_out(self, event: WatchEvent) -> None:
        """Tell every replica, some time."""
        for lag in self.lagging:
            lag.append(event)
        shown = [
            entry["ip"]
            for (kind, _, _), body in self.stored.items()
            if kind == "Service"
            for entry in body["status"].get("loadBalancer", {}).get("ingress") or ()
        ]
        assert len(shown) == len(set(shown)), shown

    def relisted(self, number: int) -> Iterator[Listed]:
        """Give what a replica lists when it has won: its old watches are over, and nothing lags."""
        self.lagging[number].clear()
        found: list[WatchEvent] = []
        self.connect(found.append)
        self.list_all(SERVICES, POOLS)
        self.connect(self.fan_out)
        return (event for event in found if isinstance(event, Listed))


OPERATIONS = st.one_of(
    st.tuples(st.just("create"), st.integers(0, 5)),
    st.tuples(st.just("delete"), st.integers(0, 5)),
    st.tuples(st.just("ask"), st.integers(0, 5), st.integers(0, 3)),
    st.tuples(st.just("deliver"), st.integers(0, 1), st.integers(1, 8)),
    st.tuples(st.just("work"), st.integers(0, 12)),
    st.tuples(st.just("break"), st.booleans()),
    st.tuples(st.just("turn")),
)


async def _play(operations: list[tuple[Any, ...]]) -> None:  # Any: words and numbers
    kube = Watched(2)
    kube.apply(POOLS, pool("p", "10.0.0.0/30"))
    replicas = [Running(kube, is_leading=False) for _ in range(2)]
    leader = 0
    async with replicas[0], replicas[1]:
        kube.connect(kube.fan_out)
        for replica in replicas:
            kube.connect(replica.loop.put)
            kube.list_all()
        kube.connect(kube.fan_out)
        replicas[0].loop.elect()

        def deliver(number: int, most: int) -> None:
            for _ in range(min(most, len(kube.lagging[number]))):
                replicas[number].loop.put(kube.lagging[number].popleft())

        def turn() -> None:
            nonlocal leader
            replicas[leader].loop.depose()
            leader = 1 - leader
            for event in kube.relisted(leader):
                replicas[leader].loop.put(event)
            replicas[leader].loop.elect()

        for operation in operations:
            match operation:
                case ("create", number):
                    kube.apply(SERVICES, service(f"s{number}"))
                case ("ask", number, last):
                    kube.apply(SERVICES, service(f"s{number}", annotations={"loadBalancerIPs": f"10.0.0.{last}"}))
                case ("delete", number) if ("Service", "shop", f"s{number}") in kube.stored:
                    kube.delete(SERVICES, f"s{number}", "shop")
                case ("deliver", number, most):
                    deliver(number, most)
                case ("work", turns):
                    for _ in range(turns):
                        await asyncio.sleep(0)
                case ("break", is_lost):
                    kube.failures.append(Unreachable("reset") if is_lost else None)
                case ("turn",):
                    turn()
        kube.failures.clear()
        for _ in range(4):
            for number in (0, 1):
                deliver(number, 1000)
            await replicas[0].settle()
            await replicas[1].settle()
        names = [name for kind, _, name in kube.stored if kind == "Service"]
        served = [name for name in names if kube.addresses(name)]
        asked = [
            name for name in names if kube.service(name)["metadata"]["annotations"].get("metallb.io/loadBalancerIPs")
        ]
        assert len(served) >= min(4, len(names) - len(asked)), (names, served)
        assert not any(kube.lagging)


@pytest.mark.slow
@settings(max_examples=60)
@given(st.lists(OPERATIONS, max_size=40))
def test_nothing_is_given_twice_whoever_leads(operations: list[tuple[Any, ...]]) -> None:  # Any: words and numbers
    """Leaders change at any moment, watches lag, writes are lost: at no version do two Services show one address."""
    asyncio.run(_play(operations))
