"""lbkit as a target: the default.

Shell: the API server, before an uninstall.
"""

from dataclasses import replace
from pathlib import Path
from typing import Final

from conformance.suite.declared import Declared
from conformance.suite.kube import Kube, until
from conformance.suite.target import ENGINE, Implementation, Target
from conformance.suite.waits import CLEAN_S
from lbkit.errors import TargetError

BROKEN: Final = "lbkit-broken"
"""The ConfigMap by which a build is broken on purpose, see broken.py."""
FINALIZER: Final = "lbkit.io/finalizer"
PLACED: Final = "lbkit.io/placed-finalizer"
FAILOVER_S: Final = 1.0
"""On layer 2 another node answers within a second of its owner's loss (design, section 4)."""
POLICIES: Final = {
    "unavailable-request": "released",
    "second-pool": "used",
    "zero-hold-time": "refused",
    "node-identity": "shared",
}


class Lbkit(Target):
    """lbkit, whose manual wants the finalizers taken off before it is uninstalled."""

    def ready(self, kube: Kube) -> str:
        """Say why it does not take configuration yet; "" when it does.

        Raises:
            TargetError: it is broken on purpose, and so is not lbkit.
        """
        if kube.get("ConfigMap", BROKEN, self.namespace) is not None:
            cure = "`python -m conformance.broken.run --heal` makes it whole"
            raise TargetError(f"lbkit is broken on purpose (ConfigMap {BROKEN}): a `make broken` was killed; {cure}")
        return super().ready(kube)

    def uninstall(self, lab: str, log: Path, kube: Kube) -> None:
        """Set `lbkit.io/finalizer` to false on all pools, wait until the finalizers are gone, and take lbkit away.

        Raises:
            TargetError: finalizers stay, or the lab's command failed.
        """
        for pool in kube.list("IPAddressPool", self.namespace):
            meta = {"name": pool["metadata"]["name"], "namespace": self.namespace}
            kube.patch({"kind": "IPAddressPool", "metadata": {**meta, "annotations": {FINALIZER: "false"}}})

        def bearing() -> str:
            services = kube.list("Service")
            return ", ".join(s["metadata"]["name"] for s in services if PLACED in s["metadata"].get("annotations", {}))

        until("the end of the finalizers", bearing, CLEAN_S)
        super().uninstall(lab, log, kube)


TARGET = Lbkit(
    name="lbkit",
    deploy="lbkit",
    implementation=Implementation("lbkit", "lbkit", ""),
    features=frozenset({"static-ip", "auto-assign", "selectors", "namespaces", "priority", "avoid-buggy", "share"})
    | {"pool-conflict", "conditions", "iface-select", "node-select", "localpref", "aggregation"}
    | {"peer-select", "multi-peer", "md5", "timers", "gr", "gshut", "bfd", "ndp", "ipv6", "dual", "no-nodeport"}
    | {"finalizer", "mixed", "sctp", "link-bw", "weighted", "l2-failover", "aggregation6", "ipv6-session"}
    | {"multihop", "unnumbered", "dynamic-as", "peer-port", "add-path", "local-as", "large-community", "l3hash"}
    | {"resilient", "router-id", "connect-time", "two-tier", "proxy-arp"},
    declared=Declared(
        annotations=("metallb.io/ip-allocated-from-pool", PLACED),
        words=("lbkit", "metallb"),
        policies=POLICIES,
        failover_s=FAILOVER_S,
        share_annotation="lbkit.io/share-with-namespaces",
        membership_port=7947,
        membership_on="eth1",
    ),
    pool_annotations={"finalizer": {FINALIZER: "true"}},
    engine=replace(ENGINE, container="gobgp"),
    lease="metallb-controller",
)
