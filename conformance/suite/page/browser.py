"""Looks at a page with a real browser: `python -m conformance.suite.page.browser report.html --shots DIR`.

Headless Chromium, driven by its DevTools protocol, without network: does the page load alone, without a message on the
console, does it fit a desk's and a telephone's width in light and dark, and is everything reached by keyboard.

Source: https://chromedevtools.github.io/devtools-protocol/ (domains Page, Runtime, Log, Network, Emulation, Input).

Shell: a browser process, its socket, files, the terminal.
"""

import argparse
import asyncio
import base64
import json
import shutil
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

import aiohttp

from lbkit.errors import LbkitError, TargetError

NAMES: Final = ("chromium", "chromium-browser", "google-chrome")
WIDTHS: Final = (1280, 400)
HEIGHT: Final = 900
SCHEMES: Final = ("light", "dark")
START_S: Final = 30.0
ANSWER_S: Final = 60.0
FLAGS: Final = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--hide-scrollbars",
    "--no-first-run",
    "--remote-debugging-port=0",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
_WIDTH: Final = "[document.documentElement.scrollWidth, document.documentElement.clientWidth]"
_SMALL: Final = """[...document.querySelectorAll('main *')].filter(e => e.checkVisibility() && e.childNodes.length &&
  [...e.childNodes].some(n => n.nodeType === 3 && n.data.trim()) && !e.closest('svg, .word.short') &&
  parseFloat(getComputedStyle(e).fontSize) < 11).map(e => e.className || e.tagName).slice(0, 5)"""
_FOCUS: Final = """(() => { const e = document.activeElement; return e === document.body ? '' :
  e.tagName + '#' + [...document.querySelectorAll('a,button,input,select,summary')].indexOf(e); })()"""
_REACHABLE: Final = """[...document.querySelectorAll('a[href],button,input,select,summary')].filter(
  e => e.checkVisibility()).length"""
_OPEN: Final = "document.querySelectorAll('details').forEach((d, n) => { d.open = %s; })"


class Browser:
    """One page in one browser.

    Args:
        socket: of the page, to the DevTools.
    """

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._socket = socket
        self._number = 0
        self.faults: list[str] = []

    async def call(self, method: str, **params: Any) -> dict[str, Any]:  # Any: JSON of the DevTools protocol
        """Ask for one thing and wait for the answer; what the page says meanwhile is kept.

        Raises:
            TargetError: the browser refused, or did not answer.
        """
        self._number += 1
        await self._socket.send_json({"id": self._number, "method": method, "params": params})
        while True:
            try:
                told = await self._socket.receive_json(timeout=ANSWER_S)
            except (TimeoutError, TypeError, ValueError) as err:
                raise TargetError(f"chromium: {method}: no answer ({err})") from err
            if told.get("id") != self._number:
                self._hear(told.get("method", ""), told.get("params", {}))
            elif "error" in told:
                raise TargetError(f"chromium: {method}: {told['error']}")
            else:
                return dict(told["result"])

    def _hear(self, method: str, params: dict[str, Any]) -> None:  # Any: as above
        if method == "Runtime.exceptionThrown":
            self.faults.append(
                f"exception: {params['exceptionDetails'].get('exception', {}).get('description', params)}"
            )
        elif method == "Log.entryAdded":
            self.faults.append(f"console: {params['entry']['level']}: {params['entry']['text']}")
        elif method == "Runtime.consoleAPICalled":
            self.faults.append(f"console: {params['type']}: {params['args']}")
        elif method == "Network.requestWillBeSent":
            url = str(params["request"]["url"])
            if not url.startswith(("file:", "data:", "blob:")):
                self.faults.append(f"network: asked for {url}")

    async def value(self, expression: str) -> Any:  # Any: whatever the page's script gives
        """Evaluate an expression in the page, and wait for it where it is a promise."""
        told = await self.call("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in told:
            raise TargetError(f"chromium: {expression[:60]}: {told['exceptionDetails']}")
        return told["result"].get("value")

    async def key(self, name: str, code: int) -> None:
        """Press one key."""
        for kind in ("rawKeyDown", "keyUp"):
            await self.call("Input.dispatchKeyEvent", type=kind, key=name, code=name, windowsVirtualKeyCode=code)

    async def shot(self, path: Path) -> None:
        """Keep a picture of what is in the window."""
        picture = await self.call("Page.captureScreenshot", format="png")
        path.write_bytes(base64.b64decode(picture["data"]))  # noqa: ASYNC240 - nothing else runs meanwhile


@asynccontextmanager
async def browser() -> AsyncIterator[Browser]:
    """Start a browser with an empty page, and end it.

    Raises:
        TargetError: there is none, or it does not start.
    """
    found = next((path for name in NAMES if (path := shutil.which(name))), None)
    if found is None:
        raise TargetError(f"no browser on PATH, wanted one of {', '.join(NAMES)} (Debian: apt-get install chromium)")
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        argv = [found, *FLAGS, f"--user-data-dir={profile}", "about:blank"]
        quiet = asyncio.subprocess.DEVNULL
        process = await asyncio.create_subprocess_exec(*argv, stdout=quiet, stderr=quiet)
        try:
            port = await _port(Path(profile) / "DevToolsActivePort")
            async with aiohttp.ClientSession() as session:
                async with session.get(f"http://127.0.0.1:{port}/json/list") as answer:
                    pages = [page for page in await answer.json(content_type=None) if page["type"] == "page"]
                async with session.ws_connect(pages[0]["webSocketDebuggerUrl"], max_msg_size=0) as socket:
                    yield Browser(socket)
        finally:
            process.kill()
            await process.wait()


async def _port(path: Path) -> int:
    for _ in range(int(START_S / 0.1)):
        if (port := _told(path)) is not None:
            return port
        await asyncio.sleep(0.1)
    raise TargetError(f"chromium: no DevTools within {START_S:g} s")


def _told(path: Path) -> int | None:
    """Read the port that the browser has written down; None while it has not."""
    lines = path.read_text(encoding="ascii").split() if path.exists() else []
    return int(lines[0]) if lines else None


async def look(page: Path, shots: Path) -> list[str]:
    """Look at a page in both widths and both schemes, and use it by keyboard.

    Args:
        page: the HTML file.
        shots: folder for the pictures; it must be there.

    Returns:
        What is wrong with it; empty if nothing is.
    """
    url = page.resolve().as_uri()  # noqa: ASYNC240 - nothing else runs meanwhile
    async with browser() as window:
        for domain in ("Page", "Runtime", "Log", "Network"):
            await window.call(f"{domain}.enable")
        offline = {"offline": True, "latency": 0, "downloadThroughput": -1, "uploadThroughput": -1}
        await window.call("Network.emulateNetworkConditions", **offline)
        for width in WIDTHS:
            for scheme in SCHEMES:
                await _fits(window, url, shots, width, scheme)
        await _keyboard(window)
        await _raw(window, shots)
        return window.faults


async def _fits(window: Browser, url: str, shots: Path, width: int, scheme: str) -> None:
    size = {"width": width, "height": HEIGHT, "deviceScaleFactor": 1, "mobile": False}
    await window.call("Emulation.setDeviceMetricsOverride", **size)
    await window.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
    await window.call("Page.navigate", url=url)
    await window.value(
        "new Promise(done => document.readyState === 'complete' ? done() : addEventListener('load', done))"
    )
    where = f"{width} px, {scheme}"
    for state in ("closed", "open"):
        await window.value(_OPEN % ("n < 6" if state == "open" else "false"))
        content, room = await window.value(_WIDTH)
        if content > room:
            window.faults.append(f"{where}, {state}: {content} px wide, wanted {room}")
        if small := await window.value(_SMALL):
            window.faults.append(f"{where}, {state}: text under 11 px in {small}")
        await window.shot(shots / f"{width}-{scheme}-{state}.png")
    await window.value("(e => { if (e) e.open = true; })(document.querySelector('.case:has(.timeline)'))")
    for name, selector in (("labs", ".labs"), ("case", ".case[open]:has(.timeline) .verdict"), ("figures", ".figures")):
        await window.value(f"document.querySelector('{selector}')?.scrollIntoView()")
        await window.shot(shots / f"{width}-{scheme}-{name}.png")


async def _keyboard(window: Browser) -> None:
    """Tab through the page with all closed: each thing that can be used gets the focus, once; Enter opens a case."""
    await window.value(_OPEN % "false")
    await window.value("document.activeElement.blur(); scrollTo(0, 0)")
    wanted, seen = int(await window.value(_REACHABLE)), set[str]()
    for _ in range(wanted + 5):
        await window.key("Tab", 9)
        where = str(await window.value(_FOCUS))
        if where in seen:
            break
        seen.add(where)
    reached = len(seen - {""})
    if reached < wanted:
        window.faults.append(f"keyboard: Tab reaches {reached} of {wanted} things that can be used")
    await window.value("document.querySelector('.case > summary').focus()")
    await window.call("Input.dispatchKeyEvent", type="keyDown", key="Enter", windowsVirtualKeyCode=13, text="\r")
    if not await window.value("document.querySelector('.case').open"):
        window.faults.append("keyboard: Enter does not open a case")
    await window.value("location.hash = document.querySelector('.matrix .cell a')?.hash ?? ''")
    await asyncio.sleep(0.2)
    if not await window.value("document.activeElement.matches('.verdict')"):
        window.faults.append("keyboard: a link of the matrix does not lead to its verdict")


async def _raw(window: Browser, shots: Path) -> None:
    """Unpack one history, as a reader would."""
    if not await window.value("!!document.querySelector('.raw button')"):
        return
    await window.value("(b => { b.closest('details').open = true; b.click(); })(document.querySelector('.raw button'))")
    await asyncio.sleep(0.5)
    lines = await window.value("document.querySelector('.raw pre')?.textContent.split('\\n').length ?? 0")
    if not lines:
        window.faults.append("raw evidence: a history cannot be unpacked")
    await window.value("document.querySelector('.raw').scrollIntoView()")
    await window.shot(shots / "raw.png")


def main(argv: list[str]) -> int:
    """Look at the page that is named on the command line.

    Returns:
        0 all well, 1 it is not, 2 it could not be looked at.
    """
    parser = argparse.ArgumentParser(
        prog="python -m conformance.suite.page.browser", description=__doc__.splitlines()[0]
    )
    parser.add_argument("page", type=Path)
    parser.add_argument("--shots", type=Path, default=Path("conformance/out/shots"), help="folder for the pictures")
    asked = parser.parse_args(argv)
    try:
        if not asked.page.is_file():
            raise TargetError(f"{asked.page}: got no such file, wanted a page (make report HISTORY=… writes one)")
        asked.shots.mkdir(parents=True, exist_ok=True)
        faults = asyncio.run(look(asked.page, asked.shots))
    except (LbkitError, OSError) as err:
        sys.stderr.write(f"error: {err}\n")
        return 2
    sys.stdout.write(json.dumps(faults, indent=2) + "\n" if faults else f"all well; pictures are in {asked.shots}\n")
    return int(bool(faults))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
