"""`lbkit rebalance`: bring each layer-2 address to the node it suits best.

Shell: the API server, clock; prints.
"""

import typer

from lbkit.cli.commands import epilog
from lbkit.cli.options import Context, Kubeconfig

app = typer.Typer(add_completion=False, rich_markup_mode=None)

_EXAMPLES = """\
  lbkit rebalance
  lbkit drain worker-1 --undo && lbkit rebalance"""


@app.command(epilog=epilog(_EXAMPLES))
def rebalance(*, kubeconfig: Kubeconfig = None, context: Context = None) -> None:
    """Have every node offer its layer-2 addresses to those they suit better: preferred nodes, then an even share.

    An owner answers until the other one does. Without this, an address stays where it is as long as its owner may
    announce it.
    """
    from lbkit.cli import api as cluster_api
    from lbkit.kube.publish import now
    from lbkit.operator import drain as wishes
    from lbkit.operator.inventory import key_of

    api = cluster_api.connect(kubeconfig, context)
    nodes = [key_of(item) for item in api.list("Node")]
    at = now()
    for node in nodes:
        api.annotate("Node", node, wishes.rebalance(at))
    typer.echo(f"asked {len(nodes)} node{'s' if len(nodes) != 1 else ''}")
