"""Judges of how a load balancer is set up: what its parts may do in the cluster, how they run, who waits for them.

Source: Kubernetes, "RBAC good practices" (least privilege, wildcards, Secrets, pods/exec, escalation) and "Pod Security
Standards" (restricted); API, ValidatingWebhookConfiguration failurePolicy; catalogue SEC-005, 006, 016, 020.

Pure.
"""

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any, Final

from conformance.suite import seen
from conformance.suite.case import Check
from conformance.suite.declared import declared
from conformance.suite.history import History
from conformance.suite.verdict import Figure, Verdict, failed, passed, unknown

Object = dict[str, Any]  # Any: a Kubernetes object is JSON
Right = tuple[str, str, str, str]
"""(namespace, or "" for all; API group; resource; verb)."""

_READ: Final = frozenset({"get", "list", "watch"})
_ANY: Final = "*"
_NEVER: Final[Mapping[str, frozenset[str]]] = {
    "pods/exec": frozenset(),
    "pods/attach": frozenset(),
    "pods/portforward": frozenset(),
    "serviceaccounts/token": frozenset(),
    "nodes/proxy": frozenset(),
    "nodes": _READ,
    "pods": _READ,
    "clusterroles": _READ,
    "clusterrolebindings": _READ,
    "roles": _READ,
    "rolebindings": _READ,
    "daemonsets": _READ,
    "deployments": _READ,
    "secrets": _READ | {"create", "update", "patch", "delete"},
}
"""{resource: what may be done to it at all}: each other verb is a way to more rights, or to other nodes."""
_EVENTS: Final = frozenset({"create", "patch", "update"})
_BUILT_IN: Final = ("", "apps", "batch", "policy", "autoscaling", "extensions")


def _rights(rules: list[Object]) -> Iterator[Right]:
    for rule in rules:
        for group in rule.get("apiGroups") or ():
            for resource in rule.get("resources") or ():
                yield from ((str(rule["scope"]), group, resource, verb) for verb in rule.get("verbs") or ())


def least() -> Check:
    """Demand that no part has rights by which it could take the cluster over, and speakers write little.

    Controller: no wildcard, no Secret of all namespaces, nothing in other pods, no write to nodes or to roles. Speaker:
    the same, and it writes only Events, Leases of its own namespace and statuses of its own API group. What else is
    written is told, and not judged.
    """
    return Check("least", "no part may read all Secrets, write to nodes, enter pods, or raise its rights", _least)


def _least(history: History) -> Verdict:
    found = {str(event.data["role"]): event.data for event in history.of("audit", "rights")}
    if not {"controller", "speaker"} <= found.keys() or not all(data["rules"] for data in found.values()):
        return unknown(f"rights are known of {', '.join(sorted(found)) or 'nobody'}, wanted controller and speaker")
    wrong = [f"{role}: {text}" for role, data in found.items() for text in _excess(role, list(data["rules"]))]
    writes = {role: _writes(list(data["rules"])) for role, data in found.items()}
    told = [f"{role} writes {', '.join(sorted(texts)) or 'nothing'}" for role, texts in writes.items()]
    if wrong:
        return failed(f"{len(wrong)} rights too many: {wrong[0]}", *wrong)
    return passed("; ".join(told))


def _excess(role: str, rules: list[Object]) -> Iterator[str]:
    """Name the rights that a role should not have."""
    for scope, group, resource, verb in sorted(set(_rights(rules))):
        where = f"in {scope}" if scope else "in all namespaces"
        if _ANY in {group, resource} or (verb == _ANY and not _is_own(group)):
            yield f"{verb} {resource} of {group or 'core'} {where} (a wildcard)"
        elif _is_a_way(scope, resource, verb) or (role == "speaker" and _is_beyond(scope, group, resource, verb)):
            yield f"{verb} {resource} {where}"


def _is_a_way(scope: str, resource: str, verb: str) -> bool:
    """Say whether a right leads to more rights, to all Secrets, or into nodes and pods."""
    if verb in {"escalate", "bind", "impersonate"} or (resource == "secrets" and not scope):
        return True
    return resource in _NEVER and verb not in _NEVER[resource]


def _is_beyond(scope: str, group: str, resource: str, verb: str) -> bool:
    """Say whether a right lets a speaker write what is not its own to write."""
    if verb in _READ:
        return False
    if resource == "events":
        return verb not in _EVENTS
    if resource == "leases":
        return not scope
    return not (_is_own(group) and ("status" in resource or "state" in resource))


def _is_own(group: str) -> bool:
    """Say whether an API group is the load balancer's own."""
    return group not in _BUILT_IN and not group.endswith(".k8s.io")


def _writes(rules: list[Object]) -> set[str]:
    return {resource for _, _, resource, verb in _rights(rules) if verb not in _READ}


_WANTED: Final = (
    "runAsNonRoot, drop ALL and add nothing, readOnlyRootFilesystem, seccomp, no escalation, no host namespace"
)


def confined_pod(role: str) -> Check:
    """Demand that a role's pods are set up so that who breaks into them has nothing.

    Args:
        role: controller.
    """
    return Check("confined-pod", f"{role}: {_WANTED}", partial(_confined_pod, role=role))


def _confined_pod(history: History, *, role: str) -> Verdict:
    pods = [event.data for event in history.of("audit", "pod") if event.data["role"] == role]
    if not pods:
        return unknown(f"the pods of {role} were not looked at")
    wrong = [f"{pod['name']}: {fault}" for pod in pods for fault in _faults(dict(pod["spec"]))]
    if wrong:
        return failed(f"{len(wrong)} things are open: {wrong[0]}", *wrong)
    return passed(f"{', '.join(str(pod['name']) for pod in pods)}: {_WANTED}")


def _faults(spec: Object) -> Iterator[str]:
    for name in ("hostNetwork", "hostPID", "hostIPC"):
        if spec.get(name):
            yield name
    pod = spec.get("securityContext") or {}
    for container in [*spec.get("containers", ()), *spec.get("initContainers", ())]:
        own = container.get("securityContext") or {}
        held = {**{key: pod[key] for key in ("runAsNonRoot", "seccompProfile") if key in pod}, **own}
        capabilities = held.get("capabilities") or {}
        dropped = {str(name).upper() for name in capabilities.get("drop") or ()}
        for fault, is_there in (
            ("may run as root", not held.get("runAsNonRoot")),
            ("does not drop all capabilities", "ALL" not in dropped),
            (f"adds {', '.join(map(str, capabilities.get('add') or ()))}", bool(capabilities.get("add"))),
            ("has a writable root file system", not held.get("readOnlyRootFilesystem")),
            ("has no seccomp profile", (held.get("seccompProfile") or {}).get("type") in {None, "Unconfined"}),
            ("may escalate its privileges", held.get("allowPrivilegeEscalation", True)),
            ("is privileged", bool(held.get("privileged"))),
        ):
            if is_there:
                yield f"container {container['name']} {fault}"


def admitted(role: str) -> Check:
    """Demand that a namespace of the level `restricted` takes a role's pods, where it refuses others.

    Args:
        role: controller.
    """
    rule = f"{role}: its pods are admitted under the Pod Security Standard restricted"
    return Check("admitted", rule, partial(_admitted, role=role))


def _admitted(history: History, *, role: str) -> Verdict:
    answers = {str(event.data["about"]): event.data for event in history.of("audit", "admission")}
    control, own = answers.get("control"), answers.get(role)
    if control is None or own is None:
        return unknown("no pods were offered to the API server")
    if control["is_taken"]:
        return unknown("the level is not enforced here: a pod on the host's network was taken, too")
    if not own["is_taken"]:
        return failed(f"the pods of {role} are refused", str(own["answer"]))
    return passed(f"the pods of {role} are taken, and one on the host's network is refused")


def own_status_only() -> Check:
    """Demand that a speaker can write its own node's status objects and no other's, or is declared to."""
    rule = "the speaker of one node cannot write the status of another one (judged where declared, else reported)"
    return Check("own-status-only", rule, _own_status_only)


def _own_status_only(history: History) -> Verdict:
    says = declared(history)
    policy = says.policies.get("node-identity") if says else None
    tried = [event.data for event in history.of("audit", "identity")]
    own = [data for data in tried if data["speaker"] == data["node"]]
    others = [data for data in tried if data["speaker"] != data["node"]]
    if policy is None or not own or not others:
        return unknown("the target says nothing of it" if policy is None else f"{len(tried)} writes were tried")
    if kept := [data for data in own if not data["is_allowed"]]:
        return failed(f"the speaker of {kept[0]['node']} cannot write its own status", str(kept[0]["answer"]))
    open_ = [data for data in others if data["is_allowed"]]
    text = f"{len(open_)} of {len(others)} status objects could be written by the speaker of another node"
    if open_ and policy != "shared":
        return failed(text, *(f"{data['speaker']}: {data['object']}" for data in open_))
    return passed(f"as declared, all speakers are trusted alike: {text}" if open_ else text)


def unhindered(at_least: int, within_s: float) -> Check:
    """Demand that Services are written to as ever while the controller is away, and no webhook of all could hinder it.

    Args:
        at_least: fewer writes to Services while it was away decide nothing.
        within_s: each must be answered in, seconds.
    """
    rule = (
        f"with the controller away each write to a Service is answered within {within_s:g} s, and none needs a webhook"
    )
    return Check("unhindered", rule, partial(_unhindered, at_least=at_least, within_s=within_s))


def _unhindered(history: History, *, at_least: int, within_s: float) -> Verdict:
    gone, hooks = history.last("fault", "stop"), history.last("audit", "webhooks")
    if gone is None or hooks is None:
        return unknown("the controller was not taken away" if hooks else "webhooks were not looked at")
    back = history.last("fault", "start")
    until_ns = int(back.data["asked_ns"]) if back else history.end_ns + 1
    failures = [e for e in history.of("drive", "write") if e.data["phase"] == "fail" and gone.t_ns < e.t_ns < until_ns]
    lost = [e for e in failures if e.data["object_kind"] == "Service"]
    if lost:
        return failed(f"{len(lost)} writes to Services were refused: {lost[0].data['error']}", *map(str, lost))
    if fatal := [hook for hook in hooks.data["webhooks"] if hook["policy"] == "Fail" and _is_asked(hook)]:
        return failed(f"webhook {fatal[0]['name']} is asked about each write to Services, and its failure refuses it")
    written = [w for w in seen.writes(history, "Service") if gone.t_ns < w.invoked_ns < until_ns]
    worst_s = max((seen.seconds(write.t_ns, write.invoked_ns) for write in written), default=0.0)
    slowest = Figure("slowest answer", worst_s, "s", at_most=within_s)
    if worst_s > within_s:
        return failed(f"a write to a Service took {worst_s:.2f} s, wanted {within_s:g} s").with_figures(slowest)
    if len(written) < at_least:
        return unknown(f"{len(written)} writes to Services while it was away, wanted {at_least}")
    own = [f"{e.data['object_kind']} {e.data['verb']}: {e.data['error']}" for e in failures]
    text = f"{len(written)} writes to Services, all answered; its own objects: {own[0] if own else 'taken, too'}"
    return passed(text).with_figures(slowest)


def _is_asked(hook: Object) -> bool:
    """Say whether a webhook is asked about Services."""
    for rule in hook.get("rules") or ():
        resources = {str(name).partition("/")[0] for name in rule.get("resources") or ()}
        if {"", _ANY} & set(rule.get("apiGroups") or ()) and {"services", _ANY} & resources:
            return True
    return False
