"""Values as people type them: address lists, names, selectors, switches, durations.

Arc's users type `a:b,c:d` and lists with spaces, kubectl's `a=b,c=d`, scripts JSON; all of them are understood.
Source: Azure CLI's shorthand syntax; MetalLB `spec.addresses`.

Pure.
"""

import json
import re
from collections.abc import Iterable
from typing import Final

from lbkit.errors import InputError, Problem
from lbkit.model.durations import seconds
from lbkit.operator.fields import Field, Json

_DASH: Final = re.compile(r"\s+-\s*|\s*-\s+")
"""The dash of a range with spaces around it."""
_LABEL: Final = re.compile(r"([A-Za-z0-9./_-]+)\s*[=:]\s*([A-Za-z0-9._-]*)")
_NAME: Final = re.compile(r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?")
_INTEGER: Final = re.compile(r"-?[0-9]{1,19}", re.ASCII)
_MAX_NAME: Final = 63
"""Characters: the name is also the value of a label."""
_ON: Final = {"enabled", "true", "yes", "on", "1"}
_OFF: Final = {"disabled", "false", "no", "off", "0"}
_NOTHING: Final = {"", "null", "none"}


def is_nothing(words: Iterable[str]) -> bool:
    """Whether an option was given in order to take its value away: empty, or `null` as in az."""
    return " ".join(words).strip().lower() in _NOTHING


def value(field: Field, words: tuple[str, ...]) -> Json:
    """Read what was typed for a field.

    Returns:
        The value to show and write; None where it is to be taken away.

    Raises:
        InputError: it cannot be read.
    """
    if is_nothing(words):
        return None
    match field.typed:
        case "addresses":
            return addresses(words)
        case "names":
            return names(words)
        case "selector":
            return selector(field.option, words) or None
        case "switch":
            is_on = switch(field.option, words[-1])
            return field.read(is_on)
        case "duration":
            return duration(field.option, words[-1])
        case "integer":
            return integer(field.option, words[-1])
        case "word":
            return words[-1].strip()


def integer(option: str, text: str) -> int:
    """Read a whole number.

    Raises:
        InputError: anything else.
    """
    if not _INTEGER.fullmatch(text.strip()):
        raise InputError(Problem(option, f'got "{text}", wanted a whole number'))
    return int(text)


def addresses(words: Iterable[str]) -> list[str]:
    """Split lists of prefixes and ranges at commas and spaces; spaces around the dash of a range are left out."""
    return _DASH.sub("-", ",".join(words)).replace(",", " ").split()


def names(words: Iterable[str]) -> list[str]:
    """Split lists of names at commas and spaces."""
    return ",".join(words).replace(",", " ").split()


def selector(option: str, words: Iterable[str]) -> dict[str, str]:
    """Read labels: `a=b,c=d`, `a:b,c:d`, `{a:b}` or JSON.

    Args:
        option: its name, for the message.
        words: what was typed; several are put together.

    Raises:
        InputError: anything else.
    """
    text = ",".join(words).strip()
    if text.startswith("{"):
        try:
            loaded = json.loads(text)
        except ValueError:
            text = text.removeprefix("{").removesuffix("}")
        else:
            if isinstance(loaded, dict) and all(isinstance(value, str) for value in loaded.values()):
                return {str(key): str(value) for key, value in loaded.items()}
            raise InputError(Problem(option, f"got {text}, wanted an object of strings"))
    found: dict[str, str] = {}
    for part in text.replace(",", " ").split():
        match = _LABEL.fullmatch(part.replace('"', "").replace("'", ""))
        if match is None:
            raise InputError(Problem(option, f'got "{part}", wanted label=value; several are joined by commas'))
        found[match[1]] = match[2]
    return found


def switch(option: str, text: str) -> bool:
    """Read `Enabled` or `Disabled`, `true` or `false`, in any case.

    Raises:
        InputError: anything else.
    """
    word = text.strip().lower()
    if word in _ON or word in _OFF:
        return word in _ON
    raise InputError(Problem(option, f'got "{text}", wanted Enabled or Disabled (true or false)'))


def duration(option: str, text: str) -> str:
    """Read a time as Kubernetes writes it (`90s`, `1m30s`); a bare number is seconds.

    Raises:
        InputError: anything else.
    """
    written = f"{text}s" if text.isascii() and text.isdigit() and text != "0" else text
    try:
        seconds(written)
    except InputError as err:
        raise InputError(Problem(option, err.problems[0].message)) from None
    return written


def name(option: str, text: str) -> tuple[str, str]:
    """Read the name of a resource.

    ARM compares names without regard to case, Kubernetes has small letters only: so a name of Arc's is written small.

    Returns:
        The name, and what to say about it; empty if it is the one that was typed.

    Raises:
        InputError: what Kubernetes would not take as name and as value of a label.
    """
    small = text.strip().lower()
    if len(small) > _MAX_NAME or not _NAME.fullmatch(small):
        wanted = f"small letters, digits, dashes and dots, at most {_MAX_NAME}, a letter or digit at both ends"
        raise InputError(Problem(option, f'got "{text}", wanted {wanted}'))
    return small, "" if small == text else f'Kubernetes names are in small letters: "{text}" is written "{small}"'
