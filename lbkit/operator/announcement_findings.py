"""What keeps a Service that has an address from being announced: each reason in plain words, with the cure.

Pure.
"""

from collections.abc import Iterator, Mapping
from typing import Final

from lbkit.announcer.eligibility import node_refusal
from lbkit.model.names import EXCLUDE_LABEL, Reason
from lbkit.model.selectors import Selector, any_matches
from lbkit.model.views import BGPAdvertisement, Config, L2Advertisement, Peer, Pool, Service
from lbkit.operator.announcement import Decided
from lbkit.operator.cluster import Cluster
from lbkit.operator.explanation import PROTOCOLS, Finding
from lbkit.operator.inventory import BGP_ADVERTISEMENT, L2_ADVERTISEMENT, POOL, Inventory
from lbkit.operator.load_balancer import is_made_here
from lbkit.operator.text import some

_OF_THE_NODE: Final = frozenset(
    {Reason.NODE_EXCLUDED, Reason.NODE_NETWORK_UNAVAILABLE, Reason.NODE_NOT_READY, Reason.NODE_UNKNOWN}
)
_WILLING: Final = frozenset({Reason.ANNOUNCED, Reason.NOT_OWNER})


def no_advertisement(cluster: Cluster, decided: Decided, pool: Pool) -> Finding:
    """Say why no advertisement of either protocol is for a Service."""
    config, service = decided.config, decided.service
    why = [
        f"{kind} {each.name} {_why_not(each, pool, service)}"
        for kind, items in (
            (L2_ADVERTISEMENT, config.l2_advertisements),
            (BGP_ADVERTISEMENT, config.bgp_advertisements),
        )
        for each in items
    ]
    text = "; ".join(why) if why else "there is none that can be used"
    return Finding(
        Reason.NO_ADVERTISEMENT,
        f"no advertisement is for this Service and pool {pool.name}: {text}",
        advertise_cure(pool.name, cluster.inventory),
    )


def advertise_cure(pool: str, inventory: Inventory) -> str:
    """Say how a pool comes to be advertised."""
    item = inventory.object(POOL, pool)
    if item is not None and is_made_here(item):
        return f"$ lbkit load-balancer update {pool} --advertise-mode ARP|BGP|Both"
    return (
        "name the pool in spec.ipAddressPools of an L2Advertisement or a BGPAdvertisement:\n"
        "$ kubectl get l2advertisements,bgpadvertisements -A"
    )


def unwilling(cluster: Cluster, decided: Decided, protocol: str, *, blocks: bool) -> Iterator[Finding]:
    """Say why no node may announce under a protocol that has an advertisement for the Service.

    Args:
        cluster: what is known.
        decided: what the nodes decide.
        protocol: `layer2` or `bgp`.
        blocks: whether the Service is not reached by the other protocol either.
    """
    nodes_by_reason: dict[Reason, list[str]] = {}
    for name, reason in decided.reasons(protocol).items():
        nodes_by_reason.setdefault(reason, []).append(name)
    others = set(nodes_by_reason) - {Reason.NODE_NOT_SELECTED, Reason.NO_ADVERTISEMENT} - _WILLING
    for reason, nodes in nodes_by_reason.items():
        # That some nodes are not selected is what selectors are for, as long as one is.
        if reason in others or (reason is Reason.NODE_NOT_SELECTED and others <= _OF_THE_NODE):
            yield from _refusal(cluster, decided, protocol, (reason, tuple(sorted(nodes))), blocks=blocks)


def _refusal(
    cluster: Cluster, decided: Decided, protocol: str, refusal: tuple[Reason, tuple[str, ...]], *, blocks: bool
) -> Iterator[Finding]:
    reason, nodes = refusal
    key, how = decided.service.key, PROTOCOLS[protocol]
    listed = ", ".join(nodes)
    match reason:
        case Reason.NODE_NOT_SELECTED:
            yield Finding(reason, _not_selected(decided, protocol), _select_cure(cluster, decided, protocol), blocks)
        case Reason.NODE_EXCLUDED:
            text = f"{some(nodes, 'node', 'nodes')} must not announce, by the label {EXCLUDE_LABEL}"
            yield Finding(reason, text, f"$ kubectl label node {nodes[0]} {EXCLUDE_LABEL}-", blocks)
        case Reason.NODE_NETWORK_UNAVAILABLE:
            text = f"the network of {some(nodes, 'node', 'nodes')} is not set up (condition NetworkUnavailable)"
            yield Finding(
                reason, text, f"see whether the network plugin runs there:\n$ kubectl describe node {nodes[0]}", blocks
            )
        case Reason.NODE_NOT_READY:
            text = f"not Ready: {some(nodes, 'node', 'nodes')}; for {how} others are preferred"
            yield Finding(reason, text, f"$ kubectl describe node {nodes[0]}", blocks)
        case Reason.NO_ENDPOINTS:
            yield _no_endpoints(cluster, decided, blocks=blocks)
        case Reason.NO_LOCAL_ENDPOINTS:
            yield _no_local_endpoints(cluster, decided, nodes, blocks=blocks)
        case Reason.NO_PEER:
            pass  # said peer by peer, see `peers`
        case Reason.UNKNOWN_COMMUNITY:
            yield from _unknown_communities(decided.config, blocks=blocks)
        case Reason.CONFLICTING_ADVERTISEMENTS:
            text = "two BGPAdvertisements for it want different local preferences of one prefix"
            yield Finding(reason, text, "give them the same spec.localPref, or different peers", blocks)
        case Reason.ADDRESS_NOT_IN_POOL:
            text = f"{_addresses(decided.service)} is in no pool (any more), so no advertisement can be for it"
            cure = "add it to a pool, or let the controller give another: it does so by itself when it runs"
            yield Finding(reason, text, cure, blocks)
        case _:
            yield Finding(
                reason,
                f"{how}: {reason} on {listed}",
                f"see the speaker's log: kubectl describe service -n {key.namespace} {key.name}",
                blocks,
            )


def _why_not(advertisement: L2Advertisement | BGPAdvertisement, pool: Pool, service: Service) -> str:
    if not advertisement.pools.matches(pool):
        named = ", ".join(sorted(advertisement.pools.names)) or "pools with other labels"
        return f"is for {named}"
    labels = ",".join(f"{name}={value}" for name, value in sorted(service.labels.items())) or "none"
    return f"selects Services with other labels (those of the Service: {labels})"


def _not_selected(decided: Decided, protocol: str) -> str:
    config = decided.config
    items = config.l2_advertisements if protocol == "layer2" else config.bgp_advertisements
    selectors = [each for each in items if each.node_selectors]
    told = "; ".join(
        f"{each.name} wants {' or '.join(_written(one) for one in each.node_selectors)}" for each in selectors
    )
    kind = L2_ADVERTISEMENT if protocol == "layer2" else BGP_ADVERTISEMENT
    return f"the nodeSelectors of {kind} match no node that may announce: {told}"


def _select_cure(cluster: Cluster, decided: Decided, protocol: str) -> str:
    config = decided.config
    items = config.l2_advertisements if protocol == "layer2" else config.bgp_advertisements
    name = next((each.name for each in items if each.node_selectors), "NAME")
    kind = "l2advertisement" if protocol == "layer2" else "bgpadvertisement"
    return (
        f"label a node, or change spec.nodeSelectors:\n$ kubectl label node NODE KEY=VALUE\n"
        f"$ kubectl edit {kind} -n {cluster.namespace} {name}"
    )


def _written(selector: Selector) -> str:
    """Write a selector as kubectl's `-l` does."""
    parts = []
    for each in selector.requirements:
        values = ",".join(sorted(each.values))
        match each.operator:
            case "In" if len(each.values) == 1:
                parts.append(f"{each.key}={values}")
            case "In" | "NotIn":
                parts.append(f"{each.key} {each.operator.lower()} ({values})")
            case "Exists":
                parts.append(each.key)
            case "DoesNotExist":
                parts.append(f"!{each.key}")
    return ",".join(parts) or "everything"


def _no_endpoints(cluster: Cluster, decided: Decided, *, blocks: bool) -> Finding:
    service = decided.service
    there = [each for piece in cluster.inventory.slices.get(service.key, ()) for each in piece.endpoints]
    namespace = service.key.namespace
    if there:
        text = f"none of its {len(there)} endpoints is ready" if len(there) > 1 else "its only endpoint is not ready"
        cure = f"see why the pods are not ready:\n$ kubectl get pods -n {namespace} -l {service.selector}"
    elif service.selector:
        text = f"no pod matches its selector {service.selector}, so it has no endpoints"
        cure = (
            f"start pods with these labels, or change spec.selector:\n$ kubectl get pods -n {namespace} --show-labels"
        )
    else:
        text = "it has no selector and no endpoints"
        cure = (
            f"give it a selector, or write an EndpointSlice:\n$ kubectl edit service -n {namespace} {service.key.name}"
        )
    return Finding(Reason.NO_ENDPOINTS, text, cure, blocks)


def _no_local_endpoints(cluster: Cluster, decided: Decided, nodes: tuple[str, ...], *, blocks: bool) -> Finding:
    key = decided.service.key
    hosts = ", ".join(sorted(decided.endpoints.k8s_nodes)) or "no known node"
    ignores_label = cluster.components.speaker.has_flag("--ignore-exclude-lb")
    refused = [
        name
        for name in sorted(decided.endpoints.k8s_nodes)
        if node_refusal(cluster.inventory.nodes.get(name), ignore_exclude_label=ignores_label) is not None
    ]
    why = f" ({', '.join(refused)} must not announce)" if refused else ""
    text = (
        f"externalTrafficPolicy is Local, and none of the nodes that may announce ({', '.join(nodes)}) has a ready pod "
        f"of it; ready pods are on {hosts}{why}"
    )
    patch = '{"spec":{"externalTrafficPolicy":"Cluster"}}'
    cure = (
        f"run a pod on one of these nodes, let a node that has one announce, or forward between nodes:\n"
        f"$ kubectl patch service -n {key.namespace} {key.name} -p '{patch}'"
    )
    return Finding(Reason.NO_LOCAL_ENDPOINTS, text, cure, blocks)


def _unknown_communities(config: Config, *, blocks: bool) -> Iterator[Finding]:
    for each in config.bgp_advertisements:
        unknown = [text for text in each.communities if ":" not in text and text not in config.communities]
        if unknown:
            text = f"BGPAdvertisement {each.name} wants community {', '.join(unknown)}, and no Community defines it"
            yield Finding(Reason.UNKNOWN_COMMUNITY, text, "define it in a Community object, or write its value", blocks)


def _addresses(service: Service) -> str:
    return " and ".join(str(address) for address in service.ingress)


# Peers: why they have no session, or none that is up.


def peers(cluster: Cluster, decided: Decided, *, blocks: bool) -> Iterator[Finding]:
    """Say which of the peers that a Service should be advertised to have no session.

    Args:
        cluster: what is known.
        decided: what the nodes decide.
        blocks: whether the Service is announced to nobody because of it.
    """
    config, key = decided.config, decided.service.key
    wanted = _wanted_peers(decided)
    if not wanted:
        cure = "$ lbkit bgp-peer create NAME --my-asn N --peer-asn N --peer-address ADDRESS"
        yield Finding(Reason.NO_PEER, "there is no BGPPeer, so nobody to advertise to", cure, blocks)
        return
    known = {peer.name: peer for peer in config.peers}
    there = ", ".join(sorted(known)) or "none"
    for name in sorted(wanted - known.keys()):
        text = f'a BGPAdvertisement names the peer "{name}", which does not exist; there are: {there}'
        yield Finding("UnknownPeer", text, f"correct spec.peers, or:\n$ lbkit bgp-peer create {name} …", blocks)
    for name in sorted(wanted & known.keys()):
        nodes = [
            node.name
            for node in cluster.inventory.nodes.values()
            if any_matches(known[name].node_selectors, node.labels)
        ]
        if not nodes:
            wants = " or ".join(_written(each) for each in known[name].node_selectors)
            text = f"the nodeSelectors of BGPPeer {name} match no node: {wants}"
            cure = f'label a node, or:\n$ lbkit bgp-peer update {name} --node-selector ""'
            yield Finding("PeerSelectsNoNode", text, cure, blocks)
        for why, where in _refused(decided.refused_peers, name).items():
            yield _refused_peer(cluster, known[name], why, where, blocks=blocks)
    families = {address.version for address in decided.service.ingress}
    fitting = [
        known[name]
        for name in wanted & known.keys()
        if (address := known[name].address) and address.version in families
    ]
    if not fitting and wanted & known.keys():
        text = f"the address of {key} is IPv{min(families)}, and none of its peers is reached by IPv{min(families)}"
        yield Finding(Reason.NO_PEER, text, f"add a peer with an IPv{min(families)} address", blocks)


def sessions(cluster: Cluster, decided: Decided, *, blocks: bool) -> Iterator[Finding]:
    """Say which sessions are down, of those by which a Service should be advertised."""
    known = {peer.name: peer for peer in decided.config.peers}
    down: list[str] = []
    names: list[str] = []
    up = unknown = 0
    for node in decided.willing("bgp"):
        for name in decided.outcomes[node].peers:
            report = cluster.reports.get(node)
            is_up = report.is_up(known[name]) if report and name in known else None
            up, unknown = up + (is_up is True), unknown + (is_up is None)
            if is_up is False:
                names.append(name)
                down.append(f"{name} {known[name].address} on {node}{_last_word(cluster, node, name)}")
    if down:
        whole = blocks and not up and not unknown
        text = f"{some(down, 'the BGP session with', 'BGP sessions')} {'is' if len(down) == 1 else 'are'} down"
        asked = "see whether the router expects this node, these AS numbers, this password:"
        cure = f"{asked}\n$ lbkit bgp-peer show {names[0]}"
        yield Finding("SessionDown", text, cure, whole)


def _last_word(cluster: Cluster, node: str, peer: str) -> str:
    """Say what the speaker knows of a session that is down; empty where it told nothing."""
    status = cluster.inventory.session_state(node, peer)
    said = [str(status.get("bgpStatus") or ""), str(status.get("reason") or status.get("lastError") or "")]
    return f" ({'; '.join(filter(None, said))})" if any(said) else ""


def _wanted_peers(decided: Decided) -> frozenset[str]:
    """Name the peers that the matching advertisements mean: those they name, or all."""
    config, service = decided.config, decided.service
    pools = [pool for address in service.ingress if (pool := config.pool_of(address)) is not None]
    matching = [
        each
        for each in config.bgp_advertisements
        if any(each.pools.matches(pool) for pool in pools)
        and (not each.service_selectors or any_matches(each.service_selectors, service.labels))
    ]
    everybody = frozenset(peer.name for peer in config.peers)
    return frozenset[str]().union(*(each.peers or everybody for each in matching))


def _refused(refused_peers: Mapping[str, Mapping[str, str]], peer: str) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for node, refused in sorted(refused_peers.items()):
        if peer in refused:
            found.setdefault(refused[peer], []).append(node)
    return found


def _refused_peer(cluster: Cluster, peer: Peer, why: str, nodes: list[str], *, blocks: bool) -> Finding:
    what = f"BGPPeer {peer.name} has no session on {', '.join(nodes)}"
    if "no BFDProfile" in why:
        cure = (
            "create the profile, or do without:\n"
            f"$ lbkit bfd-profile create {peer.bfd_profile}\n$ lbkit bgp-peer update {peer.name} --bfd-profile null"
        )
        return Finding("MissingBFDProfile", f"{what}: {why}", cure, blocks)
    if "no Secret" in why:
        told = cluster.secrets.get(peer.password_secret) or why
        cure = (
            f"$ kubectl create secret generic -n {cluster.namespace} {peer.password_secret} "
            "--type=kubernetes.io/basic-auth --from-literal=password=…"
        )
        return Finding("MissingSecret", f"{what}: {told}", cure, blocks)
    cure = f"take it out:\n$ kubectl edit bgppeer -n {cluster.namespace} {peer.name}"
    return Finding("PeerRefused", f"{what}: {why}", cure, blocks)
