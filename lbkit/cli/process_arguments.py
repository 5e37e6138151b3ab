"""What the command lines of the two long-running processes have in common.

Parsed by the standard library: what parses the operators' commands would stay in memory for as long as they run.

Shell: the environment, which gives defaults.
"""

import argparse
import os
from pathlib import Path

from lbkit.model.names import DEFAULT_NAMESPACE


def parser(command: str, does: str) -> argparse.ArgumentParser:
    """Make a parser that knows the flags of both processes; flags and variables are MetalLB's where it has them.

    Args:
        command: as typed after `lbkit`.
        does: what the process does, in a sentence.
    """
    made = argparse.ArgumentParser(prog=f"lbkit {command}", description=does)
    text(made, "--namespace", "namespace of the configuration objects", DEFAULT_NAMESPACE, "METALLB_NAMESPACE")
    text(made, "--lb-class", "only for Services of this loadBalancerClass; without it, for those that have none", "")
    text(made, "--pod-name", "name of this pod", "", "METALLB_POD_NAME")
    text(made, "--pod-uid", "UID of this pod", "", "LBKIT_POD_UID")
    made.add_argument("--port", type=int, default=9120, help="of /healthz, /readyz and /metrics; 0 for none (9120)")
    text(made, "--log-level", "all, debug, info, warn, error or none", "info")
    made.add_argument("--kubeconfig", type=Path, help="to run outside the cluster", metavar="FILE")
    return made


def text(made: argparse.ArgumentParser, flag: str, about: str, default: str, variable: str = "") -> None:
    """Add a flag with a text; a variable of the environment gives it, too.

    Args:
        made: gets the flag.
        flag: with its dashes.
        about: for `--help`.
        default: without flag and variable.
        variable: empty for none.
    """
    told = f"{about} ({default})" if default else about
    told += f" [${variable}]" if variable else ""
    made.add_argument(flag, default=os.environ.get(variable, default), help=told, metavar="TEXT")
