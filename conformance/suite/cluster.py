"""What a drive may do to the cluster around the load balancer: nodes, other writers' status, the target's class.

Whatever it changes it puts back, in reverse order, when the case is over.

Shell: the API server, docker exec, nsenter.
"""

import json
import random
import time
from collections.abc import Callable, Mapping
from functools import partial
from ipaddress import IPv4Address, ip_address, ip_interface, ip_network
from typing import Final

from conformance.suite import noted, processes, seen
from conformance.suite.facts import IPAddress, IPNetwork, LabFacts
from conformance.suite.faults import evict
from conformance.suite.guards import Guards
from conformance.suite.kube import MERGE, STRATEGIC, ApiError, Kube, Object, until
from conformance.suite.observers.process import enter, inside, run
from conformance.suite.recorder import Recorder
from conformance.suite.session import LabSession
from conformance.suite.target import Workload
from conformance.suite.waits import BACKEND_S, CLEAN_S, COMMAND_S, POLL_S, TARGET_READY_S
from conformance.suite.wire import source_address
from lbkit.errors import TargetError

_CONTROL_PLANE: Final = "node-role.kubernetes.io/control-plane"
_NETWORK_LENGTH: Final = 24
"""Networks of nodes and of Services are taken for so large: a part of them (kubeadm: /12 to /24 in use)."""
_NODE_PORTS: Final = range(30100, 32700)
_NODE_READY_S: Final = 60.0
"""Until a node whose kubelet was paused is Ready again: kubelet posts its status every 10 s."""


class Cluster:
    """The cluster of one case.

    Args:
        session: the lab it runs in.
        recorder: where each change is written.
        namespace: of the case.
    """

    def __init__(self, session: LabSession, recorder: Recorder, namespace: str) -> None:
        self._session = session
        self._kube = session.kube
        self._lab: LabFacts = session.facts
        self._recorder = recorder
        self._namespace = namespace
        self._undo: list[tuple[str, Callable[[], object]]] = []
        self._guards = Guards(recorder)

    def label(self, node: str, name: str, value: str | None) -> None:
        """Set a label of a node; None takes it off. Every label set here is taken off at the end."""
        self._undo.append((f"label {name} of {node}", lambda: self._label(node, name, None)))
        self._label(node, name, value)

    def _label(self, node: str, name: str, value: str | None) -> None:
        self._patch_node(node, {"metadata": {"labels": {name: value}}})

    def _patch_node(self, node: str, change: Object) -> None:
        obj = {"kind": "Node", **change, "metadata": {**change.get("metadata", {}), "name": node}}
        noted = {"verb": "patch", "object_kind": "Node", "name": node, "namespace": ""}
        self._recorder.record("drive", "write", phase="invoke", **noted)
        self._kube.patch(obj)
        self._recorder.record("drive", "write", phase="ok", object=obj, **noted)

    def cordon(self, node: str) -> None:
        """Mark a node unschedulable until `uncordon`."""
        self._undo.append((f"cordon of {node}", lambda: self._patch_node(node, {"spec": {"unschedulable": None}})))
        self._patch_node(node, {"spec": {"unschedulable": True}})
        self._recorder.record("fault", "cordon", node=node)

    def scale(self, replicas: Mapping[str, int]) -> None:
        """Scale Deployments of the case at once, wait until exactly those pods are ready, and note them.

        Args:
            replicas: {Deployment: how many}, all that the case has.

        Raises:
            TargetError: pods do not come, or do not go, in time.
        """
        for name, count in replicas.items():
            self._kube.patch(
                {
                    "kind": "Deployment",
                    "metadata": {"name": name, "namespace": self._namespace},
                    "spec": {"replicas": count},
                }
            )
        self.pods_are(sum(replicas.values()))

    def pods_are(self, count: int, **labels: str) -> None:
        """Wait until the case has exactly so many pods, all ready and all with these labels, and note them.

        Raises:
            TargetError: pods do not come, or do not go, in time.
        """

        def wrong() -> str:
            pods = self._pods()
            fit = [pod for pod in pods if noted.is_ready(pod) and labels.items() <= pod["metadata"]["labels"].items()]
            return "" if len(fit) == len(pods) == count else f"{len(fit)} of {len(pods)} pods ready, wanted {count}"

        until("the pods", wrong, BACKEND_S, POLL_S)
        self.note_pods()

    def note_pods(self) -> None:
        """Note the pods of the case as they are now, those on their way out among them."""
        pods = {pod["metadata"]["name"]: noted.pod(pod) for pod in self._pods()}
        self._recorder.record("kube", "pods", pods=pods)

    def uncordon(self, node: str) -> None:
        """Mark a node schedulable again."""
        self._patch_node(node, {"spec": {"unschedulable": None}})

    def drain(self, node: str) -> None:
        """Drain a node as `kubectl drain --ignore-daemonsets` does: cordon it, evict its pods, wait for their end.

        Raises:
            TargetError: a pod stays.
        """
        asked_ns = time.monotonic_ns()
        self.cordon(node)
        pods = [pod for pod in self._kube.list("Pod") if pod["spec"].get("nodeName") == node and _is_drained(pod)]
        named = {pod["metadata"]["uid"]: pod for pod in pods}
        self._recorder.record(
            "fault", "drain", node=node, pods=[pod["metadata"]["name"] for pod in pods], asked_ns=asked_ns
        )
        for pod in named.values():
            until(f"the eviction of {pod['metadata']['name']}", partial(_evicted, self._kube, pod), CLEAN_S, POLL_S)

        def left() -> str:
            there = [pod for pod in self._kube.list("Pod") if pod["metadata"]["uid"] in named]
            return ", ".join(pod["metadata"]["name"] for pod in there)

        until(f"the drain of {node}", left, CLEAN_S, POLL_S)

    def control_planes(self) -> frozenset[str]:
        """Return the nodes that run the API server: to lose one is another matter than a load balancer's."""
        nodes = (node["metadata"] for node in self._kube.list("Node"))
        return frozenset(meta["name"] for meta in nodes if _CONTROL_PLANE in meta.get("labels", {}))

    def freeze_api(self) -> int:
        """Stop the API server with SIGSTOP, until `undo`; nothing may be asked of it meanwhile.

        Returns:
            The fault's number, for `undo`.
        """
        (node,) = self.control_planes()
        pids = [*map(str, processes.beside(self._lab.nodes[node].pid, "kube-apiserver"))]
        return self._guards.make("api-frozen", [["kill", "-STOP", *pids]], [["kill", "-CONT", *pids]])

    def undo(self, number: int) -> None:
        """Undo a fault that is in force, by the number it was given."""
        self._guards.undo(number)

    def stop_kubelet(self, node: str) -> None:
        """Stop a node's kubelet; its pods and its network go on."""
        self._undo.append((f"kubelet of {node}", lambda: self._kubelet(node, "start")))
        self._kubelet(node, "stop")
        self._recorder.record("fault", "kubelet-stop", node=node)

    def start_kubelet(self, node: str) -> None:
        """Start a node's kubelet again and wait until the node is Ready.

        Raises:
            TargetError: it does not become Ready.
        """
        self._kubelet(node, "start")
        self._recorder.record("fault", "kubelet-start", node=node)
        until(f"node {node}", lambda: self._unready(node), _NODE_READY_S)

    def _kubelet(self, node: str, verb: str) -> None:
        run([*inside(self._lab.nodes[node]), "systemctl", verb, "kubelet"], 2 * COMMAND_S)

    def _unready(self, node: str) -> str:
        found = self._kube.get("Node", node) or {}
        ready = [c for c in found.get("status", {}).get("conditions", []) if c["type"] == "Ready"]
        return "" if ready and ready[0]["status"] == "True" else "it is not Ready"

    def write_condition(self, service: str, kind: str) -> None:
        """Write a condition of somebody else's into a Service's status, as another controller would."""
        since = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        condition = {"type": kind, "status": "True", "reason": "Seen", "message": "of another controller"}
        obj = {
            "kind": "Service",
            "metadata": {"name": service, "namespace": self._namespace},
            "status": {"conditions": [{**condition, "lastTransitionTime": since}]},
        }
        self._write_status(obj, STRATEGIC)

    def _write_status(self, obj: Object, media: str) -> None:
        name = obj["metadata"]["name"]
        noted = {"verb": "status", "object_kind": "Service", "name": name, "namespace": self._namespace}
        self._recorder.record("drive", "write", phase="invoke", **noted)
        self._kube.patch(obj, "/status", media)
        self._recorder.record("drive", "write", phase="ok", object=obj, **noted)

    def forge_status(self, service: str, address: IPAddress) -> None:
        """Write an address into a Service's status, as one who has the right to do so and no good in mind."""
        obj = {
            "kind": "Service",
            "metadata": {"name": service, "namespace": self._namespace},
            "status": {"loadBalancer": {"ingress": [{"ip": str(address)}]}},
        }
        self._write_status(obj, MERGE)

    def serve_class(self, name: str) -> None:
        """Make the target serve a loadBalancerClass instead of Services without one, as its manual says.

        Args:
            name: of the class.

        Raises:
            TargetError: it does not become ready with it.
        """
        target = self._session.target
        for part in target.workloads:
            found = self._kube.get(part.kind, part.name, target.namespace)
            if found is None:
                continue
            containers = found["spec"]["template"]["spec"]["containers"]
            before = next(list(c.get("args", [])) for c in containers if c["name"] == part.container)
            self._undo.append((f"arguments of {part.name}", partial(self._arguments, part, before)))
            self._arguments(part, [*before, target.class_argument.format(name=name)])
        self._settle()
        self._recorder.record("fault", "class", name=name)

    def _arguments(self, part: Workload, args: list[str]) -> None:
        container = {"name": part.container, "args": args}
        meta = {"name": part.name, "namespace": self._session.target.namespace}
        spec = {"template": {"spec": {"containers": [container]}}}
        self._kube.patch({"kind": part.kind, "metadata": meta, "spec": spec}, media=STRATEGIC)

    def _settle(self) -> None:
        target = self._session.target
        what = f"{target.name} in lab {self._lab.name}"
        until(what, lambda: target.ready(self._kube) or self._leaving(), TARGET_READY_S, POLL_S)

    def _leaving(self) -> str:
        """Name the target's pods that are on their way out, and may still act; "" if none is."""
        target = self._session.target
        pods = [pod for part in target.workloads for pod in self._kube.list("Pod", target.namespace, part.labels)]
        return ", ".join(pod["metadata"]["name"] for pod in pods if "deletionTimestamp" in pod["metadata"])

    def node_address(self) -> IPv4Address:
        """Return the address of a node that clients can reach."""
        return source_address(self._lab.nodes[self._lab.eligible[0]])

    def api_address(self) -> IPAddress:
        """Return the cluster address of the API server."""
        found = self._kube.get("Service", "kubernetes", "default") or {}
        return ip_address(found["spec"]["clusterIP"])

    def networks(self) -> dict[str, IPNetwork]:
        """Return networks that addresses of Services must not be from: of a node, of its pods, and of Services."""
        node = self._kube.list("Node")[0]
        internal = next(each["address"] for each in node["status"]["addresses"] if each["type"] == "InternalIP")
        nodes = ip_interface(f"{internal}/{_NETWORK_LENGTH}")
        cluster = ip_interface(f"{self.api_address()}/{_NETWORK_LENGTH}")
        return {"nodes": nodes.network, "pods": ip_network(node["spec"]["podCIDR"]), "services": cluster.network}

    def node_port(self, service: str) -> int:
        """Wait until a Service has a node port and return its first.

        Raises:
            Stopped: it never has one.
        """
        return self._recorder.need(f"a node port of {service}", lambda h: seen.node_port(h, service), COMMAND_S)

    def move_node_port(self, service: str) -> int:
        """Give a Service's first port another node port; return it.

        Raises:
            TargetError: the API server takes none of those tried.
        """
        found = self._kube.get("Service", service, self._namespace) or {}
        port = found["spec"]["ports"][0]
        meta = {"name": service, "namespace": self._namespace}
        for candidate in random.sample(_NODE_PORTS, 10):
            spec = {"ports": [{**port, "nodePort": candidate}]}
            obj = {"apiVersion": "v1", "kind": "Service", "metadata": meta, "spec": spec}
            noted = {"verb": "patch", "object_kind": "Service", "name": service, "namespace": self._namespace}
            self._recorder.record("drive", "write", phase="invoke", **noted)
            try:
                self._kube.patch(obj)
            except ApiError as err:  # somebody has that port
                self._recorder.record("drive", "write", phase="fail", error=str(err), **noted)
                continue
            self._recorder.record("drive", "write", phase="ok", object=obj, **noted)
            return candidate
        raise TargetError(f"Service {service}: the API server takes none of 10 node ports")

    def pod(self) -> tuple[str, str]:
        """Return the address and the node of one of the case's pods."""
        pod = self._pods()[0]
        return str(pod["status"]["podIP"]), str(pod["spec"]["nodeName"])

    def pods_gone(self) -> None:
        """Wait until the case has no pods.

        Raises:
            TargetError: some stay.
        """
        until("the end of the pods", lambda: ", ".join(p["metadata"]["name"] for p in self._pods()), BACKEND_S, POLL_S)

    def _pods(self) -> list[Object]:
        return self._kube.list("Pod", self._namespace)

    def restarts(self) -> None:
        """Note how often each container of the target was restarted up to now."""
        target = self._session.target
        pods = [pod for part in target.workloads for pod in self._kube.list("Pod", target.namespace, part.labels)]
        counts = {
            f"{pod['metadata']['name']}/{status['name']}": int(status.get("restartCount", 0))
            for pod in pods
            for status in pod.get("status", {}).get("containerStatuses", [])
        }
        self._recorder.record("kube", "restarts", restarts=counts)

    def configuration_states(self) -> None:
        """Note what the target's parts say of the configuration."""
        for obj in self._kube.list("ConfigurationState", self._session.target.namespace):
            name = obj["metadata"]["name"]
            self._recorder.record("kube", "object", object_kind=obj["kind"], name=name, object=obj)

    def look_at_nodes(self) -> None:
        """Note what each node's network holds: addresses, routes, proxied neighbors, firewall rules."""
        for node in self._lab.eligible:
            prefix = enter(self._lab.nodes[node])
            asked_ns = time.monotonic_ns()
            state = {
                "addresses": _json([*prefix, "ip", "-j", "addr"]),
                "routes": _json([*prefix, "ip", "-j", "route", "show", "table", "all"]),
                "proxies": _json([*prefix, "ip", "-j", "neigh", "show", "proxy"]),
                "ruleset": run([*prefix, "nft", "list", "ruleset"], COMMAND_S),
            }
            self._recorder.record("node", "state", node=node, asked_ns=asked_ns, **state)

    def uninstall(self) -> None:
        """Uninstall the target as its manual says; it is installed again at the end.

        Raises:
            TargetError: the uninstall failed.
        """
        self._undo.append(("the target", self._session.reinstall))
        self._session.uninstall()
        self._recorder.record("fault", "uninstall")

    def restore(self) -> None:
        """Put everything back, the last change first.

        Raises:
            TargetError: something could not be put back; the rest was all the same.
        """
        self._guards.undo_all()
        if not self._undo:
            return
        problems: list[str] = []
        while self._undo:
            what, undo = self._undo.pop()
            try:
                undo()
            except (ApiError, TargetError) as err:
                problems.append(f"{what}: {err}")
        if not problems:
            self._settle()
        else:
            raise TargetError(f"not put back as it was: {'; '.join(problems)}")


def _is_drained(pod: Object) -> bool:
    """Say whether a drain evicts a pod: none of a DaemonSet's, and none that the kubelet has from a file."""
    meta = pod["metadata"]
    owners = {owner["kind"] for owner in meta.get("ownerReferences", [])}
    return "DaemonSet" not in owners and "kubernetes.io/config.mirror" not in meta.get("annotations", {})


def _evicted(kube: Kube, pod: Object) -> str:
    """Ask for an eviction; "" when it is granted, or the pod is gone already."""
    try:
        evict(kube, pod)
    except ApiError as err:
        return "" if err.status == 404 else str(err)
    return ""


def _json(argv: list[str]) -> object:
    return json.loads(run(argv, COMMAND_S) or "[]")
