"""`lbkit export`: the configuration as manifests that can be applied anywhere, or as an ARM template.

Shell: reads the API server or files; prints.
"""

from enum import StrEnum
from typing import Annotated

import typer

from lbkit.cli.commands import epilog
from lbkit.cli.options import NAMESPACE, Context, Kubeconfig, Namespace, Output

app = typer.Typer(add_completion=False, rich_markup_mode=None)

_EXAMPLES = """\
  lbkit export > backup.yaml
  lbkit export --format arc > template.json
  lbkit export manifests/ --format arc"""


class Format(StrEnum):
    """What to write."""

    METALLB = "metallb"
    ARC = "arc"


@app.command(epilog=epilog(_EXAMPLES))
def export(
    files: Annotated[list[str] | None, typer.Argument(metavar="[FILE…]", show_default=False)] = None,
    *,
    wanted: Annotated[Format, typer.Option("--format", help="MetalLB manifests, or an ARM template for Azure Arc.")] = (
        Format.METALLB
    ),
    output: Annotated[
        Output | None, typer.Option("--output", "-o", help="yaml or json; json for a template.", show_default=False)
    ] = None,
    kubeconfig: Kubeconfig = None,
    context: Context = None,
    metallb_namespace: Namespace = NAMESPACE,
) -> None:
    """Write the configuration of the cluster (or of files) so that it can be applied elsewhere.

    What the format has no place for is told on standard error.
    """
    from lbkit.cli import transfer
    from lbkit.cli.options import Where

    where = Where(kubeconfig, context, metallb_namespace)
    transfer.take_out(files or (), wanted.value, where, output)
