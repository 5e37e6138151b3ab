"""Label selectors (metav1.LabelSelector): parsed once, matched often.

A list of selectors is OR between its items; one selector is AND over its requirements; an empty selector matches
everything. What an empty *list* means is the caller's to say: MetalLB's API lets it match everything.

Pure.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

Operator: TypeAlias = Literal["In", "NotIn", "Exists", "DoesNotExist"]


@dataclass(frozen=True, slots=True)
class Requirement:
    """One `matchExpressions` entry; `matchLabels` become `In` with one value."""

    key: str
    operator: Operator
    values: frozenset[str] = frozenset()

    def matches(self, labels: Mapping[str, str]) -> bool:
        """Whether `labels` meet it; as in Kubernetes, `NotIn` also holds where the key is absent."""
        match self.operator:
            case "In":
                return labels.get(self.key) in self.values
            case "NotIn":
                return labels.get(self.key) not in self.values
            case "Exists":
                return self.key in labels
            case "DoesNotExist":
                return self.key not in labels


@dataclass(frozen=True, slots=True)
class Selector:
    """All of its requirements must hold; none at all holds for everything."""

    requirements: tuple[Requirement, ...] = ()

    def matches(self, labels: Mapping[str, str]) -> bool:
        """Whether `labels` meet every requirement."""
        return all(requirement.matches(labels) for requirement in self.requirements)


def any_matches(selectors: Iterable[Selector], labels: Mapping[str, str]) -> bool:
    """Match a list as MetalLB's API does: an empty list matches everything, else one match is enough."""
    selectors = tuple(selectors)
    return not selectors or any(selector.matches(labels) for selector in selectors)
