"""When an address that is given away on purpose changes hands: between connections, if the claimant waits.

Pure.
"""

import pytest

from lbkit.announcer.election.events import Drain, Rebalance, Stream
from lbkit.announcer.election.pauses import MOST_OPEN
from lbkit.announcer.election.timing import Timing
from lbkit.tests.announcer.election.settled import NAMES, VIP, answering, the_owner, world
from lbkit.tests.announcer.election.world import World

TIMES = Timing()
HAND_OVER_S = 0.01


def stream(made: World, name: str, flow: bytes, *, is_open: bool) -> None:
    """Let a connection to the address begin or end."""
    node = made.nodes[name]
    made.give(node, Stream(VIP, flow, is_open))


def kept_s(made: World, owner: str, until_s: float = 0.3) -> float:
    """Let time pass until another has the address; say how long that took, and see that never two had it."""
    begun_s = made.now_s
    while made.now_s < begun_s + until_s:
        made.run(made.now_s + 0.001)
        names = answering(made)
        assert len(names) <= 1
        if names and names != [owner]:
            return made.now_s - begun_s
    return until_s


def test_an_address_without_connections_moves_when_that_is_known() -> None:
    """Connections that were open before show themselves by their end, if they are short."""
    made = world()
    owner = the_owner(made)
    made.command(owner, Drain())
    assert TIMES.settle_s <= kept_s(made, owner) <= TIMES.settle_s + HAND_OVER_S


def test_an_address_moves_as_soon_as_its_last_connection_ends() -> None:
    """Two are open; the end of one is no pause."""
    made = world()
    owner = the_owner(made)
    made.command(owner, Drain())
    for flow in (b"1", b"2"):
        stream(made, owner, flow, is_open=True)
    made.run(made.now_s + 0.04)
    stream(made, owner, b"1", is_open=False)
    made.run(made.now_s + 0.02)
    assert answering(made) == [owner]
    stream(made, owner, b"2", is_open=False)
    assert kept_s(made, owner) <= HAND_OVER_S


def test_of_a_flood_of_connections_no_pause_is_seen() -> None:
    """Those that are not told apart may be open still; and what is kept of them has a bound."""
    made = world()
    owner = the_owner(made)
    made.command(owner, Drain())
    flows = [str(number).encode() for number in range(MOST_OPEN + 1)]
    for flow in flows:
        stream(made, owner, flow, is_open=True)
    made.run(made.now_s + 0.04)
    for flow in flows:
        stream(made, owner, flow, is_open=False)
    assert kept_s(made, owner) > HAND_OVER_S


def test_a_long_connection_is_waited_for_in_vain() -> None:
    """No longer than a period of the heartbeat: whoever drains is in a hurry, too."""
    made = world()
    owner = the_owner(made)
    made.command(owner, Drain())
    stream(made, owner, b"1", is_open=True)
    assert TIMES.pause_s <= kept_s(made, owner) <= TIMES.pause_s + HAND_OVER_S


def test_an_end_of_a_connection_that_was_not_seen_to_begin_is_no_pause() -> None:
    """Others may be open that were not seen either."""
    made = world()
    owner = the_owner(made)
    made.command(owner, Drain())
    made.run(made.now_s + 0.005)
    stream(made, owner, b"old", is_open=False)
    assert kept_s(made, owner) >= TIMES.settle_s - 0.005 - 0.001


def test_an_offered_address_moves_between_connections_too() -> None:
    """As a drained one does."""
    made = world()
    best = the_owner(made)
    made.kill(best)
    made.run(made.now_s + 1.0)
    owner = the_owner(made)
    made.boot(best, 2)
    made.run(made.now_s + 2.0)
    made.command(owner, Rebalance())
    stream(made, owner, b"1", is_open=True)
    made.run(made.now_s + 0.05)
    assert answering(made) == [owner]
    stream(made, owner, b"1", is_open=False)
    assert kept_s(made, owner) <= HAND_OVER_S


def test_connections_do_not_keep_an_address_that_is_not_given_away() -> None:
    """A better claim is given way to at once: its station may answer already."""
    made = world()
    owner = the_owner(made)
    made.command(owner, Drain())
    made.command(owner, Drain(is_on=False))
    stream(made, owner, b"1", is_open=True)
    made.set_sides([owner], 1)
    made.run(made.now_s + 1.0)
    made.set_sides(NAMES, 0)
    made.run(made.now_s + 0.2)
    assert the_owner(made) != owner


@pytest.mark.parametrize("apart_s", [0.6, 1.0])
def test_who_was_replaced_while_it_drains_keeps_nothing_for_connections(apart_s: float) -> None:
    """The claimant did not know it alive all the time, and waits for nobody."""
    made = world()
    owner = the_owner(made)
    made.set_sides([owner], 1)
    made.run(made.now_s + apart_s)
    made.command(owner, Drain())
    stream(made, owner, b"1", is_open=True)
    made.set_sides(NAMES, 0)
    two_s = 0.0
    for _ in range(400):
        made.run(made.now_s + 0.001)
        two_s += 0.001 * (len(answering(made)) > 1)
    assert two_s <= 0.15
    assert the_owner(made) != owner


def test_an_address_moves_at_an_end_and_not_long_after_it() -> None:
    """Who connects at a steady rate begins the next connection when the last has ended for a while."""
    made = world()
    owner = the_owner(made)
    made.command(owner, Drain())
    stream(made, owner, b"1", is_open=True)
    stream(made, owner, b"1", is_open=False)
    made.run(made.now_s + 0.04)
    assert answering(made) == [owner]
    stream(made, owner, b"2", is_open=True)
    stream(made, owner, b"2", is_open=False)
    assert kept_s(made, owner) <= HAND_OVER_S
