"""Tests against a lab that is up: `make live LAB=bgp`. Without LBKIT_LIVE they are not collected.

They run lbkit as a person does, as a command, and clean up what they made.

Shell: runs lbkit, the lab's API server.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pytest

from lbkit.cli.api import Api, connect
from lbkit.model.views import Key
from lbkit.operator.inventory import key_of

LAB: Final = os.environ.get("LBKIT_LIVE", "")
NAMESPACE: Final = "lbkit-live"
SETTLE_S: Final = 20.0
"""How long the controller and the speakers may take to come to what a test waits for."""
LOOK_S: Final = 0.5

Json = Any  # JSON

collect_ignore_glob = [] if LAB else ["*"]


@dataclass(frozen=True, slots=True)
class Ended:
    """A command that ended."""

    code: int
    out: str
    err: str


class Cluster:
    """The lab's cluster, and lbkit on the command line."""

    def __init__(self, kubeconfig: Path) -> None:
        self.kubeconfig = kubeconfig
        self.api: Api = connect(kubeconfig, None)
        self.made: list[tuple[str, Key]] = []

    def lbkit(self, *words: str, columns: int = 80) -> Ended:
        """Run a command, in a terminal of this width."""
        done = subprocess.run(
            [sys.executable, "-m", "lbkit.cli.main", *words],
            env={**os.environ, "KUBECONFIG": str(self.kubeconfig), "COLUMNS": str(columns)},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        return Ended(done.returncode, done.stdout, done.stderr)

    def put(self, *items: Json) -> None:
        """Apply objects; they are deleted when the test ends."""
        for item in items:
            self.api.apply(item, force=True)
            self.made.append((str(item["kind"]), key_of(item)))

    def reasons(self, service: str) -> dict[str, Json]:
        """Explain a Service: {reason: finding} of what blocks."""
        done = self.lbkit("explain", service, "-o", "json")
        assert done.code in {0, 1}, done.err
        told = json.loads(done.out)
        assert told["works"] is (done.code == 0)
        return {each["reason"]: each for each in told["findings"] if each["blocks"]}

    def until(self, what: Callable[[], bool], told: Callable[[], object]) -> None:
        """Wait until something is so; fail with what is instead."""
        deadline = time.monotonic() + SETTLE_S
        while not what():
            assert time.monotonic() < deadline, told()
            time.sleep(LOOK_S)


@pytest.fixture(scope="session")
def lab() -> Cluster:
    """The lab that LBKIT_LIVE names, with lbkit in it."""
    status = [sys.executable, "-m", "lbkit.cli.main", "lab", "status", LAB, "-o", "json"]
    done = subprocess.run(status, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, f"lab {LAB} is not up; cure: make lab-up LAB={LAB}\n{done.stdout}{done.stderr}"
    told = json.loads(done.stdout)
    assert told["target"] == "lbkit", f"lab {LAB} has {told['target']} in it"
    return Cluster(Path(told["kubeconfig"]))


@pytest.fixture
def cluster(lab: Cluster) -> Iterator[Cluster]:
    """The cluster, with a namespace to work in; what a test made is taken away after it."""
    lab.api.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}})
    lab.made = []
    yield lab
    for kind, key in reversed(lab.made):
        lab.api.delete(kind, key)
    lab.until(
        lambda: all(lab.api.get(kind, key) is None for kind, key in lab.made),
        lambda: f"still there: {lab.made}",
    )


@pytest.fixture(scope="session", autouse=True)
def clean(lab: Cluster) -> Iterator[None]:
    """Take the namespace away at the end."""
    yield
    lab.api.delete("Namespace", Key("", NAMESPACE))
    lab.until(lambda: lab.api.get("Namespace", Key("", NAMESPACE)) is None, lambda: f"namespace {NAMESPACE} stays")
