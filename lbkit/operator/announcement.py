"""Who announces a Service: what each node's speaker decides, and what the speakers say they do.

The announcer decides for every node, as each speaker does for its own. Three things only a speaker knows: which
interfaces its node has, which router answers on one, and whether its BGP sessions are up; these come from its metrics,
status objects and Events. Until they say otherwise, an interface that a peer is named by has its one router.

Pure.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from lbkit.announcer.decide import decide
from lbkit.announcer.desired import Interface, Outcome
from lbkit.announcer.eligibility import Serving, serving
from lbkit.announcer.sessions import one_router_each
from lbkit.model.names import Reason
from lbkit.model.views import Config, Key, Service
from lbkit.operator.cluster import Announcement, Cluster, snapshot

_ANY_INTERFACE: Final = "any"
_MAC: Final = bytes(6)
_WILLING: Final = frozenset({Reason.ANNOUNCED, Reason.NOT_OWNER})
"""What a node says that may announce; layer 2 then has one owner among them."""


@dataclass(frozen=True, slots=True)
class Decided:
    """What the nodes decide for one Service.

    Args:
        outcomes: {k8s node: outcome}.
        refused_peers: {k8s node: {peer: why it has no session there}}.
        endpoints: where the Service serves.
    """

    service: Service
    config: Config
    outcomes: Mapping[str, Outcome]
    refused_peers: Mapping[str, Mapping[str, str]]
    endpoints: Serving

    def reasons(self, protocol: str) -> dict[str, Reason]:
        """Give {k8s node: reason} under a protocol."""
        return {
            name: outcome.layer2 if protocol == "layer2" else outcome.bgp for name, outcome in self.outcomes.items()
        }

    def has_advertisement(self, protocol: str) -> bool:
        """Whether some advertisement of a protocol is for the Service."""
        return any(reason is not Reason.NO_ADVERTISEMENT for reason in self.reasons(protocol).values())

    def willing(self, protocol: str) -> tuple[str, ...]:
        """Name the nodes that may announce it, sorted."""
        return tuple(sorted(name for name, reason in self.reasons(protocol).items() if reason in _WILLING))


def decide_for_all(cluster: Cluster, config: Config, service: Service) -> Decided:
    """Ask the announcer for every node.

    Args:
        cluster: what is known.
        config: what is usable of the configuration.
        service: one that has an address.
    """
    there = cluster.inventory
    sharing = {
        key: each
        for key, each in there.services.items()
        if cluster.is_served(each) and set(each.ingress) & set(service.ingress)
    }
    # Services that share an address have one owner between them; all others do not matter here.
    known = snapshot(cluster, config, {**sharing, service.key: service})
    named = {name for each in config.l2_advertisements for name in each.interfaces}
    interfaces = [
        Interface(name, index, _MAC, frozenset({4, 6}))
        for index, name in enumerate(sorted({_ANY_INTERFACE, *named}), 1)
    ]
    ignores_label = cluster.components.speaker.has_flag("--ignore-exclude-lb")
    desired = {
        name: decide(known, name, interfaces, routers=one_router_each(config.peers), ignore_exclude_label=ignores_label)
        for name in sorted(there.nodes)
    }
    return Decided(
        service,
        config,
        {name: each.outcomes[service.key] for name, each in desired.items()},
        {name: each.refused_peers for name, each in desired.items()},
        serving(there.slices.get(service.key, ())),
    )


def expected(decided: Decided) -> tuple[Announcement, ...]:
    """Give who should announce it: the owner on layer 2, all that may by BGP."""
    key = decided.service.key
    found: list[Announcement] = []
    for name, outcome in decided.outcomes.items():
        if outcome.layer2 is Reason.ANNOUNCED:
            found.append(Announcement(key, name, "layer2", interfaces=tuple(sorted(outcome.interfaces))))
        if outcome.bgp is Reason.ANNOUNCED:
            found.append(Announcement(key, name, "bgp", outcome.peers))
    return tuple(sorted(found, key=lambda each: (each.protocol, each.k8s_node)))


def observed(cluster: Cluster, key: Key, decided: Decided | None) -> tuple[Announcement, ...]:
    """Give who is known to announce it: by a speaker's metrics, and where they cannot be read by its status objects."""
    told = {(each.k8s_node, each.protocol): each for each in cluster.statuses if each.service == key}
    found: list[Announcement] = [each for each in told.values() if each.k8s_node not in cluster.reports]
    for node, report in cluster.reports.items():
        for service, protocol in report.announced:
            if service == key:
                outcome = decided.outcomes.get(node) if decided else None
                peers = outcome.peers if outcome and protocol == "bgp" else ()
                interfaces = tuple(sorted(outcome.interfaces)) if outcome and protocol == "layer2" else ()
                found.append(told.get((node, protocol)) or Announcement(key, node, protocol, peers, interfaces))
    return tuple(sorted(found, key=lambda each: (each.protocol, each.k8s_node)))


def are_all_heard(cluster: Cluster, nodes: tuple[str, ...]) -> bool:
    """Whether the speakers of these nodes have told what they announce, so that silence means no."""
    return bool(nodes) and all(node in cluster.reports for node in nodes)


def is_cut_off(cluster: Cluster, config: Config, each: Announcement) -> bool:
    """Whether a node advertises to peers of which every session is known to be down."""
    report = cluster.reports.get(each.k8s_node)
    peers = [peer for peer in config.peers if peer.name in each.peers]
    return report is not None and bool(peers) and all(report.is_up(peer) is False for peer in peers)
