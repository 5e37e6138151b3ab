"""Rules for the status of IPAddressPools.

Pure.
"""

import asyncio
from ipaddress import ip_address
from typing import Any

import msgspec
import pytest

from lbkit.allocator.pools import Pools
from lbkit.allocator.sharing import Claim
from lbkit.controller import pool_status
from lbkit.controller.pool_status import PoolStatusWriter, wanted_status
from lbkit.controller.state import State
from lbkit.kube.errors import Unreachable
from lbkit.kube.resources import POOLS, SERVICES
from lbkit.model import objects, parse
from lbkit.model.views import Key
from lbkit.tests.controller.fake_kube import FakeKube, Running, pool, service

AT = "2026-01-01T00:00:00Z"
VALID = {
    "type": "lbkit.io/Valid",
    "status": "True",
    "reason": "Valid",
    "message": "",
    "observedGeneration": 0,
    "lastTransitionTime": AT,
}


def stored(body: dict[str, Any]) -> objects.Pool:  # Any: JSON
    """Decode a pool as the reflector does."""
    return msgspec.json.decode(msgspec.json.encode(body), type=objects.Pool)


def state_with(item: objects.Pool) -> State:
    """Give a state whose book has one pool."""
    state = State("metallb-system")
    state.book.use_pools(Pools([parse.pool(item)]))
    return state


@pytest.mark.parametrize(
    ("addresses", "expected"),
    [
        pytest.param(["10.0.0.0/30"], (4, 0), id="IPv4"),
        pytest.param(["10.0.0.0/30", "2001:db8::/64"], (4, 2**63 - 1), id="more than an int64 holds"),
        pytest.param(["2001:db8::/126"], (0, 4), id="IPv6"),
    ],
)
def test_counters_count_addresses(addresses: list[str], expected: tuple[int, int]) -> None:
    """Assigned and available, by family."""
    item = stored(pool("p", *addresses))
    wanted = wanted_status(parse.pool(item), (), item, state_with(item), AT)
    assert wanted == {
        "assignedIPv4": 0,
        "availableIPv4": expected[0],
        "assignedIPv6": 0,
        "availableIPv6": expected[1],
        "conditions": [VALID],
    }


def test_a_status_that_is_right_needs_no_write() -> None:
    """Only what differs is written, an edit by hand included."""
    status = {"assignedIPv4": 0, "availableIPv4": 4, "assignedIPv6": 0, "availableIPv6": 0, "conditions": [VALID]}
    item = stored({**pool("p", "10.0.0.0/30"), "status": status})
    assert wanted_status(parse.pool(item), (), item, state_with(item), "2027-01-01T00:00:00Z") == {}
    edited = stored({**pool("p", "10.0.0.0/30"), "status": {**status, "assignedIPv4": 99}})
    assert wanted_status(parse.pool(edited), (), edited, state_with(edited), AT) == {"assignedIPv4": 0}


def test_the_condition_names_the_generation_it_speaks_of() -> None:
    """Who has changed a pool sees by it when the answer is no longer that of before, though it reads the same."""
    status = {"assignedIPv4": 0, "availableIPv4": 4, "assignedIPv6": 0, "availableIPv6": 0, "conditions": [VALID]}
    body = pool("p", "10.0.0.0/30")
    item = stored({**body, "metadata": {**body["metadata"], "generation": 2}, "status": status})
    wanted = wanted_status(parse.pool(item), (), item, state_with(item), "2027-01-01T00:00:00Z")
    assert wanted == {"conditions": [{**VALID, "observedGeneration": 2}]}


def test_who_holds_what_is_reserved_for_others_is_named() -> None:
    """The pool can be used; its condition tells what stands in the way of the reservation, and free is what is left."""
    raw = pool("p", "10.0.0.0/29", annotations={"reserved": "10.0.0.0-10.0.0.6=shop/*"})
    item = stored(raw)
    state = state_with(item)
    for number in range(7):
        claim = Claim(Key("bar", f"s{number}"), "", "", frozenset())
        state.book.take(claim, (ip_address("10.0.0.0") + number,))
    wanted: dict[str, Any] = wanted_status(parse.pool(item), (), item, state, AT)
    (condition,) = wanted["conditions"]
    assert (condition["status"], condition["reason"]) == ("True", "ReservedAddressInUse")
    lines = condition["message"].splitlines()
    assert lines[0] == "10.0.0.0 is reserved for shop/* and held by bar/s0"
    assert lines[5:] == ["and 2 more"]
    assert (wanted["assignedIPv4"], wanted["availableIPv4"]) == (7, 1)


def test_a_pool_that_cannot_be_used_says_why() -> None:
    """The problem is in the condition; counters of a pool that is not in force are left alone."""
    item = stored(pool("p", "10.0.0.9-10.0.0.1"))
    wanted: dict[str, Any] = wanted_status(None, ("spec.addresses[0]: starts after its end",), item, State("x"), AT)
    assert set(wanted) == {"conditions"}
    (condition,) = wanted["conditions"]
    assert (condition["status"], condition["reason"]) == ("False", "InvalidConfiguration")
    assert condition["message"] == "spec.addresses[0]: starts after its end"


async def test_many_assignments_are_one_write(monkeypatch: pytest.MonkeyPatch) -> None:
    """Counters wait until things are quiet for a moment, and then are written once."""
    monkeypatch.setattr(pool_status, "HOLD_BACK_S", 0.0)
    monkeypatch.setattr(pool_status, "URGENT_HOLD_BACK_S", 0.0)
    kube = FakeKube()
    kube.apply(POOLS, pool("p", "10.0.0.0/30"))
    async with Running(kube) as running:
        kube.list_all()
        for name in ("a", "b", "c"):
            kube.apply(SERVICES, service(name))
        await running.settle()
        assert kube.pool_writes == []
        task = asyncio.ensure_future(running.loop.pool_status.run())
        await asyncio.sleep(0.01)
        await running.settle()
        task.cancel()
        assert [name for name, _ in kube.pool_writes] == ["p"]
        assert kube.stored["IPAddressPool", "metallb-system", "p"]["status"]["assignedIPv4"] == 3
        assert kube.stored["IPAddressPool", "metallb-system", "p"]["status"]["availableIPv4"] == 1


@pytest.mark.parametrize(("quarantine", "is_told_soon"), [("30s", True), ("0", False)])
async def test_what_begins_to_rest_is_told_at_once(
    monkeypatch: pytest.MonkeyPatch, quarantine: str, is_told_soon: bool
) -> None:
    """Only the status remembers it over a crash; counters can wait."""
    monkeypatch.setattr(pool_status, "HOLD_BACK_S", 60.0)
    monkeypatch.setattr(pool_status, "URGENT_HOLD_BACK_S", 0.0)
    kube = FakeKube()
    kube.apply(POOLS, pool("p", "10.0.0.0/30", annotations={"quarantine": quarantine}))
    async with Running(kube) as running:
        kube.list_all()
        kube.apply(SERVICES, service())
        await running.settle()
        task = asyncio.ensure_future(running.loop.pool_status.run())
        kube.delete(SERVICES, "web", "shop")
        await running.settle()
        await asyncio.sleep(0.01)
        task.cancel()
        assert bool(kube.pool_writes) == is_told_soon


async def test_its_own_writes_cause_no_more_of_them(monkeypatch: pytest.MonkeyPatch) -> None:
    """The watch brings the status back; that changes neither configuration nor Services."""
    kube = FakeKube()
    kube.apply(POOLS, pool("p", "10.0.0.0/30"))
    async with Running(kube) as running:
        kube.list_all()
        kube.apply(SERVICES, service())
        await running.settle()
        for _ in range(3):
            assert await running.loop.pool_status.write_all()
            await running.settle()
        assert len(kube.pool_writes) == 1
        assert len(kube.writes) == 1


async def test_a_write_that_fails_is_reported() -> None:
    """The caller tries again later."""
    kube = FakeKube()
    kube.pool_failures.append(Unreachable("reset"))
    kube.apply(POOLS, pool("p", "10.0.0.0/30"))
    async with Running(kube) as running:
        kube.list_all()
        await running.settle()
        writer = PoolStatusWriter(kube, running.loop.state)
        assert not await writer.write_all()
        assert await writer.write_all()
