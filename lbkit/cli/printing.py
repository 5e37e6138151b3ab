"""What the operator's commands print: tables for people; JSON, YAML and TSV for programs, through a JMESPath query.

Source: Azure CLI's output formats and `--query` (JMESPath).

Shell: prints.
"""

import json
import shutil
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Final

from lbkit.cli.options import Output, View
from lbkit.errors import InputError, Problem
from lbkit.operator.fields import Json
from lbkit.operator.text import facts, table, text_of

_WIDEST: Final = 120
"""Columns; longer lines are hard to read, whatever the window."""
_NARROWEST: Final = 60


def width() -> int:
    """Give the width to wrap to: the terminal's, within reason; 80 where there is none."""
    return max(_NARROWEST, min(_WIDEST, shutil.get_terminal_size().columns))


def show(document: Json, view: View, people: Callable[[], str]) -> None:
    """Print a document.

    Args:
        document: what programs get.
        view: format and query.
        people: gives what people get, where there is no query.

    Raises:
        InputError: the query is no JMESPath.
    """
    result = query(document, view.query) if view.query else document
    match view.format:
        case Output.JSON | Output.JSONC:
            say(json.dumps(result, indent=2, ensure_ascii=False))
        case Output.YAML:
            say(yaml_of(result))
        case Output.TSV:
            for line in tsv(result):
                say(line)
        case Output.TABLE:
            say(as_table(result) if view.query else people())


def say(text: str) -> None:
    """Print to standard output."""
    sys.stdout.write(text if text.endswith("\n") else text + "\n")


def note(text: str) -> None:
    """Print to standard error what a program that reads the output must not find in it."""
    sys.stderr.write(f"{text}\n")


def query(document: Json, expression: str) -> Json:
    """Ask a document.

    Raises:
        InputError: the expression is no JMESPath, or asks the impossible of the document.
    """
    import jmespath

    with _told_as_refusal():
        return jmespath.search(expression, document)


def check_query(expression: str) -> None:
    """See that an expression can be asked at all.

    Raises:
        InputError: it is no JMESPath.
    """
    import jmespath

    with _told_as_refusal():
        jmespath.compile(expression)


@contextmanager
def _told_as_refusal() -> Iterator[None]:
    import jmespath

    try:
        yield
    except jmespath.exceptions.JMESPathError as err:
        cure = "see https://jmespath.org; quote it for the shell"
        raise InputError(Problem("query", f"{' '.join(str(err).split())}. Cure: {cure}")) from err


def yaml_of(document: Json) -> str:
    """Write one document, or several (of a tuple) with `---` between them."""
    import yaml

    documents = document if isinstance(document, tuple) else (document,)
    return "---\n".join(yaml.safe_dump(each, sort_keys=False, allow_unicode=True) for each in documents)


def tsv(result: Json) -> list[str]:
    """Write values separated by tabs, an item of a list a line."""
    items = result if isinstance(result, list) else [result]
    return ["\t".join(text_of(cell, "") for cell in _cells(item)) for item in items]


def _cells(item: Json) -> Sequence[Json]:
    if isinstance(item, dict):
        return list(item.values())
    return item if isinstance(item, list) else [item]


def as_table(result: Json) -> str:
    """Lay out what a query gave, as az does: an object downwards, a list of objects or lists in columns."""
    if isinstance(result, dict):
        return facts(((key, text_of(value)) for key, value in result.items()), width())
    items = result if isinstance(result, list) else [result]
    if items and all(isinstance(item, dict) for item in items):
        titles = list(dict.fromkeys(key for item in items for key in item))
        return table(titles, [[text_of(item.get(key)) for key in titles] for item in items])
    if items and all(isinstance(item, list) for item in items):
        widest = max(len(item) for item in items)
        rows = [[text_of(cell) for cell in item] + [""] * (widest - len(item)) for item in items]
        return table([f"Column{number}" for number in range(1, widest + 1)], rows)
    return "\n".join(text_of(item) for item in items)
