"""The properties of a resource as an operator names them, and where each stands in a Kubernetes object.

`lbkit load-balancer` and its like show the property names of `az k8s-runtime`, so that `--query` and scripts carry
over; the objects behind them are MetalLB's. A table of fields is read both ways, so that what can be written can also
be shown, imported and exported. A change touches only its own field: what somebody added with kubectl stays.
Source: Azure CLI extension k8s-runtime (load-balancer, bgp-peer, bfd-profile); MetalLB's API.

Pure.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from copy import deepcopy
from dataclasses import dataclass
from typing import Any, Final, Literal, TypeAlias

Json: TypeAlias = Any  # a Kubernetes object or an ARM resource: JSON has no static shape

Typed: TypeAlias = Literal["addresses", "names", "selector", "switch", "duration", "integer", "word"]
"""How a value is typed on the command line; `lbkit.operator.words` reads each."""

_NEW_WORD: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


def _same(value: Json) -> Json:
    return value


@dataclass(frozen=True, slots=True)
class Field:
    """One property.

    Args:
        name: as shown and queried (`bgpMultiHop`).
        typed: how it is typed.
        kinds: kinds of the objects that hold it.
        path: where in each of them.
        help: one line for who types it.
        empty: what is shown where no object has it.
        write: turns the shown value into the object's.
        read: turns the object's value into the shown one.
        in_arc: whether Azure Arc's resource has it too, under the same name.
    """

    name: str
    typed: Typed
    kinds: tuple[str, ...]
    path: tuple[str, ...]
    help: str
    empty: Json = None
    write: Callable[[Json], Json] = _same
    read: Callable[[Json], Json] = _same
    in_arc: bool = False

    @property
    def option(self) -> str:
        """The option that sets it (`--bgp-multi-hop`)."""
        return "--" + _NEW_WORD.sub("-", self.name).lower()


def options(fields: Iterable[Field]) -> dict[str, str]:
    """Give {path in an object (`spec.ebgpMultiHop`): option}, to say of what was refused where it was typed."""
    return {".".join(field.path): field.option for field in fields if field.path}


def shown(fields: Iterable[Field], objects: Mapping[str, Json]) -> dict[str, Json]:
    """Give the properties of a resource.

    Args:
        fields: the table.
        objects: {kind: object}; a field that several hold is read from the first.

    Returns:
        {property: value}, in the order of the table.
    """
    return {field.name: _shown(field, objects) for field in fields}


def _shown(field: Field, objects: Mapping[str, Json]) -> Json:
    for kind in field.kinds:
        if kind in objects and (value := found(objects[kind], field.path)) is not None:
            return field.read(value)
    return field.empty


def changed(fields: Iterable[Field], objects: Mapping[str, Json], changes: Mapping[str, Json]) -> dict[str, Json]:
    """Give the objects with some properties changed.

    Args:
        fields: the table.
        objects: {kind: object}; they are not touched.
        changes: {property: shown value}; None takes the property away.

    Returns:
        {kind: object}, of the same kinds. A property of a kind that is not among them changes nothing.
    """
    result = {kind: deepcopy(item) for kind, item in objects.items()}
    for field in fields:
        if field.name in changes:
            value = changes[field.name]
            for kind in field.kinds:
                if kind in result:
                    _put(result[kind], field.path, None if value is None else field.write(value))
    return result


def found(item: Json, path: Iterable[str]) -> Json:
    """Give what stands at `path` in an object; None if nothing does."""
    for name in path:
        if not isinstance(item, Mapping):
            return None
        item = item.get(name)
    return item


def _put(item: dict[str, Json], path: tuple[str, ...], value: Json) -> None:
    """Write `value` at `path`; None takes it away, with the mappings that are left empty by it (but for `spec`)."""
    first, rest = path[0], path[1:]
    if rest:
        inner = item.get(first)
        inner = inner if isinstance(inner, dict) else {}
        _put(inner, rest, value)
        value = inner if inner or first == "spec" else None
    if value is None:
        item.pop(first, None)
    else:
        item[first] = value


# How values are written in objects and shown to people.


def to_selectors(labels: Mapping[str, str] | list[Json]) -> Json:
    """Turn labels into a list of one metav1.LabelSelector; a list is one already."""
    return [{"matchLabels": dict(labels)}] if isinstance(labels, Mapping) else list(labels)


def from_selectors(selectors: Json) -> Json:
    """Turn a list of selectors into labels where that is all it says; else give it as it is."""
    if not selectors:
        return {}
    only = selectors[0] if isinstance(selectors, list) and len(selectors) == 1 else None
    labels = only.get("matchLabels") if isinstance(only, Mapping) and set(only) == {"matchLabels"} else None
    return dict(labels) if isinstance(labels, Mapping) else selectors


def to_switch(value: Json) -> Json:
    """Turn Arc's `Enabled` and `Disabled` into a boolean."""
    return value == "Enabled" if isinstance(value, str) else bool(value)


def from_switch(value: Json) -> Json:
    """Turn a boolean into Arc's `Enabled` and `Disabled`."""
    return "Enabled" if value else "Disabled"
