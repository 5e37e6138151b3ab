"""A lab as a value: its nodes, links, addresses, routers and pools, read from the files of its folder.

There is one description of a lab, the containerlab file that also deploys it by hand, with the router configurations
and manifests beside it. Reading them here lets everything else (the lint, `lab status`, captures, faults, the suite's
observers) ask a value instead of parsing YAML again.

Pure.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from posixpath import dirname, normpath
from typing import Final, Literal, NamedTuple, TypeAlias, get_args

from lbkit.errors import InputError, Problem
from lbkit.lab import clab_file, clusters, commands, manifests, routers, wiring
from lbkit.lab.clab_file import ClabFile, LinkEntry, NodeEntry
from lbkit.lab.clusters import Cluster
from lbkit.lab.commands import Route
from lbkit.lab.documents import load, mapping
from lbkit.lab.manifests import Manifests
from lbkit.lab.routers import Router
from lbkit.lab.variables import substitute
from lbkit.lab.wiring import Endpoint, Interface
from lbkit.model.addresses import network
from lbkit.model.findings import Findings
from lbkit.model.views import IPNetwork, Pool

Kind: TypeAlias = Literal["linux", "bridge", "k8s-kind", "ext-container"]
Role: TypeAlias = Literal["router", "client", "switch", "collector", "k8s-node", "segment", "cluster"]

ROLE_LABEL: Final = "lbkit.role"
_ROLE_BY_KIND: Final[dict[str, Role]] = {"bridge": "segment", "k8s-kind": "cluster", "ext-container": "k8s-node"}
_LINUX_ROLES: Final[tuple[Role, ...]] = ("router", "client", "switch", "collector")


_DAEMONS: Final = {"/etc/frr/frr.conf": "frr", "/etc/gobgp/gobgpd.yml": "gobgp", "/etc/bird.conf": "bird"}
"""Where a routing daemon has its configuration -> the daemon."""


class Bind(NamedTuple):
    """One file mounted into a node; `source` is relative to the lab's folder unless it is absolute."""

    source: str
    target: str
    options: str = ""


class CapturePoint(NamedTuple):
    """Where frames can be seen: `tcpdump -i INTERFACE` inside CONTAINER."""

    name: str
    container: str
    interface: str


@dataclass(frozen=True, slots=True)
class LabNode:
    """One node of the topology.

    Args:
        container: its container's name in Docker; a bridge has that of the node it lives in, a cluster none.
        bridge: name of the bridge device, for bridges.
        exec: the commands that set it up, as containerlab runs them.
    """

    name: str
    kind: Kind
    role: Role
    container: str
    image: str = ""
    bridge: str = ""
    interfaces: tuple[Interface, ...] = ()
    routes: tuple[Route, ...] = ()
    exec: tuple[str, ...] = ()
    binds: tuple[Bind, ...] = ()
    sysctls: Mapping[str, str] = field(default_factory=dict)

    @property
    def daemon(self) -> str:
        """The routing daemon that it runs, told by the file it is given: frr, gobgp, bird; empty for none."""
        return next((_DAEMONS[bind.target] for bind in self.binds if bind.target in _DAEMONS), "")

    def interface(self, name: str) -> Interface:
        """The interface `name`; asking for one that is not wired is the caller's bug."""
        return next(interface for interface in self.interfaces if interface.name == name)


@dataclass(frozen=True, slots=True)
class Segment:
    """One broadcast domain: the wired interfaces that hear each other, bridges left out."""

    name: str
    endpoints: tuple[Endpoint, ...]


@dataclass(frozen=True, slots=True)
class Management:
    """The Docker network of eth0 of the lab's own containers (Kubernetes nodes are on kind's instead)."""

    network: str
    subnets: tuple[IPNetwork, ...]


@dataclass(frozen=True, slots=True)
class Lab:
    """A whole lab; nodes and links in the order of the file.

    Args:
        topology_file: name of the containerlab file in the lab's folder.
    """

    name: str
    topology_file: str
    management: Management
    nodes: tuple[LabNode, ...]
    links: tuple[LinkEntry, ...]
    clusters: tuple[Cluster, ...]
    routers: tuple[Router, ...]
    manifests: Manifests

    def node(self, name: str) -> LabNode:
        """The node `name`; asking for one that does not exist is the caller's bug."""
        return next(node for node in self.nodes if node.name == name)

    def with_role(self, role: Role) -> tuple[LabNode, ...]:
        """The nodes of one role, in the order of the file."""
        return tuple(node for node in self.nodes if node.role == role)

    @property
    def pools(self) -> tuple[Pool, ...]:
        """The address pools of its manifests."""
        return self.manifests.pools

    @property
    def capture_points(self) -> tuple[CapturePoint, ...]:
        """Whole segments first (a bridge sees every frame), then every wired interface that is in a container."""
        bridges = tuple(
            CapturePoint(node.bridge, node.container, node.bridge) for node in self.nodes if node.kind == "bridge"
        )
        ports = tuple(
            CapturePoint(str(Endpoint(node.name, interface.name)), node.container, interface.name)
            for node in self.nodes
            for interface in node.interfaces
        )
        return bridges + ports

    @property
    def segments(self) -> tuple[Segment, ...]:
        """Its broadcast domains: one per bridge, one per link without a bridge; in the order of the links."""
        bridges = {node.name: node.bridge for node in self.nodes if node.kind == "bridge"}
        members: dict[str, list[Endpoint]] = {}
        for link in self.links:
            ends = [Endpoint(end.node, end.interface) for end in link.ends]
            names = [bridges[end.node] for end in ends if end.node in bridges]
            segment = names[0] if names else " -- ".join(map(str, ends))
            members.setdefault(segment, []).extend(end for end in ends if end.node not in bridges)
        return tuple(Segment(name, tuple(ends)) for name, ends in members.items())


def parse(name: str, files: Mapping[str, str], variables: Mapping[str, str] | None = None) -> Lab:
    """Read a lab.

    Args:
        name: of the lab; `name.clab.yml` is its topology file.
        files: every text file it needs, by the path relative to the lab's folder (`gw/frr.conf`,
            `manifests/pool.yaml`, `../common/frr/daemons`).
        variables: the environment that replaces `${LBKIT_…:=default}`; without it, the defaults.

    Returns:
        The lab; whether its addresses make sense is `lbkit.lab.addressing`'s question.

    Raises:
        InputError: everything that is wrong, with file and key.
    """
    findings, file = Findings(), f"{name}.clab.yml"
    written = _topology_file(findings, file, files, variables or {})
    if written.name != name:
        findings.add(f"{file}: name", f"got {written.name!r}, wanted {name!r} as the file is called")
    source = _Source(findings, file, written, files)
    wires = wiring.read(findings, file, written)
    nodes = tuple(_node(source, entry, wires[entry.name]) for entry in written.nodes)
    lab = Lab(
        name=name,
        topology_file=file,
        management=_management(source),
        nodes=nodes,
        links=written.links,
        clusters=tuple(_clusters(source)),
        routers=tuple(_routers(source, nodes)),
        manifests=manifests.read(findings, _manifests(source)),
    )
    _check_containers(source, lab)
    findings.done()
    return lab


@dataclass(frozen=True, slots=True)
class _Source:
    """What every step of the reading needs."""

    findings: Findings
    file: str
    written: ClabFile
    files: Mapping[str, str]


def _topology_file(findings: Findings, file: str, files: Mapping[str, str], variables: Mapping[str, str]) -> ClabFile:
    if file not in files:
        raise InputError(Problem(file, "is not in the lab's folder"))
    text = findings.read(f"{file}: ", lambda written: substitute(written, variables), files[file])
    documents = load(findings, file, text) if text is not None else ()
    # A file that is no YAML has no nodes to say more about.
    findings.done()
    return clab_file.read(findings, file, documents[0] if documents else None)


def _management(source: _Source) -> Management:
    mgmt = source.written.mgmt
    if not mgmt.get("network") or not mgmt.get("ipv4-subnet"):
        source.findings.add(
            f"{source.file}: mgmt", "wanted network and ipv4-subnet: labs that share containerlab's own clash"
        )
        return Management("", ())
    subnets = [
        source.findings.read(f"{source.file}: mgmt.{key}", network, str(mgmt[key]))
        for key in ("ipv4-subnet", "ipv6-subnet")
        if key in mgmt
    ]
    return Management(str(mgmt["network"]), tuple(subnet for subnet in subnets if subnet is not None))


def _node(source: _Source, entry: NodeEntry, wires: tuple[Interface, ...]) -> LabNode:
    where = f"{source.file}: nodes.{entry.name}"
    settings = commands.read(source.findings, f"{where}.exec", entry.exec)
    for one in settings.assignments:
        if one.interface not in {wire.name for wire in wires}:
            source.findings.add(f"{where}.exec", f"{one.address} is set on {one.interface}, which has no link")
    lab = source.written.name
    kind: Kind = next(kind for kind in get_args(Kind) if kind == entry.kind)
    return LabNode(
        name=entry.name,
        kind=kind,
        role=_role(source.findings, f"{where}.labels", entry),
        container=_container(source, where, entry),
        image=entry.image,
        bridge=entry.name.partition("|")[0] if kind == "bridge" else "",
        interfaces=tuple(
            replace(wire, addresses=tuple(one.address for one in settings.assignments if one.interface == wire.name))
            for wire in wires
        ),
        routes=settings.routes,
        exec=tuple(_magic(line, lab, entry.name) for line in entry.exec),
        binds=tuple(Bind(*_magic(bind, lab, entry.name).split(":", 2)) for bind in entry.binds if ":" in bind),
        sysctls=entry.sysctls,
    )


def _magic(text: str, lab: str, node: str) -> str:
    return text.replace("__clabNodeName__", node).replace("__clabLabName__", lab)


def _role(findings: Findings, where: str, entry: NodeEntry) -> Role:
    label, by_kind = entry.labels.get(ROLE_LABEL, ""), _ROLE_BY_KIND.get(entry.kind)
    if by_kind is not None:
        if label not in ("", by_kind):
            findings.add(f"{where}.{ROLE_LABEL}", f"got {label!r}, wanted {by_kind} for kind {entry.kind}")
        return by_kind
    for role in _LINUX_ROLES:
        if label == role:
            return role
    findings.add(f"{where}.{ROLE_LABEL}", f"got {label!r}, wanted one of {', '.join(_LINUX_ROLES)}")
    return "client"


def _container(source: _Source, where: str, entry: NodeEntry) -> str:
    if entry.kind == "k8s-kind":
        return ""
    if entry.kind == "ext-container":
        return entry.name
    lab, prefix = source.written.name, source.written.prefix
    # containerlab's three ways to name a container.
    before = {"": "", "__lab-name": f"{lab}-"}.get(prefix, f"{prefix}-{lab}-")
    if entry.kind == "linux":
        return before + entry.name
    host = entry.network_mode.removeprefix("container:")
    if host == entry.network_mode or entry.name.partition("|")[2] != host:
        source.findings.add(
            where, "a bridge lives in a node, not on the host: call it NAME|NODE, with network-mode: container:NODE"
        )
    elif host not in {node.name for node in source.written.nodes if node.kind == "linux"}:
        source.findings.add(f"{where}.network-mode", f"there is no linux node {host}")
    return before + host


def _clusters(source: _Source) -> Iterator[Cluster]:
    for entry in source.written.nodes:
        if entry.kind != "k8s-kind":
            continue
        file, document = entry.startup_config, None
        if file and file not in source.files:
            source.findings.add(f"{source.file}: nodes.{entry.name}.startup-config", f"there is no file {file}")
            continue
        if file:
            document = next(iter(load(source.findings, file, source.files[file])), None)
        deploy = mapping(mapping(entry.extras.get("k8s_kind")).get("deploy"))
        kubeconfig = str(deploy.get("kubeconfig", ""))
        if kubeconfig:
            # containerlab resolves it against the node's own directory, not the topology file's.
            kubeconfig = normpath(f"clab-{source.written.name}/{entry.name}/{kubeconfig}")
        yield clusters.read(source.findings, file or source.file, entry.name, document, kubeconfig)


def _routers(source: _Source, nodes: tuple[LabNode, ...]) -> Iterator[Router]:
    for node in nodes:
        for bind in node.binds:
            file = normpath(bind.source)
            if bind.source.startswith("/"):
                continue
            if file not in source.files:
                source.findings.add(f"{source.file}: nodes.{node.name}.binds", f"there is no file {file}")
                continue
            router = _router(source, node.name, bind.target, file)
            if router is not None:
                yield router


def _router(source: _Source, lab_node: str, target: str, file: str) -> Router | None:
    match target:
        case "/etc/frr/frr.conf":
            return routers.read_frr(source.findings, lab_node, file, source.files[file])
        case "/etc/gobgp/gobgpd.yml":
            document = next(iter(load(source.findings, file, source.files[file])), None)
            return routers.read_gobgp(source.findings, lab_node, file, document)
        case _:
            return None


def _manifests(source: _Source) -> Iterator[tuple[str, object]]:
    for file in sorted(source.files):
        if dirname(file) == "manifests" and file.endswith((".yaml", ".yml")):
            for document in load(source.findings, file, source.files[file]):
                yield file, document


def _check_containers(source: _Source, lab: Lab) -> None:
    """The containers of a cluster are wired as nodes of their own; their names must be kind's."""
    made = {container for cluster in lab.clusters for container in cluster.containers}
    wired = {node.name for node in lab.with_role("k8s-node")}
    for name in sorted(wired - made):
        source.findings.add(
            f"{source.file}: nodes.{name}", f"no cluster here has this container; wanted one of {sorted(made)}"
        )
    for name in sorted(made - wired):
        source.findings.add(
            f"{source.file}: nodes", f"container {name} of the cluster is no node here, so nothing is wired to it"
        )
