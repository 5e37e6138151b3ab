"""The CRDs: complete, bounded, and of one mind with the objects lbkit decodes.

Shell: reads files of this repository.
"""

import re
from collections.abc import Iterator
from typing import Any, TypeAlias

import msgspec
import pytest

from lbkit.model import objects, status_objects

Json: TypeAlias = Any  # parsed YAML has no static shape
Crds: TypeAlias = dict[str, dict[str, Json]]

READ = {
    "IPAddressPool": objects.Pool,
    "L2Advertisement": objects.L2Advertisement,
    "BGPAdvertisement": objects.BGPAdvertisement,
    "BGPPeer": objects.BGPPeer,
    "BFDProfile": objects.BFDProfile,
    "Community": objects.Community,
    "ConfigurationState": status_objects.ConfigurationState,
}
WRITTEN = {"ServiceL2Status", "ServiceBGPStatus", "BGPSessionState"}
NOT_READ = {
    "BGPPeer.spec.disableMP": "without effect in MetalLB too",
}


def _schema(crd: dict[str, Json]) -> dict[str, Json]:
    schema: dict[str, Json] = crd["spec"]["versions"][0]["schema"]["openAPIV3Schema"]
    return schema


def _walk(schema: dict[str, Json], path: str) -> Iterator[tuple[str, dict[str, Json]]]:
    yield path, schema
    for name, child in schema.get("properties", {}).items():
        yield from _walk(child, f"{path}.{name}")
    if "items" in schema:
        yield from _walk(schema["items"], f"{path}[]")


def _schema_fields(crd: dict[str, Json]) -> dict[str, str]:
    """{path: type} of every leaf and list below spec and status."""
    kind = crd["spec"]["names"]["kind"]
    return {
        path: schema["type"]
        for path, schema in _walk(_schema(crd), kind)
        if "properties" not in schema
        and path not in {f"{kind}.{name}" for name in ("apiVersion", "kind", "metadata", "status")}
    }


def _struct_fields(kind: msgspec.inspect.Type, path: str) -> Iterator[tuple[str, str]]:
    match kind:
        case msgspec.inspect.UnionType(types=options):
            (kind,) = (option for option in options if not isinstance(option, msgspec.inspect.NoneType))
            yield from _struct_fields(kind, path)
        case msgspec.inspect.StructType(fields=fields):
            for field in fields:
                if field.encode_name != "metadata":
                    yield from _struct_fields(field.type, f"{path}.{field.encode_name}")
        case msgspec.inspect.VarTupleType(item_type=item):
            yield path, "array"
            if not isinstance(item, msgspec.inspect.StrType):
                yield from _struct_fields(item, f"{path}[]")
        case msgspec.inspect.DictType():
            yield path, "object"
        case msgspec.inspect.IntType():
            yield path, "integer"
        case msgspec.inspect.BoolType():
            yield path, "boolean"
        case _:
            assert isinstance(kind, msgspec.inspect.StrType), kind
            yield path, "string"


def test_every_kind_has_a_definition(crds: Crds) -> None:
    """Each kind that lbkit reads or writes has a CRD, and no other is installed."""
    assert set(crds) == set(READ) | WRITTEN


def test_each_definition_has_metallbs_shape(crds: Crds) -> None:
    """A CRD is namespaced, in the group metallb.io, named after its plural, and stores the version MetalLB stores."""
    for kind, crd in crds.items():
        spec = crd["spec"]
        assert crd["metadata"]["name"] == f"{spec['names']['plural']}.metallb.io", kind
        assert (spec["group"], spec["scope"], spec["conversion"]) == ("metallb.io", "Namespaced", {"strategy": "None"})
        version = spec["versions"][0]
        assert version["name"] == ("v1beta2" if kind == "BGPPeer" else "v1beta1")
        assert (version["served"], version["storage"], version["subresources"]) == (True, True, {"status": {}})


def test_an_old_version_loses_nothing(crds: Crds) -> None:
    """Only BGPPeer is served under an old name too; with one schema, as without a webhook fields would be cut off."""
    assert {kind for kind, crd in crds.items() if len(crd["spec"]["versions"]) > 1} == {"BGPPeer"}
    new, old = crds["BGPPeer"]["spec"]["versions"]
    assert (old["name"], old["served"], old["storage"], old["deprecated"]) == ("v1beta1", True, False, True)
    assert (old["schema"], old["subresources"]) == (new["schema"], new["subresources"])
    assert "v1beta2" in old["deprecationWarning"]


def test_lists_under_rules_are_bounded(crds: Crds) -> None:
    """Every list around a CEL rule has maxItems, since the API server refuses rules whose cost has no bound."""
    for kind, crd in crds.items():
        schemas = dict(_walk(_schema(crd), kind))
        for path, schema in schemas.items():
            if "x-kubernetes-validations" in schema:
                outer = [path[: found.start()] for found in re.finditer(r"\[\]", path)]
                assert all("maxItems" in schemas[around] for around in outer), path
                assert schema["type"] != "string" or "maxLength" in schema or path.split(".")[1] == "status", path


def test_only_scalars_make_sets(crds: Crds) -> None:
    """Server-side apply refuses every object with a set of maps in it, though the API server accepts the definition."""
    for kind, crd in crds.items():
        for path, schema in _walk(_schema(crd), kind):
            assert schema.get("x-kubernetes-list-type") != "set" or schema["items"]["type"] != "object", path


def test_each_rule_says_what_is_wanted(crds: Crds) -> None:
    """Each CEL rule has a message of its own, because the default one quotes the rule's source."""
    for kind, crd in crds.items():
        for path, schema in _walk(_schema(crd), kind):
            assert all(rule["message"] for rule in schema.get("x-kubernetes-validations", ())), path


def test_each_field_is_described(crds: Crds) -> None:
    """`kubectl explain` has a word on each field of a spec."""
    for kind, crd in crds.items():
        for path, schema in _walk(_schema(crd), kind):
            bare = path.endswith("[]") or path.split(".")[1:2] in (["apiVersion"], ["kind"], ["metadata"])
            assert bare or "description" in schema or path.endswith(".status"), path


@pytest.mark.parametrize("kind", sorted(READ))
def test_definition_and_struct_have_the_same_fields(kind: str, crds: Crds) -> None:
    """What lbkit decodes is in the schema with the same type, and what the schema offers is decoded or listed."""
    schema = {path: type_ for path, type_ in _schema_fields(crds[kind]).items() if path not in NOT_READ}
    struct = dict(_struct_fields(msgspec.inspect.type_info(READ[kind]), kind))
    assert struct == {path: type_ for path, type_ in schema.items() if not path.endswith("[]")}
