"""`lbkit drain`: take the layer-2 addresses from a node before something is done to it.

Shell: the API server, clock; prints.
"""

from typing import Annotated, Final

import typer

from lbkit.cli.commands import epilog
from lbkit.cli.options import NAMESPACE, Context, Kubeconfig, Namespace

app = typer.Typer(add_completion=False, rich_markup_mode=None)

INTERVAL_S: Final = 0.5

_EXAMPLES = """\
  lbkit drain worker-1
  lbkit drain worker-1 --undo
  lbkit drain worker-1 && kubectl drain worker-1 --ignore-daemonsets"""


@app.command(epilog=epilog(_EXAMPLES))
def drain(
    node: Annotated[str, typer.Argument(metavar="NODE", show_default=False)],
    *,
    undo: Annotated[bool, typer.Option("--undo", help="Let the node take addresses again.")] = False,
    timeout: Annotated[float, typer.Option(help="Seconds to wait until others have its addresses.")] = 10.0,
    kubeconfig: Kubeconfig = None,
    context: Context = None,
    metallb_namespace: Namespace = NAMESPACE,
) -> None:
    """Give the layer-2 addresses of a node to others, which answer before it stops; it takes none until --undo.

    Exit code 0 if it answers for none any more, 1 if it still does, 3 if there is no such node.
    """
    import time

    from lbkit.cli import api as cluster_api
    from lbkit.cli.reading import speaker_metrics
    from lbkit.errors import MissingError, Problem
    from lbkit.kube.publish import now
    from lbkit.model.views import Key
    from lbkit.operator import drain as wishes
    from lbkit.operator.cluster import speaker_report

    api = cluster_api.connect(kubeconfig, context)
    if api.get("Node", Key("", node)) is None:
        raise MissingError(Problem("", f"there is no node {node}. Cure: kubectl get nodes"))
    api.annotate("Node", Key("", node), wishes.drain(undo=undo, at=now()))
    if undo:
        typer.echo(f"{node} takes layer-2 addresses again; `lbkit rebalance` gives it its share at once")
        return
    deadline_s = time.monotonic() + timeout
    while True:
        text = speaker_metrics(api, metallb_namespace).get(node)
        seen = wishes.progress(node, None if text is None else speaker_report(text))
        if seen.is_done or time.monotonic() >= deadline_s:
            break
        time.sleep(INTERVAL_S)
    typer.echo(seen.text)
    raise typer.Exit(0 if seen.is_done else 1)
