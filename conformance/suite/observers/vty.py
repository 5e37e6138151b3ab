"""Asks an FRR daemon by the socket that vtysh asks by, in a few milliseconds and without a process in a container.

Starting vtysh in a container, several times a second on several routers, kept two cores so busy that what was looked
at became late; frr_exporter asks like this too.
Source: FRR lib/vty.c (vtysh_read, vtysh_write): commands end with a NUL, answers with three NULs and a result.

Shell: a unix socket in a lab node's file system.
"""

import socket
from typing import Final

from conformance.suite.facts import LabNode, Lacking
from lbkit.errors import TargetError

_FOLDER: Final = "/run/frr"
_END: Final = b"\0\0\0"
_CHUNK: Final = 65536
_ENABLE: Final = "enable"
"""Some commands are known only then."""
_SUCCESS: Final = 0
"""CMD_SUCCESS of FRR's lib/command.h."""


def ask(router: LabNode, daemon: str, command: str, timeout_s: float) -> str:
    """Have one daemon of a router carry out one command that shows something.

    Args:
        router: runs FRR.
        daemon: bgpd, zebra, bfdd.
        command: as typed in vtysh.
        timeout_s: patience for each part of the answer, seconds.

    Returns:
        What it shows.

    Raises:
        Lacking: no process of the router is known.
        TargetError: the daemon does not answer, or refuses the command.
    """
    if not router.pid:
        raise Lacking(f"the files of {router.name} cannot be reached: no process of it is known")
    return exchange(f"/proc/{router.pid}/root{_FOLDER}/{daemon}.vty", command, timeout_s)


def exchange(path: str, command: str, timeout_s: float) -> str:
    """Have the daemon behind one socket carry out one command; as `ask`."""
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
            connection.settimeout(timeout_s)
            connection.connect(path)
            for line in (_ENABLE, command):
                connection.sendall(line.encode() + b"\0")
                answer = _answer(connection)
    except OSError as err:
        raise TargetError(f"FRR does not answer {command!r} at {path}: {err}") from err
    text, result = answer[: -len(_END) - 1].decode(), answer[-1]
    if result != _SUCCESS:
        raise TargetError(f"FRR refuses {command!r} at {path}: result {result}", output=text)
    return text


def _answer(connection: socket.socket) -> bytes:
    """Read one answer, with its end; no text of FRR's has a NUL in it."""
    answer = bytearray()
    while answer[-len(_END) - 1 : -1] != _END:
        part = connection.recv(_CHUNK)
        if not part:
            raise ConnectionError(f"closed after {len(answer)} octets of an answer")
        answer += part
    return bytes(answer)
