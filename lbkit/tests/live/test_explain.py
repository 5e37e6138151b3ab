"""`lbkit explain` in a lab: set-ups that are really broken, and the reason that it names.

Each row breaks one thing, and takes it back.
"""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from lbkit.tests.live.conftest import NAMESPACE, Cluster

Json = Any  # JSON
SYSTEM = "metallb-system"


def service(name: str, *, annotations: dict[str, str] | None = None, **spec: Json) -> Json:
    """Give a Service of type LoadBalancer in the tests' namespace."""
    body = {"type": "LoadBalancer", "selector": {"app": name}, "ports": [{"port": 80}], **spec}
    metadata = {"name": name, "namespace": NAMESPACE, "annotations": annotations or {}, "labels": {"live": "yes"}}
    return {"apiVersion": "v1", "kind": "Service", "metadata": metadata, "spec": body}


def config(kind: str, name: str, **spec: Json) -> Json:
    """Give a configuration object."""
    version = "v1beta2" if kind == "BGPPeer" else "v1beta1"
    return {
        "apiVersion": f"metallb.io/{version}",
        "kind": kind,
        "metadata": {"name": name, "namespace": SYSTEM},
        "spec": spec,
    }


def pool(name: str, addresses: str) -> Json:
    """Give a pool that only asks by name, so that no other Service of the lab is touched."""
    return config("IPAddressPool", name, addresses=[addresses], autoAssign=False)


def endpoints(name: str, node: str) -> Json:
    """Give a Service without selector an endpoint on a node."""
    return {
        "apiVersion": "discovery.k8s.io/v1",
        "kind": "EndpointSlice",
        "metadata": {"name": name, "namespace": NAMESPACE, "labels": {"kubernetes.io/service-name": name}},
        "addressType": "IPv4",
        "endpoints": [{"addresses": ["10.255.0.1"], "nodeName": node, "conditions": {"ready": True}}],
        "ports": [{"port": 80, "protocol": "TCP"}],
    }


@pytest.fixture
def node(cluster: Cluster) -> str:
    """Name a node of the lab."""
    return str(cluster.api.list("Node")[0]["metadata"]["name"])


def expect(cluster: Cluster, name: str, reason: str, *words: str) -> None:
    """Wait until `explain` names a reason; its message has these words, and there is a cure."""
    where = f"{NAMESPACE}/{name}"
    cluster.until(lambda: reason in cluster.reasons(where), lambda: cluster.lbkit("explain", where).out)
    finding = cluster.reasons(where)[reason]
    for word in words:
        assert word in finding["message"]
    assert finding["cure"]
    for columns in (80, 120):
        shown = cluster.lbkit("explain", where, columns=columns).out
        assert f"- {reason}: " in shown
        assert "\x1b" not in shown
        for line in shown.splitlines():
            assert len(line) <= columns or line.replace("Cure:", "").split()[0] in {"kubectl", "lbkit"}, line


def test_the_labs_own_service_works(cluster: Cluster) -> None:
    """The control: nothing blocks, and somebody announces it."""
    cluster.until(lambda: not cluster.reasons("default/echo"), lambda: cluster.lbkit("explain", "default/echo").out)
    done = cluster.lbkit("explain", "default/echo", "-o", "json")
    told = json.loads(done.out)
    assert told["works"]
    assert told["announcersAreObserved"]
    assert told["announcers"]


def test_a_pool_that_is_none(cluster: Cluster) -> None:
    """A slip in the annotation."""
    cluster.put(service("typo", annotations={"metallb.io/address-pool": "live-typo"}))
    expect(cluster, "typo", "UnknownPool", '"live-typo"', "lab")


def test_a_class_of_somebody_else(cluster: Cluster) -> None:
    """Nobody here is to touch it."""
    cluster.put(service("other", loadBalancerClass="example.com/other"))
    expect(cluster, "other", "OtherLoadBalancerClass", "example.com/other")


def test_a_pool_without_an_address_left(cluster: Cluster) -> None:
    """The first Service has the only one."""
    asked = {"metallb.io/address-pool": "live-small"}
    cluster.put(pool("live-small", "10.100.99.0/32"), service("first", annotations=asked))
    cluster.until(
        lambda: "10.100.99.0" in cluster.lbkit("explain", f"{NAMESPACE}/first").out, lambda: "the first has no address"
    )
    cluster.put(service("second", annotations=asked))
    expect(cluster, "second", "PoolExhausted", "live-small")


def test_an_address_of_another_service(cluster: Cluster) -> None:
    """Without a sharing key nobody may join."""
    asked = {"metallb.io/loadBalancerIPs": "10.100.98.1"}
    cluster.put(pool("live-taken", "10.100.98.0/30"), service("holder", annotations=asked))
    cluster.until(
        lambda: "10.100.98.1" in cluster.lbkit("explain", f"{NAMESPACE}/holder").out, lambda: "the holder has none"
    )
    cluster.put(service("joiner", annotations=asked))
    expect(cluster, "joiner", "AddressInUse", f"{NAMESPACE}/holder")


def test_an_address_outside_every_pool(cluster: Cluster) -> None:
    """What no pool has, nobody can give."""
    cluster.put(service("outside", annotations={"metallb.io/loadBalancerIPs": "203.0.113.7"}))
    expect(cluster, "outside", "AddressOutsidePools", "203.0.113.7")


def test_a_pool_that_nobody_advertises(cluster: Cluster, node: str) -> None:
    """The address is given, and leads nowhere."""
    asked = {"metallb.io/address-pool": "live-silent"}
    silent = service("silent", annotations=asked)
    del silent["spec"]["selector"]
    cluster.put(pool("live-silent", "10.100.97.0/30"), silent, endpoints("silent", node))
    expect(cluster, "silent", "NoMatchingAdvertisement", "live-silent")


def test_a_service_without_pods(cluster: Cluster) -> None:
    """The lab's own pool and advertisement, and nothing behind the Service."""
    cluster.put(service("empty", annotations={"metallb.io/address-pool": "lab"}))
    expect(cluster, "empty", "NoEndpoints", "app=empty")


def test_two_pools_that_overlap(cluster: Cluster) -> None:
    """The last good configuration stays in force, so that a new pool cannot be used."""
    cluster.put(pool("live-good", "10.100.96.0/30"))
    cluster.put(pool("live-late", "10.100.96.2/31"))
    cluster.put(service("waiting", annotations={"metallb.io/address-pool": "live-late"}))
    expect(cluster, "waiting", "InvalidConfiguration", "live-late", "overlaps", "stays in force")


def test_nodes_that_no_selector_matches(cluster: Cluster, node: str) -> None:
    """The advertisement is for nodes that are not there."""
    asked = {"metallb.io/address-pool": "live-rack"}
    apart = service("apart", annotations=asked)
    del apart["spec"]["selector"]
    selectors = [{"matchLabels": {"rack": "live-none"}}]
    cluster.put(pool("live-rack", "10.100.95.0/30"), apart, endpoints("apart", node))
    cluster.put(config("BGPAdvertisement", "live-rack", ipAddressPools=["live-rack"], nodeSelectors=selectors))
    expect(cluster, "apart", "NodeNotSelected", "rack=live-none")


def test_a_peer_that_is_none(cluster: Cluster, node: str) -> None:
    """The advertisement names a router that nobody configured."""
    lonely = service("lonely", annotations={"metallb.io/address-pool": "live-peer"})
    del lonely["spec"]["selector"]
    cluster.put(pool("live-peer", "10.100.94.0/30"), lonely, endpoints("lonely", node))
    cluster.put(config("BGPAdvertisement", "live-peer", ipAddressPools=["live-peer"], peers=["live-none"]))
    expect(cluster, "lonely", "UnknownPeer", '"live-none"')


def test_an_interface_that_no_node_has(cluster: Cluster, node: str) -> None:
    """Only the speaker of the chosen node can know."""
    blind = service("blind", annotations={"metallb.io/address-pool": "live-blind"})
    del blind["spec"]["selector"]
    cluster.put(pool("live-blind", "10.100.93.0/30"), blind, endpoints("blind", node))
    cluster.put(config("L2Advertisement", "live-blind", ipAddressPools=["live-blind"], interfaces=["live7"]))
    expect(cluster, "blind", "NoMatchingInterface")


@pytest.fixture
def no_controller(cluster: Cluster) -> Iterator[None]:
    """Scale the controller away, and back."""

    def controller() -> Json:
        return next(item for item in cluster.api.list("Deployment", SYSTEM) if item["metadata"]["name"] == "controller")

    def scale(replicas: int) -> None:
        now = controller()
        cluster.api.write({**now, "spec": {**now["spec"], "replicas": replicas}})
        cluster.until(lambda: (controller()["status"].get("readyReplicas") or 0) == replicas, controller)
        labels = {"labelSelector": "component=controller"}
        cluster.until(lambda: len(cluster.api.list("Pod", SYSTEM, **labels)) == replicas, controller)

    wanted = controller()["spec"]["replicas"]
    scale(0)
    yield
    scale(wanted)


@pytest.mark.usefixtures("no_controller")
def test_no_controller(cluster: Cluster) -> None:
    """Nobody gives addresses; what is announced stays so."""
    cluster.put(service("orphan", annotations={"metallb.io/address-pool": "lab"}))
    expect(cluster, "orphan", "ControllerDown", "0 replicas")
    assert cluster.lbkit("status").code == 1
    assert not cluster.reasons("default/echo")
