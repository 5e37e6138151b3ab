"""Rules for the loop's writes that go wrong or take long, on an API server in memory.

Pure.
"""

import asyncio
from typing import Any

import pytest

from lbkit.controller import loop as controller_loop
from lbkit.kube.errors import ApiError, Unreachable
from lbkit.kube.resources import POOLS, SERVICES
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


async def test_a_conflict_is_decided_again_on_the_fresh_state(kube: FakeKube) -> None:
    """A Service that changed under our hands is read and decided for again; what changed is respected."""
    async with Running(kube) as running:
        kube.list_all()
        await running.settle()
        kube.gate = asyncio.Event()
        kube.apply(SERVICES, service())
        await running.settle()
        kube.apply(SERVICES, service(annotations={"loadBalancerIPs": "10.0.0.3"}), tell=False)
        kube.gate.set()
        await running.settle()
        assert kube.addresses() == ["10.0.0.3"]
        assert kube.told() == ["IPAllocated"]
        assert running.loop.metrics.writes.labels("conflict")._value.get() == 1


async def test_a_change_during_a_write_is_decided_after_it(kube: FakeKube) -> None:
    """One write at a time for a Service; what the watch tells meanwhile is not lost."""
    async with Running(kube) as running:
        kube.list_all()
        await running.settle()
        kube.gate = asyncio.Event()
        kube.apply(SERVICES, service())
        await running.settle()
        kube.apply(SERVICES, service(type="ClusterIP"))
        await running.settle()
        kube.gate.set()
        await running.settle()
        assert kube.addresses() == []
        kube.apply(SERVICES, service("next"))
        await running.settle()
        assert kube.addresses("next") == ["10.0.0.0"]


@pytest.mark.parametrize(
    "error",
    [
        Unreachable("reset"),
        ApiError("etcd leader changed", status=500),
        ApiError("busy", status=429, retry_after_s=0.0),
    ],
)
async def test_a_failed_write_is_tried_again(kube: FakeKube, error: ApiError) -> None:
    """The address stays reserved meanwhile, and nobody else gets it."""
    kube.failures.extend([error, error, None])
    async with Running(kube) as running:
        kube.list_all()
        kube.apply(SERVICES, service("a"))
        kube.apply(SERVICES, service("b"))
        await running.settle()
        assert sorted(kube.addresses("a") + kube.addresses("b")) == ["10.0.0.0", "10.0.0.1"]
        assert kube.told() == ["IPAllocated", "IPAllocated"]


async def test_a_write_whose_answer_was_lost_is_not_repeated(kube: FakeKube) -> None:
    """The Service is read first; it shows the address already, so there is nothing to write."""

    async def write_and_break(key: Any, body: Any) -> Any:  # Any: as in Api
        kube.patched(key, body)
        raise Unreachable("reset")

    async with Running(kube) as running:
        kube.list_all()
        await running.settle()
        kube.patch_service_status = write_and_break  # type: ignore[method-assign]  # a fake that breaks
        kube.apply(SERVICES, service())
        await running.settle()
        assert kube.addresses() == ["10.0.0.0"]
        assert len(kube.writes) == 1


async def test_a_service_deleted_during_its_write_stays_deleted(kube: FakeKube) -> None:
    """The late answer of a write does not bring a Service back; its address is free."""
    async with Running(kube) as running:
        kube.list_all()
        await running.settle()
        kube.gate = asyncio.Event()
        kube.apply(SERVICES, service())
        await running.settle()
        kube.delete(SERVICES, "web", "shop")
        kube.gate.set()
        await running.settle()
        assert running.loop.state.services == {}
        assert running.loop.state.book.services() == {}


async def test_nobody_shows_an_address_that_another_still_shows(kube: FakeKube) -> None:
    """While an address moves, at no version of the API do two Services show it."""
    kube.apply(POOLS, pool("p", "10.0.0.0/31"))
    async with Running(kube) as running:
        kube.list_all()
        kube.apply(SERVICES, service("a"))
        await running.settle()
        kube.gate = asyncio.Event()
        kube.apply(SERVICES, service("a", annotations={"loadBalancerIPs": "10.0.0.1"}))
        kube.apply(SERVICES, service("b"))
        await running.settle()
        assert kube.addresses("b") == []
        kube.gate.set()
        await running.settle()
        assert (kube.addresses("a"), kube.addresses("b")) == (["10.0.0.1"], ["10.0.0.0"])
