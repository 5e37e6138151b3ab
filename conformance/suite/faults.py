"""Faults of the load balancer under test: its processes killed or frozen, its pods restarted, and all of it put right.

The target names its workloads; everything else is Kubernetes and Linux, so a fault is the same for every target.

Shell: the API server, kill, the monotonic clock.
"""

import time

from conformance.suite import processes
from conformance.suite.facts import LabFacts
from conformance.suite.guards import Guards
from conformance.suite.kube import Kube, Object, path_of, until
from conformance.suite.noted import container_statuses, running_id
from conformance.suite.observers.usage import usage
from conformance.suite.recorder import Recorder, Stopped
from conformance.suite.target import Target, Workload
from conformance.suite.waits import POLL_S, RESTART_S, ROLL_S, TARGET_READY_S


class Faults:
    """What a drive may do to the load balancer; `restore` undoes it.

    Args:
        kube: the cluster.
        target: what is judged.
        recorder: where each fault is written.
        lab: whose nodes' kubelets a fault has to hold; None where none does.
    """

    def __init__(self, kube: Kube, target: Target, recorder: Recorder, lab: LabFacts | None = None) -> None:
        self._kube = kube
        self._target = target
        self._recorder = recorder
        self._lab = lab
        self._guards = Guards(recorder)
        self._ended: dict[str, dict[str, str]] = {}
        self._stopped: dict[str, int] = {}

    def kill(self, role: str, node: str = "", pod: str = "") -> None:
        """Kill a role's processes with SIGKILL, and return as soon as they are dead; Kubernetes will restart them.

        Args:
            role: controller or speaker: all its pods, those on `node`, or one.
            node: short name; "" for all nodes.
            pod: name; "" for all pods.

        Raises:
            Stopped: the target has no such process.
            TargetError: a process could not be killed.
        """
        part = self._part(role)
        for item in self._running(part, node, pod):
            container = _container_id(item, part)
            pids = processes.of_container(container)
            asked_ns = time.monotonic_ns()
            processes.kill(pids)
            self._ended.setdefault(role, {})[container] = item["metadata"]["name"]
            noted = {"role": role, "pod": item["metadata"]["name"], "node": _node(item), "container": part.container}
            self._recorder.record("fault", "kill", asked_ns=asked_ns, container_id=container, pids=pids, **noted)

    def keep_dead(self, role: str, node: str) -> int:
        """Kill a role's process on a node with SIGKILL, and keep it from being restarted: its kubelet is frozen first.

        A frozen kubelet starts nothing, and its node is not declared NotReady before 40 s.

        Returns:
            The fault's number, for `undo`; afterwards the pod is deleted, as its next start would be delayed.

        Raises:
            Stopped: the target has no such process.
            TargetError: a process could not be killed.
        """
        assert self._lab, "only a lab's kubelets can be held"
        part = self._part(role)
        (pod,) = self._running(part, node)
        container = _container_id(pod, part)
        pids = [*map(str, processes.of_container(container))]
        kubelet = [*map(str, processes.beside(self._lab.nodes[node].pid, "kubelet"))]
        self._ended.setdefault(role, {})[container] = pod["metadata"]["name"]
        do, undo = [["kill", "-STOP", *kubelet], ["kill", "-KILL", *pids]], [["kill", "-CONT", *kubelet]]
        return self._guards.make("killed", do, undo, role=role, node=node, pod=pod["metadata"]["name"])

    def freeze(self, role: str, node: str) -> int:
        """Stop a role's process on a node with SIGSTOP, until `undo`.

        Returns:
            The fault's number, for `undo`.

        Raises:
            Stopped: the target has no such process.
            TargetError: a process could not be stopped.
        """
        part = self._part(role)
        (pod,) = self._running(part, node)
        pids = [*map(str, processes.of_container(_container_id(pod, part)))]
        # Kubernetes may have ended it meanwhile, as it answered no probe.
        undo = [["sh", "-c", f"for pid in {' '.join(pids)}; do ! kill -0 $pid || kill -CONT $pid; done"]]
        return self._guards.make("frozen", [["kill", "-STOP", *pids]], undo, role=role, node=node)

    def undo(self, number: int) -> None:
        """Undo one fault that is in force, by the number it was given.

        Raises:
            TargetError: it cannot be undone.
        """
        self._guards.undo(number)

    def use(self, role: str, when: str) -> None:
        """Note what each process of a role uses now; `when` names the moment.

        Raises:
            Stopped: the target has no such process.
        """
        part = self._part(role)
        for pod in self._running(part, ""):
            found = usage(_container_id(pod, part))
            told = {"pid": found.pid, "begin_ns": found.begin_ns, "cpu_s": found.cpu_s}
            told |= {"rss_bytes": found.rss_bytes, "peak_bytes": found.peak_bytes}
            name = pod["metadata"]["name"]
            self._recorder.record("node", "usage", when=when, role=role, pod=name, node=_node(pod), **told)

    def leader(self, role: str) -> str:
        """Say which pod of a role leads: the holder of the target's Lease, or the only pod there is.

        Raises:
            Stopped: nobody leads, or nobody can tell who.
        """
        pods = [pod["metadata"]["name"] for pod in self._pods(self._part(role))]
        if not self._target.lease:
            if len(pods) != 1:
                raise Stopped(f"{self._target.name} elects no leader and has {len(pods)} pods of {role}, wanted one")
            return str(pods[0])
        lease = self._kube.get("Lease", self._target.lease, self._target.namespace)
        holder = str((lease or {}).get("spec", {}).get("holderIdentity") or "")
        # client-go's identities are a host name, an underscore and a UUID; a pod's name holds no underscore.
        name = holder.partition("_")[0]
        if name not in pods:
            raise Stopped(f'Lease {self._target.lease} is held by "{holder}", wanted one of {", ".join(pods)}')
        return name

    def renew(self, role: str, node: str = "", *, evicts: bool = False) -> None:
        """Delete a role's pods, as an operator restarts them; `back` waits for those that replace them.

        Args:
            role: controller or speaker.
            node: short name; "" for all nodes.
            evicts: ask by the Eviction API, as a drain does, instead of deleting.

        Raises:
            Stopped: the target has no such pods.
        """
        part = self._part(role)
        pods = [pod for pod in self._pods(part) if node in {"", _node(pod)}]
        if not pods:
            raise Stopped(f"{self._target.name} has no {role} to renew")
        asked_ns = time.monotonic_ns()
        for pod in pods:
            self._ended.setdefault(role, {})[_container_id(pod, part)] = pod["metadata"]["name"]
            if evicts:
                evict(self._kube, pod)
            else:
                self._kube.delete("Pod", pod["metadata"]["name"], self._target.namespace)
        named = [pod["metadata"]["name"] for pod in pods]
        self._recorder.record("fault", "renew", role=role, pods=named, node=node, asked_ns=asked_ns)

    def roll(self, role: str) -> None:
        """Restart a role as `kubectl rollout restart` does, and wait until that is done.

        Raises:
            TargetError: it is not done in time.
        """
        asked_ns = time.monotonic_ns()
        self._target.restart(self._kube, self._part(role))
        self._recorder.record("fault", "roll", role=role, asked_ns=asked_ns)
        until(f"the rolling restart of {role}", lambda: self._target.ready(self._kube), ROLL_S, POLL_S)
        self._recorder.record("fault", "rolled", role=role)

    def back(self, role: str) -> None:
        """Wait until every killed or renewed process of a role runs again and is ready, and note it.

        Raises:
            Stopped: one does not come back; the checks will say so.
        """
        part, ended = self._part(role), self._ended[role]
        deadline = time.monotonic() + RESTART_S
        while True:
            pods = self._pods(part)
            fresh = [pod for pod in pods if _is_ready(pod, part) and _container_id(pod, part) not in ended]
            waiting = {pod["metadata"]["name"] for pod in pods} - {pod["metadata"]["name"] for pod in fresh}
            if fresh and not waiting:
                break
            if time.monotonic() > deadline:
                raise Stopped(f"{role} is not ready {RESTART_S:g} s after it was ended: {', '.join(sorted(waiting))}")
            time.sleep(POLL_S / 2)
        restarts = {pod["metadata"]["name"]: _status(pod, part).get("restartCount", 0) for pod in fresh}
        self._recorder.record("fault", "back", role=role, restarts=restarts)

    def stop(self, role: str) -> None:
        """Take a role away for a while: scale its Deployment to nothing and wait until its pods are gone.

        Raises:
            Stopped: the target has no such role, or it is no Deployment.
            TargetError: its pods stay.
        """
        part = self._part(role)
        if part.kind != "Deployment":
            raise Stopped(f"{role} of {self._target.name} is a {part.kind} and cannot be scaled to nothing")
        found = self._kube.get(part.kind, part.name, self._target.namespace)
        self._stopped.setdefault(role, int(found["spec"].get("replicas", 1)) if found else 1)
        self._scale(part, 0)
        until(
            f"the end of {role}", lambda: ", ".join(p["metadata"]["name"] for p in self._pods(part)), RESTART_S, POLL_S
        )
        self._recorder.record("fault", "stop", role=role)

    def start(self, role: str) -> None:
        """Bring back what `stop` took away, and wait until it is ready.

        Raises:
            TargetError: it does not become ready.
        """
        asked_ns = time.monotonic_ns()
        self._scale(self._part(role), self._stopped.pop(role))
        until(f"the start of {role}", lambda: self._target.ready(self._kube), RESTART_S, POLL_S)
        self._recorder.record("fault", "start", role=role, asked_ns=asked_ns)

    def drop_leases(self) -> None:
        """Empty and delete every Lease of the load balancer's namespace, as a careless operator may.

        Raises:
            Stopped: it keeps none.
        """
        leases = [lease["metadata"]["name"] for lease in self._kube.list("Lease", self._target.namespace)]
        if not leases:
            raise Stopped(f"{self._target.name} keeps no Lease")
        asked_ns = time.monotonic_ns()
        for name in leases:
            meta = {"name": name, "namespace": self._target.namespace}
            self._kube.patch({"kind": "Lease", "metadata": meta, "spec": {"holderIdentity": ""}})
            self._kube.delete("Lease", name, self._target.namespace)
        self._recorder.record("fault", "leases", names=leases, asked_ns=asked_ns)

    def restore(self) -> None:
        """Bring everything back, and give what was killed fresh pods.

        Kubernetes lets a container that ended wait longer each time before it is started again (CrashLoopBackOff),
        and the next case has its own kills.

        Raises:
            TargetError: the load balancer does not become ready.
        """
        self._guards.undo_all()
        if not self._stopped and not self._ended:
            return
        for role in [*self._stopped]:
            self._scale(self._part(role), self._stopped.pop(role))
        old: set[str] = set()
        while self._ended:
            _, ended = self._ended.popitem()
            old |= set(ended.values())
        for name in old:
            self._kube.delete("Pod", name, self._target.namespace)

        def waiting() -> str:
            left = old & {pod["metadata"]["name"] for pod in self._kube.list("Pod", self._target.namespace)}
            return ", ".join(sorted(left)) or self._target.ready(self._kube)

        until(f"{self._target.name} as it was", waiting, TARGET_READY_S, POLL_S)

    def _part(self, role: str) -> Workload:
        for part in (*self._target.workloads, self._target.engine):
            if part.role == role:
                return part
        raise Stopped(f"{self._target.name} has no {role}")

    def _running(self, part: Workload, node: str, pod: str = "") -> list[Object]:
        running = [item for item in self._pods(part) if _is_there(item, part) and node in {"", _node(item)}]
        found = [item for item in running if pod in {"", item["metadata"]["name"]}]
        if not found:
            where = " ".join(word for word in (part.role, pod, f"on {node}" if node else "") if word)
            raise Stopped(f"{self._target.name} has no running {where} to hit")
        return found

    def _pods(self, part: Workload) -> list[Object]:
        return self._kube.list("Pod", self._target.namespace, part.labels)

    def _scale(self, part: Workload, replicas: int) -> None:
        meta = {"name": part.name, "namespace": self._target.namespace}
        self._kube.patch({"kind": part.kind, "metadata": meta, "spec": {"replicas": replicas}})


def evict(kube: Kube, pod: Object) -> None:
    """Ask for a pod's eviction, as `kubectl drain` does.

    Raises:
        ApiError: a disruption budget, or something else, forbids it now.
    """
    meta = {"name": pod["metadata"]["name"], "namespace": pod["metadata"]["namespace"]}
    path = path_of("Pod", meta["namespace"], meta["name"])
    kube.request("POST", f"{path}/eviction", {"apiVersion": "policy/v1", "kind": "Eviction", "metadata": meta})


def _node(pod: Object) -> str:
    return str(pod["spec"].get("nodeName", ""))


def _status(pod: Object, part: Workload) -> Object:
    return next((dict(one) for one in container_statuses(pod) if one["name"] == part.container), {})


def _container_id(pod: Object, part: Workload) -> str:
    """Return the id of a running container; "" if it does not run."""
    return running_id(_status(pod, part))


def _is_there(pod: Object, part: Workload) -> bool:
    return bool(_container_id(pod, part)) and "deletionTimestamp" not in pod["metadata"]


def _is_ready(pod: Object, part: Workload) -> bool:
    return bool(_status(pod, part).get("ready")) and _is_there(pod, part)
