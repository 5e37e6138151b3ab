"""One command's dealings with one cluster, over one kind of resource: what is read, judged, written and waited for.

Nothing is written before all of it was judged: here against what else is in the cluster, and by the API server in a dry
run.

Shell: the API server, clock, terminal; prints.
"""

import sys
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Final

import msgspec
import typer

from lbkit.cli.api import Api, attempt, connect, gather
from lbkit.cli.options import View, Where
from lbkit.cli.printing import note, show, width, yaml_of
from lbkit.errors import InputError, LbkitError, MissingError, Problem, TargetError
from lbkit.model import objects, parse
from lbkit.model.views import Key
from lbkit.operator.conflicts import conflicts, option_of
from lbkit.operator.fields import Json, found, options
from lbkit.operator.group import Change, Group
from lbkit.operator.inventory import (
    BGP_PEER,
    BGP_SESSION_STATE,
    CONFIGURATION,
    SERVICE_CIDR,
    Inventory,
    key_of,
    read,
    with_changes,
)
from lbkit.operator.manifests import tidy
from lbkit.operator.text import facts, text_of

VERDICT_TIMEOUT_S: Final = 30.0
VERDICT_INTERVAL_S: Final = 0.5
_SETTLED: Final = {"Succeeded", "Failed"}


@dataclass(frozen=True, slots=True)
class How:
    """How to go about a change.

    Args:
        dry_run: have it judged, and write nothing.
        force: go on in spite of conflicts.
        no_wait: do not wait for what comes of it.
        yes: do not ask.
    """

    dry_run: bool = False
    force: bool = False
    no_wait: bool = False
    yes: bool = False


@dataclass(frozen=True, slots=True)
class Session:
    """A cluster and a kind of resource; `view` says how to print."""

    api: Api
    group: Group
    where: Where
    view: View

    def inventory(self) -> Inventory:
        """Read the configuration, and what it must not collide with."""
        return inventory(self.api, self.where)

    def observations(self, names: Iterable[str], there: Inventory) -> dict[str, dict[str, Json]]:
        """Ask the speakers what they see of these resources: {name: what is seen}."""
        if self.group.observed is None:
            return {name: {} for name in names}
        from lbkit.cli.reading import speaker_metrics  # with what reads metrics: most commands need neither
        from lbkit.operator.cluster import speaker_report  # as above

        states, _ = attempt(lambda: self.api.list(BGP_SESSION_STATE, self.where.namespace))
        there = replace(there, raw={**there.raw, BGP_SESSION_STATE: {key_of(item): item for item in states}})
        texts = speaker_metrics(self.api, self.where.namespace)
        reports = {node: speaker_report(text) for node, text in texts.items() if text is not None}
        return {name: self.group.observed(name, there, reports) for name in names}

    def existing(self, name: str, there: Inventory) -> dict[str, Json]:
        """Give a resource as it is shown.

        Raises:
            MissingError: there is none of that name.
        """
        document = self.group.document(name, there)
        if not document:
            known = ", ".join(self.group.names(there)) or "none"
            raise MissingError(Problem("", f'{self.group.title} "{name}" does not exist; there are: {known}'))
        return document

    def print(self, document: Json) -> None:
        """Print one resource."""
        wide = width()
        show(document, self.view, lambda: facts(((key, text_of(value)) for key, value in document.items()), wide))

    def refuse_unchangeable(self, name: str, there: Inventory) -> None:
        """Refuse to touch what was written by hand.

        Raises:
            InputError: it was.
        """
        if refusal := self.group.unchangeable(name, there):
            raise InputError(Problem("", refusal))

    def carry_out(self, name: str, change: Change, there: Inventory, how: How) -> None:
        """Have a change judged, write it, and wait for the controller's verdict.

        Raises:
            InputError: it collides with what there is, or the API server refuses it.
            TargetError: the controller refuses it, or says nothing in time.
        """
        self._judge(change, there, is_forced=how.force)
        answers = tuple(self.api.write(item, dry_run=True) for item in change.put)
        for kind, key in change.gone:
            self.api.delete(kind, key, dry_run=True)
        if how.dry_run:
            for kind, key in change.gone:
                note(f"would delete {kind}/{key.name}")
            documents = tuple(tidy(item) for item in answers)
            show(list(documents), self.view, lambda: yaml_of(documents) if documents else "nothing would change")
            return
        self._write(change)
        if not how.no_wait:
            self._await_verdict(name)
        document = self.group.document(name, self.inventory())
        self.print(document)
        if document.get("provisioningState") == "Failed":
            problems = "; ".join(document["problems"])
            raise TargetError(f'{self.group.title} "{name}" is written, and not in force: {problems}')
        for problem in document.get("problems") or ():
            note(f"warning: {problem}")

    def _judge(self, change: Change, there: Inventory, *, is_forced: bool) -> None:
        """Refuse what cannot be read, and (unless forced) what collides with the rest."""
        named = options(self.group.fields)
        unread = [Problem(option_of(each.path, named), each.message) for each in read(change.put).unread]
        if unread:
            raise InputError(*unread)
        after = with_changes(there, change.put, change.gone)
        against = [*conflicts(there, after), *secret_problems(self.api, change.put)]
        if against and not is_forced:
            raise InputError(*(Problem("", each) for each in against), Problem("", "Cure: change it, or add --force"))
        for each in against:
            note(f"warning: {each}")

    def _write(self, change: Change) -> None:
        """Write and delete; where that fails half-way, take back what was new."""
        new: list[tuple[str, Key]] = []
        try:
            for item in change.put:
                written = self.api.write(item)
                if not found(item, ("metadata", "resourceVersion")):
                    new.append((str(written["kind"]), key_of(written)))
            for kind, key in change.gone:
                self.api.delete(kind, key)
        except LbkitError:
            for kind, key in new:
                self.api.delete(kind, key)
            if new:
                note(f"taken back: {', '.join(f'{kind}/{key.name}' for kind, key in new)}")
            raise

    def _await_verdict(self, name: str) -> None:
        def is_settled() -> bool:
            return self.group.document(name, self.inventory()).get("provisioningState") in _SETTLED

        try:
            wait_until(is_settled, f'{self.group.title} "{name}" is written, and not yet judged by the controller')
        except TargetError as err:
            raise TargetError(f"{err}. Cure: lbkit status says whether the controller runs") from None


def open_session(group: Group, where: Where, view: View) -> Session:
    """Find the cluster.

    Raises:
        InputError: none is known.
    """
    return Session(connect(where.kubeconfig, where.context), group, where, view)


def open_inventory(where: Where) -> Inventory:
    """Find the cluster, and read its configuration and what that must not collide with."""
    return inventory(connect(where.kubeconfig, where.context), where)


def inventory(api: Api, where: Where) -> Inventory:
    """Read the configuration, and what it must not collide with."""
    items = gather(api, {**dict.fromkeys(CONFIGURATION, where.namespace), "Service": "", "Node": ""})
    ranges, _ = attempt(lambda: api.list(SERVICE_CIDR))  # since Kubernetes 1.31
    return read((*items, *ranges))


def secret_problems(api: Api, put: Iterable[Json]) -> Iterator[str]:
    """Look the Secrets of peers up: a session must never start without its password."""
    for item in put:
        name = found(item, ("spec", "passwordSecret", "name")) if item["kind"] == BGP_PEER else None
        if name:
            yield from secret_problem(api, Key(key_of(item).namespace, str(name)))


def secret_problem(api: Api, key: Key) -> Iterator[str]:
    """Say why a Secret gives no password; nothing where it does, or where we may not look."""
    try:
        item = api.get("Secret", key)
        if item is None:
            cure = f"kubectl create secret generic -n {key.namespace} {key.name} --type=kubernetes.io/basic-auth"
            yield f"there is no Secret {key}. Cure: {cure} --from-literal=password=…"
        else:
            parse.secret_password(msgspec.convert(item, objects.Secret))
    except InputError as err:
        yield f"Secret {key}: {err}"
    except LbkitError as err:
        note(f"warning: Secret {key} could not be looked at: {err}")


def wait_until(
    is_done: Callable[[], bool],
    what: str,
    timeout_s: float = VERDICT_TIMEOUT_S,
    interval_s: float = VERDICT_INTERVAL_S,
) -> None:
    """Look again and again.

    Args:
        is_done: looks.
        what: what to say if the time runs out; it goes on with `after … s`.
        timeout_s: how long at most.
        interval_s: time between looks.

    Raises:
        TargetError: it was not done in time.
    """
    deadline = time.monotonic() + timeout_s
    while not is_done():
        if time.monotonic() + interval_s > deadline:
            raise TargetError(f"{what} after {timeout_s:g} s")
        time.sleep(interval_s)


def confirm(question: str) -> None:
    """Ask a person.

    Raises:
        InputError: there is no person to ask.
    """
    if not sys.stdin.isatty():
        raise InputError(Problem("--yes", f"{question} There is no terminal to ask. Cure: add --yes"))
    typer.confirm(question, abort=True)
