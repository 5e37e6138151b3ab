"""The shape of the suite: what a reader may rely on when opening any case."""

import ast
import importlib
from functools import cache
from pathlib import Path

from conformance.selftest.made import POOL, POOL6, Row, bgp_status, l2_status
from conformance.suite import catalog
from conformance.suite.facts import parse
from conformance.suite.features import FEATURES
from conformance.suite.manifests import pool_names, render
from conformance.suite.verdict import Outcome

ROOT = Path(__file__).resolve().parents[2]
FILES = catalog.paths()
NAMES = {"case": "x", "namespace": "x", "echo": "image", "index": "0", "name": "a", "node": "k1", "class": "x/y"}
NAMES |= {f"node_{number}": f"k{number}" for number in (1, 2, 3)}
NAMES |= {
    "password": "x",
    "target_namespace": "x",
    "other": "y",
    "first": "192.0.2.1",
    "second": "192.0.2.2",
    "third": "192.0.2.3",
}
NAMES |= {"ready": "true", "avoid": "true", "preferred": "k1", "part": "first", "entry": "10.10.0.200/32"}
NAMES |= {"distant": "10.5.0.2", "reflector": "10.5.0.3", "source": "10.2.1.1", "several": "true"}
NAMES |= {"address": "10.10.0.11", "blob": "x", "long": "a", "zeros": "010.10.0.203", "spaced": "10. 10.0.203"}
TABLES: tuple[Row, ...] = tuple(
    row
    for path in sorted(Path(__file__).parent.glob("test_check_*.py"))
    for row in importlib.import_module(f"conformance.selftest.{path.stem}").ROWS
)
"""The hand-made histories of all checks."""


@cache
def parsed(path: Path) -> ast.Module:
    """Read a file, once for all tests."""
    return ast.parse(path.read_text(encoding="utf-8"))


def imported(path: Path) -> set[str]:
    """Name the modules that a file imports."""
    nodes = [*ast.walk(parsed(path))]
    froms = {node.module for node in nodes if isinstance(node, ast.ImportFrom) and node.module}
    return froms | {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}


def test_case_has_a_yaml_of_its_stem_and_is_short() -> None:
    """A case is two files of one stem, each under 100 lines."""
    files = [file for path in FILES for file in (path, path.with_suffix(".yaml"))]
    assert [file.name for file in files if not file.exists()] == []
    assert [file.name for file in files if len(file.read_text(encoding="utf-8").splitlines()) >= 100] == []


def test_case_file_is_named_after_its_case() -> None:
    """The file name starts with the id, and the file holds one test function of that name."""
    for path in FILES:
        assert path.stem.startswith(f"test_{catalog.load(path).id.lower().replace('-', '_')}_")
        functions = [node.name for node in parsed(path).body if isinstance(node, ast.FunctionDef)]
        assert functions == [path.stem]


def test_case_drives_and_never_judges() -> None:
    """No case asserts or raises: verdicts come from its checks."""
    judges = [
        path.stem for path in FILES for node in ast.walk(parsed(path)) if isinstance(node, ast.Assert | ast.Raise)
    ]
    assert judges == []


def test_case_yaml_renders() -> None:
    """Every name in a case's YAML is one that the suite or the case fills in."""
    for path in FILES:
        text = path.with_suffix(".yaml").read_text(encoding="utf-8")
        case = catalog.load(path)
        for lab in (case.lab, *case.elsewhere):
            pools = {"l2": POOL + POOL6, "bgp": ("10.100.0.0/24", "fd00:10:100::/120")}[lab]
            rendered = render(text, NAMES | pool_names(text, pools), path=str(path))
            assert all(obj["metadata"]["name"] for obj in rendered), path.stem


def test_yaml_files_belong_to_cases() -> None:
    """No YAML is left without its case."""
    assert {p.stem for p in catalog.CASES.glob("*.yaml")} == {p.stem for p in FILES}


def test_ids_are_unique_and_features_known() -> None:
    """Each id belongs to one file, and each feature is in the table."""
    cases = catalog.cases()
    assert len(cases) == len(FILES)
    assert {name for case in cases.values() for name in case.features} <= set(FEATURES)


def test_required_cases_exist_and_run_first() -> None:
    """What a case requires is a case, in its lab, that runs before it."""
    cases = catalog.cases()
    for case in cases.values():
        for needed in case.requires:
            assert cases[needed].order < case.order
            assert cases[needed].lab == case.lab
            assert not cases[needed].elsewhere + case.elsewhere


def test_every_check_in_use_has_three_hand_made_histories() -> None:
    """Each check that a case uses has a history that passes, one that fails and one that decides nothing."""
    have = {(row.check.name, row.outcome) for row in TABLES}
    used = {check.name for case in catalog.cases().values() for check in case.checks}
    assert {(name, outcome) for name in used for outcome in Outcome} - have == set()


def test_suite_imports_nothing_of_the_judged() -> None:
    """Of lbkit only lbkit.lab and lbkit.errors may be imported (design, decision 8)."""
    ours = {
        (path.name, name)
        for path in (ROOT / "conformance").rglob("*.py")
        for name in imported(path)
        if name.split(".")[0] == "lbkit"
    }
    assert {(path, name) for path, name in ours if name != "lbkit.errors" and not name.startswith("lbkit.lab")} == set()


PURE = (
    *(
        "answering",
        "arp",
        "attempts",
        "bgp_open",
        "bird",
        "case",
        "convergence",
        "damage",
        "declared",
        "explained",
        "facts",
    ),
    *("families", "features", "history", "ipv4", "junit"),
    *("manifests", "page/drawing", "page/matrix", "page/timeline"),
    *("ndp", "neighbor", "noted", "pcap", "phases", "plan", "profiles", "report", "routes", "sctp", "seen", "spread"),
    *("statistics", "summary", "tables", "told"),
    *("verdict", "waits"),
)
SHELLS = {"socket", "subprocess", "os", "time", "random", "threading", "logging", "pathlib", "urllib3", "kubernetes"}


PURE_FILES = (
    *(ROOT / "conformance/suite" / f"{name}.py" for name in PURE),
    *(ROOT / "conformance/bench" / f"{name}.py" for name in ("goals", "plan", "report")),
    ROOT / "conformance/chaos/report.py",
    *(ROOT / f"conformance/chaos/{kind}" / f"{name}.py" for kind in ("layer2", "bgp") for name in ("losses", "table")),
    *(ROOT / "conformance/suite/checks").glob("*.py"),
)


def test_pure_files_touch_nothing() -> None:
    """Checks and values import no clock, socket, file, process, random source or log."""
    touched = {(path.name, name) for path in PURE_FILES for name in imported(path) if name.split(".")[0] in SHELLS}
    assert touched == set()


def test_made_labs_are_what_the_suite_reads() -> None:
    """The hand-made labs parse, and every eligible node peers with both routers of the bgp one."""
    assert parse(l2_status()).node_of_mac("02:00:00:00:00:01") == "k1"
    assert parse(l2_status()).capture == {"lan": ("sw", "lan")}
    lab = parse(bgp_status())
    assert lab.peering_routers() == ("tor1", "tor2")
    assert set(lab.peering("tor1").values()) == {"k1", "k2", "k3"}
    assert [str(a) for a in lab.towards("spine", ("tor1", "tor2"))] == ["10.9.1.1", "10.9.2.1"]
