"""What the speaker knows of the cluster: watch events in, a snapshot out.

Every object is parsed when it arrives. One that cannot be used keeps its last usable state, so that a slip in one
object changes nothing else; one that never was usable is left out. The same goes for objects that are fine by
themselves and clash with others. Nothing is decided before everything was listed once.
Source: MetalLB keeps its last good configuration as a whole; here each object keeps its own.

Pure.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Final, TypeAlias

from lbkit.errors import InputError
from lbkit.kube import resources
from lbkit.kube.resources import Resource
from lbkit.kube.watch import Changed, Deleted, Listed, WatchEvent
from lbkit.model import config, parse
from lbkit.model.objects import Object
from lbkit.model.selectors import any_matches
from lbkit.model.views import Config, EndpointSlice, Key, Node, Peer, Service, Snapshot

PARSERS: Final[Mapping[Resource[Any], Callable[[Any], Any]]] = {
    resources.SERVICES: parse.service,
    resources.ENDPOINT_SLICES: parse.endpoint_slice,
    resources.NODES: parse.node,
    resources.POOLS: parse.pool,
    resources.L2_ADVERTISEMENTS: parse.l2_advertisement,
    resources.BGP_ADVERTISEMENTS: parse.bgp_advertisement,
    resources.BGP_PEERS: parse.peer,
    resources.BFD_PROFILES: parse.bfd_profile,
    resources.COMMUNITIES: parse.communities,
}
"""What must be listed before anything is decided, and how each is read."""

CONFIGURATION: Final = frozenset(PARSERS) - {resources.SERVICES, resources.ENDPOINT_SLICES, resources.NODES}

CONFIGURATION_KINDS: Final = frozenset(resource.kind for resource in CONFIGURATION)

_Chosen: TypeAlias = dict[str, dict[str, Any]]  # {kind: {name: view}}

HARMLESS: Final = frozenset({("BGPPeer", "spec.myASN")})
"""Problems that are none for this engine: GoBGP's sessions each name their own local ASN."""


class Picture:
    """All objects as views.

    Args:
        k8s_node: this node's name; peers that do not select it are not looked at.
        load_balancer_class: the only class of Services to look at; None for those without one.
    """

    def __init__(self, k8s_node: str, load_balancer_class: str | None) -> None:
        self._me = k8s_node
        self._class = load_balancer_class
        self._views: dict[Resource[Any], dict[Key, Any]] = {resource: {} for resource in PARSERS}
        self._listed: set[Resource[Any]] = set()
        self._slices: dict[Key, dict[Key, EndpointSlice]] = {}
        self._passwords: dict[str, str] = {}
        self._unread: dict[tuple[str, Key], str] = {}
        self._good: dict[tuple[str, str], Any] = {}
        self._config: Config | None = None
        self._clashes: dict[tuple[str, str], str] = {}
        self.problems: dict[tuple[str, str], str] = {}
        """{(kind, name): what is wrong with it}, as of the last snapshot (`namespace/name` for a Service)."""

    def missing(self) -> tuple[str, ...]:
        """Name the resources that were not listed yet."""
        return tuple(str(resource) for resource in PARSERS if resource not in self._listed)

    def take(self, event: WatchEvent) -> bool:
        """Take in what a watch says; return whether a decision may come out differently."""
        resource = event.resource
        if resource not in PARSERS:
            return False
        is_changed = False
        match event:
            case Listed(_, objects, garbled):
                is_changed = resource not in self._listed
                self._listed.add(resource)
                kept = {_key(item) for item in objects} | garbled
                for key in [key for key in self._views[resource] if key not in kept]:
                    is_changed |= self._set(resource, key, None)
                gone = [each for each in self._unread if each[0] == resource.kind and each[1] not in kept]
                for each in gone:
                    del self._unread[each]
                for item in objects:
                    is_changed |= self._read(resource, item)
            case Changed(_, item):
                is_changed = self._read(resource, item)
            case Deleted(_, item):
                was_unread = self._unread.pop((resource.kind, _key(item)), None) is not None
                is_changed = self._set(resource, _key(item), None) or was_unread
        return is_changed

    def snapshot(self) -> Snapshot:
        """Give what is known, with a configuration that is usable as a whole."""
        if self._config is None:
            self._config = self._build()
        peers = tuple(self._with_password(peer) for peer in self._config.peers)
        unread = {(kind, _shown(kind, key)): text for (kind, key), text in self._unread.items()}
        self.problems = {**self._clashes, **unread}
        return Snapshot(
            config=replace(self._config, peers=peers),
            services=self._views[resources.SERVICES],
            slices={key: tuple(pieces.values()) for key, pieces in self._slices.items()},
            nodes={key.name: node for key, node in self._views[resources.NODES].items()},
        )

    def secrets(self) -> frozenset[str]:
        """Name the Secrets that peers of this node take their password from."""
        return frozenset(peer.password_secret for peer in self._my_peers().values() if peer.password_secret)

    def waiting_peers(self) -> tuple[str, ...]:
        """Name the peers whose Secret was not listed yet."""
        return tuple(
            peer.name
            for peer in self._my_peers().values()
            if peer.password_secret and peer.password_secret not in self._passwords
        )

    def set_password(self, secret: str, password: str) -> bool:
        """Take in a Secret's password, empty if there is none; return whether that is news."""
        if self._passwords.get(secret) == password:
            return False
        self._passwords[secret] = password
        return True

    def _read(self, resource: Resource[Any], item: Object) -> bool:
        """Parse one object; where that fails, what was known of it stays."""
        key = _key(item)
        try:
            view = PARSERS[resource](item)
        except InputError as err:
            text = str(err)
        except Exception as err:  # noqa: BLE001  # a slip in one parser must not silence all other Services
            text = f"{type(err).__name__}: {err}"
        else:
            was_unread = self._unread.pop((resource.kind, key), None) is not None
            return self._set(resource, key, view) or was_unread
        is_news = self._unread.get((resource.kind, key)) != text
        self._unread[resource.kind, key] = text
        return is_news

    def _set(self, resource: Resource[Any], key: Key, view: Any) -> bool:
        """Put a view in its place, or take it away (None); return whether that changes anything here."""
        if resource == resources.SERVICES and view is not None and not self._is_ours(view):
            view = None
        views = self._views[resource]
        before = views.get(key)
        if view is None:
            views.pop(key, None)
        else:
            views[key] = view
        if resource == resources.ENDPOINT_SLICES:
            return self._set_slice(key, before, view)
        if _essence(before) == _essence(view):
            return False
        if resource in CONFIGURATION or (resource == resources.NODES and key.name == self._me):
            self._config = None
        return True

    def _is_ours(self, service: Service) -> bool:
        return service.is_load_balancer and service.load_balancer_class == self._class

    def _set_slice(self, key: Key, before: EndpointSlice | None, after: EndpointSlice | None) -> bool:
        if before == after:
            return False
        for piece in (before, after):
            if piece is not None:
                self._slices.setdefault(piece.service, {})
        if before is not None:
            self._slices[before.service].pop(key, None)
        if after is not None:
            self._slices[after.service][key] = after
        services = {piece.service for piece in (before, after) if piece is not None}
        for service in services:
            if not self._slices[service]:
                del self._slices[service]
        return any(service in self._views[resources.SERVICES] for service in services)

    def _my_peers(self) -> dict[str, Peer]:
        """{name: peer} of those that select this node, as last read."""
        node: Node | None = self._views[resources.NODES].get(Key("", self._me))
        labels = node.labels if node else {}
        peers: dict[Key, Peer] = self._views[resources.BGP_PEERS]
        return {peer.name: peer for peer in peers.values() if any_matches(peer.node_selectors, labels)}

    def _with_password(self, peer: Peer) -> Peer:
        password = self._passwords.get(peer.password_secret, "") if peer.password_secret else ""
        return replace(peer, password=password) if password else peer

    def _build(self) -> Config:
        """Put the configuration together; what clashes goes back to its last good state, or out.

        What is new or changed gives way to what was good before, whichever is named in the problem: nobody's mistake
        of today takes away what worked yesterday.
        """
        chosen: _Chosen = {
            "IPAddressPool": self._named(resources.POOLS),
            "L2Advertisement": self._named(resources.L2_ADVERTISEMENTS),
            "BGPAdvertisement": self._named(resources.BGP_ADVERTISEMENTS),
            "BGPPeer": self._my_peers(),
            "BFDProfile": self._named(resources.BFD_PROFILES),
        }
        built, problems = self._check(chosen)
        clashes: dict[tuple[str, str], str] = {}
        if problems and self._good:
            chosen, clashes = self._one_by_one(chosen)
            built, problems = self._check(chosen)
        while problems:
            clashes |= problems
            for kind, name in problems:
                del chosen[kind][name]
            built, problems = self._check(chosen)
        self._clashes = clashes
        self._good = {(kind, name): view for kind, views in chosen.items() for name, view in views.items()}
        return built

    def _one_by_one(self, wished: _Chosen) -> tuple[_Chosen, dict[tuple[str, str], str]]:
        """Start from what was good, and let in what is new or changed where that makes no new problem.

        Returns:
            What to use, and what is wrong with each object that is not used as written.
        """
        chosen: _Chosen = {
            kind: {name: self._good[kind, name] for name in views if (kind, name) in self._good}
            for kind, views in wished.items()
        }
        _, known = self._check(chosen)
        waiting = [
            (kind, name)
            for kind, views in wished.items()
            for name, view in views.items()
            if self._good.get((kind, name)) != view
        ]
        clashes: dict[tuple[str, str], str] = {}
        is_moving = True
        while waiting and is_moving:  # one may make room for another, whatever their order
            is_moving = False
            for kind, name in tuple(waiting):
                trial = {**chosen, kind: {**chosen[kind], name: wished[kind][name]}}
                _, problems = self._check(trial)
                if fresh := problems.keys() - known.keys():
                    clashes[kind, name] = problems[min(fresh)]
                    continue
                chosen, known = trial, problems
                clashes.pop((kind, name), None)
                waiting.remove((kind, name))
                is_moving = True
        return chosen, clashes

    def _check(self, chosen: _Chosen) -> tuple[Config, dict[tuple[str, str], str]]:
        """Put objects together; return {(kind, name): what is wrong with it} of those that may not stay."""
        built, problems = config.build(
            pools=chosen["IPAddressPool"].values(),
            l2_advertisements=chosen["L2Advertisement"].values(),
            bgp_advertisements=chosen["BGPAdvertisement"].values(),
            peers=chosen["BGPPeer"].values(),
            bfd_profiles=chosen["BFDProfile"].values(),
            communities=[pair for pairs in self._views[resources.COMMUNITIES].values() for pair in pairs],
        )
        return built, {
            (each.kind, each.name): f"{each.path}: {each.message}"
            for each in problems
            if each.name in chosen.get(each.kind, {}) and (each.kind, each.path) not in HARMLESS
        }

    def _named(self, resource: Resource[Any]) -> dict[str, Any]:
        return {key.name: view for key, view in self._views[resource].items()}


def _shown(kind: str, key: Key) -> str:
    return key.name if kind in CONFIGURATION_KINDS or not key.namespace else str(key)


def _key(item: Object) -> Key:
    return Key(item.metadata.namespace, item.metadata.name)


def _essence(view: Any) -> Any:
    """Leave out of a Service what no announcement depends on, as it changes with every write."""
    if isinstance(view, Service):
        return replace(view, resource_version="", generation=0, conditions=(), annotations={})
    return view
