"""The controller and the speakers as Kubernetes runs them: how many are wanted and ready, and what ails the rest.

Source: Kubernetes API apps/v1 Deployment and DaemonSet, v1 Pod; MetalLB's names and labels, which are lbkit's too.

Pure.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from lbkit.operator.fields import Json, found

CONTROLLER: Final = "controller"
SPEAKER: Final = "speaker"


@dataclass(frozen=True, slots=True)
class PodState:
    """One pod; `trouble` says why it is not ready, empty where it is."""

    name: str
    k8s_node: str
    trouble: str


@dataclass(frozen=True, slots=True)
class Component:
    """The controller, or the speakers.

    Args:
        is_there: whether its Deployment or DaemonSet exists.
        arguments: of its container.
    """

    name: str
    is_there: bool = False
    wanted: int = 0
    ready: int = 0
    image: str = ""
    arguments: tuple[str, ...] = ()
    pods: tuple[PodState, ...] = ()

    @property
    def is_lbkits(self) -> bool:
        """Whether it is lbkit's, and not MetalLB's, which has the same name and other arguments."""
        return self.arguments[:1] == (self.name,)

    def argument(self, option: str) -> str:
        """Give an option's value; empty if it is not given."""
        for index, word in enumerate(self.arguments):
            if word.startswith(f"{option}="):
                return word.partition("=")[2]
            if word == option and index + 1 < len(self.arguments):
                return self.arguments[index + 1]
        return ""

    def has_flag(self, option: str) -> bool:
        """Whether a switch is on."""
        return option in self.arguments or self.argument(option) == "true"


@dataclass(frozen=True, slots=True)
class Components:
    """Both."""

    controller: Component = field(default_factory=lambda: Component(CONTROLLER))
    speaker: Component = field(default_factory=lambda: Component(SPEAKER))


def read(workloads: Iterable[Json], pods: Iterable[Json]) -> Components:
    """Find the components among the workloads and pods of MetalLB's namespace.

    Args:
        workloads: Deployments and DaemonSets.
        pods: pods, with the label `component`.
    """
    by_kind = {(item["kind"], found(item, ("metadata", "name"))): item for item in workloads}
    there = list(pods)
    return Components(
        _component(CONTROLLER, by_kind.get(("Deployment", CONTROLLER)), there),
        _component(SPEAKER, by_kind.get(("DaemonSet", SPEAKER)), there),
    )


def _component(name: str, workload: Json, pods: list[Json]) -> Component:
    if workload is None:
        return Component(name)
    containers = found(workload, ("spec", "template", "spec", "containers")) or [{}]
    main = next((each for each in containers if each.get("name") == name), containers[0])
    status = workload.get("status") or {}
    wanted = found(workload, ("spec", "replicas")) if name == CONTROLLER else status.get("desiredNumberScheduled")
    mine = [pod for pod in pods if (found(pod, ("metadata", "labels")) or {}).get("component") == name]
    return Component(
        name=name,
        is_there=True,
        wanted=int(wanted or 0),
        ready=int(status.get("readyReplicas" if name == CONTROLLER else "numberReady") or 0),
        image=str(main.get("image", "")),
        arguments=(*(main.get("command") or ()), *(main.get("args") or ())),
        pods=tuple(sorted((_pod(pod) for pod in mine), key=lambda pod: (pod.k8s_node, pod.name))),
    )


def _pod(pod: Json) -> PodState:
    name, node = str(found(pod, ("metadata", "name"))), str(found(pod, ("spec", "nodeName")) or "")
    return PodState(name, node, _trouble(pod))


def _trouble(pod: Json) -> str:
    """Say why a pod is not ready, in the words that lead furthest: of a container, else of a condition."""
    status = pod.get("status") or {}
    conditions: Mapping[str, Json] = {each.get("type"): each for each in status.get("conditions") or ()}
    if (conditions.get("Ready") or {}).get("status") == "True":
        return ""
    for container in (*(status.get("initContainerStatuses") or ()), *(status.get("containerStatuses") or ())):
        state = container.get("state") or {}
        stuck = state.get("waiting") or state.get("terminated")
        if stuck and stuck.get("reason") not in {None, "Completed", "PodInitializing", "ContainerCreating"}:
            said = f"{container.get('name')}: {stuck['reason']} {stuck.get('message') or ''}".strip()
            return f"{said} ({container.get('restartCount', 0)} restarts)"
    for kind in ("PodScheduled", "Ready"):
        condition = conditions.get(kind) or {}
        if condition.get("status") == "False" and condition.get("message"):
            return f"{status.get('phase', 'Unknown')}: {condition['message']}"
    return str(status.get("phase") or "Unknown")
