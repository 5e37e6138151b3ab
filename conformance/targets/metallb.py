"""MetalLB as a target: its native back end, with the objects lbkit takes too.

Claims are what its documentation says of that back end; BFD and graceful restart need FRR there. Mixed protocols and
SCTP: it takes no part in the data path, so what Kubernetes forwards works (metallb/metallb#2875).

Pure.
"""

from typing import Final

from conformance.suite.declared import Declared
from conformance.suite.target import Implementation, Target

POLICIES: Final = {"unavailable-request": "released", "second-pool": "unused"}
"""The second: website, configuration/_advanced_ipaddresspool_configuration, "the svc will keep its current pool"."""

FAILOVER_S: Final = 10.0
"""Website, concepts/layer2: "failover happens within a few seconds"."""

TARGET = Target(
    name="metallb",
    deploy="metallb",
    implementation=Implementation("MetalLB", "metallb", "https://metallb.io"),
    features=frozenset({"static-ip", "auto-assign", "selectors", "namespaces", "priority", "avoid-buggy", "share"})
    | {"pool-conflict", "iface-select", "node-select", "localpref", "aggregation", "peer-select", "multi-peer"}
    | {"md5", "timers", "ndp", "ipv6", "dual", "no-nodeport", "mixed", "sctp", "l2-failover"},
    declared=Declared(
        annotations=("metallb.io/ip-allocated-from-pool",),
        words=("metallb",),
        policies=POLICIES,
        failover_s=FAILOVER_S,
    ),
)
