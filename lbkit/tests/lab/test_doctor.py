"""What a host lacks for a lab: each fact's finding, how bad it is, and its cure."""

from dataclasses import replace
from ipaddress import IPv4Network
from typing import Any, Final

import pytest

from lbkit.lab.doctor import (
    IPV6_FEATURE,
    LIMITS,
    OPTIONAL_FEATURES,
    REQUIRED_FEATURES,
    RUNTIME_NAME,
    Cure,
    Finding,
    HostFacts,
    examine,
)

ALL: Final = (1 << 41) - 1
WITHOUT_SYS_RESOURCE: Final = ALL & ~(1 << 24)
FEATURES: Final = dict.fromkeys((*REQUIRED_FEATURES, *OPTIONAL_FEATURES, IPV6_FEATURE), True)
DEBIAN, FEDORA = frozenset({"debian"}), frozenset({"fedora"})
READY: Final = HostFacts(
    is_root=True,
    system=frozenset({"ubuntu", "debian"}),
    missing_commands={},
    docker_version=(20, 10, 24),
    docker_error="",
    is_docker_rootless=False,
    default_runtime="runc",
    capabilities_bounding=ALL,
    running_containers=(),
    features=FEATURES,
    cgroup_version=2,
    limits=LIMITS,
    free_disk_gib=10.0,
    free_memory_gib=4.0,
)
LAB: Final = ("l2", IPv4Network("172.31.250.0/24"), "br-own")

NO_DOCKER: Final = {"docker_version": (), "missing_commands": {"dockerd": "docker.io", "docker": "docker.io"}}
STOPPED: Final = {"docker_version": (), "docker_error": "Cannot connect to the Docker daemon"}
LACKING: Final = {"capabilities_bounding": WITHOUT_SYS_RESOURCE}


def _findings(**facts: Any) -> dict[str, Finding]:  # Any: a field's value
    """What is not well, by what was looked at."""
    found = examine(replace(READY, **facts), [LAB])
    return {finding.what: finding for finding in found if finding.level != "ok"}


def test_a_ready_host_is_well() -> None:
    """A host with just what is needed has nothing to put right."""
    assert _findings() == {}


@pytest.mark.parametrize(
    ("facts", "what", "level", "cure"),
    [
        pytest.param({"is_root": False}, "root", "fail", "run it with sudo", id="no-root"),
        pytest.param(NO_DOCKER, "commands", "fix", "apt-get install docker.io", id="no-docker-debian-root"),
        pytest.param(
            {**NO_DOCKER, "is_root": False},
            "commands",
            "fail",
            "apt-get install docker.io",
            id="no-docker-debian-without-root",
        ),
        pytest.param(
            {**NO_DOCKER, "system": FEDORA},
            "commands",
            "fail",
            "install docker.io (names of Debian's packages) with your system's package manager",
            id="no-docker-elsewhere",
        ),
        pytest.param(
            {"missing_commands": {"nft": "nftables", "ip": "iproute2"}, "system": DEBIAN},
            "commands",
            "fix",
            "apt-get install iproute2 nftables",
            id="two-packages",
        ),
        pytest.param(STOPPED, "docker", "fix", "systemctl start docker, or dockerd &", id="stopped"),
        pytest.param(
            {**STOPPED, "is_root": False}, "docker", "fail", "sudo systemctl start docker", id="stopped-without-root"
        ),
        pytest.param({"docker_version": (19, 3, 15)}, "docker", "fail", "upgrade docker.io or docker-ce", id="too-old"),
        pytest.param(
            {"is_docker_rootless": True},
            "docker",
            "fail",
            "use the system's engine: unset DOCKER_HOST, docker context use default",
            id="rootless",
        ),
        pytest.param(
            LACKING, "CAP_SYS_RESOURCE", "fix", "make lbkit-runc Docker's default runtime", id="no-sys-resource"
        ),
        pytest.param(
            {**LACKING, "is_root": False},
            "CAP_SYS_RESOURCE",
            "fail",
            "make lbkit-runc Docker's default runtime",
            id="no-sys-resource-without-root",
        ),
        pytest.param(
            {**LACKING, "running_containers": ("web", "db")},
            "CAP_SYS_RESOURCE",
            "fail",
            "stop them, then run this again: Docker must restart with the default runtime lbkit-runc",
            id="no-sys-resource-with-containers",
        ),
        pytest.param(
            {"features": {**FEATURES, "veth": False, "overlay": False}},
            "kernel",
            "fail",
            "load the modules, or use a kernel that has them",
            id="features",
        ),
        pytest.param(
            {"features": {**FEATURES, "next-hop objects": False}},
            "kernel",
            "warn",
            "use a kernel that has it",
            id="optional-feature",
        ),
        pytest.param(
            {"features": {"overlay": True, "packet sockets": True, "TCP-MD5": True}},
            "kernel",
            "warn",
            "run it as root, with the missing commands",
            id="features-not-tried",
        ),
        pytest.param(
            {"limits": LIMITS | {"fs.inotify.max_user_instances": 128, "net.core.netdev_max_backlog": 1000}},
            "limits",
            "fix",
            "sysctl -w fs.inotify.max_user_instances=1024 net.core.netdev_max_backlog=20000",
            id="limits",
        ),
        pytest.param(
            {"limits": {"net.ipv6.neigh.default.gc_thresh1": 128}, "is_root": False},
            "limits",
            "fail",
            "sysctl -w net.ipv6.neigh.default.gc_thresh1=4096",
            id="limits-without-root",
        ),
        pytest.param({"free_disk_gib": 9.9}, "disk", "fail", "free space where Docker keeps its images", id="disk"),
        pytest.param(
            {"free_memory_gib": 3.9},
            "memory",
            "fail",
            "end other programs, or bring up one lab at a time",
            id="memory",
        ),
        pytest.param(
            {"routes": ((IPv4Network("172.16.0.0/12"), "wg0"),)},
            "networks",
            "fail",
            "remove that network (or its bridge: ip link delete), or change mgmt.ipv4-subnet of lab l2",
            id="network",
        ),
    ],
)
def test_what_is_wrong_has_a_level_and_a_cure(facts: dict[str, Any], what: str, level: str, cure: str) -> None:
    """One fact that is wrong gives one finding, with the command or the deed that helps."""
    found = _findings(**facts)

    assert (found[what].level, found[what].cure) == (level, cure)
    assert set(found) - {"root"} <= {what}


@pytest.mark.parametrize(
    ("facts", "needs_ipv6", "level"),
    [
        pytest.param({"features": {**FEATURES, IPV6_FEATURE: False}}, True, "fail", id="kernel"),
        pytest.param({"features": {**FEATURES, IPV6_FEATURE: False}}, False, "warn", id="kernel-not-needed"),
        pytest.param({"has_kind_ipv6": False}, True, "fail", id="network-of-kind"),
        pytest.param({"has_kind_ipv6": False}, False, "warn", id="network-of-kind-not-needed"),
        pytest.param({"has_kind_ipv6": True}, True, "ok", id="both-there"),
        pytest.param({"has_kind_ipv6": None}, True, "ok", id="kind-will-make-it"),
    ],
)
def test_a_dual_stack_cluster_needs_ipv6(facts: dict[str, Any], needs_ipv6: bool, level: str) -> None:
    """Without IPv6 in the kernel or in kind's network only labs with IPv4 alone come up, and that is said."""
    (found,) = [each for each in examine(replace(READY, **facts), needs_ipv6=needs_ipv6) if each.what == "IPv6"]

    assert found.level == level
    assert bool(found.cure) == (level != "ok")


@pytest.mark.parametrize(
    ("facts", "what"),
    [
        pytest.param({**LACKING, "default_runtime": RUNTIME_NAME}, "CAP_SYS_RESOURCE", id="runtime-is-set"),
        pytest.param(
            {**LACKING, "default_runtime": RUNTIME_NAME, "running_containers": ("l2-worker",)},
            "CAP_SYS_RESOURCE",
            id="runtime-is-set-and-a-lab-runs",
        ),
        pytest.param({"cgroup_version": 1}, "cgroup", id="cgroup-v1"),
        pytest.param({"routes": ((LAB[1], "br-own"),)}, "networks", id="own-bridge"),
        pytest.param({"routes": ((IPv4Network("10.0.0.0/8"), "eth0"),)}, "networks", id="other-network"),
        pytest.param({"docker_version": (20, 10)}, "docker", id="oldest-docker"),
        pytest.param({"running_containers": ("web",)}, "CAP_SYS_RESOURCE", id="containers-alone"),
    ],
)
def test_what_looks_wrong_and_is_not(facts: dict[str, Any], what: str) -> None:
    """What a lab lives with, and the lab's own traces, are no findings."""
    assert what not in _findings(**facts)


@pytest.mark.parametrize(
    ("facts", "cures"),
    [
        pytest.param({}, [], id="nothing"),
        pytest.param({**NO_DOCKER, **LACKING}, [Cure.INSTALL_PACKAGES, Cure.DEFAULT_RUNTIME], id="fresh-host"),
        pytest.param({**STOPPED, **LACKING}, [Cure.DEFAULT_RUNTIME, Cure.START_DOCKER], id="stopped-engine"),
        pytest.param(
            {**STOPPED, "limits": dict.fromkeys(LIMITS, 1)}, [Cure.START_DOCKER, Cure.RAISE_LIMITS], id="then-limits"
        ),
    ],
)
def test_cures_come_in_the_order_in_which_they_help(facts: dict[str, Any], cures: list[Cure]) -> None:
    """Packages first; then the runtime, so that the engine starts with it; the engine; the limits."""
    found = examine(replace(READY, **facts))

    assert [finding.by_itself for finding in found if finding.by_itself] == cures


@pytest.mark.parametrize("level", ["fail", "warn", "fix"])
def test_everything_wrong_has_a_cure(level: str) -> None:
    """Whatever is not ok says what to do about it; `fix` alone may be done without asking."""
    worst = replace(
        READY,
        is_root=level == "fix",
        docker_version=(),
        capabilities_bounding=0,
        features={},
        limits=dict.fromkeys(LIMITS, 1),
        free_disk_gib=0.0,
        free_memory_gib=0.0,
    )
    found = [finding for finding in examine(worst, [LAB]) if finding.level == level]

    assert found
    assert all(finding.cure for finding in found)
    assert all(bool(finding.by_itself) for finding in found if level == "fix")


def test_the_message_names_what_is_lacking() -> None:
    """A person reads which features, containers or routes are meant."""
    found = _findings(
        features={**FEATURES, "bridge": False},
        capabilities_bounding=0,
        running_containers=("web",),
        routes=((IPv4Network("172.31.250.128/25"), "wg0"),),
    )

    assert found["kernel"].message == "lacks bridge"
    assert "web" in found["CAP_SYS_RESOURCE"].message
    assert found["networks"].message == "172.31.250.0/24, wanted by lab l2, overlaps 172.31.250.128/25 (wg0)"


@pytest.mark.parametrize(
    ("interface", "version", "level"),
    [
        pytest.param("br-5228d48fd401", (), "warn", id="left-by-an-engine-that-died"),
        pytest.param("br-5228d48fd401", (28, 2), "fail", id="of-another-network"),
        pytest.param("br-lan", (), "fail", id="not-docker"),
        pytest.param("wg0", (), "fail", id="a-tunnel"),
    ],
)
def test_a_bridge_of_docker_is_judged_when_docker_can_name_it(
    interface: str, version: tuple[int, ...], level: str
) -> None:
    """The lab's own bridge, left by an engine that died, does not keep `lab up` from starting that engine."""
    found = _findings(docker_version=version, routes=((IPv4Network("172.31.250.0/24"), interface),))

    assert found["networks"].level == level
