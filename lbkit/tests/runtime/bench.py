"""A bench for the runtime room: commands that are small scripts (`fakes/`), and a checkout to work on.

The fakes write down each call and keep what they know in files, so a test reads what was run and what is there, and a
second run meets the first one's results, as with the real commands.

Shell: writes below a test's own folder.
"""

import json
import os
import re
import shlex
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, cached_property
from io import StringIO
from itertools import groupby
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from lbkit.lab.doctor import LIMITS, OPTIONAL_FEATURES, REQUIRED_FEATURES, HostFacts
from lbkit.lab.parts import Part
from lbkit.lab.topology import Lab
from lbkit.runtime import host, leftovers, observe
from lbkit.runtime import site as sites
from lbkit.runtime.build import Builder, Had
from lbkit.runtime.labs import Labs
from lbkit.runtime.progress import Progress
from lbkit.runtime.site import Site

CHECKOUT = Path(__file__).parents[3]
FAKES = Path(__file__).parent / "fakes"
FOLDERS = ("contexts", "applied", "containers", "node-images", "links", "lab", "lab-links", "modules")
FILES = ("calls", "fail", "hang", "images", "registry", "networks", "objects", "controller", "kubeadm-images")
CALL_END, WORD_END = "\x1e", "\x1f"

READY_HOST = HostFacts(
    is_root=True,
    system=frozenset({"debian"}),
    missing_commands={},
    docker_version=(26, 1, 5),
    docker_error="",
    is_docker_rootless=False,
    default_runtime="runc",
    capabilities_bounding=(1 << 41) - 1,
    running_containers=(),
    features=dict.fromkeys((*REQUIRED_FEATURES, *OPTIONAL_FEATURES), True),
    cgroup_version=2,
    limits=LIMITS,
    free_disk_gib=100.0,
    free_memory_gib=16.0,
)
"""A host that lacks nothing."""


@dataclass(frozen=True, slots=True)
class Bench:
    """What the fakes know.

    Args:
        state: their folder (FAKE_STATE).
        cache: an empty folder for the builder.
    """

    state: Path
    cache: Path

    def calls(self, command: str = "") -> list[tuple[str, ...]]:
        """The argv of every call so far, in order; only those that begin with the words of `command`."""
        records = (self.state / "calls").read_text().split(CALL_END)[:-1]
        found = [tuple(record.rstrip(WORD_END).split(WORD_END)) for record in records]
        words = tuple(command.split())
        return [argv for argv in found if argv[: len(words)] == words]

    def forget_calls(self) -> None:
        """Begin to count anew."""
        self.write("calls", "")

    def write(self, file: str, text: str) -> None:
        """Tell the fakes something."""
        (self.state / file).write_text(text)

    def read(self, file: str) -> str:
        """Read what a fake keeps."""
        return (self.state / file).read_text()

    def lines(self, file: str) -> list[str]:
        """Read what a fake keeps, by lines."""
        return self.read(file).splitlines()

    def applied(self) -> list[str]:
        """What each `kubectl apply` was fed, in order."""
        return [
            file.read_text() for file in sorted((self.state / "applied").iterdir(), key=lambda file: int(file.name))
        ]


def bench(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Bench:
    """Put the fakes on PATH and give them an empty memory."""
    state, cache = folder / "state", folder / "cache"
    for name in FOLDERS:
        (state / name).mkdir(parents=True)
    for name in FILES:
        (state / name).write_text("")
    (state / "go-version").write_text("go1.26.4\n")
    cache.mkdir()
    monkeypatch.setenv("FAKE_STATE", str(state))
    monkeypatch.setenv("PATH", f"{FAKES}:{os.environ['PATH']}")
    monkeypatch.setenv("LBKIT_CACHE", str(cache))
    monkeypatch.setattr("sys.executable", str(FAKES / "python-with-pip"))
    return Bench(state, cache)


def quiet() -> Progress:
    """A progress whose lines go nowhere."""
    return Progress(Console(file=StringIO()))


class ReadyBuilder(Builder):
    """Has every part without building: images are `lbkit/<part>:key`, binaries are the fakes."""

    @cached_property
    def keys(self) -> dict[str, str]:
        """One key for all, so that a golden file does not change with every file of the checkout."""
        return dict.fromkeys(self.parts.by_name, "key")

    def have(self, *names: str) -> dict[str, Had]:
        """Have the parts at once."""
        return {name: self._had(self.parts.by_name[name]) for name in names}

    def find(self, name: str) -> Had | None:
        """Find every part."""
        return self._had(self.parts.by_name[name])

    def _had(self, part: Part) -> Had:
        if part.name == "metallb-binary":
            return Had(part, folder=self.root / "metallb")
        return Had(part, image=f"lbkit/{part.name}:key") if part.is_image else Had(part, folder=FAKES)


def checkout(folder: Path) -> Path:
    """Copy what a lab needs of this checkout, so that nothing is written into it.

    Returns:
        The copy's root.
    """
    root = folder / "checkout"
    for name in ("labs", "lbkit/manifests"):
        shutil.copytree(CHECKOUT / name, root / name, ignore=shutil.ignore_patterns("clab-*", "__pycache__"))
    (root / "images").mkdir()
    shutil.copy(CHECKOUT / "images" / "parts.toml", root / "images")
    (root / "metallb").mkdir()
    (root / "metallb" / "manifests.yaml").write_text("kind: Deployment\nimage: quay.io/metallb/controller:v0\n")
    return root


@cache
def lab(name: str) -> Lab:
    """Read a lab of this checkout, once for all tests."""
    return sites.load(CHECKOUT, name).lab


def wait_for_lab(bench: Bench, site: Site, *, started_from: Path | None = None) -> None:
    """Give the fake containerlab the containers that it will start, and the fake nsenter their links."""
    for pid, node in enumerate(site.containers, start=100):
        labels = {observe.LAB_LABEL: site.lab.name, observe.TOPOLOGY_LABEL: str(started_from or site.topology)}
        if node.kind == "ext-container":
            labels = {observe.CLUSTER_LABEL: site.cluster}
        else:
            labels[leftovers.LAB_ROLE_LABEL] = node.role
        container: dict[str, Any] = {  # Any: JSON
            "Name": f"/{node.container}",
            "State": {"Pid": pid},
            "Config": {"Image": node.image, "Labels": labels},
        }
        bench.write(f"lab/{node.container}", json.dumps(container))
        names = ["lo", "eth0@if7", *(f"{port.name}@if9" for port in node.interfaces)]
        lines = [f"{index}: {name}: <BROADCAST,UP> mtu 1500" for index, name in enumerate(names, start=1)]
        bench.write(f"lab-links/{pid}", "\n".join(lines) + "\n")


def start_by_hand(bench: Bench) -> None:
    """Have the containers of `wait_for_lab` up, without a run of containerlab."""
    for source, target in (("lab", "containers"), ("lab-links", "links")):
        shutil.copytree(bench.state / source, bench.state / target, dirs_exist_ok=True)


@dataclass
class FakeHost:
    """The host's files and settings that a lab changes."""

    hosts: Path
    sysctls: dict[str, str]

    def set_sysctl(self, name: str, value: str) -> None:
        """Set one."""
        self.sysctls[name] = value


def fake_host(folder: Path, monkeypatch: pytest.MonkeyPatch, facts: HostFacts = READY_HOST) -> FakeHost:
    """Let the runtime see a host of the test's own: facts, sysctls, /etc/hosts, /run."""
    fake = FakeHost(folder / "hosts", dict.fromkeys(leftovers.SYSCTLS, "1"))
    fake.hosts.write_text("127.0.0.1 localhost\n")
    (folder / "ssh").mkdir()
    (folder / "netns").mkdir()
    monkeypatch.setattr(leftovers, "MEMORY", folder / "run" / "host.json")
    monkeypatch.setattr(leftovers, "HOSTS", fake.hosts)
    monkeypatch.setattr(leftovers, "SSH_CONFIG", folder / "ssh")
    monkeypatch.setattr(leftovers, "NAMESPACES", folder / "netns")
    monkeypatch.setattr(host, "facts", lambda **_: facts)
    monkeypatch.setattr(host, "sysctl", lambda name: fake.sysctls.get(name, ""))
    monkeypatch.setattr(host, "set_sysctl", fake.set_sysctl)
    return fake


def labs(bench: Bench, site: Site) -> Labs:
    """One lab, with every part there."""
    progress = quiet()
    return Labs(site, ReadyBuilder(site.root, "auto", progress, bench.cache), progress)


def readable(bench: Bench, root: Path) -> str:
    """Write the calls so far as a person would type them, with the test's folders under their roles' names.

    What runs side by side has no order of its own: the same command for each node is sorted by node, images go into the
    nodes after the line that starts the nodes, and an archive is made before the nodes are asked what they have.
    """
    calls = bench.calls()
    _bring_forward(calls, ("docker", "save"), _is_listing)
    _bring_forward(calls, ("containerlab", "deploy"), _is_loading)
    groups = [sorted(map(typed, group)) for _, group in groupby(enumerate(calls), _beside)]
    text = "\n".join(line for group in groups for line in group) + "\n"
    names = {str(root): "CHECKOUT", str(bench.cache): "CACHE", str(bench.state): "STATE", str(FAKES): "PART"}
    for path, name in names.items():
        text = text.replace(path, name)
    return re.sub(r"(/\.[a-z]+-)\w{8}/", r"\1XXXXXXXX/", text)  # temporary folders


def typed(call: tuple[int, tuple[str, ...]]) -> str:
    """Write one call; a script stands below it, unquoted, so that it can be read."""
    *words, last = call[1]
    if "\n" in last or "'" in last:
        return shlex.join(words) + "".join(f"\n    {line}" for line in last.splitlines())
    return shlex.join(call[1])


def _bring_forward(
    calls: list[tuple[str, ...]], start: tuple[str, ...], beside: Callable[[tuple[str, ...]], bool]
) -> None:
    """Move each call that begins with `start` before those right before it that run beside it."""
    for argv in [argv for argv in calls if argv[:2] == start]:
        before = calls.index(argv)
        while before and beside(calls[before - 1]):
            before -= 1
        calls.remove(argv)
        calls.insert(before, argv)


def _is_listing(argv: tuple[str, ...]) -> bool:
    return "content" in argv


def _is_loading(argv: tuple[str, ...]) -> bool:
    return "ctr" in argv or argv[:2] in {("docker", "tag"), ("docker", "save")}


def _beside(call: tuple[int, tuple[str, ...]]) -> tuple[str, ...] | int:
    """What calls that run side by side have in common; for one that runs alone, its own number."""
    number, argv = call
    if argv[0] == "nsenter" or argv[:2] == ("docker", "tag"):
        return argv[:2] if argv[0] == "docker" else argv[:1]
    if argv[:2] == ("docker", "exec") and "kubectl" not in argv:
        return tuple(word for word in ("sh", "version", "images", "content", "import") if word in argv)
    return number
