"""Writes the page: reads the folders of runs, draws what their histories hold, fills the template.

The page holds everything it shows, the raw histories too (gzip, base64), and forbids itself the network.

Shell: files.
"""

import base64
import gzip
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import yaml
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from conformance.suite import seen
from conformance.suite.facts import LabFacts
from conformance.suite.history import History, load
from conformance.suite.page.drawing import BOX, Drawing, drawing
from conformance.suite.page.matrix import matrix
from conformance.suite.page.timeline import Timeline, timeline
from lbkit.errors import InputError, Problem

HERE: Final = Path(__file__).parent
PAGE: Final = "report.html"
RAW_LIMIT: Final = 12_000_000
"""Bytes of packed histories that a page may hold; the largest ones are left out and named."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """What is known of one case of one run.

    Args:
        timeline: drawn from its history; None if it cannot be.
        doubt: why it cannot be drawn; "" if it can.
        raw: its history, packed; "" if there is none, or it is too large.
        raw_bytes: unpacked.
        files: in the run's folder.
    """

    timeline: Timeline | None = None
    doubt: str = ""
    raw: str = ""
    raw_bytes: int = 0
    files: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Run:
    """A run's folder, read.

    Args:
        name: of the folder.
        report: its ConformanceReport.
        evidence: {case id: what is known of it}.
        labs: {lab: its facts}.
    """

    name: str
    report: dict[str, Any]  # Any: YAML
    evidence: dict[str, Evidence] = field(default_factory=dict)
    labs: dict[str, LabFacts] = field(default_factory=dict)


def read(folder: Path) -> Run:
    """Read a run's folder.

    Args:
        folder: with report.yaml, and a history per case that ran.

    Raises:
        InputError: there is no report, or something in the folder cannot be read.
    """
    path = folder / "report.yaml"
    if not path.is_file():
        raise InputError(Problem(str(folder), "got no report.yaml, wanted the folder of a run"))
    report = yaml.load(path.read_text(encoding="utf-8"), Loader=_YAML)  # noqa: S506 - both are safe loaders
    if not isinstance(report, dict) or report.get("kind") != "ConformanceReport":
        raise InputError(Problem(str(path), "got something else, wanted a ConformanceReport"))
    run = Run(folder.resolve().name, report)
    for history_path in sorted(folder.glob("evidence/*/history.jsonl")):
        text = history_path.read_text(encoding="utf-8")
        history = load(text.splitlines(), str(history_path))
        run.evidence[history_path.parent.name] = _evidence(folder, history_path, text, history)
        if (lab := seen.facts(history)) is not None:
            run.labs.setdefault(lab.name, lab)
    return run


_YAML: Final = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""The fast one where PyYAML was built with it."""


def _evidence(folder: Path, path: Path, text: str, history: History) -> Evidence:
    packed = base64.b64encode(gzip.compress(text.encode(), compresslevel=9, mtime=0)).decode()
    files = tuple(str(file.relative_to(folder)) for file in sorted(path.parent.rglob("*")) if file.is_file())
    drawn, doubt = None, ""
    try:
        drawn = timeline(history)
    except (LookupError, TypeError, ValueError) as err:  # an older suite wrote other fields: the rest is still shown
        doubt = f"{type(err).__name__}: {err}"
    return Evidence(drawn, doubt, packed, len(text.encode()), files)


def render(runs: Sequence[Run], raw_limit: int = RAW_LIMIT) -> str:
    """Make the page.

    Args:
        runs: at least one, in the order of their columns.
        raw_limit: bytes of packed histories that it may hold.
    """
    environment = Environment(
        loader=FileSystemLoader(HERE),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    drawings: dict[str, Drawing] = {}
    for run in runs:
        for name, lab in run.labs.items():
            drawings.setdefault(name, drawing(lab))
    shown = matrix([run.report for run in runs])
    return environment.get_template("page.html.j2").render(
        matrix=shown,
        cases=sum(len(rows) for _, rows in shown.groups),
        runs=runs,
        kept=_kept(runs, raw_limit),
        drawings=list(drawings.values()),
        box_size=BOX,
        css=Markup((HERE / "page.css").read_text(encoding="utf-8")),  # noqa: S704 - our own file
        js=Markup((HERE / "page.js").read_text(encoding="utf-8")),  # noqa: S704 - our own file
    )


def _kept(runs: Sequence[Run], limit: int) -> set[tuple[int, str]]:
    """Choose the histories that the page holds: small ones first, as they are most, until it is full."""
    sizes = sorted(
        (len(e.raw), number, case_id) for number, run in enumerate(runs) for case_id, e in run.evidence.items()
    )
    kept: set[tuple[int, str]] = set()
    total = 0
    for size, number, case_id in sizes:
        total += size
        if total > limit:
            break
        kept.add((number, case_id))
    return kept


def publish(folders: Sequence[Path], path: Path) -> None:
    """Write the page of some runs.

    Args:
        folders: of the runs, in the order of their columns.
        path: of the page.

    Raises:
        InputError: a folder is not one of a run.
    """
    page = render([read(folder) for folder in folders])
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(page, encoding="utf-8")
