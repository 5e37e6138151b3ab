"""Rules for the endpoint of a long-running process.

Shell: HTTP on the loopback.
"""

import pytest
from aiohttp import ClientSession
from aiohttp.test_utils import TestClient, TestServer, unused_port
from prometheus_client import CollectorRegistry, Gauge

from lbkit.errors import TargetError
from lbkit.process.serve import application, serving


async def test_readiness_says_what_is_missing() -> None:
    """503 with the reason in words until the process does its work; health does not depend on it."""
    missing = "services not listed yet"
    async with TestClient(TestServer(application(lambda: missing, CollectorRegistry()))) as client:
        answer = await client.get("/readyz")
        assert (answer.status, await answer.text()) == (503, "services not listed yet\n")
        assert (await client.get("/healthz")).status == 200
        missing = ""
        assert (await client.get("/readyz")).status == 200


async def test_metrics_are_prometheus_text() -> None:
    """The registry's metrics, in the exposition format."""
    registry = CollectorRegistry()
    Gauge("metallb_k8s_client_config_loaded_bool", "…", registry=registry).set(1)
    async with TestClient(TestServer(application(lambda: "", registry))) as client:
        answer = await client.get("/metrics")
        assert "metallb_k8s_client_config_loaded_bool 1.0" in await answer.text()
        assert answer.headers["Content-Type"].startswith("text/plain")


async def test_a_port_that_is_taken_is_an_error_with_its_cure() -> None:
    """The second process on a port says so; port 0 serves nothing."""
    port = unused_port()
    async with serving(port, lambda: "", CollectorRegistry(), "127.0.0.1"):
        async with ClientSession() as session, session.get(f"http://127.0.0.1:{port}/healthz") as answer:
            assert answer.status == 200
        with pytest.raises(TargetError, match="give another --port"):
            async with serving(port, lambda: "", CollectorRegistry(), "127.0.0.1"):
                pass
    async with serving(0, lambda: "", CollectorRegistry()):
        pass
