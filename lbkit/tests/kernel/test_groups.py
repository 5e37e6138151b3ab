"""Rules of the multicast groups, with notebooks in place of sockets.

Shell: joins a group on the loopback in one test.
"""

import socket
import struct
from ipaddress import IPv6Address
from pathlib import Path

import pytest

from lbkit.kernel.groups import GROUPS_PER_SOCKET, Groups, Membership, open_socket

ONE, TWO = Membership(2, IPv6Address("ff02::1:ff00:1")), Membership(3, IPv6Address("ff02::1:ff00:1"))


class Notebook(socket.socket):
    """A socket that notes its memberships instead of asking the kernel; `full` ones take none."""

    def __init__(self) -> None:
        super().__init__(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.members: set[Membership] = set()
        self.full = False

    def setsockopt(self, level: int, option: int, value: object, *_: object) -> None:
        """Join or leave."""
        assert isinstance(value, bytes)
        assert level == socket.IPPROTO_IPV6
        packed, index = struct.unpack("16sI", value)
        membership = Membership(index, IPv6Address(packed))
        if self.full:
            raise OSError(12, "Cannot allocate memory")
        (self.members.add if option == socket.IPV6_JOIN_GROUP else self.members.remove)(membership)


class Books:
    """All notebooks that were opened."""

    def __init__(self) -> None:
        self.all: list[Notebook] = []

    def open(self) -> socket.socket:
        """Stand in for `open_socket`."""
        self.all.append(Notebook())
        return self.all[-1]

    def members(self) -> set[Membership]:
        """What is held by sockets that are open."""
        return {each for book in self.all if book.fileno() >= 0 for each in book.members}


def test_what_is_wanted_is_held_and_nothing_else() -> None:
    """A group on two interfaces is two memberships; the last one to go takes its socket along."""
    books, complaints = Books(), list[str]()
    groups = Groups(complaints.append, books.open)
    groups.hold([ONE, TWO])
    assert books.members() == {ONE, TWO}
    groups.hold([TWO])
    assert books.members() == {TWO}
    groups.hold([])
    assert [book.fileno() for book in books.all] == [-1]
    groups.hold([ONE])
    assert books.members() == {ONE}
    groups.close()
    assert books.members() == set()


def test_one_socket_holds_only_so_many() -> None:
    """The kernel limits the memory of each; room that became free is used again."""
    books, complaints = Books(), list[str]()
    groups = Groups(complaints.append, books.open)
    many = [Membership(2, IPv6Address(f"ff02::1:ff00:{number:x}")) for number in range(2 * GROUPS_PER_SOCKET + 1)]
    groups.hold(many)
    assert [len(book.members) for book in books.all] == [GROUPS_PER_SOCKET, GROUPS_PER_SOCKET, 1]
    groups.hold(many[1:])
    groups.hold(many)
    assert len(books.all) == 3
    assert books.members() == set(many)
    groups.close()


def test_a_group_that_cannot_be_joined_is_tried_again() -> None:
    """The others are joined all the same."""
    books, complaints = Books(), list[str]()
    groups = Groups(complaints.append, books.open)
    groups.hold([ONE])
    books.all[0].full = True
    groups.hold([ONE, TWO])
    assert books.members() == {ONE}
    assert "ff02::1:ff00:1 of interface 3" in complaints[0]
    books.all[0].full = False
    groups.hold([ONE, TWO])
    assert books.members() == {ONE, TWO}
    groups.close()


def test_a_group_whose_interface_is_gone_is_left_in_silence() -> None:
    """The kernel has forgotten it already."""
    books, complaints = Books(), list[str]()
    groups = Groups(complaints.append, books.open)
    groups.hold([ONE])
    books.all[0].full = True
    groups.hold([])
    assert books.members() == set()


@pytest.mark.skipif(not Path("/proc/net/igmp6").exists(), reason="this machine has no IPv6")
def test_the_kernel_joins() -> None:
    """As /proc/net/igmp6 tells: index, name, group, holders."""
    complaints: list[str] = []
    index, group = socket.if_nametoindex("lo"), IPv6Address("ff02::1:ffdb:8a11")
    groups = Groups(complaints.append, open_socket)
    groups.hold([Membership(index, group)])
    assert group.packed.hex() in Path("/proc/net/igmp6").read_text()
    groups.close()
    assert not complaints
    assert group.packed.hex() not in Path("/proc/net/igmp6").read_text()
