"""The options that the operator's commands share.

`-n` is the name of a resource, as in az; the namespace of MetalLB's objects is `--metallb-namespace`, so that nobody
takes it for `--namespaces` (whom a load balancer is for) or for a Service's namespace.

Shell: declares options.
"""

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperCommand

from lbkit.model.names import DEFAULT_NAMESPACE


class Output(StrEnum):
    """How to print."""

    TABLE = "table"
    JSON = "json"
    JSONC = "jsonc"
    YAML = "yaml"
    TSV = "tsv"


Kubeconfig = Annotated[
    Path | None, typer.Option("--kubeconfig", help="Cluster to talk to; else KUBECONFIG, ~/.kube/config.")
]
Context = Annotated[str | None, typer.Option("--context", help="Context of the kubeconfig.")]
Namespace = Annotated[
    str, typer.Option("--metallb-namespace", envvar="METALLB_NAMESPACE", help="Namespace of MetalLB's objects.")
]
OutputOption = Annotated[
    Output | None, typer.Option("--output", "-o", help="table if not given; json if there is a --query.")
]
Query = Annotated[str, typer.Option("--query", help="JMESPath over the JSON output, as in az.")]
DryRun = Annotated[
    bool, typer.Option("--dry-run", help="Have it judged here and by the API server; print the objects; write nothing.")
]
NoWait = Annotated[bool, typer.Option("--no-wait", help="Do not wait for the controller's verdict.")]
Force = Annotated[bool, typer.Option("--force", help="Go on in spite of conflicts.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]

NAMESPACE = DEFAULT_NAMESPACE


@dataclass(frozen=True, slots=True)
class Where:
    """Which cluster, and where in it MetalLB's objects are."""

    kubeconfig: Path | None
    context: str | None
    namespace: str


@dataclass(frozen=True, slots=True)
class View:
    """How to print."""

    output: Output | None
    query: str

    @property
    def format(self) -> Output:
        """The format; what a query gives has no columns of its own, so it is JSON unless said otherwise."""
        return self.output or (Output.JSON if self.query else Output.TABLE)


class ListCommand(TyperCommand):
    """A command whose list options take several words, as az's do: `--addresses 10.0.0.0/24 10.0.1.0/24`."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:  # Any: the library's own signature
        """Give every word after a list option to that option, up to the next option."""
        lists = {name for param in self.params if getattr(param, "multiple", False) for name in param.opts}
        spread: list[str] = []
        current = ""
        for word in args:
            if word.startswith("-") and word != "-":
                current = word if word in lists else ""
            elif current and spread[-1] != current:
                spread.append(current)
            spread.append(word)
        return super().parse_args(ctx, spread)
