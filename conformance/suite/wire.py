"""The wire of a lab, for drives: start captures, put ARP and NDP questions on a segment.

Shell: observer programs in the lab's network namespaces.
"""

import json
from ipaddress import IPv4Address
from typing import Any, Final

from conformance.suite.facts import CLIENT, Interface, IPAddress, LabFacts, LabNode
from conformance.suite.observers.flood import FLOOD_MAC
from conformance.suite.observers.process import Witness, enter, run
from conformance.suite.recorder import Recorder
from conformance.suite.waits import COMMAND_S, OBSERVER_READY_S, SETTLE_S
from lbkit.errors import TargetError

_PROGRAMS = "conformance.suite.observers"
_STRANGE_ASN: Final = 64999
_KNOCK_S: Final = 3.0
"""How long a stranger waits for a connection, and then for answers."""
_LISTEN_S: Final = 3.0
"""How long the genuine datagrams of a channel are listened to."""
_NOWHERE: Final = "192.0.2.1"
"""Who asks on an interface without an address: TEST-NET-1 (RFC 5737)."""


class Wire:
    """What a drive may do on the lab's segments.

    Args:
        lab: which lab.
        recorder: where captures and questions are written.
    """

    def __init__(self, lab: LabFacts, recorder: Recorder) -> None:
        self._lab = lab
        self._recorder = recorder
        self._captures: list[Witness] = []
        self._asking: list[Witness] = []
        self._occupied: list[tuple[LabNode, str, IPv4Address]] = []

    def capture(self, segment: str = "lan") -> None:
        """Capture ARP and NDP on a whole segment until `stop`.

        Raises:
            TargetError: the capture did not start.
        """
        node, interface = self._lab.capture[segment]
        self._start(self._lab.nodes[node], interface, "neighbor", segment)

    def capture_at(self, node: str, interface: str, observer: str) -> None:
        """Capture ARP and NDP on one interface of a lab node until `stop`; `observer` names the capture.

        Raises:
            TargetError: the capture did not start.
        """
        self._start(self._lab.nodes[node], interface, "neighbor", observer)

    def capture_bgp(self, *routers: str) -> None:
        """Capture BGP on all interfaces of some routers until `stop`."""
        for router in routers:
            self._start(self._lab.nodes[router], "", "bgp", router)

    def capture_packets(self, *clients: str, segment: str = "lan") -> None:
        """Capture ICMP, and how TCP connections begin or are refused, on a segment and at some clients, until `stop`.

        Raises:
            TargetError: a capture did not start.
        """
        node, interface = self._lab.capture[segment]
        self._start(self._lab.nodes[node], interface, "packets", f"{segment} packets")
        for client in clients:
            self._start(self._lab.nodes[client], _first(self._lab.nodes[client], 4)[0].name, "packets", client)

    def capture_calls(self, *nodes: str) -> None:
        """Capture the beginnings of TCP connections by IPv4 on all interfaces of some lab nodes until `stop`."""
        for node in nodes:
            self._start(self._lab.nodes[node], "", "packets", node)

    def ask(
        self,
        *targets: IPAddress,
        form: str = "broadcast",
        every_s: float = 0.1,
        times: int = 1,
        to: str = "",
        client: str = "near",
    ) -> None:
        """Ask who has each target, in turn, and return when all questions are sent.

        Args:
            targets: addresses.
            form: broadcast, probe or unicast; IPv6 is asked for by multicast, or probed for.
            every_s: between two questions, seconds.
            times: rounds over all targets.
            to: MAC for unicast questions.
            client: lab node that asks.
        """
        witness = self._asker(targets, form=form, every_s=every_s, times=times, to=to, client=client)
        witness.wait(every_s * times * len(targets) + OBSERVER_READY_S)

    def keep_asking(self, *targets: IPAddress, every_s: float = 0.1, for_s: float = 60.0, client: str = "near") -> None:
        """Ask in the background until `hush`, or for `for_s` seconds at most."""
        rounds = int(for_s / (every_s * max(1, len(targets))))
        self._asking.append(self._asker(targets, form="broadcast", every_s=every_s, times=rounds, to="", client=client))

    def ask_from(self, node: str, interface: str, *targets: IPAddress, times: int = 1, every_s: float = 0.1) -> None:
        """Ask who has each target on an interface that the lab does not describe, as one made by a fault.

        Args:
            node: lab node.
            interface: of it; its MAC is asked for.
            targets: addresses of IPv4.
            times: rounds over all targets.
            every_s: between two questions, seconds.
        """
        link = json.loads(run([*enter(self._lab.nodes[node]), "ip", "-j", "link", "show", interface], COMMAND_S))[0]
        plan = {"interface": interface, "mac": link["address"], "addresses": {"4": _NOWHERE}}
        plan["asks"] = _rounds(targets, every_s, times)
        witness = Witness(self._recorder, enter(self._lab.nodes[node]), f"{_PROGRAMS}.ask", plan)
        witness.wait(every_s * times * len(targets) + OBSERVER_READY_S)

    def flood(self, target: IPAddress, per_s: int, for_s: float, client: str = "near") -> None:
        """Ask who has an address very often, from a MAC of its own, in the background until `hush`.

        Args:
            target: an address of IPv4.
            per_s: questions a second.
            for_s: how long at most, seconds.
            client: lab node that asks.
        """
        node = self._lab.nodes[client]
        plan = {**_asker(node, (target,)), "mac": FLOOD_MAC, "target": str(target), "per_s": per_s, "for_s": for_s}
        self._asking.append(Witness(self._recorder, enter(node), f"{_PROGRAMS}.flood", plan))

    def knock(self, client: str = "near") -> None:
        """Be a BGP speaker that nobody knows, and connect to each node that may announce, on the client's segment.

        Args:
            client: lab node that connects.
        """
        node = self._lab.nodes[client]
        source = source_address(node)
        links = [address.network for address in _first(node, 4)[0].addresses]
        targets = [
            (name, str(address.ip))
            for name in self._lab.eligible
            for interface in self._lab.nodes[name].interfaces
            for address in interface.addresses
            if any(address.ip in link for link in links)
        ]
        plan = {"targets": targets, "asn": _STRANGE_ASN, "router_id": str(source), "for_s": _KNOCK_S}
        witness = Witness(self._recorder, enter(node), f"{_PROGRAMS}.stranger", plan)
        witness.wait(_KNOCK_S * 2 * len(targets) + OBSERVER_READY_S)

    def reset(self, router: str, times: int, for_s: float) -> None:
        """Be on the path between a router and its nodes: answer segments of BGP by resets in the router's name.

        Args:
            router: short name.
            times: resets for each session.
            for_s: how long to listen at most, seconds.
        """
        peers = [str(address) for address in self._lab.peering(router)]
        plan = {"router": router, "peers": peers, "times": times, "for_s": for_s}
        witness = Witness(self._recorder, enter(self._lab.nodes[router]), f"{_PROGRAMS}.reset", plan)
        witness.wait(for_s + OBSERVER_READY_S)

    def spoof(self, address: IPv4Address, *, every_s: float, times: int, client: str = "near") -> None:
        """Claim an address that another host has, in the background until `hush`, from a MAC of nobody's."""
        node = self._lab.nodes[client]
        plan = {"interface": _first(node, 4)[0].name, "address": str(address), "every_s": every_s, "times": times}
        self._asking.append(Witness(self._recorder, enter(node), f"{_PROGRAMS}.spoof", plan))

    def fuzz(self, *targets: IPAddress, seed: int, for_s: float, client: str = "near") -> None:
        """Send malformed questions for some addresses, and noise, in the background until `hush`."""
        plan = {
            **_asker(self._lab.nodes[client], targets),
            "asks": _rounds(targets, 0.0, 1),
            "seed": seed,
            "for_s": for_s,
        }
        self._asking.append(Witness(self._recorder, enter(self._lab.nodes[client]), f"{_PROGRAMS}.fuzz", plan))

    def forge(self, port: int, interface: str, node: str, *, seed: int, for_s: float) -> None:
        """Forge datagrams of a membership channel, made of those that are heard, and return when all are sent.

        Args:
            port: of UDP.
            interface: of the node.
            node: lab node that forges.
            seed: of what is random.
            for_s: how long, seconds.
        """
        plan = {"port": port, "interface": interface, "listen_s": _LISTEN_S, "for_s": for_s, "seed": seed}
        witness = Witness(self._recorder, enter(self._lab.nodes[node]), f"{_PROGRAMS}.forge", plan)
        witness.wait(_LISTEN_S + for_s + OBSERVER_READY_S)

    def occupy(self, address: IPv4Address, client: str = "near") -> None:
        """Give an address to a client, whose kernel answers for it until `stop`: a stranger to the load balancer.

        Args:
            address: on the client's link.
            client: lab node.

        Raises:
            TargetError: the client did not take it.
        """
        node = self._lab.nodes[client]
        interface, _ = _first(node, 4)
        self._occupied.append((node, interface.name, address))
        run([*enter(node), "ip", "address", "add", f"{address}/32", "dev", interface.name], COMMAND_S)
        self._recorder.record("fault", "occupy", node=node.name, mac=interface.mac, address=str(address))

    def hush(self) -> None:
        """Stop asking in the background."""
        while self._asking:
            self._asking.pop().stop()

    def settle(self, addresses: tuple[IPAddress, ...]) -> None:
        """Wait until nobody answers for addresses that were given up, as far as a client shares their segment.

        Args:
            addresses: asked for by each client that has them on a link of its own.
        """
        for node in self._lab.with_role(CLIENT):
            links = [found.network for found in _first(node, 4)[0].addresses]
            targets = tuple(target for target in addresses if any(target in link for link in links))
            if targets:
                plan = {**_asker(node, targets), "targets": [str(target) for target in targets], "limit_s": SETTLE_S}
                witness = Witness(self._recorder, enter(node), f"{_PROGRAMS}.quiet", plan)
                witness.wait(SETTLE_S + OBSERVER_READY_S)

    def stop(self) -> None:
        """Stop asking and capturing, and take occupied addresses away; captures tell what they lost."""
        self.hush()
        while self._occupied:
            node, interface, address = self._occupied.pop()
            run([*enter(node), "ip", "address", "del", f"{address}/32", "dev", interface], COMMAND_S)
        while self._captures:
            self._captures.pop().stop()

    def _asker(
        self, targets: tuple[IPAddress, ...], *, form: str, every_s: float, times: int, to: str, client: str
    ) -> Witness:
        node = self._lab.nodes[client]
        plan = {**_asker(node, targets), "asks": _rounds(targets, every_s, times, form, to)}
        return Witness(self._recorder, enter(node), f"{_PROGRAMS}.ask", plan)

    def _start(self, node: LabNode, interface: str, name: str, observer: str) -> None:
        already = len(self._recorder.history().of("wire", "opened"))
        plan = {"interface": interface, "filter": name, "observer": observer, "node": node.name}
        witness = Witness(self._recorder, enter(node), f"{_PROGRAMS}.capture", plan)
        self._captures.append(witness)
        opened = self._recorder.wait(
            lambda history: len(history.of("wire", "opened")) > already or witness.failure() or None, OBSERVER_READY_S
        )
        if opened is not True:
            raise TargetError(
                f"the capture on {node.name} {interface or '(all)'} did not start: {opened or 'too slow'}"
            )


def _rounds(
    targets: tuple[IPAddress, ...], every_s: float, times: int, form: str = "broadcast", to: str = ""
) -> list[dict[str, Any]]:  # Any: JSON for a program
    """Plan rounds of questions for some targets."""
    return [
        {"at_ms": every_s * 1000 * (turn * len(targets) + place), "target": str(target), "form": form, "to": to}
        for turn in range(times)
        for place, target in enumerate(targets)
    ]


def _asker(node: LabNode, targets: tuple[IPAddress, ...]) -> dict[str, Any]:  # Any: JSON for a program
    """Describe who asks: interface, MAC, and {family: address}, for the families of the targets."""
    versions = sorted({target.version for target in targets})
    interface = _first(node, versions[0])[0]
    addresses = {str(version): str(_first(node, version)[1]) for version in versions}
    return {"interface": interface.name, "mac": interface.mac, "addresses": addresses}


def _first(node: LabNode, version: int) -> tuple[Interface, IPAddress]:
    """Return a client's own interface and its address of a family."""
    for interface in node.interfaces:
        for address in interface.addresses:
            if address.version == version:
                return interface, address.ip
    raise TargetError(f"lab node {node.name} has no IPv{version} address to ask from")


def source_address(node: LabNode) -> IPv4Address:
    """Return the IPv4 address a client speaks from."""
    address = source_address_of(node, 4)
    assert isinstance(address, IPv4Address)
    return address


def source_address_of(node: LabNode, version: int) -> IPAddress:
    """Return the address of a family that a client speaks from."""
    return _first(node, version)[1]
