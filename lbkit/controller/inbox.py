"""What arrives in the controller's inbox: watch events, and what became of its own writes.

Pure.
"""

from dataclasses import dataclass
from typing import TypeAlias

from lbkit.kube.watch import WatchEvent
from lbkit.model.objects import Service
from lbkit.model.views import Key


@dataclass(frozen=True, slots=True)
class Written:
    """A write to a Service's status was done; `object` is the Service after it."""

    key: Key
    object: Service


@dataclass(frozen=True, slots=True)
class Failed:
    """A write, or the reading after one that failed, did not work; whether the write happened may be unknown."""

    key: Key
    error: str
    is_conflict: bool = False
    retry_after_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Refreshed:
    """After a failed write, this is what the API server has; None if the Service is gone."""

    key: Key
    object: Service | None


@dataclass(frozen=True, slots=True)
class Due:
    """The time set for a Service is over: decide for it again."""

    key: Key


@dataclass(frozen=True, slots=True)
class Reconsider:
    """Look again who waits for what was given back."""


@dataclass(frozen=True, slots=True)
class ReconsiderAll:
    """Decide again for everybody: now and then, so that a slip does not last."""


@dataclass(frozen=True, slots=True)
class Turn:
    """The leadership has turned.

    Args:
        is_leading: we lead, and what is in the inbox before this was listed since; or we lead no more, and what was
            decided and not written is nothing.
    """

    is_leading: bool


@dataclass(frozen=True, slots=True)
class Crashed:
    """A write ended by a bug of ours; the loop raises it, and the process starts anew."""

    error: BaseException


InboxEvent: TypeAlias = WatchEvent | Written | Failed | Refreshed | Due | Reconsider | ReconsiderAll | Turn | Crashed
