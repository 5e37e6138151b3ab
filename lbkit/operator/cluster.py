"""All that is known of one cluster at one instant: configuration, components, what they say, what could not be read.

Pure.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

import msgspec
from prometheus_client.parser import text_string_to_metric_families

from lbkit.errors import InputError
from lbkit.model import objects, parse
from lbkit.model.names import DEFAULT_NAMESPACE
from lbkit.model.views import Config, Key, Peer, Service, Snapshot
from lbkit.operator import components
from lbkit.operator.components import Components
from lbkit.operator.fields import Json, found
from lbkit.operator.inventory import Inventory, read
from lbkit.operator.speaker_report import Owned, SpeakerReport

ABSENT: Final = "absent"
"""In place of a Secret's type: it was looked for, and is not there."""

_OTHERS: Final = (
    "Deployment",
    "DaemonSet",
    "Pod",
    "ServiceL2Status",
    "ServiceBGPStatus",
    "ConfigurationState",
    "Event",
    "Lease",
)
"""Kinds that lbkit has no views of."""


@dataclass(frozen=True, slots=True)
class Announcement:
    """What somebody says is announced.

    Args:
        protocol: `layer2` or `bgp`.
        peers: names of BGPPeers; empty where they are not told.
        interfaces: empty for all, or where they are not told.
    """

    service: Key
    k8s_node: str
    protocol: str
    peers: tuple[str, ...] = ()
    interfaces: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class EventNote:
    """One v1 Event about a Service; `at` is the API's own time."""

    reason: str
    message: str
    source: str
    at: str
    is_warning: bool


@dataclass(frozen=True, slots=True)
class Cluster:
    """What is known.

    Args:
        namespace: of the configuration and the components.
        missing: kinds that the API server does not know.
        reports: {k8s node: what its speaker's metrics tell}; without those that did not answer.
        statuses: what ServiceL2Status and ServiceBGPStatus objects say.
        states: {component: problems}, as the ConfigurationStates say; no problems for a valid one.
        secrets: {Secret: why it gives no password, empty if it does}; without those that could not be read.
        events: of the Service in question, oldest first.
        leases: Leases of the namespace, as they are.
        unread: what could not be read, and why.
    """

    inventory: Inventory = field(default_factory=Inventory)
    components: Components = field(default_factory=Components)
    namespace: str = DEFAULT_NAMESPACE
    missing: frozenset[str] = frozenset()
    reports: Mapping[str, SpeakerReport] = field(default_factory=dict)
    statuses: tuple[Announcement, ...] = ()
    states: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    secrets: Mapping[str, str] = field(default_factory=dict)
    events: tuple[EventNote, ...] = ()
    leases: tuple[Json, ...] = ()
    unread: tuple[str, ...] = ()

    @property
    def lb_class(self) -> str:
        """The loadBalancerClass that the controller serves; empty for Services without one."""
        return self.components.controller.argument("--lb-class")

    def is_served(self, service: Service) -> bool:
        """Whether a Service is for this installation."""
        return service.is_load_balancer and (service.load_balancer_class or "") == self.lb_class


def snapshot(cluster: Cluster, config: Config, services: Mapping[Key, Service]) -> Snapshot:
    """Give what a speaker would decide on.

    Args:
        cluster: what is known.
        config: what is usable of the configuration.
        services: those to decide for.
    """
    peers = tuple(_with_password(peer, cluster.secrets) for peer in config.peers)
    there = cluster.inventory
    return Snapshot(replace(config, peers=peers), services, there.slices, there.nodes, there.namespaces)


def _with_password(peer: Peer, secrets: Mapping[str, str]) -> Peer:
    """Give a peer a password if its Secret has one, or may have one: which, nobody here needs to know."""
    is_there = peer.password_secret and not secrets.get(peer.password_secret, "")
    return replace(peer, password="***") if is_there else peer  # noqa: S106  # no password


def assemble(
    items: Iterable[Json],
    *,
    namespace: str = DEFAULT_NAMESPACE,
    metrics: Mapping[str, str] | None = None,
    missing: Iterable[str] = (),
    unread: Iterable[str] = (),
) -> Cluster:
    """Put together what was read.

    Args:
        items: objects of all kinds; of Secrets only those that peers name, of Events only those of one Service.
        namespace: of the configuration and the components.
        metrics: {k8s node: text of its speaker's metrics}.
        missing: kinds that the API server does not know.
        unread: what could not be read, and why.
    """
    inventory = read(items)
    of = {kind: tuple(inventory.objects(kind).values()) for kind in _OTHERS}
    return Cluster(
        inventory=inventory,
        components=components.read((*of["Deployment"], *of["DaemonSet"]), of["Pod"]),
        namespace=namespace,
        missing=frozenset(missing),
        reports={node: speaker_report(text) for node, text in (metrics or {}).items()},
        statuses=tuple(announcement(item) for item in (*of["ServiceL2Status"], *of["ServiceBGPStatus"])),
        states=dict(state(item) for item in of["ConfigurationState"]),
        secrets={key.name: _secret_problem(item) for key, item in inventory.objects("Secret").items()},
        events=events(of["Event"]),
        leases=of["Lease"],
        unread=tuple(unread),
    )


def no_secret(name: str, namespace: str) -> Json:
    """Give what stands for a Secret that is looked for and not there."""
    return {"kind": "Secret", "metadata": {"name": name, "namespace": namespace}, "type": ABSENT}


def _secret_problem(item: Json) -> str:
    """Say why a Secret gives no password; empty if it does."""
    name = found(item, ("metadata", "name"))
    if item.get("type") == ABSENT:
        return f"there is no Secret {name}"
    try:
        parse.secret_password(msgspec.convert(item, objects.Secret))
    except InputError as err:
        return f"Secret {name}: {err}"
    return ""


def speaker_report(text: str) -> SpeakerReport:
    """Read a speaker's metrics, lbkit's or MetalLB's."""
    announced: set[tuple[Key, str]] = set()
    sessions: dict[str, bool] = {}
    is_engine_up: bool | None = None
    owned: dict[tuple[str, str], dict[str, float]] = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            match sample.name:
                case "metallb_speaker_announced" if sample.value:
                    namespace, _, name = sample.labels.get("service", "").partition("/")
                    announced.add((Key(namespace, name), sample.labels.get("protocol", "")))
                case "metallb_bgp_session_up":
                    sessions[sample.labels.get("peer", "")] = bool(sample.value)
                case "lbkit_bgp_engine_up":
                    is_engine_up = bool(sample.value)
                case "lbkit_layer2_term" | "lbkit_layer2_owner_since_seconds":
                    place = sample.labels.get("ip", ""), sample.labels.get("interface", "")
                    owned.setdefault(place, {})[sample.name] = sample.value
    return SpeakerReport(frozenset(announced), sessions, is_engine_up, _owned(owned))


def _owned(samples: Mapping[tuple[str, str], Mapping[str, float]]) -> dict[str, tuple[Owned, ...]]:
    found: dict[str, tuple[Owned, ...]] = {}
    for (address, interface), values in sorted(samples.items()):
        term, since_s = values.get("lbkit_layer2_term", 0), values.get("lbkit_layer2_owner_since_seconds", 0)
        found[address] = (*found.get(address, ()), Owned(interface, int(term), since_s))
    return found


def announcement(item: Json) -> Announcement:
    """Read a ServiceL2Status or ServiceBGPStatus."""
    status = item.get("status") or {}
    key = Key(str(status.get("serviceNamespace", "")), str(status.get("serviceName", "")))
    interfaces = tuple(str(each.get("name")) for each in status.get("interfaces") or ())
    protocol = "layer2" if item["kind"] == "ServiceL2Status" else "bgp"
    return Announcement(key, str(status.get("node", "")), protocol, tuple(status.get("peers") or ()), interfaces)


def events(items: Iterable[Json]) -> tuple[EventNote, ...]:
    """Read Events, oldest first."""
    notes = [
        EventNote(
            reason=str(item.get("reason") or ""),
            message=str(item.get("message") or ""),
            source=str(found(item, ("source", "host")) or found(item, ("source", "component")) or ""),
            at=str(item.get("lastTimestamp") or item.get("eventTime") or ""),
            is_warning=item.get("type") == "Warning",
        )
        for item in items
    ]
    return tuple(sorted(notes, key=lambda note: note.at))


def state(item: Json) -> tuple[str, tuple[str, ...]]:
    """Read a ConfigurationState: component, and its problems."""
    status = item.get("status") or {}
    is_wrong = status.get("result") == "Invalid"
    return str(found(item, ("metadata", "name"))), tuple(
        str(status.get("errorSummary") or "").splitlines()
    ) if is_wrong else ()
