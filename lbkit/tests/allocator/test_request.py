"""Rules for what a Service asks for.

Pure.
"""

from ipaddress import ip_address
from typing import Any

import pytest

from lbkit.allocator.request import annotation, read
from lbkit.model.names import Reason
from lbkit.tests.allocator.build import CLUSTER, service


def test_annotations_have_two_prefixes() -> None:
    """The deprecated prefix is read; where both are there, the newer one counts."""
    old = {"metallb.universe.tf/address-pool": "old"}
    assert annotation(service(annotations=old), "address-pool") == "old"
    assert annotation(service(annotations=old | {"metallb.io/address-pool": "new"}), "address-pool") == "new"
    assert annotation(service(), "address-pool") == ""


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        pytest.param({"families": (4,)}, (4,), id="single"),
        pytest.param({"families": (6, 4)}, (6, 4), id="primary family first"),
        pytest.param({"families": (4,), "ip_families": (4, 6)}, (4,), id="no cluster address, no family"),
        pytest.param({"cluster_ips": (), "ip_families": (4,)}, (), id="headless"),
        pytest.param({"cluster_ips": (CLUSTER[6],), "ip_families": ()}, (6,), id="before dual stack"),
    ],
)
def test_families_are_those_of_the_cluster_addresses(change: dict[str, Any], expected: tuple[int, ...]) -> None:
    """An address without a cluster address of its family leads nowhere."""
    assert read(service(**change)).families == expected


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        pytest.param({"annotations": {"loadBalancerIPs": "192.0.2.1"}}, ["192.0.2.1"], id="annotation"),
        pytest.param({"load_balancer_ip": "192.0.2.1"}, ["192.0.2.1"], id="deprecated field"),
        pytest.param(
            {"annotations": {"loadBalancerIPs": "2001:db8::1, 192.0.2.1"}, "families": (4, 6)},
            ["192.0.2.1", "2001:db8::1"],
            id="both families, primary first",
        ),
        pytest.param({}, [], id="none"),
    ],
)
def test_requested_addresses(change: dict[str, Any], expected: list[str]) -> None:
    """Annotation or field give the addresses asked for."""
    request = read(service(**change))
    assert request.problem is None
    assert request.addresses == tuple(ip_address(text) for text in expected)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        pytest.param({"annotations": {"loadBalancerIPs": "nonsense"}}, Reason.INVALID_REQUEST, id="no address"),
        pytest.param({"annotations": {"loadBalancerIPs": "010.0.0.1"}}, Reason.INVALID_REQUEST, id="leading zero"),
        pytest.param({"annotations": {"loadBalancerIPs": "::ffff:1.2.3.4"}}, Reason.INVALID_REQUEST, id="IPv4-mapped"),
        pytest.param({"annotations": {"loadBalancerIPs": "1.2.3.4,"}}, Reason.INVALID_REQUEST, id="empty item"),
        pytest.param(
            {"annotations": {"loadBalancerIPs": "1.2.3.4,1.2.3.5"}}, Reason.INVALID_REQUEST, id="one family twice"
        ),
        pytest.param(
            {"annotations": {"loadBalancerIPs": "1.2.3.4"}, "load_balancer_ip": "1.2.3.4"},
            Reason.INVALID_REQUEST,
            id="annotation and field",
        ),
        pytest.param({"annotations": {"loadBalancerIPs": "2001:db8::1"}}, Reason.FAMILY_MISMATCH, id="other family"),
        pytest.param(
            {"annotations": {"loadBalancerIPs": "1.2.3.4"}, "families": (4, 6), "ip_family_policy": "PreferDualStack"},
            Reason.FAMILY_MISMATCH,
            id="dual stack must list both",
        ),
    ],
)
def test_a_request_that_cannot_be_met_as_written_is_a_problem(change: dict[str, Any], reason: Reason) -> None:
    """What cannot be taken at its word is named, and no address is made up from it."""
    request = read(service(**change))
    assert request.problem is not None
    assert request.problem.reason == reason
    assert request.addresses == ()
