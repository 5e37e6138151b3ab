"""A small API server in memory, at the seam of `lbkit.cli.api`: it keeps objects, judges by the CRDs, and remembers.

Shell: reads the CRDs of this repository.
"""

import json
from collections.abc import Callable, Iterable
from copy import deepcopy
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import yaml

from lbkit.cli.api import RESOURCES
from lbkit.errors import TargetError
from lbkit.model.views import Key
from lbkit.operator.inventory import key_of

Json = Any  # JSON
CRDS = Path(__file__).parents[2] / "manifests" / "crds"


class FakeApi:
    """Objects by kind and key.

    Attributes:
        writes: (verb, kind, name) of every write that was meant, in order.
        tried: the same for dry runs.
        missing: kinds that it does not know.
        forbidden: (verb, kind) that it does not allow.
        controller: what is done to an object once it is written, as the controller would; None while it is down.
        texts: {path: answer} of what is no object.
        is_down: nobody answers.
    """

    def __init__(self, *items: Json) -> None:
        self.objects: dict[tuple[str, Key], Json] = {}
        self.writes: list[tuple[str, str, str]] = []
        self.tried: list[tuple[str, str, str]] = []
        self.missing: set[str] = set()
        self.forbidden: set[tuple[str, str]] = set()
        self.controller: Callable[[Json], None] | None = judge_pool
        self.texts: dict[str, str] = {}
        self.is_down = False
        self._version = 0
        for item in items:
            self.put(item)

    def put(self, item: Json) -> Json:
        """Keep an object as it is."""
        self._version += 1
        kept = deepcopy(item)
        kept.setdefault("metadata", {})["resourceVersion"] = str(self._version)
        self.objects[str(item["kind"]), key_of(item)] = kept
        return kept

    def object(self, kind: str, name: str, namespace: str = "metallb-system") -> Json:
        """Give an object; None if there is none."""
        return self.objects.get((kind, Key(namespace, name)))

    def __call__(self, verb: str, path: str, body: bytes | None, media: str) -> tuple[int, bytes]:
        """Answer one request."""
        if media == "application/merge-patch+json":
            return self._annotate(path, json.loads(body or b""))
        if self.is_down:
            raise TargetError("the API server at https://fake does not answer: connection refused")
        parts = urlsplit(path)
        if parts.path in self.texts:
            return 200, self.texts[parts.path].encode()
        query = {name: values[-1] for name, values in parse_qs(parts.query).items()}
        for kind, resource in RESOURCES.items():
            for namespace in {key.namespace for _, key in self.objects} | {"", "metallb-system", "default"}:
                collection = resource.path(namespace)
                if parts.path == collection or parts.path.startswith(f"{collection}/"):
                    name = parts.path.removeprefix(collection).strip("/")
                    if "/" not in name:
                        return self._answer(verb, kind, Key(namespace, name), query, body)
        return _status(404, "NotFound", f"the server could not find {parts.path}")

    def _annotate(self, path: str, patch: Json) -> tuple[int, bytes]:
        """Patch the annotations of an object that belongs to no namespace."""
        plural, name = urlsplit(path).path.split("/")[-2:]
        kind = next(kind for kind, resource in RESOURCES.items() if resource.plural == plural)
        self.writes.append(("PATCH", kind, name))
        there = self.objects.get((kind, Key("", name)))
        if there is None:
            return _status(404, "NotFound", f"{kind} {name} not found")
        metadata = there["metadata"]
        merged = {**(metadata.get("annotations") or {}), **patch["metadata"]["annotations"]}
        metadata["annotations"] = {key: value for key, value in merged.items() if value is not None}
        return _ok(there)

    def _answer(self, verb: str, kind: str, key: Key, query: dict[str, str], body: bytes | None) -> tuple[int, bytes]:
        if kind in self.missing:
            return 404, b"404 page not found\n"
        if (verb, kind) in self.forbidden:
            return _status(403, "Forbidden", f'{kind.lower()} is forbidden: User "nobody" cannot {verb.lower()} it')
        item = json.loads(body) if body else None
        match verb:
            case "GET" if not key.name:
                return self._list(kind, key.namespace, query)
            case "GET":
                there = self.objects.get((kind, key))
                return _ok(there) if there is not None else _status(404, "NotFound", f"{kind} {key.name} not found")
            case "DELETE":
                return self._delete(kind, key, query)
            case _:
                return self._write(verb, kind, key, item, query)

    def _list(self, kind: str, namespace: str, query: dict[str, str]) -> tuple[int, bytes]:
        wanted = [
            {name: value for name, value in item.items() if name not in {"kind", "apiVersion"}}
            for (each, key), item in sorted(self.objects.items())
            if each == kind and (not namespace or key.namespace == namespace) and _matches(item, query)
        ]
        first = int(query.get("continue", "0"))
        last = first + int(query["limit"])
        more = {"continue": str(last)} if last < len(wanted) else {}
        return _ok({"metadata": more, "items": wanted[first:last]})

    def _delete(self, kind: str, key: Key, query: dict[str, str]) -> tuple[int, bytes]:
        is_dry = query.get("dryRun") == "All"
        (self.tried if is_dry else self.writes).append(("DELETE", kind, key.name))
        if (kind, key) not in self.objects:
            return _status(404, "NotFound", f"{kind} {key.name} not found")
        return _ok({}) if is_dry else _ok(self.objects.pop((kind, key)))

    def _write(self, verb: str, kind: str, key: Key, item: Json, query: dict[str, str]) -> tuple[int, bytes]:
        is_dry = query.get("dryRun") == "All"
        named = Key(key.namespace, key.name or str(item["metadata"]["name"]))
        (self.tried if is_dry else self.writes).append((verb, kind, named.name))
        there = self.objects.get((kind, named))
        if verb == "POST" and there is not None:
            return _status(409, "AlreadyExists", f'{kind} "{named.name}" already exists')
        known = (there or {}).get("metadata", {}).get("resourceVersion")
        if verb == "PUT" and item["metadata"].get("resourceVersion") != known:
            return _status(409, "Conflict", "the object has been modified; please apply your changes to the latest")
        if unknown := _unknown_fields(kind, item):
            return _status(422, "Invalid", f'{kind} "{named.name}" is invalid: unknown field "{unknown}"')
        merged = {**(there or {}), **item, "metadata": {**((there or {}).get("metadata") or {}), **item["metadata"]}}
        generation = int((there or {}).get("metadata", {}).get("generation", 0))
        merged["metadata"]["generation"] = generation + (there is None or there.get("spec") != item.get("spec"))
        if is_dry:
            return _ok(merged)
        written = self.put(merged)
        if self.controller is not None:
            self.controller(written)
        return _ok(written)


def judge_pool(item: Json) -> None:
    """Write on a pool what the controller would of one that is fine."""
    if item["kind"] == "IPAddressPool":
        item["status"] = {
            "assignedIPv4": 0,
            "assignedIPv6": 0,
            "availableIPv4": 16,
            "availableIPv6": 0,
            "conditions": [
                {
                    "type": "lbkit.io/Valid",
                    "status": "True",
                    "reason": "Valid",
                    "message": "",
                    "observedGeneration": item["metadata"].get("generation", 0),
                }
            ],
        }


@cache
def _fields_by_kind() -> dict[str, frozenset[str]]:
    """{kind: the fields of `spec` in the CRD's newest version}."""
    found = {}
    for file in sorted(CRDS.glob("*.metallb.io.yaml")):
        spec = yaml.load(file.read_text("utf-8"), yaml.CSafeLoader)["spec"]  # a safe loader, ten times as fast
        schema = spec["versions"][-1]["schema"]["openAPIV3Schema"]["properties"].get("spec", {})
        found[str(spec["names"]["kind"])] = frozenset(schema.get("properties", {}))
    return found


def _unknown_fields(kind: str, item: Json) -> str:
    """Name the first field of `spec` that the CRD does not have; empty if there is none."""
    known = _fields_by_kind().get(kind)
    return "" if known is None else next((f"spec.{name}" for name in item.get("spec", {}) if name not in known), "")


def _matches(item: Json, query: dict[str, str]) -> bool:
    fields: Iterable[str] = filter(None, query.get("fieldSelector", "").split(","))
    labels: Iterable[str] = filter(None, query.get("labelSelector", "").split(","))
    return all(_field(item, part) for part in fields) and all(
        (item["metadata"].get("labels") or {}).get(part.partition("=")[0]) == part.partition("=")[2] for part in labels
    )


def _field(item: Json, part: str) -> bool:
    path, _, wanted = part.partition("=")
    for name in path.split("."):
        item = (item or {}).get(name)
    return str(item or "") == wanted


def _ok(item: Json) -> tuple[int, bytes]:
    return 200, json.dumps(item).encode()


def _status(code: int, reason: str, message: str) -> tuple[int, bytes]:
    return code, json.dumps({"kind": "Status", "code": code, "reason": reason, "message": message}).encode()
