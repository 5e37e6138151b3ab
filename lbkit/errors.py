"""Who is to blame when something goes wrong: the user, the remote end, or the thing we drive.

A "no" is an answer, not an error: refusals and drops are values (`Refuse`, `Drop`). What is raised here
stops the one thing that was asked for and names its cure. Our own bugs are `assert`s and crash.

Pure.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong with what a user gave.

    Args:
        path: where, as the user would write it (`spec.addresses[0]`, `labs/l2/l2.clab.yml: links[3]`).
        message: what was got, what was wanted, and the cure where there is one.
    """

    path: str
    message: str

    def __str__(self) -> str:
        return f"{self.path}: {self.message}" if self.path else self.message


class LbkitError(Exception):
    """The root of everything lbkit raises on purpose."""


class InputError(LbkitError):
    """The user's input cannot be used; carries every problem found, not only the first.

    Args:
        problems: at least one, in the order of the input.
    """

    def __init__(self, *problems: Problem) -> None:
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = problems


class MissingError(InputError):
    """What the user named does not exist."""


class PeerError(LbkitError):
    """Bytes from the wire that the protocol does not allow (RFC 4271 section 6 shape: code, subcode, data)."""

    def __init__(self, message: str, *, code: int = 0, subcode: int = 0, data: bytes = b"") -> None:
        super().__init__(message)
        self.code = code
        self.subcode = subcode
        self.data = data


class TargetError(LbkitError):
    """What we drive (API server, kernel, BGP engine, command) failed or answered nonsense.

    Args:
        message: what was tried, on what, what came back, and the cure where one is known.
        output: the target's own words (a command's output, a response body), for the log.
    """

    def __init__(self, message: str, *, output: str = "") -> None:
        super().__init__(message)
        self.output = output
