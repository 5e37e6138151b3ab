"""The judges of rights, pods and webhooks, on hand-made histories that pass, fail and decide nothing."""

from typing import Any

import pytest

from conformance.selftest.made import Made, Row
from conformance.suite.checks import rights
from conformance.suite.verdict import Outcome

PASS, UNKNOWN, FAIL = Outcome.PASS, Outcome.UNKNOWN, Outcome.FAIL
Object = dict[str, Any]  # Any: a Kubernetes object is JSON


def rule(resource: str, *verbs: str, group: str = "", scope: str = "") -> Object:
    """One rule of a role."""
    return {"scope": scope, "apiGroups": [group], "resources": [resource], "verbs": list(verbs)}


SERVICES = rule("services/status", "patch")
EVENTS = rule("events", "create", "patch")


def may(*controller: Object, speaker: tuple[Object, ...] = ()) -> Made:
    """Both parts have modest rights, and some more."""
    made = Made().add("audit", "rights", role="controller", account="c", rules=[SERVICES, *controller])
    return made.add("audit", "rights", role="speaker", account="s", rules=[EVENTS, *speaker])


GOOD: Object = {
    "securityContext": {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}},
    "containers": [
        {
            "name": "c",
            "securityContext": {
                "allowPrivilegeEscalation": False,
                "readOnlyRootFilesystem": True,
                "capabilities": {"drop": ["ALL"]},
            },
        }
    ],
}


def runs(**changed: object) -> Made:
    """The controller's pod, with something changed in its container's security context."""
    container: Object = GOOD["containers"][0]
    own = {**container, "securityContext": {**container["securityContext"], **changed}}
    return Made().add("audit", "pod", role="controller", name="controller", spec={**GOOD, "containers": [own]})


def offered(*, control: bool, own: bool) -> Made:
    """Two pods are offered, and taken or not."""
    made = Made()
    for about, is_taken in (("control", control), ("controller", own)):
        answer = "" if is_taken else "violates PodSecurity"
        made.add("audit", "admission", about=about, level="restricted", is_taken=is_taken, answer=answer)
    return made


def hook(resource: str, policy: str = "Fail", group: str = "") -> Object:
    """One webhook."""
    rules = [{"apiGroups": [group], "resources": [resource], "operations": ["*"]}]
    return {"configuration": "x", "name": "x", "policy": policy, "rules": rules}


def away(*hooks: Object, took_s: float = 0.1, writes: int = 3, error: str = "", kind: str = "Service") -> Made:
    """The controller is away, and Services are written."""
    made = Made().add("audit", "webhooks", webhooks=list(hooks)).at(1).add("fault", "stop", role="controller")
    about = {"verb": "create", "object_kind": "Service"}
    for number in range(writes):
        begin_s = made.at(2 + number).now_s
        made.add("drive", "write", phase="invoke", name=f"s{number}", **about).at(begin_s + took_s)
        made.add("drive", "write", phase="ok", name=f"s{number}", object={}, **about)
    if error:
        made.add("drive", "write", phase="fail", verb="apply", object_kind=kind, name="x", error=error)
    return made


def tried(policy: str | None = "enforced", *, own: bool = True, other: bool = False, only_own: bool = False) -> Made:
    """The speakers of k1 and of k2 write the status of k1."""
    made = Made().declares(policies={"node-identity": policy} if policy else {})
    for speaker, is_allowed in (("k1", own), ("k2", other))[: 1 if only_own else 2]:
        made.add("audit", "identity", speaker=speaker, node="k1", object="x", is_allowed=is_allowed, answer="no")
    return made


LEAST = rights.least()
POD = rights.confined_pod("controller")
ADMITTED = rights.admitted("controller")
STATUS = rights.own_status_only()
UNHINDERED = rights.unhindered(at_least=3, within_s=2)

ROWS = (
    Row("modest", LEAST, may().end(), PASS, "controller writes services/status"),
    Row("own objects", LEAST, may(rule("pools", "*", group="lb.example", scope="lb")).end(), PASS),
    Row("own Secrets", LEAST, may(rule("secrets", "get", "create", scope="lb")).end(), PASS),
    Row("all Secrets", LEAST, may(rule("secrets", "list")).end(), FAIL, "list secrets in all namespaces"),
    Row("any resource", LEAST, may(rule("*", "get", group="lb.example")).end(), FAIL, "wildcard"),
    Row("any group", LEAST, may(rule("x", "get", group="*")).end(), FAIL, "wildcard"),
    Row("any verb", LEAST, may(rule("services", "*")).end(), FAIL, "wildcard"),
    Row("enters pods", LEAST, may(rule("pods/exec", "create", scope="lb")).end(), FAIL, "pods/exec"),
    Row("writes to nodes", LEAST, may(rule("nodes", "get", "patch")).end(), FAIL, "patch nodes"),
    Row("raises its rights", LEAST, may(rule("roles", "bind", scope="lb")).end(), FAIL, "bind roles"),
    Row("is somebody else", LEAST, may(rule("users", "impersonate")).end(), FAIL, "impersonate"),
    Row("speaker's status", LEAST, may(speaker=(rule("l2statuses", "*", group="lb.example"),)).end(), PASS),
    Row("speaker's Leases", LEAST, may(speaker=(rule("leases", "update", scope="lb"),)).end(), PASS),
    Row("all Leases", LEAST, may(speaker=(rule("leases", "update"),)).end(), FAIL, "speaker: update leases"),
    Row(
        "pools by speakers",
        LEAST,
        may(speaker=(rule("pools", "patch", group="lb.example"),)).end(),
        FAIL,
        "patch pools",
    ),
    Row("deletes Events", LEAST, may(speaker=(rule("events", "delete"),)).end(), FAIL, "delete events"),
    Row("status of Services", LEAST, may(speaker=(SERVICES,)).end(), FAIL, "services/status"),
    Row("one part", LEAST, Made().add("audit", "rights", role="speaker", account="s", rules=[EVENTS]).end(), UNKNOWN),
    Row("no rules", LEAST, may().add("audit", "rights", role="speaker", account="s", rules=[]).end(), UNKNOWN),
    Row("confined", POD, runs().end(), PASS),
    Row("root", POD, runs(runAsNonRoot=False).end(), FAIL, "root"),
    Row("drops little", POD, runs(capabilities={"drop": ["NET_RAW"]}).end(), FAIL, "does not drop"),
    Row("adds", POD, runs(capabilities={"drop": ["ALL"], "add": ["NET_RAW"]}).end(), FAIL, "adds NET_RAW"),
    Row("writable", POD, runs(readOnlyRootFilesystem=False).end(), FAIL, "writable"),
    Row("no seccomp", POD, runs(seccompProfile={"type": "Unconfined"}).end(), FAIL, "seccomp"),
    Row("escalates", POD, runs(allowPrivilegeEscalation=True).end(), FAIL, "escalate"),
    Row("privileged", POD, runs(privileged=True).end(), FAIL, "privileged"),
    Row(
        "host network",
        POD,
        Made().add("audit", "pod", role="controller", name="c", spec={**GOOD, "hostNetwork": True}).end(),
        FAIL,
        "hostNetwork",
    ),
    Row(
        "bare",
        POD,
        Made().add("audit", "pod", role="controller", name="c", spec={"containers": [{"name": "c"}]}).end(),
        FAIL,
    ),
    Row("another's", POD, Made().add("audit", "pod", role="speaker", name="s", spec=GOOD).end(), UNKNOWN),
    Row("taken", ADMITTED, offered(control=False, own=True).end(), PASS),
    Row("refused", ADMITTED, offered(control=False, own=False).end(), FAIL),
    Row("not enforced", ADMITTED, offered(control=True, own=True).end(), UNKNOWN, "not enforced"),
    Row("not offered", ADMITTED, Made().end(), UNKNOWN),
    Row("own only", STATUS, tried().end(), PASS, "0 of 1"),
    Row("others too", STATUS, tried(other=True).end(), FAIL, "1 of 1"),
    Row("others too, as declared", STATUS, tried("shared", other=True).end(), PASS, "as declared"),
    Row("not its own", STATUS, tried(own=False).end(), FAIL, "its own"),
    Row("no word", STATUS, tried(None).end(), UNKNOWN, "says nothing"),
    Row("no other tried", STATUS, tried(only_own=True).end(), UNKNOWN, "1 writes"),
    Row("as ever", UNHINDERED, away(hook("pools", group="lb.example")).end(), PASS, "taken, too"),
    Row("own refused", UNHINDERED, away(error="no webhook", kind="Pool").end(), PASS, "no webhook"),
    Row("refused", UNHINDERED, away(error="no webhook").end(), FAIL, "1 writes"),
    Row("slow", UNHINDERED, away(took_s=3).end(), FAIL, "3.00 s"),
    Row("asked", UNHINDERED, away(hook("services")).end(), FAIL, "webhook x"),
    Row("asked by a wildcard", UNHINDERED, away(hook("*", group="*")).end(), FAIL, "webhook x"),
    Row("asked, and may fail", UNHINDERED, away(hook("services", "Ignore")).end(), PASS),
    Row("few writes", UNHINDERED, away(writes=2).end(), UNKNOWN, "2 writes"),
    Row("never away", UNHINDERED, Made().add("audit", "webhooks", webhooks=[]).end(), UNKNOWN, "not taken away"),
    Row("hooks unknown", UNHINDERED, Made().add("fault", "stop", role="controller").end(), UNKNOWN, "not looked at"),
)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.id)
def test_rights_check_judges(row: Row) -> None:
    """Each check passes what holds, fails what does not, and is unknown where nothing was seen."""
    verdict = row.check.judge(row.history)
    assert verdict.outcome is row.outcome, verdict
    assert row.says in verdict.reason
