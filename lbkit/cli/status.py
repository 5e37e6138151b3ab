"""`lbkit status`: how an installation is, the worst first.

Shell: the API server, clock; prints.
"""

import typer

from lbkit.cli.commands import epilog
from lbkit.cli.options import NAMESPACE, Context, Kubeconfig, Namespace, OutputOption, Query, View

app = typer.Typer(add_completion=False, rich_markup_mode=None)

_EXAMPLES = """\
  lbkit status
  lbkit status -o json --query "findings[?blocks].message"
  lbkit status -o tsv --query "pools[].[name, availableIPv4]"
  lbkit status > /dev/null || echo "something is wrong with the load balancer\""""


@app.command(epilog=epilog(_EXAMPLES))
def status(
    *,
    output: OutputOption = None,
    query: Query = "",
    kubeconfig: Kubeconfig = None,
    context: Context = None,
    metallb_namespace: Namespace = NAMESPACE,
) -> None:
    """Show how the load balancer is: problems, components, configuration, pools, BGP sessions, Services.

    Exit code 0 if all is well, 1 if there is a problem.
    """
    import time

    from lbkit.cli import api as cluster_api
    from lbkit.cli.printing import show, width
    from lbkit.cli.reading import read_cluster
    from lbkit.operator.status import status as look
    from lbkit.operator.status_text import document, text

    seen = look(read_cluster(cluster_api.connect(kubeconfig, context), metallb_namespace), time.time())
    wide = width()
    show(document(seen), View(output, query), lambda: text(seen, wide))
    raise typer.Exit(0 if seen.is_well else 1)
