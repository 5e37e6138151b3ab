"""The verbs of `lbkit load-balancer`, `bgp-peer` and `bfd-profile`: create, list, show, update, delete, wait.

Source: Azure CLI extension k8s-runtime, and `az … wait`.

Shell: the API server; prints.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from lbkit.cli.printing import check_query, note, query, say, show
from lbkit.cli.session import How, Session, confirm, wait_until
from lbkit.errors import InputError, Problem, TargetError
from lbkit.operator import words
from lbkit.operator.fields import Json
from lbkit.operator.group import Group
from lbkit.operator.text import table

_STATES: Final = {"created": "in force", "updated": "in force", "deleted": "gone", "exists": "there"}


@dataclass(frozen=True, slots=True)
class Awaited:
    """What to wait for.

    Args:
        state: `created`, `updated`, `deleted`, `exists` or `custom`.
        custom: JMESPath over what `show` gives; waits until it gives something true.
        timeout_s: how long at most.
        interval_s: time between looks.
    """

    state: str
    custom: str
    timeout_s: float
    interval_s: float


def list_all(session: Session) -> None:
    """Print all there are."""
    group, there = session.group, session.inventory()
    observed = session.observations(group.names(there), there)
    documents = [{**group.document(name, there), **observed[name]} for name in group.names(there)]

    def people() -> str:
        rows = [[column.text(document) for column in group.columns] for document in documents]
        none = f"there is no {group.title}; see lbkit {group.command} create --help"
        return table([column.title for column in group.columns], rows) if rows else none

    show(documents, session.view, people)


def show_one(session: Session, name: str) -> None:
    """Print one.

    Raises:
        MissingError: there is none of that name.
    """
    there = session.inventory()
    document = session.existing(name, there)
    session.print({**document, **session.observations((name,), there)[name]})


def create(session: Session, name: str, given: Mapping[str, tuple[str, ...]], how: How) -> None:
    """Make a new one.

    Args:
        session: cluster and kind.
        name: what it is to be called.
        given: {property: what was typed}.
        how: how to go about it.

    Raises:
        InputError: it cannot be made as typed, or it collides with what there is.
    """
    group, changes = session.group, _read_options(session.group, given)
    missing = [field for field in group.fields if field.name in group.required and changes.get(field.name) is None]
    if missing:
        raise InputError(*(Problem(field.option, f"is missing. {field.help}") for field in missing))
    there = session.inventory()
    if name in group.names(there):
        cure = f"lbkit {group.command} update {name}, or another name"
        raise InputError(Problem("", f'{group.title} "{name}" exists already. Cure: {cure}'))
    session.carry_out(name, group.create(name, session.where.namespace, changes), there, how)


def update(session: Session, name: str, given: Mapping[str, tuple[str, ...]], how: How) -> None:
    """Change some properties; what is not given stays, `""` takes a property away.

    Raises:
        MissingError: there is none of that name.
        InputError: nothing is given, or as `create`.
    """
    group, changes = session.group, _read_options(session.group, given)
    if not changes:
        known = ", ".join(field.option for field in group.fields)
        raise InputError(Problem("update", f"nothing to change is given; wanted at least one of {known}"))
    there = session.inventory()
    session.existing(name, there)
    session.refuse_unchangeable(name, there)
    session.carry_out(name, group.update(name, there, changes), there, how)


def delete(session: Session, name: str, how: How) -> None:
    """Delete one.

    Raises:
        MissingError: there is none of that name.
        InputError: it is in use, or nobody said yes.
    """
    group, there = session.group, session.inventory()
    session.existing(name, there)
    session.refuse_unchangeable(name, there)
    if (users := group.users(name, there)) and not how.force:
        why = f"is in use: {users}. Cure: change what uses it, or add --force"
        raise InputError(Problem("", f'{group.title} "{name}" {why}'))
    gone = group.delete(name, there).gone
    if not how.dry_run and not how.yes:
        confirm(f'Delete {group.title} "{name}" ({", ".join(f"{kind}/{key.name}" for kind, key in gone)})?')
    for kind, key in gone:
        session.api.delete(kind, key, dry_run=True)
    if how.dry_run:
        say("\n".join(f"would delete {kind}/{key.name}" for kind, key in gone))
        return
    for kind, key in gone:
        session.api.delete(kind, key)
    if not how.no_wait:
        what = f'{group.title} "{name}" is not yet gone'
        wait_until(lambda: all(session.api.get(kind, key) is None for kind, key in gone), what)
    note(f'{group.title} "{name}" deleted')


def wait(session: Session, name: str, awaited: Awaited) -> None:
    """Wait for a state, as `az … wait` does.

    Raises:
        TargetError: it did not come to that in time, or the controller refuses it.
        InputError: the JMESPath is none.
    """
    if awaited.custom:
        check_query(awaited.custom)

    def is_there_yet() -> bool:
        document = session.group.document(name, session.inventory())
        match awaited.state:
            case "deleted":
                return not document
            case "exists":
                return bool(document)
            case "custom":
                return bool(document) and bool(query(document, awaited.custom))
            case _:
                if document.get("provisioningState") == "Failed":
                    problems = "; ".join(document["problems"])
                    raise TargetError(f'{session.group.title} "{name}" is refused: {problems}')
                return document.get("provisioningState") == "Succeeded"

    what = f"--custom {awaited.custom} is not yet true" if awaited.custom else f"it is not yet {_STATES[awaited.state]}"
    wait_until(is_there_yet, f'{session.group.title} "{name}": {what}', awaited.timeout_s, awaited.interval_s)


def given_name(group: Group, positional: str | None, option: str) -> str:
    """Take the name from where it was given.

    Raises:
        InputError: nowhere, or twice.
    """
    if bool(positional) == bool(option):
        what = f'is given twice: "{positional}" and -n "{option}"' if option else "is missing"
        hint = f"lbkit {group.command} VERB NAME, or -n NAME; the namespace is --metallb-namespace"
        raise InputError(Problem("NAME", f"{what}; wanted {hint}"))
    name, remark = words.name("NAME", positional or option)
    if remark:
        note(f"note: {remark}")
    return name


def _read_options(group: Group, given: Mapping[str, tuple[str, ...]]) -> dict[str, Json]:
    """Read what was typed; everything wrong with it is told at once."""
    problems: list[Problem] = []
    changes: dict[str, Json] = {}
    for field in group.fields:
        if field.name in given:
            try:
                changes[field.name] = words.value(field, given[field.name])
            except InputError as err:
                problems += err.problems
    if problems:
        raise InputError(*problems)
    return changes
