"""What there is, of one cluster or of some files: objects as they were read, and the views of those that can be used.

The same rules answer for both: what `lbkit validate` says of a file is what the controller would say of the cluster.
An object that cannot be read takes part as a problem, not as a view.

Pure.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar

import msgspec

from lbkit.errors import InputError, Problem
from lbkit.model import objects, parse
from lbkit.model.config import ConfigProblem, build
from lbkit.model.used_networks import UsedNetwork, cluster_addresses, node_networks, service_networks
from lbkit.model.views import (
    BFDProfile,
    BGPAdvertisement,
    Config,
    EndpointSlice,
    Key,
    L2Advertisement,
    Namespace,
    Node,
    Peer,
    Pool,
    Service,
)
from lbkit.operator.fields import Json

V = TypeVar("V")

POOL: Final = "IPAddressPool"
L2_ADVERTISEMENT: Final = "L2Advertisement"
BGP_ADVERTISEMENT: Final = "BGPAdvertisement"
BGP_PEER: Final = "BGPPeer"
BFD_PROFILE: Final = "BFDProfile"
COMMUNITY: Final = "Community"
BGP_SESSION_STATE: Final = "BGPSessionState"
SERVICE_CIDR: Final = "ServiceCIDR"

CONFIGURATION: Final = (POOL, L2_ADVERTISEMENT, BGP_ADVERTISEMENT, BGP_PEER, BFD_PROFILE, COMMUNITY)
"""Kinds that operators write, in the order in which one uses the other."""

_NOT_YET: Final = "9999-12-31T23:59:59Z"

HARMLESS: Final = frozenset({(BGP_PEER, "spec.myASN")})
"""Problems that are none for the engine in use: GoBGP's sessions each name their own local ASN."""

_READERS: Final[Mapping[str, tuple[type[Any], Callable[[Any], object]]]] = {  # Any: each reads its own struct
    POOL: (objects.Pool, parse.pool),
    L2_ADVERTISEMENT: (objects.L2Advertisement, parse.l2_advertisement),
    BGP_ADVERTISEMENT: (objects.BGPAdvertisement, parse.bgp_advertisement),
    BGP_PEER: (objects.BGPPeer, parse.peer),
    BFD_PROFILE: (objects.BFDProfile, parse.bfd_profile),
    COMMUNITY: (objects.Community, parse.communities),
    "Service": (objects.Service, parse.service),
    "EndpointSlice": (objects.EndpointSlice, parse.endpoint_slice),
    "Node": (objects.Node, parse.node),
    "Namespace": (objects.Namespace, parse.namespace),
    SERVICE_CIDR: (objects.ServiceCIDR, parse.service_cidr),
}


@dataclass(frozen=True, slots=True)
class Inventory:
    """Objects and views.

    Args:
        raw: {kind: {namespace and name: object}}.
        views: {kind: {namespace and name: view}} of those that can be read.
        unread: what is wrong with those that cannot, by object.
    """

    raw: Mapping[str, Mapping[Key, Json]] = field(default_factory=dict)
    views: Mapping[str, Mapping[Key, Any]] = field(default_factory=dict)
    unread: tuple[ConfigProblem, ...] = ()

    def objects(self, kind: str) -> Mapping[Key, Json]:
        """Give the objects of a kind as they were read."""
        return self.raw.get(kind, {})

    def object(self, kind: str, name: str) -> Json:
        """Give the object of a configuration kind by its name; None if there is none."""
        return next((item for key, item in self.objects(kind).items() if key.name == name), None)

    def session_state(self, node: str, peer: str) -> Mapping[str, Json]:
        """Give what the speaker of a node says of its session with a BGPPeer; empty where it told nothing."""
        statuses = (item.get("status") or {} for item in self.objects(BGP_SESSION_STATE).values())
        return next((each for each in statuses if (each.get("node"), each.get("bgpPeer")) == (node, peer)), {})

    def of(self, kind: str, view: type[V]) -> dict[Key, V]:
        """Give the views of a kind."""
        return {key: item for key, item in self.views.get(kind, {}).items() if isinstance(item, view)}

    @property
    def services(self) -> dict[Key, Service]:
        """Every Service, load balancer or not."""
        return self.of("Service", Service)

    @property
    def nodes(self) -> dict[str, Node]:
        """Every node by name."""
        return {key.name: node for key, node in self.of("Node", Node).items()}

    @property
    def namespaces(self) -> dict[str, Namespace]:
        """Every namespace by name."""
        return {key.name: item for key, item in self.of("Namespace", Namespace).items()}

    @property
    def slices(self) -> dict[Key, tuple[EndpointSlice, ...]]:
        """Endpoint slices by the Service they belong to."""
        result: dict[Key, tuple[EndpointSlice, ...]] = {}
        for item in self.of("EndpointSlice", EndpointSlice).values():
            result[item.service] = (*result.get(item.service, ()), item)
        return result


def read(items: Iterable[Json]) -> Inventory:
    """Sort objects by kind and read those that lbkit has views of; of two of one name the later counts."""
    raw: dict[str, dict[Key, Json]] = {}
    for item in items:
        raw.setdefault(str(item.get("kind", "")), {})[key_of(item)] = item
    seen: dict[str, dict[Key, object]] = {}
    unread: list[ConfigProblem] = []
    for kind in _READERS:
        for key, item in raw.get(kind, {}).items():
            try:
                seen.setdefault(kind, {})[key] = _read(kind, item)
            except InputError as err:
                unread += [ConfigProblem(each.path, each.message, kind, key.name) for each in err.problems]
    return Inventory(raw, seen, tuple(unread))


def with_changes(inventory: Inventory, put: Iterable[Json], gone: Iterable[tuple[str, Key]] = ()) -> Inventory:
    """Give what there will be once some objects are written and others deleted.

    Args:
        inventory: what there is.
        put: objects to write; each takes the place of the one with its kind, namespace and name.
        gone: kind and name of those to delete.
    """
    left = set(gone)
    items = [item for kind, held in inventory.raw.items() for key, item in held.items() if (kind, key) not in left]
    return read([*items, *(_young(item) for item in put)])


def _young(item: Json) -> Json:
    """Date an object that is yet to be created: of two that clash, the younger is to blame."""
    metadata = item.get("metadata") or {}
    return {**item, "metadata": {"creationTimestamp": _NOT_YET, **metadata}}


def key_of(item: Json) -> Key:
    """Give namespace and name of an object."""
    metadata = item.get("metadata") or {}
    return Key(str(metadata.get("namespace") or ""), str(metadata.get("name") or ""))


def config_of(inventory: Inventory) -> tuple[Config, tuple[ConfigProblem, ...]]:
    """Put the configuration together.

    Returns:
        What can be read of it, and everything wrong with it: in single objects, and between them.
    """
    config, problems = build(
        pools=inventory.of(POOL, Pool).values(),
        l2_advertisements=inventory.of(L2_ADVERTISEMENT, L2Advertisement).values(),
        bgp_advertisements=inventory.of(BGP_ADVERTISEMENT, BGPAdvertisement).values(),
        peers=inventory.of(BGP_PEER, Peer).values(),
        bfd_profiles=inventory.of(BFD_PROFILE, BFDProfile).values(),
        communities=[pair for pairs in inventory.views.get(COMMUNITY, {}).values() for pair in pairs],
        networks=_used(inventory),
        nodes=inventory.nodes.values(),
    )
    own = (each for each in inventory.unread if each.kind in CONFIGURATION)
    return config, (*own, *(each for each in problems if (each.kind, each.path) not in HARMLESS))


def usable(
    inventory: Inventory, tolerated: Callable[[ConfigProblem], bool] = lambda _: False
) -> tuple[Config, tuple[ConfigProblem, ...]]:
    """Give the configuration without what is wrong in it, as who starts with it would use it.

    Args:
        inventory: what there is.
        tolerated: which problems leave their object in.

    Returns:
        What is left of it, and everything wrong with the whole.
    """
    config, problems = config_of(inventory)
    left, wrong = inventory, problems
    while blamed := {(each.kind, each.name) for each in wrong if each.name and not tolerated(each)}:
        views = {
            kind: {key: view for key, view in held.items() if (kind, key.name) not in blamed}
            for kind, held in left.views.items()
        }
        left = Inventory(left.raw, views)
        config, wrong = config_of(left)
    return config, problems


def _used(inventory: Inventory) -> tuple[UsedNetwork, ...]:
    cluster_ips = {key: service.cluster_ips for key, service in inventory.services.items()}
    ranges = service_networks(each for found in inventory.views.get(SERVICE_CIDR, {}).values() for each in found)
    # Where the range of all Services is known, its single addresses would only say the same again.
    return (*node_networks(inventory.nodes.values()), *(ranges or cluster_addresses(cluster_ips)))


def _read(kind: str, item: Json) -> object:
    """Read one object.

    Raises:
        InputError: it has the wrong shape, or breaks a rule of its kind.
    """
    struct, parser = _READERS[kind]
    try:
        return parser(msgspec.convert(item, struct))
    except msgspec.ValidationError as err:
        message, _, path = str(err).partition(" - at `$.")
        raise InputError(Problem(path.removesuffix("`"), message)) from err
