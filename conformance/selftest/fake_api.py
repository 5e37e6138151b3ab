"""An API server small enough to start in a test: objects in memory, watches on Services, no rules.

A `react` function stands for the load balancer: it sees each object that is written and may change it.

Shell: an HTTP server on the loopback.
"""

import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import yaml

Object = dict[str, Any]  # Any: a Kubernetes object is JSON


class FakeApi:
    """The server and its store.

    Args:
        react: called with (verb, object) under the lock after each create or apply; changes are stored at once.
    """

    def __init__(self, react: Callable[[str, Object], None]) -> None:
        self.store: dict[str, Object] = {}
        self.changes: list[tuple[str, str, Object]] = []
        self.changed = threading.Condition()
        self.react = react
        self.version = 0
        self.hangs_up = 0
        """So many requests are answered by the end of their connection."""
        api = self

        class Handler(_Handler):
            fake = api

        self._server = _Server(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()

    def kubeconfig(self, path: Path) -> Path:
        """Write a kubeconfig for it."""
        url = f"http://127.0.0.1:{self._server.server_address[1]}"
        context = [{"name": "x", "context": {"cluster": "x", "user": "x"}}]
        config = {"apiVersion": "v1", "kind": "Config", "current-context": "x", "contexts": context}
        config |= {"clusters": [{"name": "x", "cluster": {"server": url}}], "users": [{"name": "x", "user": {}}]}
        path.write_text(yaml.safe_dump(config), encoding="utf-8")
        return path

    def close(self) -> None:
        """Stop serving; watches end."""
        with self.changed:
            self.version = -1
            self.changed.notify_all()
        self._server.shutdown()
        self._server.server_close()

    def write(self, path: str, obj: Object) -> Object:
        """Store an object, let the load balancer react, tell the watches."""
        with self.changed:
            self._put(path, obj, "MODIFIED" if path in self.store else "ADDED")
            before = json.dumps(obj)
            self.react("write", obj)
            if json.dumps(obj) != before:
                self._put(path, obj, "MODIFIED")
            return obj

    def _put(self, path: str, obj: Object, change: str) -> None:
        self.version += 1
        obj["metadata"].setdefault("uid", f"uid-{self.version}")
        obj["metadata"]["resourceVersion"] = str(self.version)
        self.store[path] = obj
        self.changes.append((path, change, json.loads(json.dumps(obj))))
        self.changed.notify_all()

    def remove(self, path: str) -> None:
        """Delete an object, and what lives in it if it is a namespace."""
        with self.changed:
            name = path.removeprefix("/api/v1/namespaces/")
            inside = [p for p in self.store if f"/namespaces/{name}/" in p] if "/" not in name else []
            for gone in [*inside, path]:
                obj = self.store.pop(gone)
                self.version += 1
                obj["metadata"]["resourceVersion"] = str(self.version)
                self.changes.append((gone, "DELETED", obj))
                self.react("delete", obj)
            self.changed.notify_all()

    def follow(self, prefix: str, since: int) -> Iterator[bytes]:
        """Give a watch its changes."""
        sent = 0
        while True:
            with self.changed:
                while sent == len(self.changes) and self.version >= 0:
                    self.changed.wait(5)
                if self.version < 0:
                    return
                fresh, sent = self.changes[sent:], len(self.changes)
            for path, change, obj in fresh:
                if path.startswith(prefix + "/") and int(obj["metadata"]["resourceVersion"]) > since:
                    yield json.dumps({"type": change, "object": obj}).encode() + b"\n"


class _Server(ThreadingHTTPServer):
    request_queue_size = 128  # many writers connect at once; with the default of 5 some are reset on a busy host


class _Handler(BaseHTTPRequestHandler):
    fake: FakeApi
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # head and body are two writes

    def parse_request(self) -> bool:
        """Hang up on who is to be hung up on."""
        is_read = super().parse_request()
        if is_read and self.fake.hangs_up:
            self.fake.hangs_up -= 1
            self.close_connection = True
            return False
        return is_read

    def do_GET(self) -> None:
        url = urlsplit(self.path)
        query = parse_qs(url.query)
        if "watch" in query:
            self._watch(url.path, int(query["resourceVersion"][0]))
        elif url.path in self.fake.store:
            self._answer(200, self.fake.store[url.path])
        elif url.path.rsplit("/", maxsplit=1)[-1].endswith("s") and not url.path.startswith("/api/v1/namespaces/x-"):
            with self.fake.changed:
                found = [o for p, o in self.fake.store.items() if p.rsplit("/", maxsplit=1)[0] == url.path]
                self._answer(200, {"metadata": {"resourceVersion": str(self.fake.version)}, "items": found})
        else:
            self._answer(404, {"message": "not found"})

    def do_POST(self) -> None:
        obj = self._body()
        url = urlsplit(self.path)
        if "dryRun" in url.query:
            self._answer(201, obj)
            return
        self._answer(201, self.fake.write(f"{url.path}/{obj['metadata']['name']}", obj))

    def do_PATCH(self) -> None:
        path, obj = urlsplit(self.path).path, self._body()
        if "apply" not in self.headers["Content-Type"]:
            obj = _merged(self.fake.store[path], obj)
        self._answer(200, self.fake.write(path, obj))

    def do_DELETE(self) -> None:
        path = urlsplit(self.path).path
        if path not in self.fake.store:
            self._answer(404, {"message": "not found"})
            return
        self.fake.remove(path)
        self._answer(200, {"status": "Success"})

    def _body(self) -> Object:
        return dict(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))

    def _answer(self, status: int, body: Object) -> None:
        raw = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(raw)))
        self.end_headers()
        self.wfile.write(raw)

    def _watch(self, prefix: str, since: int) -> None:
        self.send_response(200)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        for line in self.fake.follow(prefix, since):
            self.wfile.write(f"{len(line):x}\r\n".encode() + line + b"\r\n")
            self.wfile.flush()
        self.wfile.write(b"0\r\n\r\n")

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class names it so
        """Stay quiet."""


def _merged(obj: Object, patch: Object) -> Object:
    """Put a patch's fields into an object, as far as a merge of dictionaries goes."""
    merged = dict(obj)
    for name, value in patch.items():
        is_deeper = isinstance(value, dict) and isinstance(obj.get(name), dict)
        merged[name] = _merged(obj[name], value) if is_deeper else value
    return merged
