"""What exec lines set."""

from ipaddress import IPv4Address, IPv6Address, ip_interface, ip_network

import pytest

from lbkit.lab.commands import Assignment, Route, Settings, read
from lbkit.model.findings import Findings

GATEWAYS = (IPv4Address("10.1.1.0"), IPv4Address("10.2.1.0"))


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        pytest.param(
            "ip addr replace 10.10.0.1/24 dev eth1",
            Settings((Assignment("eth1", ip_interface("10.10.0.1/24")),)),
            id="address",
        ),
        pytest.param(
            "ip -6 address replace 2001:db8::1/64 dev eth1 nodad",
            Settings((Assignment("eth1", ip_interface("2001:db8::1/64")),)),
            id="address-v6",
        ),
        pytest.param(
            "ip route replace 10.30.0.0/24 nexthop via 10.1.1.0 nexthop via 10.2.1.0 weight 2",
            Settings((), (Route(ip_network("10.30.0.0/24"), GATEWAYS),)),
            id="multipath",
        ),
        pytest.param(
            "ip route replace default via 10.1.1.0 dev eth1",
            Settings((), (Route(ip_network("0.0.0.0/0"), GATEWAYS[:1]),)),
            id="default",
        ),
        pytest.param(
            "ip -6 route replace default via 2001:db8::1",
            Settings((), (Route(ip_network("::/0"), (IPv6Address("2001:db8::1"),)),)),
            id="default-v6",
        ),
        pytest.param(
            "ip route replace unreachable 10.100.0.0/24",
            Settings((), (Route(ip_network("10.100.0.0/24"), ()),)),
            id="unreachable",
        ),
        pytest.param("sysctl -qw net.ipv4.ip_forward=1", Settings(), id="another-command"),
        pytest.param("sh -c 'ip addr add 10.0.0.1/24 dev eth1'", Settings(), id="inside-a-shell"),
    ],
)
def test_read(line: str, expected: Settings) -> None:
    """Addresses and routes are read; everything else sets nothing of interest."""
    findings = Findings()

    assert read(findings, "exec", (line,)) == expected
    assert findings.problems == []


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        pytest.param("ip addr replace 10.10.0.1/24", "has no interface", id="no-interface"),
        pytest.param("ip addr replace 10.10.0.1 dev eth1", "has no prefix length", id="no-length"),
        pytest.param("ip addr replace 10.10.0.x/24 dev eth1", "10.10.0.x/24", id="no-address"),
        pytest.param("ip route add 10.30.0.0/24 via 10.1.1.0", "use replace instead of add", id="add"),
        pytest.param("ip route replace 10.30.0.0 via 10.1.1.0", "has no prefix length", id="route-without-length"),
        pytest.param("ip route replace 10.30.0.0/24 via gw", '"gw" is not an IP address', id="next-hop"),
        pytest.param("ip addr replace '10.10.0.1/24", "cannot be split into words", id="open-quote"),
    ],
)
def test_read_notes(line: str, expected: str) -> None:
    """A line that would fail, or fail the second time, is noted under its index."""
    findings = Findings()

    read(findings, "exec", ("true", line))

    (problem,) = findings.problems
    assert problem.path == "exec[1]"
    assert expected in problem.message
