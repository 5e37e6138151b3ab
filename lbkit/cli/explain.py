"""`lbkit explain`: why a Service has no address, or is not reached.

Shell: the API server; prints.
"""

from typing import Annotated

import typer

from lbkit.cli.commands import epilog
from lbkit.cli.options import NAMESPACE, Context, Kubeconfig, Namespace, OutputOption, Query, View

app = typer.Typer(add_completion=False, rich_markup_mode=None)

_EXAMPLES = """\
  lbkit explain default/echo
  lbkit explain echo -n shop
  lbkit explain shop/web -o json --query "findings[?blocks].reason"
  until lbkit explain shop/web > /dev/null; do sleep 1; done"""


@app.command(epilog=epilog(_EXAMPLES))
def explain(
    service: Annotated[str, typer.Argument(metavar="NAMESPACE/SERVICE", show_default=False)],
    *,
    namespace: Annotated[str, typer.Option("--namespace", "-n", help="Of a Service named without one.")] = "default",
    output: OutputOption = None,
    query: Query = "",
    kubeconfig: Kubeconfig = None,
    context: Context = None,
    metallb_namespace: Namespace = NAMESPACE,
) -> None:
    """Say why a Service has no address or is not reached: pool, address, who announces it, what blocks, and the cure.

    Exit code 0 if nothing blocks, 1 if something does, 3 if there is no such Service.
    """
    from lbkit.cli import api as cluster_api
    from lbkit.cli.printing import show, width
    from lbkit.cli.reading import read_cluster
    from lbkit.errors import MissingError, Problem
    from lbkit.operator.explain import explain as explain_service
    from lbkit.operator.explain import key_of
    from lbkit.operator.explanation import document, text

    key = key_of(service, namespace)
    cluster = read_cluster(cluster_api.connect(kubeconfig, context), metallb_namespace, key)
    found = cluster.inventory.services.get(key)
    if found is None:
        same = sorted(str(each) for each in cluster.inventory.services if each.name == key.name)
        hint = f"; there is {', '.join(same)}" if same else ""
        raise MissingError(Problem("", f"there is no Service {key}{hint}. Cure: kubectl get services -A"))
    explanation = explain_service(cluster, found)
    wide = width()
    show(document(explanation), View(output, query), lambda: text(explanation, wide))
    raise typer.Exit(0 if explanation.works else 1)
