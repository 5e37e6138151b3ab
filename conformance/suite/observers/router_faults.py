"""What a drive may do to a router: other configuration for a while, BFD cut off, FRR restarted.

Shell: docker exec, nsenter, nft.
"""

import time
from typing import Final

from conformance.suite.facts import LabFacts, LabNode
from conformance.suite.guards import Guards
from conformance.suite.observers.process import enter, inside, run
from conformance.suite.recorder import Recorder
from conformance.suite.waits import COMMAND_S

_TABLE: Final = "lbkit-conformance-bfd"
_BFD_PORT: Final = 3784
"""RFC 5881 section 4."""
_RESTART: Final = "/usr/lib/frr/frrinit.sh"


def vtysh(router: LabNode, *commands: str) -> list[str]:
    """Write what runs FRR commands on a router, in one session."""
    return [*inside(router), "vtysh", *(part for command in commands for part in ("-c", command))]


class RouterFaults:
    """The routers of a lab, as they can be disturbed; `restore` undoes it.

    Args:
        lab: which lab.
        recorder: where each change is written.
    """

    def __init__(self, lab: LabFacts, recorder: Recorder) -> None:
        self._lab = lab
        self._recorder = recorder
        self._guards = Guards(recorder)
        self._without_bfd: dict[str, int] = {}

    def configure(self, router: str, *commands: str, undo: tuple[str, ...]) -> None:
        """Change a router's configuration until the end of the case.

        Args:
            router: short name.
            commands: of FRR, from `configure terminal` on.
            undo: what puts it back, likewise.

        Raises:
            TargetError: FRR refused.
        """
        node = self._lab.nodes[router]
        do, back = (vtysh(node, "configure terminal", *each) for each in (commands, undo))
        self._guards.make("configured", [do], [back], node=router)
        self._note(router, "configured", commands=list(commands))

    def cut_bfd(self, router: str) -> None:
        """Drop BFD packets at a router, and nothing else, until `heal_bfd`."""
        drop = f"priority -300; udp dport {_BFD_PORT} drop;"
        chains = [f"chain {hook} {{ type filter hook {hook} {drop} }}" for hook in ("input", "output")]
        rules = "\n".join((f"table inet {_TABLE} {{", *chains, "}"))
        prefix = enter(self._lab.nodes[router])
        do, undo = [*prefix, "nft", rules], [*prefix, "nft", f"delete table inet {_TABLE}"]
        number = self._without_bfd[router] = self._guards.make("bfd-cut", [do], [undo], node=router)
        made = next(e for e in self._recorder.history().of("fault", "made") if e.data["id"] == number)
        self._note(router, "bfd-cut", asked_ns=made.data["asked_ns"])

    def heal_bfd(self, router: str) -> None:
        """Let BFD packets pass again; nothing where they do."""
        if router in self._without_bfd:
            self._guards.undo(self._without_bfd.pop(router))

    def restart(self, router: str) -> None:
        """Restart a router's routing daemons, as a reboot would; returns when they run again."""
        asked_ns = time.monotonic_ns()
        run([*inside(self._lab.nodes[router]), _RESTART, "restart"], 4 * COMMAND_S)
        self._note(router, "restarted", asked_ns=asked_ns)

    def restore(self) -> None:
        """Undo what is in force.

        Raises:
            TargetError: something cannot be undone; all else is.
        """
        self._guards.undo_all()

    def _note(self, router: str, what: str, **fields: object) -> None:
        self._recorder.record("fault", "router", router=router, what=what, **fields)
