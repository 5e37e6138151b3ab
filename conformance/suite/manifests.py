"""The objects of a case: a YAML file with a few `${names}` in it, filled in for the lab it runs in.

Names: `${case}` (id in lower case), `${namespace}`, `${echo}` (image of the echo server), `${pool_N}` (Nth IPv4
address of the lab's test range), `${pool_cidr_P}` (first whole /P network in it), `${pool6_N}` and `${pool6_cidr_P}`
(the same of IPv6), `${client}` and whatever a case adds. Objects of the load balancer get its namespace, all others
the case's.

Pure.
"""

import re
from collections.abc import Mapping
from string import Template
from typing import Any, Final

import yaml

from conformance.suite.facts import aligned, members, of_family
from lbkit.errors import InputError, Problem

_KIND: Final = re.compile(r"^kind:\s*(\w+)\s*$", re.MULTILINE)
_CIDR: Final = re.compile(r"\$\{(pool6?)_cidr_(\d+)\}")
_VERSION: Final = {"pool": 4, "pool6": 6}
CLUSTER_SCOPED: Final = frozenset({"Namespace"})


def render(
    text: str, names: Mapping[str, str], kinds: frozenset[str] = frozenset(), path: str = ""
) -> tuple[dict[str, Any], ...]:
    """Fill in and read the objects of a file.

    Args:
        text: YAML documents.
        names: {name: value}.
        kinds: only documents of these kinds are filled in and returned; empty for all.
        path: of the file, for error messages.

    Returns:
        The objects, in the order of the file.

    Raises:
        InputError: a name is unknown, or a document is no object.
    """
    found: list[dict[str, Any]] = []
    for part in re.split(r"^---\s*$", text, flags=re.MULTILINE):
        kind = _KIND.search(part)
        if not part.strip() or (kinds and (not kind or kind[1] not in kinds)):
            continue
        try:
            read = yaml.safe_load(Template(part).substitute(names))
        except KeyError as err:
            raise InputError(
                Problem(path, f"got ${{{err.args[0]}}}, wanted one of {', '.join(sorted(names))}")
            ) from err
        if read is None:
            continue
        if not isinstance(read, dict) or "kind" not in read:
            raise InputError(Problem(path, "got a document that is not an object"))
        found.append(read)
    return tuple(found)


def pool_names(text: str, entries: tuple[str, ...]) -> dict[str, str]:
    """Return the names that stand for addresses of the lab's test range.

    Args:
        text: the file, which tells the prefix lengths it wants.
        entries: the range, as the lab states it, of one family or of both.

    Raises:
        InputError: the range holds no whole network of a wanted length.
    """
    names: dict[str, str] = {}
    for stem, version in _VERSION.items():
        own = of_family(entries, version)
        names |= {f"{stem}_{number}": str(address) for number, address in enumerate(members(own))}
    for stem, length in sorted(set(_CIDR.findall(text))):
        own = of_family(entries, _VERSION[stem])
        network = aligned(own, int(length))
        if network is None:
            raise InputError(Problem("lab pools", f"no whole /{length} inside {', '.join(own) or 'nothing'}"))
        names[f"{stem}_cidr_{length}"] = str(network)
    return names


def placed(obj: Mapping[str, Any], namespace: str, target_namespace: str) -> dict[str, Any]:
    """Put an object into its namespace: the load balancer's for its own objects, else the case's.

    Args:
        obj: as the file has it.
        namespace: of the case.
        target_namespace: of the load balancer.
    """
    if obj["kind"] in CLUSTER_SCOPED:
        return dict(obj)
    where = target_namespace if str(obj["apiVersion"]).startswith("metallb.io/") else namespace
    return {**obj, "metadata": {**obj["metadata"], "namespace": obj["metadata"].get("namespace", where)}}


def stripped(obj: Mapping[str, Any]) -> dict[str, Any]:
    """Reduce an object from the API server to what one would write to get it again."""
    meta = {
        key: obj["metadata"][key] for key in ("name", "namespace", "labels", "annotations") if key in obj["metadata"]
    }
    return {
        "apiVersion": obj["apiVersion"],
        "kind": obj["kind"],
        "metadata": meta,
        **({"spec": obj["spec"]} if "spec" in obj else {}),
    }
