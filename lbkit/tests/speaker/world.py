"""A cluster, a wire and an engine for the speaker, all in memory; objects as the API server sends them.

Pure.
"""

import itertools
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec

from lbkit.announcer.desired import Bgp, Interface
from lbkit.announcer.diff import BgpAction
from lbkit.gobgp.events import Applied, EngineUp
from lbkit.kube import resources
from lbkit.kube.resources import Resource
from lbkit.kube.watch import Changed, Deleted, Listed
from lbkit.model.event_records import EventRecord
from lbkit.model.segment_key import SegmentKeys
from lbkit.model.status_objects import Wanted
from lbkit.model.views import IPAddress
from lbkit.packet.heartbeat import Phase
from lbkit.speaker.counted import Counters
from lbkit.speaker.counters import State
from lbkit.speaker.events import InboxEvent, InterfacesChanged, SegmentKeysKnown
from lbkit.speaker.loop import Settings, Speaker
from lbkit.speaker.orders import Held, Orders, Report, candidates_of, interface_of
from lbkit.speaker.picture import PARSERS
from lbkit.speaker.segments import Segments

NAMESPACE = "metallb-system"
ETH0 = Interface("eth0", 2, bytes.fromhex("020000000002"))
ETH1 = Interface("eth1", 3, bytes.fromhex("020000000003"))
KEYS = SegmentKeysKnown(SegmentKeys(bytes(8), {1: b"k" * 32}, 1))
VERSIONS = itertools.count(1)

Body = Mapping[str, Any]


def thing(resource: Resource[Any], name: str, namespace: str = NAMESPACE, **fields: Any) -> Any:
    """Decode an object as the API server would send it."""
    metadata = {"name": name, "resourceVersion": str(next(VERSIONS)), "uid": f"uid-{name}"}
    if resource.namespaced:
        metadata["namespace"] = namespace
    labels = fields.pop("labels", None)
    return msgspec.convert({"metadata": {**metadata, "labels": labels}, **fields}, resource.struct)


def service(name: str, *addresses: str, **spec: Any) -> Any:
    """Make a LoadBalancer Service that has these addresses."""
    return thing(
        resources.SERVICES,
        name,
        "web",
        spec={"type": "LoadBalancer", "clusterIPs": ["10.96.0.1"], "ipFamilies": ["IPv4"], **spec},
        status={"loadBalancer": {"ingress": [{"ip": address} for address in addresses]}},
    )


def endpoints(service_name: str, *nodes: str) -> Any:
    """Make the slice of a Service, with a ready endpoint on each of these nodes."""
    return thing(
        resources.ENDPOINT_SLICES,
        f"{service_name}-1",
        "web",
        labels={"kubernetes.io/service-name": service_name},
        endpoints=[{"nodeName": node, "conditions": {"ready": True}} for node in nodes],
    )


def node(name: str, *, ready: str = "True") -> Any:
    """Make a node."""
    return thing(
        resources.NODES,
        name,
        labels={"kubernetes.io/hostname": name},
        status={
            "conditions": [{"type": "Ready", "status": ready}],
            "addresses": [{"type": "InternalIP", "address": "10.0.0.1"}],
        },
    )


def pool(name: str = "main", *addresses: str) -> Any:
    """Make a pool."""
    return thing(resources.POOLS, name, spec={"addresses": list(addresses) or ["192.0.2.0/24"]})


def l2(name: str = "all", **spec: Any) -> Any:
    """Make an L2Advertisement."""
    return thing(resources.L2_ADVERTISEMENTS, name, spec=spec)


def bgp(name: str = "all", **spec: Any) -> Any:
    """Make a BGPAdvertisement."""
    return thing(resources.BGP_ADVERTISEMENTS, name, spec=spec)


def peer(name: str = "p", address: str = "10.0.1.1", **spec: Any) -> Any:
    """Make a BGPPeer."""
    return thing(resources.BGP_PEERS, name, spec={"myASN": 64512, "peerASN": 64513, "peerAddress": address, **spec})


PLAIN: tuple[Any, ...] = (
    service("s", "192.0.2.1"),
    endpoints("s", "a"),
    node("a"),
    pool(),
    l2(),
)


class FakeWire:
    """A process on the wire that is alone on its segments: what it may answer for, it answers for at once.

    Args:
        broken: interfaces that cannot be opened.
    """

    def __init__(self, node: str) -> None:
        self.broken: set[str] = set()
        self.orders: list[Orders] = []
        self.answering: dict[IPAddress, frozenset[str]] = {}
        self._node = node

    def take(self, orders: Orders) -> None:
        """Take orders."""
        self.orders.append(orders)

    def report(self) -> Report:
        """Say what the last orders lead to."""
        last = self.orders[-1]
        there = {place.name: interface_of(place) for place in last.interfaces if place.name not in self.broken}
        stations = {name: there[name] for name in last.stations if name in there}
        before, self.answering = self.answering, {}
        if last.keys is not None:
            for address, candidates in candidates_of(last.rules, last.addresses).items():
                names = frozenset(
                    name
                    for name, each in stations.items()
                    if candidates.allows(self._node, name) and address.version in each.families
                )
                if names:
                    self.answering[address] = names
        held = [
            Held(name, address.packed, 0, "NotEligible")
            for address, names in before.items()
            for name in names - self.answering.get(address, frozenset())
        ]
        held += [
            Held(name, address.packed, 1)
            for address, names in self.answering.items()
            for name in names - before.get(address, frozenset())
        ]
        return Report(phases=dict.fromkeys(stations, int(Phase.READY)), held=tuple(held))


@dataclass
class FakeEngine:
    """Collects what is submitted."""

    batches: list[tuple[int, tuple[BgpAction, ...]]] = field(default_factory=list)
    needs: int = 0

    def need(self) -> None:
        """Count it."""
        self.needs += 1

    def submit(self, listed: int, actions: tuple[BgpAction, ...]) -> None:
        """Take a batch."""
        self.batches.append((listed, actions))


class World:
    """A speaker on node `a`, and everything around it."""

    def __init__(self, *, has_engine: bool = False, settings: Settings | None = None) -> None:
        self.wire = FakeWire("a")
        self.engine = FakeEngine()
        self.told: list[EventRecord] = []
        self.shown: list[tuple[str, ...]] = []
        self.now_s = 0.0
        self.shown_bgp: list[tuple[Mapping[str, Wanted], Mapping[str, Wanted]]] = []
        self.shown_layer2: list[tuple[Mapping[str, Wanted], frozenset[str]]] = []
        self.secrets: frozenset[str] = frozenset()
        self.router_interfaces: frozenset[str] = frozenset()
        counters = Counters()
        self.state = State("a", counters, Segments("a", counters))
        self.speaker = Speaker(
            settings or Settings("a"),
            self.state,
            order=self.wire.take,
            engine=self.engine if has_engine else None,
            tell=self.told.append,
            show=self.shown.append,
            show_bgp=lambda services, sessions: self.shown_bgp.append((services, sessions)),
            show_layer2=lambda services, alive: self.shown_layer2.append((services, alive)),
            want_routers=lambda names: setattr(self, "router_interfaces", names),
            want_secrets=lambda names: setattr(self, "secrets", names),
            now=lambda: self.now_s,
        )

    def put(self, *events: InboxEvent) -> None:
        """Let events come in together, the loop decide once, and once more with what the wire says to that."""
        for event in events:
            self.speaker.take(event)
        if self.speaker.is_dirty:
            self.speaker.act()
            if self.wire.orders:
                self.speaker.take(self.wire.report())
            if self.speaker.is_dirty:
                self.speaker.act()

    def begin(self, *objects: Any, interfaces: tuple[Interface, ...] = (ETH0,)) -> None:
        """List these objects, and the interfaces."""
        self.put(*listings(*objects), InterfacesChanged(interfaces), KEYS)

    def change(self, *objects: Any) -> None:
        """Add or modify objects."""
        self.put(*(Changed(resource_of(each), each) for each in objects))

    def delete(self, *objects: Any) -> None:
        """Delete objects."""
        self.put(*(Deleted(resource_of(each), each) for each in objects))

    def engine_up(self, holds: Bgp | None = None, listing: int = 1) -> None:
        """Let the engine answer."""
        self.put(EngineUp(listing, holds or Bgp(), frozenset()))

    def engine_obeys(self) -> tuple[BgpAction, ...]:
        """Let the engine carry out the last batch."""
        _, actions = self.engine.batches[-1]
        self.put(Applied(actions))
        return actions

    @property
    def announced(self) -> list[str]:
        """The addresses answered for."""
        return sorted(str(address) for address in self.wire.answering)


def resource_of(item: Any) -> Resource[Any]:
    """Find the resource of an object."""
    return next(each for each in PARSERS if type(item) is each.struct)


def listings(*objects: Any) -> tuple[Listed, ...]:
    """List each resource once, with those of the objects that are of it."""
    return tuple(
        Listed(resource, tuple(each for each in objects if resource_of(each) is resource)) for resource in PARSERS
    )
