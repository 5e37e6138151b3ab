"""Reading a lab: the shipped ones become the values everybody asks, and a broken file says all that is wrong."""

from ipaddress import IPv4Address, IPv6Address, ip_interface, ip_network

import pytest

from lbkit.errors import InputError
from lbkit.lab.topology import Bind, CapturePoint, parse
from lbkit.lab.wiring import Endpoint, Interface
from lbkit.model.views import Range
from lbkit.tests.lab.shipped import broken, files

L2_FILE, BGP_FILE = "l2.clab.yml", "bgp.clab.yml"


def test_nodes_have_the_containers_docker_knows() -> None:
    """The lab's own nodes are called by containerlab's rule, a cluster's nodes and the bridge's host by their own."""
    lab = parse("l2", files("l2"))

    containers = {node.name: (node.role, node.container) for node in lab.nodes}

    assert containers == {
        "l2": ("cluster", ""),
        "l2-control-plane": ("k8s-node", "l2-control-plane"),
        "l2-worker": ("k8s-node", "l2-worker"),
        "l2-worker2": ("k8s-node", "l2-worker2"),
        "sw": ("switch", "clab-l2-sw"),
        "lan|sw": ("segment", "clab-l2-sw"),
        "gw": ("router", "clab-l2-gw"),
        "near": ("client", "clab-l2-near"),
        "far": ("client", "clab-l2-far"),
    }


def test_interfaces_join_links_and_exec() -> None:
    """An interface has its MAC address and other end from the links, and its addresses from exec."""
    lab = parse("bgp", files("bgp"))
    first = (ip_interface("10.1.2.1/31"), ip_interface("fd00:10:1:2::1/127"))
    second = (ip_interface("10.2.2.1/31"), ip_interface("fd00:10:2:2::1/127"))

    assert lab.node("bgp-worker").interfaces == (
        Interface("eth1", "02:00:10:01:02:01", 1500, Endpoint("tor1", "eth2"), first),
        Interface("eth2", "02:00:10:02:02:01", 1500, Endpoint("tor2", "eth2"), second),
    )


def test_routes_come_from_exec() -> None:
    """A route over two next hops keeps both, in their order."""
    routes = {route.destination: route.next_hops for route in parse("bgp", files("bgp")).node("bgp-worker").routes}
    both = (IPv4Address("10.1.2.0"), IPv4Address("10.2.2.0"))

    assert routes == {
        ip_network("10.5.0.0/24"): both,
        ip_network("10.30.0.0/24"): both,
        ip_network("fd00:10:30::/64"): (IPv6Address("fd00:10:1:2::"), IPv6Address("fd00:10:2:2::")),
    }


def test_images_are_published_ones_unless_told() -> None:
    """Without variables a lab names published images; a variable replaces one."""
    contents = files("l2")

    assert parse("l2", contents).node("l2").image == "kindest/node:v1.36.1"
    assert parse("l2", contents, {"LBKIT_NODE_IMAGE": "node:own"}).node("l2").image == "node:own"


def test_segments_join_what_hears_each_other() -> None:
    """All ports of a bridge are one segment; a link between two nodes is one of its own."""
    segments = {segment.name: tuple(map(str, segment.endpoints)) for segment in parse("l2", files("l2")).segments}

    assert segments == {
        "lan": ("gw:eth1", "l2-control-plane:eth1", "l2-worker:eth1", "l2-worker2:eth1", "near:eth1"),
        "gw:eth2 -- far:eth1": ("gw:eth2", "far:eth1"),
    }


def test_capture_points_begin_with_the_bridge() -> None:
    """A bridge sees every frame of its segment, so it comes first; then every wired interface."""
    points = parse("l2", files("l2")).capture_points

    assert points[0] == CapturePoint("lan", "clab-l2-sw", "lan")
    assert CapturePoint("l2-worker:eth1", "l2-worker", "eth1") in points
    assert CapturePoint("lan|sw:p11", "clab-l2-sw", "p11") in points


def test_cluster_is_what_kind_will_make() -> None:
    """The first worker has no number, and the kubeconfig lies in the cluster's own directory."""
    (cluster,) = parse("bgp", files("bgp")).clusters

    assert cluster.containers == ("bgp-control-plane", "bgp-worker", "bgp-worker2")
    assert cluster.pod_networks == (ip_network("10.245.0.0/16"), ip_network("fd00:10:245::/56"))
    assert cluster.service_networks == (ip_network("10.97.0.0/16"), ip_network("fd00:10:97::/112"))
    assert cluster.kubeconfig == "clab-bgp/bgp/kubeconfig"


def test_dual_stack_cluster_has_networks_of_both_families() -> None:
    """What kind.yaml leaves out is kind's default for the families it names."""
    written = parse("l2", files("l2")).clusters[0]
    (by_default,) = parse("l2", broken("l2", "kind.yaml", "  podSubnet: 10.244.0.0/16,fd00:10:244::/56\n", "")).clusters

    assert written.pod_networks == (ip_network("10.244.0.0/16"), ip_network("fd00:10:244::/56"))
    assert written.service_networks == (ip_network("10.96.0.0/16"), ip_network("fd00:10:96::/112"))
    assert by_default.pod_networks == written.pod_networks


def test_groups_give_their_members_what_they_lack() -> None:
    """A router has its group's binds, with its own name in them, and keeps its own exec."""
    tor1 = parse("bgp", files("bgp")).node("tor1")

    assert tor1.binds[0] == Bind("tor1/frr.conf", "/etc/frr/frr.conf", "ro")
    assert tor1.sysctls["net.ipv4.fib_multipath_hash_policy"] == "3"
    assert tor1.exec[0] == "ip addr replace 10.1.1.0/31 dev eth1"


def test_daemons_are_told_by_their_files() -> None:
    """A node runs the routing daemon whose configuration it is given; nodes without one run none."""
    lab = parse("bgp", files("bgp"))

    daemons = {name: lab.node(name).daemon for name in ("tor1", "spine", "collector", "distant", "client")}
    assert daemons == {"tor1": "frr", "spine": "frr", "collector": "gobgp", "distant": "bird", "client": ""}


def test_kind_comes_before_node_in_exec() -> None:
    """What all nodes of a kind run comes first, as containerlab appends exec lists."""
    assert parse("l2", files("l2")).node("l2-worker").exec[0].startswith("sysctl")


def test_routers_and_manifests_are_read() -> None:
    """Routers have AS numbers and peers with what their peer group gives them; pools and peers are views."""
    lab = parse("bgp", files("bgp"))

    tor1 = next(router for router in lab.routers if router.lab_node == "tor1")
    assert (tor1.asn, tor1.router_id) == (65101, IPv4Address("10.255.0.1"))
    assert [(str(peer.address), peer.asn, peer.has_bfd) for peer in tor1.peers] == [
        ("10.1.1.1", 65200, True),
        ("10.1.2.1", 65200, True),
        ("10.1.3.1", 65200, True),
        ("fd00:10:1:1::1", 65200, True),
        ("fd00:10:1:2::1", 65200, True),
        ("fd00:10:1:3::1", 65200, True),
        ("10.3.1.0", 65000, True),
    ]
    assert [router.asn for router in lab.routers] == [65101, 65102, 65000, 65001]
    assert lab.pools[0].ranges == (
        Range(IPv4Address("10.100.0.0"), IPv4Address("10.100.0.255")),
        Range(IPv6Address("fd00:10:100::"), IPv6Address("fd00:10:100::ff")),
    )
    assert len(lab.manifests.peers) == 12


@pytest.mark.parametrize(
    ("file", "old", "new", "expected"),
    [
        pytest.param(L2_FILE, "name: l2", "name: other", "name: got 'other', wanted 'l2'", id="name"),
        pytest.param(L2_FILE, "name: l2", "name: l2\nnamed: l2", "l2.clab.yml: named: is no key", id="unknown-key"),
        pytest.param(L2_FILE, "name: l2", "name: l2\nname: l2", "'name' is written twice", id="key-twice"),
        pytest.param(L2_FILE, "name: l2", "name: [", "is not YAML", id="no-yaml"),
        pytest.param(L2_FILE, "LBKIT_NODE_IMAGE:=kindest/node:v1.36.1}", "LBKIT", "closing brace", id="open-brace"),
        pytest.param(L2_FILE, "  network: lbkit-l2\n", "", "mgmt: wanted network", id="management"),
        pytest.param(L2_FILE, "ipv4-subnet: 172.31.250.0/24", "ipv4-subnet: all", "mgmt.ipv4-subnet", id="subnet"),
        pytest.param(
            L2_FILE, "      cmd: sleep infinity", "      cdm: sleep", "nodes.sw: cdm: is no key", id="node-key"
        ),
        pytest.param(L2_FILE, "kind: linux", "kind: vr-sros", "nodes.sw.kind: got 'vr-sros'", id="kind"),
        pytest.param(L2_FILE, "{lbkit.role: switch}", "{lbkit.role: hub}", "got 'hub', wanted one of", id="role"),
        pytest.param(L2_FILE, "{lbkit.role: k8s-node}", "{lbkit.role: router}", "wanted k8s-node", id="role-of-kind"),
        pytest.param(L2_FILE, "container:sw", "host", "a bridge lives in a node, not on the host", id="host-bridge"),
        pytest.param(L2_FILE, "gw/frr.conf:", "gw/none.conf:", "there is no file gw/none.conf", id="bind"),
        pytest.param(
            L2_FILE, "startup-config: kind.yaml", "startup-config: k.yaml", "no file k.yaml", id="kind-config"
        ),
        pytest.param(
            L2_FILE, "    l2-worker2:", "    l2-worker3:", "no cluster here has this container", id="container"
        ),
        pytest.param(L2_FILE, "node: near,", "node: mear,", "there is no node mear", id="end-of-nobody"),
        pytest.param(L2_FILE, "interface: p11,", "interface: p10,", "lan|sw:p10: has a link already", id="end-twice"),
        pytest.param(L2_FILE, "node: near, interface: eth1", "node: near, interface: eth0", "management", id="eth0"),
        pytest.param(L2_FILE, "interface: p100", "interface: p10000000000000000", "15 characters", id="long-name"),
        pytest.param(L2_FILE, ', mac: "02:00:10:10:00:01"', "", "has no mac", id="no-mac"),
        pytest.param(L2_FILE, '"02:00:10:10:00:01"', '"02:00:10:10:00"', "wanted six octets", id="short-mac"),
        pytest.param(L2_FILE, '"02:00:10:10:00:01"', '"03:00:10:10:00:01"', "not a local unicast", id="group-mac"),
        pytest.param(L2_FILE, "- type: veth", "- type: host", "got 'host', wanted veth", id="link-type"),
        pytest.param(
            L2_FILE, "10.10.0.1/24 dev eth1", "10.10.0.1/24 dev eth5", "eth5, which has no link", id="no-link"
        ),
        pytest.param(L2_FILE, "replace 10.10.0.1/24", "replace 10.10.0.1", "has no prefix length", id="no-length"),
        pytest.param(L2_FILE, "replace 10.10.0.1/24", "add 10.10.0.1/24", "fails on a second deploy", id="add"),
        pytest.param(L2_FILE, "replace 10.10.0.1/24", "replace 10.10.0.999/24", "10.10.0.999/24", id="no-address"),
        pytest.param("kind.yaml", "role: control-plane", "role: master", "nodes[0].role: got 'master'", id="kind-role"),
        pytest.param("kind.yaml", "v1alpha4", "v1alpha3", "is no kind configuration", id="kind-version"),
        pytest.param("kind.yaml", "dual", "both", "networking.ipFamily: got 'both'", id="families"),
        pytest.param("kind.yaml", "dual", "ipv4", "wanted one network of IPv4 for ipFamily ipv4", id="too-many"),
        pytest.param("kind.yaml", "16,fd00:10:96::/112", "16", "of IPv4 and IPv6 for ipFamily dual", id="too-few"),
        pytest.param("kind.yaml", "role: worker", "role: control-plane", "got 2 control planes", id="two-planes"),
        pytest.param("manifests/pool.yaml", "10.10.0.200-", "10.10.0.300-", "IPAddressPool/lab: spec.addr", id="pool"),
        pytest.param("manifests/pool.yaml", "metallb-system", "default", "got namespace default", id="namespace"),
        pytest.param("manifests/pool.yaml", "v1beta1", "v1", "got metallb.io/v1 IPAddressPool", id="version"),
        pytest.param("manifests/pool.yaml", "addresses:", "addresses: 7\n  other:", "IPAddressPool/lab", id="shape"),
    ],
)
def test_broken_l2_lab_is_refused(file: str, old: str, new: str, expected: str) -> None:
    """A file that containerlab, kind or the controller would refuse, or read otherwise, is refused with its place."""
    with pytest.raises(InputError) as refused:
        parse("l2", broken("l2", file, old, new))

    assert expected in str(refused.value)


@pytest.mark.parametrize(
    ("file", "old", "new", "expected"),
    [
        pytest.param(BGP_FILE, "group: router", "group: routers", "there is no group routers", id="group"),
        pytest.param("tor1/frr.conf", "router bgp 65101", "router bgp x", "got AS 'x'", id="asn"),
        pytest.param("tor1/frr.conf", " neighbor NODES remote-as 65200\n", "", "has no remote-as", id="no-remote-as"),
        pytest.param(
            "tor1/frr.conf", "peer-group NODES\n", "peer-group KNOTS\n", "no peer group KNOTS", id="peer-group"
        ),
        pytest.param("tor1/frr.conf", "router-id 10.255.0.1", "router-id one", "bgp router-id", id="router-id"),
        pytest.param(
            "collector/gobgpd.yml", "peer-as: 65000", "peer-as: none", "neighbors[0].config.peer-as", id="gobgp"
        ),
        pytest.param("collector/gobgpd.yml", "global:", "globe:", "has no global.config", id="gobgp-global"),
    ],
)
def test_broken_bgp_lab_is_refused(file: str, old: str, new: str, expected: str) -> None:
    """A router configuration from which no session can be read is refused with its place."""
    with pytest.raises(InputError) as refused:
        parse("bgp", broken("bgp", file, old, new))

    assert expected in str(refused.value)


def test_all_problems_come_at_once() -> None:
    """A lab with three mistakes in three files is refused with all three."""
    contents = files("l2")
    contents[L2_FILE] = contents[L2_FILE].replace("kind: bridge", "kind: bridges")
    contents["kind.yaml"] = contents["kind.yaml"].replace("v1alpha4", "v1alpha3")
    contents["manifests/pool.yaml"] = contents["manifests/pool.yaml"].replace("metallb-system", "default")

    with pytest.raises(InputError) as refused:
        parse("l2", contents)

    paths = {problem.path.partition(":")[0] for problem in refused.value.problems}
    assert {L2_FILE, "kind.yaml", "manifests/pool.yaml"} <= paths


def test_missing_topology_file_is_refused() -> None:
    """A folder without the topology file of its name is no lab."""
    with pytest.raises(InputError, match=r"l3\.clab\.yml: is not in the lab's folder"):
        parse("l3", files("l2"))
