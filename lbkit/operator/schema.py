"""Checks an object against the schema of its CRD, offline: what the API server would say of its shape.

Only the part of OpenAPI that structural schemas use; what CEL rules say is said by `lbkit.model`, and better.
Source: Kubernetes structural schemas (apiextensions.k8s.io/v1), `fieldValidation=Strict`.

Pure.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches
from typing import Final

from lbkit.errors import Problem
from lbkit.operator.fields import Json

_TYPES: Final[Mapping[str, tuple[type, ...]]] = {
    "object": (dict,),
    "array": (list,),
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
}
_NAMES: Final[Mapping[type, str]] = {
    dict: "an object",
    list: "a list",
    str: "text",
    int: "a number",
    float: "a number",
    bool: "true or false",
}
_WANTED: Final = {
    "object": "an object",
    "array": "a list",
    "string": "text (in quotes, if it looks like a number)",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
}


def schemas(crds: Mapping[str, Json]) -> dict[tuple[str, str], Json]:
    """Sort schemas by what they are for.

    Args:
        crds: {anything: CustomResourceDefinition}.

    Returns:
        {(kind, apiVersion): schema}.
    """
    return {
        (str(crd["spec"]["names"]["kind"]), f"{crd['spec']['group']}/{version['name']}"): version["schema"][
            "openAPIV3Schema"
        ]
        for crd in crds.values()
        for version in crd["spec"]["versions"]
    }


def check(schema: Json, value: Json, path: str = "") -> Iterator[Problem]:
    """Find what of a value its schema does not allow.

    Args:
        schema: an openAPIV3Schema, or a part of one.
        value: what is written.
        path: where.
    """
    wanted = str(schema.get("type", "object"))
    is_right = isinstance(value, _TYPES[wanted]) and (isinstance(value, bool) == (wanted == "boolean"))
    if not is_right:
        shown = next((name for known, name in _NAMES.items() if type(value) is known), "something else")
        got = "nothing" if value is None else f"{shown} ({value!r})"
        yield Problem(path, f"got {got}, wanted {_WANTED[wanted]}")
        return
    if "enum" in schema and value not in schema["enum"]:
        yield Problem(path, f'got "{value}", wanted {" or ".join(str(each) for each in schema["enum"])}')
    yield from _bounds(schema, value, path)
    if isinstance(value, dict):
        yield from _object(schema, value, path)
    if isinstance(value, list):
        yield from _list(schema, value, path)


def _bounds(schema: Json, value: Json, path: str) -> Iterator[Problem]:
    size = len(value) if isinstance(value, str | list) else value
    lowest = schema.get("minimum", schema.get("minLength", schema.get("minItems")))
    highest = schema.get("maximum", schema.get("maxLength", schema.get("maxItems")))
    what = " characters" if isinstance(value, str) else " items" if isinstance(value, list) else ""
    if lowest is not None and size < lowest:
        yield Problem(path, f"got {size}{what}, wanted at least {lowest}")
    if highest is not None and size > highest:
        yield Problem(path, f"got {size}{what}, wanted at most {highest}")
    if "pattern" in schema and isinstance(value, str) and not re.search(schema["pattern"], value):
        yield Problem(path, f'got "{value}", wanted what matches {schema["pattern"]}')


def _object(schema: Json, value: Mapping[str, Json], path: str) -> Iterator[Problem]:
    known: Mapping[str, Json] = schema.get("properties", {})
    for name in schema.get("required", ()):
        if name not in value:
            yield Problem(_join(path, name), "is missing")
    if not known and schema.get("additionalProperties") is None:
        return
    for name, item in value.items():
        part = known.get(name, schema.get("additionalProperties"))
        if part is None:
            near = get_close_matches(name, known, n=1)
            hint = f"; did you mean {near[0]}?" if near else f"; there are: {', '.join(known)}"
            yield Problem(_join(path, name), f"unknown field{hint}")
        elif isinstance(part, Mapping) and (path or name != "metadata"):
            yield from check(part, item, _join(path, name))


def _list(schema: Json, value: list[Json], path: str) -> Iterator[Problem]:
    keys = schema.get("x-kubernetes-list-map-keys", ())
    is_unique = schema.get("x-kubernetes-list-type") in {"set", "map"}
    for index, item in enumerate(value):
        yield from check(schema["items"], item, f"{path}[{index}]")
        if is_unique and any(_is_same(item, other, keys) for other in value[:index]):
            yield Problem(f"{path}[{index}]", "is listed twice; remove one")


def _is_same(one: Json, other: Json, keys: Sequence[str]) -> bool:
    """Whether two items of a set, or of a map with these keys, are one."""
    if not keys or not isinstance(one, Mapping) or not isinstance(other, Mapping):
        return bool(one == other)
    return all(one.get(key) == other.get(key) for key in keys)


def _join(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name
