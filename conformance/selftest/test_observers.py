"""What the drive's programs and faults do, against a small server and a small API server."""

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import pytest

from conformance.selftest.fake_api import FakeApi
from conformance.suite import attempts
from conformance.suite.faults import Faults
from conformance.suite.history import load
from conformance.suite.kube import Kube
from conformance.suite.observers import requests as program
from conformance.suite.recorder import Recorder, Stopped
from conformance.targets.lbkit import TARGET
from conformance.targets.metallb import TARGET as METALLB
from conformance.targets.null import TARGET as NULL

PODS = "/api/v1/namespaces/metallb-system/pods/"


async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answer as netexec does."""
    await reader.readuntil(b"\r\n\r\n")
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\npod-1")
    writer.close()


async def hang_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Close without an answer."""
    await reader.readuntil(b"\r\n\r\n")
    writer.close()


class Echo(asyncio.DatagramProtocol):
    """Answers `hostname` as netexec does."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the way back."""
        self.transport = cast("asyncio.DatagramTransport", transport)

    def datagram_received(self, data: bytes, addr: tuple[str | Any, int]) -> None:  # Any: as the base class has it
        """Send the name."""
        self.transport.sendto(b"pod-1\n" if data == b"hostname" else b"", addr)


async def outcome(
    protocol: str, port: int, capsys: pytest.CaptureFixture[str], **more: Any
) -> attempts.Request:  # Any: JSON, of what is asked
    """Make one request and read what the program wrote."""
    asked = {"run": 0, "target": "127.0.0.1", "port": port, "protocol": protocol, "timeout_s": 0.2, "ask": "hostname"}
    await program.request(asked | more, 0)
    plan = {"t_ns": 0, "source": "request", "kind": "plan", "data": {"run": 0, "about": "web"}}
    (request,) = attempts.requests(load([json.dumps(plan), *capsys.readouterr().out.splitlines()]), "web")
    return request


@pytest.mark.parametrize(("server", "error"), [(answer, ""), (hang_up, "closed")], ids=["answers", "hangs up"])
async def test_tcp_request_is_answered_or_says_why_not(
    server: Any,
    error: str,
    capsys: pytest.CaptureFixture[str],  # Any: a coroutine function of the two streams
) -> None:
    """A request has the pod's name, or the way in which it ended without."""
    listening = await asyncio.start_server(server, "127.0.0.1", 0)
    async with listening:
        found = await outcome("tcp", listening.sockets[0].getsockname()[1], capsys)
    assert (found.is_ok, found.pod, found.error) == (not error, "" if error else "pod-1", error)


@pytest.mark.parametrize("protocol", ["tcp", "udp"])
async def test_request_to_a_closed_port_is_refused(protocol: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Nobody listening is told apart from nobody there."""
    assert (await outcome(protocol, 1, capsys)).error == "refused"


async def test_udp_request_is_answered_or_given_up(capsys: pytest.CaptureFixture[str]) -> None:
    """A datagram is answered by the pod's name; without any answer the request ends by its time."""
    for factory, wanted in ((Echo, "pod-1"), (asyncio.DatagramProtocol, "")):
        transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(factory, local_addr=("127.0.0.1", 0))
        found = await outcome("udp", transport.get_extra_info("sockname")[1], capsys)
        assert (found.pod, found.error) == (wanted, "" if wanted else "timeout")
        transport.close()


class Netexec(asyncio.DatagramProtocol):
    """Echoes the 2048 bytes that it reads of a datagram, or spoils them, or tells the client's address."""

    def __init__(self, spoilt: bytes = b"") -> None:
        self.spoilt = spoilt

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the way back."""
        self.transport = cast("asyncio.DatagramTransport", transport)

    def datagram_received(self, data: bytes, addr: tuple[str | Any, int]) -> None:  # Any: as the base class has it
        """Answer."""
        text = data[:2048].removeprefix(b"echo ") if data.startswith(b"echo ") else f"{addr[0]}:1".encode()
        self.transport.sendto(self.spoilt + text[len(self.spoilt) :], addr)


@pytest.mark.parametrize(
    ("asked", "spoilt", "wanted"),
    [
        ({"ask": "echo", "bytes": 1472}, b"", "1467 bytes"),
        ({"ask": "echo", "bytes": 4096}, b"", "2043 bytes"),
        ({"ask": "echo", "bytes": 1472}, b"other", ""),
        ({"ask": "clientip"}, b"", "127.0.0.1:1"),
    ],
    ids=["echoed", "as much as is read", "spoilt", "address"],
)
async def test_datagram_is_answered_as_asked(
    asked: dict[str, Any],
    spoilt: bytes,
    wanted: str,
    capsys: pytest.CaptureFixture[str],  # Any: JSON
) -> None:
    """An echo is what was sent, or as much of it as netexec reads; other words are answered as they are."""
    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_datagram_endpoint(lambda: Netexec(spoilt), local_addr=("127.0.0.1", 0))
    found = await outcome("udp", transport.get_extra_info("sockname")[1], capsys, **asked)
    assert (found.pod, found.error) == (wanted, "" if wanted else "garbled")
    transport.close()


async def test_page_that_is_asked_for_is_read(capsys: pytest.CaptureFixture[str]) -> None:
    """By HTTP it is the page of that name."""

    async def page(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        line = await reader.readuntil(b"\r\n\r\n")
        body = b"10.0.0.9:7" if line.startswith(b"GET /clientip ") else b""
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))
        writer.close()

    async with await asyncio.start_server(page, "127.0.0.1", 0) as listening:
        found = await outcome("tcp", listening.sockets[0].getsockname()[1], capsys, ask="clientip")
    assert (found.is_ok, found.pod) == (True, "10.0.0.9:7")


class Cluster:
    """A controller's pod in a small API server; a kill gives it a new container."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch, target: Any = TARGET) -> None:  # Any: a Target
        self.api = FakeApi(lambda *_: None)
        self.api.store[PODS + "controller-1"] = self.pod("old")
        self.recorder = Recorder(folder / "history.jsonl")
        self.killed: list[tuple[int, ...]] = []
        self.is_restarting = True
        monkeypatch.setattr("conformance.suite.processes.of_container", {"old": (7, 8)}.__getitem__)
        monkeypatch.setattr("conformance.suite.processes.kill", self.kill)
        monkeypatch.setattr("conformance.suite.faults.RESTART_S", 0.1)
        kube = Kube(self.api.kubeconfig(folder / "kubeconfig"))
        self.faults = Faults(kube, target, self.recorder)

    def close(self) -> None:
        """End the server and the history."""
        self.api.close()
        self.recorder.close()

    def pod(self, container: str) -> dict[str, Any]:  # Any: a Kubernetes object
        """Return the pod with one container."""
        state = {"name": "controller", "containerID": f"containerd://{container}", "ready": True, "restartCount": 0}
        labels = {"app": "metallb", "component": "controller"}
        meta = {"name": "controller-1", "namespace": "metallb-system", "labels": labels}
        status = {"containerStatuses": [state | {"state": {"running": {}}}]}
        return {"kind": "Pod", "metadata": meta, "spec": {"nodeName": "k1"}, "status": status}

    def kill(self, pids: tuple[int, ...]) -> None:
        """Be Linux and Kubernetes."""
        self.killed.append(pids)
        if self.is_restarting:
            self.api.store[PODS + "controller-1"] = self.pod("new")


@pytest.fixture
def cluster(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Cluster]:
    """A cluster with one controller."""
    made = Cluster(tmp_path, monkeypatch)
    yield made
    made.close()


def test_kill_ends_every_process_of_the_container_and_its_return_is_noted(cluster: Cluster) -> None:
    """The processes are found by the container's id, killed, and the new container is waited for."""
    cluster.faults.kill("controller")
    cluster.faults.back("controller")
    assert cluster.killed == [(7, 8)]
    (kill,) = attempts.kills(cluster.recorder.history(), "controller")
    assert kill.pods == ("controller-1",)
    assert kill.back_ns is not None


def test_old_status_of_a_killed_container_is_no_return(cluster: Cluster) -> None:
    """A pod that still shows the killed container as ready is not back."""
    cluster.is_restarting = False
    cluster.faults.kill("controller")
    with pytest.raises(Stopped, match="controller-1"):
        cluster.faults.back("controller")
    (kill,) = attempts.kills(cluster.recorder.history(), "controller")
    assert kill.back_ns is None


def test_target_without_a_controller_cannot_be_hit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The drive stops, so that a case that needs the fault decides nothing."""
    made = Cluster(tmp_path, monkeypatch, NULL)
    with pytest.raises(Stopped, match="no controller"):
        made.faults.kill("controller")
    made.close()


LEASE = "/apis/coordination.k8s.io/v1/namespaces/metallb-system/leases/metallb-controller"


@pytest.mark.parametrize(
    ("holder", "stops"),
    [("controller-1_5e1f", ""), ("controller-0_77aa", "held by"), ("", "held by")],
    ids=["a pod", "a pod that is gone", "nobody"],
)
def test_leader_is_the_pod_that_holds_the_lease(cluster: Cluster, holder: str, stops: str) -> None:
    """The Lease says who leads; a holder that is no pod of the role stops the drive."""
    cluster.api.store[LEASE] = {"kind": "Lease", "metadata": {"name": "x"}, "spec": {"holderIdentity": holder}}
    if not stops:
        assert cluster.faults.leader("controller") == "controller-1"
        return
    with pytest.raises(Stopped, match=stops):
        cluster.faults.leader("controller")


def test_only_controller_leads_where_none_is_elected(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A target without a Lease has one controller, and that one leads."""
    made = Cluster(tmp_path, monkeypatch, METALLB)
    assert made.faults.leader("controller") == "controller-1"
    made.close()


def test_kill_hits_the_pod_that_is_named(cluster: Cluster) -> None:
    """No other pod of the role is touched."""
    with pytest.raises(Stopped, match="controller controller-2"):
        cluster.faults.kill("controller", pod="controller-2")
    assert not cluster.killed
