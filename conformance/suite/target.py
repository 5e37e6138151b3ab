"""The adapter of a load balancer under test: how it is put into a lab and configured; never used to judge.

Whoever takes MetalLB's objects (group metallb.io) needs only data here; another API needs a subclass that
turns those objects into its own.

Shell: the lab's command line, the API server.
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

from conformance.suite.declared import Declared
from conformance.suite.kube import STRATEGIC, ApiError, Kube, Object
from conformance.suite.labs import deploy

GROUP: Final = "metallb.io/"


@dataclass(frozen=True, slots=True)
class Implementation:
    """Who is being judged, for the report.

    Args:
        organization: who makes it.
        project: its name.
        url: of its home.
        contact: where to send a report.
    """

    organization: str
    project: str
    url: str
    contact: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Workload:
    """One part of a load balancer as Kubernetes runs it: what must be ready, and what a fault can hit.

    Args:
        role: what it does, `controller` or `speaker`; how cases name it.
        kind: Deployment or DaemonSet.
        name: of the object.
        labels: of its pods, as a label selector.
        container: the one that does the work, in each of its pods.
    """

    role: str
    kind: str
    name: str
    labels: str
    container: str


CONTROLLER: Final = Workload("controller", "Deployment", "controller", "app=metallb,component=controller", "controller")
SPEAKER: Final = Workload("speaker", "DaemonSet", "speaker", "app=metallb,component=speaker", "speaker")
ENGINE: Final = replace(SPEAKER, role="engine")


@dataclass(frozen=True, slots=True)
class Target:
    """A load balancer that takes MetalLB's objects.

    Args:
        name: as in `--target`.
        deploy: its word for `lbkit lab deploy --target`.
        implementation: for the report.
        namespace: where its objects live.
        workloads: what it consists of; the first one's image tells the version.
        features: the extended features it claims.
        is_configurable: whether it takes configuration at all.
        declared: what it says of itself and is held to.
        class_argument: of its workloads, to make them serve one loadBalancerClass instead of Services without any.
        pool_annotations: {feature: annotations that a pool needs for it}.
        engine: the container that speaks BGP, where that is not the speaker's own; role `engine` in cases either way.
        lease: name of the Lease by which its controllers elect their leader; "" where there is only one controller.
    """

    name: str
    deploy: str
    implementation: Implementation
    namespace: str = "metallb-system"
    workloads: tuple[Workload, ...] = (CONTROLLER, SPEAKER)
    features: frozenset[str] = field(default_factory=frozenset)
    is_configurable: bool = True
    declared: Declared = field(default_factory=Declared)
    class_argument: str = "--lb-class={name}"
    pool_annotations: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    engine: Workload = ENGINE
    lease: str = ""

    def install(self, lab: str, log: Path) -> None:
        """Put it into a lab, in place of any other.

        Raises:
            TargetError: the lab's command failed.
        """
        deploy(lab, self.deploy, log)

    def uninstall(self, lab: str, log: Path, kube: Kube) -> None:  # noqa: ARG002 - others have to write to the cluster
        """Take it out of a lab, as its manual says.

        Raises:
            TargetError: the lab's command failed.
        """
        deploy(lab, "none", log)

    def prepared(self, obj: Object, features: frozenset[str]) -> Object:
        """Put on a pool what it needs for some features.

        Args:
            obj: any object of a case.
            features: extended features that the case needs, or uses where they are claimed.
        """
        wanted = [self.pool_annotations[name] for name in sorted(features) if name in self.pool_annotations]
        if obj["kind"] != "IPAddressPool" or not wanted:
            return obj
        annotations = dict(obj["metadata"].get("annotations", {}))
        for more in wanted:
            annotations |= more
        return {**obj, "metadata": {**obj["metadata"], "annotations": annotations}}

    def ready(self, kube: Kube) -> str:
        """Say why it does not take configuration yet; "" when it does.

        A dry run of a pool is asked for, as a controller may be ready before its webhook answers.
        """
        for part in self.workloads:
            found = kube.get(part.kind, part.name, self.namespace)
            if found is None:
                return f"{part.kind} {self.namespace}/{part.name} does not exist"
            if waiting := _waiting(found):
                return f"{part.kind} {self.namespace}/{part.name}: {waiting}"
        if not self.is_configurable:
            return ""
        try:
            kube.create(_trial(self.namespace), dry_run=True)
        except ApiError as err:
            return str(err)
        return ""

    def restart(self, kube: Kube, part: Workload) -> None:
        """Ask for a restart of a workload, as `kubectl rollout restart` does; `ready` tells when it is done."""
        noted = {"kubectl.kubernetes.io/restartedAt": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())}
        meta = {"name": part.name, "namespace": self.namespace}
        spec = {"template": {"metadata": {"annotations": noted}}}
        kube.patch({"kind": part.kind, "metadata": meta, "spec": spec}, media=STRATEGIC)

    def version(self, kube: Kube) -> str:
        """Return the image of its first workload; "" if it has none."""
        for part in self.workloads[:1]:
            found = kube.get(part.kind, part.name, self.namespace)
            if found:
                return str(found["spec"]["template"]["spec"]["containers"][0]["image"])
        return ""

    def takes(self, obj: Object) -> bool:
        """Say whether an object of a case is to be written: a target without configuration takes none of its own."""
        return self.is_configurable or not str(obj["apiVersion"]).startswith(GROUP)


def _waiting(workload: Object) -> str:
    """Say what a Deployment or DaemonSet still lacks; "" if nothing."""
    status, generation = workload.get("status", {}), workload["metadata"].get("generation", 0)
    if status.get("observedGeneration", 0) < generation:
        return "its newest form was not looked at yet"
    if workload["kind"] == "DaemonSet":
        wanted, ready = status.get("desiredNumberScheduled", 0), status.get("numberReady", 0)
        fresh = status.get("updatedNumberScheduled", 0)
    else:
        wanted, ready = workload["spec"].get("replicas", 1), status.get("readyReplicas", 0)
        fresh = status.get("updatedReplicas", 0)
        if (old := status.get("replicas", 0) - fresh) > 0:
            return f"{old} pods of its older form are still there"
    return "" if wanted and ready >= wanted and fresh >= wanted else f"{ready} of {wanted} pods are ready"


def _trial(namespace: str) -> Object:
    """Return a pool nobody else uses: TEST-NET-1 of RFC 5737."""
    return {
        "apiVersion": "metallb.io/v1beta1",
        "kind": "IPAddressPool",
        "metadata": {"name": "lbkit-conformance-trial", "namespace": namespace},
        "spec": {"addresses": ["192.0.2.0/32"], "autoAssign": False},
    }
