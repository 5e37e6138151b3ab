"""The rules of `status.conditions` entries, for every kind that lbkit writes some on.

Source: metav1.Condition; Kubernetes API conventions; strategic merge patch (`$patch: delete`).

Pure.
"""

from collections.abc import Iterable, Mapping
from typing import TypeVar

from lbkit.model import objects, views

C = TypeVar("C", objects.Condition, views.Condition)


def of_type(conditions: Iterable[C], kind: str) -> C | None:
    """Find the condition of a type; None if there is none."""
    return next((each for each in conditions if each.type == kind), None)


def since(old: objects.Condition | views.Condition | None, status: str, at: str) -> str:
    """Give the lastTransitionTime: "the last time the condition transitioned from one status to another".

    Args:
        old: the condition as it is; None if there is none.
        status: as it is to be.
        at: the present, RFC 3339.
    """
    known = old.last_transition_time if old is not None and old.status == status else None
    return known or at


def patch_of(kind: str, condition: views.Condition | None) -> Mapping[str, str]:
    """Write a condition of a Service into a strategic merge patch; None takes the one of that type away."""
    if condition is None:
        return {"$patch": "delete", "type": kind}
    return {
        "type": condition.type,
        "status": condition.status,
        "reason": condition.reason,
        "message": condition.message,
        "lastTransitionTime": condition.last_transition_time,
    }
