"""A containerlab topology file, checked and with what nodes inherit filled in; what it means is `lbkit.lab.topology`'s.

The same file is deployed by hand, so its rules are containerlab's: unknown keys are errors; of a scalar the node's own
value wins over its group's, its kind's and the defaults; maps merge by key, binds by destination, `exec` is appended.
What containerlab allows and a lab here does not need (other kinds, host links, templates) is refused by name.
Source: containerlab v0.79 types/topology.go, types/node_definition.go, links/link.go.

Pure.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from lbkit.lab.documents import items, mapping
from lbkit.model.findings import Findings

_FILE_KEYS: Final = frozenset({"name", "prefix", "mgmt", "topology"})
_MGMT_KEYS: Final = frozenset({"network", "bridge", "ipv4-subnet", "ipv6-subnet", "mtu", "external-access"})
_TOPOLOGY_KEYS: Final = frozenset({"defaults", "kinds", "groups", "nodes", "links"})
_SCALARS: Final = ("image", "cmd", "entrypoint", "network-mode", "startup-config")
_MAPS: Final = ("labels", "sysctls", "env", "extras")
_LISTS: Final = ("exec", "binds")
_NODE_KEYS: Final = frozenset({"kind", "group", *_SCALARS, *_MAPS, *_LISTS})
_LINK_KEYS: Final = frozenset({"type", "mtu", "endpoints", "labels"})
_ENDPOINT_KEYS: Final = frozenset({"node", "interface", "mac"})

KINDS: Final = ("linux", "bridge", "k8s-kind", "ext-container")
DEFAULT_MTU_BYTES: Final = 9500
"""containerlab's, for links that name none."""


@dataclass(frozen=True, slots=True)
class NodeEntry:
    """One node with everything it inherits; `binds` by destination, as `source:destination[:options]`."""

    name: str
    kind: str
    image: str = ""
    cmd: str = ""
    entrypoint: str = ""
    network_mode: str = ""
    startup_config: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)
    sysctls: Mapping[str, str] = field(default_factory=dict)
    env: Mapping[str, str] = field(default_factory=dict)
    extras: Mapping[str, Any] = field(default_factory=dict)
    exec: tuple[str, ...] = ()
    binds: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class EndEntry:
    """One end of a link; `mac` is empty where containerlab draws one by lot."""

    node: str
    interface: str
    mac: str = ""


@dataclass(frozen=True, slots=True)
class LinkEntry:
    """One veth pair."""

    ends: tuple[EndEntry, EndEntry]
    mtu_bytes: int = DEFAULT_MTU_BYTES


@dataclass(frozen=True, slots=True)
class ClabFile:
    """The file as a whole; `mgmt` as written."""

    name: str
    prefix: str
    mgmt: Mapping[str, Any]
    nodes: tuple[NodeEntry, ...]
    links: tuple[LinkEntry, ...]


def read(findings: Findings, path: str, document: object) -> ClabFile:
    """Read a parsed topology file.

    Args:
        findings: gets what is wrong, under `path: key`.
        path: name of the file.
        document: its one YAML document, variables already replaced.
    """
    written = mapping(document)
    known(findings, path, written, _FILE_KEYS)
    mgmt = mapping(written.get("mgmt"))
    known(findings, f"{path}: mgmt", mgmt, _MGMT_KEYS)
    topology = mapping(written.get("topology"))
    known(findings, f"{path}: topology", topology, _TOPOLOGY_KEYS)
    links = [
        _link(findings, f"{path}: links[{index}]", mapping(link))
        for index, link in enumerate(items(topology.get("links")))
    ]
    return ClabFile(
        name=str(written.get("name", "")),
        prefix=str(written.get("prefix", "clab")),
        mgmt=mgmt,
        nodes=tuple(_nodes(findings, path, topology)),
        links=tuple(link for link in links if link is not None),
    )


def known(findings: Findings, path: str, written: Mapping[str, object], keys: frozenset[str]) -> None:
    """Note every key of `written` that is not in `keys`."""
    for key in written:
        if key not in keys:
            findings.add(f"{path}: {key}", f"is no key here; wanted one of {', '.join(sorted(keys))}")


def _nodes(findings: Findings, path: str, topology: Mapping[str, Any]) -> Iterable[NodeEntry]:
    defaults, kinds, groups = (mapping(topology.get(key)) for key in ("defaults", "kinds", "groups"))
    _known_node_keys(findings, f"{path}: defaults", defaults)
    for name, table in (("kinds", kinds), ("groups", groups)):
        for key, value in table.items():
            _known_node_keys(findings, f"{path}: {name}.{key}", mapping(value))
    if not mapping(topology.get("nodes")):
        findings.add(f"{path}: topology.nodes", "has no nodes")
    for name, value in mapping(topology.get("nodes")).items():
        where, own = f"{path}: nodes.{name}", mapping(value)
        _known_node_keys(findings, where, own)
        group_name = own.get("group", defaults.get("group", ""))
        if group_name and group_name not in groups:
            findings.add(f"{where}.group", f"there is no group {group_name}")
        group = mapping(groups.get(group_name))
        kind = str(own.get("kind") or group.get("kind") or defaults.get("kind") or "")
        if kind not in KINDS:
            findings.add(f"{where}.kind", f"got {kind!r}, wanted one of {', '.join(KINDS)}")
            continue
        yield _entry(str(name), kind, (defaults, mapping(kinds.get(kind)), group, own))


def _known_node_keys(findings: Findings, where: str, written: Mapping[str, Any]) -> None:
    known(findings, where, written, _NODE_KEYS)
    for key in _LISTS:
        if not all(isinstance(item, str) for item in items(written.get(key, []))) or not isinstance(
            written.get(key, []), list
        ):
            findings.add(f"{where}.{key}", "wanted a list of texts; quote entries that YAML reads as something else")


def _entry(name: str, kind: str, layers: tuple[Mapping[str, Any], ...]) -> NodeEntry:
    """Join what a node is told; `layers` from the weakest (defaults) to the strongest (its own)."""
    scalars = {key: _last(layer.get(key) for layer in layers) for key in _SCALARS}
    maps = {
        key: {inner: value for layer in layers for inner, value in mapping(layer.get(key)).items()} for key in _MAPS
    }
    binds = {_destination(str(bind)): str(bind) for layer in layers for bind in items(layer.get("binds"))}
    return NodeEntry(
        name=name,
        kind=kind,
        image=scalars["image"],
        cmd=scalars["cmd"],
        entrypoint=scalars["entrypoint"],
        network_mode=scalars["network-mode"],
        startup_config=scalars["startup-config"],
        labels={key: str(value) for key, value in maps["labels"].items()},
        sysctls={key: str(value) for key, value in maps["sysctls"].items()},
        env={key: str(value) for key, value in maps["env"].items()},
        extras=maps["extras"],
        exec=tuple(str(line) for layer in layers for line in items(layer.get("exec"))),
        binds=tuple(binds.values()),
    )


def _destination(bind: str) -> str:
    source, _, rest = bind.partition(":")
    return rest.partition(":")[0] or source


def _last(values: Iterable[object]) -> str:
    strongest = ""
    for value in values:
        strongest = str(value) if value else strongest
    return strongest


def _link(findings: Findings, where: str, written: Mapping[str, Any]) -> LinkEntry | None:
    known(findings, where, written, _LINK_KEYS)
    if written.get("type", "veth") != "veth":
        findings.add(f"{where}.type", f"got {written['type']!r}, wanted veth")
    mtu_bytes = written.get("mtu", DEFAULT_MTU_BYTES)
    if not isinstance(mtu_bytes, int):
        findings.add(f"{where}.mtu", f"got {mtu_bytes!r}, wanted a number of bytes")
        mtu_bytes = DEFAULT_MTU_BYTES
    ends = [
        _end(findings, f"{where}.endpoints[{index}]", end) for index, end in enumerate(items(written.get("endpoints")))
    ]
    if len(ends) != 2:
        findings.add(f"{where}.endpoints", f"got {len(ends)} ends, wanted 2")
        return None
    first, second = ends
    return LinkEntry((first, second), mtu_bytes) if first is not None and second is not None else None


def _end(findings: Findings, where: str, written: object) -> EndEntry | None:
    """Read one end, long (`{node: …, interface: …, mac: …}`) or short (`node:interface`)."""
    if isinstance(written, str):
        node, _, interface = written.partition(":")
        written = {"node": node, "interface": interface}
    end = mapping(written)
    known(findings, where, end, _ENDPOINT_KEYS)
    if not end.get("node") or not end.get("interface"):
        findings.add(where, f"got {written!r}, wanted a node and an interface")
        return None
    return EndEntry(str(end["node"]), str(end["interface"]), str(end.get("mac", "")))
