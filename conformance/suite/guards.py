"""Faults that are in force for a while, each in the care of a process that undoes it (`observers/guard.py`).

Shell: processes.
"""

from itertools import count
from typing import Final

from conformance.suite.observers.process import Witness
from conformance.suite.recorder import Recorder
from conformance.suite.waits import OBSERVER_READY_S
from lbkit.errors import TargetError

_PROGRAM: Final = "conformance.suite.observers.guard"
Commands = list[list[str]]
_NUMBERS: Final = count()
"""One for each fault of this process: a history may hold faults of several drives' parts."""


class Guards:
    """The faults of one drive that are in force.

    Args:
        recorder: where each is written when it is made and when it is undone.
    """

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder
        self._in_force: dict[int, Witness] = {}

    def make(self, name: str, do: Commands, undo: Commands, **about: str) -> int:
        """Make a fault, and return its number when it is in force.

        Args:
            name: of the fault, as in the history.
            do: commands that make it, in order.
            undo: commands that undo it, in order; all are run, also where making it failed halfway.
            about: what it hits, for the history: node, role, …

        Raises:
            TargetError: a command failed; what was done is undone.
        """
        number = next(_NUMBERS)
        plan = {"id": number, "name": name, "do": do, "undo": undo, "about": about}
        witness = Witness(self._recorder, [], _PROGRAM, plan)
        self._in_force[number] = witness
        made = self._recorder.wait(
            lambda h: any(e.data["id"] == number for e in h.of("fault", "made")) or witness.failure() or None,
            OBSERVER_READY_S,
        )
        if made is not True:
            del self._in_force[number]
            witness.stop()  # raises what the program says
            raise TargetError(f"fault {name}: {made or 'not in force in time'}")
        return number

    def undo(self, number: int) -> None:
        """Undo a fault, and return when that is done; one that is undone already is fine.

        Raises:
            TargetError: a command failed; the others were run all the same.
        """
        if witness := self._in_force.pop(number, None):
            witness.stop()

    def undo_all(self) -> None:
        """Undo what is in force, the last first.

        Raises:
            TargetError: something could not be undone; the rest was all the same.
        """
        problems: list[str] = []
        for number in sorted(self._in_force, reverse=True):
            try:
                self.undo(number)
            except TargetError as err:
                problems.append(f"{err}: {err.output}")
        if problems:
            raise TargetError(f"not undone: {'; '.join(problems)}")
