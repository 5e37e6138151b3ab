"""YAML text to plain values, as strictly as containerlab and kubectl read it.

A key written twice is refused: PyYAML would silently take the last one.
Source: YAML 1.2 section 3.2.1.3 (keys are unique).

Pure.
"""

from collections.abc import Mapping
from typing import Any

import yaml

from lbkit.model.findings import Findings


class _Loader(yaml.CSafeLoader):
    """PyYAML's safe loader (libyaml's, ten times faster) that refuses a key written twice."""


def _mapping(loader: _Loader, node: yaml.MappingNode) -> dict[Any, Any]:
    loader.flatten_mapping(node)
    pairs = [(loader.construct_object(key, deep=True), key.start_mark) for key, _ in node.value]
    seen = set()
    for key, mark in pairs:
        if key in seen:
            raise yaml.constructor.ConstructorError(None, None, f"{key!r} is written twice", mark)
        seen.add(key)
    return loader.construct_mapping(node, deep=True)


_Loader.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, _mapping)


def load(findings: Findings, path: str, text: str) -> tuple[object, ...]:
    """Read every document of a YAML file that is not empty.

    Args:
        findings: gets a broken file's problem, with its line.
        path: name of the file.
        text: its content.

    Returns:
        The documents in order; none where the file is broken.
    """
    try:
        documents = tuple(yaml.load_all(text, Loader=_Loader))  # a SafeLoader
    except yaml.YAMLError as err:
        mark = getattr(err, "problem_mark", None)
        where = f"{path}: line {mark.line + 1}" if mark is not None else path
        findings.add(where, f"is not YAML: {getattr(err, 'problem', None) or err}")
        return ()
    return tuple(document for document in documents if document is not None)


def mapping(value: object) -> Mapping[str, Any]:
    """The mapping that `value` is, or an empty one."""
    return value if isinstance(value, dict) else {}


def items(value: object) -> list[Any]:
    """The list that `value` is, or an empty one."""
    return value if isinstance(value, list) else []
