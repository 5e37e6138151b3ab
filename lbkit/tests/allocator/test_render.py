"""Rules for turning an outcome into one write and its events.

Pure.
"""

from dataclasses import replace
from ipaddress import ip_address
from typing import Any

import pytest

from lbkit.allocator.outcome import Assign, Keep, Outcome, Refuse, Release
from lbkit.allocator.render import Patch, render
from lbkit.model.names import Reason
from lbkit.model.views import Condition
from lbkit.tests.allocator.build import published, service

NOW = "2026-01-02T03:04:05Z"
ONE, TWO = ip_address("192.0.2.1"), ip_address("2001:db8::1")
FULL = Refuse(Reason.POOL_EXHAUSTED, "no available IPs in p")
ALLOCATED = "lbkit.io/Allocated"


def told(patch: Patch | None) -> list[tuple[str, str]]:
    """Give type and reason of a patch's events."""
    return [] if patch is None else [(event.type, event.reason) for event in patch.events]


def test_an_assignment_is_one_write() -> None:
    """Address, pool annotation and condition go out together, against the state they were decided on."""
    patch = render(service(resource_version="7"), Assign((ONE, TWO), "p"), NOW)
    assert patch is not None
    assert patch.body == {
        "metadata": {"resourceVersion": "7", "annotations": {"metallb.io/ip-allocated-from-pool": "p"}},
        "status": {
            "loadBalancer": {"ingress": [{"ip": "192.0.2.1", "ipMode": "VIP"}, {"ip": "2001:db8::1", "ipMode": "VIP"}]},
            "conditions": [
                {
                    "type": ALLOCATED,
                    "status": "True",
                    "reason": "Assigned",
                    "message": 'Assigned IP ["192.0.2.1" "2001:db8::1"] from pool "p"',
                    "lastTransitionTime": NOW,
                }
            ],
        },
    }
    assert [event.message for event in patch.events] == ['Assigned IP ["192.0.2.1" "2001:db8::1"]']
    assert told(patch) == [("Normal", "IPAllocated")]


@pytest.mark.parametrize(
    "outcome",
    [
        pytest.param(Assign((ONE,), "p"), id="assigned"),
        pytest.param(Assign((ONE,), "p", complaint=FULL), id="assigned with a complaint"),
        pytest.param(FULL, id="refused"),
        pytest.param(Release(), id="released"),
    ],
)
def test_what_is_true_already_needs_no_write(outcome: Outcome) -> None:
    """Rendering again after the write gives nothing: no write and no event when idle."""
    before = service(ingress=["192.0.2.9"], is_load_balancer=not isinstance(outcome, Release))
    if isinstance(outcome, Release):
        before = replace(before, annotations={"metallb.io/ip-allocated-from-pool": "p"})
    patch = render(before, outcome, NOW)
    assert patch is not None
    after = published(before, patch)
    again = Keep(outcome.addresses, outcome.pool, outcome.complaint) if isinstance(outcome, Assign) else outcome
    assert render(after, again, "2027-01-01T00:00:00Z") is None


def test_conditions_of_others_are_not_touched() -> None:
    """The patch names our condition only; strategic merge keeps the rest."""
    foreign = Condition("example.com/Ready", "True", "Fine", "")
    before = service(conditions=(foreign,))
    patch = render(before, FULL, NOW)
    assert patch is not None
    body: Any = patch.body  # Any: JSON
    assert [entry["type"] for entry in body["status"]["conditions"]] == [ALLOCATED]
    assert foreign in published(before, patch).conditions


def test_a_refusal_clears_what_there_was() -> None:
    """Ingress and annotation go, the condition and a Warning say why."""
    before = published(service(), render(service(), Assign((ONE,), "p"), NOW))
    patch = render(before, replace(FULL, lost='"192.0.2.1": is not allowed in config'), NOW)
    assert patch is not None
    body: Any = patch.body  # Any: JSON
    assert body["status"]["loadBalancer"] == {"ingress": None}
    assert body["metadata"]["annotations"] == {"metallb.io/ip-allocated-from-pool": None}
    assert told(patch) == [("Normal", "ClearAssignment"), ("Warning", "AllocationFailed")]
    assert patch.events[1].message == 'Failed to allocate IP for "shop/web": no available IPs in p'


def test_a_refusal_for_another_reason_is_told_anew_and_keeps_its_time() -> None:
    """LastTransitionTime moves with the status only; the event comes with the new reason."""
    before = published(service(), render(service(), FULL, NOW))
    patch = render(before, Refuse(Reason.UNKNOWN_POOL, 'unknown pool "x"'), "2027-01-01T00:00:00Z")
    assert patch is not None
    body: Any = patch.body  # Any: JSON
    assert body["status"]["conditions"][0]["lastTransitionTime"] == NOW
    assert "loadBalancer" not in body["status"]
    assert told(patch) == [("Warning", "AllocationFailed")]


@pytest.mark.parametrize(
    ("complaint", "expected"),
    [
        (Refuse(Reason.INVALID_REQUEST, "invalid requested loadbalancer IPs: x"), ("Warning", "LoadBalancerFailed")),
        (
            Refuse(Reason.POOL_EXHAUSTED, "cannot assign additional IP in PreferDualStack: no available IPs"),
            ("Normal", "AdditionalAssignFailed"),
        ),
    ],
)
def test_a_complaint_beside_an_address_is_told_once(complaint: Refuse, expected: tuple[str, str]) -> None:
    """The condition stays True and carries the complaint; the event comes when the complaint does."""
    before = published(service(), render(service(), Assign((ONE,), "p"), NOW))
    outcome = Keep((ONE,), "p", complaint)
    patch = render(before, outcome, NOW)
    assert told(patch) == [expected]
    after = published(before, patch)
    assert (after.conditions[0].status, after.conditions[0].reason) == ("True", complaint.reason)
    assert render(after, outcome, NOW) is None


def test_a_second_family_is_told_as_additional() -> None:
    """Only the address that came is told."""
    before = published(service(), render(service(), Assign((ONE,), "p"), NOW))
    patch = render(before, Assign((ONE, TWO), "p"), NOW)
    assert patch is not None
    assert [event.message for event in patch.events] == ['Assigned additional IP "2001:db8::1"']


def test_a_family_given_back_is_not_told_as_an_assignment() -> None:
    """Nothing was assigned, so nothing is said."""
    before = published(service(), render(service(), Assign((ONE, TWO), "p"), NOW))
    assert told(render(before, Assign((ONE,), "p"), NOW)) == []


def test_release_clears_only_what_is_ours() -> None:
    """A Service that never was ours is left alone, whatever its status holds."""
    foreign = service(is_load_balancer=False, ingress=["192.0.2.1"])
    assert render(foreign, Release(), NOW) is None
    ours = published(service(), render(service(), Assign((ONE,), "p"), NOW))
    patch = render(replace(ours, is_load_balancer=False), Release(), NOW)
    assert patch is not None
    after = published(ours, patch)
    assert (after.ingress, after.annotations, after.conditions) == ((), {}, ())
    assert patch.events == ()


def test_a_service_taken_over_from_metallb_needs_only_the_condition() -> None:
    """An address and annotation that are right already stay; nothing is announced as assigned."""
    before = service(ingress=["192.0.2.1"], annotations={"metallb.io/ip-allocated-from-pool": "p"})
    patch = render(before, Keep((ONE,), "p"), NOW)
    assert patch is not None
    body: Any = patch.body  # Any: JSON
    assert set(body["status"]) == {"conditions"}
    assert "annotations" not in body["metadata"]
    assert patch.events == ()
