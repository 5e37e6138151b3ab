"""Runs a small observer or probe program inside a lab node's network, and takes its events into the history.

The program is this host's Python in the node's network namespace only, so nothing needs to be installed in a
container and all stamps come from one clock. It reads its plan from stdin, writes events as JSON lines to
stdout, and leaves when stdin is closed, so that it cannot outlive the suite.

Shell: nsenter, processes, pipes, threads.
"""

import json
import subprocess
import sys
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from conformance.suite.facts import LabNode, Lacking
from conformance.suite.history import load
from conformance.suite.recorder import Recorder
from conformance.suite.waits import OBSERVER_STOP_S
from lbkit.errors import TargetError

ROOT: Final = Path(__file__).resolve().parents[3]
"""The checkout: programs are started from here as modules."""


def enter(node: LabNode) -> list[str]:
    """Return the command prefix that runs the rest in a lab node's network namespace.

    Raises:
        Lacking: no process of it is known.
    """
    if not node.pid:
        raise Lacking(f"the network of {node.name} cannot be entered: no process of it is known")
    return ["nsenter", "-t", str(node.pid), "-n", "--"]


def inside(node: LabNode) -> list[str]:
    """Return the command prefix that runs the rest in a lab node's container.

    Raises:
        Lacking: it is none.
    """
    if not node.container:
        raise Lacking(f"{node.name} is no container, so nothing can be run in it")
    return ["docker", "exec", node.container]


class Witness:
    """One running observer or probe program.

    Args:
        recorder: where its events go.
        prefix: command prefix; `enter(node)` for a lab node, empty for the host itself.
        module: the program, as for `python -m`.
        plan: what it is asked to do.
    """

    def __init__(self, recorder: Recorder, prefix: list[str], module: str, plan: Mapping[str, Any]) -> None:
        self._recorder = recorder
        self._argv = [*prefix, sys.executable, "-m", module]
        self._process = subprocess.Popen(
            self._argv, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        assert self._process.stdin
        try:
            self._process.stdin.write(json.dumps(dict(plan)) + "\n")
            self._process.stdin.flush()
        except BrokenPipeError as err:  # it is gone already: its node's network may be
            _, told = self._process.communicate()
            raise TargetError(f"{' '.join(self._argv)}: exit code {self._process.returncode}: {told}") from err
        self._errors: list[str] = []
        self._readers = [
            threading.Thread(target=self._read_events, daemon=True),
            threading.Thread(target=self._read_errors, daemon=True),
        ]
        for reader in self._readers:
            reader.start()

    def wait(self, timeout_s: float) -> None:
        """Wait until the program has done its plan.

        Raises:
            TargetError: it failed, or is not done in time (and is then stopped).
        """
        try:
            code = self._process.wait(timeout_s)
        except subprocess.TimeoutExpired as err:
            self._process.kill()
            raise TargetError(f"{' '.join(self._argv)}: not done within {timeout_s:g} s") from err
        finally:
            self._close()
        if code != 0:
            raise TargetError(f"{' '.join(self._argv)}: exit code {code}", output="".join(self._errors))

    def stop(self) -> None:
        """Ask the program to leave, and wait for its last line.

        Raises:
            TargetError: it failed, or did not leave.
        """
        assert self._process.stdin
        self._process.stdin.close()
        self.wait(OBSERVER_STOP_S)

    def failure(self) -> str:
        """Return what the program wrote to stderr if it is already gone; "" while it runs."""
        return "" if self._process.poll() is None else f"exit code {self._process.returncode}: {''.join(self._errors)}"

    def _close(self) -> None:
        for reader in self._readers:
            reader.join(OBSERVER_STOP_S)
        for pipe in (self._process.stdin, self._process.stdout, self._process.stderr):
            if pipe:
                pipe.close()

    def _read_events(self) -> None:
        assert self._process.stdout
        for line in self._process.stdout:
            for event in load([line], path=self._argv[-1]).events:
                self._recorder.add(event)

    def _read_errors(self) -> None:
        assert self._process.stderr
        self._errors.extend(self._process.stderr)


def run(argv: list[str], timeout_s: float) -> str:
    """Run one command to its end.

    Args:
        argv: without a shell.
        timeout_s: patience, seconds.

    Returns:
        Its stdout.

    Raises:
        TargetError: it failed or took too long; carries its output.
    """
    try:
        done = subprocess.run(argv, capture_output=True, text=True, timeout=timeout_s, check=False, cwd=ROOT)
    except subprocess.TimeoutExpired as err:
        raise TargetError(f"{' '.join(argv)}: no answer within {timeout_s:g} s") from err
    if done.returncode != 0:
        raise TargetError(f"{' '.join(argv)}: exit code {done.returncode}", output=done.stdout + done.stderr)
    return done.stdout
