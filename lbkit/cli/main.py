"""`lbkit`: what operators type, the labs, the two long-running processes.

A command is imported when it is asked for, and imports what it needs when it runs. The controller and the speaker would
otherwise carry all the others in memory, and what parses them: 10 MB, and a quarter of a second of each start.

Exit codes: 0 done; 1 something failed; 2 refused, with the cure (wrong arguments, a host that is not ready, a
conflict); 3 what was named does not exist.

Shell: prints errors.
"""

import sys
from importlib import import_module
from typing import Final, NoReturn

from lbkit.errors import InputError, LbkitError, MissingError

INTERRUPTED: Final = 130
"""128 + SIGINT, as shells report it."""
PROCESSES: Final = {
    "controller": "The process that gives addresses to Services.",
    "speaker": "The process that announces them from a node.",
}
"""{command: what it is for}; modules of this room that have a `main`."""


def main() -> None:
    """Run the command line; errors are printed as one message, never as a trace."""
    try:
        code = _run(sys.argv[1:])
    except MissingError as err:
        _complain(str(err), 3)
    except InputError as err:
        _complain(str(err), 2)
    except LbkitError as err:
        _complain(str(err), 1)
    except KeyboardInterrupt:
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
    if code == INTERRUPTED:
        _complain("interrupted; run the same command again to go on, or `lbkit lab down` to clean up", INTERRUPTED)
    sys.exit(code)


def _run(words: list[str]) -> int:
    if words[:1] and words[0] in PROCESSES:
        import_module(f"lbkit.cli.{words[0]}").main(words[1:])
        return 0
    from lbkit.cli import app  # see above

    return app.run()


def _complain(message: str, code: int) -> NoReturn:
    sys.stderr.write(f"error: {message}\n")
    sys.exit(code)


if __name__ == "__main__":
    main()
