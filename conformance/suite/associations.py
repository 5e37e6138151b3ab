"""SCTP in a lab, for drives: a backend that answers, and a client that asks.

Shell: probe programs in the lab's network namespaces, a random source.
"""

import random
from ipaddress import IPv4Address
from typing import Final

from conformance.suite.facts import CLIENT, LabFacts
from conformance.suite.observers.process import Witness, enter
from conformance.suite.recorder import Recorder
from conformance.suite.waits import OBSERVER_READY_S
from conformance.suite.wire import source_address
from lbkit.errors import TargetError

_PROGRAM: Final = "conformance.suite.observers.sctp"
_TIMEOUT_S: Final = 1.0
"""Between an INIT and its answer; RFC 9260 section 16 starts T1-init at 1 s."""


class Associations:
    """What a drive may do with SCTP.

    Args:
        lab: which lab.
        recorder: where answers are written.
    """

    def __init__(self, lab: LabFacts, recorder: Recorder) -> None:
        self._lab = lab
        self._recorder = recorder
        self._answering: list[Witness] = []

    def answer(self, node: str, port: int) -> IPv4Address:
        """Answer INITs on a node's own address until `stop`.

        Args:
            node: short name.
            port: to answer on.

        Returns:
            The address.

        Raises:
            TargetError: the program did not start.
        """
        address = source_address(self._lab.nodes[node])
        plan = {"role": "answer", "node": node, "address": str(address), "port": port}
        witness = Witness(self._recorder, enter(self._lab.nodes[node]), _PROGRAM, plan)
        self._answering.append(witness)
        ready = self._recorder.wait(
            lambda history: bool(history.of("sctp", "listening")) or witness.failure() or None, OBSERVER_READY_S
        )
        if ready is not True:
            raise TargetError(f"nobody answers SCTP on {node}: {ready or 'too slow'}")
        return address

    def ask(self, about: str, target: IPv4Address, port: int, *, times: int = 10, every_s: float = 0.2) -> None:
        """Send INITs, each from a port of its own, and return when the last is answered or given up.

        Args:
            about: name of the loop, by which checks find it.
            target: whom to ask.
            port: to ask for.
            times: how many.
            every_s: after each answer, seconds.
        """
        ports = random.sample(range(20000, 60000), times)
        wanted = {"role": "ask", "about": about, "target": str(target), "port": port, "ports": ports}
        plan = {**wanted, "every_s": every_s, "timeout_s": _TIMEOUT_S}
        node = self._lab.with_role(CLIENT)[0]
        patience_s = times * (every_s + _TIMEOUT_S) + OBSERVER_READY_S
        Witness(self._recorder, enter(node), _PROGRAM, plan).wait(patience_s)

    def stop(self) -> None:
        """Stop answering."""
        while self._answering:
            self._answering.pop().stop()
