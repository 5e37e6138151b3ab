"""Look at the host, and put right what `lbkit.lab.doctor` says may be put right.

Shell: reads /proc and /sys; installs Debian packages, writes Docker's configuration, starts dockerd, sets sysctls.
"""

import contextlib
import itertools
import json
import os
import shutil
import socket
import struct
import subprocess
import sys
import time
from ipaddress import IPv4Network
from pathlib import Path
from typing import Any

import psutil

from lbkit.errors import TargetError
from lbkit.lab import doctor
from lbkit.lab.doctor import Cure, HostFacts
from lbkit.runtime.run import CommandError, run

PACKAGE_BY_COMMAND = {
    "dockerd": "docker.io",
    "docker": "docker.io",
    "ip": "iproute2",
    "iptables": "iptables",
    "nft": "nftables",
    "nsenter": "util-linux",
    "tar": "tar",
}
PACKAGE_BY_BUILD_COMMAND = {"debootstrap": "debootstrap"}
KIND_NETWORK = "kind"
"""The network of every kind cluster; the first one makes it."""
DAEMON_JSON = Path("/etc/docker/daemon.json")
RUNTIME = Path("/usr/local/lib/lbkit/runc-without-sys-resource")
DOCKERD_LOG = Path("/var/log/dockerd-by-lbkit.log")
DOCKERD_TIMEOUT_S = 60.0
TCP_MD5SIG = 14
"""linux/tcp.h."""

RUNTIME_SOURCE = """#!{python}
# runc for a host whose bounding set lacks CAP_SYS_RESOURCE: asking for it anyway makes every privileged container fail.
# Written by `lbkit lab up`; named in /etc/docker/daemon.json.
import json, os, sys

def option(name, short):
    for i, word in enumerate(sys.argv):
        if word in (name, short):
            return sys.argv[i + 1]
        if word.startswith(name + "="):
            return word.split("=", 1)[1]
    return None

def strip(process):
    for kind, capabilities in (process.get("capabilities") or {{}}).items():
        process["capabilities"][kind] = [name for name in capabilities if name != "CAP_SYS_RESOURCE"]
    process.pop("oomScoreAdj", None)

words = sys.argv[1:]
path = None
if "create" in words or "run" in words:
    path = os.path.join(option("--bundle", "-b") or ".", "config.json")
elif "exec" in words:
    path = option("--process", "-p")
if path:
    with open(path) as file:
        document = json.load(file)
    strip(document.get("process", document))
    with open(path, "w") as file:
        json.dump(document, file)
os.execv({runc!r}, ["runc", *words])
"""


def facts(*, builds_parts: bool = True) -> HostFacts:
    """Look at this host; changes nothing.

    Args:
        builds_parts: whether parts may have to be built here, which takes a few commands more.
    """
    commands = PACKAGE_BY_COMMAND | (PACKAGE_BY_BUILD_COMMAND if builds_parts else {})
    missing = {command: package for command, package in commands.items() if _which(command) is None}
    info, error = _docker_info()
    return HostFacts(
        is_root=os.geteuid() == 0,
        system=_system(),
        missing_commands=missing,
        docker_version=_version(info.get("ServerVersion", "")),
        docker_error=error,
        is_docker_rootless=any("rootless" in option for option in info.get("SecurityOptions") or ()),
        default_runtime=info.get("DefaultRuntime") or str(_daemon_settings().get("default-runtime", "")),
        capabilities_bounding=int(_status_field("CapBnd"), 16),
        running_containers=_running_containers() if info else (),
        features=_features(),
        cgroup_version=2 if Path("/sys/fs/cgroup/cgroup.controllers").exists() else 1,
        limits={name: int(got) for name in doctor.LIMITS if (got := sysctl(name))},
        free_disk_gib=shutil.disk_usage(_existing(Path(info.get("DockerRootDir", "/var/lib/docker")))).free / 2**30,
        free_memory_gib=psutil.virtual_memory().available / 2**30,
        routes=_routes(),
        has_kind_ipv6=_has_kind_ipv6() if info else None,
    )


def apply(cure: Cure, found: HostFacts) -> str:
    """Carry out one cure.

    Returns:
        What was done, for the person who watches.

    Raises:
        TargetError: it could not be done; the message has the command and its output.
    """
    match cure:
        case Cure.INSTALL_PACKAGES:
            packages = sorted(set(found.missing_commands.values()))
            env = {"DEBIAN_FRONTEND": "noninteractive"}
            run(["apt-get", "update", "-qq"], timeout_s=300, env=env)
            run(["apt-get", "install", "-y", "-qq", "--no-install-recommends", *packages], timeout_s=600, env=env)
            return f"installed {', '.join(packages)}"
        case Cure.START_DOCKER:
            return _start_docker()
        case Cure.DEFAULT_RUNTIME:
            return _set_default_runtime()
        case Cure.RAISE_LIMITS:
            for name, least in found.low_limits.items():
                set_sysctl(name, str(least))
            return "raised " + ", ".join(f"{name} to {least}" for name, least in found.low_limits.items())


def set_sysctl(name: str, value: str) -> None:
    """Set one sysctl of the host."""
    Path("/proc/sys", *name.split(".")).write_text(value)


def sysctl(name: str) -> str:
    """Read one sysctl of the host; empty where the kernel has no such one."""
    path = Path("/proc/sys", *name.split("."))
    return path.read_text().strip() if path.exists() else ""


def bridge(network: str) -> str:
    """Name of the host's bridge for a Docker network, as routes show it; empty where there is no such network."""
    found = _docker_network(network)
    if found is None:
        return ""
    return str(found["Options"].get("com.docker.network.bridge.name") or f"br-{found['Id'][:12]}")


def _docker_network(name: str) -> dict[str, Any] | None:  # Any: the engine's JSON
    done = run(["docker", "network", "inspect", name], check=False)
    if done.code != 0:
        return None
    (found,) = json.loads(done.output)
    return dict(found)


def _has_kind_ipv6() -> bool | None:
    found = _docker_network(KIND_NETWORK)
    return None if found is None else bool(found["EnableIPv6"])


def _start_docker() -> str:
    """Start dockerd with systemd where systemd runs, else by itself, and wait until it answers."""
    if _is_systemd():
        run(["systemctl", "start", "docker"], timeout_s=DOCKERD_TIMEOUT_S)
        how = "started docker.service"
    else:
        with DOCKERD_LOG.open("ab") as log:
            subprocess.Popen(["dockerd"], stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)
        how = f"started dockerd (its log: {DOCKERD_LOG})"
    _await_docker()
    return how


def _await_docker() -> None:
    deadline = time.monotonic() + DOCKERD_TIMEOUT_S
    while True:
        info, error = _docker_info()
        if info:
            return
        if time.monotonic() > deadline:
            tail = DOCKERD_LOG.read_text()[-2000:] if DOCKERD_LOG.exists() else ""
            raise TargetError(f"dockerd did not answer within {DOCKERD_TIMEOUT_S:.0f} s: {error}\n{tail}", output=tail)
        time.sleep(0.2)


def _set_default_runtime() -> str:
    """Name the runtime wrapper in daemon.json, beside whatever stands there, and restart a running engine."""
    runc = _which("runc")
    if runc is None:
        raise TargetError("runc is not on PATH; install the package runc")
    python = os.path.realpath(getattr(sys, "_base_executable", sys.executable))
    RUNTIME.parent.mkdir(parents=True, exist_ok=True)
    RUNTIME.write_text(RUNTIME_SOURCE.format(python=python, runc=runc))
    RUNTIME.chmod(0o755)
    settings = _daemon_settings()
    if DAEMON_JSON.exists():
        shutil.copy2(DAEMON_JSON, DAEMON_JSON.with_suffix(".json.before-lbkit"))
    settings.setdefault("runtimes", {})[doctor.RUNTIME_NAME] = {"path": str(RUNTIME)}
    settings["default-runtime"] = doctor.RUNTIME_NAME
    DAEMON_JSON.parent.mkdir(parents=True, exist_ok=True)
    DAEMON_JSON.write_text(json.dumps(settings, indent=2) + "\n")
    done = f"made {doctor.RUNTIME_NAME} the default runtime in {DAEMON_JSON}"
    info, _ = _docker_info()
    if not info:
        return done
    if _is_systemd():
        run(["systemctl", "restart", "docker"], timeout_s=DOCKERD_TIMEOUT_S)
    else:
        # The engine reads runtimes and the default again on SIGHUP, so nothing has to be stopped.
        for process in psutil.process_iter(["name"]):
            if process.info["name"] == "dockerd":
                process.send_signal(1)
        time.sleep(1.0)
    _await_docker()
    return f"{done}, and had the engine take it up"


def _daemon_settings() -> dict[str, Any]:  # Any: JSON
    """Read Docker's own configuration: what an engine that does not run yet will start with."""
    if not DAEMON_JSON.exists():
        return {}
    try:
        return dict(json.loads(DAEMON_JSON.read_text()))
    except ValueError as err:
        raise TargetError(f"{DAEMON_JSON} is not JSON ({err}); mend it, or move it away") from err


def _docker_info() -> tuple[dict[str, Any], str]:  # Any: the engine's JSON
    """Ask the engine about itself: its answer and "", or nothing and the client's complaint."""
    try:
        done = run(["docker", "info", "--format", "{{json .}}"], timeout_s=20, check=False)
    except CommandError as err:
        return {}, str(err).splitlines()[0]
    try:
        info = json.loads(done.output[done.output.index("{") :])
    except ValueError:
        return {}, done.output.strip().splitlines()[-1] if done.output.strip() else "no answer"
    if not info.get("ServerVersion"):
        return {}, "; ".join(info.get("ServerErrors") or ["no answer"])
    return info, ""


def _running_containers() -> tuple[str, ...]:
    return tuple(run(["docker", "ps", "--format", "{{.Names}}"]).output.split())


def _version(text: str) -> tuple[int, ...]:
    pieces = []
    for piece in text.split(".")[:3]:
        digits = "".join(itertools.takewhile(str.isdigit, piece))
        if not digits:
            break
        pieces.append(int(digits))
    return tuple(pieces)


def _system() -> frozenset[str]:
    fields = {}
    for line in Path("/etc/os-release").read_text().splitlines():
        key, _, value = line.partition("=")
        fields[key] = value.strip('"')
    return frozenset(f"{fields.get('ID', '')} {fields.get('ID_LIKE', '')}".split())


def _status_field(name: str) -> str:
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(f"{name}:"):
            return line.split()[1]
    raise TargetError(f"/proc/self/status has no {name}")


def _existing(path: Path) -> Path:
    while not path.exists():
        path = path.parent
    return path


def _is_systemd() -> bool:
    return Path("/run/systemd/system").is_dir()


def _features() -> dict[str, bool]:
    """Try each kernel feature the way a lab uses it, in a network namespace that is gone afterwards."""
    network = "ip link add name lbk0 type veth peer name lbk1 && ip link set lbk0 up && ip link set lbk1 up"
    address = f"{network} && ip addr add 192.0.2.1/24 dev lbk0"
    hops = "nexthop via 192.0.2.2 nexthop via 192.0.2.3"
    chain = "add chain ip6 lbk nat { type nat hook postrouting priority 100; }"
    nat = f"nft 'add table ip6 lbk; {chain}; add rule ip6 lbk nat masquerade'"
    tries = {
        "veth": network,
        "bridge": "ip link add name lbkbr type bridge",
        "multipath routes": f"{address} && ip route add 198.51.100.0/24 {hops}",
        "next-hop objects": f"{address} && ip nexthop add id 1 via 192.0.2.2 dev lbk0",
        "nf_tables": "nft add table inet lbk",
        doctor.IPV6_FEATURE: f"{network} && ip -6 addr add 2001:db8::1/64 dev lbk0 nodad && {nat}",
    }
    found = {"overlay": "overlay" in Path("/proc/filesystems").read_text(), "packet sockets": _has_packet_sockets()}
    found["TCP-MD5"] = _has_tcp_md5()
    can_try = os.geteuid() == 0 and all(_which(command) for command in ("unshare", "ip", "nft"))
    if can_try:
        for name, script in tries.items():
            found[name] = run(["unshare", "--net", "sh", "-c", script], check=False, timeout_s=20).code == 0
    return found


def _has_packet_sockets() -> bool:
    with contextlib.suppress(OSError), socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0):
        return True
    return False


def _has_tcp_md5() -> bool:
    """Set a key for 127.0.0.1 (struct tcp_md5sig of linux/tcp.h), as a BGP speaker would."""
    address = struct.pack("<HH4s8x", socket.AF_INET, 0, socket.inet_aton("127.0.0.1")).ljust(128, b"\0")
    key = address + struct.pack("<xxHI80s", 3, 0, b"key")
    with contextlib.suppress(OSError), socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.IPPROTO_TCP, TCP_MD5SIG, key)
        return True
    return False


def _routes() -> tuple[tuple[IPv4Network, str], ...]:
    """Read the main table from /proc/net/route; the default route is left out."""
    result = []
    for line in Path("/proc/net/route").read_text().splitlines()[1:]:
        interface, destination, _, _, _, _, _, mask, *_ = line.split()
        if mask != "00000000":
            swap = [socket.inet_ntoa(struct.pack("<I", int(word, 16))) for word in (destination, mask)]
            result.append((IPv4Network("/".join(swap)), interface))
    return tuple(result)


def _which(command: str) -> str | None:
    path = os.environ.get("PATH", "") + ":/usr/local/sbin:/usr/sbin:/sbin"
    return shutil.which(command, path=path)
