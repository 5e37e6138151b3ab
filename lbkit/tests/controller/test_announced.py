"""Rules of the condition that says which nodes announce a Service.

Shell: HTTP on the loopback.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from ipaddress import ip_address
from typing import Any

import msgspec
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from lbkit.controller.announced import GRACE_S, AnnouncedConditions, wanted
from lbkit.errors import TargetError
from lbkit.kube.access import Access, Token
from lbkit.kube.client import Client
from lbkit.kube.resources import BGP_STATUSES, L2_STATUSES, Resource
from lbkit.kube.watch import Changed, Deleted, Listed
from lbkit.model.views import Condition, Key, Service
from lbkit.tests.allocator.build import service

BEFORE = "2025-01-01T00:00:00Z"
AT = "2026-01-01T00:00:00Z"
TYPE = "lbkit.io/Announced"


def served(*conditions: Condition) -> Service:
    """Make a Service with an address."""
    return replace(service(), ingress=(ip_address("192.0.2.1"),), conditions=conditions)


KEY = served().key


def test_a_service_that_was_never_announced_has_no_condition() -> None:
    """A write more for each would be the price."""
    assert wanted(served(), {}, AT) is None


def test_who_announces_is_named_by_protocol() -> None:
    """Layer 2 first."""
    found = wanted(served(), {"layer2": ("a",), "bgp": ("a", "b")}, AT)
    assert found == Condition(
        TYPE, "True", "Announced", "announced by layer 2 from a; by BGP from a, b", last_transition_time=AT
    )


def test_another_owner_is_no_transition() -> None:
    """metav1.Condition: the time is that of the last change of the status."""
    old = Condition(
        TYPE, "True", "Announced", "announced by layer 2 from b", last_transition_time="2025-01-01T00:00:00Z"
    )
    found = wanted(served(old), {"layer2": ("a",)}, AT)
    assert found is not None
    assert found.last_transition_time == BEFORE
    assert wanted(served(found), {"layer2": ("a",)}, AT) is found


def test_silence_is_told_with_where_to_look() -> None:
    """After it was announced once."""
    old = Condition(
        TYPE, "True", "Announced", "announced by layer 2 from b", last_transition_time="2025-01-01T00:00:00Z"
    )
    found = wanted(served(old), {}, AT)
    assert found is not None
    assert (found.status, found.reason, found.last_transition_time) == ("False", "NotAnnounced", AT)
    assert f"lbkit explain {KEY}" in found.message


def test_a_service_without_address_has_none() -> None:
    """The other condition says why."""
    old = Condition(TYPE, "True", "Announced", "x")
    assert wanted(replace(served(old), ingress=()), {}, AT) is None


def status(resource: Resource[Any], name: str, node: str) -> Any:
    """Decode a status object as the API server would send it."""
    told = {"node": node, "serviceName": KEY.name, "serviceNamespace": KEY.namespace}
    return msgspec.convert({"metadata": {"name": name, "namespace": "metallb-system"}, "status": told}, resource.struct)


class Kept:
    """The conditions of one Service, with an API server that notes the patches."""

    def __init__(self) -> None:
        self.now_s = 0.0
        self.service = served()
        self.patches: list[Any] = []
        self.refusals = 0

    async def patch(self, request: web.Request) -> web.Response:
        """Take a patch of a status."""
        if self.refusals:
            self.refusals -= 1
            return web.json_response({"kind": "Status", "code": 500, "reason": "InternalError"}, status=500)
        (condition,) = (await request.json())["status"]["conditions"]
        self.patches.append(condition)
        fields = [condition.get(name, "") for name in ("type", "status", "reason", "message")]
        is_gone = condition.get("$patch") == "delete"
        self.service = replace(self.service, conditions=() if is_gone else (Condition(*fields),))
        return web.json_response({"metadata": {"name": KEY.name, "namespace": KEY.namespace}})


@asynccontextmanager
async def keeping(kept: Kept) -> AsyncIterator[AnnouncedConditions]:
    """Serve an API, and keep the conditions there."""
    application = web.Application()
    application.router.add_patch(f"/api/v1/namespaces/{KEY.namespace}/services/{KEY.name}/status", kept.patch)
    async with (
        TestServer(application) as server,
        Client(Access(f"http://{server.host}:{server.port}", None, Token())) as client,
    ):
        yield AnnouncedConditions(
            client, "metallb-system", lambda: {KEY: kept.service}, lambda: True, lambda: kept.now_s
        )


async def test_it_is_written_once_and_follows_the_status_objects() -> None:
    """While an address moves, nothing is said; afterwards who has it."""
    kept = Kept()
    async with keeping(kept) as conditions:
        conditions.take(Listed(L2_STATUSES, (status(L2_STATUSES, "l2-1", "a"),)))
        conditions.take(Listed(BGP_STATUSES, ()))
        for _ in range(3):
            await conditions.look()
        assert [each["message"] for each in kept.patches] == ["announced by layer 2 from a"]
        conditions.take(Deleted(L2_STATUSES, status(L2_STATUSES, "l2-1", "a")))
        await conditions.look()
        conditions.take(Changed(L2_STATUSES, status(L2_STATUSES, "l2-2", "b")))
        await conditions.look()
        assert [each["message"] for each in kept.patches][1:] == ["announced by layer 2 from b"]


@pytest.mark.parametrize("is_listed_anew", [False, True], ids=["deleted", "listed-anew"])
async def test_silence_is_told_after_a_while(is_listed_anew: bool) -> None:
    """And an address that is taken away takes the condition along."""
    kept = Kept()
    async with keeping(kept) as conditions:
        conditions.take(Listed(L2_STATUSES, (status(L2_STATUSES, "l2-1", "a"),)))
        await conditions.look()
        gone = Listed(L2_STATUSES, ()) if is_listed_anew else Deleted(L2_STATUSES, status(L2_STATUSES, "l2-1", "a"))
        conditions.take(gone)
        await conditions.look()
        assert len(kept.patches) == 1
        kept.now_s = GRACE_S + 1
        await conditions.look()
        assert kept.patches[-1]["status"] == "False"
        kept.service = replace(kept.service, ingress=())
        await conditions.look()
        assert kept.patches[-1] == {"$patch": "delete", "type": TYPE}


async def test_a_service_that_is_gone_is_no_error() -> None:
    """The watch will tell."""
    kept = Kept()
    async with keeping(kept) as conditions:
        kept.service = replace(kept.service, key=Key("other", "gone"))
        other = status(L2_STATUSES, "l2-1", "a")
        told = msgspec.structs.replace(other.status, service_namespace="other", service_name="gone")
        conditions._services = lambda: {Key("other", "gone"): kept.service}
        conditions.take(Listed(L2_STATUSES, (msgspec.structs.replace(other, status=told),)))
        await conditions.look()
    assert kept.patches == []


async def test_a_refused_write_is_repeated() -> None:
    """Though nothing changes meanwhile."""
    kept = Kept()
    async with keeping(kept) as conditions:
        kept.refusals = 1
        conditions.take(Listed(L2_STATUSES, (status(L2_STATUSES, "l2-1", "a"),)))
        with pytest.raises(TargetError):
            await conditions.look()
        await conditions.look()
    assert [each["message"] for each in kept.patches] == ["announced by layer 2 from a"]


async def test_a_condition_that_somebody_takes_away_comes_back() -> None:
    """The Service is another one then, by its view."""
    kept = Kept()
    async with keeping(kept) as conditions:
        conditions.take(Listed(L2_STATUSES, (status(L2_STATUSES, "l2-1", "a"),)))
        await conditions.look()
        kept.service = replace(kept.service, conditions=())
        await conditions.look()
    assert len(kept.patches) == 2


async def test_what_is_as_it_was_is_not_looked_at_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ten thousand Services looked at every second would cost a quarter of a core."""
    kept = Kept()
    async with keeping(kept) as conditions:
        conditions.take(Listed(L2_STATUSES, (status(L2_STATUSES, "l2-1", "a"),)))
        await conditions.look()
        await conditions.look()
        monkeypatch.setattr("lbkit.controller.announced.wanted", lambda *_: pytest.fail("looked at again"))
        await conditions.look()
