"""How an installation is: what is wrong first, then components, configuration, pools, sessions, Services.

Pure.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from lbkit.allocator.book import Book
from lbkit.allocator.decide import decide_all
from lbkit.allocator.outcome import Refuse
from lbkit.allocator.pools import Pools
from lbkit.announcer.eligibility import serving
from lbkit.errors import InputError
from lbkit.model.selectors import any_matches
from lbkit.model.times import epoch_s
from lbkit.model.views import Config, Key, Service
from lbkit.operator import health, load_balancer
from lbkit.operator.allocation import condition_of
from lbkit.operator.announcement_findings import advertise_cure
from lbkit.operator.cluster import Cluster
from lbkit.operator.components import Component
from lbkit.operator.explanation import Finding
from lbkit.operator.fields import Json, found
from lbkit.operator.inventory import POOL, config_of
from lbkit.operator.text import some

_STALE_S: Final = 15.0
"""A leader renews its Lease every second or two; clocks of two machines may differ by some seconds."""


@dataclass(frozen=True, slots=True)
class Session:
    """One BGP session that a node is to have; `is_up` is None where nobody told."""

    k8s_node: str
    peer: str
    address: str
    is_up: bool | None


@dataclass(frozen=True, slots=True)
class Status:
    """How an installation is.

    Args:
        findings: what is wrong (it blocks) or worth knowing, the worse first.
        leader: who leads, in words; empty where there is no Lease.
        pools: as `lbkit load-balancer show` has them.
        states: {component: what it says of the configuration}.
        services: {"withAddress", "announced", "withoutAddress", "otherClass": how many}; announced is None where not
            every speaker told.
        pending: {reason: Services without an address}.
    """

    findings: tuple[Finding, ...]
    components: tuple[Component, ...]
    leader: str
    states: Mapping[str, str]
    pools: tuple[Mapping[str, Json], ...]
    sessions: tuple[Session, ...]
    services: Mapping[str, int | None]
    pending: Mapping[str, tuple[Key, ...]]

    @property
    def is_well(self) -> bool:
        """Whether nothing is wrong."""
        return not any(finding.blocks for finding in self.findings)


def status(cluster: Cluster, now_s: float) -> Status:
    """Look at an installation.

    Args:
        cluster: what is known.
        now_s: seconds since 1970-01-01 UTC.
    """
    config, problems = config_of(cluster.inventory)
    served = {key: each for key, each in cluster.inventory.services.items() if cluster.is_served(each)}
    pending = _pending(cluster, config, served)
    sessions = _sessions(cluster, config)
    silent = _silent(cluster, served)
    pools = tuple(load_balancer.document(name, cluster.inventory) for name in load_balancer.names(cluster.inventory))
    leader, is_stale = _leader(cluster, now_s)
    findings = (
        *_installed(cluster),
        *health.controller(cluster, blocks=True),
        *([_silent_leader(cluster, leader)] if is_stale else []),
        *health.speakers(cluster, _speaking_nodes(cluster), works=False),
        *health.configuration(cluster, problems, lambda _: True),
        *_session_findings(sessions),
        *_service_findings(cluster, pending, silent),
        *_pool_findings(cluster, pools),
        *(Finding("NotRead", each, blocks=False) for each in cluster.unread),
    )
    balancers = [each for each in cluster.inventory.services.values() if each.is_load_balancer]
    with_address = sum(bool(each.ingress) for each in served.values())
    return Status(
        findings=tuple(sorted(findings, key=lambda each: not each.blocks)),
        components=(cluster.components.controller, cluster.components.speaker),
        leader=leader,
        states={name: "; ".join(said) or "valid" for name, said in sorted(cluster.states.items())},
        pools=pools,
        sessions=sessions,
        services={
            "withAddress": with_address,
            "announced": None if silent is None else with_address - len(silent),
            "withoutAddress": len(served) - with_address,
            "otherClass": len(balancers) - len(served),
        },
        pending=pending,
    )


def _pending(cluster: Cluster, config: Config, served: Mapping[Key, Service]) -> dict[str, tuple[Key, ...]]:
    """Sort the Services without an address by reason: the controller's word, else what it would say."""
    waiting = {key: each for key, each in sorted(served.items()) if not each.ingress}
    if not waiting:
        return {}
    outcomes = decide_all(served.values(), cluster.inventory.namespaces, Book(Pools(config.pools)))
    found: dict[str, tuple[Key, ...]] = {}
    for key, service in waiting.items():
        said, outcome = condition_of(service), outcomes.get(key)
        reason = str(outcome.reason) if isinstance(outcome, Refuse) else "NotAssignedYet"
        if said is not None and said.status == "False":
            reason = said.reason
        found[reason] = (*found.get(reason, ()), key)
    return found


def _sessions(cluster: Cluster, config: Config) -> tuple[Session, ...]:
    return tuple(
        Session(
            node.name,
            peer.name,
            str(peer.address) if peer.address else peer.interface,
            report.is_up(peer) if (report := cluster.reports.get(node.name)) else None,
        )
        for node in sorted(cluster.inventory.nodes.values(), key=lambda node: node.name)
        for peer in config.peers
        if any_matches(peer.node_selectors, node.labels)
    )


def _silent(cluster: Cluster, served: Mapping[Key, Service]) -> tuple[Key, ...] | None:
    """Name the Services that have an address and that no speaker announces; None where not every speaker told."""
    speakers = [pod.k8s_node for pod in cluster.components.speaker.pods if not pod.trouble]
    if not speakers or any(node not in cluster.reports for node in speakers):
        return None
    announced = {key for report in cluster.reports.values() for key, _ in report.announced}
    return tuple(sorted(key for key, each in served.items() if each.ingress and key not in announced))


def _leader(cluster: Cluster, now_s: float) -> tuple[str, bool]:
    """Say who leads, and whether that was long ago."""
    for lease in cluster.leases:
        holder, renewed = found(lease, ("spec", "holderIdentity")), found(lease, ("spec", "renewTime"))
        if holder and "controller" in str(found(lease, ("metadata", "name"))):
            try:
                age_s = max(0.0, now_s - epoch_s(str(renewed)))
            except InputError:
                return str(holder), False
            return f"{holder}, renewed {age_s:.0f} s ago", age_s > _STALE_S
    return "", False


def _silent_leader(cluster: Cluster, leader: str) -> Finding:
    cure = f"$ kubectl logs -n {cluster.namespace} deployment/controller"
    return Finding("LeaderIsSilent", f"nobody renews the controller's Lease: {leader}", cure)


def _session_findings(sessions: tuple[Session, ...]) -> Iterator[Finding]:
    down = [f"{each.peer} {each.address} on {each.k8s_node}" for each in sessions if each.is_up is False]
    if down:
        text = f"{some(down, 'the BGP session with', 'BGP sessions')} {'is' if len(down) == 1 else 'are'} down"
        cure = f"see whether the router expects it:\n$ lbkit bgp-peer show {down[0].split()[0]}"
        yield Finding("SessionDown", text, cure)


def _service_findings(
    cluster: Cluster, pending: Mapping[str, tuple[Key, ...]], silent: tuple[Key, ...] | None
) -> Iterator[Finding]:
    for reason, keys in sorted(pending.items()):
        yield Finding(reason, f"without an address: {some(keys, 'Service', 'Services')}", f"$ lbkit explain {keys[0]}")
    slices = cluster.inventory.slices
    idle = [key for key in silent or () if not serving(slices.get(key, ())).anywhere]
    if idle:
        text = f"has an address, and no ready endpoint to announce it for: {some(idle, 'Service', 'Services')}"
        yield Finding("NoEndpoints", text, f"$ lbkit explain {idle[0]}", blocks=False)
    lost = [key for key in silent or () if key not in idle]
    if lost:
        text = f"has an address and is announced by nobody: {some(lost, 'Service', 'Services')}"
        yield Finding("NotAnnounced", text, f"$ lbkit explain {lost[0]}")


def _installed(cluster: Cluster) -> Iterator[Finding]:
    if POOL in cluster.missing:
        yield Finding("NotInstalled", "the API server does not know IPAddressPool (metallb.io/v1beta1)", health.INSTALL)


def _speaking_nodes(cluster: Cluster) -> tuple[str, ...]:
    """Name the nodes on which a speaker is to run: those that have one, or all where some are missing."""
    component = cluster.components.speaker
    placed = tuple(pod.k8s_node for pod in component.pods if pod.k8s_node)
    return placed if len(placed) >= component.wanted else tuple(sorted(cluster.inventory.nodes))


def _pool_findings(cluster: Cluster, pools: tuple[Mapping[str, Json], ...]) -> Iterator[Finding]:
    for pool in pools:
        name = str(pool["name"])
        if pool["advertiseMode"] == load_balancer.NOT_ADVERTISED:
            text = f"no advertisement is for pool {name}, so its addresses lead nowhere"
            yield Finding("PoolNotAdvertised", text, advertise_cure(name, cluster.inventory), blocks=False)
        counts = [pool["availableIPv4"], pool["availableIPv6"]]
        if None not in counts and not sum(counts):
            cure = f"$ {load_balancer.command_to_change(name, cluster.inventory, '--addresses RANGES')}"
            yield Finding("PoolFull", f"pool {name} has no free address left", cure, blocks=False)
