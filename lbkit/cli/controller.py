"""`lbkit controller`: the process that gives addresses to Services of type LoadBalancer.

Shell: starts the process.
"""

import argparse
import asyncio
from collections.abc import Sequence

from lbkit.cli import process_arguments
from lbkit.process import lean


def main(words: Sequence[str]) -> None:
    """Give addresses to Services until SIGTERM.

    Args:
        words: of the command line, after the command.

    Raises:
        LbkitError: it cannot run here.
    """
    asked = _parser().parse_args(words)
    lean.spare()
    from lbkit.controller.run import Options, run  # after what is spared
    from lbkit.process import logging  # as above

    logging.configure(asked.log_level)
    asyncio.run(
        run(
            Options(
                namespace=asked.namespace,
                lb_class=asked.lb_class,
                port=asked.port,
                pod_name=asked.pod_name,
                pod_uid=asked.pod_uid,
                leader_elect=asked.leader_elect,
                kubeconfig=asked.kubeconfig,
                context=asked.context,
            )
        )
    )


def _parser() -> argparse.ArgumentParser:
    parser = process_arguments.parser("controller", "Give addresses to Services of type LoadBalancer.")
    parser.add_argument(
        "--leader-elect",
        action=argparse.BooleanOptionalAction,
        default=True,
        help="let one of several replicas decide; off only where there is one and no other can be",
    )
    parser.add_argument("--context", help="of the kubeconfig")
    return parser
