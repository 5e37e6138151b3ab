"""Traffic of a lab, for drives: many TCP flows from chosen source ports, and steady loops of requests.

Shell: probe programs in the lab's network namespaces.
"""

import time
from collections.abc import Mapping, Sequence
from typing import Any, Final

from conformance.suite import attempts
from conformance.suite.facts import CLIENT, IPAddress, LabFacts, LabNode, Lacking
from conformance.suite.observers.process import Witness, enter
from conformance.suite.recorder import Recorder
from conformance.suite.source_ports import SourcePorts
from conformance.suite.waits import (
    FLOW_TIMEOUT_S,
    HOLD_S,
    OBSERVER_READY_S,
    POLL_S,
    PROBE_S,
    PROBE_TIMEOUT_S,
    REQUEST_TIMEOUT_S,
)
from conformance.suite.wire import source_address_of

_CONCURRENCY: Final = 20
HOSTNAME: Final = "hostname"
"""What requests ask a pod for, if nothing else is said: its name."""


class Traffic:
    """What a drive may send.

    Args:
        lab: which lab.
        recorder: where plans and answers are written.
        ports: for flows.
    """

    def __init__(self, lab: LabFacts, recorder: Recorder, ports: SourcePorts) -> None:
        self._lab = lab
        self._recorder = recorder
        self._ports = ports
        self._runs = 0
        self._loops: list[Witness] = []
        self._held: list[tuple[Witness, float]] = []

    def flows(
        self,
        target: IPAddress,
        count: int,
        *,
        port: int = 80,
        requests: int = 1,
        pause_s: float = 0.0,
        client: str = "",
        protocol: str = "tcp",
    ) -> None:
        """Make one run of flows and return when all are done.

        Args:
            target: address of the Service.
            count: new connections, each from its own source port.
            port: of the Service.
            requests: on each connection.
            pause_s: between two requests of a connection, seconds.
            client: lab node that sends; the lab's first client if none is named.
            protocol: tcp or udp; a flow of UDP is one request.

        Raises:
            TargetError: the probe failed or is not done in time.
        """
        self.hold_flows(target, count, port=port, requests=requests, pause_s=pause_s, client=client, protocol=protocol)
        self.finish_flows()

    def flows_from(self, sources: Sequence[IPAddress], target: IPAddress, count: int, *, port: int = 80) -> None:
        """Make one run of flows as `flows` does, from addresses of the client's in turn."""
        ports = self._ports.draw(count)
        plan = {"sources": [str(one) for one in sources], "ports": ports, "concurrency": _CONCURRENCY}
        self._start(target, port, self._client(""), plan, count / _CONCURRENCY * FLOW_TIMEOUT_S)
        self.finish_flows()

    def hold_flows(
        self,
        target: IPAddress,
        count: int,
        *,
        port: int = 80,
        requests: int = 1,
        pause_s: float = 0.0,
        client: str = "",
        protocol: str = "tcp",
    ) -> None:
        """Make one run of flows in the background, until `finish_flows`; arguments as for `flows`."""
        plan = {
            "ports": self._ports.draw(count),
            "requests": requests,
            "pause_s": pause_s,
            "protocol": protocol,
            "concurrency": max(_CONCURRENCY, count if requests > 1 else 0),
        }
        patience_s = count / _CONCURRENCY * FLOW_TIMEOUT_S + requests * (pause_s + 0.5)
        self._start(target, port, self._client(client), plan, patience_s)

    def _start(
        self, target: IPAddress, port: int, node: LabNode, plan: Mapping[str, Any], patience_s: float
    ) -> None:  # Any: JSON, what observers/flows.py is asked for
        """Start a run of flows in the background and note its plan."""
        asked = {
            "run": self._next_run(),
            "sources": [str(source_address_of(node, target.version))],
            "target": str(target),
            "port": port,
            "requests": 1,
            "pause_s": 0.0,
            "timeout_s": FLOW_TIMEOUT_S,
            "resets": False,
            "protocol": "tcp",
            **plan,
        }
        noted = {key: asked[key] for key in ("run", "target", "port", "requests", "protocol")}
        self._recorder.record("tcp", "plan", node=node.name, flows=len(asked["ports"]), **noted)
        witness = Witness(self._recorder, enter(node), "conformance.suite.observers.flows", asked)
        self._held.append((witness, patience_s + OBSERVER_READY_S))

    def repeat(self, target: IPAddress, ports: int, times: int, *, port: int = 80, client: str = "") -> None:
        """Connect from each of some source ports several times, one connection after the other.

        Each connection is reset by the client at its end, so that its port is free at once (RFC 9293 section 3.6.1:
        else it would wait in TIME-WAIT).

        Args:
            target: address of the Service.
            ports: how many, drawn like those of flows.
            times: connections from each.
            port: of the Service.
            client: lab node that sends; the lab's first client if none is named.

        Raises:
            TargetError: the probe failed or is not done in time.
        """
        drawn = self._ports.draw(ports)
        plan = {"ports": [one for _ in range(times) for one in drawn], "concurrency": 1, "resets": True}
        self._start(target, port, self._client(client), plan, patience_s=ports * times * FLOW_TIMEOUT_S / 10)
        self.finish_flows()

    def finish_flows(self) -> None:
        """Wait until all flows in the background have made their requests.

        Raises:
            TargetError: a probe failed or is not done in time.
        """
        while self._held:
            witness, patience_s = self._held.pop()
            witness.wait(patience_s)

    def phase(
        self,
        name: str,
        targets: Mapping[str, tuple[IPAddress, int]],
        for_s: float = HOLD_S,
        served_s: float | None = None,
    ) -> None:
        """Make requests by one or both protocols at once for a while, in loops named "<protocol> <name>".

        Args:
            name: of the phase, by which checks find it.
            targets: {tcp or udp: (address, port)}.
            for_s: how long, seconds.
            served_s: not any longer once each loop was first answered so many seconds ago; None for no such end.

        Raises:
            TargetError: a probe failed.
        """
        loops = [f"{protocol} {name}" for protocol in targets]
        for loop, (protocol, (target, port)) in zip(loops, targets.items(), strict=True):
            self.keep_requesting(loop, target, port=port, every_s=0.25, protocol=protocol)
        end_s = time.monotonic() + for_s
        while (now_s := time.monotonic()) < end_s:
            if served_s is not None and attempts.served_s(self._recorder.history(), loops, now_s) >= served_s:
                break
            time.sleep(min(POLL_S, end_s - now_s))
        self.stop()

    def request(
        self,
        about: str,
        target: IPAddress,
        *,
        port: int = 80,
        times: int = 1,
        every_s: float = 0.05,
        protocol: str = "tcp",
        client: str = "",
        ask: str = HOSTNAME,
        timeout_s: float = REQUEST_TIMEOUT_S,
    ) -> None:
        """Make a number of requests, each on a new connection, and return when the last is answered or given up.

        Args:
            about: name of the loop, by which checks find it; by custom the Service's.
            target: address of the Service.
            port: of the Service.
            times: how many.
            every_s: between the beginnings of two requests, seconds.
            protocol: tcp (HTTP), udp, icmp (a ping), download (10 MB), or udp-flow (all from one port).
            client: lab node that sends; the lab's first client if none is named.
            ask: for the pod's name, or for the address that the pod sees (clientip).
            timeout_s: after which a request is given up, seconds.

        Raises:
            TargetError: the probe failed or is not done in time.
        """
        asked = {"port": port, "protocol": protocol, "ask": ask, "every_s": every_s, "times": times}
        witness = self._loop(about, target, self._client(client), asked, timeout_s)
        witness.wait(_patience_s(times, every_s, timeout_s))

    def echo(self, about: str, target: IPAddress, *, port: int, size_bytes: int, times: int, every_s: float) -> None:
        """Have datagrams echoed, each from a socket of its own, and return when the last is back or given up.

        Args:
            about: name of the loop.
            target: address of the Service.
            port: of the Service.
            size_bytes: of a datagram, without its headers; above the MTU it travels in fragments.
            times: how many.
            every_s: between two of them, seconds.

        Raises:
            TargetError: the probe failed or is not done in time.
        """
        asked = {
            "port": port,
            "protocol": "udp",
            "ask": "echo",
            "bytes": size_bytes,
            "every_s": every_s,
            "times": times,
        }
        self._loop(about, target, self._client(""), asked).wait(_patience_s(times, every_s))

    def keep_requesting(
        self,
        about: str,
        target: IPAddress,
        *,
        port: int = 80,
        every_s: float = 0.05,
        protocol: str = "tcp",
        client: str = "",
        timeout_s: float = REQUEST_TIMEOUT_S,
    ) -> None:
        """Make requests in the background until `stop`, 20 a second if not told otherwise; see `request`.

        Each is given up after `timeout_s` seconds.
        """
        asked = {"port": port, "protocol": protocol, "ask": HOSTNAME, "every_s": every_s, "times": -1}
        self._loops.append(self._loop(about, target, self._client(client), asked, timeout_s))

    def probe(self, about: str, target: IPAddress, *, port: int = 80, client: str = "far") -> None:
        """Make requests in the background, close together and soon given up, so that an outage can be measured.

        Args:
            about: name of the loop.
            target: address of the Service.
            port: of the Service.
            client: lab node that sends; in the l2 lab `far` is behind the gateway.
        """
        self.keep_requesting(about, target, port=port, every_s=PROBE_S, client=client, timeout_s=PROBE_TIMEOUT_S)

    def stop(self) -> None:
        """End the loops in the background, and await flows; requests under way are still awaited.

        Raises:
            TargetError: a probe failed.
        """
        self.finish_flows()
        while self._loops:
            self._loops.pop().stop()

    def _loop(
        self,
        about: str,
        target: IPAddress,
        node: LabNode,
        asked: Mapping[str, Any],  # Any: JSON, what observers/requests.py is asked for
        timeout_s: float = REQUEST_TIMEOUT_S,
    ) -> Witness:
        plan = {"run": self._next_run(), "target": str(target), **asked}
        self._recorder.record("request", "plan", about=about, node=node.name, **plan)
        told = {**plan, "timeout_s": timeout_s}
        return Witness(self._recorder, enter(node), "conformance.suite.observers.requests", told)

    def _client(self, name: str) -> LabNode:
        if not name and not self._lab.with_role(CLIENT):
            raise Lacking("there is no client here to send from")
        return self._lab.nodes[name] if name else self._lab.with_role(CLIENT)[0]

    def _next_run(self) -> int:
        run, self._runs = self._runs, self._runs + 1
        return run


def _patience_s(times: int, every_s: float, timeout_s: float = REQUEST_TIMEOUT_S) -> float:
    """Say how long a loop may take that begins so many requests, seconds."""
    return times * every_s + timeout_s + OBSERVER_READY_S
