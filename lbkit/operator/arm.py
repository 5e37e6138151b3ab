"""Reads resources out of ARM templates: their parameters and variables filled in, nested deployments opened.

What Bicep compiles to is such a template. Only what can be filled in without Azure is: a resource that needs more
(`reference()`, copy loops) is told by name and left out.
Source: ARM template reference (deploymentTemplate 2019-04-01; languageVersion 2.0 has resources by symbolic name).

Pure.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from lbkit.errors import InputError, Problem
from lbkit.operator.fields import Json

_LOOKUP: Final = re.compile(r"\[\s*(parameters|variables)\(\s*'([^']+)'\s*\)\s*\]")
_NESTED: Final = "microsoft.resources/deployments"


@dataclass(frozen=True, slots=True)
class Resource:
    """One resource: its type in small letters, its own name, and its properties with nothing left to fill in."""

    type: str
    name: str
    properties: Mapping[str, Json]


def is_template(document: Json) -> bool:
    """Whether a document is an ARM template."""
    return isinstance(document, dict) and "resources" in document and "kind" not in document


def resources(template: Json, wanted: str, given: Mapping[str, Json] | None = None) -> Iterator[Resource | Problem]:
    """Read the resources of one provider.

    Args:
        template: the template.
        wanted: the provider, as `Microsoft.KubernetesRuntime`.
        given: {parameter: value}.

    Yields:
        Each resource; in place of one that cannot be read, what stands in the way.
    """
    scope = _Scope(template, given or {})
    listed = template.get("resources")
    items = list(listed.values()) if isinstance(listed, dict) else list(listed or ())
    for item in items:
        kind = str(item.get("type", "")).lower()
        name = str(item.get("name", "without a name"))
        try:
            if kind == _NESTED:
                yield from _nested(item, wanted, scope)
            elif kind.startswith(f"{wanted.lower()}/") and "copy" in item:
                yield Problem(f"{item.get('type')} {name}", "is a copy loop, which only Azure can unroll")
            elif kind.startswith(f"{wanted.lower()}/"):
                full = str(scope.filled(name))
                yield Resource(kind, full.rsplit("/", 1)[-1], scope.filled(item.get("properties") or {}))
        except InputError as err:
            yield Problem(f"{item.get('type')} {name}", err.problems[0].message)


def _nested(item: Json, wanted: str, outer: "_Scope") -> Iterator[Resource | Problem]:
    """Open a nested deployment; its parameters are given as `{"name": {"value": …}}`."""
    properties = item.get("properties") or {}
    inner = properties.get("template")
    if not isinstance(inner, dict):
        raise InputError(Problem("", "is a linked template, which is not in this file"))
    given = {
        name: outer.filled(each.get("value"))
        for name, each in (properties.get("parameters") or {}).items()
        if isinstance(each, dict)
    }
    yield from resources(inner, wanted, given)


class _Scope:
    """The parameters and variables of one template."""

    def __init__(self, template: Json, given: Mapping[str, Json]) -> None:
        self._parameters: Mapping[str, Json] = template.get("parameters") or {}
        self._variables: Mapping[str, Json] = template.get("variables") or {}
        self._given = given

    def filled(self, value: Json, depth: int = 0) -> Json:
        """Replace `[parameters('x')]` and `[variables('x')]` by what they stand for.

        Raises:
            InputError: an expression that needs more than that, or a parameter without a value.
        """
        if isinstance(value, dict):
            return {key: self.filled(item, depth) for key, item in value.items()}
        if isinstance(value, list):
            return [self.filled(item, depth) for item in value]
        if not isinstance(value, str) or not value.startswith("["):
            return value
        if value.startswith("[["):
            return value[1:]
        match = _LOOKUP.fullmatch(value)
        if match is None or depth > 10:
            raise InputError(Problem("", f"the expression {value} needs Azure to be worked out"))
        return self.filled(self._looked_up(match[1], match[2]), depth + 1)

    def _looked_up(self, where: str, name: str) -> Json:
        if where == "variables" and name in self._variables:
            return self._variables[name]
        if where == "parameters":
            if name in self._given:
                return self._given[name]
            known = self._parameters.get(name)
            if isinstance(known, dict) and "defaultValue" in known:
                return known["defaultValue"]
        cure = f"Cure: --parameter {name}=VALUE" if where == "parameters" else "it is not defined"
        raise InputError(Problem("", f"{where[:-1]} {name} has no value. {cure}"))
