"""What a component says of the configuration it runs on: the status of its ConfigurationState.

Source: MetalLB's ConfigurationState (metallb.io/v1beta1), whose names, labels, results and reasons these are; but the
condition's lastTransitionTime is "the last time the condition transitioned from one status to another", as
metav1.Condition wants it, and not the time of the last look.

Pure.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from lbkit.model import conditions
from lbkit.model.objects import Condition
from lbkit.model.status_objects import ConfigurationStateStatus

_MAX_SUMMARY: Final = 4096
"""Characters. A thousand broken objects must not make an object that the API server refuses."""


@dataclass(frozen=True, slots=True)
class Component:
    """Who speaks.

    Args:
        type: as in the label `metallb.io/component-type`.
        node: the speaker's; empty for the controller.
    """

    type: Literal["controller", "speaker"]
    node: str = ""

    @property
    def name(self) -> str:
        """The object's name."""
        return f"{self.type}-{self.node}" if self.node else self.type

    @property
    def labels(self) -> dict[str, str]:
        """The object's labels."""
        return {"metallb.io/component-type": self.type} | ({"metallb.io/node-name": self.node} if self.node else {})

    @property
    def condition(self) -> str:
        """The type of the one condition."""
        return "poolReconcilerValid" if self.type == "controller" else "configReconcilerValid"


def wanted_status(
    component: Component, problems: Sequence[str], old: ConfigurationStateStatus | None, at: str
) -> Mapping[str, object] | None:
    """Give the status that says what is wrong.

    Args:
        component: who speaks.
        problems: one line each; empty if the configuration is in force as it stands.
        old: the status as the API server has it; None if there is none.
        at: the present, RFC 3339.

    Returns:
        The whole status; None if the API server has it already.
    """
    result = "Invalid" if problems else "Valid"
    status, reason = ("False", "ConfigurationError") if problems else ("True", "Reconciled")
    summary = _summary(problems)
    old = old or ConfigurationStateStatus()
    known = conditions.of_type(old.conditions or (), component.condition) or Condition()
    is_known = (known.status, known.reason, known.message) == (status, reason, summary)
    if is_known and (old.result, old.error_summary) == (result, summary):
        return None
    condition = {
        "type": component.condition,
        "status": status,
        "reason": reason,
        "message": summary,
        "lastTransitionTime": conditions.since(known, status, at),
    }
    return {"result": result, "errorSummary": summary, "conditions": [condition]}


def _summary(problems: Sequence[str]) -> str:
    """Join as many problems as fit, and count the rest."""
    lines: list[str] = []
    length = 0
    for number, problem in enumerate(problems):
        length += len(problem) + 1
        if length > _MAX_SUMMARY and lines:
            lines.append(f"and {len(problems) - number} more")
            break
        lines.append(problem[:_MAX_SUMMARY])
    return "\n".join(lines)
