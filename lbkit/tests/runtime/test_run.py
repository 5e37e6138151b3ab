"""Running one command: its end, its output, its time, and what an error says."""

import os
import threading
import time
from pathlib import Path

import pytest

from lbkit.runtime.run import TAIL_LINES, CommandError, end_all_on_error, run

DEADLINE_S = 5.0


def _await(condition: Path) -> None:
    deadline = time.monotonic() + DEADLINE_S
    while not condition.exists() or not condition.read_text().strip():
        assert time.monotonic() < deadline, f"{condition} did not come"
        time.sleep(0.005)


def _is_gone(pid: int) -> bool:
    """Whether the process has ended; a zombie that nobody reaps has."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return True
    return state in "ZX"


def _await_end(pid: int) -> None:
    """Wait until a killed process is gone, which the kernel does in its own time."""
    deadline = time.monotonic() + DEADLINE_S
    while not _is_gone(pid):
        assert time.monotonic() < deadline, f"process {pid} goes on"
        time.sleep(0.005)


def test_both_streams_are_the_output() -> None:
    """What a command prints on either stream is its output, in the order printed."""
    done = run(["sh", "-c", "echo one; echo two >&2"])

    assert (done.argv[0], done.code, done.output) == ("sh", 0, "one\ntwo\n")


def test_a_failing_command_is_an_error_that_can_be_pasted() -> None:
    """The error quotes the command for a shell, says its exit code and shows what it printed."""
    with pytest.raises(CommandError) as failed:
        run(["sh", "-c", "echo no disk; exit 3"])

    assert str(failed.value) == "sh -c 'echo no disk; exit 3': exit code 3\n  | no disk"
    assert failed.value.output == "no disk\n"


def test_a_failing_command_is_an_answer_where_asked() -> None:
    """Without `check` the exit code is the answer."""
    assert run(["sh", "-c", "exit 3"], check=False).code == 3


def test_an_error_shows_the_end_of_a_long_output() -> None:
    """A message has the last lines only; the whole output is carried beside it."""
    with pytest.raises(CommandError) as failed:
        run(["sh", "-c", "seq 1 100; exit 1"])

    shown = [line.removeprefix("  | ") for line in str(failed.value).splitlines()[1:]]
    assert shown == [str(number) for number in range(101 - TAIL_LINES, 101)]
    assert len(failed.value.output.splitlines()) == 100


@pytest.mark.parametrize("check", [True, False])
def test_a_missing_command_is_named(*, check: bool) -> None:
    """A command that is not on PATH is an error in any case, and is named."""
    with pytest.raises(CommandError, match="no-such-command is not there"):
        run(["no-such-command", "now"], check=check)


@pytest.mark.parametrize("stdin", ["naïve", "naïve".encode()], ids=["text", "bytes"])
def test_a_command_is_fed(stdin: str | bytes) -> None:
    """Text and bytes reach the command's standard input."""
    assert run(["cat"], stdin=stdin).output == "naïve"


def test_a_command_is_fed_from_a_file(tmp_path: Path) -> None:
    """An open file is handed to the command as it is."""
    (tmp_path / "feed").write_text("from a file")

    with (tmp_path / "feed").open("rb") as feed:
        assert run(["cat"], stdin=feed).output == "from a file"


def test_a_command_without_feed_reads_nothing() -> None:
    """A command never waits for the terminal's input."""
    assert run(["cat"]).output == ""


def test_variables_and_folder_are_the_commands_own(tmp_path: Path) -> None:
    """Variables are added to this process's, and the folder is the one asked for."""
    done = run(["sh", "-c", 'echo "$MORE $HOME"; pwd'], env={"MORE": "more"}, cwd=tmp_path)

    assert done.output.splitlines() == [f"more {os.environ.get('HOME', '')}", str(tmp_path)]


def test_time_kills_children_too(tmp_path: Path) -> None:
    """After its time a command and what it started are killed, and what it had printed is shown."""
    child = tmp_path / "child"
    script = f"echo begun; sleep 60 & echo $! > {child}; wait"

    with pytest.raises(CommandError, match=r"did not end within 0 s\n  \| begun"):
        run(["sh", "-c", script], timeout_s=0.1)

    _await_end(int(child.read_text()))


def test_a_log_keeps_everything_and_an_error_its_own_part(tmp_path: Path) -> None:
    """Commands append to one log; an error shows its own command's output and names the log."""
    log = tmp_path / "part.log"
    assert run(["echo", "first"], log=log).output == "first\n"

    with pytest.raises(CommandError) as failed:
        run(["sh", "-c", "echo second; exit 1"], log=log)

    assert log.read_text() == "first\nsecond\n"
    assert failed.value.output == "second\n"
    assert str(failed.value).endswith(f"  | second\n  full log: {log}")


def test_time_with_a_log_shows_what_was_printed(tmp_path: Path) -> None:
    """The log is read for the error of a command whose time was up, too."""
    with pytest.raises(CommandError, match=r"\| begun\n  full log"):
        run(["sh", "-c", "echo begun; sleep 60"], timeout_s=0.1, log=tmp_path / "log")


def test_an_error_ends_what_other_threads_run(tmp_path: Path) -> None:
    """Where one thread fails, the commands of all others end at once instead of being waited for."""
    pid, errors = tmp_path / "pid", []

    def other() -> None:
        try:
            run(["sh", "-c", f"echo $$ > {pid}; exec sleep 60"])
        except CommandError as err:
            errors.append(str(err))

    thread = threading.Thread(target=other)
    thread.start()
    _await(pid)

    with pytest.raises(KeyboardInterrupt), end_all_on_error():
        raise KeyboardInterrupt

    thread.join(DEADLINE_S)
    assert not thread.is_alive()
    assert "exit code -9" in errors[0]
    _await_end(int(pid.read_text()))


def test_an_ended_thread_only_cleans_up(tmp_path: Path) -> None:
    """A thread whose command was ended starts no further one, except to leave nothing behind."""
    pid, errors = tmp_path / "pid", []

    def other() -> None:
        for script in (f"echo $$ > {pid}; exec sleep 60", f"echo > {tmp_path / 'second'}"):
            try:
                run(["sh", "-c", script])
            except CommandError as err:
                errors.append(str(err))
        run(["sh", "-c", f"echo > {tmp_path / 'clean'}"], cleans_up=True)

    thread = threading.Thread(target=other)
    thread.start()
    _await(pid)

    with pytest.raises(KeyboardInterrupt), end_all_on_error():
        raise KeyboardInterrupt

    thread.join(DEADLINE_S)
    assert "not started, as another command failed or was interrupted" in errors[1]
    assert not (tmp_path / "second").exists()
    assert (tmp_path / "clean").exists()
    assert run(["true"]).code == 0


def test_without_an_error_nothing_is_ended() -> None:
    """Leaving the block in peace leaves commands in peace."""
    with end_all_on_error():
        assert run(["true"]).code == 0
