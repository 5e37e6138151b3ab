"""Rules for what the controller knows, one watch event after the other.

Pure.
"""

from typing import Any

import msgspec
import pytest

from lbkit.controller.state import State
from lbkit.kube.resources import NODES, POOLS, SERVICES, Resource
from lbkit.kube.watch import Changed, Deleted, Listed
from lbkit.model.objects import Object
from lbkit.model.views import Key
from lbkit.tests.controller.fake_kube import node, pool, service

WEB = Key("shop", "web")


def decoded(resource: Resource[Object], body: dict[str, Any], **metadata: Any) -> Any:  # Any: JSON; its struct
    """Decode an object with some metadata changed."""
    whole = {**body, "metadata": {**body["metadata"], **metadata}}
    return msgspec.json.decode(msgspec.json.encode(whole), type=resource.struct)


def version(number: int, uid: str = "u", **spec: Any) -> Any:  # Any: JSON; its struct
    """Give the Service at one resourceVersion."""
    return decoded(SERVICES, service(**spec), resourceVersion=str(number), uid=uid)


def test_an_older_version_is_ignored() -> None:
    """The answer to a write may come before the watch tells of what was before it."""
    state = State("metallb-system")
    state.take(Changed(SERVICES, version(7)))
    state.take(Changed(SERVICES, version(6, type="ClusterIP")))
    assert state.services[WEB].resource_version == "7"


def test_a_late_deletion_does_not_take_the_successor() -> None:
    """A deletion is of one object, not of a name."""
    state = State("metallb-system")
    state.take(Changed(SERVICES, version(8, uid="new")))
    state.take(Deleted(SERVICES, version(7, uid="old")))
    assert WEB in state.services
    state.take(Deleted(SERVICES, version(9, uid="new")))
    assert WEB not in state.services


def test_what_cannot_be_read_stays_as_it_was() -> None:
    """Garbage is neither a change nor a deletion, in the watch and in a listing."""
    state = State("metallb-system")
    state.take(Changed(SERVICES, version(7)))
    state.take(Changed(SERVICES, version(8, clusterIPs=["nonsense"])))
    assert state.services[WEB].resource_version == "7"
    assert [(kind, key) for kind, key, _ in state.unread] == [("Service", WEB)]
    state.take(Listed(SERVICES, (), frozenset({WEB})))
    assert WEB in state.services
    state.take(Listed(SERVICES, ()))
    assert WEB not in state.services


@pytest.mark.parametrize("garbled", [True, False])
def test_a_garbled_pool_stays_in_force(garbled: bool) -> None:
    """Pools that cannot be decoded are kept as last known, and gone when they are gone."""
    state = State("metallb-system")
    state.take(Listed(POOLS, (decoded(POOLS, pool("p", "10.0.0.0/30")),)))
    state.apply_configuration()
    state.take(Listed(POOLS, (), frozenset({Key("metallb-system", "p")} if garbled else ())))
    state.apply_configuration()
    assert [item.name for item in state.book.pools] == (["p"] if garbled else [])
    assert list(state.pools) == (["p"] if garbled else [])


def test_a_heartbeat_of_a_node_is_not_a_change_of_the_configuration() -> None:
    """Only a node's networks matter here; its status changes all the time."""
    state = State("metallb-system")
    state.take(Listed(NODES, (decoded(NODES, node("n", "172.18.0.2")),)))
    assert state.apply_configuration()
    state.take(Changed(NODES, decoded(NODES, node("n", "172.18.0.2"), resourceVersion="9")))
    assert not state.apply_configuration()
    state.take(Changed(NODES, decoded(NODES, node("n", "172.18.0.3"))))
    assert state.apply_configuration()


def test_a_status_of_a_pool_is_not_a_change_of_the_configuration() -> None:
    """Our own counters come back by the watch and must not cause a pass over all Services."""
    state = State("metallb-system")
    state.take(Listed(POOLS, (decoded(POOLS, pool("p", "10.0.0.0/30")),)))
    assert state.apply_configuration()
    state.take(Changed(POOLS, decoded(POOLS, {**pool("p", "10.0.0.0/30"), "status": {"assignedIPv4": 1}})))
    assert not state.apply_configuration()
    assert state.pools["p"].status is not None


def test_a_pool_over_the_service_network_is_refused() -> None:
    """A cluster address is somebody's already, whether its Service is ours or not."""
    state = State("metallb-system")
    state.take(Changed(SERVICES, version(1, type="ClusterIP")))
    state.take(Listed(POOLS, (decoded(POOLS, pool("p", "10.96.0.0/24")),)))
    state.apply_configuration()
    assert state.configuration.is_stale
    assert "Service shop/web" in state.configuration.pool_problems()["p"][0]
