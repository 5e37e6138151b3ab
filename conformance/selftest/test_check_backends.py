"""The judges of which pods serve, on hand-made histories that pass, fail and decide nothing."""

import pytest

from conformance.selftest.made import NS, START_S, Made, Row
from conformance.suite.checks import backends
from conformance.suite.verdict import Outcome

PASS, UNKNOWN, FAIL = Outcome.PASS, Outcome.UNKNOWN, Outcome.FAIL
VIP = "10.10.0.200"
OK, LOST, REFUSED = "", "timeout", "refused"
USED = backends.all_used(at_least=6)
ACROSS = backends.served_across("web", at_least=2)
BACK = backends.back_in_time("web", within_s=5, at_least=2)
ONE_BACK = backends.back_in_time("web", within_s=5, at_least=1)
HELD = backends.outlasts(flows=2, requests=2, for_s=60)


def connected(**counts: int) -> Made:
    """Three ready pods, and connections: node=how many."""
    return Made().l2().pods("k1", "k2", "k3").flows(0, **counts)


def partly_ready() -> Made:
    """Two ready pods, and one that is not."""
    pods = {f"pod-{n}": {"node": n, "ready": is_ready} for n, is_ready in (("k1", True), ("k2", True), ("k3", False))}
    return Made().l2().add("kube", "pods", pods=pods)


def moved(*errors: str) -> Made:
    """The pod's node answered for the address first, and another one while requests are made."""
    made = Made().l2().opened().pods("k2").created("web").at(1).shows("web", VIP).asked(VIP).replied(VIP, "k2").at(2)
    made = made.requested("web", *errors[:1], answer="pod-k2").asked(VIP).replied(VIP, "k1")
    made = made.requested("web", *errors[1:], answer="pod-k2").at(9).asked(VIP).replied(VIP, "k2")
    return made.closed()


def across(owner: str, *errors: str, second: str = "", pod: str = "pod-k2") -> Made:
    """One node answers for the address, perhaps a second one as well, while requests go to a pod on k2."""
    made = Made().l2().opened().pods("k2").created("web").at(1).shows("web", VIP).at(2)
    made = made.requested("web", *errors[:1], answer=pod)
    for node in filter(None, (owner, second)):
        made = made.asked(VIP).replied(VIP, node)
    return made.requested("web", *errors[1:], answer=pod).closed()


def back(*errors: str, ready_s: float = 3.0, every_s: float = 1.0) -> Made:
    """Pods are gone, requests begin after a second, one each second; pods are ready again after three."""
    made = Made().pods("k1").at(0.5).pods("k1", ready=False).at(1)
    made = made.requested("web", *errors, every_s=every_s)
    end_s = made.now_s
    return made.at(ready_s).pods("k1").at(max(ready_s, end_s))


def unready_at(now_s: float, made: Made) -> Made:
    """Note pods that are not ready at a moment, besides."""
    end_s = made.now_s
    return made.at(now_s).pods("k1", ready=False).at(end_s)


def held(*times_s: float, flows: int = 2, breaks: bool = False) -> Made:
    """Connections that speak at these times; the last of them may break at the end."""
    made = Made().pods("k1").add("tcp", "plan", run=0, target=VIP, port=80, flows=flows, requests=len(times_s))
    for request, now_s in enumerate(times_s):
        for flow in range(flows):
            error = "timeout" if breaks and (request, flow) == (len(times_s) - 1, flows - 1) else ""
            made = made.at(now_s).answer(0, flow, 20000 + flow, request, "k1", error=error)
    return made


def again() -> Made:
    """The first request waits for its retransmission, while one that begins later is refused."""
    made = Made().requested("web", OK, took_s=2.0, every_s=2.1).at(0.5).pods("k1")
    plan = made.events[0].data["run"]
    for number, (begin_s, error) in enumerate(((1.0, REFUSED), (2.5, OK), (3.0, OK)), start=1):
        fields = {"run": plan, "number": number, "begin_ns": int((START_S + begin_s) * NS), "ok": not error}
        made = made.at(begin_s + 0.01).add("request", "answer", **fields, answer="pod-k1", error=error)
    return made


ROWS = (
    Row("all", USED, connected(k1=2, k2=2, k3=2).end(), PASS, "2 by pod-k1"),
    Row("unevenly", USED, connected(k1=8, k2=1, k3=1).end(), PASS),
    Row("one idle", USED, connected(k1=4, k2=2).end(), FAIL, "pod-k3 answered none of 6"),
    Row("a stranger", USED, connected(k1=2, k2=2, k3=2, k4=1).end(), FAIL, "pod-k4 answered and is not ready"),
    Row("one not ready", USED, connected(k1=4, k2=4).pods("k1", "k2").end(), PASS),
    Row("one no longer ready", USED, connected(k1=4, k2=4, k3=1).pods("k1", "k2").end(), FAIL, "pod-k3"),
    Row("one never ready", USED, partly_ready().flows(0, k1=3, k2=3).end(), PASS),
    Row("one never ready answers", USED, partly_ready().flows(0, k1=3, k2=3, k3=1).end(), FAIL, "pod-k3 answered"),
    Row("second requests", USED, Made().pods("k1", "k2").flows(0, requests=2, k1=3, k2=2).end(), UNKNOWN, "5 conn"),
    Row("too few", USED, connected(k1=2, k2=2, k3=1).end(), UNKNOWN, "5 connections"),
    Row("one lost", USED, connected(k1=2, k2=2, k3=1).answer(0, 9, 1, 0, "k3", error="x").end(), UNKNOWN),
    Row("one pod", USED, Made().pods("k1").flows(0, k1=9).end(), UNKNOWN, "1 ready pods"),
    Row("no pods noted", USED, Made().flows(0, k1=9).end(), UNKNOWN),
    Row("other node", ACROSS, across("k1", OK, OK).end(), PASS, "came in by k1 and were answered on k2"),
    Row("own node", ACROSS, across("k2", OK, OK).end(), UNKNOWN, "owned by k2, answered on k2"),
    Row("own node before and after", ACROSS, moved(OK, OK).end(), PASS),
    Row("two owners", ACROSS, across("k1", OK, OK, second="k2").end(), UNKNOWN),
    Row("no owner", ACROSS, across("", OK, OK).end(), UNKNOWN, "owned by nobody"),
    Row("a stranger's", ACROSS, across("02:00:00:00:00:77", OK, OK).end(), PASS),
    Row("one lost", ACROSS, across("k1", OK, OK, LOST).end(), FAIL, "1 of 3"),
    Row("unknown pod", ACROSS, across("k1", OK, OK, pod="pod-x").end(), UNKNOWN),
    Row("too few", ACROSS, across("k1", OK).end(), UNKNOWN, "1 requests"),
    Row("no address", ACROSS, Made().l2().requested("web", OK, OK).end(), UNKNOWN),
    Row("frames lost", ACROSS, across("k1", OK, OK).closed(dropped=1).end(), UNKNOWN, "lost 1"),
    Row("soon", BACK, back(REFUSED, REFUSED, REFUSED, OK, OK).end(), PASS, "1.00 s"),
    Row("one was sent again", BACK, again().end(), PASS, "0.00 s after there were pods, 3 times"),
    Row("just in time", BACK, back(*(REFUSED,) * 7, OK, OK).end(), PASS, "5.00 s"),
    Row("before it was noted", BACK, back(REFUSED, OK, OK, OK).end(), PASS, "0.00 s"),
    Row("late", BACK, back(*(LOST,) * 8, OK, OK).end(), FAIL, "the first answer only 6.0 s"),
    Row("never", BACK, back(*(LOST,) * 9).end(), FAIL, "no answer"),
    Row("not yet", BACK, back(*(LOST,) * 5).end(), UNKNOWN, "0 requests"),
    Row("pods not ready yet", BACK, unready_at(1.5, back(*(REFUSED,) * 7, OK, OK)).end(), PASS, "5.00 s"),
    Row("one is enough, none came", ONE_BACK, back(*(LOST,) * 5).end(), UNKNOWN),
    Row("lost again", BACK, back(REFUSED, REFUSED, REFUSED, OK, LOST, OK).end(), FAIL, "1 of 3"),
    Row("too few", BACK, back(REFUSED, REFUSED, REFUSED, OK).end(), UNKNOWN, "1 requests"),
    Row("no pods again", BACK, Made().pods("k1", ready=False).at(1).requested("web", REFUSED, OK, OK).end(), UNKNOWN),
    Row("nobody asked", BACK, Made().pods("k1").end(), UNKNOWN),
    Row("held", HELD, held(0, 30, 60).end(), PASS, "2 connections held for 60 s"),
    Row("one broke", HELD, held(0, 60, breaks=True).end(), FAIL, "connection 1 broke at request 1 (timeout)"),
    Row("not for long", HELD, held(0, 59).end(), UNKNOWN, "held for 59 s"),
    Row("one later", HELD, held(0, 50).at(60).answer(0, 0, 20000, 2, "k1").end(), UNKNOWN, "held for 50 s"),
    Row("one only", HELD, held(0, 60, flows=1).end(), UNKNOWN, "1 connections"),
    Row("once only", HELD, held(60).end(), UNKNOWN, "0 connections"),
    Row("none", HELD, Made().end(), UNKNOWN),
)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.id)
def test_backend_check_judges(row: Row) -> None:
    """Each check passes what holds, fails what does not, and is unknown where nothing was seen."""
    verdict = row.check.judge(row.history)
    assert verdict.outcome is row.outcome, verdict
    assert row.says in verdict.reason
