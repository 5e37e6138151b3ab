"""metav1.LabelSelector to `Selector`, with the rules the API server has for selectors inside built-in kinds.

Custom resources get no such check from the API server, so a selector with a misspelt operator would arrive here.
Source: apimachinery `LabelSelectorAsSelector`.

Pure.
"""

from typing import Final, TypeGuard

from lbkit.model.findings import Findings
from lbkit.model.objects import LabelSelector, SelectorRequirement, Selectors
from lbkit.model.selectors import Operator, Requirement, Selector

_NEEDS_VALUES: Final = {"In": True, "NotIn": True, "Exists": False, "DoesNotExist": False}


def selectors(findings: Findings, path: str, written: Selectors) -> tuple[Selector, ...]:
    """Read a list of selectors; refused parts and selectors listed twice are noted in `findings`."""
    parsed = tuple(selector(findings, f"{path}[{index}]", item) for index, item in enumerate(written or ()))
    seen: set[frozenset[Requirement]] = set()
    for index, item in enumerate(parsed):
        # Kubernetes gives the order of requirements no meaning, so two orders are the same selector.
        requirements = frozenset(item.requirements)
        if requirements in seen:
            findings.add(f"{path}[{index}]", "this selector is listed twice; remove one")
        seen.add(requirements)
    return parsed


def selector(findings: Findings, path: str, written: LabelSelector) -> Selector:
    """Read one selector; requirements that make no sense are noted in `findings` and left out."""
    labels = tuple(Requirement(key, "In", frozenset({value})) for key, value in (written.match_labels or {}).items())
    expressions = tuple(
        requirement
        for index, item in enumerate(written.match_expressions or ())
        if (requirement := _requirement(findings, f"{path}.matchExpressions[{index}]", item)) is not None
    )
    findings.unique(f"{path}.matchExpressions", expressions)
    return Selector(labels + expressions)


def _is_operator(text: str) -> TypeGuard[Operator]:
    return text in _NEEDS_VALUES


def _requirement(findings: Findings, path: str, written: SelectorRequirement) -> Requirement | None:
    operator, values = written.operator, written.values or ()
    if not written.key:
        findings.add(f"{path}.key", "a label key is missing")
        return None
    if not _is_operator(operator):
        findings.add(f"{path}.operator", f'got "{operator}", wanted In, NotIn, Exists or DoesNotExist')
        return None
    if _NEEDS_VALUES[operator] != bool(values):
        wanted = "at least one value" if _NEEDS_VALUES[operator] else "no values"
        findings.add(f"{path}.values", f"{operator} wants {wanted}")
        return None
    findings.unique(f"{path}.values", values)
    return Requirement(written.key, operator, frozenset(values))
