"""Rights on the API server: a table of every one, so that a new right is seen in review.

Shell: reads files of this repository.
"""

from typing import Any, Final, TypeAlias

import pytest

from lbkit.controller.api import LEASE
from lbkit.model.segment_key import SEGMENT_SECRET

Json: TypeAlias = Any  # parsed YAML has no static shape
Objects: TypeAlias = list[dict[str, Json]]
Rights: TypeAlias = dict[str, set[str]]

READ: Final = {"get", "list", "watch"}
WRITE: Final = {*READ, "create", "delete", "patch", "update"}
STATUS: Final = {"get", "patch", "update"}
CONFIGURATION: Final = (
    "ipaddresspools",
    "l2advertisements",
    "bgpadvertisements",
    "bgppeers",
    "bfdprofiles",
    "communities",
)

SHOWN: Final = ("servicel2statuses", "servicebgpstatuses", "bgpsessionstates", "configurationstates")

EVERYWHERE: Final[dict[str, Rights]] = {
    "controller": {
        "services": READ,
        "nodes": READ,
        "namespaces": READ,
        "servicecidrs": READ,
        "services/status": {"patch", "update"},
        "events": {"create", "patch"},
    },
    "speaker": {
        "services": READ,
        "nodes": READ,
        "namespaces": READ,
        "endpointslices": READ,
        "events": {"create", "patch"},
    },
}
IN_NAMESPACE: Final[dict[str, Rights]] = {
    "controller": {
        **dict.fromkeys(CONFIGURATION, READ),
        "ipaddresspools/status": {"patch"},
        **dict.fromkeys(("servicel2statuses", "servicebgpstatuses"), READ),
        "configurationstates": WRITE,
        "configurationstates/status": STATUS,
        "leases": {*READ, "create", "patch"},
        "secrets": {"create", "get"},
    },
    "speaker": {
        **dict.fromkeys(CONFIGURATION, READ),
        **dict.fromkeys(SHOWN, WRITE),
        **dict.fromkeys((f"{name}/status" for name in SHOWN), STATUS),
        "secrets": READ,
    },
}


def _rights(installed: Objects, binding_kind: str, account: str) -> Rights:
    """{resource: verbs} that bindings of one kind give to a ServiceAccount of metallb-system."""
    subject = {"kind": "ServiceAccount", "name": account, "namespace": "metallb-system"}
    roles = [doc["roleRef"] for doc in installed if doc["kind"] == binding_kind and subject in doc["subjects"]]
    found: Rights = {}
    for doc in installed:
        if {"kind": doc["kind"], "name": doc["metadata"]["name"]} in [
            {k: r[k] for k in ("kind", "name")} for r in roles
        ]:
            for rule in doc["rules"]:
                for resource in rule["resources"]:
                    found[resource] = found.get(resource, set()) | set(rule["verbs"])
    return found


@pytest.mark.parametrize("account", sorted(EVERYWHERE))
def test_rights_in_all_namespaces(account: str, installed: Objects) -> None:
    """A ClusterRole holds what is in the table and nothing else: no Secret, no write to a Service's spec."""
    assert _rights(installed, "ClusterRoleBinding", account) == EVERYWHERE[account]


@pytest.mark.parametrize("account", sorted(IN_NAMESPACE))
def test_rights_in_the_own_namespace(account: str, installed: Objects) -> None:
    """A Role holds what is in the table and nothing else."""
    assert _rights(installed, "RoleBinding", account) == IN_NAMESPACE[account]


def test_no_lease_but_its_own(installed: Objects) -> None:
    """The speaker of another release, or whoever else has a Lease here, is out of the controller's reach."""
    rules = [
        rule
        for doc in installed
        if doc["kind"] == "Role" and doc["metadata"]["name"] == "controller"
        for rule in doc["rules"]
        if "leases" in rule["resources"] and rule["verbs"] != ["create"]
    ]
    assert [rule["resourceNames"] for rule in rules] == [[LEASE]]


def test_the_controller_reads_no_secret_but_the_key_of_the_heartbeats(installed: Objects) -> None:
    """BGP passwords are none of its business."""
    rules = [
        rule
        for doc in installed
        if doc["kind"] == "Role" and doc["metadata"]["name"] == "controller"
        for rule in doc["rules"]
        if "secrets" in rule["resources"] and rule["verbs"] != ["create"]
    ]
    assert [rule["resourceNames"] for rule in rules] == [[SEGMENT_SECRET]]


def test_no_wildcards(installed: Objects) -> None:
    """No rule says `*`, which would also grant what the API has not got yet."""
    for doc in installed:
        for rule in doc.get("rules", ()):
            assert "*" not in {*rule["apiGroups"], *rule["resources"], *rule["verbs"]}, doc["metadata"]["name"]


def test_every_right_is_for_a_resource_that_exists(installed: Objects, crds: dict[str, dict[str, Json]]) -> None:
    """Rules for metallb.io name the plurals of the CRDs."""
    plurals = {crd["spec"]["names"]["plural"] for crd in crds.values()}
    ours = [
        r
        for doc in installed
        for rule in doc.get("rules", ())
        if rule["apiGroups"] == ["metallb.io"]
        for r in rule["resources"]
    ]
    assert {name.removesuffix("/status") for name in ours} == plurals


def test_pods_run_as_their_own_accounts(installed: Objects) -> None:
    """Controller and speaker each have the ServiceAccount of their name."""
    pods = {d["metadata"]["name"]: d["spec"]["template"]["spec"] for d in installed if "template" in d.get("spec", {})}
    assert {name: pod["serviceAccountName"] for name, pod in pods.items()} == {
        "controller": "controller",
        "speaker": "speaker",
    }
