"""`lbkit status`: the worst first, and every section true."""

from collections.abc import Callable

import pytest

from lbkit.operator.status import status
from lbkit.operator.status_text import document, text
from lbkit.tests import golden
from lbkit.tests.operator import broken, build
from lbkit.tests.operator.build import metrics, obj, pod, pool, service
from lbkit.tests.operator.world import NODES, World, world

NOW_S = 1767225605.0
"""2026-01-01T00:00:05Z."""


def lease(renewed: str) -> dict[str, object]:
    """Give the controller's Lease."""
    return {
        "kind": "Lease",
        "metadata": {"name": "metallb-controller", "namespace": "metallb-system"},
        "spec": {"holderIdentity": "controller-n1", "renewTime": renewed},
    }


def well(made: World) -> None:
    """Everything works, by both protocols."""
    made.by_bgp()
    made.put(build.l2("prod", ipAddressPools=["prod"]), lease("2026-01-01T00:00:03.000000Z"))
    state = {"result": "Valid", "errorSummary": ""}
    made.put(obj("ConfigurationState", "controller", status=state))


def much_is_wrong(made: World) -> None:
    """A bit of everything."""
    made.by_bgp()
    made.put(
        pool("late", "192.168.1.0/24"),
        pool("idle", "198.51.100.0/32"),
        service("api", annotations={"metallb.io/address-pool": "prd"}),
        service("other", loadBalancerClass="example.com/other"),
        service("lost", "192.0.2.2"),
        pod("speaker", "n3", "CrashLoopBackOff"),
        build.controller(replicas=2),
        lease("2025-12-31T23:59:05.000000Z"),
    )
    summary = "IPAddressPool late: no"
    made.put(obj("ConfigurationState", "controller", status={"result": "Invalid", "errorSummary": summary}))
    made.metrics = {
        "n1": metrics(("default/web", "bgp"), sessions={"192.168.1.254:179": False}, engine=True),
        "n2": metrics(("default/web", "bgp"), sessions={"192.168.1.254:179": True}, engine=True),
    }
    made.unread = ["Secret: 403 Forbidden"]


def nothing_is_there(made: World) -> None:
    """A cluster without lbkit."""
    made.items = [item for item in made.items if item["kind"] in {"Node", "Service"}]
    made.missing = ["IPAddressPool"]
    made.metrics = {}


@pytest.mark.parametrize("breaks", [well, much_is_wrong, nothing_is_there], ids=lambda each: each.__name__)
def test_the_words_are_those_that_were_approved(breaks: Callable[[World], None]) -> None:
    """One golden file a state, as a terminal of 80 columns shows it."""
    made = world()
    breaks(made)
    golden.compare(f"status/{breaks.__name__}.txt", text(status(made.cluster(), NOW_S), 80) + "\n")


@pytest.mark.parametrize(("breaks", "is_well"), [(well, True), (much_is_wrong, False), (nothing_is_there, False)])
def test_well_is_what_has_no_problem(breaks: Callable[[World], None], is_well: bool) -> None:
    """The exit code follows it."""
    made = world()
    breaks(made)
    assert status(made.cluster(), NOW_S).is_well is is_well


def test_a_service_without_endpoints_is_no_problem_of_the_load_balancer() -> None:
    """It is worth knowing, and no more."""
    made = world()
    broken.no_endpoints(made)
    seen = status(made.cluster(), NOW_S)
    assert seen.is_well
    assert [finding.reason for finding in seen.findings] == ["NoEndpoints"]


def test_the_controllers_word_names_the_reason_of_a_pending_service() -> None:
    """It may know more than can be worked out from outside."""
    made = world()
    said = {"type": "lbkit.io/Allocated", "status": "False", "reason": "AddressQuarantined", "message": "it rests"}
    made.put(service("web", conditions=[said]))
    assert list(status(made.cluster(), NOW_S).pending) == ["AddressQuarantined"]


def test_what_is_announced_is_unknown_unless_every_speaker_told() -> None:
    """Silence of one who was not heard means nothing."""
    made = world()
    del made.metrics["n2"]
    assert document(status(made.cluster(), NOW_S))["services"]["announced"] is None


def test_many_sessions_are_counted_and_only_those_down_are_listed() -> None:
    """A rack of routers must not push everything else off the screen."""
    made = world()
    made.by_bgp()
    peers = [build.peer(f"p{number}", f"10.0.0.{number}") for number in range(1, 11)]
    made.drop("BGPPeer")
    made.put(*peers)
    sessions = {f"10.0.0.{number}:179": number != 7 for number in range(1, 11)}
    made.metrics = {name: metrics(("default/web", "bgp"), sessions=sessions) for name in NODES}
    shown = text(status(made.cluster(), NOW_S), 80)
    assert "and 27 more, all up" in shown
    assert shown.count("p7") >= 3
