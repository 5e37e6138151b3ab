"""lbkit as a target: the default.

Pure.
"""

from conformance.suite.target import Implementation, Target

TARGET = Target(
    name="lbkit",
    deploy="lbkit",
    implementation=Implementation("lbkit", "lbkit", ""),
    features=frozenset({"static-ip", "auto-assign", "selectors", "namespaces", "priority", "avoid-buggy", "share"})
    | {"pool-conflict", "conflict-detect", "conditions", "iface-select", "node-select", "localpref", "aggregation"}
    | {"peer-select", "multi-peer", "md5", "timers", "gr", "gshut", "bfd", "ndp", "ipv6", "dual", "no-nodeport"},
)
