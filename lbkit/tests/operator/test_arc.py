"""Azure Arc's resources as manifests, and back: what can be carried is, and the rest is told."""

import json
from typing import Any

import pytest

from lbkit.operator import arc
from lbkit.operator.inventory import read
from lbkit.tests import golden
from lbkit.tests.operator.build import bgp, l2, obj, peer, pool, profile

Json = Any  # JSON
PROVIDER = "Microsoft.KubernetesRuntime"

LOAD_BALANCER = {"addresses": ["192.168.50.1/24", "192.168.51.2-192.168.51.10"], "advertiseMode": "Both"}


def template(*resources: Json, **more: Json) -> Json:
    """Give an ARM template."""
    return {"$schema": arc.SCHEMA, "contentVersion": "1.0.0.0", "resources": list(resources), **more}


def resource(kind: str, name: str, **properties: Json) -> Json:
    """Give a resource of Arc's provider."""
    return {"type": f"{PROVIDER}/{kind}", "apiVersion": "2024-03-01", "name": name, "properties": properties}


def kinds(converted: arc.Converted) -> list[str]:
    """Name the objects that came of converting."""
    return [f"{item['kind']}/{item['metadata']['name']}" for item in converted.items]


@pytest.mark.parametrize(
    "document",
    [
        pytest.param(template(resource("loadBalancers", "lb", **LOAD_BALANCER)), id="template"),
        pytest.param({"type": f"{PROVIDER}/loadBalancers".lower(), "name": "lb", **LOAD_BALANCER}, id="az show"),
        pytest.param([{"type": f"{PROVIDER}/loadBalancers", "name": "lb", **LOAD_BALANCER}], id="az list"),
        pytest.param({"value": [resource("loadBalancers", "lb", **LOAD_BALANCER)]}, id="ARM list"),
        pytest.param(
            {
                **template(),
                "languageVersion": "2.0",
                "resources": {"x": resource("loadBalancers", "lb", **LOAD_BALANCER)},
            },
            id="symbolic names",
        ),
        pytest.param(
            template(
                {
                    "type": "Microsoft.Resources/deployments",
                    "name": "module",
                    "properties": {
                        "parameters": {"name": {"value": "lb"}},
                        "template": template(
                            resource("loadBalancers", "[parameters('name')]", **LOAD_BALANCER),
                            parameters={"name": {"type": "string"}},
                        ),
                    },
                }
            ),
            id="module",
        ),
    ],
)
def test_a_load_balancer_comes_in_every_shape(document: Json) -> None:
    """As a template, as Bicep compiles it, as az shows it, as ARM answers."""
    assert arc.is_arc(document)
    converted = arc.read(document, "metallb-system")
    assert (converted.notes, converted.problems) == ((), ())
    assert kinds(converted) == ["L2Advertisement/lb", "BGPAdvertisement/lb", "IPAddressPool/lb"]
    assert converted.items[-1]["spec"] == {"addresses": LOAD_BALANCER["addresses"]}


@pytest.mark.parametrize("document", [obj("IPAddressPool", "a"), {"kind": "List", "items": []}, [], "text", {"a": 1}])
def test_manifests_are_not_taken_for_azures(document: Json) -> None:
    """A kind tells."""
    assert not arc.is_arc(document)


def test_parameters_and_variables_are_filled_in() -> None:
    """By what is given, else by their defaults."""
    document = template(
        resource("bgpPeers", "[variables('name')]", myAsn="[parameters('asn')]", peerAsn=2, peerAddress="10.0.0.1"),
        parameters={"asn": {"type": "int", "defaultValue": 1}, "site": {"type": "string"}},
        variables={"name": "[parameters('site')]"},
    )
    converted = arc.read(document, "metallb-system", {"site": "berlin"})
    assert kinds(converted) == ["BGPPeer/berlin"]
    assert converted.items[0]["spec"]["myASN"] == 1
    assert arc.read(document, "metallb-system").problems == (
        f"{PROVIDER}/bgpPeers [variables('name')]: parameters site has no value. Cure: --parameter site=VALUE".replace(
            "parameters site", "parameter site"
        ),
    )


@pytest.mark.parametrize(
    ("item", "says"),
    [
        (resource("loadBalancers", "a", addresses="[reference('x').y]", advertiseMode="ARP"), "needs Azure"),
        ({**resource("loadBalancers", "a", **LOAD_BALANCER), "copy": {"name": "c", "count": 3}}, "is a copy loop"),
        (resource("loadBalancers", "a", advertiseMode="ARP"), "addresses: is missing"),
        (resource("loadBalancers", "a", addresses=["10.0.0.0/24"], advertiseMode="OSPF"), 'got "OSPF", wanted ARP'),
        (resource("bgpPeers", "a", myAsn=1, peerAsn=2, peerAddress="10.0.0.1", holdTime="soon"), "holdTime: "),
        ({"type": "Microsoft.Resources/deployments", "name": "m", "properties": {"templateLink": {}}}, "linked"),
    ],
)
def test_what_cannot_be_worked_out_is_told_by_name(item: Json, says: str) -> None:
    """And the rest is converted."""
    converted = arc.read(template(item, resource("bfdProfiles", "fast")), "metallb-system")
    assert kinds(converted) == ["BFDProfile/fast"]
    (problem,) = converted.problems
    assert says in problem


def test_what_is_left_out_or_changed_is_told() -> None:
    """Unknown properties, resources without a counterpart, names."""
    document = template(
        resource("loadBalancers", "LB", **LOAD_BALANCER, color="blue", provisioningState="Succeeded"),
        resource("services", "svc"),
    )
    assert arc.read(document, "metallb-system").notes == (
        'loadBalancers LB: Kubernetes names are in small letters: "LB" is written "lb"',
        "loadBalancers LB: property color is not known; left out",
        "microsoft.kubernetesruntime/services svc has nothing to become in Kubernetes; left out",
    )


@pytest.mark.parametrize(
    ("written", "expected"), [("PT1M30S", "90s"), (90, "90s"), ("90", "90s"), ("1m30s", "1m30s"), ("PT1H", "3600s")]
)
def test_times_are_read_in_every_notation(written: Json, expected: str) -> None:
    """Seconds, ISO 8601, Go."""
    item = resource("bgpPeers", "a", myAsn=1, peerAsn=2, peerAddress="10.0.0.1", holdTime=written)
    assert arc.read(template(item), "x").items[0]["spec"]["holdTime"] == expected


CONFIGURATION = (
    pool(
        "edge", "192.0.2.0/28", autoAssign=False, serviceAllocation={"serviceSelectors": [{"matchLabels": {"a": "b"}}]}
    ),
    pool("idle", "192.0.2.64/28"),
    bgp("edge", ipAddressPools=["edge"], peers=["tor1"], communities=["64512:100"]),
    l2("edge", ipAddressPools=["edge"], preferredNodeSelectors=[{"weight": 1, "preference": {}}]),
    peer(
        "tor1",
        "10.0.0.1",
        bfdProfile="fast",
        holdTime="9s",
        passwordSecret={"name": "s"},
        nodeSelectors=[{"matchLabels": {"rack": "a"}}],
    ),
    peer("t2", "10.0.0.2", nodeSelectors=[{"matchExpressions": [{"key": "a", "operator": "Exists"}]}], vrf="red"),
    profile("fast", detectMultiplier=3, echoMode=False),
    obj("Community", "c", {"communities": []}),
)


def test_the_configuration_becomes_a_template() -> None:
    """One resource each, in the order in which one uses the other; what has no place is told (golden file)."""
    converted = arc.write(read(CONFIGURATION))
    told = "".join(f"note: {each}\n" for each in converted.notes)
    golden.compare("arc_template.txt", json.dumps(converted.items[0], indent=2) + "\n" + told)


def test_what_was_carried_over_comes_back() -> None:
    """Template and manifests say the same of everything that Azure has."""
    first = arc.write(read(CONFIGURATION))
    back = arc.read(first.items[0], "metallb-system", {"clusterName": "c"})
    assert back.problems == ()
    assert arc.write(read(back.items)).items == first.items
