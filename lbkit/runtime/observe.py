"""See how a lab is: its containers, their links, its API server, what is deployed in it.

Shell: runs docker, nsenter and kubectl; changes nothing.
"""

import json
import re
import shutil
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from lbkit.lab import steps
from lbkit.lab.topology import LabNode
from lbkit.runtime.run import CommandError, run
from lbkit.runtime.site import Site

State: TypeAlias = Literal["down", "up", "broken"]
TOPOLOGY_LABEL = "clab-topo-file"
LAB_LABEL = "containerlab"
NO_SUCH = "no such container"
"""The one complaint of `docker inspect` that is an answer."""
NO_DAEMON = re.compile(r"is the docker daemon running|if the daemon is running")
"""The client's complaint where nothing listens (until 28, and from 29); where it may not connect, it says another."""
CLUSTER_LABEL = "io.x-k8s.kind.cluster"


class NoEngineError(CommandError):
    """This host has no Docker, or its daemon does not run: nothing runs in containers here."""


@dataclass(frozen=True, slots=True)
class Container:
    """One container of a lab: process id 0 where it does not run."""

    name: str
    pid: int
    image: str
    labels: dict[str, str]


@dataclass(frozen=True, slots=True)
class Observed:
    """How a lab is.

    Args:
        containers: by name, those that exist.
        missing: what a whole lab would have and this one has not, in words.
        owner: topology file that started it; empty where nothing of it exists or nobody knows.
        target: `lbkit`, `metallb` or `none`.
    """

    containers: dict[str, Container]
    missing: tuple[str, ...]
    owner: str
    target: str

    @property
    def state(self) -> State:
        """`up` when nothing is missing, `down` when nothing is there."""
        if not self.containers:
            return "down"
        return "broken" if self.missing else "up"


def glance(site: Site) -> Observed:
    """Look at a lab as `observe` does, for whoever only asks: where no engine runs, it is down, and why is told."""
    try:
        return observe(site)
    except NoEngineError as err:
        return Observed({}, (str(err),), "", "none")


def observe(site: Site) -> Observed:
    """Look at a lab.

    Raises:
        NoEngineError: nothing can be told of what is there but does not run.
        CommandError: the engine could not be asked.
    """
    containers = _containers(site)
    if not containers:
        return Observed({}, (), "", "none")
    missing = []
    with ThreadPoolExecutor(max_workers=8) as pool:
        for lack in pool.map(lambda node: _missing(node, containers.get(node.container)), site.containers):
            missing += lack
    if not missing:
        ready = run(steps.kubectl(site.control_plane, "get", "--raw", "/readyz"), check=False, timeout_s=15)
        if ready.code != 0:
            missing.append(f"the API server on {site.control_plane} is not ready: {ready.output.strip()[-200:]}")
    owners = {box.labels[TOPOLOGY_LABEL] for box in containers.values() if TOPOLOGY_LABEL in box.labels}
    return Observed(containers, tuple(missing), ", ".join(sorted(owners)), "none" if missing else _target(site))


def all_containers(*, label: str) -> dict[str, dict[str, str]]:
    """Containers that carry a label (`name` or `name=value`), running or not: name -> labels."""
    ids = run(["docker", "ps", "-aq", "--filter", f"label={label}"]).output.split()
    return {item["Name"].lstrip("/"): item["Config"]["Labels"] for item in _inspect(ids)}


def _containers(site: Site) -> dict[str, Container]:
    return {
        item["Name"].lstrip("/"): Container(
            name=item["Name"].lstrip("/"),
            pid=item["State"]["Pid"],
            image=item["Config"]["Image"],
            labels=item["Config"]["Labels"] or {},
        )
        for item in _inspect([node.container for node in site.containers])
    }


def _inspect(names: list[str]) -> list[dict[str, Any]]:  # Any: Docker's JSON
    """Inspect those that exist; that the others do not is said on lines of their own."""
    if not names:
        return []
    argv = ["docker", "container", "inspect", *names]
    if shutil.which("docker") is None:
        raise NoEngineError(argv[:1], "not installed. Cure: lbkit lab up, which installs it")
    done = run(argv, check=False)
    if NO_DAEMON.search(done.output.lower()):
        raise NoEngineError(argv[:1], "its daemon does not run. Cure: lbkit lab up, which starts it")
    listed = re.search(r"^\[", done.output, flags=re.MULTILINE)
    start = listed.start() if listed else len(done.output)
    found, end = json.JSONDecoder().raw_decode(done.output, start) if listed else ([], start)
    said = (done.output[:start] + done.output[end:]).splitlines()
    complaints = dict.fromkeys(line for line in said if line.strip() and NO_SUCH not in line.lower())
    if complaints:
        raise CommandError(argv, f"exit code {done.code}", "\n".join(complaints))
    return list(found)


def _missing(node: LabNode, container: Container | None) -> list[str]:
    if container is None:
        return [f"container {node.container} is not there"]
    if not container.pid:
        return [f"container {node.container} does not run"]
    listed = run(["nsenter", "-t", str(container.pid), "-n", "ip", "-o", "link", "show"]).output
    there = {line.split(": ")[1].split("@")[0] for line in listed.splitlines() if ": " in line}
    return [f"{node.name}:{port.name} has no link" for port in node.interfaces if port.name not in there]


def _target(site: Site) -> str:
    """Tell which implementation runs by the image of its controller; both use the same names."""
    query = ("get", "deployment", "controller", "-n", steps.NAMESPACE, "--ignore-not-found", "-o", "jsonpath={..image}")
    image = run(steps.kubectl(site.control_plane, *query), check=False, timeout_s=15).output.strip()
    if not image or "error" in image.lower():
        return "none"
    return "lbkit" if "/lbkit:" in image else "metallb"
