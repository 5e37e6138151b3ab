"""What users write in the state machine's cluster: few values, so that they meet often.

Pure.
"""

from typing import Any

from hypothesis import strategies as st

from lbkit.tests.controller.fake_kube import Body, pool

PINNED = {"namespaces": ["bar"], "namespaceSelectors": [{"matchLabels": {"team": "red"}}], "priority": 1}
RESERVED = {"reserved": "10.0.0.1=shop/s1, 10.0.0.2=bar/*"}
THREE = "10.0.0.1-10.0.0.3"
POOLS_WRITTEN: list[Body] = [
    pool("a", THREE),
    pool("a", "10.0.0.2-10.0.0.3", "10.0.1.0/32"),
    pool("a", THREE, annotations={"quarantine": "30s"}),
    pool("a", THREE, annotations={"quarantine": "10s", **RESERVED}),
    pool("a", THREE, annotations={"finalizer": "true", "quarantine": "30s"}),
    pool("a", THREE, serviceAllocation=PINNED),
    pool("a", "10.0.0.0/30", "2001:db8::/127", avoidBuggyIPs=True),
    pool("a", "10.0.0.9-10.0.0.1"),
    pool("a", THREE, annotations={"quarantine": "soon"}),
    pool("b", "10.0.2.0/32"),
    pool("b", "10.0.2.0/31", autoAssign=False, annotations={"finalizer": "true"}),
    pool("b", "10.0.2.0/31", "2001:db8:2::/127", annotations={"share-between-namespaces": "*"}),
    pool("b", "10.0.0.3/32", "10.0.2.1/32"),
    pool("c", "2001:db8:1::/127", annotations={"quarantine": "30s"}),
    pool("c", "2001:db8:1::/127", serviceAllocation={"priority": 2}),
]
STACKS: list[dict[str, Any]] = [  # Any: fields of a Service's spec
    {"clusterIPs": ["10.96.0.1"], "ipFamilies": ["IPv4"]},
    {"clusterIPs": ["fd00::1"], "ipFamilies": ["IPv6"]},
    {"clusterIPs": ["10.96.0.1", "fd00::1"], "ipFamilies": ["IPv4", "IPv6"], "ipFamilyPolicy": "PreferDualStack"},
    {"clusterIPs": ["fd00::1", "10.96.0.1"], "ipFamilies": ["IPv6", "IPv4"], "ipFamilyPolicy": "RequireDualStack"},
    {"clusterIPs": [], "ipFamilies": ["IPv4"]},
]
specs = st.builds(
    lambda stack, kind, port, policy: {
        **stack,
        "type": kind,
        "ports": [{"port": port, "protocol": "TCP"}],
        "externalTrafficPolicy": policy,
    },
    # What is ordinary comes often, as hypothesis draws the members of a list evenly.
    st.sampled_from([STACKS[0], STACKS[0], STACKS[0], *STACKS]),
    st.sampled_from(["LoadBalancer"] * 6 + ["ClusterIP"]),
    st.sampled_from([80, 81]),
    st.sampled_from(["Cluster", "Cluster", "Cluster", "Local"]),
)
annotations = st.sampled_from(
    [
        *({},) * 6,
        {"loadBalancerIPs": "10.0.0.1"},
        {"loadBalancerIPs": "10.0.0.2"},
        {"loadBalancerIPs": "10.0.2.0"},
        {"loadBalancerIPs": "192.0.2.1"},
        {"loadBalancerIPs": "010.0.0.1"},
        {"address-pool": "a"},
        {"address-pool": "b"},
        {"address-pool": "typo"},
        {"allow-shared-ip": "k"},
        {"allow-shared-ip": "k"},
    ]
)
