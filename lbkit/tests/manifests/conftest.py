"""What the tests of the manifests share: reading them, and judging objects by the CRDs' schemas.

`lbkit.operator.schema` judges; it covers what the API server checks without CEL: fields, types, bounds, patterns,
duplicates. The CEL rules need a live API server; `admission.yaml` is the table for it.

Shell: reads files of this repository.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, TypeAlias

import pytest
import yaml

from lbkit.operator import schema

Json: TypeAlias = Any  # parsed YAML has no static shape

MANIFESTS: Final = Path(__file__).parents[2] / "manifests"


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
        return [str(each) for each in schema.check(version["schema"]["openAPIV3Schema"], obj)]

    return check
