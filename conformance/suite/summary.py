"""The report in words: Markdown that reads well on a terminal too.

Pure.
"""

from collections.abc import Mapping
from typing import Any, Final

_SHOWN: Final = ("passed", "failed", "unknown", "error", "blocked", "skipped", "unsupported")


def render(report: Mapping[str, Any]) -> str:
    """Write a report as Markdown.

    Args:
        report: as `report.build` makes it.
    """
    who = report.get("implementation", {})
    lines = [
        f"# Conformance of {who.get('project', 'nobody')} {who.get('version', '')}".rstrip(),
        "",
        f"{report.get('date', '')}, suite {report['suite']['version']}, {report['suite']['cases']} cases: "
        + ", ".join(f"{report['summary'][word]} {word}" for word in _SHOWN if report["summary"][word]),
        "",
        "| profile | core | minutes | " + " | ".join(_SHOWN) + " |",
        "|---|---|---|" + "---|" * len(_SHOWN),
    ]
    for profile in report["profiles"]:
        counts = profile["core"]["statistics"]
        cells = " | ".join(str(counts[word]) for word in _SHOWN)
        minutes = sum(test["seconds"] for test in report["tests"] if test["profile"] == profile["name"]) / 60
        lines.append(f"| {profile['name']} | {profile['core']['result']} | {minutes:.1f} | {cells} |")
    lines += ["", "| case | result | seconds | behaviour | reason |", "|---|---|---|---|---|"]
    lines += [
        f"| {t['id']} | {t['result']} | {t['seconds']:.1f} | {_cell(t['title'])} | {_cell(t['reason'])} |"
        for t in report["tests"]
    ]
    if only := report.get("onlyReported"):
        lines += ["", f"Measured and reported, no gate of this run (`--gate` makes it one): {', '.join(only)}"]
    told = [(test, test["explained"]) for test in report["tests"] if "explained" in test]
    if told:
        lines += ["", "## Why not passed", ""]
        lines += [f"- {t['id']} ({t['result']}, {why['kind']}): {why['why']} ({why['source']})" for t, why in told]
    if report["notTested"]:
        lines += ["", "## This run did NOT test", ""]
        lines += [f"- {t['id']} ({t['result']}): {t['title']}. {t['reason']}" for t in report["notTested"]]
    return "\n".join(lines) + "\n"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")[:300]
