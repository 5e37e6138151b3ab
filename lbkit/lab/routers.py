"""What the routers of a lab are told about BGP: read from FRR's and GoBGP's own configuration files.

Only what addressing depends on is read: who peers with whom under which AS number, over which sessions BFD runs, what
is originated, and which pool prefixes are let in. Whether the rest is right FRR itself says (`vtysh --dryrun`).
Sources: FRR user guide, bgpd and filters; GoBGP docs/sources/configuration.md.

Pure.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from ipaddress import IPv4Address
from typing import Final

from lbkit.lab.documents import items, mapping
from lbkit.model.addresses import address, ipv4_address, network
from lbkit.model.findings import Findings
from lbkit.model.views import IPAddress, IPNetwork

POOL_LIST: Final = "POOL"
"""Name of the prefix list that says, in the labs' routers, which prefixes nodes may advertise."""


@dataclass(frozen=True, slots=True)
class RouterPeer:
    """The other end of one session, as the router's configuration has it.

    Args:
        asn: 0 where the configuration leaves it open.
    """

    address: IPAddress
    asn: int
    has_bfd: bool = False


@dataclass(frozen=True, slots=True)
class Router:
    """One BGP speaker of a lab that is no Kubernetes node.

    Args:
        lab_node: the node that runs it.
        file: its configuration file, for messages.
        networks: prefixes it originates.
        pool_prefixes: prefixes of the list `POOL` (with everything inside them); empty where it has none.
    """

    lab_node: str
    file: str
    asn: int
    router_id: IPv4Address | None
    peers: tuple[RouterPeer, ...]
    networks: tuple[IPNetwork, ...] = ()
    pool_prefixes: tuple[IPNetwork, ...] = ()


@dataclass(slots=True)
class _Written:
    """The lines about one neighbor or one peer group."""

    asn: str = ""
    group: str = ""
    has_bfd: bool = False
    is_group: bool = False
    line: int = 0


@dataclass(slots=True)
class _Block:
    """What came together while reading one file."""

    asn: str = ""
    router_id: str = ""
    neighbors: dict[str, _Written] = field(default_factory=dict)
    networks: list[tuple[int, str]] = field(default_factory=list)
    pool: list[tuple[int, str]] = field(default_factory=list)


def read_frr(findings: Findings, lab_node: str, file: str, text: str) -> Router | None:
    """Read an integrated frr.conf.

    Args:
        findings: gets what is wrong, under `file: line N`.
        lab_node: the node that runs it.
        file: name of the file.
        text: its content.

    Returns:
        The router; None where the file has no `router bgp` block.
    """
    block = _Block()
    for number, words in _lines(text):
        _read_line(block, number, words)
    if not block.asn:
        return None
    return Router(
        lab_node=lab_node,
        file=file,
        asn=_asn(findings, f"{file}: router bgp", block.asn),
        router_id=findings.read(f"{file}: bgp router-id", ipv4_address, block.router_id) if block.router_id else None,
        peers=tuple(_peers(findings, file, block)),
        networks=tuple(_prefixes(findings, file, block.networks)),
        pool_prefixes=tuple(_prefixes(findings, file, block.pool)),
    )


def _lines(text: str) -> Iterator[tuple[int, list[str]]]:
    for number, line in enumerate(text.splitlines(), start=1):
        words = line.split()
        if words and not words[0].startswith("!"):
            yield number, words


def _read_line(block: _Block, number: int, words: list[str]) -> None:
    match words:
        case ["router", "bgp", asn, *_]:
            block.asn = asn
        case ["bgp", "router-id", router_id]:
            block.router_id = router_id
        case ["neighbor", name, *rest]:
            _read_neighbor(block.neighbors.setdefault(name, _Written(line=number)), rest)
        case ["network", prefix, *_]:
            block.networks.append((number, prefix))
        case ["ip" | "ipv6", "prefix-list", name, "seq", _, "permit", prefix, *_] if name == POOL_LIST:
            block.pool.append((number, prefix))


def _read_neighbor(written: _Written, words: list[str]) -> None:
    match words:
        case ["remote-as", asn]:
            written.asn = asn
        case ["peer-group"]:
            written.is_group = True
        case ["peer-group", group]:
            written.group = group
        case ["bfd", *_]:
            written.has_bfd = True


def _peers(findings: Findings, file: str, block: _Block) -> Iterator[RouterPeer]:
    for name, written in block.neighbors.items():
        if written.is_group:
            continue
        where = f"{file}: line {written.line}"
        group = block.neighbors.get(written.group)
        if written.group and (group is None or not group.is_group):
            findings.add(where, f"there is no peer group {written.group}")
        asn = written.asn or (group.asn if group else "")
        if not asn:
            findings.add(where, f"neighbor {name} has no remote-as, neither itself nor by a peer group")
        peer_address = findings.read(where, address, name)
        if peer_address is not None and asn:
            has_bfd = written.has_bfd or (group is not None and group.has_bfd)
            yield RouterPeer(peer_address, _asn(findings, where, asn), has_bfd)


def _asn(findings: Findings, where: str, text: str) -> int:
    if not text.isdigit() or not 0 < int(text) < 2**32:
        findings.add(where, f"got AS {text!r}, wanted a number from 1 to 4294967295")
        return 0
    return int(text)


def _prefixes(findings: Findings, file: str, written: list[tuple[int, str]]) -> Iterator[IPNetwork]:
    for number, text in written:
        prefix = findings.read(f"{file}: line {number}", network, text)
        if prefix is not None:
            yield prefix


def read_gobgp(findings: Findings, lab_node: str, file: str, document: object) -> Router | None:
    """Read a gobgpd configuration in YAML.

    Args:
        findings: gets what is wrong, under `file`.
        lab_node: the node that runs it.
        file: name of the file.
        document: the parsed YAML.

    Returns:
        The router; None where the file has no `global` part.
    """
    written = mapping(document)
    settings = mapping(mapping(written.get("global")).get("config"))
    if not settings:
        findings.add(file, "has no global.config; wanted as and router-id there")
        return None
    peers = []
    for index, neighbor in enumerate(items(written.get("neighbors"))):
        where = f"{file}: neighbors[{index}].config"
        config = mapping(mapping(neighbor).get("config"))
        peer_address = findings.read(f"{where}.neighbor-address", address, str(config.get("neighbor-address", "")))
        asn = _asn(findings, f"{where}.peer-as", str(config.get("peer-as", "")))
        if peer_address is not None:
            peers.append(RouterPeer(peer_address, asn))
    return Router(
        lab_node=lab_node,
        file=file,
        asn=_asn(findings, f"{file}: global.config.as", str(settings.get("as", ""))),
        router_id=findings.read(f"{file}: global.config.router-id", ipv4_address, str(settings.get("router-id", ""))),
        peers=tuple(peers),
    )
