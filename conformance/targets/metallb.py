"""MetalLB as a target: its native back end, with the objects lbkit takes too.

Claims are what its documentation says of that back end; BFD and graceful restart need FRR there. Mixed protocols and
SCTP: it takes no part in the data path, so what Kubernetes forwards works (metallb/metallb#2875).

Pure.
"""

from typing import Final

from conformance.suite.declared import Declared
from conformance.suite.kube import Object
from conformance.suite.target import Implementation, Target

POLICIES: Final = {
    "unavailable-request": "released",
    "second-pool": "unused",
    "zero-hold-time": "used",
    "node-identity": "shared",
}
"""The second: website, configuration/_advanced_ipaddresspool_configuration, "the svc will keep its current pool"."""

FAILOVER_S: Final = 10.0
"""Website, concepts/layer2: "failover happens within a few seconds"."""

NEEDS_FRR: Final = frozenset({"bfdProfile", "keepaliveTime", "connectTime", "enableGracefulRestart"})
"""Fields of a BGPPeer that the native back end refuses, and with one of them all other configuration (internal/config,
DiscardFRROnly)."""


class Metallb(Target):
    """MetalLB, whose native back end takes no object that needs FRR."""

    def prepared(self, obj: Object, features: frozenset[str]) -> Object:
        """Leave out of a BGPPeer what the native back end refuses."""
        if obj["kind"] == "BGPPeer":
            return {**obj, "spec": {key: value for key, value in obj["spec"].items() if key not in NEEDS_FRR}}
        return super().prepared(obj, features)

    def takes(self, obj: Object) -> bool:
        """Say whether an object of a case is to be written: BFD profiles are FRR's."""
        return obj["kind"] != "BFDProfile" and super().takes(obj)


TARGET = Metallb(
    name="metallb",
    deploy="metallb",
    implementation=Implementation("MetalLB", "metallb", "https://metallb.io"),
    features=frozenset({"static-ip", "auto-assign", "selectors", "namespaces", "priority", "avoid-buggy", "share"})
    | {"pool-conflict", "iface-select", "node-select", "localpref", "aggregation", "peer-select", "multi-peer"}
    | {"md5", "timers", "ndp", "ipv6", "dual", "no-nodeport", "mixed", "sctp", "l2-failover"}
    | {"l3hash", "resilient", "router-id", "two-tier"},
    declared=Declared(
        annotations=("metallb.io/ip-allocated-from-pool",),
        words=("metallb",),
        policies=POLICIES,
        failover_s=FAILOVER_S,
        membership_port=7946,
        membership_on="eth0",
    ),
)
