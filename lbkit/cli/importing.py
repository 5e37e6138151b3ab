"""`lbkit import`: manifests of today out of what MetalLB and Azure Arc had.

Shell: reads files, on request the API server; prints.
"""

from typing import Annotated

import typer

from lbkit.cli.commands import epilog
from lbkit.cli.options import NAMESPACE, Context, DryRun, Force, Kubeconfig, Namespace, Output

app = typer.Typer(add_completion=False, rich_markup_mode=None)

_EXAMPLES = """\
  lbkit import metallb-configmap.yaml > lbkit.yaml
  kubectl get ipaddresspools,l2advertisements -n kube-system -o yaml |
      lbkit import - | kubectl apply -f -
  az k8s-runtime load-balancer list --resource-uri $URI |
      lbkit import - --apply
  bicep build main.bicep && lbkit import main.json --parameter site=berlin"""


@app.command(epilog=epilog(_EXAMPLES))
def import_(
    files: Annotated[list[str], typer.Argument(metavar="FILE…", show_default=False)],
    *,
    parameter: Annotated[
        list[str] | None,
        typer.Option(
            "--parameter", metavar="NAME=VALUE", help="Value of an ARM template's parameter.", show_default=False
        ),
    ] = None,
    apply: Annotated[bool, typer.Option("--apply", help="Write them to the cluster instead of printing them.")] = False,
    dry_run: DryRun = False,
    force: Force = False,
    output: Annotated[Output, typer.Option("--output", "-o", help="yaml or json.")] = Output.YAML,
    kubeconfig: Kubeconfig = None,
    context: Context = None,
    metallb_namespace: Namespace = NAMESPACE,
) -> None:
    """Turn older and other formats into manifests: printed, or with --apply written to the cluster.

    Known are MetalLB's manifests of any age (in any namespace), its ConfigMap of before 0.13, and Azure Arc's load
    balancers, peers and profiles: ARM templates (Bicep compiles to them) and what az shows. What was changed or cannot
    be carried over is told on standard error.
    """
    from lbkit.cli import transfer
    from lbkit.cli.options import Where

    where = Where(kubeconfig, context, metallb_namespace)
    how = transfer.How(apply=apply, dry_run=dry_run, force=force)
    transfer.bring_in(files, parameter or (), where, output, how)
