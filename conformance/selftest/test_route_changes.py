"""A change of a kernel's routes is told of at once; without one, the wait ends in time."""

import time
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from conformance.suite.facts import LabNode
from conformance.suite.observers import route_changes
from conformance.suite.observers.route_changes import RouteChanges
from lbkit.errors import TargetError

NODE = cast("LabNode", SimpleNamespace(name="tor1", pid=0))


def monitor(monkeypatch: pytest.MonkeyPatch, folder: Path, script: str) -> RouteChanges:
    """Watch with a program of ours in the place of ip(8)."""
    (folder / "ip").write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    (folder / "ip").chmod(0o755)
    monkeypatch.setattr(route_changes, "enter", lambda _: ["env", f"PATH={folder}:/usr/bin:/bin"])
    return RouteChanges(NODE)


def test_a_change_ends_the_wait(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Once for all that changed until then."""
    with monitor(monkeypatch, tmp_path, "echo one; echo two; exec sleep 60") as changes:
        began = time.monotonic()
        changes.wait(30)
        assert time.monotonic() - began < 10
        time.sleep(0.2)
        changes.wait(0.1)
        began = time.monotonic()
        changes.wait(0.1)
        assert time.monotonic() - began >= 0.1


def test_a_monitor_that_ends_is_no_quiet_router(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """It says how it ended."""
    with (
        monitor(monkeypatch, tmp_path, "exit 3") as changes,
        pytest.raises(TargetError, match="tor1 ended with 3"),
    ):
        changes.wait(30)
