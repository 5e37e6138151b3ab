"""The rounds of nodes lost under BGP: what a round measured, and how it is shown."""

from pathlib import Path

import pytest

from conformance.chaos.bgp import table
from conformance.chaos.bgp.deeds import DEEDS
from conformance.chaos.bgp.losses import ABOUT, Measured, measured
from conformance.chaos.bgp.nodes import CHECKS, KIND
from conformance.selftest.made import NODES, Made
from conformance.suite.checks.hops import LEAVING
from conformance.suite.history import History
from conformance.suite.verdict import Outcome

VIP, TWO = "10.100.0.1", ("k1", "k2")
PASS, FAIL, UNKNOWN = Outcome.PASS, Outcome.FAIL, Outcome.UNKNOWN


def lost(gone_s: float = 0.8, failing: int = 40, *, fault: bool = True) -> History:
    """Node k3 is lost at two seconds: its next hops go, and of the next requests, one each 20 ms, every third fails."""
    made = Made().bgp().pool("10.100.0.0/24").at(1).shows("web", VIP)
    for router in ("tor1", "tor2"):
        made = made.fib(router, VIP, NODES)
    requests = [""] * 50 + ["timeout" if number < failing and number % 3 == 0 else "" for number in range(200)]
    made = made.requested(ABOUT, *requests, every_s=0.02, took_s=0.005).at(2).mark(f"{LEAVING}k3")
    if fault:
        made = made.fault("node-silent", node="k3")
    for at_s, router in ((gone_s - 0.1, "tor1"), (gone_s, "tor2")):
        made = made.at(2 + at_s).fib(router, VIP, TWO)
    for router in ("tor1", "tor2"):
        made = made.at(5.9).fib(router, VIP, TWO)
    return made.at(6).end()


@pytest.mark.parametrize(
    ("deed", "history", "outcome"),
    [
        pytest.param("lost-bfd", lost(), PASS, id="in-time"),
        pytest.param("lost-bfd", lost(gone_s=1.5), FAIL, id="next-hop-stays"),
        pytest.param("lost-bfd", lost(failing=70), FAIL, id="requests-fail"),
        pytest.param("lost-hold", lost(gone_s=3.5, failing=150), PASS, id="hold-time"),
        pytest.param("drain", lost(), FAIL, id="planned"),
        pytest.param("drain", lost(failing=0), PASS, id="none-lost"),
        pytest.param("lost-bfd", lost(fault=False), UNKNOWN, id="no-fault"),
        pytest.param("drain", History(), UNKNOWN, id="not-driven"),
    ],
)
def test_a_round_is_judged_by_its_deed(deed: str, history: History, outcome: Outcome) -> None:
    """A node that is lost may cost requests for a while; what somebody meant may cost none."""
    assert measured(deed, 1, history, CHECKS[deed]).outcome is outcome


def test_a_round_is_measured() -> None:
    """When the last router let go, and when the last request that failed had begun."""
    one = measured("lost-bfd", 3, lost(), CHECKS["lost-bfd"])
    assert one.gone_s is not None
    assert 0.79 < one.gone_s < 0.81
    assert 0.77 < one.outage_s < 0.79
    assert (one.requests, one.failed) == (200, 14)
    assert measured("drain", 3, lost(failing=0), CHECKS["drain"]).gone_s is None


def test_report_has_a_row_for_each_deed_and_names_what_did_not_pass(tmp_path: Path) -> None:
    """Two targets stand one under the other; the samples hold each round; the plot is drawn."""
    good, late, calm = (
        measured("lost-bfd", 1, lost(), CHECKS["lost-bfd"]),
        measured("lost-bfd", 2, lost(gone_s=1.5), CHECKS["lost-bfd"]),
        measured("drain", 1, lost(failing=0), CHECKS["drain"]),
    )
    runs: dict[str, list[Measured]] = {"lbkit": [good, calm], "other": [late]}
    text = KIND.render(runs, "Nodes lost")
    assert f"| {DEEDS['lost-bfd'].title} | 1 | 0.80 / 0.80 | 0.78 / 0.78 | 14 of 200 | 1 of 1 |" in text
    assert f"| {DEEDS['drain'].title} | 1 | not asked | 0.00 / 0.00 | 0 of 200 | 1 of 1 |" in text
    assert "- lost-bfd 2, out-of-fib: the last next hop was gone after 1.50 s" in text
    assert "Not passed by lbkit" not in text
    assert table.samples([good, calm]).splitlines()[2].startswith("drain,1,,0.000,200,0,")
    KIND.draw(runs, tmp_path / "plot.svg", "Nodes lost")
    assert (tmp_path / "plot.svg").read_text(encoding="utf-8").count("<use") > 2


def test_every_deed_is_judged() -> None:
    """By requests at least; where a next hop must go, by the routers' tables too."""
    assert {name for name, deed in DEEDS.items() if deed.gone_s} == {n for n, found in CHECKS.items() if len(found) > 1}
    assert all(CHECKS.values())
