"""Carries configurations in and out: reads, has them converted, prints or writes them.

Shell: reads files, the API server; prints.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from lbkit.cli import session
from lbkit.cli.api import Api, connect
from lbkit.cli.files import read_all
from lbkit.cli.options import Output, Where
from lbkit.cli.printing import note, say, yaml_of
from lbkit.errors import InputError, Problem, TargetError
from lbkit.operator import arc, old_formats
from lbkit.operator.arc import Converted
from lbkit.operator.conflicts import conflicts
from lbkit.operator.fields import Json
from lbkit.operator.inventory import CONFIGURATION, Inventory, key_of, read, with_changes
from lbkit.operator.manifests import load_all, tidy


@dataclass(frozen=True, slots=True)
class How:
    """What to do with what was imported."""

    apply: bool
    dry_run: bool
    force: bool


def bring_in(files: Iterable[str], parameters: Iterable[str], where: Where, output: Output, how: How) -> None:
    """Convert files to manifests; print them, or write them to the cluster.

    Raises:
        InputError: a file that cannot be read or converted, or a conflict with what is in the cluster.
        TargetError: some of it could not be converted; the rest was printed.
    """
    given = _parameters(parameters)
    items: dict[tuple[str, str], Json] = {}
    problems: list[str] = []
    for name, text in read_all(files):
        converted = _convert(name, text, where.namespace, given)
        problems += converted.problems
        for each in converted.notes:
            note(f"note: {name}: {each}")
        for item in converted.items:
            items[str(item["kind"]), key_of(item).name] = item
    found = tuple(items.values())
    if problems:
        for problem in problems:
            note(f"error: {problem}")
    if how.apply or how.dry_run:
        if problems:
            raise InputError(Problem("", f"{len(problems)} resources could not be converted, so nothing is written"))
        _write(connect(where.kubeconfig, where.context), found, where, how)
    else:
        _print(found, output)
        if problems:
            raise TargetError(f"{len(problems)} resources could not be converted; the rest is printed")


def take_out(files: Iterable[str], wanted: str, where: Where, output: Output | None) -> None:
    """Print the configuration as manifests or as an ARM template.

    Raises:
        InputError: a file that cannot be read.
        MissingError: the API server does not know MetalLB's kinds.
    """
    names = tuple(files)
    if names:
        items = [manifest.item for name, text in read_all(names) for manifest in load_all(text, name)]
        inventory = read(items)
    else:
        inventory = session.open_inventory(where)
    if wanted == "arc":
        converted = arc.write(inventory)
        for each in converted.notes:
            note(f"note: {each}")
        _print(converted.items, output or Output.JSON)
        return
    _print(_manifests(inventory), output or Output.YAML)


def _manifests(inventory: Inventory) -> tuple[Json, ...]:
    return tuple(tidy(item) for kind in CONFIGURATION for _, item in sorted(inventory.objects(kind).items()))


def _convert(name: str, text: str, namespace: str, given: Mapping[str, Json]) -> Converted:
    if text.lstrip()[:1] in {"{", "["}:
        try:
            document = json.loads(text)
        except ValueError as err:
            raise InputError(Problem(name, f"is not JSON: {err}")) from err
        if arc.is_arc(document):
            return arc.read(document, namespace, given)
    converted = []
    for manifest in load_all(text, name):
        if arc.is_arc(manifest.item):
            converted.append(arc.read(manifest.item, namespace, given))
        else:
            converted.append(old_formats.convert(manifest.item, namespace))
    return Converted(
        tuple(item for each in converted for item in each.items),
        tuple(each for one in converted for each in one.notes),
        tuple(each for one in converted for each in one.problems),
    )


def _parameters(given: Iterable[str]) -> dict[str, Json]:
    """Read `name=value`; a value that is JSON is that."""
    found: dict[str, Json] = {}
    for text in given:
        name, equals, value = text.partition("=")
        if not equals:
            raise InputError(Problem("--parameter", f'got "{text}", wanted NAME=VALUE'))
        try:
            found[name] = json.loads(value)
        except ValueError:
            found[name] = value
    return found


def _write(api: Api, items: tuple[Json, ...], where: Where, how: How) -> None:
    """Have everything judged, then apply it: pools last, so that no address is ever without an advertisement."""
    there = session.inventory(api, where)
    unread = read(items).unread
    if unread:
        raise InputError(*(Problem(f"{each.kind} {each.name}", str(each)) for each in unread))
    against = [*conflicts(there, with_changes(there, items)), *session.secret_problems(api, items)]
    if against and not how.force:
        raise InputError(*(Problem("", each) for each in against), Problem("", "Cure: change it, or add --force"))
    for each in against:
        note(f"warning: {each}")
    order = {kind: index for index, kind in enumerate((*CONFIGURATION[1:], CONFIGURATION[0]))}
    ordered = sorted(items, key=lambda item: order[str(item["kind"])])
    for item in ordered:
        api.apply(item, dry_run=True, force=how.force)
    for item in ordered:
        if not how.dry_run:
            api.apply(item, force=how.force)
        say(f"{item['kind']}/{key_of(item).name} {'would be applied' if how.dry_run else 'applied'}")


def _print(items: tuple[Json, ...], output: Output) -> None:
    if output in {Output.JSON, Output.JSONC}:
        is_list = len(items) != 1 or "kind" in items[0]
        whole = {"apiVersion": "v1", "kind": "List", "items": list(items)} if is_list else items[0]
        say(json.dumps(whole, indent=2, ensure_ascii=False))
    elif items:
        say(yaml_of(items))
