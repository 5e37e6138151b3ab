"""The lint of addressing: the shipped labs are sound, and each rule finds what it is for."""

import pytest

from lbkit.lab.addressing import lint, lint_together
from lbkit.lab.topology import parse
from lbkit.tests.lab.shipped import broken, files

L2_FILE, BGP_FILE = "l2.clab.yml", "bgp.clab.yml"


@pytest.mark.parametrize("name", ["l2", "bgp"])
def test_shipped_lab_is_sound(name: str) -> None:
    """Nothing is wrong with the addressing of a lab that lbkit ships."""
    assert lint(parse(name, files(name))) == ()


def test_shipped_labs_can_be_up_together() -> None:
    """The shipped labs share no network, no cluster name and no MAC address."""
    assert lint_together(parse(name, files(name)) for name in ("l2", "bgp")) == ()


@pytest.mark.parametrize(
    ("name", "file", "old", "new", "expected"),
    [
        pytest.param("l2", L2_FILE, "mtu: 1500", "mtu: 9500", "links[0].mtu: gw:eth1 -- lan|sw:p1 has 9500", id="mtu"),
        pytest.param(
            "l2",
            L2_FILE,
            '"02:00:10:10:00:11"',
            '"02:00:10:10:00:10"',
            "is also l2-control-plane:eth1's",
            id="twin-mac",
        ),
        pytest.param(
            "l2",
            L2_FILE,
            """        - ip addr replace 10.20.0.100/24 dev eth1
        - ip addr replace fd00:10:20::100/64 dev eth1 nodad
""",
            "",
            "far:eth1: has no address",
            id="no-address",
        ),
        pytest.param(
            "l2",
            L2_FILE,
            "        - ip addr replace fd00:10:10::12/64 dev eth1 nodad\n",
            "",
            "l2-worker2:eth1: has no IPv6 address, but gw:eth1 has one",
            id="half-a-stack",
        ),
        pytest.param(
            "l2",
            L2_FILE,
            "fd00:10:10::12/64",
            "fd00:10:10::/64",
            "fd00:10:10:: is the anycast address of routers in fd00:10:10::/64",
            id="anycast-address",
        ),
        pytest.param(
            "l2",
            L2_FILE,
            "fd00:10:10::12/64",
            "fd00:10:11::12/64",
            "is in fd00:10:11::/64, but gw:eth1",
            id="other-subnet-v6",
        ),
        pytest.param(
            "l2",
            L2_FILE,
            "fd00:10:20::/64 via fd00:10:10::1",
            "fd00:10:20::/64 via fd00:10:10::2",
            "no neighbour of l2-control-plane has fd00:10:10::2",
            id="route-to-nobody-v6",
        ),
        pytest.param(
            "l2",
            "kind.yaml",
            "fd00:10:96::/112",
            "fd00:10:10::/112",
            "overlaps fd00:10:10::/64 (link lan)",
            id="services-on-a-link-v6",
        ),
        pytest.param(
            "l2",
            "manifests/pool.yaml",
            "fd00:10:10::200-fd00:10:10::2ff",
            "fd00:10:30::200-fd00:10:30::2ff",
            "in no network of a Kubernetes node",
            id="pool-off-the-lan-v6",
        ),
        pytest.param(
            "l2",
            L2_FILE,
            "10.10.0.11/24",
            "10.10.0.10/24",
            "10.10.0.10 is also set on l2-control-plane:eth1",
            id="twin-address",
        ),
        pytest.param(
            "l2",
            L2_FILE,
            "10.10.0.11/24",
            "10.10.0.255/24",
            "is the broadcast address of 10.10.0.0/24",
            id="broadcast-address",
        ),
        pytest.param(
            "l2",
            L2_FILE,
            "10.10.0.11/24",
            "10.10.0.0/24",
            "is the network address of 10.10.0.0/24",
            id="network-address",
        ),
        pytest.param(
            "bgp",
            BGP_FILE,
            "10.1.2.1/31",
            "10.1.2.3/31",
            "tor1:eth2: is in 10.1.2.0/31, but bgp-worker:eth1",
            id="other-subnet",
        ),
        pytest.param(
            "l2", L2_FILE, "10.10.0.11/24", "10.10.0.11/25", "is in 10.10.0.0/25, but gw:eth1", id="other-length"
        ),
        pytest.param(
            "bgp",
            BGP_FILE,
            "10.30.0.1/24 dev",
            "10.1.0.1/16 dev",
            "10.1.0.0/16 overlaps 10.1.1.0/31",
            id="overlapping-links",
        ),
        pytest.param(
            "l2",
            "kind.yaml",
            "10.244.0.0/16",
            "10.96.0.0/12",
            "10.96.0.0/16 overlaps 10.96.0.0/12 (pods of cluster l2)",
            id="pods-on-services",
        ),
        pytest.param(
            "l2",
            "kind.yaml",
            "10.96.0.0/16",
            "10.20.0.0/16",
            "overlaps 10.20.0.0/24 (link gw:eth2 -- far:eth1)",
            id="services-on-a-link",
        ),
        pytest.param(
            "l2",
            L2_FILE,
            "10.10.0.0/24 via 10.20.0.1",
            "10.10.0.0/24 via 10.20.0.2",
            "no neighbour of far has 10.20.0.2",
            id="route-to-nobody",
        ),
        pytest.param(
            "l2",
            L2_FILE,
            "10.10.0.0/24 via 10.20.0.1",
            "10.10.0.0/24 via 10.10.0.1",
            "no neighbour of far has 10.10.0.1",
            id="route-over-another-link",
        ),
        pytest.param(
            "l2",
            "manifests/pool.yaml",
            "10.10.0.200-",
            "10.10.0.90-",
            "holds addresses of near:eth1",
            id="pool-on-a-host",
        ),
        pytest.param(
            "l2",
            "manifests/pool.yaml",
            "10.10.0.200-10.10.0.250",
            "10.11.0.0/24",
            "in no network of a Kubernetes node",
            id="pool-off-the-lan",
        ),
        pytest.param(
            "l2",
            "manifests/pool.yaml",
            "10.10.0.200-10.10.0.250",
            "10.20.0.200-10.20.0.250",
            "in no network of a Kubernetes node",
            id="pool-behind-the-gateway",
        ),
        pytest.param(
            "l2",
            "manifests/pool.yaml",
            "10.10.0.200-10.10.0.250",
            "10.10.0.200-10.10.1.5",
            "in no network of a Kubernetes node",
            id="pool-beyond-the-lan",
        ),
        pytest.param(
            "bgp",
            "manifests/pool.yaml",
            "10.100.0.0/24",
            "10.4.0.0-10.4.0.9",
            "overlaps 10.4.0.0/31",
            id="pool-on-a-link",
        ),
        pytest.param(
            "bgp",
            "manifests/pool.yaml",
            "10.100.0.0/24",
            "10.97.7.0/24",
            "Services of cluster bgp",
            id="pool-on-services",
        ),
        pytest.param(
            "bgp",
            "manifests/pool.yaml",
            "10.100.0.0/24",
            "10.101.0.0/24",
            "does not let in 10.101.0.0-10.101.0.255",
            id="pool-not-let-in",
        ),
        pytest.param(
            "l2", "manifests/l2advertisement.yaml", "[lab]", "[other]", "no advertisement means it", id="pool-unused"
        ),
        pytest.param(
            "l2",
            "manifests/l2advertisement.yaml",
            "[eth1]",
            "[eth7]",
            "no Kubernetes node has a link on eth7",
            id="announced-elsewhere",
        ),
    ],
)
def test_lint_finds(name: str, file: str, old: str, new: str, expected: str) -> None:
    """One wrong line in a sound lab is found, and the message says where and what would fit."""
    problems = [str(problem) for problem in lint(parse(name, broken(name, file, old, new)))]

    assert any(expected in problem for problem in problems), problems


@pytest.mark.parametrize(
    ("file", "old", "new", "expected"),
    [
        pytest.param(L2_FILE, "172.31.250.0", "172.31.251.0", "172.31.251.0/24 overlaps", id="management-subnet"),
        pytest.param(L2_FILE, "network: lbkit-l2", "network: lbkit-bgp", "management network", id="management-name"),
        pytest.param("kind.yaml", "10.244.0.0/16", "10.245.128.0/17", "pods of cluster bgp", id="pods"),
        pytest.param("kind.yaml", "10.96.0.0/16", "10.97.0.0/24", "Services of cluster bgp", id="services"),
        pytest.param(L2_FILE, '"02:00:10:10:00:11"', '"02:00:10:01:01:01"', "mac 02:00:10:01:01:01", id="mac"),
    ],
)
def test_lint_together_finds(file: str, old: str, new: str, expected: str) -> None:
    """What two labs would both use is found before the second is started."""
    labs = (parse("l2", broken("l2", file, old, new)), parse("bgp", files("bgp")))

    problems = [str(problem) for problem in lint_together(labs)]

    assert any(expected in problem for problem in problems), problems


def test_lint_together_finds_a_lab_twice() -> None:
    """A lab cannot be up beside itself."""
    lab = parse("l2", files("l2"))

    problems = [str(problem) for problem in lint_together((lab, lab))]

    assert "l2.clab.yml: lab name: l2 is also that of l2.clab.yml" in problems
    assert "l2.clab.yml: cluster l2: l2.clab.yml has a cluster of this name too" in problems
