"""The groups of commands in a lab: made, changed, waited for, exported, imported and deleted, in the real API."""

import json
from pathlib import Path

import pytest
import yaml

from lbkit.tests.live.conftest import LAB, Cluster

ADDRESSES = "10.100.92.0/28"
SYSTEM = "metallb-system"


def gone(cluster: Cluster, *names: str) -> None:
    """See that nothing is left of a test."""
    for kind in ("IPAddressPool", "L2Advertisement", "BGPAdvertisement", "BGPPeer", "BFDProfile"):
        there = {item["metadata"]["name"] for item in cluster.api.list(kind, SYSTEM)}
        assert not there & set(names), kind


def done(cluster: Cluster, *words: str) -> str:
    """Run a command that must work; give what it printed."""
    ended = cluster.lbkit(*words)
    assert ended.code == 0, f"{words}\n{ended.out}{ended.err}"
    return ended.out


def test_a_load_balancer_lives_and_dies(cluster: Cluster) -> None:
    """Created, in force, updated to another mode, used, refused to be deleted, deleted."""
    create = ["load-balancer", "create", "live-lb", "--addresses", ADDRESSES, "--advertise-mode", "arp"]
    done(cluster, *create, "--auto-assign", "Disabled", "--dry-run")
    gone(cluster, "live-lb")
    try:
        done(cluster, *create, "--auto-assign", "Disabled")
        done(cluster, "load-balancer", "wait", "live-lb", "--created", "--timeout", "10", "--interval", "1")
        assert cluster.lbkit(*create).code == 2
        done(cluster, "load-balancer", "update", "live-lb", "--advertise-mode", "BGP", "--priority", "7")
        shown = json.loads(done(cluster, "load-balancer", "show", "-n", "live-lb", "-o", "json"))
        assert (shown["advertiseMode"], shown["priority"], shown["provisioningState"]) == ("BGP", 7, "Succeeded")
        assert shown["advertisements"] == ["BGPAdvertisement/live-lb"]
        cluster.put(
            {
                "apiVersion": "v1",
                "kind": "Service",
                "metadata": {
                    "name": "user",
                    "namespace": "lbkit-live",
                    "annotations": {"metallb.io/address-pool": "live-lb"},
                },
                "spec": {"type": "LoadBalancer", "selector": {"app": "user"}, "ports": [{"port": 80}]},
            }
        )
        done(cluster, "load-balancer", "wait", "live-lb", "--custom", "length(services) == `1`", "--timeout", "20")
        in_use = cluster.lbkit("load-balancer", "delete", "live-lb", "--yes")
        assert (in_use.code, "is in use: Service lbkit-live/user" in in_use.err) == (2, True)
    finally:
        cluster.lbkit("load-balancer", "delete", "live-lb", "--yes", "--force")
    gone(cluster, "live-lb")
    assert cluster.lbkit("load-balancer", "show", "live-lb").code == 3


def test_what_the_cluster_uses_itself_is_refused(cluster: Cluster) -> None:
    """Networks of nodes, pods and Services, and of the lab's own pool: by what the API server shows of them."""
    node = cluster.api.list("Node")[0]
    address = next(each["address"] for each in node["status"]["addresses"] if each["type"] == "InternalIP")
    ranges = cluster.api.list("ServiceCIDR")[0]["spec"]["cidrs"]
    pool = next(item for item in cluster.api.list("IPAddressPool", SYSTEM) if item["metadata"]["name"] == "lab")
    for addresses in (f"{address}/32", node["spec"]["podCIDRs"][0], ranges[0], pool["spec"]["addresses"][0]):
        ended = cluster.lbkit("load-balancer", "create", "live-no", "--addresses", addresses, "--advertise-mode", "ARP")
        assert ended.code == 2, addresses
        assert "Cure" in ended.err
    gone(cluster, "live-no")


@pytest.mark.skipif(LAB != "bgp", reason="the lab has no routers")
def test_a_peer_and_its_profile_live_and_die(cluster: Cluster) -> None:
    """A session that cannot come up is shown as down, node by node; who is used is not deleted."""
    peer = ["--my-asn", "65200", "--peer-asn", "65101", "--peer-address", "10.255.255.1", "--hold-time", "9"]
    try:
        done(cluster, "bfd-profile", "create", "live-fast", "--receive-interval", "300", "--detect-multiplier", "3")
        assert cluster.lbkit("bgp-peer", "create", "live-peer", *peer, "--bfd-profile", "live-none").code == 2
        assert cluster.lbkit("bgp-peer", "create", "live-peer", *peer, "--password-secret", "live-none").code == 2
        done(cluster, "bgp-peer", "create", "live-peer", *peer, "--bfd-profile", "live-fast")
        assert cluster.lbkit("bfd-profile", "delete", "live-fast", "--yes").code == 2

        def states() -> set[str]:
            shown = json.loads(done(cluster, "bgp-peer", "show", "live-peer", "-o", "json"))
            return {each["state"] for each in shown["sessions"]}

        cluster.until(lambda: states() == {"down"}, states)
        assert "SessionDown" in cluster.lbkit("status").out
    finally:
        cluster.lbkit("bgp-peer", "delete", "live-peer", "--yes", "--force")
        cluster.lbkit("bfd-profile", "delete", "live-fast", "--yes", "--force")
    gone(cluster, "live-peer", "live-fast")


def test_the_api_server_judges_too(cluster: Cluster) -> None:
    """What only the CRD's own rules refuse is told in the API server's words, and nothing is written."""
    words = ["--addresses", "10.100.92.16/28", "--advertise-mode", "BGP", "--node-selector", f"a={'b' * 64}"]
    ended = cluster.lbkit("load-balancer", "create", "live-long", *words)
    assert ended.code == 2
    assert "is refused by the API server" in ended.err
    gone(cluster, "live-long")


def test_the_configuration_goes_out_and_comes_back(cluster: Cluster, tmp_path: Path) -> None:
    """What is exported is valid, and importing it again changes nothing but who wrote it."""
    file = tmp_path / "export.yaml"
    file.write_text(done(cluster, "export"))
    assert done(cluster, "validate", str(file)).splitlines()[-1].endswith("no problems, no warnings")
    before = {item["metadata"]["name"]: item["spec"] for item in cluster.api.list("IPAddressPool", SYSTEM)}
    done(cluster, "import", str(file), "--dry-run", "--force")
    after = {item["metadata"]["name"]: item["spec"] for item in cluster.api.list("IPAddressPool", SYSTEM)}
    assert before == after
    template = tmp_path / "template.json"
    template.write_text(done(cluster, "export", "--format", "arc"))
    kinds = {item["kind"] for item in yaml.safe_load_all(done(cluster, "import", str(template)))}
    assert "IPAddressPool" in kinds


def test_arcs_resources_are_applied(cluster: Cluster, tmp_path: Path) -> None:
    """A template becomes a load balancer that works here."""
    resource = {
        "type": "Microsoft.KubernetesRuntime/loadBalancers",
        "name": "LiveArc",
        "properties": {"addresses": [ADDRESSES], "advertiseMode": "ARP", "serviceSelector": {"live": "never"}},
    }
    file = tmp_path / "main.json"
    file.write_text(json.dumps({"resources": [resource]}))
    try:
        done(cluster, "import", str(file), "--apply")
        done(cluster, "load-balancer", "wait", "livearc", "--created", "--timeout", "10", "--interval", "1")
        shown = json.loads(done(cluster, "load-balancer", "show", "livearc", "-o", "json"))
        assert (shown["advertiseMode"], shown["serviceSelector"], shown["madeBy"]) == (
            "ARP",
            {"live": "never"},
            "lbkit",
        )
    finally:
        cluster.lbkit("load-balancer", "delete", "livearc", "--yes", "--force")
    gone(cluster, "livearc")
