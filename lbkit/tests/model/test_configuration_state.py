"""What a component says of its configuration."""

from typing import Any

import msgspec

from lbkit.model import objects, status_objects
from lbkit.model.configuration_state import Component, wanted_status

CONTROLLER = Component("controller")
OLD = "2026-01-01T00:00:00Z"
NOW = "2026-01-02T00:00:00Z"


def as_stored(status: Any) -> status_objects.ConfigurationStateStatus:
    """Decode a status as the API server would give it back."""
    return msgspec.convert(status, status_objects.ConfigurationStateStatus)


def test_names_and_labels_are_metallbs() -> None:
    """One object for the controller, one for each node's speaker, found by MetalLB's labels."""
    assert (CONTROLLER.name, CONTROLLER.labels) == ("controller", {"metallb.io/component-type": "controller"})
    speaker = Component("speaker", "n1")
    assert speaker.name == "speaker-n1"
    assert speaker.labels == {"metallb.io/component-type": "speaker", "metallb.io/node-name": "n1"}
    assert (CONTROLLER.condition, speaker.condition) == ("poolReconcilerValid", "configReconcilerValid")


def test_a_valid_configuration_is_said_once() -> None:
    """The first look writes it, the next ones find it."""
    first = wanted_status(CONTROLLER, (), None, OLD)
    assert first is not None
    assert (first["result"], first["errorSummary"]) == ("Valid", "")
    assert wanted_status(CONTROLLER, (), as_stored(first), NOW) is None


def test_the_transition_time_moves_with_the_status_only() -> None:
    """Another error is another message, and no transition; from Valid to Invalid is one."""
    invalid = wanted_status(CONTROLLER, ("a",), as_stored(wanted_status(CONTROLLER, (), None, OLD)), NOW)
    assert invalid is not None
    stored = as_stored(invalid)
    assert stored.conditions is not None
    assert (stored.result, stored.conditions[0].status, stored.conditions[0].reason) == (
        "Invalid",
        "False",
        "ConfigurationError",
    )
    assert stored.conditions[0].last_transition_time == NOW
    other = wanted_status(CONTROLLER, ("b",), stored, "2026-01-03T00:00:00Z")
    assert other is not None
    assert as_stored(other).conditions == (
        objects.Condition("poolReconcilerValid", "False", "ConfigurationError", "b", last_transition_time=NOW),
    )


def test_what_somebody_else_wrote_is_put_right() -> None:
    """A result that contradicts the condition is written again."""
    status = wanted_status(CONTROLLER, (), None, OLD)
    assert wanted_status(CONTROLLER, (), as_stored(dict(status or {}) | {"result": "Invalid"}), NOW) is not None


def test_a_thousand_problems_fit() -> None:
    """The summary names what it can and counts the rest; one huge problem is cut."""
    many = wanted_status(CONTROLLER, [f"IPAddressPool p{i}: {'x' * 100}" for i in range(1000)], None, OLD)
    assert many is not None
    summary = str(many["errorSummary"])
    assert len(summary) < 4200
    assert summary.startswith("IPAddressPool p0: ")
    assert summary.endswith("more")
    huge = wanted_status(CONTROLLER, ["x" * 100_000], None, OLD)
    assert huge is not None
    assert len(str(huge["errorSummary"])) == 4096
