"""The judges of what a user is told, on hand-made histories that pass, fail and decide nothing."""

import pytest

from conformance.selftest.made import Made, Row
from conformance.suite.checks import reasons
from conformance.suite.verdict import Outcome

PASS, UNKNOWN, FAIL = Outcome.PASS, Outcome.UNKNOWN, Outcome.FAIL
APART, UNHARMED = reasons.told_apart("a", "b", within_s=5), reasons.unharmed()


def two() -> Made:
    """Two Services are created at one second."""
    return Made().at(1).created("a", "b").at(2)


def counted(*counts: dict[str, int]) -> Made:
    """The load balancer's containers are looked at."""
    made = Made()
    for number, count in enumerate(counts):
        made = made.at(number).add("kube", "restarts", restarts=count)
    return made


def said(a: str, b: str) -> Made:
    """Both Services show a reason."""
    return two().refused("a", "no", a).refused("b", "no", b)


def fuzzed(before: int = 1, after: int = 1, *, frames: int = 9, objects: int = 2, texts: str = "AB") -> Made:
    """Logs say so many times that something went wrong, before and after malformed frames and objects."""
    made = Made()
    for text in texts:
        made.add("audit", "search", text=text, place="logs", where="pod/c", count=before)
    for number in range(objects):
        name = f"spoilt-{number}"
        made.wrote("apply", "IPAddressPool", name).wrote("delete", "IPAddressPool", name)
    made.add("forge", "frames", count=frames)
    for text in texts:
        made.add("audit", "search", text=text, place="logs", where="pod/c", count=after)
    return made


CALM = reasons.no_stumble("A", "B", frames=9, objects=2)
PODS = {"controller-1/controller": 0, "speaker-1/speaker": 3}

ROWS = (
    Row("two reasons", APART, said("NoPool", "Exhausted").end(), PASS, "a: NoPool; b: Exhausted"),
    Row("by Event", APART, two().refused("a", "no", "NoPool").told("b", "full").end(), PASS),
    Row("one for both", APART, said("NoPool", "NoPool").end(), FAIL, "tell them apart"),
    Row("a sentence", APART, said("No pool", "Exhausted").end(), FAIL, "one word"),
    Row("late", APART, two().refused("a", "no", "NoPool").at(9).refused("b", "no", "Full").end(), FAIL, "8.0 s"),
    Row("never", APART, two().refused("a", "no", "NoPool").at(9).told().end(), FAIL, "b has no address"),
    Row("too short", APART, two().refused("a", "no", "NoPool").told().end(), UNKNOWN),
    Row("nobody looked", APART, two().at(9).end(), UNKNOWN),
    Row("not created", APART, Made().created("a").refused("a", "no").end(), UNKNOWN),
    Row("as before", UNHARMED, counted(PODS, PODS).end(), PASS, "2 containers"),
    Row("restarted", UNHARMED, counted(PODS, PODS | {"speaker-1/speaker": 4}).end(), FAIL, "speaker-1"),
    Row(
        "replaced", UNHARMED, counted(PODS, {"speaker-1/speaker": 3, "controller-2/controller": 0}).end(), FAIL, "gone"
    ),
    Row("one look", UNHARMED, counted(PODS).end(), UNKNOWN),
    Row("calm", CALM, fuzzed().end(), PASS, "9 malformed frames and 2 malformed objects"),
    Row("stumbled", CALM, fuzzed(after=2).end(), FAIL, "pod/c: A"),
    Row("few frames", CALM, fuzzed(frames=8).end(), UNKNOWN, "8 malformed"),
    Row("few objects", CALM, fuzzed(objects=1).end(), UNKNOWN, "1 malformed objects"),
    Row("not read", CALM, fuzzed(texts="A").end(), UNKNOWN, "not read"),
    Row("no pods", UNHARMED, counted({}, {}).end(), UNKNOWN),
)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.id)
def test_reasons_check_judges(row: Row) -> None:
    """Each check passes what holds, fails what does not, and is unknown where nothing was seen."""
    verdict = row.check.judge(row.history)
    assert verdict.outcome is row.outcome, verdict
    assert row.says in verdict.reason
