"""A suite of a few small cases, and labs that are not there: what is left is the framework itself.

The labs are small API servers with a ready target in them (`fake_api`), whose nodes are this very process.

Shell: files, HTTP servers on the loopback, attributes of the suite's modules.
"""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import pytest
import yaml

import conformance.cases
import conformance.suite.target
from conformance.selftest.fake_api import FakeApi, Object
from conformance.selftest.made import bgp_status, l2_status
from conformance.suite import catalog, labs, place, runner, state, waits
from conformance.suite.wire import Wire

ROOT: Final = Path(__file__).resolve().parents[2]
PYTEST: Final = (
    "--import-mode=importlib",
    *(part for name in ("cacheprovider", "asyncio", "hypothesispytest") for part in ("-p", f"no:{name}")),
)
"""No plugins that the suite has no use for: they take longer than a dry run."""
Tests = dict[str, dict[str, Any]]  # Any: as in the report
HERE: Final = "/here/x.clab.yml"
PASSES: Final = 'lambda history: passed("seen")'
CASE: Final = '''"""A case of a dry run."""

import os, signal, subprocess, time
from pathlib import Path

from conformance.suite.case import Case, Check
from conformance.suite.recorder import Stopped
from conformance.suite.verdict import failed, passed, unknown

CASE = Case(
    id="{id}", title="a title", lab="{lab}", features=({features},), source="a source",
    checks=({checks}), {more}
)


def {stem}(world):
    """Drive."""
    {drive}
'''


class Unwatched:
    """In the place of the program that watches the machine: it would tell of the machine that the selftests run on."""

    def __init__(self, *_: object) -> None: ...

    def stop(self) -> None:
        """End nothing."""


Set = Callable[[object, str, object], None]


def ready() -> dict[str, Object]:
    """What is in a cluster before: a ready controller and speaker, and a pool of somebody's."""
    base = "/apis/apps/v1/namespaces/metallb-system"
    template = {"spec": {"containers": [{"name": "controller", "image": "x/controller:1"}]}}
    controller = {
        "kind": "Deployment",
        "metadata": {"name": "controller"},
        "spec": {"replicas": 1, "template": template},
    }
    speaker = {"kind": "DaemonSet", "metadata": {"name": "speaker"}, "spec": {}}
    counts = {"desiredNumberScheduled": 3, "numberReady": 3, "updatedNumberScheduled": 3}
    pool = {
        "kind": "IPAddressPool",
        "metadata": {"name": "lab", "namespace": "metallb-system"},
        "spec": {"addresses": ["10.10.0.200/32"]},
    }
    return {
        f"{base}/deployments/controller": controller | {"status": {"readyReplicas": 1, "updatedReplicas": 1}},
        f"{base}/daemonsets/speaker": speaker | {"status": counts},
        "/apis/metallb.io/v1beta1/namespaces/metallb-system/ipaddresspools/lab": pool,
    }


class Dry:
    """A folder with a suite in it.

    Args:
        folder: of the suite: its cases, its runs, its locks.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.apis: dict[str, FakeApi] = {}
        self.pids: dict[str, int] = {}
        self.out = folder / "out" / "run"
        (folder / "cases").mkdir(exist_ok=True)

    def case(
        self,
        case_id: str,
        drive: str = "pass",
        *,
        judge: str = PASSES,
        lab: str = "l2",
        features: str = '"api"',
        checks: str | None = None,
        more: str = "",
    ) -> None:
        """Write a case.

        Args:
            case_id: of the case.
            drive: body of its function, statements of one line.
            judge: its one check's function, as source.
            lab: it runs in.
            features: as source.
            checks: as source, instead of `judge`.
            more: arguments of the case, as source.
        """
        stem = f"test_{case_id.lower().replace('-', '_')}_dry"
        checks = f'Check("it", "it holds", {judge}),' if checks is None else checks
        text = CASE.format(id=case_id, lab=lab, features=features, checks=checks, more=more, stem=stem, drive=drive)
        (self.folder / "cases" / f"{stem}.py").write_text(text, encoding="utf-8")

    def install(self, put: Set) -> None:
        """Let the suite take these cases and labs for its own.

        Args:
            put: sets an attribute of a module, and sets it back at the end where that matters.
        """
        put(catalog, "CASES", self.folder / "cases")
        put(conformance.cases, "__path__", [str(self.folder / "cases")])
        put(state, "OUT", self.folder / "out")
        put(place, "LOCKS", self.folder)
        put(labs, "status", self.status)
        put(labs, "up", lambda _name, _log: None)
        put(conformance.suite.target, "deploy", lambda _lab, _target, _log: None)
        put(runner, "Witness", Unwatched)
        put(Wire, "settle", lambda *_: None)
        put(waits, "TARGET_READY_S", 0.2)

    def status(self, name: str) -> dict[str, Any]:  # Any: as the lab prints it
        """Describe a lab, as `lbkit lab status` would; the first time, start its API server."""
        described = l2_status() if name == "l2" else bgp_status()
        for node, fields in described["nodes"].items():
            fields["pid"] = self.pids.get(node, os.getpid())
        kubeconfig = self.api(name).kubeconfig(self.folder / f"kubeconfig-{name}-{os.getpid()}")
        where = {"kubeconfig": str(kubeconfig), "owner": HERE, "topology": HERE}
        return described | where | {"images": {"echo": "echo:1"}}

    def api(self, name: str) -> FakeApi:
        """Return a lab's API server."""
        if name not in self.apis:
            self.apis[name] = FakeApi(lambda _verb, _obj: None)
            self.apis[name].store |= ready()
        return self.apis[name]

    def close(self) -> None:
        """Stop the API servers."""
        for api in self.apis.values():
            api.close()


class Ran:
    """What came of a dry run.

    Args:
        dry: the suite.
        done: pytest's own result.
    """

    def __init__(self, dry: Dry, done: pytest.RunResult) -> None:
        self.code = int(done.ret)
        self.text = done.stdout.str() + done.stderr.str()
        path = dry.out / "report.yaml"
        self.report = yaml.safe_load(path.read_text(encoding="utf-8")) if path.exists() else {}
        self.tests: Tests = {test["id"]: test for test in self.report.get("tests", ())}

    @property
    def words(self) -> dict[str, str]:
        """{case: word}."""
        return {case_id: test["result"] for case_id, test in self.tests.items()}

    def reason(self, case_id: str) -> str:
        """Why a case came out as it did."""
        return str(self.tests[case_id]["reason"])


def run(dry: Dry, pytester: pytest.Pytester, *options: str) -> Ran:
    """Run the suite in this process."""
    asked = (str(dry.folder / "cases"), f"--out={dry.out}", "--target=metallb", *options)
    return Ran(
        dry, pytester.runpytest_inprocess("-p", "conformance.suite.plugin", *PYTEST, *asked, no_reraise_ctrlc=True)
    )
