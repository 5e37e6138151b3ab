"""What a long run outside pytest shares with another: its lab session, how it ends on SIGTERM, and its exit code.

Shell: the session's, signals, the terminal.
"""

import argparse
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

from conformance.suite.plan import Selection
from conformance.suite.session import LabSession
from conformance.suite.targets import chosen
from conformance.suite.verdict import Outcome
from lbkit.errors import LbkitError


@contextmanager
def lab_session(lab: str, target_name: str, out: Path, say: Callable[[str], None]) -> Iterator[LabSession]:
    """Put a target into a lab for a while; afterwards the lab's own objects are back.

    Args:
        lab: name of the lab.
        target_name: name or file of the target, as for `--target`.
        out: folder of the run.
        say: prints progress.

    Raises:
        LbkitError: the lab or the target failed.
    """
    target = chosen(target_name)
    asked = Selection(frozenset({lab}), frozenset(), target.features)
    session = LabSession(lab, target, asked, out, say=say)
    try:
        yield session
    finally:
        session.close()


def run_options(parser: argparse.ArgumentParser, folder: str, *, did: str = "did") -> argparse.ArgumentParser:
    """Add the options of every run that can go on where it was stopped.

    Args:
        parser: to add them to.
        folder: where its results are by default, in words.
        did: what an earlier run did.
    """
    parser.add_argument("--out", type=Path, help=f"folder of the run; by default {folder}")
    parser.add_argument("--fresh", action="store_true", help=f"forget what an earlier run {did}")
    parser.add_argument("--judge", type=Path, metavar="OUT", help="judge a finished run's folder again")
    return parser


def exit_code(work: Callable[[], Outcome]) -> int:
    """Do the work, and turn what comes of it into the process's exit code.

    Returns:
        0 if all is passed, 1 if not, 2 if it could not be done, which is said.
    """
    tidy_on_sigterm(SystemExit(128 + signal.SIGTERM))
    try:
        return int(work() is not Outcome.PASS)
    except (LbkitError, OSError) as err:
        sys.stderr.write(f"error: {err}\n{getattr(err, 'output', '')}\n")
        return 2


def tidy_on_sigterm(ending: BaseException) -> Callable[[], None]:
    """Let SIGTERM end the run as an error would, once: what cleans up is not disturbed by a second one.

    Args:
        ending: raised where the run is.

    Returns:
        What makes SIGTERM mean again what it meant before.
    """
    before = signal.getsignal(signal.SIGTERM)

    def leave(_signal: int, _frame: FrameType | None) -> None:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        raise ending

    def undo() -> None:
        signal.signal(signal.SIGTERM, before)

    signal.signal(signal.SIGTERM, leave)
    return undo
