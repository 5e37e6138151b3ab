"""Rules for the log.

Shell: stdout.
"""

import json
import logging as standard
from collections.abc import Iterator

import pytest
import structlog

from lbkit.errors import InputError
from lbkit.process import logging


@pytest.fixture(autouse=True)
def _restore() -> Iterator[None]:
    """Leave the log of other tests as it was."""
    before = standard.getLogger().handlers[:]
    yield
    structlog.reset_defaults()
    standard.getLogger().handlers[:] = before


def test_a_line_is_a_json_object(capsys: pytest.CaptureFixture[str]) -> None:
    """Level, time and message have MetalLB's keys; fields follow."""
    logging.configure("info")
    log = structlog.get_logger("x")
    log.debug("not shown")
    log.info("service assigned", service="a/b")
    (line,) = capsys.readouterr().out.splitlines()
    entry = json.loads(line)
    assert (entry["level"], entry["msg"], entry["service"]) == ("info", "service assigned", "a/b")
    assert entry["ts"].endswith("Z")


def test_libraries_speak_json_too(capsys: pytest.CaptureFixture[str]) -> None:
    """A warning of a library, quotes and all, is a line of the same form."""
    logging.configure("info")
    standard.getLogger("aiohttp").warning('it "broke"')
    entry = json.loads(capsys.readouterr().out)
    assert (entry["level"], entry["msg"]) == ("warning", 'it "broke"')


def test_none_says_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    """MetalLB's level `none` silences everything."""
    logging.configure("none")
    structlog.get_logger("x").critical("not shown")
    assert capsys.readouterr().out == ""


def test_another_level_is_refused() -> None:
    """A misspelt level is the user's input."""
    with pytest.raises(InputError, match="--log-level"):
        logging.configure("verbose")
