"""`lbkit`: what operators type, the labs, the two long-running processes.

A command is imported when it is asked for, and imports what it needs when it runs: the controller and the speaker would
otherwise carry all the others in memory.

Exit codes: 0 done; 1 something failed; 2 refused, with the cure (wrong arguments, a host that is not ready, a
conflict); 3 what was named does not exist.

Shell: parses arguments, prints errors.
"""

import sys
from importlib import import_module
from typing import Any, Final, NoReturn

import typer
from typer.core import TyperGroup
from typer.main import get_command

from lbkit.errors import InputError, LbkitError, MissingError

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
    "controller": ("controller", "The process that gives addresses to Services."),
    "speaker": ("speaker", "The process that announces them from a node."),
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
            formatter.write_dl([(name, summary) for name, (_, summary) in COMMANDS.items()])


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


INTERRUPTED = 130
"""128 + SIGINT, as shells report it."""


def main() -> None:
    """Run the command line; errors are printed as one message, never as a trace."""
    try:
        code = app(standalone_mode=False) or 0
    except MissingError as err:
        _complain(str(err), 3)
    except InputError as err:
        _complain(str(err), 2)
    except LbkitError as err:
        _complain(str(err), 1)
    except (KeyboardInterrupt, typer.Abort):
        code = INTERRUPTED
    except ModuleNotFoundError as err:
        if (err.name or "").partition(".")[0] == "lbkit":
            raise
        extra = "lab" if sys.argv[1:2] == ["lab"] else "cli"  # the image of the two processes has neither
        _complain(f"this command needs {err.name}. Cure: pip install 'lbkit[{extra}]'", 2)
    except Exception as err:
        if not hasattr(err, "format_message"):
            raise
        if type(err).__name__ == "NoArgsIsHelpError":  # the help, and an exit code that tells a script
            sys.stderr.write(f"{err.format_message()}\n")
            sys.exit(2)
        _complain(f"{err.format_message()} (see --help)", 2)  # what click says of wrong arguments
    if code == INTERRUPTED:  # typer turns Ctrl-C into this code, without a word
        _complain("interrupted; run the same command again to go on, or `lbkit lab down` to clean up", INTERRUPTED)
    sys.exit(code)


def _complain(message: str, code: int) -> NoReturn:
    sys.stderr.write(f"error: {message}\n")
    sys.exit(code)


if __name__ == "__main__":
    main()
