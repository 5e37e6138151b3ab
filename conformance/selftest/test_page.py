"""The report's page: what is drawn is what was seen, reports stand side by side, and nothing comes from outside."""

import base64
import gzip
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from conformance.selftest.made import Made, bgp_status, l2_status
from conformance.suite import catalog, output, report
from conformance.suite.facts import parse
from conformance.suite.history import History, dump
from conformance.suite.page.drawing import drawing
from conformance.suite.page.matrix import matrix
from conformance.suite.page.publish import publish
from conformance.suite.page.timeline import LANES, Group, Span, timeline
from conformance.suite.report import Result, Word, judged
from conformance.suite.verdict import Figure, Finding, failed, passed
from lbkit.errors import InputError

VIP = "10.10.0.200"
CASES = catalog.cases()


def groups(history: History) -> dict[str, Group]:
    """The groups of a timeline by the first word of their title."""
    return {group.title.split()[0]: group for group in timeline(history).groups}


def test_timeline_shows_who_claimed_an_address() -> None:
    """Each claimant has a lane in the colour of its node; who is no lab node is a stranger."""
    made = Made().l2().created("web").at(1).shows("web", VIP).dialogue(VIP, "k1", 3).at(5)
    made = made.replied(VIP, "k2").replied(VIP, "02:00:00:00:00:99").at(10)
    lanes = {lane.label: lane.spans for lane in groups(made.end())["Who"].lanes}
    assert sorted(lanes) == [f"{VIP} at 02:00:00:00:00:99", f"{VIP} at k1", f"{VIP} at k2"]
    assert [span.tone for spans in lanes.values() for span in spans][-1] == "n1"
    assert lanes[f"{VIP} at 02:00:00:00:00:99"][0].tone == "stranger"
    assert lanes[f"{VIP} at k2"] == (Span(5.0, 5.0, "n1", f"{VIP} is at 02:00:00:00:00:02, k2"),)


def test_timeline_shows_when_a_router_had_which_route() -> None:
    """A route lasts from the look that shows it first to the look that shows it no longer."""
    made = Made().bgp().at(1).rib("tor1", ("10.100.0.3/32", "k1")).at(4).rib("tor1").at(8)
    (lane,) = groups(made.end())["Routes"].lanes
    assert lane.label == "tor1: 10.100.0.3/32 by k1"
    assert [(span.begin_s, span.end_s, span.tone) for span in lane.spans] == [(1.0, 4.0, "n0")]


def test_timeline_tells_failed_requests_from_answered_ones() -> None:
    """Requests of one kind that are near each other are one stretch; a failed one between them is seen."""
    made = Made().l2().at(1).requested("web", *[""] * 20, "timeout", *[""] * 20).at(60)
    (lane,) = groups(made.end())["Requests"].lanes
    assert [span.tone for span in lane.spans] == ["ok", "bad", "ok"]
    assert "20 times" in lane.spans[0].text


def test_timeline_counts_what_it_does_not_draw() -> None:
    """A group has a bounded number of lanes, and says how many more there are."""
    made = Made().l2()
    for number in range(LANES + 5):
        made = made.shows(f"web-{number}", f"10.10.0.{200 + number}").at(1)
    assert (len(groups(made.end())["Addresses"].lanes), groups(made.end())["Addresses"].left_out) == (LANES, 5)
    assert timeline(History()).groups == ()


@pytest.mark.parametrize("status", [l2_status(), bgp_status()], ids=["l2", "bgp"])
def test_drawing_places_every_node_and_link(status: dict[str, Any]) -> None:
    """Every node stands inside the drawing, none on another, k8s nodes at the bottom; every link is drawn once."""
    lab = parse(status)
    plan = drawing(lab)
    assert sorted(box.name for box in plan.boxes) == sorted(lab.nodes)
    assert len({(box.x, box.y) for box in plan.boxes}) == len(lab.nodes)
    assert all(0 < box.x < plan.width and 0 < box.y < plan.height for box in plan.boxes)
    assert {box.role for box in plan.boxes if box.y == max(b.y for b in plan.boxes)} == {"k8s-node"}
    ends = [line.title for line in plan.lines]
    assert len(ends) == len(set(ends))


def made_report(project: str, results: dict[str, Result]) -> dict[str, Any]:
    """A report of a project in which the other cases were not asked for."""
    every = {i: results.get(i, Result(i, Word.SKIPPED, "lab was not asked for")) for i in CASES}
    return report.build(CASES.values(), every, {"implementation": {"project": project, "version": "1"}})


def word(case_id: str, which: Word) -> dict[str, Result]:
    """One case's result."""
    return {case_id: Result(case_id, which, "because")}


def test_runs_of_different_labs_are_one_column() -> None:
    """Two runs of one version that ran different cases are joined; a second run of the same case stands beside."""
    one, two = made_report("x", word("L2-001", Word.PASSED)), made_report("x", word("BGP-001", Word.FAILED))
    joined = matrix([one, two])
    assert [column.name for column in joined.columns] == ["x"]
    assert (joined.columns[0].counts["passed"], joined.columns[0].counts["failed"]) == (1, 1)
    apart = matrix([one, made_report("x", word("L2-001", Word.FAILED)), made_report("y", {})])
    assert [column.name for column in apart.columns] == ["x (1)", "x (2)", "y"]
    row = next(row for _, rows in apart.groups for row in rows if row.id == "L2-001")
    assert row.differs
    assert [cell.word for cell in row.cells if cell] == ["passed", "failed", "skipped"]


def test_matrix_has_every_case_once() -> None:
    """Each case is one row, in the profile that reports it."""
    rows = [row.id for _, rows in matrix([made_report("x", {})]).groups for row in rows]
    assert sorted(rows) == sorted(CASES)


class Links(HTMLParser):
    """Collects ids, links, and whatever a browser would fetch."""

    def __init__(self) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.links: list[str] = []
        self.fetched: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Look at a tag's attributes."""
        for name, value in attrs:
            if name == "id":
                self.ids.append(value or "")
            if name == "href" and tag == "a":
                self.links.append(value or "")
            elif name in {"href", "src", "srcset", "data", "action"} and value != "data:,":
                self.fetched.append(f"{tag} {name}={value}")


def page(tmp_path: Path) -> str:
    """The page of a run with one case that passed and one that failed on an address that looks like HTML."""
    history = Made().add("suite", "case", id="L2-001", wall_ns=0).l2().created("web").at(1).shows("web", VIP)
    folder = tmp_path / "evidence" / "L2-001"
    folder.mkdir(parents=True)
    lines = "".join(dump(event) + "\n" for event in history.dialogue(VIP, "k1", 3).at(9).end().events)
    (folder / "history.jsonl").write_text(lines, encoding="utf-8")
    late = Figure("slowest answer", 7.0, "s", at_most=2.0)
    findings = (Finding("answered", "in time", failed("<b>late</b>", "<i>line</i>").with_figures(late)),)
    results = {
        "L2-001": judged("L2-001", findings, 9, ("evidence/L2-001/history.jsonl",)),
        "L2-002": judged("L2-002", (Finding("one", "r", passed("p")),), 1, ()),
    }
    output.write(tmp_path, made_report("x", results))
    return (tmp_path / "report.html").read_text(encoding="utf-8")


def test_page_needs_nothing_from_outside(tmp_path: Path) -> None:
    """No tag fetches anything, the page forbids itself the network, and each link leads to a place in it."""
    text = page(tmp_path)
    found = Links()
    found.feed(text)
    assert found.fetched == []
    assert "default-src 'none'" in text
    assert len(found.ids) == len(set(found.ids))
    assert {link for link in found.links if link.startswith("#")} <= {f"#{name}" for name in found.ids}
    assert [link for link in found.links if not link.startswith("#")] == []


def test_page_shows_words_figures_and_evidence(tmp_path: Path) -> None:
    """Reasons are shown as text, figures with their bound, and the packed history is the one that was judged."""
    text = page(tmp_path)
    assert "<b>late</b>" not in text
    assert "&lt;b&gt;late&lt;/b&gt;" in text
    assert "at most 2 s" in text
    packed = re.search(r'<script type="text/plain">([^<]+)<', text)
    assert packed
    lines = gzip.decompress(base64.b64decode(packed[1])).decode()
    assert lines == (tmp_path / "evidence" / "L2-001" / "history.jsonl").read_text(encoding="utf-8")


def test_folder_without_a_report_is_refused(tmp_path: Path) -> None:
    """What is no run's folder is named, and no page is written."""
    with pytest.raises(InputError, match=r"no report\.yaml"):
        publish([tmp_path], tmp_path / "page.html")
    (tmp_path / "report.yaml").write_text("kind: Other\n", encoding="utf-8")
    with pytest.raises(InputError, match="ConformanceReport"):
        publish([tmp_path], tmp_path / "page.html")
