"""A group of commands over one kind of resource: what `lbkit load-balancer`, `bgp-peer` and `bfd-profile` share.

Pure.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from lbkit.model.views import Key
from lbkit.operator.fields import Field, Json
from lbkit.operator.inventory import Inventory
from lbkit.operator.speaker_report import SpeakerReport


@dataclass(frozen=True, slots=True)
class Change:
    """What is to be written and deleted, in this order.

    Args:
        put: whole objects; those without a resourceVersion are new.
        gone: kind and name of the objects to delete.
    """

    put: tuple[Json, ...] = ()
    gone: tuple[tuple[str, Key], ...] = ()


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the list."""

    title: str
    text: Callable[[Mapping[str, Json]], str]


@dataclass(frozen=True, slots=True)
class Group:
    """One kind of resource.

    Args:
        command: as typed (`load-balancer`).
        title: in sentences (`load balancer`).
        fields: its properties.
        required: properties that `create` cannot do without.
        names: names all there are.
        document: gives one as it is shown; empty if there is none.
        create: (name, namespace, {property: value}) -> what to write.
        update: (name, what there is, {property: value}) -> what to write and delete.
        delete: (name, what there is) -> what to delete.
        users: says who uses it, so that deleting it would hurt; empty if nobody.
        columns: of the list.
        unchangeable: says why it cannot be changed here; empty if it can, as always unless given.
        observed: (name, what there is, what the speakers tell) -> what is seen of one beyond its objects; None where
            nobody can tell anything.
    """

    command: str
    title: str
    fields: tuple[Field, ...]
    required: tuple[str, ...]
    names: Callable[[Inventory], tuple[str, ...]]
    document: Callable[[str, Inventory], dict[str, Json]]
    create: Callable[[str, str, Mapping[str, Json]], Change]
    update: Callable[[str, Inventory, Mapping[str, Json]], Change]
    delete: Callable[[str, Inventory], Change]
    users: Callable[[str, Inventory], str]
    columns: tuple[Column, ...]
    unchangeable: Callable[[str, Inventory], str] = lambda _name, _inventory: ""
    observed: Callable[[str, Inventory, Mapping[str, SpeakerReport]], dict[str, Json]] | None = None
