"""The suite's way to the API server: plain objects in, plain objects out, every request with a time limit.

It goes through the official client's connection (kubeconfig, certificates, pool) and speaks paths and JSON
itself, so that one small table of kinds serves Kubernetes' and MetalLB's objects alike.

Shell: HTTPS to the API server.
"""

import copy
import json
import time
from collections.abc import Callable, Iterator
from functools import partial
from http.client import RemoteDisconnected
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote, urlencode

import urllib3
from kubernetes import config as kubeconfig_loader
from kubernetes.config import ConfigException
from yaml import YAMLError

from conformance.suite.declared import FIELD_MANAGER
from conformance.suite.waits import API_CALL_S
from lbkit.errors import InputError, Problem, TargetError

Object = dict[str, Any]  # Any: a Kubernetes object is JSON

MERGE: Final = "application/merge-patch+json"
"""RFC 7386."""
STRATEGIC: Final = "application/strategic-merge-patch+json"
"""Kubernetes API concepts, "Patch"; for built-in kinds only."""
KINDS: Final[dict[str, tuple[str, str, bool]]] = {
    "Namespace": ("/api/v1", "namespaces", False),
    "Node": ("/api/v1", "nodes", False),
    "Service": ("/api/v1", "services", True),
    "Pod": ("/api/v1", "pods", True),
    "Secret": ("/api/v1", "secrets", True),
    "Event": ("/api/v1", "events", True),
    "ConfigMap": ("/api/v1", "configmaps", True),
    "Deployment": ("/apis/apps/v1", "deployments", True),
    "DaemonSet": ("/apis/apps/v1", "daemonsets", True),
    "Lease": ("/apis/coordination.k8s.io/v1", "leases", True),
    "ClusterRole": ("/apis/rbac.authorization.k8s.io/v1", "clusterroles", False),
    "ClusterRoleBinding": ("/apis/rbac.authorization.k8s.io/v1", "clusterrolebindings", False),
    "Role": ("/apis/rbac.authorization.k8s.io/v1", "roles", True),
    "RoleBinding": ("/apis/rbac.authorization.k8s.io/v1", "rolebindings", True),
    "ValidatingWebhookConfiguration": (
        "/apis/admissionregistration.k8s.io/v1",
        "validatingwebhookconfigurations",
        False,
    ),
    "MutatingWebhookConfiguration": ("/apis/admissionregistration.k8s.io/v1", "mutatingwebhookconfigurations", False),
    "EndpointSlice": ("/apis/discovery.k8s.io/v1", "endpointslices", True),
    "IPAddressPool": ("/apis/metallb.io/v1beta1", "ipaddresspools", True),
    "L2Advertisement": ("/apis/metallb.io/v1beta1", "l2advertisements", True),
    "BGPAdvertisement": ("/apis/metallb.io/v1beta1", "bgpadvertisements", True),
    "BGPPeer": ("/apis/metallb.io/v1beta2", "bgppeers", True),
    "BFDProfile": ("/apis/metallb.io/v1beta1", "bfdprofiles", True),
    "Community": ("/apis/metallb.io/v1beta1", "communities", True),
    "ConfigurationState": ("/apis/metallb.io/v1beta1", "configurationstates", True),
}
"""{kind: (API path, plural, is namespaced)}."""

CONFIGURATION: Final = (
    "L2Advertisement",
    "BGPAdvertisement",
    "IPAddressPool",
    "BGPPeer",
    "BFDProfile",
    "Community",
)
"""A load balancer's own objects, in the order in which they can be deleted."""


class ApiError(TargetError):
    """The API server refused or did not answer.

    Args:
        message: verb, path, and what came back.
        status: HTTP status; 0 when there was no answer.
        output: the response body.
    """

    def __init__(self, message: str, *, status: int = 0, output: str = "") -> None:
        super().__init__(message, output=output)
        self.status = status


def refusal(request: Callable[[], object]) -> str:
    """Make a request; return in which words it was refused, "" if it was not.

    Raises:
        ApiError: there was no answer, or the API server is itself at fault.
    """
    try:
        request()
    except ApiError as err:
        if not 400 <= err.status < 500:
            raise
        return str(err)
    return ""


class Kube:
    """One cluster.

    Args:
        kubeconfig: path of its kubeconfig.

    Raises:
        InputError: it cannot be read.
    """

    def __init__(self, kubeconfig: Path) -> None:
        load = kubeconfig_loader.new_client_from_config
        try:
            client = load(config_file=str(kubeconfig))  # type: ignore[no-untyped-call] # the client ships no types
        except (ConfigException, OSError, ValueError, TypeError, YAMLError) as err:
            wanted = "wanted the kubeconfig of a cluster"
            raise InputError(
                Problem(str(kubeconfig), f"cannot be used ({type(err).__name__}: {err}), {wanted}")
            ) from err
        self._host = client.configuration.host
        self._headers: dict[str, str] = {"Accept": "application/json"}
        for setting in client.configuration.auth_settings().values():  # tokens; certificates are in the pool
            self._headers[setting["key"]] = setting["value"]
        self._pool: urllib3.PoolManager = client.rest_client.pool_manager
        self._pool.connection_pool_kw["maxsize"] = 32

    def impersonating(self, user: str, **extra: str) -> "Kube":
        """Return the same cluster, asked in somebody else's name, as whoever is behind it has the right to.

        Args:
            user: name.
            extra: what is known of him besides, {key: value}.

        Source: Kubernetes, "User impersonation".
        """
        other = copy.copy(self)
        more = {f"Impersonate-Extra-{quote(key, safe='')}": value for key, value in extra.items()}
        other._headers = {**self._headers, "Impersonate-User": user, **more}
        return other

    def request(
        self, verb: str, path: str, body: object = None, media: str = "application/json", **query: str
    ) -> Object:
        """Make one request.

        Args:
            verb: GET, POST, PATCH, DELETE.
            path: from the server's root.
            body: sent as JSON.
            media: content type of the body.
            query: parameters.

        Returns:
            The answer's JSON.

        Raises:
            ApiError: no answer in time, or a status of 400 and above.
        """
        url = f"{self._host}{path}" + (f"?{urlencode(query)}" if query else "")
        payload = json.dumps(body).encode() if body is not None else None
        return dict(json.loads(self._answer(verb, url, payload, {"Content-Type": media} if body is not None else {})))

    def text(self, path: str) -> str:
        """Read what is no JSON: `/metrics`, a container's log.

        Raises:
            ApiError: no answer in time, or a status of 400 and above.
        """
        return self._answer("GET", f"{self._host}{path}", None, {"Accept": "*/*"})

    def _answer(self, verb: str, url: str, body: bytes | None, headers: dict[str, str]) -> str:
        what = f"{verb} {url.removeprefix(self._host).partition('?')[0]}"
        try:
            answer = self._send(verb, url, body, self._headers | headers)
        except urllib3.exceptions.HTTPError as err:
            raise ApiError(f"{what}: no answer ({err})") from err
        text = answer.data.decode(errors="replace")
        if answer.status >= 400:
            raise ApiError(f"{what}: {answer.status} {_message(text)}", status=answer.status, output=text)
        return text

    def _send(self, verb: str, url: str, body: bytes | None, headers: dict[str, str]) -> urllib3.BaseHTTPResponse:
        """Send a request; once more where the server closed an idle connection just then, and has seen none of it."""
        ask = partial(self._pool.request, verb, url, body=body, headers=headers, timeout=API_CALL_S, retries=False)
        try:
            return ask()
        except urllib3.exceptions.ProtocolError as err:
            if not any(isinstance(arg, RemoteDisconnected) for arg in err.args):
                raise
            return ask()

    def stream(self, path: str, timeout_s: float, **query: str) -> Iterator[bytes]:
        """Read a watch line by line; it ends when the server ends it or nothing comes for `timeout_s`.

        Raises:
            ApiError: the server refused, or the connection broke.
        """
        url = f"{self._host}{path}?{urlencode(query)}"
        limit = urllib3.Timeout(connect=API_CALL_S, read=timeout_s)
        rest = b""
        try:
            answer = self._pool.request(
                "GET", url, headers=self._headers, timeout=limit, preload_content=False, retries=False
            )
            if answer.status >= 400:
                raise ApiError(f"GET {path}: {answer.status}", status=answer.status)
            with answer:
                for chunk in answer.stream(65536):
                    *lines, rest = (rest + chunk).split(b"\n")
                    yield from (line for line in lines if line)
        except urllib3.exceptions.HTTPError as err:
            raise ApiError(f"GET {path}: the watch broke ({err})") from err

    def create(self, obj: Object, *, dry_run: bool = False) -> Object:
        """Create an object; it must not exist."""
        path = path_of(obj["kind"], obj["metadata"].get("namespace", ""))
        return self.request("POST", path, obj, fieldManager=FIELD_MANAGER, **({"dryRun": "All"} if dry_run else {}))

    def apply(self, obj: Object) -> Object:
        """Make an object be as given (server-side apply)."""
        path = path_of(obj["kind"], obj["metadata"].get("namespace", ""), obj["metadata"]["name"])
        media = "application/apply-patch+yaml"
        return self.request("PATCH", path, obj, media, fieldManager=FIELD_MANAGER, force="true")

    def patch(self, obj: Object, path: str = "", media: str = MERGE) -> Object:
        """Change the given fields of an object and leave the others; null removes one.

        Args:
            obj: kind, metadata.name and namespace, and the fields to change.
            path: of a subresource, as "/scale"; "" for the object itself.
            media: MERGE, where a list replaces a list; STRATEGIC, where the items of many lists are merged by key.
        """
        where = path_of(obj["kind"], obj["metadata"].get("namespace", ""), obj["metadata"]["name"])
        return self.request("PATCH", where + path, obj, media, fieldManager=FIELD_MANAGER)

    def get(self, kind: str, name: str, namespace: str = "") -> Object | None:
        """Read one object; None if it does not exist."""
        try:
            return self.request("GET", path_of(kind, namespace, name))
        except ApiError as err:
            if err.status == 404:
                return None
            raise

    def list(self, kind: str, namespace: str = "", labels: str = "") -> list[Object]:
        """Read all objects of a kind, of one namespace or of all; none if the kind is not served.

        Args:
            kind: a key of `KINDS`.
            namespace: "" for all of them.
            labels: a label selector; "" for all objects.
        """
        query = {"labelSelector": labels} if labels else {}
        try:
            listed = self.request("GET", path_of(kind, namespace), **query)
        except ApiError as err:
            if err.status == 404:
                return []
            raise
        version = KINDS[kind][0].removeprefix("/apis/").removeprefix("/api/")
        return [{"apiVersion": version, "kind": kind, **item} for item in listed["items"]]

    def delete(self, kind: str, name: str, namespace: str = "") -> None:
        """Ask for an object's deletion; a missing one is fine."""
        try:
            self.request("DELETE", path_of(kind, namespace, name))
        except ApiError as err:
            if err.status != 404:
                raise


def path_of(kind: str, namespace: str = "", name: str = "") -> str:
    """Spell the path of a collection or of one object.

    Args:
        kind: a key of `KINDS`.
        namespace: "" for all of them, and for kinds without.
        name: "" for the collection.
    """
    prefix, plural, is_namespaced = KINDS[kind]
    scope = f"/namespaces/{namespace}" if is_namespaced and namespace else ""
    return f"{prefix}{scope}/{plural}" + (f"/{name}" if name else "")


def until(what: str, reason: Callable[[], str], timeout_s: float, every_s: float = 0.5) -> None:
    """Poll until a reason for not being there is gone.

    Args:
        what: is waited for.
        reason: "" when it is there, else why not; API errors count as a reason.
        timeout_s: patience, one of `waits`.
        every_s: between two looks.

    Raises:
        TargetError: the time is over; says the last reason.
    """
    deadline = time.monotonic() + timeout_s
    while True:
        try:
            why = reason()
        except ApiError as err:
            why = str(err)
        if not why:
            return
        if time.monotonic() > deadline:
            raise TargetError(f"{what}: not within {timeout_s:g} s, last seen: {why}")
        time.sleep(every_s)


def _message(text: str) -> str:
    try:
        return str(json.loads(text).get("message", text))
    except ValueError:
        return text[:200]
