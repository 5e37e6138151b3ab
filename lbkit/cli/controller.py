"""`lbkit controller`: the process that gives addresses to Services.

Flags and environment have MetalLB's names, so that its manifests carry over.

Shell: parses arguments, runs the controller.
"""

from pathlib import Path
from typing import Annotated

import typer

from lbkit.model.names import DEFAULT_NAMESPACE

app = typer.Typer(add_completion=False, rich_markup_mode=None)


@app.command()
def controller(
    *,
    namespace: Annotated[
        str, typer.Option(envvar="METALLB_NAMESPACE", help="Namespace of the configuration objects.")
    ] = DEFAULT_NAMESPACE,
    lb_class: Annotated[
        str, typer.Option(help="Serve Services of this loadBalancerClass; without it, Services that have none.")
    ] = "",
    port: Annotated[int, typer.Option(help="Port of /healthz, /readyz and /metrics; 0 for none.")] = 9120,
    log_level: Annotated[str, typer.Option(help="all, debug, info, warn, error or none.")] = "info",
    leader_elect: Annotated[
        bool, typer.Option(help="Let one of several replicas decide; off only where there is one and no other can be.")
    ] = True,
    pod_name: Annotated[
        str, typer.Option(envvar="METALLB_POD_NAME", help="Name of this pod, for Events and the Lease.")
    ] = "",
    pod_uid: Annotated[str, typer.Option(envvar="LBKIT_POD_UID", help="UID of this pod, for the Lease.")] = "",
    kubeconfig: Annotated[Path | None, typer.Option(help="To run outside the cluster.")] = None,
    context: Annotated[str | None, typer.Option(help="Context of the kubeconfig.")] = None,
) -> None:
    """Give addresses to Services of type LoadBalancer."""
    import asyncio

    from lbkit.process import lean

    lean.spare()
    from lbkit.controller.run import Options, run
    from lbkit.process import logging

    logging.configure(log_level)
    asyncio.run(
        run(
            Options(
                namespace=namespace,
                lb_class=lb_class,
                port=port,
                pod_name=pod_name,
                pod_uid=pod_uid,
                leader_elect=leader_elect,
                kubeconfig=kubeconfig,
                context=context,
            )
        )
    )
