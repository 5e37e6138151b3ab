"""FRR's sockets: what is asked, where an answer ends, and what is said when there is none."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from conformance.suite.facts import LabNode, Lacking
from conformance.suite.observers import vty
from lbkit.errors import TargetError

ENABLED = b"\0\0\0\0"


@contextmanager
def daemon(path: Path, *answers: tuple[bytes, ...]) -> Iterator[list[bytes]]:
    """Answer each command in turn, an answer in the pieces given, then hang up; the commands are collected."""
    asked: list[bytes] = []

    def serve() -> None:
        connection, _ = server.accept()
        with connection:
            for pieces in answers:
                asked.append(connection.recv(100))
                for piece in pieces:
                    connection.sendall(piece)

    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(path))
        server.listen()
        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield asked
        thread.join(5)


def test_answer_is_whole_however_it_comes(tmp_path: Path) -> None:
    """The end is found where it is split over several reads, and is no part of the answer."""
    path = tmp_path / "vty"
    with daemon(path, (ENABLED,), (b'{"a"', b":1}\0", b"\0\0", b"\0")) as asked:
        assert vty.exchange(str(path), "show bgp json", 5) == '{"a":1}'
    assert asked == [b"enable\0", b"show bgp json\0"]


def test_refused_command_is_an_error_with_the_words_of_frr(tmp_path: Path) -> None:
    """A result other than success is no answer."""
    path = tmp_path / "vty"
    with (
        daemon(path, (ENABLED,), (b"% Unknown command\0\0\0\x02",)),
        pytest.raises(TargetError, match=r"refuses 'show x' at .*: result 2") as raised,
    ):
        vty.exchange(str(path), "show x", 5)
    assert raised.value.output == "% Unknown command"


def test_daemon_that_hangs_up_is_an_error(tmp_path: Path) -> None:
    """Half an answer is none."""
    path = tmp_path / "vty"
    with daemon(path, (ENABLED,), (b'{"a"',)), pytest.raises(TargetError, match="closed after 4 octets"):
        vty.exchange(str(path), "show x", 5)


def test_absent_daemon_is_an_error(tmp_path: Path) -> None:
    """Who is asked, and where, is said."""
    with pytest.raises(TargetError, match=r"does not answer 'show x' at .*bgpd\.vty"):
        vty.exchange(str(tmp_path / "bgpd.vty"), "show x", 5)


def test_router_without_a_process_lacks(tmp_path: Path) -> None:
    """A lab that is described by a file may not say where its routers run."""
    with pytest.raises(Lacking, match="tor1"):
        vty.ask(LabNode("tor1", "", 0, "router", "frr", ()), "bgpd", "show x", 5)
