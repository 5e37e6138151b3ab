"""A random run is the same for the same seed, and can be performed."""

from collections import Counter
from typing import cast

from hypothesis import given, settings
from hypothesis import strategies as st

from conformance.suite.churn import ALONE, Operation, Verb, perform, sequence
from conformance.suite.world import World

ENDS = (Verb.KILL, Verb.RENEW)


def run(seed: int, *, asks: bool = True) -> tuple[Operation, ...]:
    """Make up a short run."""
    return sequence(seed, 200, about=20, addresses=12, ends=ENDS, asks=asks)


@settings(max_examples=25)
@given(st.integers(min_value=0, max_value=2**64 - 1))
def test_run_names_only_services_that_live(seed: int) -> None:
    """Every operation is on a Service that was created and not deleted; the controller is ended as often as asked."""
    operations = run(seed)
    living: dict[str, bool] = {}
    for operation in operations:
        match operation.verb:
            case Verb.CREATE:
                assert operation.name not in living
                living[operation.name] = True
            case Verb.DELETE:
                del living[operation.name]
            case Verb.RETYPE:
                assert operation.is_load_balancer is not living[operation.name]
                living[operation.name] = operation.is_load_balancer
            case Verb.ASK:
                assert operation.name in living
            case Verb.KILL | Verb.RENEW:
                assert not operation.name
    assert [o.verb for o in operations if o.verb in ENDS] == [*ENDS]
    assert len(operations) == 200
    assert operations == run(seed)


def test_run_has_every_verb_and_reaches_its_size() -> None:
    """All verbs come up, and so many Services live that a pool can be used up."""
    operations = run(1)
    counts = Counter(operation.verb for operation in operations)
    assert set(counts) == set(Verb)
    assert counts[Verb.CREATE] - counts[Verb.DELETE] >= 12
    assert {o.address for o in operations} > {None, 0, 11}


def test_run_without_requests_asks_for_nothing() -> None:
    """A target that does not claim requests is not asked for addresses."""
    operations = run(1, asks=False)
    assert {o.address for o in operations} == {None}
    assert Verb.ASK not in {o.verb for o in operations}


class Controller:
    """A world without Services, whose controller notes what is done to it."""

    def __init__(self) -> None:
        self.faults = self
        self.done: list[str] = []

    def kill(self, role: str) -> None:
        """Note it."""
        self.done.append(f"kill {role}")

    def renew(self, role: str) -> None:
        """Note it."""
        self.done.append(f"renew {role}")

    def back(self, role: str) -> None:
        """Note it."""
        self.done.append(f"{role} is back")

    def patch(self, name: str, **_fields: object) -> None:
        """Note it."""
        self.done.append(name)


def test_controller_is_back_before_it_is_ended_again() -> None:
    """Some operations go on without a controller, then its return is awaited, and always before the next end."""
    asks = tuple(Operation(Verb.ASK, f"s{number}") for number in range(ALONE + 1))
    world = Controller()
    perform(cast("World", world), (Operation(Verb.RENEW), Operation(Verb.KILL), *asks), "example.org/address")
    names = [operation.name for operation in asks]
    before = ["renew controller", "controller is back", "kill controller", *names[:ALONE]]
    assert world.done == [*before, "controller is back", names[-1]]
