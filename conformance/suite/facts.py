"""What the lab says about itself: nodes, their interfaces, MACs and addresses, routers, pools.

Parsed from `lbkit lab status NAME -o json`. It is the lab's knowledge, not the load balancer's: who is wired
where is how the judge turns a MAC or a next hop into a node.

Pure.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import (
    IPv4Address,
    IPv4Interface,
    IPv4Network,
    IPv6Address,
    IPv6Interface,
    IPv6Network,
    ip_address,
    ip_interface,
    ip_network,
)
from typing import Any, Final, Literal, TypeAlias, TypeVar

from lbkit.errors import InputError, LbkitError, Problem

IPAddress = IPv4Address | IPv6Address
IPNetwork = IPv4Network | IPv6Network
IPInterface = IPv4Interface | IPv6Interface
Over: TypeAlias = Literal["ipv4", "ipv6", "link-local"]
"""What a BGP session runs over."""

Found = TypeVar("Found")

K8S_NODE: Final = "k8s-node"
ROUTER: Final = "router"
CLIENT: Final = "client"
_VERSIONS: Final[Mapping[Over, int]] = {"ipv4": 4, "ipv6": 6}


class Lacking(LbkitError):  # noqa: N818 - it is an answer ("this cannot be shown here"), not an error
    """What the cases run in has not what one of them needs."""


class Named(dict[str, Found]):
    """Parts of a lab by name; asking for one that is not there says so.

    Args:
        what: they are, in the singular.
        parts: by name.
    """

    def __init__(self, what: str, parts: Mapping[str, Found]) -> None:
        super().__init__(parts)
        self._what = what

    def __missing__(self, name: str) -> Found:
        raise Lacking(f"there is no {self._what} {name} here")


@dataclass(frozen=True, slots=True)
class Interface:
    """One interface of a lab node.

    Args:
        name: as in the node.
        mac: lower case, colons.
        addresses: with their prefix lengths.
        peer: the other end, "node:interface"; "" if the lab does not say.
    """

    name: str
    mac: str
    addresses: tuple[IPInterface, ...]
    peer: str


@dataclass(frozen=True, slots=True)
class LabNode:
    """One container of the lab.

    Args:
        name: short name; for a k8s node also its name in Kubernetes.
        container: its name for `docker exec`; "" if it is none.
        pid: its first process, for `nsenter`; 0 if it is not known.
        role: router, client, switch, k8s-node or collector.
        kind: frr, gobgp, …
        interfaces: the lab's own, without the container's management interface if the lab leaves that out.
    """

    name: str
    container: str
    pid: int
    role: str
    kind: str
    interfaces: tuple[Interface, ...]

    @property
    def addresses(self) -> tuple[IPAddress, ...]:
        """All its addresses, interface by interface."""
        return tuple(address.ip for interface in self.interfaces for address in interface.addresses)


@dataclass(frozen=True, slots=True)
class LabFacts:
    """A lab as it is running.

    Args:
        name: l2, bgp, …
        state: up, down or broken.
        kubeconfig: path of the cluster's kubeconfig.
        nodes: by short name.
        eligible: k8s nodes that may announce, sorted.
        capture: {segment: (short name, interface)} where a capture sees the whole segment.
        pools: {segment: ranges} of addresses that tests may use, as written.
        images: {use: image} that the cluster has.
    """

    name: str
    state: str
    kubeconfig: str
    nodes: Mapping[str, LabNode]
    eligible: tuple[str, ...]
    capture: Mapping[str, tuple[str, str]]
    pools: Mapping[str, tuple[str, ...]]
    images: Mapping[str, str]

    @property
    def versions(self) -> frozenset[int]:
        """The families (4, 6) of the addresses that tests may use."""
        return frozenset(span(entry)[0].version for ranges in self.pools.values() for entry in ranges)

    def with_role(self, role: str) -> tuple[LabNode, ...]:
        """Return the nodes of one role, by name."""
        return tuple(sorted((n for n in self.nodes.values() if n.role == role), key=lambda node: node.name))

    def node_of_mac(self, mac: str) -> str | None:
        """Find the lab node that owns a MAC; None for a stranger's."""
        wanted = mac.lower()
        owners = [n.name for n in self.nodes.values() for i in n.interfaces if i.mac == wanted]
        return owners[0] if len(owners) == 1 else None

    def peering(self, router: str, over: Over = "ipv4") -> dict[IPAddress, str]:
        """Map the addresses from which k8s nodes peer with a router to the nodes.

        Args:
            router: short name.
            over: what the sessions run over.

        Returns:
            {address: k8s node}: every k8s node's address of that family that shares a subnet with one of the router's,
            or the link-local address of its interface on a link with the router.
        """
        ends = {f"{router}:{interface.name}" for interface in self.nodes[router].interfaces}
        subnets = {a.network for i in self.nodes[router].interfaces for a in i.addresses}
        found: dict[IPAddress, str] = {}
        for node in self.with_role(K8S_NODE):
            for interface in node.interfaces:
                if over != "link-local":
                    shared = (a.ip for a in interface.addresses if a.network in subnets)
                    found |= {ip: node.name for ip in shared if ip.version == _VERSIONS[over]}
                elif interface.peer in ends:
                    found[link_local(interface.mac)] = node.name
        return found

    def peering_routers(self) -> tuple[str, ...]:
        """Return the routers that share a subnet with an eligible k8s node, by name."""
        return tuple(r.name for r in self.with_role(ROUTER) if set(self.peering(r.name).values()) & set(self.eligible))

    def transit_routers(self) -> tuple[str, ...]:
        """Return the routers that pass traffic on to other routers only, by name."""
        edge = self.peering_routers()
        return tuple(r.name for r in self.with_role(ROUTER) if r.name not in edge)

    def owner(self, address: IPAddress | None) -> str:
        """Return the lab node that has an address; "" for a stranger's."""
        return next((node.name for node in self.nodes.values() if address in node.addresses), "")

    def towards(self, node: str, neighbors: tuple[str, ...]) -> tuple[IPAddress, ...]:
        """Return the IPv4 addresses of `neighbors` that are on a link with `node`, sorted.

        Args:
            node: short name of the one that will forward.
            neighbors: short names of possible next hops.
        """
        subnets = {a.network for i in self.nodes[node].interfaces for a in i.addresses if a.version == 4}
        found = {a.ip for n in neighbors for i in self.nodes[n].interfaces for a in i.addresses if a.network in subnets}
        return tuple(sorted(found, key=int))


def parse(status: Mapping[str, Any]) -> LabFacts:
    """Read the lab's status.

    Args:
        status: the JSON of `lbkit lab status NAME -o json`; Any because it is another program's output.

    Raises:
        InputError: a field is missing or cannot be read.
    """
    try:
        nodes = {name: _node(name, node) for name, node in status.get("nodes", {}).items()}
        by_container = {node.container: node.name for node in nodes.values()}
        return LabFacts(
            name=str(status["name"]),
            state=str(status["state"]),
            kubeconfig=str(status.get("kubeconfig", "")),
            nodes=Named("lab node", nodes),
            eligible=tuple(sorted(status.get("eligible", ()))),
            capture=Named(
                "place to capture segment",
                {
                    segment: (by_container.get(str(point["node"]), str(point["node"])), str(point["interface"]))
                    for segment, point in status.get("capture", {}).items()
                },
            ),
            pools={name: tuple(ranges) for name, ranges in status.get("pools", {}).items()},
            images=dict(status.get("images", {})),
        )
    except (KeyError, ValueError, TypeError, AttributeError) as err:
        raise InputError(Problem("lab status", f"cannot be read ({type(err).__name__}: {err})")) from err


@lru_cache(maxsize=1 << 10)  # each check reads the lab's facts anew
def _interface_address(text: str) -> IPInterface:
    return ip_interface(text)


def _node(name: str, node: Mapping[str, Any]) -> LabNode:
    interfaces = tuple(
        Interface(
            name=i,
            mac=str(fields.get("mac", "")).lower(),
            addresses=tuple(_interface_address(address) for address in fields.get("addresses", ())),
            peer=str(fields.get("peer", "")),
        )
        for i, fields in node.get("interfaces", {}).items()
    )
    return LabNode(
        name=name,
        container=str(node.get("container", "")),
        pid=int(node["pid"] if "container" in node else node.get("pid", 0)),
        role=str(node["role"]),
        kind=str(node.get("kind", "")),
        interfaces=interfaces,
    )


def link_local(mac: str) -> IPv6Address:
    """Return the link-local address that Linux makes of a MAC (RFC 4291, appendix A: modified EUI-64)."""
    octets = bytes.fromhex(mac.replace(":", ""))
    identifier = bytes([octets[0] ^ 2]) + octets[1:3] + b"\xff\xfe" + octets[3:]
    return IPv6Address(b"\xfe\x80" + bytes(6) + identifier)


def span(text: str) -> tuple[IPAddress, IPAddress]:
    """Read one entry of a pool: a CIDR or `first-last`.

    Args:
        text: as in an IPAddressPool's `spec.addresses`.

    Returns:
        First and last address, both inside.

    Raises:
        ValueError: it is neither.
    """
    if "-" in text:
        first, last = (ip_address(part.strip()) for part in text.split("-", maxsplit=1))
        if first.version != last.version or int(first) > int(last):
            raise ValueError(f"got range {text}, wanted first-last of one family")
        return first, last
    network = ip_network(text.strip(), strict=False)
    return network[0], network[-1]


def is_inside(address: IPAddress, entries: tuple[str, ...]) -> bool:
    """Say whether an address is in one of a pool's entries.

    Args:
        address: either family.
        entries: CIDRs and ranges.
    """
    for first, last in map(span, entries):
        if address.version == first.version and int(first) <= int(address) <= int(last):
            return True
    return False


def of_family(entries: tuple[str, ...], version: int) -> tuple[str, ...]:
    """Keep the entries of one family.

    Args:
        entries: CIDRs and ranges.
        version: 4 or 6.
    """
    return tuple(entry for entry in entries if span(entry)[0].version == version)


def members(entries: tuple[str, ...], limit: int = 256) -> tuple[IPAddress, ...]:
    """List the addresses of a pool, in the order written.

    Args:
        entries: CIDRs and ranges.
        limit: at most this many.
    """
    found: list[IPAddress] = []
    for first, last in map(span, entries):
        count = min(int(last) - int(first) + 1, limit - len(found))
        found.extend(first + offset for offset in range(count))
    return tuple(found)


def aligned(entries: tuple[str, ...], length: int) -> IPNetwork | None:
    """Find the first whole network of a given prefix length inside a pool; None if none fits.

    Args:
        entries: CIDRs and ranges.
        length: prefix length.
    """
    for address in members(entries):
        network = ip_network(f"{address}/{length}", strict=False)
        if network[0] == address and is_inside(network[0], entries) and is_inside(network[-1], entries):
            return network
    return None


def unused(lab: LabFacts, node: str, count: int) -> tuple[IPv4Address, ...]:
    """List addresses of a node's first IPv4 subnet that no lab node has and no pool holds.

    Args:
        lab: which lab.
        node: short name of the one whose subnet is meant.
        count: how many, from the end of the subnet.
    """
    taken = {a.ip for n in lab.nodes.values() for i in n.interfaces for a in i.addresses}
    pools = tuple(entry for ranges in lab.pools.values() for entry in ranges)
    own = next(a for i in lab.nodes[node].interfaces for a in i.addresses if isinstance(a, IPv4Interface))
    hosts = list(own.network.hosts())
    return tuple([a for a in reversed(hosts) if a not in taken and not is_inside(a, pools)][:count])
