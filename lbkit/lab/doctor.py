"""What a lab asks of its host, and the cure for each thing that is missing.

The facts come from `lbkit.runtime.host`; here they are judged. A finding is `ok`, `warn` (the lab comes up, something
in it will not work), `fix` (wrong, and `lab up` may put it right by itself) or `fail` (a person has to).

Pure.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from ipaddress import IPv4Network
from typing import Final, Literal, TypeAlias

Level: TypeAlias = Literal["ok", "warn", "fix", "fail"]

MINIMUM_DOCKER = (20, 10)
"""kind needs API 1.41 (`--cgroupns=private`), which came with Docker 20.10."""
_NEIGHBOURS: Final = {1: 4096, 2: 8192, 3: 16384}
"""{number of the threshold: entries}."""
LIMITS: Final = {
    "fs.inotify.max_user_instances": 1024,
    "fs.inotify.max_user_watches": 524288,
    "net.core.netdev_max_backlog": 20000,
    **{f"net.ipv4.neigh.default.gc_thresh{number}": entries for number, entries in _NEIGHBOURS.items()},
    **{f"net.ipv6.neigh.default.gc_thresh{number}": entries for number, entries in _NEIGHBOURS.items()},
}
"""{sysctl of the host: least value}, for what all labs together use up.

The kubelets and containerds of three nodes watch files. A packet crosses up to ten veths of one CPU's backlog, so that
a busy moment overflows the kernel's 1,000 and drops it. The neighbour tables are one for all network namespaces.
Source: kind, "Known issues"; Linux ip-sysctl, neigh/default/gc_thresh1-3; Linux net/core/dev.c, netif_rx.
"""
MINIMUM_FREE_DISK_GIB = 10.0
MINIMUM_FREE_MEMORY_GIB = 4.0
REQUIRED_FEATURES = ("veth", "bridge", "overlay", "packet sockets", "nf_tables", "multipath routes")
OPTIONAL_FEATURES = {
    "next-hop objects": "cases of resilient ECMP are blocked",
    "TCP-MD5": "cases with BGP passwords are blocked",
}
IPV6_FEATURE = "IPv6"
"""Addresses, and the NAT that kube-proxy needs; a dual-stack cluster does not start without."""
DOCKER_BRIDGE = re.compile(r"br-[0-9a-f]{12}")
"""How Docker names the bridge of a network, after the network's id."""


class Cure(StrEnum):
    """What `lab up` may do by itself, as root, on Debian and its children."""

    INSTALL_PACKAGES = "install packages"
    START_DOCKER = "start the Docker engine"
    DEFAULT_RUNTIME = "set a default runtime that does without CAP_SYS_RESOURCE"
    RAISE_LIMITS = "raise limits of the kernel"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at: what it is, how it is, and what to do about it."""

    what: str
    level: Level
    message: str
    cure: str = ""
    by_itself: Cure | None = None


@dataclass(frozen=True, slots=True)
class HostFacts:
    """What was found on a host.

    Args:
        system: `ID` and `ID_LIKE` of os-release, as words.
        missing_commands: command -> Debian package that has it, for what is needed and not on PATH.
        docker_version: the engine's version, () where it does not answer.
        docker_error: what the client said where the engine does not answer.
        capabilities_bounding: bounding set of this process (`CapBnd`).
        running_containers: names of containers that run now.
        default_runtime: the engine's; where it does not run, the one it is configured to start with.
        features: kernel features by name (see REQUIRED_FEATURES), whether each is there; those that could not be
            tried, for want of rights or of a command, are left out.
        cgroup_version: 1 or 2.
        limits: those of LIMITS that this kernel has, as they are.
        routes: networks that the host has routes to, with the interface.
        has_kind_ipv6: whether Docker's network `kind` has an IPv6 subnet; None where there is no such network yet.
    """

    is_root: bool
    system: frozenset[str]
    missing_commands: dict[str, str]
    docker_version: tuple[int, ...]
    docker_error: str
    is_docker_rootless: bool
    default_runtime: str
    capabilities_bounding: int
    running_containers: tuple[str, ...]
    features: dict[str, bool]
    cgroup_version: int
    limits: Mapping[str, int]
    free_disk_gib: float
    free_memory_gib: float
    routes: tuple[tuple[IPv4Network, str], ...] = ()
    has_kind_ipv6: bool | None = None

    @property
    def low_limits(self) -> dict[str, int]:
        """{sysctl that is too low: what it has to be at least}."""
        return {name: LIMITS[name] for name, got in self.limits.items() if got < LIMITS[name]}

    @property
    def is_debian(self) -> bool:
        """Debian, Ubuntu, or a child of theirs."""
        return bool(self.system & {"debian", "ubuntu"})

    @property
    def lacks_sys_resource(self) -> bool:
        """Whether no process here can ever have CAP_SYS_RESOURCE (bit 24, capabilities(7))."""
        return not self.capabilities_bounding >> 24 & 1


RUNTIME_NAME = "lbkit-runc"


def examine(
    facts: HostFacts, networks: Iterable[tuple[str, IPv4Network, str]] = (), *, needs_ipv6: bool = False
) -> tuple[Finding, ...]:
    """Judge a host.

    Args:
        facts: what was found.
        networks: (lab, management network that it wants, interface that is the lab's own and may have it already).
        needs_ipv6: whether the lab that is meant has a cluster with IPv6.

    Returns:
        One finding per thing looked at, in the order in which they matter.
    """
    return (
        _root(facts),
        _commands(facts),
        _sys_resource(facts),  # before the engine: where both are wrong, it starts with the right runtime at once
        *_docker(facts),
        *_kernel(facts),
        _ipv6(facts, needs_ipv6=needs_ipv6),
        _cgroup(facts),
        _limits(facts),
        _room("disk", facts.free_disk_gib, MINIMUM_FREE_DISK_GIB, "free space where Docker keeps its images"),
        _room(
            "memory",
            facts.free_memory_gib,
            MINIMUM_FREE_MEMORY_GIB,
            "end other programs, or bring up one lab at a time",
        ),
        *_networks(facts, networks),
    )


def _root(facts: HostFacts) -> Finding:
    if facts.is_root:
        return Finding("root", "ok", "running as root")
    return Finding("root", "fail", "not root; network namespaces and links need it", "run it with sudo")


def _commands(facts: HostFacts) -> Finding:
    if not facts.missing_commands:
        return Finding("commands", "ok", "all commands are there")
    missing = ", ".join(sorted(facts.missing_commands))
    packages = " ".join(sorted(set(facts.missing_commands.values())))
    if facts.is_debian and facts.is_root:
        return Finding("commands", "fix", f"missing: {missing}", f"apt-get install {packages}", Cure.INSTALL_PACKAGES)
    cure = f"install {packages} (names of Debian's packages) with your system's package manager"
    return Finding(
        "commands", "fail", f"missing: {missing}", f"apt-get install {packages}" if facts.is_debian else cure
    )


def _docker(facts: HostFacts) -> Iterable[Finding]:
    if not facts.docker_version:
        if "dockerd" in facts.missing_commands:
            return  # said already; it is started once it is installed
        message = f"the Docker engine does not answer: {facts.docker_error}"
        if facts.is_root:
            yield Finding("docker", "fix", message, "systemctl start docker, or dockerd &", Cure.START_DOCKER)
        else:
            yield Finding("docker", "fail", message, "sudo systemctl start docker")
        return
    version = ".".join(map(str, facts.docker_version))
    if facts.docker_version < MINIMUM_DOCKER:
        wanted = ".".join(map(str, MINIMUM_DOCKER))
        yield Finding(
            "docker", "fail", f"Docker {version} is too old, wanted {wanted} or newer", "upgrade docker.io or docker-ce"
        )
    elif facts.is_docker_rootless:
        cure = "use the system's engine: unset DOCKER_HOST, docker context use default"
        yield Finding("docker", "fail", "Docker runs rootless; links cannot be moved into its containers", cure)
    else:
        yield Finding("docker", "ok", f"Docker {version}")


def _sys_resource(facts: HostFacts) -> Finding:
    what = "CAP_SYS_RESOURCE"
    if not facts.lacks_sys_resource:
        return Finding(what, "ok", "in the bounding set")
    if facts.default_runtime == RUNTIME_NAME:
        return Finding(what, "ok", f"missing, and Docker's default runtime {RUNTIME_NAME} does without it")
    message = "missing from the bounding set: no privileged container can start"
    if facts.running_containers:
        names = ", ".join(facts.running_containers)
        cure = f"stop them, then run this again: Docker must restart with the default runtime {RUNTIME_NAME}"
        return Finding(what, "fail", f"{message}; and containers run that a restart of Docker would end: {names}", cure)
    level: Level = "fix" if facts.is_root else "fail"
    return Finding(what, level, message, f"make {RUNTIME_NAME} Docker's default runtime", Cure.DEFAULT_RUNTIME)


def _kernel(facts: HostFacts) -> Iterable[Finding]:
    untried = [name for name in (*REQUIRED_FEATURES, *OPTIONAL_FEATURES) if name not in facts.features]
    missing = [name for name in REQUIRED_FEATURES if not facts.features.get(name, True)]
    if missing:
        yield Finding(
            "kernel", "fail", f"lacks {', '.join(missing)}", "load the modules, or use a kernel that has them"
        )
    elif not untried:
        yield Finding("kernel", "ok", ", ".join(REQUIRED_FEATURES))
    if untried:
        yield Finding("kernel", "warn", f"not tried: {', '.join(untried)}", "run it as root, with the missing commands")
    for name, effect in OPTIONAL_FEATURES.items():
        if not facts.features.get(name, True):
            yield Finding("kernel", "warn", f"lacks {name}: {effect}", "use a kernel that has it")


def _ipv6(facts: HostFacts, *, needs_ipv6: bool) -> Finding:
    level: Level = "fail" if needs_ipv6 else "warn"
    if not facts.features.get(IPV6_FEATURE, True):
        cure = "boot without ipv6.disable=1, and load ip6_tables and nf_nat where they are modules"
        return Finding("IPv6", level, "the kernel lacks it, or its NAT: no dual-stack cluster starts", cure)
    if facts.has_kind_ipv6 is False:
        message = "Docker's network kind has no IPv6 subnet, and kind takes it as it is: no dual-stack cluster starts"
        return Finding("IPv6", level, message, "docker network rm kind, once no cluster uses it; kind makes it anew")
    return Finding("IPv6", "ok", "for dual-stack clusters")


def _cgroup(facts: HostFacts) -> Finding:
    if facts.cgroup_version == 1:
        return Finding(
            "cgroup", "ok", "version 1: the built node image adapts itself; published ones no longer support it"
        )
    return Finding("cgroup", "ok", f"version {facts.cgroup_version}")


def _limits(facts: HostFacts) -> Finding:
    low = facts.low_limits
    if not low:
        return Finding("limits", "ok", "inotify, backlog and neighbour tables are large enough")
    got = ", ".join(f"{name} {facts.limits[name]}" for name in low)
    cure = "sysctl -w " + " ".join(f"{name}={least}" for name, least in low.items())
    level: Level = "fix" if facts.is_root else "fail"
    return Finding("limits", level, f"{got}: too low for three nodes", cure, Cure.RAISE_LIMITS)


def _room(what: str, got_gib: float, wanted_gib: float, cure: str) -> Finding:
    if got_gib >= wanted_gib:
        return Finding(what, "ok", f"{got_gib:.0f} GiB free")
    return Finding(what, "fail", f"{got_gib:.1f} GiB free, wanted {wanted_gib:.0f}", cure)


def _networks(facts: HostFacts, networks: Iterable[tuple[str, IPv4Network, str]]) -> Iterable[Finding]:
    for lab, network, own in networks:
        clashes = [
            (route, interface) for route, interface in facts.routes if route.overlaps(network) and interface != own
        ]
        shown = ", ".join(f"{route} ({interface})" for route, interface in clashes)
        what = f"{network}, wanted by lab {lab}, overlaps {shown}"
        are_docker = all(DOCKER_BRIDGE.fullmatch(interface) for _, interface in clashes)
        if clashes and are_docker and not facts.docker_version:
            # An engine that died leaves its bridges, and only when it runs again it tells whose they are.
            yield Finding("networks", "warn", f"{what}, which may be its own", "start Docker and look again")
        elif clashes:
            cure = f"remove that network (or its bridge: ip link delete), or change mgmt.ipv4-subnet of lab {lab}"
            yield Finding("networks", "fail", what, cure)
        else:
            yield Finding("networks", "ok", f"{network} is free for lab {lab}")
