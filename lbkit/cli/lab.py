"""`lbkit lab`: bring a lab up, look at it, change what runs in it, take it down.

Shell: parses arguments, prints.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from lbkit.lab import steps

if TYPE_CHECKING:
    from lbkit.runtime.labs import Labs

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    help="""Labs: kind clusters beside real routers, wired by containerlab.

    \b
    lbkit lab up l2          bring the lab up; again: say so, or repair it
    lbkit lab list           which labs there are, and which are up
    lbkit lab status l2      how one is: nodes, addresses, what runs in it
    lbkit lab exec l2 far -- curl -s http://10.10.0.200/hostname
    lbkit lab reload l2      bring changed code into it
    lbkit lab down l2        take it down, leaving nothing
    """,
)

Name = Annotated[str, typer.Argument(help="A lab of this checkout (see `lbkit lab list`).")]
Parts = Annotated[
    str,
    typer.Option(
        envvar="LBKIT_PARTS",
        help="How to have the parts: auto (pull where a registry answers, else build), pull or build.",
    ),
]


class Target(StrEnum):
    """What runs in a lab."""

    LBKIT = "lbkit"
    METALLB = "metallb"
    NONE = "none"


class Output(StrEnum):
    """How to print."""

    TABLE = "table"
    JSON = "json"
    YAML = "yaml"


OutputOption = Annotated[Output, typer.Option("--output", "-o", help="How to print.")]


@app.command()
def up(
    name: Name,
    target: Annotated[Target, typer.Option(help="What to deploy in it.")] = Target.LBKIT,
    replace: Annotated[
        bool,
        typer.Option(
            "--replace", envvar="LBKIT_REPLACE", help="Take down a lab of that name that another checkout started."
        ),
    ] = False,
    parts: Parts = "auto",
) -> None:
    """Bring a lab up, or whatever of it is missing; ends with what runs and what to try."""
    from lbkit.cli import lab_report
    from lbkit.runtime.progress import Progress

    with Progress() as progress:
        labs = _labs(name, parts, progress)
        seen = labs.up(target=target.value, replace=replace)
    lab_report.summary(labs, seen, progress)


@app.command()
def down(
    name: Name,
    force: Annotated[bool, typer.Option("--force", help="Also a lab that another checkout started.")] = False,
) -> None:
    """Take a lab down: containers, links, networks, and what it changed on the host."""
    from lbkit.runtime.progress import Progress

    with Progress() as progress:
        done = _labs(name, "auto", progress).down(force=force)
    typer.echo("\n".join(done) if done else f"lab {name} was not up; nothing to do")


@app.command("list")
def list_labs() -> None:
    """List the labs of this checkout, and which are up."""
    from lbkit.cli import lab_report
    from lbkit.runtime import site

    lab_report.labs(site.load_all(site.root()))


@app.command()
def status(name: Name, output: OutputOption = Output.TABLE) -> None:
    """Show how a lab is: nodes, addresses, what is deployed; exit code 1 unless it is up."""
    from lbkit.cli import lab_report
    from lbkit.runtime.progress import Progress

    with Progress() as progress:
        labs = _labs(name, "auto", progress)
    is_up = lab_report.status(labs, output.value)
    raise typer.Exit(0 if is_up else 1)


@app.command()
def deploy(
    name: Name, target: Annotated[Target, typer.Option(help="What to deploy.")] = Target.LBKIT, parts: Parts = "auto"
) -> None:
    """Put an implementation into a lab that is up, in place of what is there."""
    from lbkit.runtime import targets
    from lbkit.runtime.progress import Progress

    with Progress() as progress:
        labs = _labs(name, parts, progress)
        is_there = _running(labs) == target.value
        targets.deploy(labs.site, labs.builder, progress, target.value, is_there=is_there)


@app.command()
def reload(name: Name, parts: Parts = "auto") -> None:
    """Bring changed lbkit code into a running lab."""
    from lbkit.errors import InputError, Problem
    from lbkit.runtime import targets
    from lbkit.runtime.progress import Progress

    with Progress() as progress:
        labs = _labs(name, parts, progress)
        target = _running(labs)
        if target != Target.LBKIT.value:
            cure = f"lbkit lab deploy {name} --target lbkit"
            raise InputError(Problem("lab", f"{name} has {target} in it, so there is no lbkit to reload. Cure: {cure}"))
        targets.reload(labs.site, labs.builder, progress)


@app.command("exec", context_settings={"ignore_unknown_options": True})
def execute(
    name: Name,
    node: Annotated[str, typer.Argument(help="A node of the lab.")],
    command: Annotated[list[str], typer.Argument(help="The command, after --.")],
) -> None:
    """Run a command in a node; the exit code is the command's."""
    import os

    os.execvp("docker", ["docker", "exec", *_terminal(), _container(name, node), *command])


@app.command()
def shell(name: Name, node: Annotated[str, typer.Argument(help="A node of the lab.")]) -> None:
    """Open a shell in a node."""
    import os

    os.execvp("docker", ["docker", "exec", *_terminal(), _container(name, node), "sh", "-c", "exec bash || exec sh"])


@app.command()
def logs(
    name: Name,
    node: Annotated[str, typer.Argument(help="A node, or: controller, speaker.")],
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on printing.")] = False,
) -> None:
    """Print what a node, the controller or the speakers say."""
    import os

    from lbkit.runtime import site

    more = ["-f"] if follow else []
    if node in {"controller", "speaker"}:
        control_plane = site.load(site.root(), name).control_plane
        query = (
            "logs",
            "-n",
            steps.NAMESPACE,
            "-l",
            f"component={node}",
            "--prefix",
            "--all-containers",
            "--tail=200",
            *more,
        )
        argv: tuple[str, ...] = steps.kubectl(control_plane, *query)
    else:
        argv = ("docker", "logs", *more, _container(name, node))
    os.execvp(argv[0], argv)


@app.command(context_settings={"ignore_unknown_options": True})
def kubectl(
    name: Name, arguments: Annotated[list[str], typer.Argument(help="What to tell kubectl, after --.")]
) -> None:
    """Run kubectl against the lab's cluster, whether or not this host has one."""
    import os

    from lbkit.runtime import site

    argv = steps.kubectl(site.load(site.root(), name).control_plane, *arguments)
    os.execvp(argv[0], argv)


@app.command()
def doctor(parts: Parts = "auto", output: OutputOption = Output.TABLE) -> None:
    """Say what this host lacks for the labs, and the cure; exit code 2 if a person has to do something."""
    from lbkit.cli import lab_report
    from lbkit.runtime import host, site
    from lbkit.runtime.progress import Progress

    first, *_ = site.names(site.root())
    with Progress() as progress:
        labs = _labs(first, parts, progress)
    findings = labs.examine(host.facts(builds_parts=labs.builder.mode != "pull"))
    lab_report.findings(findings, output.value)
    raise typer.Exit(2 if any(finding.level == "fail" for finding in findings) else 0)


@app.command("parts")
def list_parts(
    names: Annotated[list[str] | None, typer.Argument(help="Have these now; without names, only show.")] = None,
    parts: Parts = "auto",
) -> None:
    """Show the parts of the labs, their versions and where they are; with names, have them."""
    from lbkit.cli import lab_report
    from lbkit.runtime import site
    from lbkit.runtime.build import Builder
    from lbkit.runtime.progress import Progress

    with Progress() as progress:
        builder = Builder(site.root(), parts, progress)
        builder.have(*(names or ()))
    lab_report.parts(builder)


def _labs(name: str, parts: str, progress: object) -> Labs:
    from lbkit.runtime import site
    from lbkit.runtime.build import Builder
    from lbkit.runtime.labs import Labs
    from lbkit.runtime.progress import Progress

    assert isinstance(progress, Progress)
    checkout = site.root()
    here, others = site.load_with_others(checkout, name)
    return Labs(here, Builder(checkout, parts, progress), progress, others)


def _running(labs: Labs) -> str:
    """What is deployed in a lab that is up; refused where it is not."""
    from lbkit.errors import InputError, Problem
    from lbkit.runtime import observe

    seen = observe.observe(labs.site)
    if seen.state != "up":
        name = labs.site.lab.name
        raise InputError(Problem("lab", f"{name} is {seen.state}. Cure: lbkit lab up {name}"))
    return seen.target


def _container(name: str, node: str) -> str:
    from lbkit.errors import InputError, Problem
    from lbkit.runtime import site

    containers = {item.name: item.container for item in site.load(site.root(), name).containers}
    if node not in containers:
        raise InputError(Problem("node", f"got {node!r}, wanted one of: {', '.join(containers)}"))
    return containers[node]


def _terminal() -> list[str]:
    import sys

    return ["-it"] if sys.stdin.isatty() and sys.stdout.isatty() else ["-i"]
