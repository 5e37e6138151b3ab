"""Collects everything wrong with one object, so that its author sees all of it at once.

Every reader of a field gets the same `Findings` and a path; a bad field adds a problem and yields None, and the
reading goes on. `done()` raises what came together.

Pure.
"""

from collections.abc import Callable, Iterable
from typing import TypeVar

from lbkit.errors import InputError, Problem

T = TypeVar("T")


class Findings:
    """The problems found so far, in the order of the input."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []

    def add(self, path: str, message: str) -> None:
        """Note one problem and go on."""
        self.problems.append(Problem(path, message))

    def read(self, path: str, parse: Callable[[str], T], text: str) -> T | None:
        """Parse `text`, or note why that was not possible.

        Args:
            path: where `text` stands in the object.
            parse: raises InputError with problems relative to `path`.
            text: what the user wrote.

        Returns:
            The value; None when it was refused (or when None is the value).
        """
        try:
            return parse(text)
        except InputError as err:
            self.problems += [Problem(f"{path}{problem.path}", problem.message) for problem in err.problems]
            return None

    def read_all(self, path: str, parse: Callable[[str], T], texts: Iterable[str]) -> tuple[T, ...]:
        """Parse a list; refused items are noted under `path[index]` and left out."""
        values = [self.read(f"{path}[{index}]", parse, text) for index, text in enumerate(texts)]
        return tuple(value for value in values if value is not None)

    def unique(self, path: str, values: Iterable[object]) -> None:
        """Note every item of a list that stands in it twice."""
        seen: set[object] = set()
        for index, value in enumerate(values):
            if value in seen:
                self.add(f"{path}[{index}]", f"{value!s} is listed twice; remove one")
            seen.add(value)

    def within(self, path: str, value: int | None, lowest: int, highest: int) -> None:
        """Note a number outside `lowest`..`highest`; None (not set) is fine."""
        if value is not None and not lowest <= value <= highest:
            self.add(path, f"got {value}, wanted {lowest} to {highest}")

    def done(self) -> None:
        """Raise everything noted.

        Raises:
            InputError: if at least one problem was noted.
        """
        if self.problems:
            raise InputError(*self.problems)
