"""The sample manifests, applied as they are: every kind does what its file says.

The routers of the samples are nobody's, so that what BGP fields do on a router is not shown here but by the BGP cases.
"""

import json
from collections.abc import Iterator
from ipaddress import IPv4Address, ip_address, ip_network
from pathlib import Path
from typing import Any, Final

import pytest
import yaml

from lbkit.model.views import Key
from lbkit.tests.live.conftest import NAMESPACE, Cluster
from lbkit.tests.live.test_explain import SYSTEM, endpoints, service

Json = Any  # JSON
FILES: Final = sorted((Path(__file__).parents[2] / "manifests" / "samples").glob("*.yaml"))
LAN: Final = ip_network("192.0.2.0/25")
SHOP: Final = ip_network("198.51.100.0/24")


def objects() -> list[Json]:
    """Read all of them, in the order in which they are applied; what has no namespace goes into the tests' own."""
    found = [item for file in FILES for item in yaml.safe_load_all(file.read_text(encoding="utf-8"))]
    for item in found:
        item["metadata"].setdefault("namespace", NAMESPACE)
    return sorted(found, key=lambda item: item["kind"] == "Service")


@pytest.fixture
def applied(cluster: Cluster) -> Cluster:
    """The lab with the samples in it."""
    for item in objects():
        key = Key(item["metadata"]["namespace"], item["metadata"]["name"])
        assert cluster.api.get(item["kind"], key) is None, f"the lab has a {item['kind']} {key} of its own"
    cluster.put(*objects())
    return cluster


@pytest.fixture
def worker(cluster: Cluster) -> Iterator[str]:
    """A node that is no control plane, in rack a as long as the test lasts."""
    nodes = cluster.api.list("Node")
    control = "node-role.kubernetes.io/control-plane"
    name = next(node["metadata"]["name"] for node in nodes if control not in node["metadata"]["labels"])
    label(cluster, name, "a")
    yield name
    label(cluster, name, None)


def label(cluster: Cluster, node: str, rack: str | None) -> None:
    """Say in which rack a node is."""
    now = cluster.api.get("Node", Key("", node))
    assert now is not None
    labels = {**now["metadata"]["labels"], "rack": rack}
    now["metadata"]["labels"] = {name: value for name, value in labels.items() if value is not None}
    cluster.api.write(now)


def address(cluster: Cluster, name: str, namespace: str = NAMESPACE) -> IPv4Address:
    """Wait until a Service shows its IPv4 address."""

    def shown() -> list[str]:
        now = cluster.api.get("Service", Key(namespace, name))
        assert now is not None
        ingress = now["status"]["loadBalancer"].get("ingress") or []
        return [one["ip"] for one in ingress if ":" not in one["ip"]]

    cluster.until(lambda: bool(shown()), lambda: cluster.lbkit("explain", f"{namespace}/{name}").out)
    found = ip_address(shown()[0])
    assert isinstance(found, IPv4Address)
    return found


def test_pools_serve_whom_they_say(applied: Cluster) -> None:
    """`lan` whoever asks for it, but not by its first address; `shop` its namespaces, before any other pool."""
    given = address(applied, "web")
    assert given in LAN
    assert given != LAN.network_address
    applied.put(service("certain", annotations={"metallb.io/loadBalancerIPs": "192.0.2.210"}))
    assert str(address(applied, "certain")) == "192.0.2.210"
    applied.put({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop"}})
    cart = service("cart")
    cart["metadata"] |= {"namespace": "shop", "labels": {"tier": "web"}}
    applied.put(cart)
    assert address(applied, "cart", "shop") in SHOP
    other = service("other")
    other["metadata"]["labels"] = {"tier": "web"}
    applied.put(other)
    assert address(applied, "other") not in SHOP


def test_an_address_is_announced_where_the_advertisement_says(applied: Cluster, worker: str) -> None:
    """From the worker that runs a pod, by its eth1; and from nowhere while there is none."""
    address(applied, "web")
    applied.until(
        lambda: "NoEndpoints" in applied.reasons(f"{NAMESPACE}/web"),
        lambda: applied.lbkit("explain", f"{NAMESPACE}/web").out,
    )
    applied.put(endpoints("web", worker))

    def owners() -> list[tuple[str, list[str]]]:
        found = [item["status"] for item in applied.api.list("ServiceL2Status", SYSTEM) if item.get("status")]
        ours = [item for item in found if (item["serviceNamespace"], item["serviceName"]) == (NAMESPACE, "web")]
        return [(item["node"], [each["name"] for each in item["interfaces"]]) for item in ours]

    applied.until(lambda: owners() == [(worker, ["eth1"])], owners)


def test_a_peer_waits_for_its_password(applied: Cluster, worker: str) -> None:
    """Only nodes of its rack have it; without the Secret there is no session, and the reason is shown."""

    def sessions() -> dict[str, str]:
        shown = json.loads(applied.lbkit("bgp-peer", "show", "tor1", "-o", "json").out)
        return {each["node"]: each.get("reason") or "" for each in shown["sessions"]}

    applied.until(lambda: set(sessions()) == {worker} and "tor1-password" in sessions()[worker], sessions)
    applied.put(
        {
            "apiVersion": "v1",
            "kind": "Secret",
            "type": "kubernetes.io/basic-auth",
            "metadata": {"name": "tor1-password", "namespace": SYSTEM},
            "stringData": {"username": "", "password": "live"},
        }
    )
    applied.until(lambda: "tor1-password" not in sessions()[worker], sessions)


def test_nothing_is_wrong_with_them(applied: Cluster) -> None:
    """The controller uses all of them as they are written."""

    def told() -> list[Json]:
        states = applied.api.list("ConfigurationState", SYSTEM)
        return [item.get("status") for item in states if item["metadata"]["name"].startswith("controller")]

    applied.until(lambda: [each and each.get("result") for each in told()] == ["Valid"], told)
