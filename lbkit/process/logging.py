"""One JSON object a line on stdout, as cluster log collectors want it.

The names of the levels are MetalLB's (`all|debug|info|warn|error|none`), so that its flags carry over.

Shell: stdout, clock.
"""

import logging
import sys
from typing import Final

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from lbkit.errors import InputError, Problem

LEVELS: Final = {
    "all": logging.DEBUG,
    "debug": logging.DEBUG,
    "info": logging.INFO,
    "warn": logging.WARNING,
    "error": logging.ERROR,
    "none": logging.CRITICAL,
}


def configure(level: str) -> None:
    """Set up the log of this process.

    Args:
        level: one of `LEVELS`.

    Raises:
        InputError: another word.
    """
    if level not in LEVELS:
        raise InputError(Problem("--log-level", f'got "{level}", wanted one of {", ".join(LEVELS)}'))
    shared: list[Processor] = [
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", key="ts"),
        structlog.processors.format_exc_info,
    ]
    rendered: list[Processor] = [structlog.processors.EventRenamer("msg"), structlog.processors.JSONRenderer()]
    silence: list[Processor] = [_drop] if level == "none" else []
    structlog.configure(
        processors=[*silence, structlog.contextvars.merge_contextvars, *shared, *rendered],
        wrapper_class=structlog.make_filtering_bound_logger(LEVELS[level]),
        logger_factory=structlog.WriteLoggerFactory(sys.stdout),
        cache_logger_on_first_use=True,
    )
    # What libraries say (aiohttp: a handler that failed) goes the same way, from warnings up.
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *rendered],
        )
    )
    logging.basicConfig(
        handlers=[] if level == "none" else [handler], level=max(LEVELS[level], logging.WARNING), force=True
    )


def _drop(_logger: WrappedLogger, _method: str, _event: EventDict) -> EventDict:
    raise structlog.DropEvent
