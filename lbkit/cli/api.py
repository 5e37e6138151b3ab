"""The API server, as the operator's commands need it: objects in, objects out, each refusal with its cure.

The official client brings the connection (kubeconfig with its plugins, certificates, tokens, proxies); paths and JSON
are spoken here, so that one small table serves Kubernetes' kinds and MetalLB's alike.
Source: Kubernetes API conventions; kubeconfig v1.

Shell: HTTPS to the API server, reads the kubeconfig.
"""

import json
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final, TypeAlias
from urllib.parse import urlencode

from lbkit.errors import InputError, LbkitError, MissingError, Problem, TargetError
from lbkit.kube import errors, resources
from lbkit.kube.resources import Resource
from lbkit.model import objects
from lbkit.model.views import Key
from lbkit.operator.fields import Json
from lbkit.operator.inventory import key_of

MANAGER: Final = "lbkit"
"""Name of this writer in `metadata.managedFields`."""
CONNECT_S: Final = 5.0
READ_S: Final = 30.0
AT_ONCE: Final = 16
"""Requests under way at one time."""
_PAGE: Final = 500
"""Objects of one page of a list."""

Transport: TypeAlias = Callable[[str, str, bytes | None, str], tuple[int, bytes]]
"""(verb, path with query, body, media type) -> (status, body); raises TargetError where there is no answer."""

_KINDS: Final[tuple[Resource[objects.Object], ...]] = (
    resources.SERVICES,
    resources.NODES,
    resources.NAMESPACES,
    resources.SECRETS,
    resources.EVENTS,
    resources.ENDPOINT_SLICES,
    resources.LEASES,
    resources.POOLS,
    resources.L2_ADVERTISEMENTS,
    resources.BGP_ADVERTISEMENTS,
    resources.BGP_PEERS,
    resources.BFD_PROFILES,
    resources.COMMUNITIES,
    resources.L2_STATUSES,
    resources.BGP_STATUSES,
    resources.BGP_SESSION_STATES,
    resources.CONFIGURATION_STATES,
    resources.SERVICE_CIDRS,
    Resource("", "v1", "configmaps", "ConfigMap", True, objects.Object),
    Resource("", "v1", "pods", "Pod", True, objects.Object),
    Resource("apps", "v1", "deployments", "Deployment", True, objects.Object),
    Resource("apps", "v1", "daemonsets", "DaemonSet", True, objects.Object),
)
RESOURCES: Final = {resource.kind: resource for resource in _KINDS}
"""{kind: where it is in the API}"""

INSTALL: Final = "install lbkit (kubectl apply -k lbkit/manifests)"


class Api:
    """One cluster.

    Args:
        transport: makes one request.
    """

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def list(self, kind: str, namespace: str = "", **query: str) -> tuple[Json, ...]:
        """List the objects of a kind.

        Args:
            kind: one of `RESOURCES`.
            namespace: empty for all.
            query: `fieldSelector`, `labelSelector`.

        Raises:
            MissingError: the API server does not know the kind.
            TargetError: it does not answer, or does not allow it.
        """
        resource = RESOURCES[kind]
        found: list[Json] = []
        more: dict[str, str] = {}
        while True:
            path = f"{resource.path(namespace)}?{urlencode({**query, 'limit': str(_PAGE), **more})}"
            try:
                page = self._request("GET", path)
            except errors.NotFound:
                raise MissingError(
                    Problem(kind, f"the API server does not know {resource.api_version}. Cure: {INSTALL}")
                ) from None
            # Lists leave out what their items have in common.
            found += [{"apiVersion": resource.api_version, "kind": kind, **item} for item in page.get("items") or ()]
            token = (page.get("metadata") or {}).get("continue")
            if not token:
                return tuple(found)
            more = {"continue": str(token)}

    def get(self, kind: str, key: Key) -> Json | None:
        """Read one object; None if there is none."""
        try:
            return self._request("GET", RESOURCES[kind].path(key.namespace, key.name))
        except errors.NotFound:
            return None

    def write(self, item: Json, *, dry_run: bool = False) -> Json:
        """Create an object, or replace the one whose resourceVersion it carries.

        Returns:
            The object as the API server has it now (or would have it).

        Raises:
            InputError: the API server does not take it, or it has changed since it was read.
        """
        resource, key = RESOURCES[str(item["kind"])], key_of(item)
        is_new = not (item.get("metadata") or {}).get("resourceVersion")
        path = resource.path(key.namespace, "" if is_new else key.name)
        what = f"{resource.kind} {key.name}"
        return self._write("POST" if is_new else "PUT", path, what, item, dry_run=dry_run)

    def apply(self, item: Json, *, dry_run: bool = False, force: bool = False) -> Json:
        """Write an object as `kubectl apply --server-side` does: fields that are not in it stay as they are.

        Args:
            item: the object.
            dry_run: only have it judged.
            force: take over fields that somebody else applied.

        Raises:
            InputError: as `write`; or somebody else applied one of its fields.
        """
        resource, key = RESOURCES[str(item["kind"])], key_of(item)
        api_version = str(item.get("apiVersion", resource.api_version))
        path = resource.path(key.namespace, key.name).replace(resource.api_version, api_version, 1)
        query = {"force": "true"} if force else {}
        media = "application/apply-patch+yaml"
        return self._write("PATCH", path, f"{resource.kind} {key.name}", item, media, dry_run=dry_run, **query)

    def annotate(self, kind: str, key: Key, annotations: Mapping[str, str | None]) -> Json:
        """Set annotations of an object, or (None) take them away; its others stay.

        Raises:
            MissingError: there is no such object.
            InputError: the API server does not take it.
        """
        patch = {"metadata": {"name": key.name, "annotations": dict(annotations)}}
        media = "application/merge-patch+json"
        return self._write("PATCH", RESOURCES[kind].path(key.namespace, key.name), f"{kind} {key.name}", patch, media)

    def delete(self, kind: str, key: Key, *, dry_run: bool = False) -> None:
        """Delete an object; that it is gone already is fine."""
        path = RESOURCES[kind].path(key.namespace, key.name)
        try:
            self._request("DELETE", f"{path}?dryRun=All" if dry_run else path)
        except errors.NotFound:
            return

    def text(self, path: str) -> str:
        """Read what is no object: metrics, through the API server's proxy.

        Raises:
            TargetError: there is no answer, or it is a refusal.
        """
        status, body = self._transport("GET", path, None, "application/json")
        if status >= 400:
            raise errors.refusal(f"GET {path}", status, body)
        return body.decode(errors="replace")

    def _write(
        self,
        verb: str,
        path: str,
        what: str,
        item: Json,
        media: str = "application/json",
        *,
        dry_run: bool = False,
        **query: str,
    ) -> Json:
        query = {"fieldManager": MANAGER, "fieldValidation": "Strict", **query} | ({"dryRun": "All"} if dry_run else {})
        try:
            return self._request(verb, f"{path}?{urlencode(query)}", item, media)
        except errors.NotFound as err:
            cure = f"is there a namespace for it, and is the API installed? Cure: {INSTALL}"
            raise MissingError(Problem(what, f"cannot be written ({_said(err)}); {cure}")) from err
        except errors.Conflict as err:
            raise InputError(Problem(what, f"{_said(err)}. Cure: look at what is there, and try again")) from err
        except errors.Invalid as err:
            raise InputError(Problem(what, f"is refused by the API server: {_said(err)}")) from err

    def _request(self, verb: str, path: str, item: Json = None, media: str = "application/json") -> Json:
        body = None if item is None else json.dumps(item).encode()
        status, answer = self._transport(verb, path, body, media)
        if status >= 400:
            raise errors.refusal(f"{verb} {path.partition('?')[0]}", status, answer)
        try:
            return json.loads(answer)
        except ValueError as err:
            raise TargetError(f"{verb} {path}: got no JSON from the API server", output=repr(answer[:200])) from err


def _said(err: errors.ApiError) -> str:
    """Give the API server's own words without verb and path."""
    return str(err).partition(": ")[2] or str(err)


def connect(kubeconfig: Path | None, context: str | None) -> Api:
    """Find the cluster: a kubeconfig (`--kubeconfig`, `KUBECONFIG`, `~/.kube/config`), else the pod this runs in.

    Raises:
        InputError: no cluster is known.
    """
    import urllib3
    from kubernetes import config

    try:
        load = config.new_client_from_config
        file = str(kubeconfig) if kubeconfig else None
        client = load(config_file=file, context=context, persist_config=False)  # type: ignore[no-untyped-call] # no types
    except config.ConfigException as err:
        cure = "give --kubeconfig FILE, or set KUBECONFIG (a lab's: labs/NAME/clab-NAME/NAME/kubeconfig)"
        raise InputError(Problem("kubeconfig", f"no cluster is known: {str(err).rstrip('.')}. Cure: {cure}")) from err
    settings = client.configuration
    headers = {"Accept": "application/json"}
    headers |= {str(each["key"]): str(each["value"]) for each in settings.auth_settings().values()}
    pool = client.rest_client.pool_manager
    pool.connection_pool_kw["maxsize"] = AT_ONCE
    limit = urllib3.Timeout(connect=CONNECT_S, read=READ_S)

    def transport(verb: str, path: str, body: bytes | None, media: str) -> tuple[int, bytes]:
        sent = headers | ({"Content-Type": media} if body is not None else {})
        try:
            answer = pool.request(verb, settings.host + path, body=body, headers=sent, timeout=limit, retries=False)
        except urllib3.exceptions.HTTPError as err:
            where = f"the API server at {settings.host} does not answer"
            raise TargetError(f"{where}: {err}. Cure: see that it runs, and that the kubeconfig is of it") from err
        return answer.status, answer.data

    return Api(transport)


def gather(api: Api, wanted: Mapping[str, str]) -> tuple[Json, ...]:
    """List several kinds at the same time.

    Args:
        api: the cluster.
        wanted: {kind: namespace, empty for all}.

    Raises:
        MissingError, TargetError: as `Api.list`, for the first kind that fails.
    """
    with ThreadPoolExecutor(AT_ONCE) as workers:
        lists = workers.map(lambda each: api.list(*each), wanted.items())
        return tuple(item for found in lists for item in found)


def attempt(work: Callable[[], Iterable[Json]]) -> tuple[tuple[Json, ...], str]:
    """Do what need not succeed, such as reading a kind that only newer clusters have.

    Returns:
        What it gave, and why it gave nothing; empty if it worked.
    """
    try:
        return tuple(work()), ""
    except LbkitError as err:
        return (), str(err)
