"""The lint of BGP sessions finds each way in which two ends can disagree; sound labs are in test_addressing."""

import pytest

from lbkit.lab.addressing import lint
from lbkit.lab.topology import parse
from lbkit.tests.lab.shipped import broken

PEERS = "manifests/peers.yaml"


@pytest.mark.parametrize(
    ("file", "old", "new", "expected"),
    [
        pytest.param(
            "tor1/frr.conf",
            " neighbor 10.1.2.1 peer-group NODES\n neighbor 10.1.2.1 description bgp-worker\n",
            " neighbor 10.1.9.1 peer-group NODES\n",
            "tor1/frr.conf: neighbor 10.1.9.1: no node of the lab",
            id="peer-nobody",
        ),
        pytest.param(
            "spine/frr.conf",
            " timers bgp 3 9\n",
            " neighbor 10.1.1.0 remote-as 65101\n",
            "is tor1:eth1, which is not at the other end of a link of spine",
            id="peer-on-another-link",
        ),
        pytest.param(
            "tor1/frr.conf",
            "remote-as 65000",
            "remote-as 65009",
            "got remote-as 65009, but spine is in AS 65000",
            id="peer-asn-of-a-router",
        ),
        pytest.param(
            "tor1/frr.conf",
            "NODES remote-as 65200",
            "NODES remote-as 65201",
            "got remote-as 65201, but bgp-control-plane is in AS 65200",
            id="peer-asn-of-a-node",
        ),
        pytest.param(
            "collector/gobgpd.yml",
            "as: 65001",
            "as: 65002",
            "spine/frr.conf: neighbor 10.4.0.1: got remote-as",
            id="own-asn-of-the-collector",
        ),
        pytest.param(
            "collector/gobgpd.yml",
            "neighbor-address: 10.4.0.0",
            "neighbor-address: 10.4.0.7",
            "wanted neighbor 10.4.0.0 in the configuration of collector",
            id="one-sided-session",
        ),
        pytest.param(
            "spine/frr.conf",
            " neighbor TORS bfd\n neighbor TORS bfd profile lab\n",
            "",
            "BFD runs on one end only; tor1 has it on",
            id="bfd-on-one-end",
        ),
        pytest.param(
            "spine/frr.conf",
            "router-id 10.255.0.3",
            "router-id 10.255.0.1",
            "10.255.0.1 is also tor1's",
            id="twin-router-id",
        ),
        pytest.param(
            "tor1/frr.conf",
            "network 10.1.3.0/31",
            "network 10.1.4.0/31",
            "tor1 is not connected to it",
            id="network-not-connected",
        ),
        pytest.param(
            PEERS, "peerASN: 65101", "peerASN: 65109", "got 65109, but tor1 is in AS 65101", id="manifest-peer-asn"
        ),
        pytest.param(
            PEERS,
            "peerAddress: 10.1.2.0",
            "peerAddress: 10.1.2.9",
            "no router of the lab has 10.1.2.9",
            id="manifest-peer-nobody",
        ),
        pytest.param(
            PEERS,
            "peerAddress: 10.1.2.0",
            "peerAddress: 10.1.3.0",
            "10.1.3.0 is not at the other end of a link of bgp-worker",
            id="manifest-peer-of-another-node",
        ),
        pytest.param(
            PEERS,
            "peerAddress: 10.1.2.0",
            "peerAddress: 10.1.3.0",
            "wanted a BGPPeer with peerAddress 10.1.2.0 that selects node bgp-worker",
            id="node-without-peer",
        ),
        pytest.param(
            PEERS,
            "hostname: bgp-worker2}",
            "hostname: bgp-worker3}",
            "select no node of the lab",
            id="manifest-peer-without-node",
        ),
        pytest.param(PEERS, "myASN: 65200", "myASN: 65300", "bgp-control-plane is in AS 65300", id="manifest-own-asn"),
        pytest.param(
            PEERS, "bfdProfile: lab", "bfdProfile: fast", 'there is no BFDProfile "fast"', id="manifest-bfd-profile"
        ),
        pytest.param(
            "tor1/frr.conf",
            " neighbor 10.1.2.1 peer-group NODES\n neighbor 10.1.2.1 description bgp-worker\n",
            "",
            "tor1 does not know bgp-worker; wanted neighbor 10.1.2.1",
            id="router-without-node",
        ),
    ],
)
def test_lint_finds(file: str, old: str, new: str, expected: str) -> None:
    """One wrong line in the sound BGP lab is found, and the message says what the other end has."""
    problems = [str(problem) for problem in lint(parse("bgp", broken("bgp", file, old, new)))]

    assert any(expected in problem for problem in problems), problems
