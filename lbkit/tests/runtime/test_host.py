"""Looking at a host and putting it right: what is read, what is run, and what is written beside what stands there."""

import json
import os
import re
import subprocess
import sys
from dataclasses import replace
from ipaddress import IPv4Network
from pathlib import Path
from typing import Final

import pytest

from lbkit.errors import TargetError
from lbkit.lab.doctor import RUNTIME_NAME, Cure
from lbkit.runtime import host
from lbkit.tests.runtime.bench import READY_HOST, Bench

INFO: Final = {"ServerVersion": "26.1.5+dfsg1", "DefaultRuntime": "runc", "SecurityOptions": ["name=seccomp"]}


@pytest.fixture
def commands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder at the head of PATH, for commands of the test's own."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")
    return folder


def _command(folder: Path, name: str, script: str) -> None:
    (folder / name).write_text(f"#!/bin/sh\n{script}\n")
    (folder / name).chmod(0o755)


@pytest.mark.parametrize(
    ("text", "version"),
    [
        pytest.param("20.10.24+dfsg1", (20, 10, 24), id="debian"),
        pytest.param("26.1.5", (26, 1, 5), id="upstream"),
        pytest.param("29.0.0-rc.1", (29, 0, 0), id="candidate"),
        pytest.param("dev", (), id="no-number"),
        pytest.param("", (), id="empty"),
    ],
)
def test_versions_are_numbers(text: str, version: tuple[int, ...]) -> None:
    """An engine's version is compared by its leading numbers."""
    assert host._version(text) == version


@pytest.mark.parametrize(
    ("script", "error"),
    [
        pytest.param(f"echo '{json.dumps(INFO)}'", "", id="answers"),
        pytest.param(f"echo WARNING: no swap >&2; echo '{json.dumps(INFO)}'", "", id="warns"),
        pytest.param(
            """echo '{"ServerErrors": ["Cannot connect to the Docker daemon"]}'; exit 1""",
            "Cannot connect to the Docker daemon",
            id="stopped",
        ),
        pytest.param("echo permission denied >&2; exit 1", "permission denied", id="refused"),
        pytest.param("exit 1", "no answer", id="silent"),
    ],
)
def test_the_engine_answers_or_says_why_not(commands: Path, script: str, error: str) -> None:
    """The engine's own description is read past the client's warnings; else the client's complaint is kept."""
    _command(commands, "docker", script)

    info, complaint = host._docker_info()

    assert complaint == error
    assert bool(info) is not bool(error)


def test_without_a_client_the_engine_does_not_answer(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A host without docker is a fact, not a failure."""
    monkeypatch.setenv("PATH", str(tmp_path))

    info, complaint = host._docker_info()

    assert info == {}
    assert "docker is not there" in complaint


def test_facts_can_be_had_anywhere(commands: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Looking changes nothing and works with whatever the host has."""
    monkeypatch.setattr("lbkit.runtime.host.os.geteuid", lambda: 0)
    for command in ("ip", "nft"):
        _command(commands, command, "exit 1")
    _command(commands, "docker", f"case $1 in info) echo '{json.dumps(INFO)}';; ps) echo web;; *) exit 1;; esac")
    _command(commands, "unshare", "exit 1")

    facts = host.facts()

    assert facts.docker_version == (26, 1, 5)
    assert facts.running_containers == ("web",)
    assert not facts.is_docker_rootless
    assert facts.features["veth"] is False
    assert set(facts.features) >= {"veth", "bridge", "overlay", "packet sockets", "nf_tables", "TCP-MD5"}
    assert facts.is_root
    assert facts.has_kind_ipv6 is None


@pytest.mark.parametrize(("enabled", "expected"), [("true", True), ("false", False)])
def test_an_ipv4_only_network_of_kind_is_a_fact(commands: Path, enabled: str, expected: bool) -> None:
    """The network of kind is taken as it is found, so whether it has IPv6 must be known before."""
    network = f'[{{"Name": "kind", "EnableIPv6": {enabled}}}]'
    _command(commands, "docker", f"case $1 in info) echo '{json.dumps(INFO)}';; network) echo '{network}';; esac")

    assert host.facts().has_kind_ipv6 is expected


def test_a_kernel_feature_that_cannot_be_tried_is_not_called_missing(
    commands: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without the commands that a trial needs, nothing is known: they may be installed a moment later."""
    _command(commands, "docker", "exit 1")
    monkeypatch.setattr("lbkit.runtime.host._which", lambda _: None)

    assert "veth" not in host.facts().features


def test_a_runtime_that_is_configured_counts_before_the_engine_runs(
    commands: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The cure for a missing CAP_SYS_RESOURCE is applied once, though the engine is started only after it."""
    _command(commands, "docker", "exit 1")
    settings = tmp_path / "daemon.json"
    settings.write_text('{"default-runtime": "lbkit-runc"}')
    monkeypatch.setattr(host, "DAEMON_JSON", settings)

    assert host.facts().default_runtime == "lbkit-runc"


@pytest.mark.parametrize(("builds", "expected"), [(True, True), (False, False)], ids=["builds-parts", "pulls-parts"])
def test_only_who_builds_needs_the_builders_commands(
    commands: Path, monkeypatch: pytest.MonkeyPatch, *, builds: bool, expected: bool
) -> None:
    """With LBKIT_PARTS=pull a host needs no debootstrap."""
    monkeypatch.setattr(host, "_which", lambda command: None if command == "debootstrap" else f"/usr/bin/{command}")
    monkeypatch.setattr(host, "_features", dict)
    _command(commands, "docker", "exit 1")

    assert ("debootstrap" in host.facts(builds_parts=builds).missing_commands) is expected


def test_routes_are_networks_with_interfaces() -> None:
    """Routes come from the kernel's own table, without the default route."""
    for network, interface in host._routes():
        assert isinstance(network, IPv4Network)
        assert network.prefixlen > 0
        assert interface


def test_packages_are_installed_once_each(commands: Path, tmp_path: Path) -> None:
    """Two commands of one package are one package; nobody is asked anything."""
    log = tmp_path / "apt"
    _command(commands, "apt-get", f'echo "$DEBIAN_FRONTEND $*" >> {log}')
    missing = {"docker": "docker.io", "dockerd": "docker.io", "nft": "nftables"}

    done = host.apply(Cure.INSTALL_PACKAGES, replace(READY_HOST, missing_commands=missing))

    assert done == "installed docker.io, nftables"
    assert log.read_text().splitlines() == [
        "noninteractive update -qq",
        "noninteractive install -y -qq --no-install-recommends docker.io nftables",
    ]


def test_limits_are_only_raised(monkeypatch: pytest.MonkeyPatch) -> None:
    """A limit that is high enough already, or that the kernel does not have, is left as it is."""
    done: dict[str, str] = {}
    monkeypatch.setattr(host, "set_sysctl", done.__setitem__)
    limits = {"fs.inotify.max_user_instances": 128, "fs.inotify.max_user_watches": 9999999}

    said = host.apply(Cure.RAISE_LIMITS, replace(READY_HOST, limits=limits))

    assert done == {"fs.inotify.max_user_instances": "1024"}
    assert said == "raised fs.inotify.max_user_instances to 1024"


@pytest.fixture
def engine(tmp_path: Path, commands: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An engine that does not run, with its configuration below the test's folder.

    Returns:
        Path of daemon.json, which is not there yet.
    """
    _command(commands, "docker", "exit 1")
    _command(commands, "runc", 'echo "$@"; cat "$3/config.json" 2> /dev/null; exit 0')
    monkeypatch.setattr(host, "DAEMON_JSON", tmp_path / "etc" / "daemon.json")
    monkeypatch.setattr(host, "RUNTIME", tmp_path / "lib" / "runc-wrapper")
    return tmp_path / "etc" / "daemon.json"


def test_the_default_runtime_is_set_beside_what_stands_there(engine: Path) -> None:
    """Other settings of daemon.json stay, and the file as it was is kept."""
    engine.parent.mkdir()
    before = {"log-driver": "local", "runtimes": {"own": {"path": "/own"}}}
    engine.write_text(json.dumps(before))

    host.apply(Cure.DEFAULT_RUNTIME, READY_HOST)

    assert json.loads(engine.read_text()) == {
        "log-driver": "local",
        "runtimes": {"own": {"path": "/own"}, RUNTIME_NAME: {"path": str(host.RUNTIME)}},
        "default-runtime": RUNTIME_NAME,
    }
    assert json.loads(engine.with_suffix(".json.before-lbkit").read_text()) == before


def test_the_runtime_asks_for_what_it_may_have(engine: Path, tmp_path: Path) -> None:
    """The wrapper takes CAP_SYS_RESOURCE out of a container's configuration and hands everything on to runc."""
    host.apply(Cure.DEFAULT_RUNTIME, READY_HOST)
    bundle = tmp_path / "bundle"
    bundle.mkdir()
    process = {"oomScoreAdj": -500, "capabilities": {"bounding": ["CAP_SYS_ADMIN", "CAP_SYS_RESOURCE"]}}
    (bundle / "config.json").write_text(json.dumps({"process": process, "root": {"path": "rootfs"}}))

    done = subprocess.run(
        [host.RUNTIME, "create", "--bundle", str(bundle), "name"], capture_output=True, text=True, check=True
    )

    assert done.stdout.splitlines()[0] == f"create --bundle {bundle} name"
    assert json.loads((bundle / "config.json").read_text()) == {
        "process": {"capabilities": {"bounding": ["CAP_SYS_ADMIN"]}},
        "root": {"path": "rootfs"},
    }


def test_the_runtime_runs_on_a_python_that_stays(engine: Path) -> None:
    """The wrapper does not run on a virtual environment's Python, which `make clean` removes."""
    host.apply(Cure.DEFAULT_RUNTIME, READY_HOST)

    first = host.RUNTIME.read_text().splitlines()[0]

    assert re.fullmatch(r"#!/\S+", first)
    assert sys.prefix == sys.base_prefix or not first.removeprefix("#!").startswith(sys.prefix)


def test_a_missing_runc_is_named(engine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without runc nothing is written."""
    monkeypatch.setattr(host, "_which", lambda _: None)

    with pytest.raises(TargetError, match="install the package runc"):
        host.apply(Cure.DEFAULT_RUNTIME, READY_HOST)

    assert not engine.exists()


def test_a_network_is_found_by_its_bridge(bench: Bench) -> None:
    """A Docker network's bridge has the name routes show; a network that is not there has none."""
    bench.write("networks", "lbkit-l2\n")

    assert host.bridge("lbkit-l2") == "br-0123456789ab"
    assert host.bridge("lbkit-bgp") == ""


def test_sysctls_are_read_where_they_are() -> None:
    """A sysctl that the kernel has not is empty."""
    assert host.sysctl("kernel.ostype") == "Linux"
    assert host.sysctl("net.no_such.thing") == ""
