"""Rules for sharing an address.

Pure.
"""

from typing import Any

import pytest

from lbkit.allocator.request import read
from lbkit.allocator.sharing import Claim, claim, refusal
from lbkit.model.views import Port
from lbkit.tests.allocator.build import service

TCP_53, UDP_53 = (Port("TCP", 53),), (Port("UDP", 53),)


def claimed(name: str, key: str, ports: tuple[Port, ...], **change: Any) -> Claim:  # Any: the fields of Service
    """Build the claim of a Service."""
    item = service(name, annotations={"allow-shared-ip": key} if key else {}, ports=ports, **change)
    return claim(item, read(item))


LOCAL: dict[str, Any] = {"external_traffic_policy": "Local"}


@pytest.mark.parametrize(
    ("one", "other", "namespaces", "part"),
    [
        pytest.param(claimed("a", "k", TCP_53), claimed("b", "k", UDP_53), set(), "", id="same key, other protocol"),
        pytest.param(claimed("a", "k", TCP_53), claimed("a", "", TCP_53), set(), "", id="oneself"),
        pytest.param(claimed("a", "", TCP_53), claimed("b", "", UDP_53), set(), "sharing key", id="no key"),
        pytest.param(claimed("a", "k", TCP_53), claimed("b", "m", UDP_53), set(), "sharing key", id="other key"),
        pytest.param(claimed("a", "k", TCP_53), claimed("b", "k", TCP_53 + UDP_53), set(), "TCP/53", id="same port"),
        pytest.param(
            claimed("a", "k", TCP_53, **LOCAL), claimed("b", "k", UDP_53, **LOCAL), set(), "", id="Local, same pods"
        ),
        pytest.param(
            claimed("a", "k", TCP_53, **LOCAL),
            claimed("b", "k", UDP_53, **LOCAL, selector="app=other"),
            set(),
            "pods differ",
            id="Local, other pods",
        ),
        pytest.param(
            claimed("a", "k", TCP_53, **LOCAL), claimed("b", "k", UDP_53), set(), "pods differ", id="Local and Cluster"
        ),
        pytest.param(
            claimed("x/a", "k", TCP_53), claimed("y/b", "k", UDP_53), set(), "between these namespaces", id="namespaces"
        ),
        pytest.param(
            claimed("x/a", "k", TCP_53),
            claimed("y/b", "k", UDP_53),
            {"x"},
            "between these namespaces",
            id="one allowed",
        ),
        pytest.param(claimed("x/a", "k", TCP_53), claimed("y/b", "k", UDP_53), {"x", "y"}, "", id="both allowed"),
        pytest.param(claimed("x/a", "k", TCP_53), claimed("y/b", "k", UDP_53), {"*"}, "", id="all allowed"),
    ],
)
def test_two_services_share_or_a_reason_says_why_not(one: Claim, other: Claim, namespaces: set[str], part: str) -> None:
    """Same key, no common port, same pods under Local, and namespaces the pool's operator allowed; both ways round."""
    for left, right in ((one, other), (other, one)):
        reason = refusal(left, right, namespaces)
        assert bool(reason) == bool(part)
        assert part in reason
