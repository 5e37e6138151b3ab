"""From bytes to structs, one object at a time, so that one that cannot be read does not take the others with it.

Whatever the API server, or a proxy in its place, sends: it becomes a value or a `NotJson`, never a crash. msgspec
reports wrong JSON and wrong types as its own errors, but text that is no UTF-8 and endless nesting as Python's.

Pure.
"""

from dataclasses import dataclass
from typing import TypeVar

import msgspec

from lbkit.model.objects import Object, Wire

T = TypeVar("T")
S = TypeVar("S", bound=Object)


class _Name(Wire, frozen=True):
    """Enough of metav1.ObjectMeta to say which object it is."""

    name: str = ""
    namespace: str = ""
    resource_version: str = ""


class _Named(Wire, frozen=True):
    metadata: _Name = _Name()


@dataclass(frozen=True, slots=True)
class Garbled:
    """An object the API server sent that does not fit its struct; `name` may be empty when even that is unreadable."""

    namespace: str
    name: str
    resource_version: str
    message: str


class NotJson(ValueError):  # noqa: N818 - said of bytes, whoever sent them; the caller knows whose error that is
    """The bytes are not the JSON that was wanted."""


def decode_json(struct: type[T], raw: bytes | msgspec.Raw) -> T:
    """Decode bytes.

    Raises:
        NotJson: they are no JSON, or not of this shape.
    """
    try:
        return msgspec.json.decode(raw, type=struct)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as err:
        raise NotJson(str(err)) from err


def decode(struct: type[S], raw: bytes | msgspec.Raw) -> S | Garbled:
    """Decode one object."""
    try:
        return decode_json(struct, raw)
    except NotJson as err:
        try:
            meta = decode_json(_Named, raw).metadata
        except NotJson:
            meta = _Name()
        return Garbled(meta.namespace, meta.name, meta.resource_version, str(err))
