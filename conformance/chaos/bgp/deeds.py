"""What may befall a node that routers send traffic to: faults and upkeep, each under its name.

Shell: that of faults, routers' faults and cluster; the clock.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

from conformance.suite.checks.eligible import EXCLUDED
from conformance.suite.cluster import Cluster
from conformance.suite.faults import Faults
from conformance.suite.observers.routers import Routers
from conformance.suite.recorder import Recorder

SPEAKER, ENGINE = "speaker", "engine"
HOLD_S: Final = 3.0
"""Hold time without BFD: the least that RFC 4271 section 4.2 allows."""
BFD_S: Final = 1.2
"""The lab's BFD detects in 0.9 s."""
_BY_LABEL: Final = -1
"""Number of a fault that no process guards."""


class Tools(Protocol):
    """What a deed is done with."""

    recorder: Recorder
    faults: Faults
    routers: Routers
    cluster: Cluster


Undo = Callable[[], object]


@dataclass(frozen=True, slots=True)
class Deed:
    """One thing that befalls a node.

    Args:
        name: for tables and folders.
        title: in a sentence.
        do: does it to a node, and returns what puts it right, at a moment that the drive chooses.
        peers: what the BGPPeers are to have besides.
        gone_s: how soon no router may have the node as next hop, seconds; None if it may keep it.
        outage_s: how long requests may fail, seconds; 0 where somebody meant it, so that none need be lost.
        settles_s: how long to wait before its effects can be over, seconds.
    """

    name: str
    title: str
    do: Callable[[Tools, str], Undo]
    peers: Mapping[str, Any] = field(default_factory=dict)  # Any: a BGPPeer's spec
    gone_s: float | None = None
    outage_s: float = 0.0
    settles_s: float = 4.0


def _silence(tools: Tools, node: str) -> Undo:
    number = tools.routers.faults.silence(node)
    return lambda: tools.routers.faults.undo(number)


def _renew(tools: Tools, node: str) -> Undo:
    tools.faults.renew(SPEAKER, node)
    return lambda: tools.faults.back(SPEAKER)


def _kill_engine(tools: Tools, node: str) -> Undo:
    tools.faults.kill(ENGINE, node)
    return lambda: tools.faults.back(ENGINE)


def _roll(tools: Tools, _node: str) -> Undo:
    tools.faults.roll(SPEAKER)
    return lambda: None


def _exclude(tools: Tools, node: str) -> Undo:
    about = {"id": _BY_LABEL, "name": "excluded", "node": node}

    def put_back() -> None:
        asked_ns = time.monotonic_ns()
        tools.cluster.label(node, EXCLUDED, None)
        tools.recorder.record("fault", "mended", asked_ns=asked_ns, **about)

    asked_ns = time.monotonic_ns()
    tools.cluster.label(node, EXCLUDED, "true")
    tools.recorder.record("fault", "made", asked_ns=asked_ns, **about)
    return put_back


def _drain(tools: Tools, node: str) -> Undo:
    tools.cluster.drain(node)
    return lambda: tools.cluster.uncordon(node)


_NO_BFD: Final = {"bfdProfile": "", "holdTime": f"{HOLD_S:g}s", "keepaliveTime": "1s"}
_ALL: Final = (
    Deed("lost-bfd", "the node loses all its links, with BFD", _silence, gone_s=BFD_S, outage_s=BFD_S),
    Deed(
        "lost-hold",
        f"the node loses all its links, without BFD, hold time {HOLD_S:g} s",
        _silence,
        _NO_BFD,
        gone_s=HOLD_S + 1,
        outage_s=HOLD_S + 1,
        settles_s=HOLD_S + 3,
    ),
    Deed("speaker-restart", "the node's speaker is deleted", _renew, settles_s=8.0),
    Deed(
        "engine-killed",
        "what speaks BGP on the node is killed, with graceful restart",
        _kill_engine,
        {"bfdProfile": "", "enableGracefulRestart": True},
        settles_s=8.0,
    ),
    Deed("rolling-update", "the speakers are restarted, one after the other", _roll),
    Deed("excluded", "the node is excluded from load balancers", _exclude),
    Deed("drain", "the node is drained", _drain),
)
DEEDS: Final[Mapping[str, Deed]] = {deed.name: deed for deed in _ALL}
