"""Where the API server is and how to prove who we are: ServiceAccount files in a pod, a kubeconfig outside.

A ServiceAccount token is bound to the pod and replaced about every hour, so the file is read again, not only once.
Sources: Kubernetes "Accessing the Kubernetes API from a Pod"; KEP-1205 (bound tokens); kubeconfig v1.

Shell: reads files and the environment.
"""

import base64
import binascii
import contextlib
import os
import ssl
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from lbkit.errors import InputError, Problem

SERVICE_ACCOUNT: Final = Path("/var/run/secrets/kubernetes.io/serviceaccount")
TOKEN_AGE_S: Final = 60.0
"""How long a token read from a file is used before the file is read again (client-go does the same)."""


class Token:
    """A bearer token: a fixed text, or a file that is read again when its content has become old."""

    def __init__(self, text: str = "", file: Path | None = None) -> None:
        self._text = text
        self._file = file
        self._read_at_s: float | None = None

    def current(self) -> str:
        """Give the token to send now; empty for none."""
        is_old = self._read_at_s is None or time.monotonic() - self._read_at_s > TOKEN_AGE_S
        if self._file is not None and is_old:
            # The kubelet swaps the file, and the token we have is good for some minutes more; one that has truly
            # gone shows as Unauthorized.
            with contextlib.suppress(OSError):
                self._text = self._file.read_text().strip()
            self._read_at_s = time.monotonic()
        return self._text

    def distrust(self) -> None:
        """Read the file again before the next request, because the server has just refused the token."""
        self._read_at_s = None


@dataclass(frozen=True, slots=True)
class Access:
    """How to reach one API server.

    Args:
        server: URL without a trailing slash.
        tls: what to trust and what to show; None for plain HTTP (tests).
        token: sent as bearer token if not empty.
        server_name: the name the server's certificate must have, where it differs from the URL's.
    """

    server: str
    tls: ssl.SSLContext | None
    token: Token
    server_name: str | None = None


def in_cluster(account: Path = SERVICE_ACCOUNT, environ: Mapping[str, str] = os.environ) -> Access:
    """Read the ServiceAccount files of a pod.

    Raises:
        InputError: this is no pod, or its ServiceAccount is not mounted.
    """
    host, port = environ.get("KUBERNETES_SERVICE_HOST", ""), environ.get("KUBERNETES_SERVICE_PORT", "443")
    if not host:
        raise InputError(Problem("KUBERNETES_SERVICE_HOST", "not set: this is no pod; give --kubeconfig"))
    if not (account / "token").exists():
        raise InputError(Problem(str(account / "token"), "is missing: mount the ServiceAccount's token"))
    try:
        tls = ssl.create_default_context(cafile=str(account / "ca.crt"))
    except (OSError, ssl.SSLError) as err:
        raise InputError(Problem(str(account / "ca.crt"), f"cannot be used: {err}")) from err
    shown = f"[{host}]" if ":" in host else host
    return Access(f"https://{shown}:{port}", tls, Token(file=account / "token"))


def from_kubeconfig(path: Path, context: str | None = None) -> Access:
    """Read a kubeconfig with certificates or a token, as kind and kubeadm write it.

    Args:
        path: the file.
        context: which context; None for the file's own choice.

    Raises:
        InputError: unreadable, no such context, or an exec or auth-provider plugin, which lbkit does not run.
    """
    config = _load(path)
    name = context or config.get("current-context") or ""
    chosen = _entry(path, config, "context", name)
    cluster = _entry(path, config, "cluster", chosen.get("cluster", ""))
    user = _entry(path, config, "user", chosen["user"]) if chosen.get("user") else {}
    for plugin in ("exec", "auth-provider"):
        if plugin in user:
            raise InputError(Problem(str(path), f"user {chosen['user']} needs {plugin}, which lbkit does not run"))
    server = str(cluster.get("server", "")).rstrip("/")
    if not server:
        raise InputError(Problem(str(path), f"cluster {chosen.get('cluster')} has no server"))
    file = path.parent / user["tokenFile"] if user.get("tokenFile") else None
    return Access(
        server,
        _tls(path, cluster, user) if server.startswith("https:") else None,
        Token(str(user.get("token", "")), file),
        cluster.get("tls-server-name"),
    )


def _load(path: Path) -> dict[str, Any]:  # Any: a kubeconfig is YAML without a schema of ours
    try:
        import yaml  # noqa: PLC0415 - kubeconfigs are for use outside the image, which has no YAML reader
    except ImportError as err:
        raise InputError(Problem(str(path), "reading a kubeconfig needs PyYAML: install lbkit[lab]")) from err
    try:
        loaded = yaml.safe_load(path.read_text())
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as err:
        raise InputError(Problem(str(path), f"cannot be read: {err}")) from err
    if not isinstance(loaded, dict):
        raise InputError(Problem(str(path), "is no kubeconfig"))
    return loaded


def _entry(path: Path, config: dict[str, Any], kind: str, name: str) -> dict[str, Any]:  # Any: as in _load
    for item in config.get(f"{kind}s") or ():
        if isinstance(item, dict) and item.get("name") == name and isinstance(item.get(kind), dict):
            found: dict[str, Any] = item[kind]  # Any: as in _load
            return found
    raise InputError(Problem(str(path), f'has no {kind} "{name}"'))


def _tls(path: Path, cluster: dict[str, Any], user: dict[str, Any]) -> ssl.SSLContext:  # Any: as in _load
    try:
        authority = _content(path, cluster, "certificate-authority")
        tls = ssl.create_default_context(cadata=authority.decode() if authority else None)
        if cluster.get("insecure-skip-tls-verify"):
            tls.check_hostname = False
            tls.verify_mode = ssl.CERT_NONE
        certificate, key = _content(path, user, "client-certificate"), _content(path, user, "client-key")
        if certificate and key:
            _load_pair(tls, certificate, key)
    except (OSError, ssl.SSLError, binascii.Error, UnicodeDecodeError) as err:
        raise InputError(Problem(str(path), f"its certificates cannot be used: {err}")) from err
    return tls


def _content(path: Path, entry: dict[str, Any], field: str) -> bytes:  # Any: as in _load
    """Give the certificate or key from `<field>-data` (base64) or from the file `<field>`; empty for none."""
    if entry.get(f"{field}-data"):
        return base64.b64decode(str(entry[f"{field}-data"]), validate=True)
    if entry.get(field):
        return (path.parent / str(entry[field])).read_bytes()
    return b""


def _load_pair(tls: ssl.SSLContext, certificate: bytes, key: bytes) -> None:
    """Load certificate and key from memory: the ssl module takes them from a file only."""
    with tempfile.NamedTemporaryFile() as file:  # mode 0600; gone when the block ends
        file.write(certificate + b"\n" + key)
        file.flush()
        tls.load_cert_chain(file.name)
