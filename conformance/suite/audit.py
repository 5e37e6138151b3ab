"""What a drive looks up about how a load balancer is set up: its rights, its pods, who is asked before a write.

Nothing is judged here, and nothing asks the load balancer: the API server, the nodes' processes and logs tell.

Shell: the API server, /proc.
"""

from collections.abc import Iterator
from functools import partial
from typing import Any, Final

from conformance.suite import processes
from conformance.suite.contents import components
from conformance.suite.kube import CONFIGURATION, KINDS, MERGE, ApiError, Object, path_of, refusal, until
from conformance.suite.noted import container_statuses, running_id
from conformance.suite.recorder import Recorder
from conformance.suite.session import LabSession
from conformance.suite.waits import BACKEND_S, POLL_S

_LEVEL: Final = "restricted"
"""The strictest of the Pod Security Standards."""
_ENFORCE: Final = "pod-security.kubernetes.io/enforce"
_EXCERPT: Final = 30
"""Characters of a text that are kept on both sides of what was found."""
_TENANT_RIGHTS: Final = ("system:serviceaccounts", "system:serviceaccounts:{namespace}")
"""Groups of each ServiceAccount (Kubernetes, RBAC, "Referring to subjects")."""
_NODE_NAME: Final = "authentication.kubernetes.io/node-name"
_MEASURES: Final = ("metric", "monitor")
"""In the name of a port that shows measurements."""


class Audit:
    """The inspection of one case.

    Args:
        session: the lab it runs in.
        recorder: where what is found is written.
        namespace: of the case.
    """

    def __init__(self, session: LabSession, recorder: Recorder, namespace: str) -> None:
        self._kube = session.kube
        self._target = session.target
        self._nodes = session.facts.eligible
        self._recorder = recorder
        self._namespace = namespace

    def rights(self) -> None:
        """Note what each role's ServiceAccount may do, by all roles that are bound to it."""
        bindings = [b for kind in ("ClusterRoleBinding", "RoleBinding") for b in self._kube.list(kind)]
        for role, _, spec in self._templates():
            account = spec.get("serviceAccountName", "default")
            rules = [rule for binding in bindings if self._binds(binding, account) for rule in self._rules(binding)]
            self._recorder.record("audit", "rights", role=role, account=account, rules=rules)

    def _binds(self, binding: Object, account: str) -> bool:
        groups = [name.format(namespace=self._target.namespace) for name in _TENANT_RIGHTS]
        for subject in binding.get("subjects") or ():
            if subject["kind"] == "Group" and subject["name"] in groups:
                return True
            is_account = subject["kind"] == "ServiceAccount" and subject["name"] == account
            if is_account and subject.get("namespace") == self._target.namespace:
                return True
        return False

    def _rules(self, binding: Object) -> list[Object]:
        """Return the rules of a binding's role, each with the namespace that it holds in."""
        scope = binding["metadata"].get("namespace", "")
        found = self._kube.get(binding["roleRef"]["kind"], binding["roleRef"]["name"], scope) or {}
        return [{"scope": scope, "by": binding["roleRef"]["name"], **rule} for rule in found.get("rules") or ()]

    def pods(self) -> None:
        """Note how each role's pods are to be run."""
        for role, name, spec in self._templates():
            self._recorder.record("audit", "pod", role=role, name=name, spec=spec)

    def admission(self, role: str) -> None:
        """Ask the API server, by dry runs in the case's namespace, whether the strictest level takes a role's pods.

        Beside it a pod is offered that the level forbids: if that one is taken, nobody enforces it here.
        """
        meta = {"name": self._namespace, "labels": {_ENFORCE: _LEVEL}}
        self._kube.patch({"kind": "Namespace", "metadata": meta})
        until("the namespace's ServiceAccount", self._accountless, BACKEND_S, POLL_S)
        control = {"hostNetwork": True, "containers": [{"name": "control", "image": "control"}]}
        self._offer("control", control)
        for found, _, spec in self._templates():
            if found == role:
                kept = {
                    key: value for key, value in spec.items() if key not in {"serviceAccountName", "serviceAccount"}
                }
                self._offer(role, kept)

    def _accountless(self) -> str:
        path = f"/api/v1/namespaces/{self._namespace}/serviceaccounts/default"
        self._kube.request("GET", path)
        return ""

    def _offer(self, about: str, spec: Object) -> None:
        pod = {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"name": about, "namespace": self._namespace},
            "spec": spec,
        }
        answer = refusal(partial(self._kube.create, pod, dry_run=True))
        self._recorder.record("audit", "admission", about=about, level=_LEVEL, is_taken=not answer, answer=answer)

    def identity(self) -> None:
        """Try, by dry runs, to write each node's status objects in the name of its own speaker, and of another node's.

        A speaker is known by its ServiceAccount and, as its token is bound to its pod, by the node of that.
        Source: Kubernetes, "Bound service account tokens", KEP-4193 (authentication.kubernetes.io/node-name).
        """
        part = next(part for part in self._target.workloads if part.role == "speaker")
        (account,) = {
            spec.get("serviceAccountName", "default") for role, _, spec in self._templates() if role == part.role
        }
        user = f"system:serviceaccount:{self._target.namespace}:{account}"
        for path, obj, node in self._statuses():
            other = next(name for name in self._nodes if name != node)
            for speaker in (node, other):
                kube = self._kube.impersonating(user, **{_NODE_NAME: speaker})
                body = {"status": obj["status"]}
                answer = refusal(partial(kube.request, "PATCH", f"{path}/status", body, MERGE, dryRun="All"))
                noted = {"object": path, "is_allowed": not answer, "answer": answer}
                self._recorder.record("audit", "identity", speaker=speaker, node=node, **noted)

    def _statuses(self) -> Iterator[tuple[str, Object, str]]:
        """Yield (path, object, node) of the load balancer's objects that tell of one node each, by their labels."""
        for path, obj in self._own_objects():
            nodes = set(obj["metadata"].get("labels", {}).values()) & set(self._nodes)
            if len(nodes) == 1 and obj.get("status"):
                yield path, obj, nodes.pop()

    def webhooks(self) -> None:
        """Note whom the API server asks before it writes, and what happens where nobody answers."""
        found = [
            {"configuration": item["metadata"]["name"], "policy": hook.get("failurePolicy", "Fail")}
            | {
                key: hook.get(key)
                for key in ("name", "rules", "namespaceSelector", "objectSelector", "matchConditions")
            }
            for kind in ("ValidatingWebhookConfiguration", "MutatingWebhookConfiguration")
            for item in self._kube.list(kind)
            for hook in item.get("webhooks") or ()
        ]
        self._recorder.record("audit", "webhooks", webhooks=found)

    def search(self, secret: str) -> None:
        """Look for a text wherever a load balancer may show it to who may not read Secrets.

        Args:
            secret: a text that is nowhere by chance, or what a process says when it stumbles.
        """
        for place, where, text in self._texts():
            begins = [at for at in range(len(text)) if text.startswith(secret, at)] if secret in text else []
            found = [text[max(0, at - _EXCERPT) : at + len(secret) + _EXCERPT] for at in begins[:5]]
            noted = {"place": place, "where": where, "bytes": len(text), "count": len(begins), "found": found}
            self._recorder.record("audit", "search", text=secret, **noted)

    def _texts(self) -> Iterator[tuple[str, str, str]]:
        """Yield (place, where in it, text) of all that is searched."""
        for part in self._target.workloads:
            for pod in self._kube.list("Pod", self._target.namespace, part.labels):
                yield from self._of_pod(pod)
        for namespace in (self._target.namespace, self._namespace):
            yield "events", namespace, str(self._kube.list("Event", namespace))
        for path, obj in self._own_objects():
            yield "objects", path, str(obj)

    def _of_pod(self, pod: Object) -> Iterator[tuple[str, str, str]]:
        name, spec = pod["metadata"]["name"], pod["spec"]
        path = path_of("Pod", self._target.namespace, name)
        for container in [*spec["containers"], *spec.get("initContainers", ())]:
            yield "logs", f"{name}/{container['name']}", self._kube.text(f"{path}/log?container={container['name']}")
            for port in container.get("ports", ()):
                if any(word in port.get("name", "") for word in _MEASURES):
                    where = f"{name}:{port['containerPort']}"
                    yield "metrics", where, self._metrics(f"{path}:{port['containerPort']}/proxy/metrics")
        for one, pids in _running(pod):
            for pid in pids:
                yield "processes", f"{name}/{one['name']} {pid}", _shown(pid)

    def contents(self) -> None:
        """Note what every process of the target runs as, and what each of its images consists of."""
        looked: set[str] = set()
        for part in self._target.workloads:
            for pod in self._kube.list("Pod", self._target.namespace, part.labels):
                for one, pids in _running(pod):
                    name = f"{part.role}/{one['name']}"
                    for pid in pids:
                        told = processes.privileges(pid)
                        self._recorder.record("audit", "process", role=part.role, container=name, pid=pid, **told)
                    if name not in looked:
                        looked.add(name)
                        folders = [processes.PROC / str(pid) for pid in pids]
                        found = components(folders[0] / "root", tuple(folder / "exe" for folder in folders))
                        noted = {"role": part.role, "container": name, "image": one.get("imageID", "")}
                        self._recorder.record("audit", "contents", components=found, **noted)

    def _metrics(self, path: str) -> str:
        """Read a port's metrics; "" where it does not show them to everybody."""
        try:
            return self._kube.text(path)
        except ApiError as err:
            if not err.status:
                raise
            return ""

    def _own_objects(self) -> Iterator[tuple[str, Object]]:
        """Yield (path, object) of every object of the load balancer's own API groups, whatever its version."""
        for group in sorted({KINDS[kind][0].rpartition("/")[0] for kind in CONFIGURATION}):
            for version in self._kube.request("GET", group).get("versions", []):
                yield from self._of_version(f"/apis/{version['groupVersion']}")

    def _of_version(self, base: str) -> Iterator[tuple[str, Object]]:
        for resource in self._kube.request("GET", base).get("resources", []):
            if "/" in resource["name"] or "list" not in resource["verbs"]:
                continue
            for obj in self._kube.request("GET", f"{base}/{resource['name']}")["items"]:
                meta = obj["metadata"]
                scope = f"/namespaces/{meta['namespace']}" if "namespace" in meta else ""
                yield f"{base}{scope}/{resource['name']}/{meta['name']}", obj

    def _templates(self) -> Iterator[tuple[str, str, dict[str, Any]]]:  # Any: a PodSpec
        """Yield (role, name of the workload, spec of its pods)."""
        for part in self._target.workloads:
            if found := self._kube.get(part.kind, part.name, self._target.namespace):
                yield part.role, part.name, found["spec"]["template"]["spec"]


def _running(pod: Object) -> Iterator[tuple[Object, tuple[int, ...]]]:
    """Yield (status, pids) of each container of a pod that runs."""
    for one in container_statuses(pod):
        if found := running_id(one):
            yield one, processes.of_container(found)


def _shown(pid: int) -> str:
    """Return what `ps` shows of a process: its command line and its environment; "" of one that has just ended."""
    folder = processes.PROC / str(pid)
    try:
        told = [(folder / file).read_bytes() for file in ("cmdline", "environ")]
    except (FileNotFoundError, ProcessLookupError):
        return ""
    return b"\n".join(told).replace(b"\0", b" ").decode(errors="replace")
