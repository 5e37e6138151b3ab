"""The links of a lab as interfaces of its nodes, and the rules of their names and MAC addresses.

MAC addresses are fixed in the file: two runs of a lab then look alike on the wire, and a frame tells its sender.
Source: containerlab v0.79 links (eth0 is the management interface); Linux IFNAMSIZ; IEEE 802 (the two low bits of the
first octet: group, local).

Pure.
"""

from dataclasses import dataclass
from typing import Final, NamedTuple

from lbkit.lab.clab_file import ClabFile
from lbkit.lab.commands import IPInterface
from lbkit.model.findings import Findings

_LONGEST_NAME: Final = 15
"""Characters: Linux IFNAMSIZ without the closing zero."""


class Endpoint(NamedTuple):
    """One interface of one lab node; prints as `node:interface`."""

    node: str
    interface: str

    def __str__(self) -> str:
        return f"{self.node}:{self.interface}"


@dataclass(frozen=True, slots=True)
class Interface:
    """One wired interface of a lab node.

    Args:
        mac: lower case; empty where containerlab draws one by lot.
        peer: the other end of its link.
        addresses: what `exec` sets on it; none on bridge ports.
    """

    name: str
    mac: str
    mtu_bytes: int
    peer: Endpoint
    addresses: tuple[IPInterface, ...] = ()


def read(findings: Findings, file: str, written: ClabFile) -> dict[str, tuple[Interface, ...]]:
    """Turn links into interfaces.

    Args:
        findings: gets what is wrong, under `file: links[N]: node:interface`.
        file: name of the topology file.
        written: its content.

    Returns:
        {node: its interfaces, in the order of the links}, without addresses; every node is a key.
    """
    names = {node.name for node in written.nodes}
    wires: dict[str, list[Interface]] = {name: [] for name in names}
    for index, link in enumerate(written.links):
        for end, other in (link.ends, link.ends[::-1]):
            where = f"{file}: links[{index}]: {end.node}:{end.interface}"
            if end.node not in names:
                findings.add(where, f"there is no node {end.node}")
                continue
            if any(wire.name == end.interface for wire in wires[end.node]):
                findings.add(where, "has a link already")
            if end.interface == "eth0":
                findings.add(where, "eth0 is the management interface; wire eth1 or higher")
            if len(end.interface) > _LONGEST_NAME:
                findings.add(where, "is longer than the 15 characters that Linux gives an interface's name")
            _check_mac(findings, where, end.mac)
            wires[end.node].append(
                Interface(end.interface, end.mac.lower(), link.mtu_bytes, Endpoint(other.node, other.interface))
            )
    return {name: tuple(interfaces) for name, interfaces in wires.items()}


def _check_mac(findings: Findings, where: str, mac: str) -> None:
    octets = mac.split(":")
    if not mac:
        findings.add(where, "has no mac; without one containerlab draws it by lot, and no two runs look alike")
    elif len(octets) != 6 or any(len(octet) != 2 or not _is_hex(octet) for octet in octets):
        findings.add(where, f"got mac {mac!r}, wanted six octets as 02:00:10:10:00:01")
    elif int(octets[0], 16) & 3 != 2:
        findings.add(where, f"mac {mac} is not a local unicast address; begin with 02")


def _is_hex(text: str) -> bool:
    return all(character in "0123456789abcdefABCDEF" for character in text)
