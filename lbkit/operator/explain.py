"""Why a Service has no address or is not reached: pool, address, who announces it, what blocks, and the cure.

The question that MetalLB's users ask most often, and that its objects do not answer. The allocator and the announcer
decide once more on what the API server shows, so that the reason is the true one; what the components themselves have
said (conditions, Events, status objects, metrics) is laid beside it. It works without lbkit: then that is the reason.

Pure.
"""

from collections.abc import Iterator
from typing import Final

from lbkit.allocator.request import read as read_request
from lbkit.errors import InputError, Problem
from lbkit.model.config import ConfigProblem
from lbkit.model.names import Reason
from lbkit.model.views import Config, Key, Service
from lbkit.operator import allocation, announcement, announcement_findings, health, ownership
from lbkit.operator.announcement import Decided
from lbkit.operator.cluster import Announcement, Cluster
from lbkit.operator.explanation import PROTOCOLS, Explanation, Finding
from lbkit.operator.inventory import BGP_ADVERTISEMENT, BGP_PEER, L2_ADVERTISEMENT, POOL, usable
from lbkit.operator.text import some

_TOLD_PEER_BY_PEER: Final = ("spec.bfdProfile", "spec.peerAddress", "spec.routerID")
_NEEDED: Final = (L2_ADVERTISEMENT, BGP_ADVERTISEMENT, BGP_PEER)
"""Kinds without which nothing is announced."""
_PROTOCOLS: Final = ("layer2", "bgp")


def explain(cluster: Cluster, service: Service) -> Explanation:
    """Explain one Service.

    Args:
        cluster: what is known.
        service: which one; it is in the cluster's inventory too.
    """
    facts = [("Service", _service_fact(service))]
    if not service.is_load_balancer:
        return Explanation(
            service.key, f"{service.key} is no load balancer.", tuple(facts), (_no_load_balancer(service),)
        )
    if not cluster.is_served(service):
        return _of_another(cluster, service, facts)
    if service.is_deleting:
        return _being_deleted(service, facts)
    if POOL in cluster.missing:
        text = "the API server does not know IPAddressPool (metallb.io/v1beta1)"
        missing = Finding("NotInstalled", text, health.INSTALL)
        return Explanation(
            service.key, f"{service.key} has no address: lbkit is not installed.", tuple(facts), (missing,)
        )
    config, problems = usable(cluster.inventory, tolerated=_is_told_elsewhere)
    allocated = allocation.decide(cluster, config, service)
    is_silent = _is_silent(cluster, service)
    untold = tuple(each for each in problems if not _is_told_elsewhere(each))
    found = [
        *health.controller(cluster, blocks=not service.ingress),
        *health.configuration(
            cluster,
            untold,
            lambda kind: not service.ingress if kind == POOL else is_silent and kind in _NEEDED,
        ),
    ]
    found += allocation.findings(service, allocated, is_excused=any(each.blocks for each in found))
    facts.append(("Pool", allocation.pool_fact(service, allocated)))
    facts.append(("Address", _address_fact(cluster, service)))
    decided = announcement.decide_for_all(cluster, config, service) if service.ingress else None
    announcers: tuple[Announcement, ...] = ()
    is_observed = False
    if decided is not None:
        announcers, is_observed = _announcers(cluster, decided)
        found += _announcement(cluster, decided, announcers, is_observed=is_observed)
        facts += _announcement_facts(cluster, decided, announcers, is_observed=is_observed)
    found += (Finding("NotRead", each, blocks=False) for each in cluster.unread)
    ordered = tuple(sorted(_once(found), key=lambda each: not each.blocks))
    pools = [pool.name for address in service.ingress if (pool := allocated.pools.of(address)) is not None]
    return Explanation(
        service=service.key,
        headline=_headline(service, ordered, announcers),
        facts=tuple(facts),
        findings=ordered,
        addresses=tuple(str(address) for address in service.ingress),
        pools=tuple(dict.fromkeys(pools)),
        announcers=announcers,
        is_observed=is_observed,
    )


def _headline(service: Service, findings: tuple[Finding, ...], announcers: tuple[Announcement, ...]) -> str:
    blocked = any(each.blocks for each in findings)
    shown = " and ".join(str(address) for address in service.ingress)
    if not service.ingress:
        return f"{service.key} has no address, so nothing is announced."
    if not blocked:
        return f"{service.key} is announced at {shown}."
    if announcers:
        return f"{service.key} is announced at {shown}, and yet something is wrong."
    return f"{service.key} has the address {shown}, and nobody announces it."


def _once(findings: list[Finding]) -> Iterator[Finding]:
    """Leave out what is said twice, as both protocols have it."""
    seen: set[tuple[str, str]] = set()
    for each in sorted(findings, key=lambda each: not each.blocks):
        if (each.reason, each.message) not in seen:
            seen.add((each.reason, each.message))
            yield each


def _no_load_balancer(service: Service) -> Finding:
    key = service.key
    patch = '{"spec":{"type":"LoadBalancer"}}'
    cure = f"$ kubectl patch service -n {key.namespace} {key.name} -p '{patch}'"
    return Finding(Reason.NOT_LOAD_BALANCER, "only Services of type LoadBalancer get an address from outside", cure)


def _being_deleted(service: Service, facts: list[tuple[str, str]]) -> Explanation:
    """A Service that is on its way out gives its address back; a finalizer may hold it."""
    waits = f", and waits for its finalizers: {', '.join(service.finalizers)}" if service.finalizers else ""
    cure = "wait; if it stays, whoever put the finalizer there does not run (the load balancer's own: lbkit status)"
    finding = Finding("BeingDeleted", f"the Service is being deleted{waits}", cure)
    return _ended(service, facts, f"{service.key} is being deleted, so its address is given back.", finding)


def _of_another(cluster: Cluster, service: Service, facts: list[tuple[str, str]]) -> Explanation:
    ours, its = cluster.lb_class, service.load_balancer_class
    wanted = f"Services of loadBalancerClass {ours}" if ours else "Services without a loadBalancerClass"
    has = f"has loadBalancerClass {its}" if its else "has no loadBalancerClass"
    cure = (
        "the class cannot be changed: create the Service anew with the class of whom it is for, "
        "or see that the implementation of that class runs"
    )
    finding = Finding("OtherLoadBalancerClass", f"the Service {has}, and {wanted} are served here", cure)
    shown = " and ".join(str(address) for address in service.ingress)
    told = f" It has {shown} from somebody else." if shown else ""
    return _ended(service, facts, f"{service.key} is for another load balancer.{told}", finding)


def _ended(service: Service, facts: list[tuple[str, str]], headline: str, finding: Finding) -> Explanation:
    """Explain a Service of which one thing says all there is to say."""
    addresses = tuple(str(address) for address in service.ingress)
    return Explanation(service.key, headline, tuple(facts), (finding,), addresses)


def _is_silent(cluster: Cluster, service: Service) -> bool:
    """Whether nobody is known to announce a Service that has an address."""
    return bool(service.ingress) and not announcement.observed(cluster, service.key, None)


def _is_told_elsewhere(problem: ConfigProblem) -> bool:
    """Whether the decision itself names what is wrong, and better."""
    if problem.kind == BGP_PEER:
        return problem.path in _TOLD_PEER_BY_PEER
    return problem.kind == BGP_ADVERTISEMENT and problem.path.startswith("spec.communities[")


def _announcers(cluster: Cluster, decided: Decided) -> tuple[tuple[Announcement, ...], bool]:
    """Give who announces the Service, and whether that was seen; where nobody tells, who should."""
    seen = tuple(
        each
        for each in announcement.observed(cluster, decided.service.key, decided)
        if not announcement.is_cut_off(cluster, decided.config, each)
    )
    willing = tuple({*decided.willing("layer2"), *decided.willing("bgp")})
    if seen or announcement.are_all_heard(cluster, willing):
        return seen, True
    pods = cluster.components.speaker.pods
    stopped = {
        node for node in cluster.inventory.nodes if node not in {pod.k8s_node for pod in pods if not pod.trouble}
    }
    failed = _without_interface(cluster)
    return (
        tuple(
            each
            for each in announcement.expected(decided)
            if each.k8s_node not in stopped and not (each.protocol == "layer2" and each.k8s_node in failed)
        ),
        False,
    )


def _announcement(
    cluster: Cluster, decided: Decided, announcers: tuple[Announcement, ...], *, is_observed: bool
) -> Iterator[Finding]:
    service = decided.service
    pool = decided.config.pool_of(service.ingress[0])
    with_advertisement = [protocol for protocol in _PROTOCOLS if decided.has_advertisement(protocol)]
    if not cluster.inventory.nodes:
        return
    if not with_advertisement and pool is not None:
        yield announcement_findings.no_advertisement(cluster, decided, pool)
        return
    works = bool(announcers)
    down = tuple(announcement_findings.sessions(cluster, decided, blocks=not works))
    yield from down
    for protocol in with_advertisement:
        is_silent = is_observed and not any(each.protocol == protocol for each in announcers)
        if not decided.willing(protocol):
            yield from announcement_findings.unwilling(cluster, decided, protocol, blocks=not works)
        elif is_silent and not (protocol == "bgp" and down):
            yield from _silent(cluster, decided, protocol, blocks=not works)
    if "bgp" in with_advertisement:
        yield from announcement_findings.peers(cluster, decided, blocks=not works)
    willing = tuple(sorted({*decided.willing("layer2"), *decided.willing("bgp")}))
    yield from health.speakers(cluster, willing, works=works)
    yield from _interfaces(cluster, announcers)
    yield from ownership.strangers(cluster, is_announced=works)


def _silent(cluster: Cluster, decided: Decided, protocol: str, *, blocks: bool) -> Iterator[Finding]:
    """Nodes may announce, all of them were asked, and none does."""
    nodes = decided.willing(protocol)
    engines = [node for node in nodes if cluster.reports[node].is_engine_up is False] if protocol == "bgp" else []
    if engines:
        text = f"the BGP engine of {some(engines, 'node', 'nodes')} does not answer its speaker"
        cure = f"$ kubectl logs -n {cluster.namespace} -l component=speaker -c gobgp"
        yield Finding(Reason.ENGINE_UNAVAILABLE, text, cure, blocks)
        return
    named = sorted({name for each in decided.config.l2_advertisements for name in each.interfaces})
    if protocol == "layer2" and named:
        if not _without_interface(cluster):
            only = f"an interface {' or '.join(named)} that is up; spec.interfaces allows no other"
            text = f"{some(nodes, 'node', 'nodes')} may announce it, and none seems to have {only}"
            yield Finding(Reason.NO_INTERFACE, text, _INTERFACE_CURE, blocks)
        return
    text = f"{some(nodes, 'node', 'nodes')} may announce it by {PROTOCOLS[protocol]}, and none does"
    cure = f"$ kubectl logs -n {cluster.namespace} -l component=speaker -c speaker"
    yield Finding("NotAnnounced", text, cure, blocks)


_INTERFACE_CURE: Final = (
    "correct spec.interfaces of the L2Advertisement, or bring the interface up on the node:\n"
    "$ kubectl get l2advertisements -A\n$ ip link show"
)


def _without_interface(cluster: Cluster) -> dict[str, str]:
    """Take a speaker at its word that its node has no interface to announce on, until it says something else.

    Returns:
        {k8s node: what its speaker said}.
    """
    last: dict[str, str] = {}
    for event in cluster.events:
        if event.reason in {"nodeAssigned", "announceFailed"} and '"layer2"' in event.message:
            last[event.source] = event.message if event.reason == "announceFailed" else ""
    return {node: said for node, said in last.items() if said}


def _interfaces(cluster: Cluster, announcers: tuple[Announcement, ...]) -> Iterator[Finding]:
    by_layer2 = {each.k8s_node for each in announcers if each.protocol == "layer2"}
    for node, said in _without_interface(cluster).items():
        if node not in by_layer2:
            yield Finding(Reason.NO_INTERFACE, f"the speaker says: {said}", _INTERFACE_CURE, blocks=not announcers)


def _service_fact(service: Service) -> str:
    families = " and ".join(f"IPv{item}" for item in read_request(service).families) or "no cluster IP"
    ports = " ".join(f"{port.protocol}/{port.number}" for port in service.ports)
    kind = "LoadBalancer" if service.is_load_balancer else "no LoadBalancer"
    return f"{kind}, {families}, {ports}, externalTrafficPolicy {service.external_traffic_policy}"


def _address_fact(cluster: Cluster, service: Service) -> str:
    if not service.ingress:
        return "none"
    shared = allocation.sharers(cluster, service)
    return " and ".join(str(address) for address in service.ingress) + (f", {shared}" if shared else "")


def _announcement_facts(
    cluster: Cluster, decided: Decided, announcers: tuple[Announcement, ...], *, is_observed: bool
) -> Iterator[tuple[str, str]]:
    hosts = sorted(decided.endpoints.k8s_nodes)
    if decided.endpoints.anywhere:
        yield "Endpoints", f"ready on {', '.join(hosts)}" if hosts else "ready, on no known node"
    else:
        yield "Endpoints", "none is ready"
    for protocol in _PROTOCOLS:
        lines = [
            _line(cluster, decided.config, each, is_observed=is_observed)
            for each in announcers
            if each.protocol == protocol
        ]
        none = "no advertisement is for it" if not decided.has_advertisement(protocol) else "nobody"
        yield ("Layer 2" if protocol == "layer2" else "BGP"), "\n".join(lines) or none
        if protocol == "layer2":
            yield from ownership.facts(cluster, decided)


def _line(cluster: Cluster, config: Config, each: Announcement, *, is_observed: bool) -> str:
    """Say of one node what it does, or should do where nobody has told."""
    does = "answers for it" if each.protocol == "layer2" else "advertises it"
    if not is_observed:
        does = "should answer for it" if each.protocol == "layer2" else "should advertise it"
    if each.interfaces:
        does += f" on {', '.join(each.interfaces)}"
    if each.peers:
        does += f" to {', '.join(_peer(cluster, config, each.k8s_node, name) for name in each.peers)}"
    return f"{each.k8s_node} {does}"


def _peer(cluster: Cluster, config: Config, node: str, name: str) -> str:
    peer = next((each for each in config.peers if each.name == name), None)
    report = cluster.reports.get(node)
    is_up = report.is_up(peer) if report and peer else None
    return name if is_up is None else f"{name} ({'up' if is_up else 'down'})"


def key_of(text: str, namespace: str) -> Key:
    """Read which Service is meant: `NAMESPACE/NAME`, `service/NAME`, `svc/NAME` or `NAME`.

    Args:
        text: what was typed.
        namespace: of a name without one.

    Raises:
        InputError: it names no Service.
    """
    first, slash, rest = text.partition("/")
    if not first or "/" in rest or (slash and not rest):
        raise InputError(Problem("SERVICE", f'got "{text}", wanted NAMESPACE/NAME, or NAME and -n NAMESPACE'))
    if not slash:
        return Key(namespace, first)
    return Key(namespace, rest) if first in {"service", "services", "svc"} else Key(first, rest)
