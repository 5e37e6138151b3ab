"""Where cases run: a lab that is brought up for them, or a cluster that one already has (`--kubeconfig`).

A lab is held by a lock for as long as the run uses it, so that no two runs fight for it. Its containers are looked
at between cases: what died is the lab's fault, and must not be laid at the target's door.

Shell: the lab's command line, the API server, files, a lock, /proc.
"""

import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Protocol

import yaml
from filelock import FileLock, Timeout

from conformance.suite import labs, noted
from conformance.suite.facts import K8S_NODE, LabFacts, LabNode, Lacking, parse
from conformance.suite.kube import Kube
from conformance.suite.target import Target
from lbkit.errors import InputError, LbkitError, Problem, TargetError

Status = Mapping[str, Any]  # Any: the JSON of `lbkit lab status -o json`; facts.parse reads it
LOCKS: Final = Path(tempfile.gettempdir())
"""Where the labs' locks are: a lab is the host's, whichever checkout it is used from."""
_TAIL: Final = 2000
"""Characters of a command's output that an error tells."""


class SetupError(TargetError):
    """What cases run in could not be set up; says what failed, on what, and the cure. No word about the target."""


@contextmanager
def setting_up(place: str, what: str, cure: str) -> Iterator[None]:
    """Tell a failure in here whole.

    Args:
        place: what is set up.
        what: is done, in words that fit after "failed to".
        cure: what a user can do about it.

    Raises:
        SetupError: it failed.
    """
    try:
        yield
    except (LbkitError, OSError) as err:
        output = str(getattr(err, "output", "")).strip()[-_TAIL:]
        lines = [f"{place} is not fit for any case: failed to {what}: {err}"]
        lines += [f"its own words: {output}"] if output and output not in str(err) else []
        raise SetupError("\n".join([*lines, f"cure: {cure}"]), output=output) from err


class Place(Protocol):
    """What a session needs to know of the place it is in."""

    @property
    def described(self) -> Status:
        """Its description of itself, for the histories."""
        ...

    @property
    def facts(self) -> LabFacts:
        """The same, read."""
        ...

    @property
    def kubeconfig(self) -> Path:
        """Of its cluster."""
        ...

    def install(self, target: Target, log: Path) -> None:
        """Put a target into it."""
        ...

    def uninstall(self, target: Target, log: Path, kube: Kube) -> None:
        """Take a target out of it."""
        ...

    def gone(self) -> Mapping[str, str]:
        """Say what of it does not run any more: {name: what it is}."""
        ...

    def close(self) -> None:
        """Let others have it."""
        ...


class Lab:
    """One of lbkit's labs.

    Args:
        name: of the lab.
        out: folder of the run, for logs.
        say: prints progress.

    Raises:
        SetupError: another run holds it, or it does not come up.
    """

    def __init__(self, name: str, out: Path, say: Callable[[str], None]) -> None:
        self.name = name
        self._lock = FileLock(LOCKS / f"lbkit-conformance-{name}.lock")
        try:
            self._lock.acquire(timeout=0)
        except Timeout as err:
            raise SetupError(
                f"lab {name} is in use by another run of the suite (it holds {self._lock.lock_file})\n"
                "cure: wait until that run is over, or end it"
            ) from err
        try:
            with setting_up(f"lab {name}", "bring it up", f"lbkit lab doctor; lbkit lab up {name}"):
                self._up(out / "logs" / f"lab-{name}-up.log", say)
        except BaseException:
            self._lock.release()
            raise

    def _up(self, log: Path, say: Callable[[str], None]) -> None:
        """Bring the lab up where it is not; another checkout's serves as well, unless such are to be replaced."""
        self._ask()
        is_foreign = self.described.get("owner") != self.described.get("topology")
        if self.described.get("state") != "up" or (is_foreign and labs.replaces()):
            say(f"lab {self.name}: bringing it up (log: {log})")
            labs.up(self.name, log)
            self._ask()
        if self.facts.state != "up":
            raise TargetError(f"it is {self.facts.state} after `lbkit lab up {self.name}`, see {log}")

    def _ask(self) -> None:
        self.described: Status = labs.status(self.name)
        self.facts: LabFacts = parse(self.described)

    @property
    def kubeconfig(self) -> Path:
        """Of its cluster."""
        return Path(self.facts.kubeconfig)

    def install(self, target: Target, log: Path) -> None:
        """Put a target into it, in place of any other.

        Raises:
            TargetError: the lab's command failed.
        """
        target.install(self.name, log)

    def uninstall(self, target: Target, log: Path, kube: Kube) -> None:
        """Take a target out of it, as its manual says.

        Raises:
            TargetError: the lab's command failed.
        """
        target.uninstall(self.name, log, kube)

    def gone(self) -> Mapping[str, str]:
        """Say which of its containers do not run any more, asking the lab again where a process is missing.

        Returns:
            {short name: role and container}.

        Raises:
            LbkitError: the lab does not say what it is made of.
        """
        if self._missing():
            self._ask()
        return {node.name: f"{node.role} {node.name} (container {node.container})" for node in self._missing()}

    def _missing(self) -> list[LabNode]:
        return [node for node in self.facts.nodes.values() if not Path("/proc", str(node.pid)).exists()]

    def close(self) -> None:
        """Let others have it."""
        self._lock.release()


@dataclass(frozen=True, slots=True)
class Cluster:
    """A cluster that one already has, with the target in it: nothing is brought up, deployed or taken away.

    Args:
        kubeconfig: of the cluster.
        described: what its owner says of it.
        facts: the same, with the cluster's own nodes.
    """

    kubeconfig: Path
    described: Status
    facts: LabFacts

    def install(self, target: Target, log: Path) -> None:
        """Leave the target as it is."""

    def uninstall(self, target: Target, log: Path, kube: Kube) -> None:  # noqa: ARG002 - a Place's
        """Refuse.

        Raises:
            Lacking: always.
        """
        raise Lacking(f"{target.name} in a cluster that is no lab is not the suite's to uninstall")

    def gone(self) -> Mapping[str, str]:
        """Nothing that the suite could see."""
        return {}

    def close(self) -> None:
        """Nothing is held."""


def cluster(kubeconfig: Path, description: Path) -> Cluster:
    """Make a place of a cluster that one already has.

    Args:
        kubeconfig: of the cluster.
        description: YAML file in the shape of `lbkit lab status -o json`; what it does not say of the k8s nodes is
            taken from the cluster. Only `pools` must be in it.

    Raises:
        InputError: a file cannot be read, or says nothing of pools.
        ApiError: the cluster does not answer.
    """
    try:
        told = yaml.safe_load(description.read_text(encoding="utf-8"))
    except (OSError, ValueError, yaml.YAMLError) as err:
        raise InputError(Problem(str(description), f"cannot be read ({err})")) from err
    if not isinstance(told, dict) or not told.get("pools"):
        raise InputError(Problem(str(description), "got no pools, wanted {segment: [first-last, …]} for tests to use"))
    nodes = {n["metadata"]["name"]: noted.node(n)["addresses"] for n in Kube(kubeconfig).list("Node")}
    known = {
        name: {"role": K8S_NODE, "interfaces": {"api": {"addresses": list(addresses)}}}
        for name, addresses in nodes.items()
    }
    described = {
        "name": "l2",
        "state": "up",
        "eligible": sorted(nodes),
        **told,
        "nodes": known | told.get("nodes", {}),
        "kubeconfig": str(kubeconfig),
    }
    return Cluster(kubeconfig, described, parse(described))
