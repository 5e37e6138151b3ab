"""Labs by their command line: bring one up, put a target into it, ask what it is made of.

It calls `lbkit lab` with the interpreter that runs the suite, as a user would, and keeps what it prints.

Shell: processes, log files.
"""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from conformance.suite.observers.process import ROOT
from conformance.suite.waits import COMMAND_S, DEPLOY_S, LAB_UP_S
from lbkit.errors import TargetError

_CLI = (sys.executable, "-m", "lbkit.cli.main", "lab")
_TRUE = frozenset({"1", "true", "t", "yes", "y", "on"})
"""What a command line takes for yes in a variable."""


def replaces() -> bool:
    """Whether labs of other checkouts are to be replaced: `LBKIT_REPLACE`, read as `lbkit lab up` reads it."""
    return os.environ.get("LBKIT_REPLACE", "").lower() in _TRUE


def status(name: str) -> dict[str, Any]:  # Any: another program's JSON; facts.parse reads it
    """Ask a lab for its state and facts; the exit code only repeats the state.

    Raises:
        TargetError: the command took too long or printed no JSON.
    """
    argv = [*_CLI, "status", name, "-o", "json"]
    try:
        done = subprocess.run(argv, capture_output=True, text=True, timeout=4 * COMMAND_S, check=False, cwd=ROOT)
        return dict(json.loads(done.stdout))
    except subprocess.TimeoutExpired as err:
        raise TargetError(f"{' '.join(argv)}: no answer within {4 * COMMAND_S:g} s") from err
    except ValueError as err:
        raise TargetError(f"{' '.join(argv)}: got no JSON ({err})", output=done.stdout + done.stderr) from err


def up(name: str, log: Path) -> None:
    """Bring a lab up; quick if it is up.

    Args:
        name: of the lab.
        log: file that takes the command's output.

    Raises:
        TargetError: the command failed; carries the end of its output.
    """
    _logged([*_CLI, "up", name], log, LAB_UP_S)


def deploy(name: str, target: str, log: Path) -> None:
    """Put a target into a running lab, in place of any other.

    Args:
        name: of the lab.
        target: lbkit, metallb or none.
        log: file that takes the command's output.

    Raises:
        TargetError: the command failed; carries the end of its output.
    """
    _logged([*_CLI, "deploy", name, "--target", target], log, DEPLOY_S)


def _logged(argv: list[str], log: Path, timeout_s: float) -> None:
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("w", encoding="utf-8") as out:
        try:
            done = subprocess.run(argv, stdout=out, stderr=subprocess.STDOUT, timeout=timeout_s, check=False, cwd=ROOT)
        except subprocess.TimeoutExpired as err:
            raise TargetError(f"{' '.join(argv)}: not done within {timeout_s:g} s, see {log}") from err
    if done.returncode != 0:
        text = log.read_text(encoding="utf-8", errors="replace")
        told = text[max(0, text.rfind("\nerror:")) :].strip()[:2000] if "\nerror:" in text else text[-2000:]
        raise TargetError(f"{' '.join(argv)}: exit code {done.returncode}, see {log}", output=told)
