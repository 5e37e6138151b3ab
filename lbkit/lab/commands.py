"""What the `exec` lines of a lab node set: addresses and routes.

containerlab applies the `ipv4` of a link to a few router kinds only, not to Linux nodes, so the addresses of a lab are
commands; read here, they can be checked before anything starts. Only `ip … replace` is let through: a second deploy
of a running lab runs every line again.
Source: ip-address(8), ip-route(8); containerlab v0.79 splits `exec` like a shell and runs it without one.

Pure.
"""

import shlex
from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import IPv4Interface, IPv6Interface, ip_interface
from typing import Final, TypeAlias

from lbkit.model.addresses import address, network
from lbkit.model.findings import Findings
from lbkit.model.views import IPAddress, IPNetwork

IPInterface: TypeAlias = IPv4Interface | IPv6Interface

_NO_NEXT_HOP: Final = frozenset({"unreachable", "blackhole", "prohibit"})


@dataclass(frozen=True, slots=True)
class Assignment:
    """One address with its prefix length on one interface."""

    interface: str
    address: IPInterface


@dataclass(frozen=True, slots=True)
class Route:
    """One route; without next hops it is one that says no (`unreachable`, `blackhole`) or names an interface only."""

    destination: IPNetwork
    next_hops: tuple[IPAddress, ...]


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything the lines of one node set, in their order."""

    assignments: tuple[Assignment, ...] = ()
    routes: tuple[Route, ...] = ()


def read(findings: Findings, path: str, lines: Iterable[str]) -> Settings:
    """Read the lines of one node; commands other than `ip address` and `ip route` set nothing of interest.

    Args:
        findings: gets what cannot be read, under `path[index]`.
        path: where the lines stand.
        lines: as containerlab gets them.

    Returns:
        The addresses and routes set.
    """
    assignments: list[Assignment] = []
    routes: list[Route] = []
    for index, line in enumerate(lines):
        where = f"{path}[{index}]"
        try:
            words = shlex.split(line)
        except ValueError as err:
            findings.add(where, f"{line!r} cannot be split into words: {err}")
            continue
        is_ipv6 = "-6" in words
        words = [word for word in words if word not in ("-4", "-6")]
        if words[:1] != ["ip"] or len(words) < 4:
            continue
        subject, verb, rest = words[1], words[2], words[3:]
        if subject in ("a", "addr", "address"):
            _refuse_add(findings, where, verb, line)
            assignments += _assignment(findings, where, rest)
        elif subject in ("r", "ro", "route"):
            _refuse_add(findings, where, verb, line)
            routes += _route(findings, where, rest, "::/0" if is_ipv6 else "0.0.0.0/0")
    return Settings(tuple(assignments), tuple(routes))


def _refuse_add(findings: Findings, where: str, verb: str, line: str) -> None:
    if verb == "add":
        findings.add(where, f"{line!r} fails on a second deploy; use replace instead of add")


def _assignment(findings: Findings, where: str, words: list[str]) -> Iterable[Assignment]:
    if "dev" not in words[:-1]:
        findings.add(where, f"the address {words[0]} has no interface; end the line with dev NAME")
        return
    if "/" not in words[0]:
        findings.add(where, f"the address {words[0]} has no prefix length, and would be alone in its network")
        return
    try:
        yield Assignment(words[words.index("dev") + 1], ip_interface(words[0]))
    except ValueError as err:
        findings.add(where, str(err))


def _route(findings: Findings, where: str, words: list[str], everywhere: str) -> Iterable[Route]:
    if words[0] in _NO_NEXT_HOP:
        words = words[1:]
    destination = words[0] if words else ""
    if destination == "default":
        destination = everywhere
    target = findings.read(where, network, destination)
    hops = [words[index + 1] for index, word in enumerate(words[:-1]) if word == "via"]
    next_hops = [findings.read(where, address, hop) for hop in hops]
    if target is not None:
        yield Route(target, tuple(hop for hop in next_hops if hop is not None))
