"""A simulated segment on which all is settled, and what is asked of it.

Pure.
"""

from collections.abc import Iterable
from ipaddress import IPv4Address
from random import Random

from lbkit.announcer.election.events import Candidates
from lbkit.model.views import IPAddress
from lbkit.tests.announcer.election.world import Wire, World

VIP = IPv4Address("192.0.2.10")
NAMES = ("a", "b", "c")
WIRE = Wire(delay_s=0.0002, noise_s=0.1)
"""Too short a way for what one station sends in reply to overtake what it replies to."""
STEP_S = 0.005
READY_S = 2.5


def world(
    names: Iterable[str] = NAMES,
    addresses: Iterable[IPAddress] = (VIP,),
    *,
    weights: dict[str, int] | None = None,
    ready: bool = True,
) -> World:
    """Make a segment on which all is settled."""
    names = list(names)
    candidates = Candidates(dict.fromkeys(names), weights or {})
    made = World(Random(1), names, dict.fromkeys(addresses, candidates), WIRE)  # noqa: S311  # repeatable
    if ready:
        made.run(READY_S)
    return made


def answering(made: World, address: IPAddress = VIP) -> list[str]:
    """Name the stations that answer now."""
    return [node.name for node in made.answering(address) if not node.segment.is_deaf]


def watch(made: World, length_s: float) -> list[list[str]]:
    """Let time pass; name the stations that answer, every 5 ms."""
    seen = []
    for _ in range(round(length_s / STEP_S)):
        made.run(made.now_s + STEP_S)
        seen.append(answering(made))
    return seen


def the_owner(made: World, address: IPAddress = VIP) -> str:
    """Name the one station that answers."""
    (name,) = answering(made, address)
    return name


def outage_s(seen: list[list[str]]) -> float:
    """Say how long nobody answered."""
    return seen.count([]) * STEP_S
