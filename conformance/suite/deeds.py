"""What may befall the node that owns an address: faults and upkeep, each under its name.

Shell: that of faults, segment and cluster.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Final, Protocol

from conformance.suite.cluster import Cluster
from conformance.suite.faults import Faults
from conformance.suite.segment import Segment

SPEAKER, CONTROLLER = "speaker", "controller"
_AWAY_S: Final = 1.0
"""How long a controller that is restarted is watched before its replacement is waited for."""


class Tools(Protocol):
    """What a deed is done with."""

    faults: Faults
    segment: Segment
    cluster: Cluster


Undo = Callable[[], object]
Do = Callable[[Tools, str], Undo]


@dataclass(frozen=True, slots=True)
class Deed:
    """One thing that befalls a node.

    Args:
        name: for tables and folders.
        title: in a sentence.
        do: does it to a node, and returns what puts it right, at a moment that the drive chooses.
        is_planned: somebody meant it, so that no request need be lost.
        spares_control_plane: the node of the API server cannot be hit.
        splits: nodes that live cannot hear each other while it lasts.
        at_least_s: how long to wait before its effects can be over, seconds.
    """

    name: str
    title: str
    do: Do
    is_planned: bool = False
    spares_control_plane: bool = False
    splits: bool = False
    at_least_s: float = 1.5


def _on_segment(fault: Callable[[Segment, str], int]) -> Do:
    """Make a deed of a fault of the segment, which is undone by its number."""

    def do(tools: Tools, node: str) -> Undo:
        number = fault(tools.segment, node)
        return lambda: tools.segment.undo(number)

    return do


def _split_others(segment: Segment, node: str) -> int:
    return segment.split(*(name for name in segment.eligible if name != node))


def _keep_dead(tools: Tools, node: str) -> Undo:
    number = tools.faults.keep_dead(SPEAKER, node)

    def undo() -> None:
        tools.faults.undo(number)
        tools.faults.restore()

    return undo


def _freeze(tools: Tools, node: str) -> Undo:
    number = tools.faults.freeze(SPEAKER, node)
    return lambda: tools.faults.undo(number)


def _drain(tools: Tools, node: str) -> Undo:
    tools.cluster.drain(node)
    return lambda: tools.cluster.uncordon(node)


def _evict(tools: Tools, node: str) -> Undo:
    tools.cluster.cordon(node)
    tools.faults.renew(SPEAKER, node, evicts=True)

    def undo() -> None:
        tools.faults.back(SPEAKER)
        tools.cluster.uncordon(node)

    return undo


def _delete(tools: Tools, node: str) -> Undo:
    tools.faults.renew(SPEAKER, node)
    return lambda: tools.faults.back(SPEAKER)


def _roll(tools: Tools, _node: str) -> Undo:
    tools.faults.roll(SPEAKER)
    return lambda: None


def _restart_controller(tools: Tools, _node: str) -> Undo:
    tools.faults.renew(CONTROLLER)
    time.sleep(_AWAY_S)
    return lambda: tools.faults.back(CONTROLLER)


_ALL: Final = (
    Deed("links-lost", "the owner loses all its links", _on_segment(Segment.lose_links), spares_control_plane=True),
    Deed("interface-down", "the owner's announcing interface is set down", _on_segment(Segment.lower)),
    Deed("killed", "the owner's speaker is killed with SIGKILL and kept dead", _keep_dead),
    Deed("frozen", "the owner's speaker is frozen with SIGSTOP", _freeze),
    Deed("drain", "the owner is drained", _drain, is_planned=True, spares_control_plane=True),
    Deed("cordon-evict", "the owner is cordoned and its speaker evicted", _evict, is_planned=True),
    Deed("rolling-restart", "the speakers are restarted, one after the other", _roll, is_planned=True),
    Deed("controller-restart", "every controller is deleted", _restart_controller, is_planned=True),
    Deed("pod-deleted", "the owner's speaker is deleted", _delete, is_planned=True),
    Deed("unplugged", "the owner's cable is pulled at the switch", _on_segment(Segment.unplug)),
    Deed(
        "owner-split",
        "the owner is split from the clients and all other nodes",
        _on_segment(Segment.split),
        splits=True,
    ),
    Deed(
        "others-split",
        "all other nodes are split from the owner and the clients",
        _on_segment(_split_others),
        splits=True,
    ),
    Deed("muted", "nobody on the segment hears the owner", _on_segment(Segment.mute), splits=True),
    Deed("deafened", "the owner hears nobody on the segment", _on_segment(Segment.deafen), splits=True),
    Deed(
        "api-cut",
        "the owner cannot reach the API server",
        _on_segment(Segment.cut_api),
        spares_control_plane=True,
        at_least_s=4.0,
    ),
    Deed(
        "thinned",
        "three of ten frames of the owner's are lost",
        _on_segment(partial(Segment.thin, percent=30)),
        at_least_s=4.0,
    ),
)
DEEDS: Final[Mapping[str, Deed]] = {deed.name: deed for deed in _ALL}
