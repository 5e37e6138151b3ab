"""The goals of the controller bench, on hand-made histories and figures that meet, miss and lack them."""

import math
from dataclasses import replace
from pathlib import Path

import pytest

from conformance.bench import goals, report
from conformance.bench.goals import Figures, Measured, figures, measured
from conformance.bench.plan import Settings, stages
from conformance.selftest.made import NS, START_S, Made
from conformance.suite import phases
from conformance.suite.history import History
from conformance.suite.phases import Restart, Usage
from conformance.suite.spread import spread
from conformance.suite.verdict import Outcome

PASS, UNKNOWN, FAIL = Outcome.PASS, Outcome.UNKNOWN, Outcome.FAIL
NONE: dict[str, int] = {}
STATUS = "PATCH services/status 200"


POOL_STATUS = "PATCH ipaddresspools/status 200"
SERVED = {"status": STATUS, "events": "POST events 201", "posts": "POST services 201", "pool": POOL_STATUS}
MODERN = "PATCH events.events.k8s.io 200"
SERVED |= {"leases": "PUT leases 200", "modern": MODERN}


def stage(services: int) -> Made:
    """Begin the history of a stage."""
    head = {"name": "1-x", "target": "x", "version": "v1", "writers": 2, "restarts": 0, "idle_s": 0.0, "many": 0}
    return Made().add("bench", "stage", **head, services=services, host={"cores": 2.0})


def phase(made: Made, name: str, edge: str, **served: int) -> Made:
    """Begin or end a phase; `served` counts writes since the server started, by the names of `SERVED`."""
    counts = {SERVED[key]: count for key, count in served.items()}
    return made.add("suite", "phase", name=name, edge=edge, served=counts)


def used(made: Made, when: str, pod: str, mb: int, begin_s: float = 0.0) -> Made:
    """Let a node say what a controller uses."""
    told = {"rss_bytes": mb * goals.MB, "peak_bytes": mb * goals.MB, "cpu_s": 1.0, "pid": 7, "node": "k1"}
    begin_ns = int((START_S + begin_s) * NS)
    return made.add("node", "usage", when=when, role="controller", pod=pod, begin_ns=begin_ns, **told)


def small() -> Made:
    """Two Services that wait 0.2 and 0.6 s; one status write and one Event each."""
    made = phase(stage(2).at(1), "create", "begin", status=5, posts=3)
    made.created("a", "b").at(1.2).shows("a", change="ADDED").shows("b", change="ADDED").shows("a", "198.18.0.0")
    made.at(1.6).shows("b", "198.18.0.1").at(6)
    phase(made, "create", "end", status=7, posts=5, events=2)
    return used(made, goals.SMALL, "c", 60)


def gone(made: Made) -> History:
    """End a stage: both are deleted."""
    phase(made.at(50), "delete", "begin").wrote("delete", "Service", "a").wrote("delete", "Service", "b")
    made.at(50.5).shows("a", change="DELETED").shows("b", change="DELETED").at(51)
    return phase(made, "delete", "end").end()


def read(made: Made) -> Figures:
    """Read figures that must be there."""
    found = figures(gone(made))
    assert found is not None
    return found


def test_figures_say_what_the_stage_showed() -> None:
    """Waits, writes, Events and memory of a small stage are what its history holds."""
    found = read(small())
    assert found.assigning.samples == pytest.approx((0.2, 0.6))
    assert found.took_s == pytest.approx(0.6)
    assert (found.changes_per_service, found.writes_per_service, found.events_per_service) == ((1, 1), 1.0, 1.0)
    assert found.rss_bytes(goals.SMALL) == 60 * goals.MB
    assert found.rss_bytes(goals.LARGE) is None
    assert found.deleting.samples == pytest.approx((0.5, 0.5))
    assert (found.idle_writes, found.growing, found.restarts) == (None, None, ())


def test_a_stage_cut_off_has_no_figures() -> None:
    """A history without its end is not measured, whatever it holds."""
    assert figures(History(tuple(small().events))) is None
    assert figures(History()) is None


def test_a_service_without_an_address_waits_for_ever() -> None:
    """What never came is an infinite sample, so that it is the worst and not left out."""
    made = phase(stage(2), "create", "begin").created("a", "b").at(0.5).shows("a", "198.18.0.0")
    found = read(phase(made, "create", "end"))
    assert found.assigning.samples == pytest.approx((0.5, math.inf))
    assert found.assigning.came == 1
    assert math.isinf(found.took_s)
    assert found.changes_per_service == (0, 1)


def test_idle_counts_all_but_leases() -> None:
    """A write that changed nothing counts when idle; a Lease's renewal does not."""
    made = phase(small(), "idle", "begin", pool=3, status=7, leases=5).at(36)
    found = read(phase(made, "idle", "end", pool=4, status=7, leases=50))
    assert found.idle_s == pytest.approx(30)
    assert found.idle_writes == {POOL_STATUS: 1}


def test_idle_counts_events_but_those_of_kubernetes() -> None:
    """Whoever writes an Event is known by its field manager; what nobody noted is the target's."""
    made = phase(small(), "idle", "begin", events=2).at(20)
    for manager in ("kubelet", "controller"):
        made = made.add("bench", "event", verb="POST", manager=manager, via="v1", about="Pod x", reason="Unhealthy")
    found = read(phase(made.at(36), "idle", "end", events=5))
    assert found.idle_writes == {SERVED["events"]: 2}


def test_an_earlier_run_is_judged_as_it_was() -> None:
    """Its history does not say by which API an Event was written."""
    made = phase(small(), "idle", "begin", events=2).at(20)
    made = made.add("bench", "event", verb="POST", manager="kubelet", about="Pod x", reason="Unhealthy")
    assert read(phase(made.at(36), "idle", "end", events=4)).idle_writes == {SERVED["events"]: 1}


@pytest.mark.parametrize(
    ("manager", "via", "left"),
    [
        pytest.param("kube-apiserver", "events.k8s.io/v1", NONE, id="Kubernetes'"),
        pytest.param("controller", "v1", NONE, id="the target uses the other API"),
        pytest.param("controller", "events.k8s.io/v1", {MODERN: 2}, id="perhaps the target's"),
    ],
)
def test_idle_counts_series_that_end_where_others_than_kubernetes_have_some(
    manager: str, via: str, left: dict[str, int]
) -> None:
    """A series' last write changes nothing, and so shows in no watch."""
    made = phase(small().add("bench", "recorder", manager=manager, via=via), "idle", "begin", modern=1)
    assert read(phase(made.at(36), "idle", "end", modern=3)).idle_writes == left


def test_restart_is_timed_from_the_process() -> None:
    """Ready counts from the start of each process; a write meanwhile is counted by server and watch."""
    made = phase(small().at(20), "restart-1", "begin", status=7).at(23).add("kube", "ready", pod="n", uid="n")
    phase(made.shows("a", "198.18.0.0").at(30), "restart-1", "end", status=8)
    (restart,) = read(used(made, "restart-1", "n", 60, begin_s=21)).restarts
    assert restart.ready_s == pytest.approx((2.0,))
    assert (restart.writes, restart.changes) == (1, 1)


@pytest.mark.parametrize(
    ("percent", "wanted"),
    [pytest.param(50, 5.0, id="half"), pytest.param(99, 10.0, id="nearly all"), pytest.param(10, 1.0, id="a tenth")],
)
def test_percentiles_are_samples(percent: float, wanted: float) -> None:
    """A percentile is one of the samples, by nearest rank."""
    assert spread(float(n) for n in range(10, 0, -1)).at(percent) == wanted


def test_no_samples_have_no_percentile() -> None:
    """Nothing measured is not a number, never zero."""
    assert math.isnan(spread(()).at(99))


GOOD = Figures(
    name="1-lbkit",
    target="lbkit",
    version="v1",
    services=100,
    many=1000,
    assigning=spread([0.2] * 100),
    creating=spread([0.1] * 100),
    took_s=1.0,
    changes_per_service=(1, 1),
    writes_per_service=1.0,
    events_per_service=1.0,
    idle_s=600.0,
    idle_writes=NONE,
    growing=spread([0.2] * 900),
    deleting=spread([0.1] * 100),
    usage={when: (Usage("c", 70 * goals.MB, 70 * goals.MB, 1.0),) for when in (goals.SMALL, goals.LARGE)},
    restarts=(Restart((2.0,), 0, 0),),
    host={"cores": 2.0, "busy_percent_before": 3.0},
)
SLOW = replace(
    GOOD,
    name="2-metallb",
    target="metallb",
    assigning=spread([15.0] * 100),
    growing=None,
    restarts=(),
    idle_writes=None,
)


def large(mb: int) -> dict[str, tuple[Usage, ...]]:
    """Memory in the large stage."""
    return {**GOOD.usage, goals.LARGE: (Usage("c", mb * goals.MB, mb * goals.MB, 1.0),)}


@pytest.mark.parametrize(
    ("goal", "ours", "outcome"),
    [
        pytest.param("assignment, p99", GOOD, PASS, id="quick"),
        pytest.param("assignment, p99", replace(GOOD, assigning=spread([*[0.2] * 98, 1.1, 1.1])), FAIL, id="slow tail"),
        pytest.param(
            "assignment, p99", replace(GOOD, assigning=spread([*[0.2] * 98, *[math.inf] * 2])), FAIL, id="lost"
        ),
        pytest.param("assignment, p99 beside the baseline's", GOOD, PASS, id="much quicker"),
        pytest.param(
            "assignment, p99 beside the baseline's", replace(GOOD, assigning=spread([1.6] * 100)), FAIL, id="not enough"
        ),
        pytest.param("writes per Service", GOOD, PASS, id="one write"),
        pytest.param("writes per Service", replace(GOOD, changes_per_service=(1, 2)), FAIL, id="two changes"),
        pytest.param("writes per Service", replace(GOOD, writes_per_service=1.01), FAIL, id="a write in vain"),
        pytest.param("writes when idle", GOOD, PASS, id="quiet"),
        pytest.param("writes when idle", replace(GOOD, idle_writes={STATUS: 1}), FAIL, id="not quiet"),
        pytest.param("writes when idle", replace(GOOD, idle_writes=None), UNKNOWN, id="not watched"),
        pytest.param("resident memory, small stage", GOOD, PASS, id="as much"),
        pytest.param(
            "resident memory, small stage",
            replace(GOOD, usage={goals.SMALL: (Usage("c", 71 * goals.MB, 0, 0.0),)}),
            FAIL,
            id="more",
        ),
        pytest.param("resident memory, small stage", replace(GOOD, usage={}), UNKNOWN, id="not read"),
        pytest.param("resident memory, large stage", replace(GOOD, usage=large(150)), PASS, id="just"),
        pytest.param("resident memory, large stage", replace(GOOD, usage=large(151)), FAIL, id="too much"),
        pytest.param("resident memory, large stage", replace(GOOD, growing=spread([0.1] * 899)), FAIL, id="not grown"),
        pytest.param("resident memory, large stage", replace(GOOD, growing=None), UNKNOWN, id="never grown"),
        pytest.param("restart in the large stage", GOOD, PASS, id="quick restart"),
        pytest.param("restart in the large stage", replace(GOOD, restarts=(Restart((5.1,), 0, 0),)), FAIL, id="slow"),
        pytest.param("restart in the large stage", replace(GOOD, restarts=(Restart((2.0,), 1, 0),)), FAIL, id="writes"),
        pytest.param("restart in the large stage", replace(GOOD, restarts=()), UNKNOWN, id="none"),
    ],
)
def test_goal(goal: str, ours: Figures, outcome: Outcome) -> None:
    """Each goal is met, missed or unknown by its own figure."""
    run = Measured((ours,), (SLOW,))
    assert {one.name: one for one in goals.GOALS}[goal].judge(run).outcome == outcome


def test_nothing_measured_meets_no_goal() -> None:
    """Every goal is unknown for an empty run."""
    assert {goal.judge(Measured((), ())).outcome for goal in goals.GOALS} == {UNKNOWN}


def test_the_worst_round_counts() -> None:
    """Of two rounds the slower one is judged."""
    slower = replace(GOOD, name="3-lbkit", assigning=spread([1.2] * 100))
    assert report.outcome(measured([GOOD, SLOW, slower], "lbkit")) == FAIL
    assert report.outcome(measured([GOOD, SLOW, GOOD], "lbkit")) == PASS


def test_stages_of_two_builds_are_no_one_result() -> None:
    """A run that went on after the target was changed misses the goal that says so, and the cure."""
    verdict = goals.GOALS[0].judge(measured([GOOD, SLOW, replace(GOOD, name="3-lbkit", version="v2")], "lbkit"))
    assert verdict.outcome == FAIL
    assert "v1, v2" in verdict.reason
    assert "--fresh" in verdict.reason
    assert goals.GOALS[0].judge(Measured((GOOD,), (SLOW,))).outcome == PASS


def test_report_names_every_goal_and_stage() -> None:
    """The Markdown has a row for each goal and a column for each stage."""
    text = report.render(measured([GOOD, SLOW], "lbkit"), "Controllers")
    assert all(f"| {goal.name} |" in text for goal in goals.GOALS)
    assert "| 1-lbkit | 2-metallb |" in text
    assert "missed" not in text


def test_subject_is_measured_before_and_after_the_baseline() -> None:
    """lbkit, MetalLB, lbkit; only the whole stages grow, and the baseline idles no longer than it must."""
    found = stages(Settings("l2"))
    assert [one.target for one in found] == ["lbkit", "metallb", "lbkit"]
    assert [one.many for one in found] == [0, 10_000, 10_000]
    assert [one.idle_s for one in found] == [0.0, 60.0, 600.0]
    assert [one.restarts for one in stages(Settings("l2", many=0))] == [0, 0, 0]
    assert [one.target for one in stages(Settings("l2", baseline=""))] == ["lbkit", "lbkit"]


@pytest.mark.slow
def test_picture_has_a_line_for_each_stage(tmp_path: Path) -> None:
    """Each stage is named in the picture, also one in which a Service never got its address."""
    from conformance.bench import plot  # noqa: PLC0415 - a second of imports that only this test needs

    plot.draw([GOOD, replace(SLOW, assigning=spread([15.0, math.inf]))], tmp_path / "x.svg", "Controllers")
    text = (tmp_path / "x.svg").read_text(encoding="utf-8")
    assert all(f"<!-- {name}, p99" in text for name in ("1-lbkit", "2-metallb"))


def test_phases_are_named_once() -> None:
    """A phase that never ended is not there."""
    made = phase(small(), "idle", "begin")
    assert set(phases.phases(gone(made))) == {"create", "delete"}
