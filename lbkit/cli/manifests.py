"""Manifests as kubectl reads them: YAML or JSON, several documents in one file.

PyYAML follows YAML 1.1 to the letter and takes `1234:1` for the base-60 number 74041; kubectl's parser does not, and
people write communities that way, without quotes. Dates stay text too, as JSON has none.
Source: https://yaml.org/type/int.html; https://github.com/kubernetes-sigs/yaml.

Shell: a parser.
"""

from typing import Any, Final

import yaml

from lbkit.errors import InputError, Problem

Object = dict[str, Any]  # Any: a Kubernetes object is JSON

_TAG: Final = "tag:yaml.org,2002:"


class _Loader(yaml.SafeLoader):
    """SafeLoader without base-60 numbers and dates."""

    def resolve(self, kind: Any, value: Any, implicit: Any) -> Any:  # Any: the library's own signature
        tag = super().resolve(kind, value, implicit)  # type: ignore[no-untyped-call]  # as above
        is_base_60 = tag in {f"{_TAG}int", f"{_TAG}float"} and ":" in value
        return f"{_TAG}str" if is_base_60 or tag == f"{_TAG}timestamp" else tag


def load_all(text: str, source: str) -> tuple[Object, ...]:
    """Read every object of a file, those inside a List too; empty documents are left out.

    Args:
        text: YAML or JSON.
        source: where it is from, for the message.

    Raises:
        InputError: it is no YAML, or a document is no object.
    """
    try:
        documents = [each for each in yaml.load_all(text, _Loader) if each is not None]  # a SafeLoader
    except yaml.YAMLError as err:
        raise InputError(Problem(source, f"cannot be read as YAML: {' '.join(str(err).split())}")) from err
    found: list[Object] = []
    for number, document in enumerate(documents, 1):
        if not isinstance(document, dict):
            raise InputError(Problem(source, f"document {number} is a {type(document).__name__}, wanted an object"))
        is_list = str(document.get("kind", "")).endswith("List") and isinstance(document.get("items"), list)
        found += document["items"] if is_list else [document]
    return tuple(found)
