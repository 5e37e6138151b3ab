"""`lbkit`: the two long-running processes, the labs.

Each command imports what it needs when it runs: the controller and the speaker would otherwise carry the labs in
memory.

Exit codes: 0 done; 1 something failed; 2 refused, with the cure (wrong arguments, a host that is not ready).

Shell: parses arguments, prints errors.
"""

import sys
from typing import NoReturn

import typer

from lbkit.cli import controller, lab, speaker
from lbkit.errors import InputError, LbkitError

app = typer.Typer(
    name="lbkit",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help="Services of type LoadBalancer for bare-metal Kubernetes.",
)
app.add_typer(lab.app, name="lab")
app.command()(controller.controller)
app.command()(speaker.speaker)

INTERRUPTED = 130
"""128 + SIGINT, as shells report it."""


def main() -> None:
    """Run the command line; errors are printed as one message, never as a trace."""
    try:
        code = app(standalone_mode=False) or 0
    except InputError as err:
        _complain(str(err), 2)
    except LbkitError as err:
        _complain(str(err), 1)
    except (KeyboardInterrupt, typer.Abort):
        code = INTERRUPTED
    except Exception as err:
        if not hasattr(err, "format_message"):
            raise
        _complain(f"{err.format_message()} (see --help)", 2)  # what click says of wrong arguments
    if code == INTERRUPTED:  # typer turns Ctrl-C into this code, without a word
        _complain("interrupted; run the same command again to go on, or `lbkit lab down` to clean up", INTERRUPTED)
    sys.exit(code)


def _complain(message: str, code: int) -> NoReturn:
    sys.stderr.write(f"error: {message}\n")
    sys.exit(code)


if __name__ == "__main__":
    main()
