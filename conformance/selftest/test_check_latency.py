"""The judges of what users wait for and of what many addresses cost, on hand-made histories of all three kinds."""

import pytest

from conformance.selftest.made import Made, Row
from conformance.suite.checks import latency
from conformance.suite.verdict import Outcome

PASS, UNKNOWN, FAIL = Outcome.PASS, Outcome.UNKNOWN, Outcome.FAIL
A, B = "10.10.0.200", "10.10.0.201"
OK, LOST = "", "timeout"


def asked(*took_s: float | None, end_s: float = 60) -> Made:
    """Services are created, and each answers so long after it; None for never."""
    made = Made()
    for number, after_s in enumerate(took_s):
        made.at(5 * number).created(f"web-{number}").at(5 * number + 0.1).requested(f"web-{number}", LOST)
        if after_s is not None:
            made.at(5 * number + after_s - 0.01).requested(f"web-{number}", OK)
    return made.at(end_s)


def deleted(last_s: float, *, until_s: float = 5, first: bool = True) -> Made:
    """An address is claimed to the last so long after its Service is deleted, at ten seconds, and asked for."""
    made = Made().l2().opened().created("web").at(1).shows("web", A).at(5)
    if first:
        made.replied(A, "k1")
    made.at(10).wrote("delete", "Service", "web")
    made.at(10.1).asked(A)
    made.at(10 + last_s).replied(A, "k1")
    return made.at(10 + until_s).asked(A)


def many(*, answered: int = 10, after_s: float = 0.001, per_s: float = 10, mark: bool = True) -> Made:
    """Ten questions for two addresses, of which some are answered."""
    made = Made().l2().opened().created("a", "b").shows("a", A).shows("b", B).at(1)
    if mark:
        made.mark("questions")
    for number in range(10):
        begin_s = 2 + number / per_s
        target = (A, B)[number % 2]
        made.at(begin_s).asked(target)
        if number < answered:
            made.at(begin_s + after_s).replied(target, "k1")
    return made.at(20)


def lost(*, taken_s: float | None = 1.5, by: str = "k2", bound_s: float | None = 1.0, end_s: float = 9) -> Made:
    """A node with two addresses is lost at three seconds; another one takes the second of them over so much later."""
    made = Made().l2().declares(failover_s=bound_s).opened().created("a", "b").shows("a", A).shows("b", B)
    made.at(2).replied(A, "k1").replied(B, "k1")
    made.at(3).fault("links-lost", node="k1").at(3.5).told_gratuitously(A, "k2")
    if taken_s is not None:
        made.at(3 + taken_s).told_gratuitously(B, by)
    return made.at(end_s)


def burst(count: int, apart_s: float = 0.001) -> Made:
    """A node tells of an address many times."""
    made = Made().l2().opened()
    for number in range(count):
        made.at(1 + number * apart_s).told_gratuitously(A, "k1")
    return made.at(9)


def used(after_s: float = 2.0, pod: str = "c", services: int = 2) -> Made:
    """What a process used before and after two Services were given an address."""
    made = Made()
    for when, name, rss, cpu_s in (("before", "c", 50, 1.0), ("after", pod, 60, after_s)):
        fields = {"when": when, "role": "controller", "pod": name, "node": "k1", "pid": 1, "begin_ns": 0}
        made.add("node", "usage", **fields, rss_bytes=rss << 20, peak_bytes=rss << 20, cpu_s=cpu_s)
    for number in range(services):
        made.shows(f"web-{number}", f"10.10.0.{200 + number}")
    return made


def crowd(beside_s: float | None = 0.5, count: int = 4, alone_s: float = 0.4) -> Made:
    """One Service alone, and one amid those of a tenant, each with an address so long after."""
    made = Made().created("alone-0").at(alone_s).shows("alone-0", A).at(5)
    made.created(*(f"crowd-{number}" for number in range(count // 2))).created("beside-0")
    made.created(*(f"crowd-{number}" for number in range(count // 2, count))).at(5.01).created("beside-1")
    made.at(5.1).shows("beside-1", A)
    if beside_s is not None:
        made.at(5 + beside_s).shows("beside-0", B)
    return made.at(20)


def at_once(count: int = 2, assigned: int = 2, *, ended: bool = True) -> Made:
    """Services are created in a phase, and some get an address after half a second."""
    made = Made().add("suite", "phase", name="create", edge="begin", served={})
    made.created(*(f"web-{number}" for number in range(count))).at(0.5)
    for number in range(assigned):
        made.shows(f"web-{number}", f"10.10.0.{200 + number}")
    return made.at(1).add("suite", "phase", name="create", edge="end", served={}) if ended else made


def churning(after_s: float | None = 0.5, *, lives_s: float = 5, ends: bool = True) -> Made:
    """A Service comes, has an address so long after, and goes."""
    made = Made().created("a")
    if after_s is not None:
        made.at(after_s).shows("a", A)
    made.at(lives_s).wrote("delete", "Service", "a")
    return made.watched() if ends else made


def growing(mib: int = 1, *, over_s: float = 200, pod: str = "c") -> Made:
    """A process grows by so much between two looks at it."""
    made = Made()
    for at_s, name, rss, when in ((0.0, "c", 50, "warm"), (over_s, pod, 50 + mib, "end")):
        fields = {"when": when, "role": "controller", "pod": name, "node": "k1", "pid": 1, "begin_ns": 0, "cpu_s": 1.0}
        made.at(at_s).add("node", "usage", **fields, rss_bytes=rss << 20, peak_bytes=rss << 20)
    return made


CHURNED = latency.churned(1.0, at_least=1)
LEAK = latency.no_leak("warm", "end", 1.0, 120)
FIRST = latency.first_request(3.0, at_least=2)
WITHDRAWN = latency.withdrawn_soon(2.0, at_least=1)
MANY = latency.many_answered(addresses=2, per_s=10, ratio=0.9, p99_s=0.005)
TAKEN = latency.all_taken_over(at_least=2)
PACED = latency.paced(100, at_least=5)
COSTS = latency.costs(2)
FAIR = latency.fair("alone", "beside", factor=3.0, floor_s=1.0, crowd=4)
ASSIGNED = latency.many_assigned(2)
HOLDS = latency.holds_in("after", mib=60)

ROWS = (
    Row("soon", FIRST, asked(1, 2).end(), PASS, "worst 2.00 s"),
    Row("late", FIRST, asked(1, 4).end(), FAIL, "95th percentile 4.00 s"),
    Row("never", FIRST, asked(1, None).end(), FAIL, "inf"),
    Row("not yet", FIRST, asked(1, None, end_s=7).end(), UNKNOWN, "1 Services"),
    Row("few", FIRST, asked(1).end(), UNKNOWN, "1 Services"),
    Row("silent soon", WITHDRAWN, deleted(0.5).closed().end(), PASS, "worst 0.50 s"),
    Row("silent late", WITHDRAWN, deleted(2.5).closed().end(), FAIL, "2.50 s"),
    Row("never answered", WITHDRAWN, deleted(0.5, first=False).closed().end(), UNKNOWN, "never answered"),
    Row("not asked for long", WITHDRAWN, deleted(0.5, until_s=1.5).closed().end(), UNKNOWN, "long enough"),
    Row("frames lost", WITHDRAWN, deleted(0.5).closed(dropped=1).end(), UNKNOWN, "lost 1"),
    Row("nothing deleted", WITHDRAWN, Made().opened().closed().end(), UNKNOWN, "0 Services"),
    Row("all answered", MANY, many().closed().end(), PASS, "100.00% of 10"),
    Row("enough answered", MANY, many(answered=9).closed().end(), PASS, "90.00%"),
    Row("few answered", MANY, many(answered=8).closed().end(), FAIL, "80.00%"),
    Row("none answered", MANY, many(answered=0).closed().end(), FAIL, "0.00%"),
    Row("slow", MANY, many(after_s=0.02).closed().end(), FAIL, "20.00 ms"),
    Row("asked slowly", MANY, many(per_s=5).closed().end(), UNKNOWN, "questions a second"),
    Row("no beginning", MANY, many(mark=False).closed().end(), UNKNOWN, "0 addresses"),
    Row("capture lost", MANY, many().closed(dropped=1).end(), UNKNOWN, "lost 1"),
    Row("taken over", TAKEN, lost().closed().end(), PASS, "2 of 2 addresses of k1"),
    Row("taken over late", TAKEN, lost(taken_s=3.5).closed().end(), FAIL, "3.50 s, wanted 3 s"),
    Row("one never", TAKEN, lost(taken_s=None).closed().end(), FAIL, "1 of 2"),
    Row("by a stranger", TAKEN, lost(by="02:00:00:00:00:99").closed().end(), FAIL, "1 of 2"),
    Row("one never, frames lost", TAKEN, lost(taken_s=None).closed(dropped=1).end(), UNKNOWN, "lost 1"),
    Row("no bound", TAKEN, lost(bound_s=None).closed().end(), UNKNOWN, "bound"),
    Row("short", TAKEN, lost(end_s=5).closed().end(), UNKNOWN, "2.0 s"),
    Row("slowly told", PACED, burst(20, 0.02).closed().end(), PASS, "20 unasked"),
    Row("at the bound", PACED, burst(10).closed().end(), PASS, "10 at most"),
    Row("a burst", PACED, burst(11).closed().end(), FAIL, "11 unasked"),
    Row("few told", PACED, burst(4).closed().end(), UNKNOWN, "4 unasked"),
    Row("told, frames lost", PACED, burst(10).closed(dropped=1).end(), UNKNOWN, "lost 1"),
    Row("reported", COSTS, used().end(), PASS, "60 MiB"),
    Row("started again", COSTS, used(0.5).end(), FAIL, "c ended"),
    Row("another one", COSTS, used(pod="d").end(), FAIL, "c ended"),
    Row("few Services", COSTS, used(services=1).end(), UNKNOWN, "1 Services"),
    Row("not looked at", COSTS, Made().end(), UNKNOWN),
    Row("fair", FAIR, crowd().end(), PASS, "0.500 s beside 4"),
    Row("fair by the factor", FAIR, crowd(1.1).end(), PASS),
    Row("unfair", FAIR, crowd(1.3).end(), FAIL, "1.300 s"),
    Row("fair by the floor", FAIR, crowd(0.9, alone_s=0.1).end(), PASS),
    Row("starved", FAIR, crowd(None).end(), FAIL, "inf"),
    Row("no crowd", FAIR, crowd(count=2).end(), UNKNOWN, "2 Services"),
    Row("nobody beside", FAIR, Made().created("alone-0").shows("alone-0", A).end(), UNKNOWN),
    Row("all assigned", ASSIGNED, at_once().end(), PASS, "2 Services in 0.5 s"),
    Row("one not", ASSIGNED, at_once(assigned=1).end(), FAIL, "1 of 2"),
    Row("few created", ASSIGNED, at_once(count=1, assigned=1).end(), UNKNOWN, "1 Services"),
    Row("not ended", ASSIGNED, at_once(ended=False).end(), UNKNOWN, "end"),
    Row("comes and goes", CHURNED, churning().end(), PASS, "0.500 s"),
    Row("comes late", CHURNED, churning(1.5).end(), FAIL, "1.500 s"),
    Row("never comes", CHURNED, churning(None).end(), FAIL, "0 of 1"),
    Row("goes at once", CHURNED, churning(lives_s=0.9).end(), UNKNOWN, "0 Services"),
    Row("churn, watch broke", CHURNED, churning(ends=False).end(), UNKNOWN, "missed"),
    Row("grows little", LEAK, growing().end(), PASS, "0.30 MiB"),
    Row("leaks", LEAK, growing(4).end(), FAIL, "1.20 MiB"),
    Row("leaks, short", LEAK, growing(4, over_s=60).end(), PASS, "only reported"),
    Row("ends", LEAK, growing(pod="d").end(), FAIL, "c ended"),
    Row("leak, nobody looked", LEAK, Made().end(), UNKNOWN, "nobody looked"),
    Row("small", HOLDS, used().end(), PASS, "60 MiB"),
    Row("large", latency.holds_in("after", mib=59), used().end(), FAIL, "60 MiB"),
    Row("nobody looked", HOLDS, Made().end(), UNKNOWN, "nobody looked"),
)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.id)
def test_latency_check_judges(row: Row) -> None:
    """Each check passes what holds, fails what does not, and is unknown where nothing was seen."""
    verdict = row.check.judge(row.history)
    assert verdict.outcome is row.outcome, verdict
    assert row.says in verdict.reason
