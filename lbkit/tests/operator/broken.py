"""Set-ups of a cluster with one Service: those that work, and those in which one thing is broken.

Pure.
"""

from collections.abc import Callable

from lbkit.model.names import EXCLUDE_LABEL
from lbkit.operator.cluster import no_secret
from lbkit.tests.operator import build
from lbkit.tests.operator.build import endpoints, event, metrics, node, peer, pod, pool, profile, service, session_state
from lbkit.tests.operator.world import NODES, World, pending


def works(_: World) -> None:
    """Nothing is broken."""


def works_by_bgp(made: World) -> None:
    """Nothing is broken, and BGP is in use."""
    made.by_bgp()


def no_load_balancer(made: World) -> None:
    """The Service is of type ClusterIP."""
    made.put(service("web", type="ClusterIP"))


def other_class(made: World) -> None:
    """The Service has a loadBalancerClass of somebody else."""
    pending(made, loadBalancerClass="example.com/other")


def class_of_ours_is_missing(made: World) -> None:
    """The controller serves a class, and the Service has none."""
    made.put(build.controller("--lb-class=lbkit.io/lbkit"))
    pending(made)


def being_deleted(made: World) -> None:
    """The Service waits for a finalizer."""
    item = service("web", "192.0.2.1")
    item["metadata"] |= {"deletionTimestamp": "2026-01-01T00:00:00Z", "finalizers": ["example.com/cleanup"]}
    made.put(item)


def not_installed(made: World) -> None:
    """The CRDs are not there."""
    pending(made)
    made.missing = ["IPAddressPool"]


def controller_down(made: World) -> None:
    """The controller crashes."""
    made.put(build.controller(ready=0), pod("controller", "n1", "CrashLoopBackOff"))
    pending(made)


def controller_scaled_away(made: World) -> None:
    """The controller's Deployment wants no replica."""
    made.put(build.controller(ready=0, replicas=0))
    made.drop("Pod", "controller-n1")
    pending(made)


def no_pool(made: World) -> None:
    """There is no pool."""
    made.drop("IPAddressPool")
    pending(made)


def unknown_pool(made: World) -> None:
    """The annotation names a pool that is none."""
    pending(made, annotations={"metallb.io/address-pool": "prd"})


def exhausted(made: World) -> None:
    """Another Service has the only address."""
    made.put(pool("prod", "192.0.2.1/32"), service("api", "192.0.2.1"))
    pending(made)


def address_outside_every_pool(made: World) -> None:
    """The annotation asks for an address of no pool."""
    pending(made, annotations={"metallb.io/loadBalancerIPs": "203.0.113.7"})


def address_taken(made: World) -> None:
    """spec.loadBalancerIP asks for another Service's address."""
    made.put(service("api", "192.0.2.1"))
    pending(made, loadBalancerIP="192.0.2.1")


def other_sharing_key(made: World) -> None:
    """The address is shared under another key."""
    made.put(service("api", "192.0.2.1", annotations={"metallb.io/allow-shared-ip": "a"}))
    wanted = {"metallb.io/allow-shared-ip": "b", "metallb.io/loadBalancerIPs": "192.0.2.1"}
    pending(made, annotations=wanted)


def shared_port_taken(made: World) -> None:
    """The address is shared under the same key, and the port is taken."""
    made.put(service("api", "192.0.2.1", annotations={"metallb.io/allow-shared-ip": "a"}))
    wanted = {"metallb.io/allow-shared-ip": "a", "metallb.io/loadBalancerIPs": "192.0.2.1"}
    pending(made, annotations=wanted)


def family_mismatch(made: World) -> None:
    """An IPv6 Service, and a pool of IPv4 addresses."""
    pending(made, clusterIPs=["fd00::7"], ipFamilies=["IPv6"])


def both_ways_of_asking(made: World) -> None:
    """Annotation and spec.loadBalancerIP at the same time."""
    pending(made, loadBalancerIP="192.0.2.1", annotations={"metallb.io/loadBalancerIPs": "192.0.2.2"})


def pool_for_others(made: World) -> None:
    """The pool is for another namespace."""
    made.put(pool("prod", "192.0.2.0/28", serviceAllocation={"namespaces": ["shop"]}))
    pending(made)


def auto_assign_off(made: World) -> None:
    """The pool waits to be asked for by name."""
    made.put(pool("prod", "192.0.2.0/28", autoAssign=False))
    pending(made)


def pools_overlap(made: World) -> None:
    """A younger pool overlaps the only good one."""
    made.put(pool("late", "192.0.2.8/29", metadata_age="2026-02-02T00:00:00Z"))
    pending(made)


def pool_holds_a_node(made: World) -> None:
    """A pool holds the nodes' own addresses."""
    made.put(pool("late", "192.168.1.0/24"))
    pending(made)


def headless(made: World) -> None:
    """The Service has no cluster IP."""
    pending(made, clusterIPs=["None"])


def reserved_for_another(made: World) -> None:
    """The address is reserved for another Service."""
    item = pool("prod", "192.0.2.0/28")
    item["metadata"]["annotations"] = {"lbkit.io/reserved": "192.0.2.5=shop/till"}
    made.put(item)
    pending(made, annotations={"metallb.io/loadBalancerIPs": "192.0.2.5"})


def no_advertisement(made: World) -> None:
    """The only advertisement is for another pool."""
    made.put(build.l2("prod", ipAddressPools=["other"]))
    made.silent()


def advertisement_for_other_services(made: World) -> None:
    """The only advertisement selects other Services."""
    made.put(build.l2("prod", serviceSelectors=[{"matchLabels": {"tier": "edge"}}]))
    made.silent()


def no_endpoints(made: World) -> None:
    """No pod matches the selector."""
    made.drop("EndpointSlice")
    made.silent()


def endpoints_not_ready(made: World) -> None:
    """There are pods, and none is ready."""
    made.put(endpoints("web", "n1", "n2", ready=False))
    made.silent()


def no_local_endpoints(made: World) -> None:
    """ExternalTrafficPolicy Local, and the only pod is on a node that must not announce."""
    made.put(
        service("web", "192.0.2.1", externalTrafficPolicy="Local"),
        node("n1", "192.168.1.1", labels={EXCLUDE_LABEL: ""}),
        endpoints("web", "n1"),
    )
    made.silent()


def all_nodes_excluded(made: World) -> None:
    """Every node has the exclusion label."""
    made.put(*(node(name, labels={EXCLUDE_LABEL: ""}) for name in NODES))
    made.silent()


def selectors_match_no_node(made: World) -> None:
    """The advertisement's nodeSelectors match no node."""
    made.put(build.l2("prod", nodeSelectors=[{"matchLabels": {"rack": "z"}}]))
    made.silent()


def no_such_interface(made: World) -> None:
    """The advertisement names an interface that no node has; the owner said so."""
    made.put(build.l2("prod", interfaces=["bond7"]))
    said = 'node "n2" was chosen to announce with protocol "layer2", and none of its interfaces is up and allowed'
    made.put(event("announceFailed", said, "n2"))
    made.silent()


def no_such_interface_and_no_metrics(made: World) -> None:
    """The same, where the speakers' metrics cannot be read."""
    no_such_interface(made)
    made.metrics = {}
    made.unread = ["metrics of the speakers: 403 Forbidden"]


def no_peer(made: World) -> None:
    """BGP without a peer."""
    made.by_bgp()
    made.drop("BGPPeer")
    made.silent()


def unknown_peer(made: World) -> None:
    """The advertisement names a peer that is none."""
    made.by_bgp(peers=["tor9"])
    made.silent()


def unknown_peer_and_no_other(made: World) -> None:
    """The advertisement names a peer, and there is none at all."""
    made.by_bgp(peers=["tor9"])
    made.drop("BGPPeer")
    made.silent()


def peer_selects_no_node(made: World) -> None:
    """The only peer's nodeSelectors match no node."""
    made.by_bgp()
    made.put(peer("tor1", "192.168.1.254", nodeSelectors=[{"matchLabels": {"rack": "z"}}]))
    made.silent()


def missing_bfd_profile(made: World) -> None:
    """The only peer names a BFD profile that is none."""
    made.by_bgp()
    made.put(peer("tor1", "192.168.1.254", bfdProfile="fast"))
    made.silent()


def missing_secret(made: World) -> None:
    """The only peer's password Secret is not there."""
    made.by_bgp()
    made.put(peer("tor1", "192.168.1.254", passwordSecret={"name": "tor1"}), no_secret("tor1", "metallb-system"))
    made.silent()


def peer_not_supported(made: World) -> None:
    """The only peer asks for what the engine cannot do."""
    made.by_bgp()
    made.put(profile("fast", echoMode=True), peer("tor1", "192.168.1.254", bfdProfile="fast"))
    made.silent()


def unknown_community(made: World) -> None:
    """The advertisement wants a community that nobody defines."""
    made.by_bgp(communities=["no-export-please"])
    made.silent()


def sessions_down(made: World) -> None:
    """Every session is down."""
    made.by_bgp()
    made.metrics = {
        name: metrics(("default/web", "bgp"), sessions={"192.168.1.254:179": False}, engine=True) for name in NODES
    }
    made.put(session_state("n1", "tor1", bgpStatus="Active", lastError="sent OPEN Message Error / Bad Peer AS"))


def engine_down(made: World) -> None:
    """The BGP engines do not answer."""
    made.by_bgp()
    made.silent(engine=False)


def broken_advertisement(made: World) -> None:
    """The only advertisement cannot be used."""
    made.put(build.l2("prod", ipAddressPools=["prod", "prod"]))
    made.silent()


def speakers_gone(made: World) -> None:
    """There are no speakers."""
    made.drop("DaemonSet")
    made.drop("Pod")
    made.metrics = {}


def speakers_down(made: World) -> None:
    """The speakers' image cannot be pulled."""
    made.put(*(pod("speaker", name, "ImagePullBackOff") for name in NODES), build.speaker(ready=0))
    made.metrics = {}


def one_of_two_protocols(made: World) -> None:
    """Layer 2 works, BGP has no peer."""
    made.put(build.bgp("prod", ipAddressPools=["prod"]))


def one_speaker_down(made: World) -> None:
    """One node of three does not advertise."""
    made.by_bgp()
    made.put(pod("speaker", "n2", "CrashLoopBackOff"))
    del made.metrics["n2"]


BROKEN: tuple[tuple[Callable[[World], None], str], ...] = (
    (no_load_balancer, "NotLoadBalancer"),
    (other_class, "OtherLoadBalancerClass"),
    (class_of_ours_is_missing, "OtherLoadBalancerClass"),
    (being_deleted, "BeingDeleted"),
    (not_installed, "NotInstalled"),
    (controller_down, "ControllerDown"),
    (controller_scaled_away, "ControllerDown"),
    (no_pool, "NoPoolConfigured"),
    (unknown_pool, "UnknownPool"),
    (exhausted, "PoolExhausted"),
    (address_outside_every_pool, "AddressOutsidePools"),
    (address_taken, "AddressInUse"),
    (other_sharing_key, "AddressInUse"),
    (shared_port_taken, "AddressInUse"),
    (family_mismatch, "FamilyMismatch"),
    (both_ways_of_asking, "InvalidRequest"),
    (pool_for_others, "NoPoolMatches"),
    (auto_assign_off, "NoPoolMatches"),
    (pools_overlap, "InvalidConfiguration"),
    (pool_holds_a_node, "InvalidConfiguration"),
    (headless, "NoClusterIP"),
    (reserved_for_another, "AddressReserved"),
    (no_advertisement, "NoMatchingAdvertisement"),
    (advertisement_for_other_services, "NoMatchingAdvertisement"),
    (no_endpoints, "NoEndpoints"),
    (endpoints_not_ready, "NoEndpoints"),
    (no_local_endpoints, "NoLocalEndpoints"),
    (all_nodes_excluded, "NodeExcludedFromLoadBalancers"),
    (selectors_match_no_node, "NodeNotSelected"),
    (no_such_interface, "NoMatchingInterface"),
    (no_such_interface_and_no_metrics, "NoMatchingInterface"),
    (no_peer, "NoMatchingPeer"),
    (unknown_peer, "UnknownPeer"),
    (unknown_peer_and_no_other, "UnknownPeer"),
    (peer_selects_no_node, "PeerSelectsNoNode"),
    (missing_bfd_profile, "MissingBFDProfile"),
    (missing_secret, "MissingSecret"),
    (peer_not_supported, "PeerRefused"),
    (unknown_community, "UnknownCommunity"),
    (sessions_down, "SessionDown"),
    (engine_down, "BGPEngineUnavailable"),
    (broken_advertisement, "InvalidConfiguration"),
    (speakers_gone, "SpeakerMissing"),
    (speakers_down, "SpeakerDown"),
)
WORKING = (works, works_by_bgp, one_of_two_protocols, one_speaker_down)
