"""Which objects the API admits: the samples, and the table in admission.yaml.

What CEL decides cannot be tried here; that each of its messages is in the table can.

Shell: reads files of this repository.
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final, TypeAlias

import pytest
import yaml

Json: TypeAlias = Any  # parsed YAML has no static shape
Problems: TypeAlias = Callable[[dict[str, Json]], list[str]]

SAMPLES: Final = sorted((Path(__file__).parents[2] / "manifests" / "samples").glob("*.yaml"))
ROWS: Final[list[dict[str, Json]]] = yaml.safe_load((Path(__file__).parent / "admission.yaml").read_text("utf-8"))
# The API server's words for what the schema refuses, and those of lbkit.operator.schema.
BY_SCHEMA: Final = {
    "Duplicate value": "is listed twice",
    "Required value": "is missing",
    "Unsupported value": " or ",
    "at least 1 items": "wanted at least 1",
    "greater than or equal to": "wanted at least",
    "less than or equal to": "wanted at most",
    "may not be more than": "wanted at most",
    "should match": "wanted what matches",
}


def _messages(schema: dict[str, Json]) -> Iterator[str]:
    yield from (rule["message"] for rule in schema.get("x-kubernetes-validations", ()))
    for child in [*schema.get("properties", {}).values(), *([schema["items"]] if "items" in schema else [])]:
        yield from _messages(child)


def _object(row: dict[str, Json]) -> dict[str, Json]:
    version = "v1beta2" if row["kind"] == "BGPPeer" else "v1beta1"
    head: dict[str, Json] = {"apiVersion": f"metallb.io/{version}", "kind": row["kind"], "metadata": {"name": "x"}}
    return head | {name: row[name] for name in ("spec", "status") if name in row}


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)
def test_samples_fit_the_schema(path: Path, problems: Problems) -> None:
    """Every sample is an object that the schema admits, in the namespace lbkit reads."""
    for sample in yaml.safe_load_all(path.read_text("utf-8")):
        if sample["apiVersion"] != "v1":
            assert problems(sample) == []
            assert sample["metadata"]["namespace"] == "metallb-system"


def test_each_kind_that_users_write_has_a_sample(crds: dict[str, dict[str, Json]]) -> None:
    """There is a sample of every kind with a spec to write, and of a Service."""
    written = {kind for kind in crds if not kind.endswith(("Status", "State"))}
    kinds = {doc["kind"] for path in SAMPLES for doc in yaml.safe_load_all(path.read_text("utf-8"))}
    assert kinds == written | {"Service"}


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["name"])
def test_schema_decides_as_the_table_says(row: dict[str, Json], problems: Problems) -> None:
    """What the schema alone refuses is refused for the reason in the table; the rest passes on to CEL."""
    wanted = [ours for words, ours in BY_SCHEMA.items() if words in row.get("refused", "")]
    found = problems(_object(row))
    assert bool(found) == bool(wanted), found
    assert all(any(words in problem for problem in found) for words in wanted), found


def test_each_message_of_cel_is_in_the_table(crds: dict[str, dict[str, Json]]) -> None:
    """Each CEL message is provoked by a row, and each refusal that is not the schema's is a CEL message."""
    specs = [
        crd["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"].get("spec", {}) for crd in crds.values()
    ]
    messages = {message for spec in specs for message in _messages(spec)}
    refusals = {row["refused"] for row in ROWS if "refused" in row and not any(w in row["refused"] for w in BY_SCHEMA)}
    assert {m for m in messages if not any(refusal in m for refusal in refusals)} == set()
    assert {r for r in refusals if not any(r in message for message in messages)} == {"spec.holdTime"}
