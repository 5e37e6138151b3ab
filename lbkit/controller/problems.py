"""Tells what is wrong with the configuration once: an Event on the object, and a line in the log.

Shell: log.
"""

from collections.abc import Mapping

import structlog

from lbkit.model.event_records import EventRecord, Reference

_log = structlog.get_logger(__name__)


class ProblemTeller:
    """Remembers what has been told."""

    def __init__(self) -> None:
        self._told: dict[Reference, tuple[str, ...]] = {}

    def tell(self, problems: Mapping[Reference, tuple[str, ...]]) -> tuple[EventRecord, ...]:
        """Log what is new and what is over.

        Args:
            problems: all there is, by object.

        Returns:
            An Event for each object whose problems are new; none for problems that belong to no single object.
        """
        records = []
        for about, found in problems.items():
            if self._told.get(about) == found:
                continue
            _log.error("configuration is invalid", kind=about.kind, name=about.key.name, problems=list(found))
            if about.key.name:
                records.append(EventRecord(about, "Warning", "InvalidConfiguration", "\n".join(found)))
        for about in self._told:
            if about not in problems:
                _log.info("configuration is valid again", kind=about.kind, name=about.key.name)
        self._told = dict(problems)
        return tuple(records)
