"""The report as JUnit XML, for the tools that collect test results: every case exactly once, in the report's words.

failed and unknown are failures, error is an error; blocked, skipped and unsupported are skipped, with the word first.
Source: the format that Jenkins, GitLab and others read (https://github.com/testmoapp/junitxml).

Pure.
"""

import re
from collections.abc import Mapping
from typing import Any, Final
from xml.etree import ElementTree as ET

from conformance.suite.report import Word

_ELEMENTS: Final = {
    Word.FAILED: "failure",
    Word.UNKNOWN: "failure",
    Word.ERROR: "error",
    Word.SKIPPED: "skipped",
    Word.UNSUPPORTED: "skipped",
    Word.BLOCKED: "skipped",
}
_UNPRINTABLE: Final = re.compile(r"[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0 section 2.2 does not allow, and a command's output may hold."""


def render(report: Mapping[str, Any]) -> str:
    """Write a report as JUnit XML.

    Args:
        report: as `report.build` makes it.
    """
    tests = report["tests"]
    words = [Word(test["result"]) for test in tests]
    root = ET.Element("testsuites", name="conformance")
    suite = ET.SubElement(root, "testsuite", name=str((report.get("implementation") or {}).get("project", "")))
    suite.set("timestamp", str(report.get("date", "")))
    suite.set("tests", str(len(tests)))
    for attribute, element in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        suite.set(attribute, str(sum(_ELEMENTS.get(word) == element for word in words)))
    suite.set("time", f"{sum(test['seconds'] for test in tests):.2f}")
    for test, word in zip(tests, words, strict=True):
        case = ET.SubElement(suite, "testcase", name=f"{test['id']} {test['title']}", classname=test["profile"])
        case.set("time", f"{test['seconds']:.2f}")
        if word in _ELEMENTS:
            told = ET.SubElement(case, _ELEMENTS[word], message=f"{word.value}: {_printable(test['reason'])}")
            told.text = _printable("\n".join(_line(check) for check in test["checks"]))
    ET.indent(root)
    return ET.tostring(root, encoding="unicode", xml_declaration=True) + "\n"


def _line(check: Mapping[str, Any]) -> str:
    return f"{check['outcome']} {check['name']}: {check['reason']}"


def _printable(text: str) -> str:
    return _UNPRINTABLE.sub("\ufffd", text)
