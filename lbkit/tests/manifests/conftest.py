"""What the tests of the manifests share: reading them, and a small reading of the CRDs' schemas.

The schema check covers what the API server checks without CEL: fields, types, bounds, patterns, duplicates. The CEL
rules need a live API server; `admission.yaml` is the table for it.

Shell: reads files of this repository.
"""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final, TypeAlias

import pytest
import yaml

Json: TypeAlias = Any  # parsed YAML has no static shape
Schema: TypeAlias = dict[str, Json]

MANIFESTS: Final = Path(__file__).parents[2] / "manifests"
_TYPES: Final[dict[str, type]] = {"object": dict, "array": list, "string": str, "integer": int, "boolean": bool}
_LOWER: Final = {"minimum": lambda v: v, "minLength": len, "minItems": len}
_UPPER: Final = {"maximum": lambda v: v, "maxLength": len, "maxItems": len}


def _check(schema: Schema, value: Json, path: str) -> Iterator[str]:
    if not isinstance(value, _TYPES[schema["type"]]) or (isinstance(value, bool) and schema["type"] != "boolean"):
        yield f"{path}: got {value!r}, wanted {schema['type']}"
        return
    if "enum" in schema and value not in schema["enum"]:
        yield f"{path}: Unsupported value"
    if "pattern" in schema and not re.search(schema["pattern"], str(value)):
        yield f"{path}: should match"
    yield from (f"{path}: {name}" for name, of in _LOWER.items() if name in schema and of(value) < schema[name])
    yield from (f"{path}: {name}" for name, of in _UPPER.items() if name in schema and of(value) > schema[name])
    if isinstance(value, dict):
        yield from _check_object(schema, value, path)
    if isinstance(value, list):
        yield from _check_list(schema, value, path)


def _check_object(schema: Schema, value: dict[str, Json], path: str) -> Iterator[str]:
    yield from (f"{path}.{name}: Required value" for name in schema.get("required", ()) if name not in value)
    for name, item in value.items():
        known = schema.get("properties", {}).get(name, schema.get("additionalProperties"))
        if known is None:
            yield f"{path}.{name}: unknown field"
        elif path != "" or name != "metadata":
            yield from _check(known, item, f"{path}.{name}")


def _check_list(schema: Schema, value: list[Json], path: str) -> Iterator[str]:
    keys = schema.get("x-kubernetes-list-map-keys", ())
    unique = schema.get("x-kubernetes-list-type") in {"set", "map"}
    for i, item in enumerate(value):
        yield from _check(schema["items"], item, f"{path}[{i}]")
        same = (
            other for other in value[:i] if other == item or (keys and all(other.get(k) == item.get(k) for k in keys))
        )
        if unique and any(True for _ in same):
            yield f"{path}[{i}]: Duplicate value"


def documents(*names: str) -> list[dict[str, Json]]:
    """Read all YAML documents of the named files below lbkit/manifests."""
    return [doc for name in names for doc in yaml.safe_load_all((MANIFESTS / name).read_text(encoding="utf-8"))]


@pytest.fixture(scope="session")
def crds() -> dict[str, dict[str, Json]]:
    """{kind: CustomResourceDefinition} of every file in crds/."""
    files = sorted((MANIFESTS / "crds").glob("*.metallb.io.yaml"))
    return {doc["spec"]["names"]["kind"]: doc for path in files for doc in documents(f"crds/{path.name}")}


@pytest.fixture(scope="session")
def installed() -> list[dict[str, Json]]:
    """Every object of the installation but the CRDs."""
    return documents("namespace.yaml", "rbac.yaml", "controller.yaml", "speaker.yaml")


@pytest.fixture(scope="session")
def problems(crds: dict[str, dict[str, Json]]) -> Callable[[dict[str, Json]], list[str]]:
    """Give a function that lists what the schema of its kind refuses in an object, without CEL."""

    def check(obj: dict[str, Json]) -> list[str]:
        versions = {f"metallb.io/{each['name']}": each for each in crds[obj["kind"]]["spec"]["versions"]}
        version = versions[obj["apiVersion"]]
        return list(_check(version["schema"]["openAPIV3Schema"], obj, ""))

    return check
