"""The commands that operators type, each imported when it is asked for.

Shell: parses arguments.
"""

from importlib import import_module
from typing import Any, Final

import typer
from typer.core import TyperGroup
from typer.main import get_command

from lbkit.cli.main import INTERRUPTED, PROCESSES

COMMANDS: Final = {
    "load-balancer": ("load_balancer", "Addresses for Services, and how they are advertised."),
    "bgp-peer": ("bgp_peer", "The routers that the nodes have BGP sessions with."),
    "bfd-profile": ("bfd_profile", "How fast a silent BGP peer is noticed."),
    "status": ("status", "How the load balancer is, problems first."),
    "explain": ("explain", "Why a Service has no address or is not reached."),
    "drain": ("drain", "Give the layer-2 addresses of a node to others."),
    "rebalance": ("rebalance", "Bring each layer-2 address to the node it suits best."),
    "validate": ("validate", "Judge manifests before they are applied."),
    "import": ("importing", "Manifests out of what MetalLB and Azure Arc had."),
    "export": ("exporting", "The configuration as manifests or as an ARM template."),
    "lab": ("lab", "Clusters beside real routers, to try all this in."),
}
"""{command: (module of this room that has it as `app`, what it is for)}"""


class Commands(TyperGroup):
    """The commands of `COMMANDS`, each imported when it is asked for."""

    def __init__(self, **attributes: Any) -> None:  # Any: the library's own signature
        super().__init__(**attributes)
        self._imported: dict[str, Any] = {}  # Any: the library's commands
        self.commands = dict.fromkeys(COMMANDS, self)  # a place for each name; who wants one asks `get_command`

    def get_command(self, ctx: Any, cmd_name: str) -> Any:  # noqa: ARG002  # Any: the library's own signature
        """Import a command; None if there is none of that name."""
        if cmd_name in COMMANDS and cmd_name not in self._imported:
            module, _ = COMMANDS[cmd_name]
            self._imported[cmd_name] = get_command(import_module(f"lbkit.cli.{module}").app)
        return self._imported.get(cmd_name)

    def format_commands(self, ctx: Any, formatter: Any) -> None:  # noqa: ARG002  # Any: as above
        """List the commands without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, summary) for name, (_, summary) in COMMANDS.items()] + [*PROCESSES.items()])


app = typer.Typer(
    name="lbkit",
    cls=Commands,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help="Services of type LoadBalancer for bare-metal Kubernetes.",
)


@app.callback()
def _main() -> None:
    """Services of type LoadBalancer for bare-metal Kubernetes."""


def run() -> int:
    """Run the command line and return its exit code.

    Raises:
        LbkitError: the command failed.
        click.ClickException: the arguments are wrong.
    """
    try:
        return app(standalone_mode=False) or 0  # it turns Ctrl-C into INTERRUPTED, without a word
    except typer.Abort:
        return INTERRUPTED
