"""The judges of who writes what on a Service, on hand-made histories that pass, fail and decide nothing."""

from typing import Any

import pytest

from conformance.selftest.made import Made, Row
from conformance.suite.checks import status
from conformance.suite.verdict import Outcome

PASS, UNKNOWN, FAIL = Outcome.PASS, Outcome.UNKNOWN, Outcome.FAIL
A = "10.10.0.200"
NOTE = "metallb.io/ip-allocated-from-pool"
INGRESS = {"ingress": [{"ip": A, "ipMode": "VIP"}]}
OURS = {"manager": "lbkit-conformance", "fieldsV1": {"f:spec": {"f:type": {}}}}
SPEC = {"type": "LoadBalancer", "ports": [{"port": 80}]}
STATUS: dict[str, Any] = {"f:status": {}}  # Any: JSON
OTHER = SPEC | {"ports": [{"port": 81}]}


def owner(fields: dict[str, Any] = STATUS, subresource: str = "status") -> dict[str, Any]:  # Any: JSON
    """A field owner that is not the suite; the status unless told otherwise."""
    return {"manager": "controller", "subresource": subresource, "fieldsV1": fields}


def written(**changed: Any) -> Made:  # Any: JSON
    """A Service is created, and somebody writes to it: the status, unless told otherwise."""
    made = Made().declares(NOTE).pool().at(1).created("web")
    made = made.service("web", "ADDED", spec=SPEC, managedFields=[OURS]).at(1.1)
    return made.service("web", **({"spec": SPEC, "managedFields": [OURS, owner()], "loadBalancer": INGRESS} | changed))


def entry(owned: dict[str, Any]) -> Made:  # Any: JSON
    """Somebody owns fields of a Service."""
    return written(managedFields=[OURS, owner(), owned])


ONLY = status.by_status_only()
NOTES: dict[str, Any] = {"f:metadata": {"f:annotations": {f"f:{NOTE}": {}}, "f:finalizers": {}}}  # Any: JSON

KIND = "example.org/Probed"
MARK = {"type": KIND, "status": "True", "reason": "Seen"}
REFUSED = {"type": "lbkit.io/Allocated", "status": "False", "reason": "NoPool"}
KEPT = status.condition_kept(KIND)


def marked() -> Made:
    """Somebody else's condition is written to a Service without an address, at one second."""
    made = Made().created("web").service("web", "ADDED").at(1)
    body = {"object": {"metadata": {"name": "web"}, "status": {"conditions": [MARK]}}}
    noted = {"verb": "status", "object_kind": "Service", "name": "web"}
    made = made.add("drive", "write", phase="invoke", **noted).add("drive", "write", phase="ok", **noted, **body)
    return made.at(1.1).service("web", conditions=[REFUSED, MARK])


def over(made: Made, *conditions: dict[str, str]) -> Made:
    """An address is assigned, the Service is changed, and the address goes."""
    shown = list(conditions)
    made = made.at(2).service("web", conditions=shown, loadBalancer=INGRESS)
    made = made.at(3).wrote("patch", "Service", "web", sessionAffinity="ClientIP")
    made = made.service("web", conditions=shown, loadBalancer=INGRESS).at(4)
    return made.wrote("patch", "Service", "web", type="ClusterIP").service("web", conditions=shown)


def mode(**entry: str) -> Made:
    """One Service with one ingress address of some mode."""
    return Made().created("web").service("web", loadBalancer={"ingress": [entry]})


VIP = status.vip_mode()


def restarted() -> Made:
    """One Service has its address, and the controller is killed and back at four seconds."""
    return Made().created("web").at(1).service("web", loadBalancer=INGRESS).at(2).killed()


IDLE = status.unwritten(1, 10)

ROWS = (
    Row("status alone", ONLY, written().watched().end(), PASS, "controller"),
    Row("finalizer and note", ONLY, entry(owner(NOTES)).watched().end(), PASS),
    Row("ours", ONLY, written().wrote("patch", "Service", "web").service("web", spec=OTHER).watched().end(), PASS),
    Row("spec", ONLY, written(spec=OTHER).watched().end(), FAIL, "spec"),
    Row("label", ONLY, written(labels={"x": "y"}).watched().end(), FAIL, "labels"),
    Row("annotation", ONLY, written(annotations={"x": "y"}).watched().end(), FAIL, "annotation x"),
    Row("declared", ONLY, written(annotations={NOTE: "pool"}).watched().end(), PASS),
    Row("owns the spec", ONLY, entry(owner({"f:spec": {}})).watched().end(), FAIL, "spec"),
    Row("past the subresource", ONLY, entry(owner(subresource="")).watched().end(), FAIL, "past"),
    Row("owns a label", ONLY, entry(owner({"f:metadata": {"f:labels": {}}})).watched().end(), FAIL, "labels"),
    Row("nobody wrote", ONLY, written(managedFields=[OURS]).watched().end(), UNKNOWN),
    Row("watch broke", ONLY, written().end(), UNKNOWN),
    Row("not declared", ONLY, Made().created("web").watched().end(), UNKNOWN),
    Row("stays", KEPT, over(marked(), MARK).end(), PASS),
    Row("lost", KEPT, over(marked(), REFUSED).end(), FAIL, "lost"),
    Row("changed", KEPT, over(marked(), MARK | {"reason": "Mine"}).end(), FAIL),
    Row("no address", KEPT, marked().end(), UNKNOWN),
    Row("nobody wrote it", KEPT, over(Made().created("web"), REFUSED).end(), UNKNOWN),
    Row("VIP", VIP, mode(ip=A, ipMode="VIP").end(), PASS, "VIP"),
    Row("none", VIP, mode(ip=A).end(), PASS),
    Row("Proxy", VIP, mode(ip=A, ipMode="Proxy").end(), FAIL, "Proxy"),
    Row("no address", VIP, Made().created("web").service("web").end(), UNKNOWN),
    Row("idle", IDLE, restarted().at(15).watched().end(), PASS),
    Row("written", IDLE, restarted().at(6).service("web", loadBalancer=INGRESS).at(15).watched().end(), FAIL, "web"),
    Row("too short", IDLE, restarted().at(6).watched().end(), UNKNOWN),
    Row("watch broke", IDLE, restarted().at(15).end(), UNKNOWN),
    Row("not killed", IDLE, Made().created("web").service("web", loadBalancer=INGRESS).watched().end(), UNKNOWN),
    Row("later Service", IDLE, Made().killed().at(5).created("web").shows("web", A).at(20).watched().end(), UNKNOWN),
)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.id)
def test_status_check_judges(row: Row) -> None:
    """Each check passes what holds, fails what does not, and is unknown where nothing was seen."""
    verdict = row.check.judge(row.history)
    assert verdict.outcome is row.outcome, verdict
    assert row.says in verdict.reason
