"""Makes the commands of a group of resources from its table of fields.

Shell: declares commands.
"""

import inspect
from collections.abc import Callable
from typing import Annotated, Any, Final, Literal, TypeAlias

import typer

from lbkit.cli import verbs
from lbkit.cli.options import (
    NAMESPACE,
    Context,
    DryRun,
    Force,
    Kubeconfig,
    ListCommand,
    Namespace,
    NoWait,
    OutputOption,
    Query,
    View,
    Where,
    Yes,
)
from lbkit.cli.session import How, open_session
from lbkit.cli.verbs import Awaited
from lbkit.errors import InputError, Problem
from lbkit.operator.fields import Field, Typed
from lbkit.operator.group import Group

Verb: TypeAlias = Literal["create", "update"]

_METAVARS: Final[dict[Typed, str]] = {
    "addresses": "RANGES",
    "names": "NAMES",
    "selector": "LABELS",
    "switch": "Enabled|Disabled",
    "duration": "TIME",
    "integer": "N",
    "word": "TEXT",
}
_LISTS: Final = {"addresses", "names", "selector"}

_TIMEOUT_S: Final = 3600
_INTERVAL_S: Final = 5
"""az looks every 30 s; the API server is nearer than ARM."""

_POSITIONAL = Annotated[str | None, typer.Argument(metavar="NAME", show_default=False)]


def application(group: Group, title: str, examples: dict[str, str]) -> typer.Typer:
    """Give the command group.

    Args:
        group: what it is about.
        title: what it does, in a sentence.
        examples: {verb: command lines}.
    """
    app = typer.Typer(
        no_args_is_help=True, add_completion=False, rich_markup_mode=None, help=f"{title}\n\n\b\n{examples['']}"
    )
    _add_writing(app, group, "create", f"Create a {group.title}.", examples["create"])
    _add_reading(app, group, examples)
    text = f'Change properties of a {group.title}; what is not given stays, "" takes a property away.'
    _add_writing(app, group, "update", text, examples["update"])
    _add_delete(app, group, examples)
    _add_wait(app, group, examples)
    return app


def epilog(examples: str) -> str:
    """Give examples as they stand below a command's help, line by line."""
    return f"\b\nExamples:\n{examples}"


def _add_writing(app: typer.Typer, group: Group, verb: Verb, text: str, examples: str) -> None:
    """Add `create` or `update`, whose options are the fields."""
    carry_out = verbs.create if verb == "create" else verbs.update

    def command(name: str | None, name_option: str, **values: Any) -> None:  # Any: options of several types
        typed = {field.name: values[_parameter(field)] for field in group.fields}
        given = {
            key: (value,) if isinstance(value, str) else tuple(value)
            for key, value in typed.items()
            if value is not None and value != []
        }
        how = How(values["dry_run"], values["force"], values["no_wait"])
        where = Where(values["kubeconfig"], values["context"], values["metallb_namespace"])
        wanted = verbs.given_name(group, name, name_option)
        carry_out(open_session(group, where, View(values["output"], values["query"])), wanted, given, how)

    shared: list[tuple[str, Any, Any]] = [  # Any: annotations and defaults
        ("dry_run", DryRun, False),
        ("force", Force, False),
        ("no_wait", NoWait, False),
        ("output", OutputOption, None),
        ("query", Query, ""),
        ("kubeconfig", Kubeconfig, None),
        ("context", Context, None),
        ("metallb_namespace", Namespace, NAMESPACE),
    ]
    names = [("name", _POSITIONAL, None), ("name_option", _name_option(group), "")]
    own = [(_parameter(field), _annotation(field, group, verb), None) for field in group.fields]
    _declare(command, [*names, *own, *shared])
    app.command(verb, cls=ListCommand, help=text, epilog=epilog(examples))(command)


def _add_reading(app: typer.Typer, group: Group, examples: dict[str, str]) -> None:
    @app.command("list", help=f"List every {group.title}.", epilog=epilog(examples["list"]))
    def list_command(
        *,
        output: OutputOption = None,
        query: Query = "",
        kubeconfig: Kubeconfig = None,
        context: Context = None,
        metallb_namespace: Namespace = NAMESPACE,
    ) -> None:
        verbs.list_all(open_session(group, Where(kubeconfig, context, metallb_namespace), View(output, query)))

    @app.command("show", help=f"Show a {group.title}; exit code 3 if there is none.", epilog=epilog(examples["show"]))
    def show_command(
        name: _POSITIONAL = None,
        *,
        name_option: Annotated[str, _name(group)] = "",
        output: OutputOption = None,
        query: Query = "",
        kubeconfig: Kubeconfig = None,
        context: Context = None,
        metallb_namespace: Namespace = NAMESPACE,
    ) -> None:
        wanted = verbs.given_name(group, name, name_option)
        where = Where(kubeconfig, context, metallb_namespace)
        verbs.show_one(open_session(group, where, View(output, query)), wanted)


def _add_delete(app: typer.Typer, group: Group, examples: dict[str, str]) -> None:
    @app.command("delete", help=f"Delete a {group.title} that nobody uses.", epilog=epilog(examples["delete"]))
    def delete_command(
        name: _POSITIONAL = None,
        *,
        name_option: Annotated[str, _name(group)] = "",
        yes: Yes = False,
        force: Annotated[bool, typer.Option("--force", help="Delete it although it is in use.")] = False,
        dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be deleted; delete nothing.")] = False,
        no_wait: Annotated[bool, typer.Option("--no-wait", help="Do not wait until it is gone.")] = False,
        kubeconfig: Kubeconfig = None,
        context: Context = None,
        metallb_namespace: Namespace = NAMESPACE,
    ) -> None:
        wanted = verbs.given_name(group, name, name_option)
        session = open_session(group, Where(kubeconfig, context, metallb_namespace), View(None, ""))
        verbs.delete(session, wanted, How(dry_run, force, no_wait, yes))


def _add_wait(app: typer.Typer, group: Group, examples: dict[str, str]) -> None:
    text = f"Wait until a {group.title} comes to a state; exit code 1 if it does not."

    @app.command("wait", help=text, epilog=epilog(examples["wait"]))
    def wait_command(
        name: _POSITIONAL = None,
        *,
        name_option: Annotated[str, _name(group)] = "",
        created: Annotated[bool, typer.Option("--created", help="Until it is there and in force.")] = False,
        updated: Annotated[bool, typer.Option("--updated", help="Until its last change is in force.")] = False,
        deleted: Annotated[bool, typer.Option("--deleted", help="Until it is gone.")] = False,
        exists: Annotated[bool, typer.Option("--exists", help="Until it is there.")] = False,
        custom: Annotated[str, typer.Option("--custom", help="Until this JMESPath over `show` gives true.")] = "",
        timeout: Annotated[float, typer.Option("--timeout", help="At most so many seconds.")] = _TIMEOUT_S,
        interval: Annotated[float, typer.Option("--interval", help="Look every so many seconds.")] = _INTERVAL_S,
        kubeconfig: Kubeconfig = None,
        context: Context = None,
        metallb_namespace: Namespace = NAMESPACE,
    ) -> None:
        said = {"created": created, "updated": updated, "deleted": deleted, "exists": exists, "custom": bool(custom)}
        chosen = [state for state, is_wanted in said.items() if is_wanted]
        if len(chosen) != 1:
            wanted = ", ".join(f"--{state}" for state in said)
            raise InputError(Problem("wait", f"got {len(chosen)} states to wait for, wanted one of {wanted}"))
        named = verbs.given_name(group, name, name_option)
        session = open_session(group, Where(kubeconfig, context, metallb_namespace), View(None, ""))
        verbs.wait(session, named, Awaited(chosen[0], custom, timeout, interval))


def _name_option(group: Group) -> Any:  # Any: an annotation
    return Annotated[str, _name(group)]


def _name(group: Group) -> Any:  # Any: what typer.Option gives
    return typer.Option(f"--{group.command}-name", "--name", "-n", help="The same as NAME.", show_default=False)


def _annotation(field: Field, group: Group, verb: Verb) -> Any:  # Any: an annotation
    is_needed = verb == "create" and field.name in group.required
    metavar = "ARP|BGP|Both" if field.name == "advertiseMode" else _METAVARS[field.typed]
    text = f"{field.help} (required)" if is_needed else field.help
    option = typer.Option(field.option, metavar=metavar, help=text, show_default=False)
    return Annotated[list[str] | None if field.typed in _LISTS else str | None, option]


def _parameter(field: Field) -> str:
    return field.option.removeprefix("--").replace("-", "_")


def _declare(command: Callable[..., None], parameters: list[tuple[str, Any, Any]]) -> None:  # Any: as typer wants them
    """Give a function the signature that typer is to read."""
    command.__signature__ = inspect.Signature(  # type: ignore[attr-defined]  # functions may carry one
        [
            inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=annotation)
            for name, annotation, default in parameters
        ]
    )
