"""What is wrong with an installation itself: controller, speakers, configuration.

Pure.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import Final

from lbkit.model.config import ConfigProblem
from lbkit.operator.cluster import Cluster
from lbkit.operator.explanation import Finding
from lbkit.operator.inventory import POOL
from lbkit.operator.text import some

INSTALL: Final = "$ kubectl apply -k lbkit/manifests"


def controller(cluster: Cluster, *, blocks: bool) -> Iterator[Finding]:
    """Say why nobody gives addresses; `blocks` says whether somebody needs one."""
    component = cluster.components.controller
    if not component.is_there:
        text = f"there is no Deployment {cluster.namespace}/controller, so nobody gives addresses"
        yield Finding("ControllerMissing", text, INSTALL, blocks)
    elif not component.ready:
        troubles = [f"{pod.name}: {pod.trouble}" for pod in component.pods if pod.trouble]
        told = "; ".join(troubles) or f"{component.wanted} replicas are wanted"
        cure = (
            f"$ kubectl scale deployment -n {cluster.namespace} controller --replicas=1"
            if component.wanted == 0
            else f"$ kubectl describe pods -n {cluster.namespace} -l component=controller\n"
            f"$ kubectl logs -n {cluster.namespace} deployment/controller"
        )
        yield Finding("ControllerDown", f"the controller does not run: {told}", cure, blocks)
    elif component.ready < component.wanted:
        troubles = [f"{pod.name}: {pod.trouble}" for pod in component.pods if pod.trouble]
        text = f"{component.ready} of {component.wanted} controllers are ready: {'; '.join(troubles) or 'starting'}"
        cure = f"$ kubectl describe pods -n {cluster.namespace} -l component=controller"
        yield Finding("ControllerDegraded", text, cure, blocks=False)


def speakers(cluster: Cluster, nodes: Iterable[str], *, works: bool) -> Iterator[Finding]:
    """Say on which of these nodes no speaker is ready; it blocks if no other is, or if nothing works anyway."""
    component = cluster.components.speaker
    if not component.is_there:
        text = f"there is no DaemonSet {cluster.namespace}/speaker, so nobody announces"
        yield Finding("SpeakerMissing", text, INSTALL)
        return
    wanted = set(nodes)
    trouble = {pod.k8s_node: pod.trouble for pod in component.pods if pod.trouble}
    running = {pod.k8s_node for pod in component.pods if not pod.trouble}
    nodes_by_trouble: dict[str, list[str]] = {}
    for node in sorted(wanted - running):
        nodes_by_trouble.setdefault(trouble.get(node, "no speaker runs there"), []).append(node)
    for why, where in nodes_by_trouble.items():
        text = f"no speaker is ready on {some(where, 'node', 'nodes')}: {why}"
        cure = f"$ kubectl describe pods -n {cluster.namespace} -l component=speaker"
        yield Finding("SpeakerDown", text, cure, blocks=not (works and wanted & running))


def configuration(
    cluster: Cluster, problems: Iterable[ConfigProblem], blocks: Callable[[str], bool]
) -> Iterator[Finding]:
    """Say what is wrong with the configuration: while a pool is, the pools of before stay in force.

    Args:
        cluster: what is known.
        problems: what is wrong, by the rules.
        blocks: whether a problem with an object of this kind keeps something from working.
    """
    by_object: dict[tuple[str, str], list[ConfigProblem]] = {}
    for each in problems:
        by_object.setdefault((each.kind, each.name), []).append(each)
    for (kind, name), found in by_object.items():
        more = f" (and {len(found) - 1} more)" if len(found) > 1 else ""
        what = f"{kind} {name}: {found[0]}{more}" if name else f"{found[0]}{more}"
        cure = f"$ kubectl edit {kind.lower()} -n {cluster.namespace} {name}".rstrip()
        consequence = (
            "Until that is put right, the last configuration of pools that was good stays in force"
            if kind == POOL
            else "It is not used until that is put right"
        )
        yield Finding("InvalidConfiguration", f"{what}. {consequence}", cure, blocks(kind))
    if not by_object:
        for component, said in sorted(cluster.states.items()):
            for line in said:
                yield Finding("InvalidConfiguration", f"{component} says: {line}", blocks=False)
