"""Reading what an image consists of, and what a process runs as, from files as they are."""

import os
from pathlib import Path

from conformance.suite import contents, processes

STATUS = """Package: libc6
Status: install ok installed
Version: 2.36-9+deb12u10
Description: one
 Version: not this one

Package: tzdata
Version: 2025b-0
"""


def varint(text: bytes) -> bytes:
    """A string with its length before it."""
    length, head = len(text), b""
    while length >= 0x80:
        head, length = head + bytes([length & 0x7F | 0x80]), length >> 7
    return head + bytes([length]) + text


def program(*lines: str) -> bytes:
    """A Go program with this list of modules."""
    listed = b"<" * 16 + "".join(f"{line}\n" for line in lines).encode() + b">" * 16
    header = b"\xff Go buildinf:" + bytes([8, 2]) + bytes(16)
    return b"\x7fELF" + bytes(60) + header + varint(b"go1.26.4") + varint(listed) + bytes(9)


def test_modules_of_a_go_program_are_read() -> None:
    """A replacement has no name of its own; a list longer than 127 bytes has a longer length before it."""
    lines = (
        "path\tx/cmd/y",
        "mod\tx/v4\tv4.8.0",
        "=>\t/src\t(devel)\t",
        "dep\tz\tv1.2.3\th1:abc",
        "build\tCGO_ENABLED=0",
    )
    long = tuple(f"dep\tmodule{number}\tv1.0.{number}\th1:xyz" for number in range(50))
    assert contents.modules(program(*lines)) == {"go": "go1.26.4", "x/v4": "v4.8.0", "z": "v1.2.3"}
    assert len(contents.modules(program(*long))) == 51


def test_other_programs_have_no_modules() -> None:
    """Neither has one that only mentions the magic."""
    assert contents.modules(b"\x7fELF" + bytes(99)) == {}
    assert contents.modules(b"\xff Go buildinf:" + bytes(3)) == {}


def test_components_of_an_image(tmp_path: Path) -> None:
    """Packages, also those of images without dpkg; distributions wherever they lie, but under /proc."""
    (tmp_path / "var/lib/dpkg/status.d").mkdir(parents=True)
    (tmp_path / "var/lib/dpkg/status").write_text(STATUS, encoding="utf-8")
    (tmp_path / "var/lib/dpkg/status.d/base").write_text("Package: base-files\nVersion: 12\n", encoding="utf-8")
    (tmp_path / "opt/x/grpcio-1.85.0.dist-info").mkdir(parents=True)
    (tmp_path / "proc/1/other-1.0.dist-info").mkdir(parents=True)
    exe = tmp_path / "exe"
    exe.write_bytes(program("mod\tx\tv1.0.0"))
    assert contents.components(tmp_path, (exe,)) == {
        "debian": {"libc6": "2.36-9+deb12u10", "tzdata": "2025b-0", "base-files": "12"},
        "python": {"grpcio": "1.85.0"},
        "go": {"go": "go1.26.4", "x": "v1.0.0"},
    }


def test_privileges_of_a_process(tmp_path: Path) -> None:
    """User id and capabilities are the effective ones."""
    (tmp_path / "7").mkdir()
    lines = "Name:\tgobgpd\nUid:\t1\t65534\t2\t3\nCapEff:\t0000000000002000\nNoNewPrivs:\t1\n"
    (tmp_path / "7/status").write_text(lines, encoding="utf-8")
    found = processes.privileges(7, tmp_path)
    assert found == {"program": "gobgpd", "uid": 65534, "capabilities": 1 << 13, "gains_none": True}
    assert processes.privileges(os.getpid())["uid"] == os.geteuid()
