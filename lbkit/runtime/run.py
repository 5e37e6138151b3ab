"""Run a command and either have its output or an error that a person can paste into a shell.

Shell: starts processes.
"""

import os
import shlex
import signal
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Lock, Thread, current_thread, main_thread
from threading import enumerate as enumerate_threads
from typing import IO
from weakref import WeakSet

from lbkit.errors import TargetError

TAIL_LINES = 15
"""How much of a failed command's output an error shows; the rest is in the log it names."""


_running: set[subprocess.Popen[bytes]] = set()
"""What runs now, in any thread, so that one failure or one Ctrl-C can end all of it."""
_starting = Lock()
"""Held while a command is started and put into `_running`: what is half-way there would not be ended."""
_ended: WeakSet[Thread] = WeakSet()
"""Threads whose commands were ended; they start no further one, as a build would go on with its next command."""


@contextmanager
def end_all_on_error() -> Iterator[None]:
    """End every command that any thread runs here when the block is left by an error or by Ctrl-C.

    Commands lead sessions of their own, so a terminal's Ctrl-C does not reach them; and a thread that waits for one
    cannot be interrupted. Without this, leaving would take as long as the slowest compiler.
    """
    try:
        yield
    except BaseException:
        with _starting:
            _ended.update({*enumerate_threads()} - {current_thread(), main_thread()})
            for process in tuple(_running):
                _kill(process)
        raise


@dataclass(frozen=True, slots=True)
class Done:
    """A command that ended."""

    argv: tuple[str, ...]
    code: int
    output: str


class CommandError(TargetError):
    """A command that failed, did not end in time, or is not there."""

    def __init__(self, argv: Sequence[str], what: str, output: str = "", *, log: Path | None = None) -> None:
        tail = "\n".join(f"  | {line}" for line in output.strip().splitlines()[-TAIL_LINES:])
        where = f"\n  full log: {log}" if log else ""
        super().__init__(f"{shlex.join(argv)}: {what}" + (f"\n{tail}" if tail else "") + where, output=output)
        self.argv = tuple(argv)


def run(
    argv: Sequence[str],
    *,
    stdin: str | bytes | IO[bytes] | None = None,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    timeout_s: float = 60.0,
    log: Path | None = None,
    check: bool = True,
    cleans_up: bool = False,
) -> Done:
    """Run `argv` to its end.

    Args:
        argv: the command; no shell is involved.
        stdin: text, bytes or an open file to feed it; None gives it nothing to read.
        env: variables besides this process's own.
        cwd: the folder to run it in; None for this process's own.
        timeout_s: after this many seconds it and its children are killed.
        log: a file to append its output to as it comes, so that an interrupted build leaves a trace.
        check: whether a non-zero exit code is an error.
        cleans_up: whether to run it even in a thread whose commands were ended (`end_all_on_error`).

    Returns:
        Its exit code and its output (stdout and stderr as one text).

    Raises:
        CommandError: it is not there, took too long, was not started as its thread is ended, or (with `check`) failed.
    """
    feed = stdin.encode() if isinstance(stdin, str) else stdin
    source = subprocess.PIPE if isinstance(feed, bytes) else (feed if feed is not None else subprocess.DEVNULL)
    start = log.stat().st_size if log and log.exists() else 0
    try:
        with log.open("ab") if log else nullcontext(subprocess.PIPE) as sink, _starting:
            if current_thread() in _ended and not cleans_up:
                raise CommandError(argv, "not started, as another command failed or was interrupted")
            process = subprocess.Popen(
                argv,
                stdin=source,
                stdout=sink,
                stderr=subprocess.STDOUT,
                env={**os.environ, **(env or {})},
                cwd=cwd,
                start_new_session=True,
            )
            _running.add(process)
    except FileNotFoundError as err:
        raise CommandError(argv, f"{err.filename or argv[0]} is not there") from err
    try:
        out, _ = process.communicate(feed if isinstance(feed, bytes) else None, timeout=timeout_s)
    except subprocess.TimeoutExpired as err:
        _end(process)
        raise CommandError(
            argv, f"did not end within {timeout_s:.0f} s", _output(log, start, err.output), log=log
        ) from err
    except BaseException:
        _end(process)  # Ctrl-C and the like: nothing we started goes on behind the user's back
        raise
    finally:
        _running.discard(process)
    output = _output(log, start, out)
    if check and process.returncode != 0:
        raise CommandError(argv, f"exit code {process.returncode}", output, log=log)
    return Done(tuple(argv), process.returncode, output)


def _end(process: subprocess.Popen[bytes]) -> None:
    """Kill the command and everything it started, and wait until it is gone."""
    _kill(process)
    process.wait()
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            with suppress(BrokenPipeError):  # what it was still to be told has no reader any more
                pipe.close()


def _kill(process: subprocess.Popen[bytes]) -> None:
    with suppress(ProcessLookupError):  # it ended by itself in between
        os.killpg(process.pid, signal.SIGKILL)


def _output(log: Path | None, start: int, out: bytes | None) -> str:
    if log is None:
        return (out or b"").decode(errors="replace")
    with log.open("rb") as file:
        file.seek(start)
        return file.read().decode(errors="replace")
