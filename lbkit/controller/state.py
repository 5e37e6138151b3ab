"""What the controller knows: Services, nodes, namespaces, configuration, the book, and who must be decided for.

It changes only by events from the inbox, in their order, so that a recorded inbox gives the same state again.

Pure.
"""

from collections.abc import Iterator
from typing import Final

from lbkit.allocator.book import Book
from lbkit.allocator.deprecated import newly_deprecated
from lbkit.allocator.ours import is_ours
from lbkit.allocator.pools import Pools
from lbkit.controller.configuration import CONFIGURATION_RESOURCES, Configuration
from lbkit.controller.quarantine import remembered
from lbkit.errors import InputError
from lbkit.kube.resources import NAMESPACES, NODES, POOLS, SERVICE_CIDRS, SERVICES, Resource
from lbkit.kube.watch import Changed, Deleted, Listed, WatchEvent
from lbkit.model import objects, parse
from lbkit.model.objects import Object
from lbkit.model.used_networks import UsedNetwork, cluster_addresses, node_networks, service_networks
from lbkit.model.versions import is_older
from lbkit.model.views import IPAddress, IPNetwork, Key, Namespace, Node, Service

RESOURCES: Final[tuple[Resource[Object], ...]] = (
    SERVICES,
    NAMESPACES,
    NODES,
    SERVICE_CIDRS,
    *CONFIGURATION_RESOURCES,
)
OPTIONAL: Final = frozenset({SERVICE_CIDRS})
"""Kinds that an API server need not have. ServiceCIDR is served from Kubernetes 1.33 on; without it, the cluster
addresses in use stand for the network they come from."""


class State:
    """Everything the loop owns.

    Attributes:
        services: ours only.
        pools: objects as they are, for their status.
        is_whole: whether everybody's hold is in the book; not so in the midst of deciding.
        dirty: Services to decide for.
        unread: kind, name and reason of objects that could not be read and stay as last known; the loop empties it.
        deprecated: Services that have begun to use a deprecated annotation, with its name; the loop empties it.
    """

    def __init__(self, namespace: str, lb_class: str = "") -> None:
        self.namespace = namespace
        self.lb_class = lb_class
        self.configuration = Configuration()
        self.book = Book()
        self.is_whole = True
        self.services: dict[Key, Service] = {}
        self.pools: dict[str, objects.Pool] = {}
        self.nodes: dict[str, Node] = {}
        self.namespaces: dict[str, Namespace] = {}
        self.dirty: set[Key] = set()
        self.unread: list[tuple[str, Key, str]] = []
        self.deprecated: list[tuple[Service, str]] = []
        self._cluster_ips: dict[Key, tuple[IPAddress, ...]] = {}
        self._service_networks: dict[str, tuple[IPNetwork, ...]] = {}
        self._missing = {resource.kind for resource in RESOURCES}
        self._must_check = True
        self._is_restored = False

    def missing(self) -> tuple[str, ...]:
        """Give the kinds that have not been listed yet; nothing is decided before it is empty."""
        return tuple(sorted(self._missing))

    def take(self, event: WatchEvent) -> None:
        """Enter one watch event."""
        kind = event.resource.kind
        if kind == SERVICES.kind:
            self._take_services(event)
        elif kind == NAMESPACES.kind:
            self._take_namespaces(event)
        elif kind == NODES.kind:
            self._take_nodes(event)
        elif kind == SERVICE_CIDRS.kind:
            self._take_service_cidrs(event)
        else:
            self._take_configuration(event)
        if isinstance(event, Listed):
            self._missing.discard(kind)

    def see(self, item: objects.Service) -> None:
        """Enter a Service as the API server has just shown it, unless that or something newer is known."""
        key = Key(item.metadata.namespace, item.metadata.name)
        known = self.services.get(key)
        version = item.metadata.resource_version
        if known is not None and version and not is_older(known.resource_version, version):
            return
        try:
            view = parse.service(item)
        except InputError as err:
            self.unread.append((SERVICES.kind, key, str(err)))
            return
        self._note_cluster_ips(key, view.cluster_ips)
        if known is not None and known.uid != view.uid:
            self.book.release(key)
        # A Service that is ours no more may still hold something; then it is decided for once more, to clear it.
        if is_ours(view, self.lb_class) or (key in self.services and not view.is_load_balancer):
            self.deprecated += [(view, name) for name in newly_deprecated(known, view)]
            self.services[key] = view
            self.book.see(key, view.ingress)
            self.dirty.add(key)
        else:
            self.forget(key)

    def forget(self, key: Key) -> None:
        """Drop a Service that is gone, or not ours any more."""
        if self.services.pop(key, None) is not None:
            self.dirty.add(key)  # so that whoever remembers something of it forgets it too
        self.book.release(key)

    def start_over(self) -> None:
        """Forget everything that was decided: who leads from now on finds it on the Services, or decides anew."""
        self.book = Book(self.book.pools)
        self._is_restored = False
        self.dirty = set(self.services)

    def check_again(self) -> None:
        """Check the configuration at the next opportunity, also where nothing of it has changed."""
        self._must_check = True

    def apply_configuration(self) -> bool:
        """Check the configuration if anything in it has changed, and put its pools in force.

        Returns:
            Whether it was checked.
        """
        if not self._must_check:
            return False
        self._must_check = False
        before = self.configuration.pools
        self.configuration.check(self._networks(), self.nodes.values(), self.namespace)
        if self.configuration.pools is not None and self.configuration.pools != before:
            self.book.use_pools(Pools(self.configuration.pools))
            self.dirty |= set(self.services)
        return True

    def tick(self, now_s: float) -> None:
        """Let time pass; called before each decision, with pools in force.

        The first time, what rested before this process decided anything rests on: the pools' statuses tell.

        Args:
            now_s: seconds since 1970-01-01 UTC.
        """
        self.book.tick(now_s)
        if not self._is_restored:
            self._is_restored = True
            self.book.restore(remembered(self.pools.values()))

    def _take_services(self, event: WatchEvent) -> None:
        match event:
            case Listed():
                there = {Key(item.metadata.namespace, item.metadata.name) for item in event.objects} | event.garbled
                for key in [key for key in {**self._cluster_ips, **self.services} if key not in there]:
                    self._note_cluster_ips(key, ())
                    self.forget(key)
                for item in event.objects:
                    assert isinstance(item, objects.Service)
                    self.see(item)
            case Changed(object=objects.Service() as item):
                self.see(item)
            case Deleted():
                key = Key(event.object.metadata.namespace, event.object.metadata.name)
                known = self.services.get(key)
                # A deletion may be told after its successor of the same name was seen.
                if known is None or known.uid == event.object.metadata.uid:
                    self._note_cluster_ips(key, ())
                    self.forget(key)

    def _take_namespaces(self, event: WatchEvent) -> None:
        before = dict(self.namespaces)
        if isinstance(event, Listed):
            self.namespaces.clear()
        for item, is_there in _each(event):
            if is_there:
                assert isinstance(item, objects.Namespace)
                self.namespaces[item.metadata.name] = parse.namespace(item)
            else:
                self.namespaces.pop(item.metadata.name, None)
        changed = {name for name in {*before, *self.namespaces} if before.get(name) != self.namespaces.get(name)}
        self.dirty |= {key for key in self.services if key.namespace in changed}

    def _take_nodes(self, event: WatchEvent) -> None:
        before = dict(self.nodes)
        if isinstance(event, Listed):
            self.nodes.clear()
        for item, is_there in _each(event):
            name = item.metadata.name
            if not is_there:
                self.nodes.pop(name, None)
                continue
            assert isinstance(item, objects.Node)
            try:
                self.nodes[name] = parse.node(item)
            except InputError as err:
                self.unread.append((NODES.kind, Key("", name), str(err)))
        if node_networks(before.values()) != node_networks(self.nodes.values()):
            self._must_check = True

    def _take_service_cidrs(self, event: WatchEvent) -> None:
        before = dict(self._service_networks)
        if isinstance(event, Listed):
            kept = {key.name for key in event.garbled}
            self._service_networks = {name: found for name, found in before.items() if name in kept}
        for item, is_there in _each(event):
            name = item.metadata.name
            if not is_there:
                self._service_networks.pop(name, None)
                continue
            assert isinstance(item, objects.ServiceCIDR)
            try:
                self._service_networks[name] = parse.service_cidr(item)
            except InputError as err:
                self.unread.append((SERVICE_CIDRS.kind, Key("", name), str(err)))
        if before != self._service_networks:
            self._must_check = True

    def _note_cluster_ips(self, key: Key, addresses: tuple[IPAddress, ...]) -> None:
        """Remember a Service's cluster addresses; an empty tuple forgets it.

        They concern a pool only where they are in it, or were: then a pool may be refused because of them.
        """
        before = self._cluster_ips.pop(key, ())
        if addresses:
            self._cluster_ips[key] = addresses
        if before != addresses and not self._service_networks:
            is_in_pool = any(self.book.pools.of(address) is not None for address in addresses)
            self._must_check = self._must_check or is_in_pool or self.configuration.is_stale

    def _take_configuration(self, event: WatchEvent) -> None:
        for item, is_there in _each(event) if event.resource.kind == POOLS.kind else ():
            if not is_there:
                self.pools.pop(item.metadata.name, None)
            elif isinstance(item, objects.Pool):
                self.pools[item.metadata.name] = item
        if isinstance(event, Listed) and event.resource.kind == POOLS.kind:
            there = {item.metadata.name for item in event.objects} | {key.name for key in event.garbled}
            self.pools = {name: item for name, item in self.pools.items() if name in there}
        if self.configuration.take(event):
            self._must_check = True

    def _networks(self) -> Iterator[UsedNetwork]:
        yield from node_networks(self.nodes.values())
        if self._service_networks:
            for _, networks in sorted(self._service_networks.items()):
                yield from service_networks(networks)
        else:
            yield from cluster_addresses(self._cluster_ips)


def _each(event: WatchEvent) -> Iterator[tuple[Object, bool]]:
    """Give every object of an event and whether it is there."""
    match event:
        case Listed():
            for item in event.objects:
                yield item, True
        case Changed():
            yield event.object, True
        case Deleted():
            yield event.object, False
