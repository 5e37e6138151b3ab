"""Rules for the quarantine over restarts, on an API server in memory.

Pure.
"""

import asyncio
from ipaddress import ip_address
from typing import Any

import msgspec
import pytest

from lbkit.allocator.pools import Pools
from lbkit.allocator.rest import Rest
from lbkit.controller.clock import Alarm
from lbkit.controller.quarantine import MOST, remembered, written
from lbkit.controller.state import State
from lbkit.kube.resources import POOLS, SERVICES
from lbkit.model import objects, parse
from lbkit.model.times import epoch_s
from lbkit.model.views import Key
from lbkit.tests.controller.fake_kube import FakeKube, Running, pool, service

NOON = epoch_s("2026-01-01T12:00:00Z")
RESTING = {"quarantine": "30s"}


class Time:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.at_s = NOON

    def __call__(self) -> float:
        """Give the present."""
        return self.at_s


@pytest.fixture
def kube() -> FakeKube:
    """Give an API server with one pool of two addresses that rest."""
    made = FakeKube()
    made.apply(POOLS, pool("p", "10.0.0.0/31", annotations=RESTING))
    return made


def status(kube: FakeKube) -> dict[str, Any]:  # Any: JSON
    """Give the pool's status."""
    return dict(kube.stored["IPAddressPool", "metallb-system", "p"]["status"])


async def write_status(running: Running) -> None:
    """Let what the pool's status should say be written."""
    await running.settle()
    assert await running.loop.pool_status.write_all()
    await running.settle()


def ring(running: Running) -> None:
    """Let the loop's alarm ring as the event loop would."""
    timer = running.loop._alarm._timer
    assert timer is not None
    timer.cancel()
    running.loop._alarm._over()


async def test_what_rests_is_written_down_and_outlives_a_restart(kube: FakeKube) -> None:
    """The next process goes on counting; who waits for the address gets it when its time is over."""
    clock = Time()
    async with Running(kube, now_s=clock) as running:
        kube.list_all()
        kube.apply(SERVICES, service())
        await running.settle()
        kube.delete(SERVICES, "web", "shop")
        await write_status(running)
    assert status(kube)["quarantined"] == [
        {"address": "10.0.0.0", "service": "shop/web", "until": "2026-01-01T12:00:30.000000Z"}
    ]
    assert (status(kube)["assignedIPv4"], status(kube)["availableIPv4"], status(kube)["quarantinedIPv4"]) == (0, 1, 1)
    clock.at_s += 10
    async with Running(kube, now_s=clock) as running:
        kube.list_all()
        kube.apply(SERVICES, service("a"))
        kube.apply(SERVICES, service("b", annotations={"loadBalancerIPs": "10.0.0.0"}))
        await running.settle()
        assert kube.addresses("a") == ["10.0.0.1"]
        assert kube.condition("b") == ("False", "AddressQuarantined")
        clock.at_s += 20
        ring(running)
        await write_status(running)
        assert kube.addresses("b") == ["10.0.0.0"]
        assert (status(kube)["availableIPv4"], status(kube)["quarantinedIPv4"]) == (0, 0)
        assert status(kube)["quarantined"] == []


async def test_its_last_holder_has_it_back_after_a_restart(kube: FakeKube) -> None:
    """The name is written down, so that a Service that is made again finds its address."""
    async with Running(kube, now_s=Time()) as running:
        kube.list_all()
        kube.apply(SERVICES, service())
        await running.settle()
        kube.delete(SERVICES, "web", "shop")
        await write_status(running)
    async with Running(kube, now_s=Time()) as running:
        kube.list_all()
        kube.apply(SERVICES, service("earlier", created="2025-01-01T00:00:00Z"))
        kube.apply(SERVICES, service())
        await running.settle()
        assert kube.addresses() == ["10.0.0.0"]
        assert kube.addresses("earlier") == ["10.0.0.1"]


async def test_who_waits_is_served_when_the_time_is_over(kube: FakeKube) -> None:
    """The loop wakes by itself; an alarm that rings too early is set again."""
    kube.apply(POOLS, pool("p", "10.0.0.0/32", annotations=RESTING))
    clock = Time()
    async with Running(kube, now_s=clock) as running:
        kube.list_all()
        kube.apply(SERVICES, service())
        await running.settle()
        kube.delete(SERVICES, "web", "shop")
        kube.apply(SERVICES, service("next"))
        await running.settle()
        assert kube.condition("next") == ("False", "PoolExhausted")
        clock.at_s += 29.999
        ring(running)
        await running.settle()
        assert kube.addresses("next") == []
        clock.at_s += 0.001
        ring(running)
        await running.settle()
        assert kube.addresses("next") == ["10.0.0.0"]


async def test_an_alarm_rings_once_at_the_last_time_set() -> None:
    """Setting it again replaces what was set; None stops it."""
    rung: list[None] = []
    alarm = Alarm(lambda: rung.append(None))
    alarm.set(NOON + 100, NOON)
    alarm.set(NOON + 0.01, NOON)
    alarm.set(NOON + 0.01, NOON)
    await asyncio.sleep(0.05)
    assert len(rung) == 1
    alarm.set(NOON + 0.01, NOON)
    alarm.set(None, NOON)
    await asyncio.sleep(0.03)
    assert len(rung) == 1


def test_what_is_written_is_read_again() -> None:
    """To the microsecond."""
    state, item = resting_state(3)
    body = {**pool("p", "10.0.0.0/16", annotations=RESTING), "status": {"quarantined": written(state.book, item)}}
    read = list(remembered([decoded(body)]))
    assert read == list(state.book.resting())
    assert len(read) == 3


def test_a_status_does_not_grow_without_bounds() -> None:
    """Of too many, those that rest longest are remembered."""
    state, item = resting_state(MOST + 10)
    found = written(state.book, item)
    assert len(found) == MOST
    assert found[-1]["address"] == str(ip_address("10.0.0.0") + MOST + 9)


@pytest.mark.parametrize(
    "entry",
    [{}, {"address": "x"}, {"address": "10.0.0.1", "service": "a/b", "until": "soon"}, {"address": "10.0.0.0/30"}],
)
def test_an_entry_that_makes_no_sense_is_passed_over(entry: dict[str, str]) -> None:
    """Somebody may have edited the status; the others count."""
    good = {"address": "10.0.0.2", "service": "a/b", "until": "2026-01-01T12:00:30Z"}
    body = {**pool("p", "10.0.0.0/30", annotations=RESTING), "status": {"quarantined": [entry, good]}}
    assert list(remembered([decoded(body)])) == [Rest(ip_address("10.0.0.2"), Key("a", "b"), NOON + 30)]


def decoded(body: dict[str, Any]) -> objects.Pool:  # Any: JSON
    """Decode a pool as the reflector does."""
    return msgspec.json.decode(msgspec.json.encode(body), type=objects.Pool)


def resting_state(count: int) -> tuple[State, Any]:  # Any: the pool's view
    """Give a state in which many addresses rest, one second after the other."""
    item = parse.pool(decoded(pool("p", "10.0.0.0/16", annotations={"quarantine": "24h"})))
    state = State("metallb-system")
    state.book.use_pools(Pools([item]))
    state.tick(NOON)
    rests = [Rest(ip_address("10.0.0.0") + n, Key("shop", str(n)), NOON + n + 1.25) for n in range(count)]
    state.book.restore(rests)
    return state, item
