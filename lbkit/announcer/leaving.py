"""How a node leaves its routers without losing a request: first it asks them to prefer others, then it withdraws.

A path with the community GRACEFUL_SHUTDOWN gets LOCAL_PREF 0 from routers that heed it: traffic moves to other nodes
while the path is still there for what is under way, and for routers that have no other.
Source: RFC 8326 (section 4: "the operator tags the paths … waits … shuts down").

Pure.
"""

from dataclasses import replace
from enum import IntEnum
from typing import Final

from lbkit.announcer.desired import Bgp, PathAttributes

GRACEFUL_SHUTDOWN: Final = "65535:0"
"""IANA's name and number."""


class Stage(IntEnum):
    """How far a node has left."""

    STAYING = 0
    LAST_CHOICE = 1
    GONE = 2


def left(desired: Bgp, stage: Stage) -> Bgp:
    """Wish for the same sessions with fewer reasons to use their paths.

    Args:
        desired: what is wished of a node that stays.
        stage: STAYING changes nothing, LAST_CHOICE adds the community to every path, GONE wishes for none.
    """
    match stage:
        case Stage.STAYING:
            return desired
        case Stage.LAST_CHOICE:
            return replace(
                desired,
                paths={
                    peer: {prefix: last_choice(one) for prefix, one in prefixes.items()}
                    for peer, prefixes in desired.paths.items()
                },
            )
        case Stage.GONE:
            return replace(desired, paths={peer: {} for peer in desired.paths})


def last_choice(attributes: PathAttributes) -> PathAttributes:
    """Add the community to what a path is advertised with."""
    return replace(attributes, communities=tuple(sorted({*attributes.communities, GRACEFUL_SHUTDOWN})))
