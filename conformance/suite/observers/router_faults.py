"""What a drive may do to a router: other configuration for a while, BFD cut off, links down, FRR restarted.

Whatever is changed is put back, in reverse order, before the case's history ends.

Shell: docker exec, nsenter, nft, ip.
"""

import time
from collections.abc import Callable
from typing import Final

from conformance.suite.facts import LabFacts
from conformance.suite.observers.process import enter, inside, run
from conformance.suite.recorder import Recorder
from conformance.suite.waits import COMMAND_S
from lbkit.errors import TargetError

_TABLE: Final = "lbkit-conformance-bfd"
_BFD_PORT: Final = 3784
"""RFC 5881 section 4."""
_RESTART: Final = "/usr/lib/frr/frrinit.sh"


class RouterFaults:
    """The routers of a lab, as they can be disturbed.

    Args:
        lab: which lab.
        recorder: where each change is written.
    """

    def __init__(self, lab: LabFacts, recorder: Recorder) -> None:
        self._lab = lab
        self._recorder = recorder
        self._undo: list[tuple[str, Callable[[], object]]] = []

    def configure(self, router: str, *commands: str, undo: tuple[str, ...]) -> None:
        """Change a router's configuration until the end of the case.

        Args:
            router: short name.
            commands: of FRR, from `configure terminal` on.
            undo: what puts it back, likewise.

        Raises:
            TargetError: FRR refused.
        """
        self._undo.append((f"configuration of {router}", lambda: self._vtysh(router, undo)))
        self._vtysh(router, commands)
        self._note(router, "configured", commands=list(commands))

    def cut_bfd(self, router: str) -> None:
        """Drop BFD packets at a router, and nothing else, until `heal_bfd`."""
        drop = f"priority -300; udp dport {_BFD_PORT} drop;"
        chains = [f"chain {hook} {{ type filter hook {hook} {drop} }}" for hook in ("input", "output")]
        rules = "\n".join((f"table inet {_TABLE} {{", *chains, "}"))
        self._undo.append((f"BFD of {router}", lambda: self.heal_bfd(router)))
        asked_ns = time.monotonic_ns()
        run([*enter(self._lab.nodes[router]), "nft", rules], COMMAND_S)
        self._note(router, "bfd-cut", asked_ns=asked_ns)

    def heal_bfd(self, router: str) -> None:
        """Let BFD packets pass again; nothing where they do."""
        tables = run([*enter(self._lab.nodes[router]), "nft", "list", "tables"], COMMAND_S)
        if _TABLE in tables:
            run([*enter(self._lab.nodes[router]), "nft", f"delete table inet {_TABLE}"], COMMAND_S)

    def links(self, router: str, state: str) -> None:
        """Take all links of a router down, or up again.

        Args:
            router: short name.
            state: down or up.
        """
        if state == "down":
            self._undo.append((f"links of {router}", lambda: self.links(router, "up")))
        node = self._lab.nodes[router]
        asked_ns = time.monotonic_ns()
        for interface in node.interfaces:
            run([*enter(node), "ip", "link", "set", interface.name, state], COMMAND_S)
        self._note(router, f"links-{state}", asked_ns=asked_ns)

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
        wrong: list[str] = []
        while self._undo:
            what, undo = self._undo.pop()
            try:
                undo()
            except TargetError as err:
                wrong.append(f"{what}: {err}")
        if wrong:
            raise TargetError(f"not put back: {wrong[0]}", output="\n".join(wrong))

    def _note(self, router: str, what: str, **fields: object) -> None:
        self._recorder.record("fault", "router", router=router, what=what, **fields)

    def _vtysh(self, router: str, commands: tuple[str, ...]) -> None:
        argv = [*inside(self._lab.nodes[router]), "vtysh", "-c", "configure terminal"]
        run([*argv, *(part for command in commands for part in ("-c", command))], COMMAND_S)
