"""Rules for reading Kubernetes objects into views, from the JSON the API server sends.

Pure.
"""

from collections.abc import Mapping
from ipaddress import ip_address, ip_network
from typing import Any

import msgspec
import pytest

from lbkit.errors import InputError
from lbkit.model import objects, parse
from lbkit.model.views import Condition, Endpoint, Key, Port


def decode(kind: type[Any], body: Mapping[str, object]) -> Any:  # Any: each kind has its own struct
    """Decode as the reflector does: JSON bytes straight into the struct."""
    return msgspec.json.decode(msgspec.json.encode(body), type=kind)


SERVICE: dict[str, Any] = {  # Any: JSON
    "apiVersion": "v1",
    "kind": "Service",
    "metadata": {
        "name": "web",
        "namespace": "shop",
        "uid": "u-1",
        "resourceVersion": "42",
        "creationTimestamp": "2026-01-01T00:00:00Z",
        "labels": {"app": "web"},
        "annotations": {
            "metallb.io/address-pool": "red",
            "metallb.universe.tf/allow-shared-ip": "k",
            "kubectl.kubernetes.io/last-applied-configuration": "{…}",
        },
        "managedFields": [{"manager": "kubectl"}],
    },
    "spec": {
        "type": "LoadBalancer",
        "clusterIP": "10.96.0.7",
        "clusterIPs": ["10.96.0.7", "fd00::7"],
        "ipFamilies": ["IPv4", "IPv6"],
        "ipFamilyPolicy": "PreferDualStack",
        "externalTrafficPolicy": "Local",
        "loadBalancerIP": "192.0.2.7",
        "selector": {"b": "2", "a": "1"},
        "ports": [{"port": 80, "targetPort": "http"}, {"port": 53, "protocol": "UDP"}],
    },
    "status": {
        "loadBalancer": {"ingress": [{"ip": "192.0.2.7", "ipMode": "VIP"}]},
        "conditions": [
            {
                "type": "x/Y",
                "status": "True",
                "reason": "Z",
                "message": "m",
                "lastTransitionTime": "2026-01-01T00:00:01Z",
            }
        ],
    },
}


def test_service_is_read_whole() -> None:
    """Every field of the view comes from its place; foreign annotations are left behind."""
    view = parse.service(decode(objects.Service, SERVICE))
    assert view.key == Key("shop", "web")
    assert (view.uid, view.resource_version) == ("u-1", "42")
    assert view.is_load_balancer
    assert view.load_balancer_class is None
    assert view.load_balancer_ip == "192.0.2.7"
    assert view.cluster_ips == (ip_address("10.96.0.7"), ip_address("fd00::7"))
    assert view.ip_families == (4, 6)
    assert view.ip_family_policy == "PreferDualStack"
    assert view.external_traffic_policy == "Local"
    assert view.ports == (Port("TCP", 80), Port("UDP", 53))
    assert view.labels == {"app": "web"}
    assert view.annotations == {"metallb.io/address-pool": "red", "metallb.universe.tf/allow-shared-ip": "k"}
    assert view.selector == "a=1,b=2"
    assert view.ingress == (ip_address("192.0.2.7"),)
    assert not view.foreign_ingress
    assert view.conditions == (Condition("x/Y", "True", "Z", "m", 0, "2026-01-01T00:00:01Z"),)
    assert view.creation_timestamp == "2026-01-01T00:00:00Z"


def test_service_with_nothing_set_has_the_defaults_of_the_api() -> None:
    """A bare headless Service is a Service too."""
    view = parse.service(
        decode(objects.Service, {"metadata": {"name": "a", "namespace": "b"}, "spec": {"clusterIP": "None"}})
    )
    assert not view.is_load_balancer
    assert view.cluster_ips == ()
    assert view.ip_families == ()
    assert view.ip_family_policy == "SingleStack"
    assert view.external_traffic_policy == "Cluster"


@pytest.mark.parametrize(
    ("ingress", "addresses", "has_foreign"),
    [
        pytest.param([{"ip": "192.0.2.1"}, {"ip": "2001:db8::1"}], 2, False, id="addresses"),
        pytest.param([{"hostname": "lb.example.com"}], 0, True, id="host name"),
        pytest.param([{"ip": "192.0.2.1", "hostname": "lb.example.com"}], 1, True, id="both"),
        pytest.param([{"ip": "nonsense"}], 0, True, id="no address"),
        pytest.param(None, 0, False, id="null"),
    ],
)
def test_ingress_of_others_is_seen(ingress: object, addresses: int, has_foreign: bool) -> None:
    """Whatever in the ingress is no plain address is noted as foreign, and does not make the Service unreadable."""
    view = parse.service(decode(objects.Service, SERVICE | {"status": {"loadBalancer": {"ingress": ingress}}}))
    assert (len(view.ingress), view.foreign_ingress) == (addresses, has_foreign)


def test_service_problems_come_all_at_once() -> None:
    """Two bad fields give two problems, each with its path."""
    spec = SERVICE["spec"] | {"clusterIPs": ["010.0.0.1"], "ipFamilyPolicy": "Sometimes"}
    with pytest.raises(InputError) as caught:
        parse.service(decode(objects.Service, SERVICE | {"spec": spec}))
    assert [problem.path for problem in caught.value.problems] == ["spec.clusterIPs[0]", "spec.ipFamilyPolicy"]


def test_wrong_json_type_is_a_decode_error() -> None:
    """A struct refuses what has another type, so a garbage object never becomes a view."""
    with pytest.raises(msgspec.ValidationError):
        decode(objects.Service, {"metadata": {"name": 1}})


@pytest.mark.parametrize(
    ("conditions", "expected"),
    [
        pytest.param({}, Endpoint("n", is_ready=True, is_serving=True), id="unknown counts as ready"),
        pytest.param({"ready": True}, Endpoint("n", is_ready=True, is_serving=True), id="ready"),
        pytest.param({"ready": False}, Endpoint("n", is_ready=False, is_serving=False), id="not ready"),
        pytest.param(
            {"ready": False, "serving": True, "terminating": True},
            Endpoint("n", is_ready=False, is_serving=True),
            id="terminating but serving",
        ),
        pytest.param(
            {"ready": False, "serving": False}, Endpoint("n", is_ready=False, is_serving=False), id="not serving"
        ),
    ],
)
def test_endpoint_conditions(conditions: dict[str, object], expected: Endpoint) -> None:
    """KEP-1669: a terminating endpoint that still serves takes traffic."""
    body = {
        "metadata": {"name": "s-1", "namespace": "a", "labels": {"kubernetes.io/service-name": "s"}},
        "endpoints": [{"nodeName": "n", "addresses": ["10.0.0.1"], "conditions": conditions}],
    }
    view = parse.endpoint_slice(decode(objects.EndpointSlice, body))
    assert view.service == Key("a", "s")
    assert view.endpoints == (expected,)


def test_an_empty_slice_has_null_endpoints() -> None:
    """The API server writes `endpoints: null`."""
    body = {"metadata": {"name": "s-1", "namespace": "a"}, "endpoints": None}
    view = parse.endpoint_slice(decode(objects.EndpointSlice, body))
    assert view.endpoints == ()
    assert view.service == Key("a", "")


def test_node_is_read_whole() -> None:
    """Conditions, the exclude label, addresses and pod networks of a node."""
    body = {
        "metadata": {"name": "n1", "labels": {"node.kubernetes.io/exclude-from-external-load-balancers": ""}},
        "spec": {"podCIDRs": ["10.244.0.0/24"], "unschedulable": True},
        "status": {
            "conditions": [{"type": "Ready", "status": "True"}, {"type": "NetworkUnavailable", "status": "True"}],
            "addresses": [{"type": "Hostname", "address": "n1"}, {"type": "InternalIP", "address": "172.18.0.2"}],
        },
    }
    view = parse.node(decode(objects.Node, body))
    assert view.name == "n1"
    assert view.is_ready
    assert view.is_network_unavailable
    assert view.is_excluded
    assert view.is_unschedulable
    assert view.addresses == (ip_address("172.18.0.2"),)
    assert view.pod_networks == (ip_network("10.244.0.0/24"),)


def test_namespace_has_its_labels() -> None:
    """serviceAllocation.namespaceSelectors need a namespace's labels."""
    view = parse.namespace(decode(objects.Namespace, {"metadata": {"name": "shop", "labels": {"team": "red"}}}))
    assert (view.name, view.labels) == ("shop", {"team": "red"})
