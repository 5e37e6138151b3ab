"""Manifests as kubectl reads them, with the line of everything in them; and objects as a person would write them.

PyYAML follows YAML 1.1 to the letter and takes `1234:1` for the base-60 number 74041; kubectl's parser does not, and
people write communities that way, without quotes. Dates stay text too, as JSON has none. A key written twice is
refused: PyYAML would silently take the last one.
Source: https://yaml.org/type/int.html; https://github.com/kubernetes-sigs/yaml; YAML 1.2 section 3.2.1.3 (keys are
unique).

Pure.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import yaml

from lbkit.errors import InputError, Problem
from lbkit.operator.fields import Json

_TAG: Final = "tag:yaml.org,2002:"
_PART: Final = re.compile(r"\.?([^.\[\]]+)|\[(\d+)\]")
_KEPT: Final = ("name", "namespace", "labels", "annotations")
_NOT_WRITTEN: Final = frozenset({"kubectl.kubernetes.io/last-applied-configuration"})


@dataclass(frozen=True, slots=True)
class Manifest:
    """One object of a file.

    Args:
        item: the object.
        source: name of the file.
        line: where it begins, from 1.
        node: the YAML it was made of.
    """

    item: dict[str, Json]
    source: str
    line: int
    node: yaml.Node

    def line_of(self, path: str) -> int:
        """Give the line of a field (`spec.addresses[0]`), or of the nearest part of its path that is there."""
        node, line = self.node, self.line
        for name, index in _PART.findall(path):
            step = _child(node, name, index)
            if step is None:
                break
            node, line = step
        return line


class _Loader(yaml.SafeLoader):
    """SafeLoader without base-60 numbers and dates, that refuses a key written twice."""

    def resolve(self, kind: Any, value: Any, implicit: Any) -> Any:  # Any: the library's own signature
        tag = super().resolve(kind, value, implicit)  # type: ignore[no-untyped-call]  # as above
        is_base_60 = tag in {f"{_TAG}int", f"{_TAG}float"} and ":" in value
        return f"{_TAG}str" if is_base_60 or tag == f"{_TAG}timestamp" else tag


def _mapping(loader: _Loader, node: yaml.MappingNode) -> dict[Any, Any]:
    loader.flatten_mapping(node)
    seen = set()
    for key_node, _ in node.value:
        key = loader.construct_object(key_node, deep=True)
        if key in seen:
            raise yaml.constructor.ConstructorError(None, None, f"{key!r} is written twice", key_node.start_mark)
        seen.add(key)
    return loader.construct_mapping(node, deep=True)


_Loader.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, _mapping)


def load_all(text: str, source: str) -> tuple[Manifest, ...]:
    """Read every object of a file, those inside a List too; empty documents are left out.

    Args:
        text: YAML or JSON.
        source: where it is from, for messages.

    Raises:
        InputError: it is no YAML, or a document is no object.
    """
    found: list[Manifest] = []
    is_json = text.lstrip()[:1] in {"{", "["}
    loader = _Loader(text.replace("\t", " ") if is_json else text)  # JSON may indent with tabs, YAML may not
    try:
        while loader.check_node():
            node = loader.get_node()
            document = None if node is None else loader.construct_document(node)
            if node is not None and document is not None:
                found += _objects(document, node, source)
    except yaml.YAMLError as err:
        mark = getattr(err, "problem_mark", None)
        where = f"{source}:{mark.line + 1}" if mark is not None else source
        raise InputError(Problem(where, f"is not YAML: {getattr(err, 'problem', None) or err}")) from err
    finally:
        loader.dispose()
    return tuple(found)


def tidy(item: Json) -> Json:
    """Leave out of an object what the API server and kubectl add: what is left can be applied anywhere."""
    metadata = item.get("metadata") or {}
    kept = {key: metadata[key] for key in _KEPT if metadata.get(key)}
    if "annotations" in kept:
        kept["annotations"] = {key: value for key, value in kept["annotations"].items() if key not in _NOT_WRITTEN}
        if not kept["annotations"]:
            del kept["annotations"]
    rest = {key: value for key, value in item.items() if key not in {"metadata", "status"}}
    head = {key: rest.pop(key) for key in ("apiVersion", "kind") if key in rest}
    return {**head, "metadata": kept, **rest}


def _objects(document: Json, node: yaml.Node, source: str) -> Iterator[Manifest]:
    line = node.start_mark.line + 1
    if not isinstance(document, dict):
        wanted = "an object with apiVersion and kind"
        raise InputError(Problem(f"{source}:{line}", f"is a {type(document).__name__}, wanted {wanted}"))
    items = document.get("items")
    if not str(document.get("kind", "")).endswith("List") or not isinstance(items, list):
        yield Manifest(document, source, line, node)
        return
    listed = _child(node, "items", "")
    for index, item in enumerate(items):
        inner = _child(listed[0], "", str(index)) if listed else None
        yield from _objects(item, inner[0] if inner else node, source)


def _child(node: yaml.Node, name: str, index: str) -> tuple[yaml.Node, int] | None:
    """Give what stands in a mapping under a name, or in a list at an index, and its line."""
    if name and isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if key.value == name:
                return value, key.start_mark.line + 1
    if index and isinstance(node, yaml.SequenceNode) and int(index) < len(node.value):
        value = node.value[int(index)]
        return value, value.start_mark.line + 1
    return None
