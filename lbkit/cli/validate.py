"""`lbkit validate`: judge manifests before anybody applies them.

Shell: reads files, on request the API server; prints.
"""

from typing import Annotated

import typer

from lbkit.cli.commands import epilog
from lbkit.cli.options import NAMESPACE, Context, Kubeconfig, Namespace, OutputOption, Query, View

app = typer.Typer(add_completion=False, rich_markup_mode=None)

_EXAMPLES = """\
  lbkit validate pools.yaml peers.yaml
  lbkit validate manifests/ --strict
  helm template . | lbkit validate -
  lbkit validate new-pool.yaml --cluster"""


@app.command(epilog=epilog(_EXAMPLES))
def validate(
    files: Annotated[list[str], typer.Argument(metavar="FILE…", show_default=False)],
    *,
    cluster: Annotated[bool, typer.Option("--cluster", help="Judge them beside what is in the cluster.")] = False,
    strict: Annotated[bool, typer.Option("--strict", help="Take warnings for problems.")] = False,
    output: OutputOption = None,
    query: Query = "",
    kubeconfig: Kubeconfig = None,
    context: Context = None,
    metallb_namespace: Namespace = NAMESPACE,
) -> None:
    """Judge MetalLB manifests: files, folders, or - for standard input. No cluster is needed.

    Shape, the rules of each kind, and the rules between objects, as the controller and the speakers have them. Exit
    code 0 if all is well, 2 if something is wrong.
    """
    from lbkit.cli import session
    from lbkit.cli.files import crd_schemas, read_all
    from lbkit.cli.options import Where
    from lbkit.cli.printing import show
    from lbkit.errors import InputError
    from lbkit.operator import validate as rules
    from lbkit.operator.manifests import Manifest, load_all

    manifests: list[Manifest] = []
    broken: list[str] = []
    for name, text in read_all(files):
        try:
            manifests += load_all(text, name)
        except InputError as err:
            broken += [str(problem) for problem in err.problems]
    where = Where(kubeconfig, context, metallb_namespace)
    there = session.open_inventory(where) if cluster else None
    judged = rules.validate(manifests, crd_schemas(), metallb_namespace, there)
    is_good = not broken and judged.is_good(strict=strict)
    document = rules.document(judged, broken, is_good=is_good)
    show(document, View(output, query), lambda: rules.text(judged, broken))
    raise typer.Exit(0 if is_good else 2)
