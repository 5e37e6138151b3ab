"""A suite of a few small cases, and labs that are not there: what is left is the framework itself.

The labs are small API servers with a ready target in them (`fake_api`), whose nodes are this very process.

Shell: files, HTTP servers on the loopback, attributes of the suite's modules.
"""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import conformance.cases
import conformance.suite.target
from conformance.selftest.fake_api import FakeApi, Object
from conformance.selftest.made import bgp_status, l2_status
from conformance.suite import catalog, labs, place, state, waits
from conformance.suite.wire import Wire

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
        put(Wire, "settle", lambda *_: None)
        put(waits, "TARGET_READY_S", 0.2)

    def status(self, name: str) -> dict[str, Any]:  # Any: as the lab prints it
        """Describe a lab, as `lbkit lab status` would; the first time, start its API server."""
        described = l2_status() if name == "l2" else bgp_status()
        for node, fields in described["nodes"].items():
            fields["pid"] = self.pids.get(node, os.getpid())
        kubeconfig = self.api(name).kubeconfig(self.folder / f"kubeconfig-{name}-{os.getpid()}")
        return described | {"kubeconfig": str(kubeconfig), "owner": HERE, "topology": HERE}

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
