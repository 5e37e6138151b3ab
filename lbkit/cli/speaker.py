"""`lbkit speaker`: the process on every node that announces addresses.

Flags and environment are MetalLB's where it has them.

Shell: starts the process.
"""

from pathlib import Path
from typing import Annotated

import typer

from lbkit.model.names import DEFAULT_NAMESPACE

app = typer.Typer(add_completion=False, rich_markup_mode=None)


@app.command()
def speaker(
    *,
    node_name: Annotated[str, typer.Option(envvar="METALLB_NODE_NAME", help="Name of the Kubernetes node it runs on.")],
    namespace: Annotated[
        str, typer.Option(envvar="METALLB_NAMESPACE", help="Namespace of the configuration.")
    ] = DEFAULT_NAMESPACE,
    lb_class: Annotated[
        str, typer.Option(help="Announce only Services of this loadBalancerClass; empty: those without one.")
    ] = "",
    port: Annotated[int, typer.Option(help="Port of /metrics, /healthz and /readyz; 0 for none.")] = 9120,
    log_level: Annotated[str, typer.Option(help="all, debug, info, warn, error or none.")] = "info",
    ignore_exclude_lb: Annotated[
        bool, typer.Option("--ignore-exclude-lb", help="Announce from nodes excluded from load balancers, too.")
    ] = False,
    depreference_cordoned: Annotated[
        bool,
        typer.Option(
            "--depreference-cordoned", help="While the node is cordoned, have BGP routers prefer other nodes."
        ),
    ] = False,
    gobgp_socket: Annotated[
        str, typer.Option(envvar="LBKIT_GOBGP_SOCKET", help="Unix socket of GoBGP's API; empty: no BGP.")
    ] = "",
    pod_name: Annotated[str, typer.Option(envvar="METALLB_POD_NAME", help="Owner of the status objects.")] = "",
    pod_uid: Annotated[str, typer.Option(envvar="LBKIT_POD_UID", help="The owner's UID; empty: nobody.")] = "",
    kubeconfig: Annotated[
        Path | None, typer.Option(help="Use this kubeconfig instead of the pod's ServiceAccount.")
    ] = None,
) -> None:
    """Announce addresses from this node, on layer 2 and by BGP."""
    import asyncio  # each command loads only what it needs

    from lbkit.process import lean  # as above

    lean.spare()
    from lbkit.kube.status_keeper import Owner  # as above
    from lbkit.process import logging  # as above
    from lbkit.speaker.loop import Settings  # as above
    from lbkit.speaker.run import Place, run  # as above

    logging.configure(log_level)
    settings = Settings(
        node_name,
        lb_class or None,
        ignore_exclude_label=ignore_exclude_lb,
        depreference_cordoned=depreference_cordoned,
    )
    asyncio.run(run(settings, Place(namespace, port, gobgp_socket, Owner(pod_name, pod_uid), kubeconfig)))
