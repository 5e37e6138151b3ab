"""What the long-running processes do not carry."""

import subprocess
import sys

import pytest

PROBE = """
UNUSED = {{"rich", "pygments", "typer", "click", "pydantic", "sqlite3", "grpc", "difflib"}}
import sys
from lbkit.process import lean
lean.spare()
import lbkit.{room}.run
print(sorted({{name.split(".")[0] for name, module in sys.modules.items() if module}} & UNUSED))
"""


@pytest.mark.slow
@pytest.mark.parametrize("room", ["controller", "speaker"])
def test_a_long_running_process_carries_nothing_unused(room: str) -> None:
    """No terminal's colours, no parser of commands, no database, and no gRPC before there is an engine to talk to."""
    argv = [sys.executable, "-c", PROBE.format(room=room)]
    done = subprocess.run(argv, capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


@pytest.mark.slow
@pytest.mark.parametrize("command", ["controller", "speaker"])
def test_a_long_running_process_carries_no_commands_of_operators(command: str) -> None:
    """Nor the labs, the Kubernetes client, JMESPath or typer: each command is imported when it is asked for."""
    probe = (
        f"import sys, lbkit.cli.main as main; sys.argv = ['lbkit', '{command}', '--help']\n"
        "try: main.main()\nexcept SystemExit: pass\n"
        "rooms = ('lbkit.operator', 'lbkit.lab', 'lbkit.runtime')\n"
        "heavy = (*rooms, 'kubernetes', 'jmespath', 'yaml', 'typer', 'pydantic')\n"
        "print([name for name in sys.modules if name.startswith(heavy)])"
    )
    done = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"
