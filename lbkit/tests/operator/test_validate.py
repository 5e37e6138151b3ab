"""`lbkit validate`: every kind of fault is named with its line, and what is fine is left alone."""

from pathlib import Path

import pytest
import yaml

from lbkit.operator.fields import Json
from lbkit.operator.inventory import read
from lbkit.operator.manifests import Manifest, load_all
from lbkit.operator.schema import schemas
from lbkit.operator.validate import Judgement, document, text, validate
from lbkit.tests.operator.build import bgp, node, pool

MANIFESTS = Path(__file__).parents[2] / "manifests"
SYSTEM = "metadata: {name: a, namespace: metallb-system}"


@pytest.fixture(scope="module")
def crds() -> dict[tuple[str, str], Json]:
    """The schemas of the CRDs of this repository."""
    files = sorted((MANIFESTS / "crds").glob("*.metallb.io.yaml"))
    return schemas({file.name: yaml.load(file.read_text("utf-8"), Loader=yaml.CSafeLoader) for file in files})


def judge(crds: dict[tuple[str, str], Json], written: str, *cluster: Json) -> Judgement:
    """Judge one file."""
    return validate(load_all(written, "f.yaml"), crds, "metallb-system", read(cluster) if cluster else None)


def told(judged: Judgement) -> list[str]:
    """Give the complaints as people see them."""
    return [str(each) for each in judged.complaints]


def one(kind: str, spec: str, version: str = "v1beta1") -> str:
    """Write an object of a kind; `spec` is flow YAML in line 4."""
    return f"apiVersion: metallb.io/{version}\nkind: {kind}\n{SYSTEM}\nspec: {spec}\n"


@pytest.mark.parametrize(
    ("written", "complaint"),
    [
        pytest.param(one("IPAddressPool", "{addresses: [10.0.0.1]}"), "bare address; write 10.0.0.1/32", id="rule"),
        pytest.param(one("IPAddressPool", "{adresses: []}"), "did you mean addresses?", id="unknown field"),
        pytest.param(one("IPAddressPool", "{}"), "spec.addresses: ", id="missing"),
        pytest.param(
            one("IPAddressPool", "{addresses: [10.0.0.0/24], autoAssign: 'no'}"),
            "spec.autoAssign: got text ('no'), wanted true or false",
            id="type",
        ),
        pytest.param(
            one("BGPPeer", "{myASN: 1, peerASN: 2, peerAddress: 10.0.0.1, holdTime: 1s}", "v1beta2"),
            "spec.holdTime: got 1, wanted 3 to 65535",
            id="number",
        ),
        pytest.param(
            one("BGPPeer", "{myASN: 1, dynamicASN: both, peerAddress: 10.0.0.1}", "v1beta2"),
            'spec.dynamicASN: got "both", wanted internal or external',
            id="enum",
        ),
        pytest.param(
            one("BGPPeer", "{myASN: 1, peerASN: 2, peerAddress: 10.0.0.1, bfdProfile: fast}", "v1beta2"),
            'there is no BFDProfile "fast"',
            id="reference",
        ),
        pytest.param(
            one("BGPAdvertisement", "{communities: [nope]}"), "neither a community nor the alias", id="community"
        ),
        pytest.param(one("IPAddressPool", "{addresses: []}", "v1"), "wanted metallb.io/v1beta1", id="version"),
        pytest.param(one("AddressPool", "{addresses: []}"), "lbkit import may convert it", id="old kind"),
        pytest.param(
            "apiVersion: v1\nkind: ConfigMap\n" + SYSTEM + "\ndata: {config: 'address-pools: []'}\n",
            "lbkit import converts it",
            id="old configuration",
        ),
        pytest.param(
            one("BFDProfile", "{}").replace("metallb-system", "kube-system"),
            "got kube-system, and only objects in metallb-system are read",
            id="namespace",
        ),
    ],
)
def test_faults_are_named(crds: dict[tuple[str, str], Json], written: str, complaint: str) -> None:
    """With file, line, object, and what is wanted."""
    judged = judge(crds, written)
    assert not judged.is_good(strict=False)
    assert any(complaint in line and line.startswith("f.yaml:") for line in told(judged)), told(judged)


def test_the_line_is_that_of_the_field(crds: dict[tuple[str, str], Json]) -> None:
    """An editor can jump there."""
    written = (
        "apiVersion: v1\nkind: List\nitems:\n"
        "- apiVersion: metallb.io/v1beta1\n  kind: IPAddressPool\n  metadata:\n    name: a\n"
        "    namespace: metallb-system\n  spec:\n    addresses:\n    - 10.0.0.0/24\n    - 10.0.0.1\n"
        "    serviceAllocation:\n      prioritty: 1\n"
    )
    lines = [each.line for each in judge(crds, written).complaints if not each.is_warning]
    assert lines == [12, 14]


def test_pools_that_overlap_are_found_across_objects(crds: dict[tuple[str, str], Json]) -> None:
    """The later one is told."""
    first, second = (
        one("IPAddressPool", "{addresses: [10.0.0.0/24]}"),
        one("IPAddressPool", "{addresses: [10.0.0.9/32]}"),
    )
    judged = judge(crds, first + "---\n" + second.replace("name: a", "name: b"))
    (problem,) = [each for each in judged.complaints if not each.is_warning]
    assert (problem.name, problem.line) == ("b", 9)
    assert 'overlaps with already defined range "10.0.0.0-10.0.0.255" in pool "a"' in problem.message


def test_what_is_written_twice_is_told(crds: dict[tuple[str, str], Json]) -> None:
    """The second would silently win."""
    written = one("BFDProfile", "{}")
    assert "is written twice; the first is at f.yaml:1" in told(judge(crds, written + "---\n" + written))[0]


def test_what_is_allowed_and_hardly_meant_is_a_warning(crds: dict[tuple[str, str], Json]) -> None:
    """It is good, and not good enough for --strict."""
    written = (
        one("IPAddressPool", "{addresses: [10.0.0.0/24]}") + "---\n" + one("L2Advertisement", "{ipAddressPools: [z]}")
    )
    judged = judge(crds, written)
    assert judged.is_good(strict=False)
    assert not judged.is_good(strict=True)
    assert [line.partition(": ")[2] for line in told(judged)] == [
        "warning: IPAddressPool a: spec: no advertisement is for it, so its addresses lead nowhere",
        'warning: L2Advertisement a: spec.ipAddressPools: there is no IPAddressPool "z"',
    ]


def test_a_broken_object_is_not_told_to_be_missing(crds: dict[tuple[str, str], Json]) -> None:
    """It has only to be put right."""
    written = (
        one("IPAddressPool", "{addresses: [10.0.0.1]}") + "---\n" + one("L2Advertisement", "{ipAddressPools: [a]}")
    )
    assert len(judge(crds, written).complaints) == 1


@pytest.mark.parametrize(
    ("annotation", "reason"),
    [
        ("metallb.io/address-pool: nope", "UnknownPool"),
        ("metallb.io/loadBalancerIPs: 203.0.113.7", "AddressOutsidePools"),
        ("metallb.io/loadBalancerIPs: nonsense", "InvalidRequest"),
        ("metallb.io/loadBalancerIPs: 10.0.0.7", ""),
    ],
)
def test_services_are_judged_by_the_allocator(crds: dict[tuple[str, str], Json], annotation: str, reason: str) -> None:
    """What it would refuse, whatever else there is, is told before anybody applies it."""
    service = (
        f"apiVersion: v1\nkind: Service\nmetadata: {{name: s, annotations: {{{annotation}}}}}\n"
        "spec: {type: LoadBalancer, ports: [{port: 80}]}\n"
    )
    judged = judge(crds, one("IPAddressPool", "{addresses: [10.0.0.0/24]}") + "---\n" + service)
    found = [each.message.partition(":")[0] for each in judged.complaints if each.kind == "Service"]
    assert found == ([reason] if reason else [])


def test_manifests_are_judged_beside_a_cluster(crds: dict[tuple[str, str], Json]) -> None:
    """What the cluster has already is no fault of theirs, and what collides with it is."""
    there = (pool("b", "10.0.0.0/24"), pool("c", "10.0.0.64/30"), bgp("x"), node("n1", "10.1.0.9"))
    judged = judge(crds, one("IPAddressPool", "{addresses: [10.0.0.0/28, 10.1.0.0/24]}"), *there)
    messages = [each.message for each in judged.complaints if each.name == "a" and not each.is_warning]
    assert len(messages) == 2
    assert "holds addresses of node n1" in messages[1]
    assert all(each.name == "a" for each in judged.complaints)


@pytest.mark.parametrize("folder", ["samples"])
def test_the_samples_are_fine_together(crds: dict[tuple[str, str], Json], folder: str) -> None:
    """Whoever applies them all has a valid configuration."""
    manifests: list[Manifest] = []
    for file in sorted((MANIFESTS / folder).glob("*.yaml")):
        manifests += load_all(file.read_text("utf-8"), file.name)
    judged = validate(manifests, crds, "metallb-system")
    assert judged.is_good(strict=True), text(judged, ())


def test_programs_get_all_of_it(crds: dict[tuple[str, str], Json]) -> None:
    """File, line, field, message; and what was left out."""
    written = one("IPAddressPool", "{addresses: [10.0.0.1]}") + "---\nkind: Deployment\napiVersion: apps/v1\n"
    judged = judge(crds, written)
    found = document(judged, ["g.yaml:1: is not YAML"], is_good=False)
    assert found["leftOut"] == {"Deployment": 1}
    assert found["problems"][0]["field"] == "spec.addresses[0]"
    assert text(judged, ["g.yaml:1: is not YAML"]).endswith(
        "1 object checked, 2 problems, no warnings; not lbkit's, left out: 1 Deployment"
    )
