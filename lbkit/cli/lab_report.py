"""What a person, or a program, is shown of a lab.

Shell: prints.
"""

import dataclasses
import json
import re
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import yaml
from rich.console import Console
from rich.table import Table
from rich.text import Text

from lbkit.lab import steps
from lbkit.lab.doctor import Finding
from lbkit.runtime import observe
from lbkit.runtime.build import Builder
from lbkit.runtime.labs import Labs
from lbkit.runtime.observe import Observed
from lbkit.runtime.progress import Progress
from lbkit.runtime.run import run
from lbkit.runtime.site import Site

MARKS = {"ok": "ok", "warn": "!", "fix": "->", "fail": "!!"}
TRIES = 3
ADDRESS_S = 10
"""A replica that stands by is ready, too, so that nobody may lead yet when all are."""
WIDTH = 1000


def summary(labs: Labs, seen: Observed, progress: Progress) -> None:
    """End `lab up`: what runs, where, how long each step took, and three things to try."""
    console = _console()
    site = labs.site
    total = sum(progress.seconds_by_task.values())
    console.print(f"\nlab {site.lab.name} is {seen.state}, with {seen.target} in it ({total:.0f} s)")
    console.print(_nodes(site, seen))
    address = _echo_address(site) if seen.target != "none" else ""
    if address:
        console.print(f"Service echo has the address {address}\n")
    kubectl = labs.builder.find("kubernetes")
    more = f":{kubectl.folder}" if kubectl and kubectl.folder else ""
    console.print(Text(f"export KUBECONFIG={site.kubeconfig}" + (f" PATH=$PATH{more}" if more else "")))
    for title, commands in _tries(site.readme())[:TRIES]:
        console.print(Text(f"\n{title}", style="bold"))
        for command in commands:
            console.print(Text("  " + (command.replace("$IP", address) if address else command)))
    console.print(Text(f"\nmore: labs/{site.lab.name}/README.md"))


def labs(sites: Iterable[Site]) -> None:
    """List labs and their state."""
    table = Table("LAB", "STATE", "TARGET", "STARTED FROM", box=None)
    for site in sites:
        seen = observe.glance(site)
        table.add_row(site.lab.name, seen.state, seen.target, seen.owner or "-")
    _console().print(table)


def status(lab: Labs, output: str) -> bool:
    """Show one lab.

    Returns:
        Whether it is up.
    """
    seen = observe.glance(lab.site)
    if output == "table":
        console = _console()
        console.print(f"lab {lab.site.lab.name}: {seen.state}, target {seen.target}")
        for lack in seen.missing:
            console.print(Text(f"  {lack}"))
        console.print(_nodes(lab.site, seen))
    else:
        _print(_document(lab, seen), output)
    return seen.state == "up"


def findings(found: Iterable[Finding], output: str) -> None:
    """Show what the doctor found; `->` marks what `lab up` puts right by itself."""
    if output != "table":
        _print([dataclasses.asdict(finding) for finding in found], output)
        return
    console = _console()
    for finding in found:
        console.print(Text(f"{MARKS[finding.level]:>2}  {finding.what:<18} {finding.message}"))
        if finding.level != "ok":
            console.print(Text(f"{'':<23} cure: {finding.cure}"))


def parts(builder: Builder) -> None:
    """Show every part, its key and where it is."""
    table = Table("PART", "KIND", "VERSION", "KEY", "WHERE", box=None)
    for name, part in builder.parts.by_name.items():
        had = builder.find(name)
        where = "-" if had is None else had.image or str(had.folder)
        table.add_row(name, part.kind, part.version or "-", builder.keys[name], where)
    _console().print(table)


def _kubeconfig(site: Site, seen: Observed) -> Path:
    """Where the cluster's kubeconfig is: beside the topology file that started the lab, maybe in another checkout."""
    started_from = Path(seen.owner).parent if seen.owner else site.folder
    return started_from / site.lab.clusters[0].kubeconfig


def _document(lab: Labs, seen: Observed) -> dict[str, Any]:  # Any: a JSON document
    """What a program needs to find its way in a lab; the conformance suite reads this and nothing else of lbkit."""
    site = lab.site
    return {
        "name": site.lab.name,
        "state": seen.state,
        "missing": list(seen.missing),
        "target": seen.target,
        "owner": seen.owner,
        "topology": str(site.topology),
        "kubeconfig": str(_kubeconfig(site, seen)),
        "controlPlane": site.control_plane,
        "namespace": steps.NAMESPACE,
        "nodes": {node.name: _node(node, seen) for node in site.containers},
        "capture": {
            point.name: {"node": point.container, "pid": _pid(seen, point.container), "interface": point.interface}
            for point in site.lab.capture_points
        },
        "pools": {pool.name: [str(piece) for piece in pool.ranges] for pool in site.lab.pools},
        "eligible": [node.name for node in site.lab.with_role("k8s-node")],
        "images": {"echo": lab.builder.node_image("agnhost")},
    }


def _node(node: Any, seen: Observed) -> dict[str, Any]:  # Any: LabNode, and JSON
    return {
        "container": node.container,
        "pid": _pid(seen, node.container),
        "role": node.role,
        "kind": node.daemon or node.kind,
        "interfaces": {
            port.name: {"mac": port.mac, "addresses": [str(item) for item in port.addresses], "peer": str(port.peer)}
            for port in node.interfaces
        },
    }


def _pid(seen: Observed, container: str) -> int:
    found = seen.containers.get(container)
    return found.pid if found else 0


def _nodes(site: Site, seen: Observed) -> Table:
    table = Table("NODE", "ROLE", "CONTAINER", "STATE", "ADDRESSES", box=None)
    for node in site.containers:
        addresses = ", ".join(f"{port.name} {item}" for port in node.interfaces for item in port.addresses)
        state = "running" if _pid(seen, node.container) else "missing"
        table.add_row(node.name, node.role, node.container, state, addresses or "-")
    return table


def _echo_address(site: Site) -> str:
    """Give the address of the lab's Service, once a leader has given it one; empty if none does."""
    awaited = steps.await_address(site.control_plane, "echo", timeout_s=ADDRESS_S)
    run(awaited, check=False, timeout_s=ADDRESS_S + 10)
    query = ("get", "service", "echo", "--ignore-not-found", "-o", "jsonpath={.status.loadBalancer.ingress[0].ip}")
    done = run(steps.kubectl(site.control_plane, *query), check=False)
    return done.output.strip() if done.code == 0 else ""


def _tries(readme: str) -> list[tuple[str, list[str]]]:
    """Take the exercises from a lab's README: bold title, then its first code block."""
    _, _, section = readme.partition("## Try this")
    found = re.findall(r"^\*\*(.+?)\*\*.*?^```\w*\n(.*?)^```", section, flags=re.DOTALL | re.MULTILINE)
    return [
        (title, [line for line in block.splitlines() if line and not line.startswith("IP=")]) for title, block in found
    ]


def _print(document: Mapping[str, Any] | list[Any], output: str) -> None:
    if output == "json":
        sys.stdout.write(json.dumps(document, indent=2) + "\n")
    else:
        sys.stdout.write(yaml.safe_dump(document, sort_keys=False))


def _console() -> Console:
    # Wider than any table: a narrow terminal wraps by itself, while a cell that is cut loses its path or address.
    return Console(highlight=False, markup=False, soft_wrap=True, width=WIDTH)
