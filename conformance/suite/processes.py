"""The processes of a container, as this host sees them: a lab's nodes are containers here, and so is all in them.

Going through `docker exec` would take half a second on a busy machine; a moment that is measured from, and a memory
that is compared, are better had at once. A process is found by its container's id in its control group.
Source: cgroups(7), /proc/PID/cgroup; proc_pid_stat(5).

Shell: /proc, kill(2), the clock.
"""

import contextlib
import os
import signal
import time
from pathlib import Path
from typing import Final

from lbkit.errors import TargetError

PROC: Final = Path("/proc")
_DEAD_S: Final = 5.0
"""Until a killed process is gone; it may be in a system call first."""
_LOOK_S: Final = 0.001


def of_container(container: str, proc: Path = PROC) -> tuple[int, ...]:
    """Return the ids of a container's processes, the first first.

    Args:
        container: its id.
        proc: where the processes are shown.

    Raises:
        TargetError: it has none.
    """
    found = sorted(int(entry.name) for entry in proc.iterdir() if entry.name.isdigit() and _is_in(entry, container))
    if not found:
        raise TargetError(f"no process is in container {container}, wanted at least one")
    return tuple(found)


def beside(pid: int, name: str, proc: Path = PROC) -> tuple[int, ...]:
    """Return the ids of the processes of a name that share a network namespace with a process.

    Args:
        pid: of the process; a lab node's first shares its network with its kubelet.
        name: of the command, as /proc/PID/comm has it.
        proc: where the processes are shown.

    Raises:
        TargetError: there is none.
    """
    network = (proc / str(pid) / "ns" / "net").readlink()
    found = sorted(int(entry.name) for entry in proc.iterdir() if entry.name.isdigit() and _is(entry, name, network))
    if not found:
        raise TargetError(f"no process {name} runs beside process {pid}")
    return tuple(found)


def privileges(pid: int, proc: Path = PROC) -> dict[str, object]:
    """Say what a process runs as: user id, effective capabilities (one bit each), whether what it runs gains none.

    Source: proc_pid_status(5), capabilities(7).

    Returns:
        {program, uid, capabilities, gains_none}.
    """
    lines = (proc / str(pid) / "status").read_text(encoding="utf-8").splitlines()
    told = {name: value.split() for name, _, value in (line.partition(":") for line in lines)}
    effective_uid, capabilities = int(told["Uid"][1]), int(told["CapEff"][0], 16)
    gains_none = told["NoNewPrivs"] == ["1"]
    return {"program": told["Name"][0], "uid": effective_uid, "capabilities": capabilities, "gains_none": gains_none}


def kill(pids: tuple[int, ...]) -> None:
    """Kill processes with SIGKILL, and return when they are dead; one that is gone already is fine.

    Raises:
        TargetError: one does not die.
    """
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    deadline = time.monotonic() + _DEAD_S
    while alive := [pid for pid in pids if _is_alive(pid)]:
        if time.monotonic() > deadline:
            raise TargetError(f"processes {alive} are alive {_DEAD_S:g} s after SIGKILL")
        time.sleep(_LOOK_S)


def _is(entry: Path, name: str, network: Path) -> bool:
    try:
        comm = (entry / "comm").read_text(encoding="utf-8").strip()
        return comm == name and (entry / "ns" / "net").readlink() == network
    except (FileNotFoundError, ProcessLookupError):  # it has ended meanwhile
        return False


def _is_in(entry: Path, container: str) -> bool:
    try:
        return container in (entry / "cgroup").read_text(encoding="utf-8")
    except (FileNotFoundError, ProcessLookupError):  # it has ended meanwhile
        return False


def _is_alive(pid: int) -> bool:
    """Say whether a process runs; a zombie does not, it only waits to be asked for its exit code."""
    try:
        text = (PROC / str(pid) / "stat").read_text(encoding="utf-8")
    except (FileNotFoundError, ProcessLookupError):
        return False
    return text.rpartition(")")[2].split()[0] not in {"Z", "X"}
