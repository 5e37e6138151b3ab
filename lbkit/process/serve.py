"""The endpoint of a long-running process: /healthz, /readyz and /metrics on one port.

/healthz is answered by the loop that does the work, so its answer says that the loop turns. /readyz says in words
what is missing, where MetalLB's says only that the process runs.

Shell: a listening socket.
"""

import contextlib
from collections.abc import AsyncIterator, Callable

from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest

from lbkit.errors import TargetError


def application(
    ready: Callable[[], str], registry: CollectorRegistry, role: Callable[[], str] = lambda: ""
) -> web.Application:
    """Build the endpoint.

    Args:
        ready: gives the empty string when the process does its work, else what it waits for.
        registry: whose metrics to show.
        role: says what its work is just now, where that can be one or another.
    """

    async def healthz(_: web.Request) -> web.Response:
        return web.Response(text="ok\n")

    async def readyz(_: web.Request) -> web.Response:
        missing = ready()
        if missing:
            return web.Response(text=f"{missing}\n", status=503)
        return web.Response(text=f"ok: {what}\n" if (what := role()) else "ok\n")

    async def metrics(_: web.Request) -> web.Response:
        return web.Response(body=generate_latest(registry), headers={"Content-Type": CONTENT_TYPE_LATEST})

    built = web.Application()
    built.router.add_get("/healthz", healthz)
    built.router.add_get("/readyz", readyz)
    built.router.add_get("/metrics", metrics)
    return built


@contextlib.asynccontextmanager
async def serving(
    port: int,
    ready: Callable[[], str],
    registry: CollectorRegistry,
    host: str | None = None,
    *,
    role: Callable[[], str] = lambda: "",
) -> AsyncIterator[None]:
    """Serve the endpoint while the block runs.

    Args:
        port: TCP port; 0 serves nothing (MetalLB's `--port=0`).
        ready: see `application`.
        registry: see `application`.
        host: address to listen on; None for all.
        role: see `application`.

    Raises:
        TargetError: the port is taken.
    """
    if port == 0:
        yield
        return
    runner = web.AppRunner(application(ready, registry, role), access_log=None)
    await runner.setup()
    try:
        try:
            await web.TCPSite(runner, host, port).start()
        except OSError as err:
            raise TargetError(f"cannot listen on {host or '*'}:{port}: {err}; give another --port") from err
        yield
    finally:
        await runner.cleanup()
