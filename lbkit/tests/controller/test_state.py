"""Rules for what the controller knows, one watch event after the other.

Pure.
"""

from typing import Any

import msgspec
import pytest

from lbkit.controller.state import State
from lbkit.kube.resources import NODES, POOLS, SERVICE_CIDRS, SERVICES, Resource
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


def refused(state: State) -> str:
    """Say what is wrong with pool p once everything was checked that is to be checked; empty if nothing."""
    state.apply_configuration()
    return "".join(state.configuration.pool_problems().get("p", ()))


def cidr(*networks: str, name: str = "kubernetes") -> Any:  # its struct
    """Give a ServiceCIDR."""
    return decoded(SERVICE_CIDRS, {"metadata": {"name": name}, "spec": {"cidrs": list(networks)}})


def test_a_pool_over_the_service_network_is_refused() -> None:
    """Where the cluster names the network, all of it is out of bounds, and comes and goes with its name."""
    state = State("metallb-system")
    state.take(Listed(POOLS, (decoded(POOLS, pool("p", "10.96.9.0/24")),)))
    assert refused(state) == ""
    state.take(Listed(SERVICE_CIDRS, (cidr("10.96.0.0/12", "fd00::/112"),)))
    assert "holds addresses of the cluster's Services (10.96.0.0-10.111.255.255)" in refused(state)
    assert state.configuration.is_stale
    state.take(Changed(SERVICE_CIDRS, cidr("10.200.0.0/16")))
    assert refused(state) == ""
    state.take(Changed(SERVICE_CIDRS, cidr("10.96.9.0/28", name="more")))
    assert "the cluster's Services" in refused(state)
    state.take(Deleted(SERVICE_CIDRS, cidr(name="more")))
    assert refused(state) == ""


def test_a_service_network_that_cannot_be_read_stays_as_it_was() -> None:
    """Nonsense opens nothing."""
    state = State("metallb-system")
    state.take(Listed(POOLS, (decoded(POOLS, pool("p", "10.96.9.0/24")),)))
    state.take(Listed(SERVICE_CIDRS, (cidr("10.96.0.0/12"),)))
    state.take(Changed(SERVICE_CIDRS, cidr("nonsense")))
    assert [(kind, key.name) for kind, key, _ in state.unread] == [("ServiceCIDR", "kubernetes")]
    assert "the cluster's Services" in refused(state)
    state.take(Listed(SERVICE_CIDRS, (), frozenset({Key("", "kubernetes")})))
    assert "the cluster's Services" in refused(state)


def test_without_a_named_network_the_addresses_in_use_stand_for_it() -> None:
    """A cluster address is somebody's already, whether its Service is ours or not; when it goes, the pool is free."""
    state = State("metallb-system")
    state.take(Listed(POOLS, (decoded(POOLS, pool("p", "10.96.0.0/24")),)))
    state.take(Listed(SERVICE_CIDRS, ()))
    assert refused(state) == ""
    state.take(Changed(SERVICES, version(1, type="ClusterIP")))
    assert "Service shop/web" in refused(state)
    state.take(Deleted(SERVICES, version(2, type="ClusterIP")))
    assert refused(state) == ""


def test_a_cluster_address_elsewhere_costs_no_check() -> None:
    """Services come by the thousand; only an address in a pool is a reason to look at the configuration again."""
    state = State("metallb-system")
    state.take(Listed(POOLS, (decoded(POOLS, pool("p", "10.0.0.0/24")),)))
    assert state.apply_configuration()
    state.take(Changed(SERVICES, version(1, type="ClusterIP")))
    assert not state.apply_configuration()


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"status": {"addresses": [{"type": "InternalIP", "address": "172.18.0.9"}]}}, id="its address"),
        pytest.param({"spec": {"podCIDRs": ["172.18.0.8/29"]}}, id="its pods"),
    ],
)
def test_a_node_that_comes_into_a_pool_is_told(change: dict[str, Any]) -> None:
    """The pool goes on as it was, its problem is shown, and is over when the node is gone."""
    state = State("metallb-system")
    state.take(Listed(POOLS, (decoded(POOLS, pool("p", "172.18.0.0/24")),)))
    assert refused(state) == ""
    joined = decoded(NODES, {"metadata": {"name": "n"}, **change})
    state.take(Changed(NODES, joined))
    assert "node n" in refused(state)
    assert [item.name for item in state.book.pools] == ["p"]
    state.take(Deleted(NODES, joined))
    assert refused(state) == ""


def test_everything_is_checked_again_on_demand() -> None:
    """Now and then, so that a slip does not last."""
    state = State("metallb-system")
    assert state.apply_configuration()
    assert not state.apply_configuration()
    state.check_again()
    assert state.apply_configuration()
