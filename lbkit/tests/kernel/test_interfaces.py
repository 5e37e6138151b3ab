"""Rules of which interfaces may announce.

Shell: reads this machine's own links in one test.
"""

from dataclasses import replace
from ipaddress import ip_address

import pytest

from lbkit.announcer.desired import Interface
from lbkit.kernel.interfaces import BROADCAST, LOOPBACK, LOWER_UP, NO_ARP, UP, Link, read_links, usable

MAC = bytes.fromhex("020000000001")
ETH0 = Link("eth0", 2, UP | LOWER_UP | BROADCAST, MAC, is_enslaved=False, addresses=(ip_address("192.0.2.2"),))


def test_a_plain_interface_announces_ipv4() -> None:
    """With its addresses, for which family 4 has a responder."""
    assert usable([ETH0]) == (Interface("eth0", 2, MAC, frozenset({4}), (ip_address("192.0.2.2"),)),)


@pytest.mark.parametrize(
    ("addresses", "families"),
    [
        pytest.param(("fe80::1", "2001:db8::1"), {4, 6}, id="link-local"),
        pytest.param(("fe80::1",), {4, 6}, id="link-local-alone"),
        pytest.param(("2001:db8::1",), {4}, id="without-link-local"),
        pytest.param((), {4}, id="no-address"),
    ],
)
def test_an_interface_that_speaks_ipv6_announces_it(addresses: tuple[str, ...], families: set[int]) -> None:
    """It does where it has a link-local address; IPv4 is announced also where there is no address at all."""
    (found,) = usable([replace(ETH0, addresses=tuple(map(ip_address, addresses)))])
    assert found.families == families


@pytest.mark.parametrize(
    "link",
    [
        pytest.param(replace(ETH0, flags=LOWER_UP | BROADCAST), id="down"),
        pytest.param(replace(ETH0, flags=UP | BROADCAST), id="no-carrier"),
        pytest.param(replace(ETH0, flags=UP | LOWER_UP), id="no-broadcast"),
        pytest.param(replace(ETH0, flags=ETH0.flags | NO_ARP), id="noarp"),
        pytest.param(replace(ETH0, flags=ETH0.flags | LOOPBACK), id="loopback"),
        pytest.param(replace(ETH0, is_enslaved=True), id="bridge-port"),
        pytest.param(replace(ETH0, mac=b""), id="no-hardware-address"),
        pytest.param(replace(ETH0, mac=bytes(20)), id="infiniband"),
    ],
)
def test_an_interface_that_cannot_answer_for_itself_is_left_out(link: Link) -> None:
    """Each for its own reason."""
    assert usable([link]) == ()


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        *[
            (name, False)
            for name in (
                "lo",
                "docker0",
                "veth1a2b",
                "cni0",
                "cali123",
                "flannel.1",
                "kube-ipvs0",
                "dummy0",
                "virbr0",
                "lxcbr0",
                "lxc1",
                "cbr0",
                "tunl0",
                "nodelocaldns",
            )
        ],
        *[(name, True) for name in ("eth0", "ens3", "bond0", "br0", "lon", "wlan0", "enp1s0.100")],
    ],
)
def test_interfaces_of_the_container_runtime_are_left_out_by_name(name: str, expected: bool) -> None:
    """MetalLB's list; `lo` is the whole name."""
    assert bool(usable([replace(ETH0, name=name)])) is expected


def test_interfaces_are_sorted_by_name() -> None:
    """So that equal sets are equal tuples."""
    links = [replace(ETH0, name=name) for name in ("eth1", "bond0", "eth0")]
    assert [each.name for each in usable(links)] == ["bond0", "eth0", "eth1"]


async def test_the_kernel_lists_the_loopback() -> None:
    """Netlink answers without any privilege."""
    links = {link.name: link for link in await read_links()}
    assert links["lo"].flags & LOOPBACK
    assert ip_address("127.0.0.1") in links["lo"].addresses
