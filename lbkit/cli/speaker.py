"""`lbkit speaker`: the process on every node that announces addresses.

Shell: starts the process.
"""

import argparse
import asyncio
from collections.abc import Sequence

from lbkit.cli import process_arguments
from lbkit.process import lean


def main(words: Sequence[str]) -> None:
    """Announce addresses from this node, on layer 2 and by BGP, until SIGTERM.

    Args:
        words: of the command line, after the command.

    Raises:
        LbkitError: it cannot run here.
    """
    parser = _parser()
    asked = parser.parse_args(words)
    if not asked.node_name:
        parser.error("--node-name or $METALLB_NODE_NAME is needed: the name of the Kubernetes node it runs on")
    lean.spare()
    from lbkit.kube.status_keeper import Owner  # after what is spared
    from lbkit.process import logging  # as above
    from lbkit.speaker.loop import Settings  # as above
    from lbkit.speaker.run import Place, run  # as above

    logging.configure(asked.log_level)
    settings = Settings(
        asked.node_name,
        asked.lb_class or None,
        ignore_exclude_label=asked.ignore_exclude_lb,
        depreference_cordoned=asked.depreference_cordoned,
    )
    place = Place(
        asked.namespace, asked.port, asked.gobgp_socket, Owner(asked.pod_name, asked.pod_uid), asked.kubeconfig
    )
    asyncio.run(run(settings, place))


def _parser() -> argparse.ArgumentParser:
    parser = process_arguments.parser("speaker", "Announce addresses from this node, on layer 2 and by BGP.")
    process_arguments.text(parser, "--node-name", "name of the Kubernetes node it runs on", "", "METALLB_NODE_NAME")
    parser.add_argument(
        "--ignore-exclude-lb", action="store_true", help="announce from nodes excluded from load balancers, too"
    )
    parser.add_argument(
        "--depreference-cordoned", action="store_true", help="while the node is cordoned, have routers prefer others"
    )
    about = "Unix socket of GoBGP's API; empty: no BGP"
    process_arguments.text(parser, "--gobgp-socket", about, "", "LBKIT_GOBGP_SOCKET")
    return parser
