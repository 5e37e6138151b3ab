"""Which annotations of a Service have a newer name.

Source: MetalLB 0.14.9, which moved its annotations from `metallb.universe.tf/` to `metallb.io/` and warns of the old
ones by an Event `deprecatedAnnotation` whenever it changes such a Service. Here it is told when one begins to be used.

Pure.
"""

from lbkit.model import names
from lbkit.model.event_records import EventRecord, Reference
from lbkit.model.views import Service


def newly_deprecated(before: Service | None, after: Service) -> tuple[str, ...]:
    """Give the deprecated annotations that a Service has begun to use.

    Args:
        before: the Service as it was known; None if it was not. Then one that has our condition was looked at by an
            earlier process, which has told.
        after: the Service as it is.

    Returns:
        Names of annotations, sorted.
    """
    if not after.is_load_balancer:
        return ()
    if before is None or before.uid != after.uid:
        is_told = any(condition.type == names.CONDITION_ALLOCATED for condition in after.conditions)
        return () if is_told else _used(after)
    told = _used(before) if before.is_load_balancer else ()
    return tuple(name for name in _used(after) if name not in told)


def warning(service: Service, annotation: str) -> EventRecord:
    """Give the Event that tells of it, in MetalLB's words, and with the cure."""
    newer = names.ANNOTATION_PREFIXES[0] + annotation.removeprefix(names.DEPRECATED_PREFIX)
    message = f"Service uses deprecated annotation {annotation}; use {newer}"
    return EventRecord(Reference("v1", "Service", service.key, service.uid), "Warning", "deprecatedAnnotation", message)


def _used(service: Service) -> tuple[str, ...]:
    return tuple(sorted(name for name in service.annotations if name.startswith(names.DEPRECATED_PREFIX)))
