"""The judges of which pod answers, on hand-made histories that pass, fail and decide nothing."""

import pytest

from conformance.selftest.made import NS, START_S, Made, Row
from conformance.suite.checks import answerers
from conformance.suite.verdict import Outcome

PASS, UNKNOWN, FAIL = Outcome.PASS, Outcome.UNKNOWN, Outcome.FAIL
OK, LOST = "", "timeout"

STICKY = answerers.one_pod("a", at_least=3)
SPREAD = answerers.several_pods("a", at_least=3)
NEW = answerers.rebound("flow", "first", within_s=10)
TWICE = answerers.rebound("flow", "first", "second", within_s=10)
LASTS = answerers.outlasts_update("a", "b", share=0.9, at_least=10)


def answers(*pods: str, about: str = "a", every_s: float = 1.0, made: Made | None = None) -> Made:
    """Let these pods answer one request each; "" is none."""
    made = made or Made()
    run = len(made.events)
    made.add("request", "plan", run=run, about=about)
    for number, pod in enumerate(pods):
        begin_ns = int((START_S + made.now_s) * NS)
        answer = {"begin_ns": begin_ns, "ok": bool(pod), "answer": pod, "error": "" if pod else LOST}
        made.at(made.now_s + 0.1).add("request", "answer", run=run, number=number, **answer)
        made.at(made.now_s + every_s - 0.1)
    return made


def rounds(*pods: str, marks: tuple[float, ...] = (1.5, 3.5), names: tuple[str, ...] = ("first", "second")) -> Made:
    """One answer a second, of these pods; rounds begin and are done at these times."""
    made = answers(*pods, about="flow")
    words = [f"{name} {what}" for name in names for what in ("begins", "is done")]
    for when, word in zip(marks, words, strict=False):
        made = made.at(when).mark(word)
    return made.at(len(pods))


def update(
    first: tuple[str, ...],
    second: tuple[str, ...],
    *,
    replaced: bool = True,
    marked: bool = True,
    lost_before: int = 0,
) -> Made:
    """Two loops, of which these are the ends, begun as all pods are replaced; more of the first before."""
    made = Made().pods("k1", "k2").requested("a", *[LOST] * lost_before)
    made = made.mark("updating") if marked else made
    made = made.requested("a", *first).requested("b", *second)
    return made.pods("k3") if replaced else made.pods("k2", "k3")


ROWS = (
    Row("one", STICKY, answers("p", "p", "p").end(), PASS, "3 by p"),
    Row("one, some lost", STICKY, answers("p", "", "p", "p").end(), PASS, "3 by p"),
    Row("two", STICKY, answers("p", "p", "q").end(), FAIL, "2 pods"),
    Row("too few", STICKY, answers("p", "p").end(), UNKNOWN),
    Row("none", STICKY, answers("", "", "").end(), UNKNOWN),
    Row("another loop", STICKY, answers("p", "p", "p", about="b").end(), UNKNOWN),
    Row("two", SPREAD, answers("p", "p", "q").end(), PASS, "2 pods"),
    Row("one", SPREAD, answers("p", "p", "p").end(), FAIL, "all 3"),
    Row("too few", SPREAD, answers("p", "q").end(), UNKNOWN),
    Row("another loop", SPREAD, answers("p", "q", "p", about="b").end(), UNKNOWN),
    Row("at once", NEW, rounds("p", "p", "p", "", "q").end(), PASS, "0.50 s"),
    Row("before it is done", NEW, rounds("p", "p", "q", "q").end(), PASS, "0.00 s"),
    Row("just in time", NEW, rounds("p", *[""] * 11, "q", marks=(0.5, 2)).end(), PASS, "10.00 s"),
    Row("late", NEW, rounds("p", *[""] * 12, "q", marks=(0.5, 2)).end(), FAIL, "only after 11.0 s"),
    Row("never", NEW, rounds("p", *[""] * 14, marks=(0.5, 2)).end(), FAIL, "no new pod answered after 12.0 s"),
    Row("the old one", NEW, rounds(*["p"] * 15, marks=(0.5, 2)).end(), FAIL, "no new pod"),
    Row("given up soon", NEW, rounds("p", *[""] * 5).end(), UNKNOWN, "a while only"),
    Row("given up at the limit", NEW, rounds("p", *[""] * 12, marks=(0.5, 2)).end(), UNKNOWN, "a while only"),
    Row("nobody asked after", NEW, rounds("p", marks=(1.5, 3.5)).end(), UNKNOWN, "a while only"),
    Row("nobody answered before", NEW, rounds("", "", "q", "q").end(), UNKNOWN),
    Row("answered at the same time", NEW, rounds("p", "q", "q", marks=(0.05, 3)).end(), UNKNOWN),
    Row("not replaced", NEW, rounds("p", "q").mark("first begins").end(), UNKNOWN),
    Row("not marked", NEW, rounds("p", "q", marks=(), names=()).end(), UNKNOWN),
    Row("both", TWICE, rounds("p", "p", "q", "q", "", "r", marks=(1.5, 1.7, 3.5, 3.6)).end(), PASS, "1.40 s"),
    Row("the first again", TWICE, rounds("p", "q", *["p"] * 15, marks=(0.5, 0.6, 1.5, 2.5)).end(), FAIL, "second"),
    Row("one of two", TWICE, rounds("p", "p", "q", "q").end(), UNKNOWN, "second"),
    Row("all", LASTS, update((OK,) * 10, (OK,) * 10).end(), PASS, "a: 10 of 10; b: 10 of 10"),
    Row("nearly all", LASTS, update((OK,) * 10, (*(OK,) * 9, LOST)).end(), PASS, "b: 9 of 10"),
    Row("too many lost", LASTS, update((OK,) * 10, (*(OK,) * 8, LOST, LOST)).end(), FAIL, "b: 2 of 10"),
    Row("too few", LASTS, update((OK,) * 10, (OK,) * 9).end(), UNKNOWN, "b: 9 requests"),
    Row("some stay", LASTS, update((OK,) * 10, (OK,) * 10, replaced=False).end(), UNKNOWN, "not all replaced"),
    Row("not begun", LASTS, update((OK,) * 10, (OK,) * 10, marked=False).end(), UNKNOWN),
    Row("nobody looked", LASTS, Made().mark("updating").requested("a", *(OK,) * 10).end(), UNKNOWN),
    Row("lost before it began", LASTS, update((OK,) * 10, (OK,) * 10, lost_before=5).end(), PASS, "a: 10 of 10"),
    Row("before it began", LASTS, Made().pods("k1").requested("a", LOST).mark("updating").end(), UNKNOWN),
)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.id)
def test_answerers_check_judges(row: Row) -> None:
    """Each check passes what holds, fails what does not, and is unknown where nothing was seen."""
    verdict = row.check.judge(row.history)
    assert verdict.outcome is row.outcome, verdict
    assert row.says in verdict.reason
