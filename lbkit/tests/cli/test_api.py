"""The connection to the API server: kubeconfig, token, errors with their cure."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import yaml

from lbkit.cli.api import connect
from lbkit.errors import InputError, TargetError
from lbkit.kube.errors import Forbidden
from lbkit.model.views import Key


class _Handler(BaseHTTPRequestHandler):
    """Knows one Service, and lists nothing else to anybody."""

    seen: list[tuple[str, str | None]]

    def do_GET(self) -> None:  # the library's name
        """Answer."""
        self.seen.append((self.path, self.headers["Authorization"]))
        is_known = self.path == "/api/v1/namespaces/a/services/b"
        body = {"kind": "Service"} if is_known else {"code": 403, "reason": "Forbidden", "message": "no"}
        self.send_response(200 if is_known else 403)
        self.end_headers()
        self.wfile.write(json.dumps(body).encode())

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def server() -> Iterator[tuple[int, list[tuple[str, str | None]]]]:
    """A port on this host, and the requests that came to it."""
    handler = type("Handler", (_Handler,), {"seen": []})
    serving = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=serving.serve_forever, args=(0.01,))
    thread.start()
    yield serving.server_port, handler.seen  # type: ignore[attr-defined]  # made above
    serving.shutdown()
    thread.join()
    serving.server_close()


def kubeconfig(path: Path, port: int) -> Path:
    """Write a kubeconfig with two contexts, of which the first leads nowhere."""
    path.write_text(
        yaml.safe_dump(
            {
                "clusters": [
                    {"name": "c", "cluster": {"server": f"http://127.0.0.1:{port}"}},
                    {"name": "dead", "cluster": {"server": "http://127.0.0.1:1"}},
                ],
                "users": [{"name": "u", "user": {"token": "t"}}],
                "contexts": [
                    {"name": "dead", "context": {"cluster": "dead", "user": "u"}},
                    {"name": "live", "context": {"cluster": "c", "user": "u"}},
                ],
                "current-context": "dead",
            }
        )
    )
    return path


def test_the_context_and_its_token_are_used(tmp_path: Path, server: tuple[int, list[tuple[str, str | None]]]) -> None:
    """As the official client reads them."""
    port, seen = server
    api = connect(kubeconfig(tmp_path / "config", port), "live")
    assert api.get("Service", Key("a", "b")) == {"kind": "Service"}
    assert seen == [("/api/v1/namespaces/a/services/b", "Bearer t")]


def test_a_refusal_is_told_in_the_servers_words(
    tmp_path: Path, server: tuple[int, list[tuple[str, str | None]]]
) -> None:
    """With verb, path and status."""
    api = connect(kubeconfig(tmp_path / "config", server[0]), "live")
    with pytest.raises(Forbidden, match="GET /api/v1/nodes: 403 Forbidden: no"):
        api.list("Node")


def test_a_server_that_is_away_is_named(tmp_path: Path) -> None:
    """No trace of the client's, but what was tried and the cure."""
    api = connect(kubeconfig(tmp_path / "config", 0), None)
    with pytest.raises(TargetError, match=r"API server at http://127.0.0.1:1 does not answer.*Cure"):
        api.list("Node")


@pytest.mark.parametrize("context", [None, "nope"])
def test_without_a_cluster_the_cure_is_told(tmp_path: Path, context: str | None) -> None:
    """No file, or no such context."""
    path = tmp_path / "config" if context is None else kubeconfig(tmp_path / "config", 1)
    with pytest.raises(InputError, match="Cure: give --kubeconfig FILE"):
        connect(path, context)
