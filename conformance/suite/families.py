"""Which addresses of which family a Service showed: typed readings of a history.

Pure.
"""

from typing import NamedTuple

from conformance.suite import seen
from conformance.suite.facts import IPAddress
from conformance.suite.history import History


class Loop(NamedTuple):
    """A loop of requests that a client makes to a Service's address of one family; prints as the loop's name.

    Args:
        service: its name.
        version: 4 or 6.
        client: lab node that asks.
    """

    service: str
    version: int
    client: str

    def __str__(self) -> str:
        return f"{self.service} by {name_of(self.version)} from {self.client}"


def states(history: History, name: str) -> tuple[seen.ServiceState, ...]:
    """Return every living state of a Service that the watch showed, in order."""
    return tuple(state for state in seen.services(history) if state.name == name and not state.is_deleted)


def versions(state: seen.ServiceState) -> tuple[int, ...]:
    """Return the families (4, 6) of a state's addresses, sorted; twice for two addresses of one."""
    return tuple(sorted(address.version for address in state.addresses))


def of(state: seen.ServiceState, version: int) -> tuple[IPAddress, ...]:
    """Return a state's addresses of one family."""
    return tuple(address for address in state.addresses if address.version == version)


def shown(history: History, name: str, wanted: tuple[int, ...]) -> tuple[IPAddress, ...] | None:
    """Return a Service's newest addresses, one for each family wanted and in that order; None while one is missing."""
    every = states(history, name)
    found = [address for version in wanted for address in of(every[-1], version)[:1]] if every else []
    return tuple(found) if found and len(found) == len(wanted) else None


def first_with(history: History, name: str, version: int) -> seen.ServiceState | None:
    """Return the first state in which a Service had an address of a family; None if there was none."""
    return next((state for state in states(history, name) if of(state, version)), None)


def given(history: History) -> tuple[IPAddress, ...]:
    """Return every address of either family that a Service of the case showed."""
    return tuple(dict.fromkeys(address for state in seen.services(history) for address in state.addresses))


def name_of(version: int) -> str:
    """Return a family's name."""
    return f"IPv{version}"
