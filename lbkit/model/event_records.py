"""An Event as a value: what a decision wants told to the user, before anybody writes it.

Named event_record, since "event" alone could be a watch event or an inbox event. They are made on transitions only:
an Event per reconcile is what floods MetalLB's users.
Source: Kubernetes API v1 Event.

Pure.
"""

from dataclasses import dataclass
from typing import Literal, TypeAlias

from lbkit.model.views import Key

EventType: TypeAlias = Literal["Normal", "Warning"]


@dataclass(frozen=True, slots=True)
class Reference:
    """The object an event_record is about; `key.namespace` is empty for cluster-scoped kinds."""

    api_version: str
    kind: str
    key: Key
    uid: str


@dataclass(frozen=True, slots=True)
class EventRecord:
    """One v1 Event: reason in CamelCase, message in a sentence."""

    regarding: Reference
    type: EventType
    reason: str
    message: str
