"""lbkit, broken on purpose in one way each: targets that certain cases must fail, and no other (`make broken`).

The product has no switch for it. Its image is used as it is; a ConfigMap with a `sitecustomize.py` is put before it on
PYTHONPATH, which changes lbkit's functions when they are loaded (lbkit/tests/broken). lbkit itself is not ready for the
suite as long as that ConfigMap is there, so that no run takes a broken build for it.

Shell: files, the lab's command line, the API server.
"""

from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Final

from conformance.broken.table import SWITCHES
from conformance.suite import labs
from conformance.suite.kube import STRATEGIC, Kube, until
from conformance.suite.observers.process import ROOT
from conformance.suite.target import Workload
from conformance.suite.waits import TARGET_READY_S
from conformance.targets.lbkit import BROKEN, TARGET, Lbkit
from lbkit.errors import TargetError

SOURCES: Final = ROOT / "lbkit" / "tests" / "broken"
FILES: Final = ("sitecustomize.py", "switches.py")
FOLDER: Final = "/opt/lbkit/broken"
PYTHONPATH: Final = f"{FOLDER}:/opt/lbkit/code:/opt/lbkit/dependencies"
"""Before what the image sets (images/lbkit/Dockerfile)."""


@dataclass(frozen=True)
class Broken(Lbkit):
    """lbkit with one switch.

    Args:
        switch: its name.
    """

    switch: str = ""

    def install(self, lab: str, log: Path) -> None:
        """Put lbkit into a lab, and break it there.

        Raises:
            TargetError: the lab's command failed, or the API server refused.
        """
        super().install(lab, log)
        kube = Kube(Path(labs.status(lab)["kubeconfig"]))
        data = {name: (SOURCES / name).read_text(encoding="utf-8") for name in FILES}
        meta = {"name": BROKEN, "namespace": self.namespace, "labels": {"switch": self.switch}}
        kube.apply({"apiVersion": "v1", "kind": "ConfigMap", "metadata": meta, "data": data})
        env = [{"name": "PYTHONPATH", "value": PYTHONPATH}, {"name": "LBKIT_BROKEN", "value": self.switch}]
        mounts = [{"name": BROKEN, "mountPath": FOLDER, "readOnly": True}]
        volumes = [{"name": BROKEN, "configMap": {"name": BROKEN}}]
        for part in self.workloads:
            self._change(kube, part, env, mounts, volumes)

    def heal(self, lab: str) -> None:
        """Make lbkit whole again in a lab, and wait until it is ready; fine where it is whole, or not up.

        Raises:
            TargetError: it does not become ready.
        """
        status = labs.status(lab)
        if status.get("state") != "up":
            return
        kube = Kube(Path(status["kubeconfig"]))
        if kube.get("ConfigMap", BROKEN, self.namespace) is None:
            return
        env = [{"name": name, "$patch": "delete"} for name in ("PYTHONPATH", "LBKIT_BROKEN")]
        for part in self.workloads:
            mounts = [{"mountPath": FOLDER, "$patch": "delete"}]
            self._change(kube, part, env, mounts, [{"name": BROKEN, "$patch": "delete"}])
        kube.delete("ConfigMap", BROKEN, self.namespace)
        until("lbkit as it was", lambda: TARGET.ready(kube), TARGET_READY_S)

    def ready(self, kube: Kube) -> str:
        """Say why it does not take configuration yet; "" when it does.

        Raises:
            TargetError: it is not broken, and so is not what is to be judged.
        """
        found = kube.get("ConfigMap", BROKEN, self.namespace)
        if found is None or found["metadata"].get("labels", {}).get("switch") != self.switch:
            raise TargetError(f"{self.name}: lbkit is not broken by {self.switch}; somebody deployed it anew")
        return super(Lbkit, self).ready(kube)

    def _change(
        self,
        kube: Kube,
        part: Workload,
        env: list[dict[str, Any]],  # Any: JSON, and so are those below
        mounts: list[dict[str, Any]],
        volumes: list[dict[str, Any]],
    ) -> None:
        """Change a workload's pods, all of them at once: only the end counts here."""
        containers = [{"name": part.container, "env": env, "volumeMounts": mounts}]
        template = {"spec": {"containers": containers, "volumes": volumes}}
        meta = {"name": part.name, "namespace": self.namespace}
        kube.patch({"kind": part.kind, "metadata": meta, "spec": {"template": template}}, media=STRATEGIC)
        for pod in kube.list("Pod", self.namespace, part.labels):
            kube.delete("Pod", pod["metadata"]["name"], self.namespace)


_AS_LBKIT: Final = {each.name: getattr(TARGET, each.name) for each in fields(TARGET)}
TARGETS: Final = tuple(
    Broken(**_AS_LBKIT | {"name": f"broken-{switch.name}"}, switch=switch.name) for switch in SWITCHES
)
