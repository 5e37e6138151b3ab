"""Rules for the finalizer as the controller carries them out, on an API server in memory.

Pure.
"""

import asyncio
from collections.abc import AsyncIterator

import pytest

from lbkit.controller import cleanup as controller_cleanup
from lbkit.kube.resources import POOLS, SERVICES
from lbkit.model.names import FINALIZER
from lbkit.tests.controller.fake_kube import Body, FakeKube, Running, pool, service

GUARDED = {"finalizer": "true"}


@pytest.fixture
def kube() -> FakeKube:
    """Give an API server with one pool that asks for the finalizer."""
    made = FakeKube()
    made.apply(POOLS, pool("p", "10.0.0.0/30", annotations=GUARDED))
    return made


@pytest.fixture
async def running(kube: FakeKube) -> AsyncIterator[Running]:
    """Give a controller at work, with one Service that has an address."""
    async with Running(kube) as made:
        kube.list_all()
        kube.apply(SERVICES, service())
        await made.settle()
        assert kube.addresses() == ["10.0.0.0"]
        yield made


def finalizers(body: Body) -> list[str]:
    """Give a Service's finalizers."""
    return list(body["metadata"].get("finalizers", []))


def change_type(kube: FakeKube, name: str, kind: str) -> None:
    """Change a Service's type and leave the rest, as `kubectl edit` does."""
    body = kube.service(name)
    kube.apply(SERVICES, {**body, "spec": {**body["spec"], "type": kind}})


async def later(running: Running) -> None:
    """Let the time for withdrawing pass."""
    await running.settle()
    cleanup = running.loop._cleanup
    for key, (uid, is_over) in tuple(cleanup._is_over.items()):
        if not is_over:
            cleanup._finish(key, uid)
    await running.settle()


async def test_the_time_for_withdrawing_passes_by_itself(kube: FakeKube, monkeypatch: pytest.MonkeyPatch) -> None:
    """A timer ends it."""
    monkeypatch.setattr(controller_cleanup, "WITHDRAWAL_S", 0.01)
    async with Running(kube) as running:
        kube.list_all()
        kube.apply(SERVICES, service())
        await running.settle()
        kube.delete(SERVICES, "web", "shop")
        for _ in range(1000):
            await asyncio.sleep(0.005)
            if ("Service", "shop", "web") not in kube.stored:
                break
        assert ("Service", "shop", "web") not in kube.stored


async def test_the_finalizer_comes_with_the_address(kube: FakeKube, running: Running) -> None:
    """Never an address without it: both are of one write."""
    assert finalizers(kube.service()) == [FINALIZER]
    assert len(kube.writes) == 1


async def test_a_deleted_service_goes_after_its_address(kube: FakeKube, running: Running) -> None:
    """The status is blank first, for a while; then the finalizer goes, and with it the Service."""
    kube.delete(SERVICES, "web", "shop")
    await running.settle()
    assert kube.addresses() == []
    assert finalizers(kube.service()) == [FINALIZER]
    await later(running)
    assert ("Service", "shop", "web") not in kube.stored
    assert running.loop.state.services == {}
    assert running.loop.state.book.services() == {}
    kube.apply(SERVICES, service("next"))
    await running.settle()
    assert kube.addresses("next") == ["10.0.0.0"]


async def test_a_service_deleted_while_nobody_looked_goes_too(kube: FakeKube) -> None:
    """With the controller down the Service waits; the next one cleans up."""
    async with Running(kube) as running:
        kube.list_all()
        kube.apply(SERVICES, service())
        await running.settle()
    kube.delete(SERVICES, "web", "shop")
    assert kube.addresses() == ["10.0.0.0"]
    async with Running(kube) as running:
        kube.list_all()
        await later(running)
        assert ("Service", "shop", "web") not in kube.stored


async def test_a_crash_between_the_two_writes_loses_nothing(kube: FakeKube) -> None:
    """A Service without address and with the finalizer is cleaned up by whoever finds it, whatever its type is now."""
    async with Running(kube) as running:
        kube.list_all()
        kube.apply(SERVICES, service("deleted"))
        kube.apply(SERVICES, service("changed"))
        await running.settle()
        kube.delete(SERVICES, "deleted", "shop")
        change_type(kube, "changed", "ClusterIP")
        await running.settle()
        assert finalizers(kube.service("deleted")) == finalizers(kube.service("changed")) == [FINALIZER]
    async with Running(kube) as running:
        kube.list_all()
        await later(running)
        assert ("Service", "shop", "deleted") not in kube.stored
        assert finalizers(kube.service("changed")) == []
        assert kube.service("changed")["metadata"]["annotations"] == {}


async def test_a_service_that_is_no_load_balancer_any_more_is_let_go(kube: FakeKube, running: Running) -> None:
    """Its address goes, then the finalizer and our mark; and it is forgotten."""
    change_type(kube, "web", "ClusterIP")
    await running.settle()
    assert kube.addresses() == []
    assert finalizers(kube.service()) == [FINALIZER]
    await later(running)
    assert finalizers(kube.service()) == []
    assert kube.service()["metadata"]["annotations"] == {}
    assert running.loop.state.services == {}


async def test_a_service_that_changes_its_mind_keeps_the_finalizer(kube: FakeKube, running: Running) -> None:
    """With an address again there is something to clean up again; the time set before means nothing."""
    change_type(kube, "web", "ClusterIP")
    await running.settle()
    change_type(kube, "web", "LoadBalancer")
    await later(running)
    assert kube.addresses() == ["10.0.0.0"]
    assert finalizers(kube.service()) == [FINALIZER]


@pytest.mark.parametrize("annotations", [{}, {"finalizer": "false"}])
async def test_a_pool_that_asks_no_more_lets_its_services_go(
    kube: FakeKube, running: Running, annotations: dict[str, str]
) -> None:
    """The address stays; only the finalizer goes, so that lbkit can be uninstalled."""
    kube.apply(POOLS, pool("p", "10.0.0.0/30", annotations=annotations))
    await running.settle()
    assert kube.addresses() == ["10.0.0.0"]
    assert finalizers(kube.service()) == []
    kube.apply(POOLS, pool("p", "10.0.0.0/30", annotations=GUARDED))
    await running.settle()
    assert finalizers(kube.service()) == [FINALIZER]


async def test_a_service_that_lost_its_address_is_let_go(kube: FakeKube, running: Running) -> None:
    """Nothing is announced for it, so nothing has to be waited for."""
    kube.delete(POOLS, "p", "metallb-system")
    await running.settle()
    assert kube.addresses() == []
    assert finalizers(kube.service()) == [FINALIZER]
    await later(running)
    assert finalizers(kube.service()) == []


async def test_a_finalizer_of_somebody_else_stays(kube: FakeKube) -> None:
    """A cloud's controller places the same one; without our mark it is not ours to take away."""
    kube.apply(POOLS, pool("p", "10.0.0.0/30"))
    body = service()
    body["metadata"]["finalizers"] = [FINALIZER, "example.com/other"]
    async with Running(kube) as running:
        kube.list_all()
        kube.apply(SERVICES, body)
        await running.settle()
        assert kube.addresses() == ["10.0.0.0"]
        kube.delete(SERVICES, "web", "shop")
        await later(running)
        assert kube.addresses() == []
        assert finalizers(kube.service()) == [FINALIZER, "example.com/other"]


async def test_a_refused_service_that_is_deleted_is_not_counted_any_more(kube: FakeKube, running: Running) -> None:
    """What is gone waits for nothing."""
    kube.apply(SERVICES, service("waiting", annotations={"address-pool": "typo"}))
    await running.settle()
    kube.delete(SERVICES, "waiting", "shop")
    await running.settle()
    assert list(running.loop.waiting) == []
