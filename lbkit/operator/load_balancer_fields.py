"""The properties of a load balancer: Azure Arc's four, and what MetalLB's API has beyond them.

Source: Azure Arc `Microsoft.KubernetesRuntime/loadBalancers` (2024-03-01); MetalLB's IPAddressPool, L2Advertisement,
BGPAdvertisement.

Pure.
"""

from typing import Final

from lbkit.operator.fields import Field, from_selectors, to_selectors
from lbkit.operator.inventory import BGP_ADVERTISEMENT, L2_ADVERTISEMENT, POOL

_ALLOCATION: Final = ("spec", "serviceAllocation")
ADVERTISEMENTS: Final = (L2_ADVERTISEMENT, BGP_ADVERTISEMENT)

FIELDS: Final = (
    Field(
        "advertiseMode",
        "word",
        (),
        (),
        "ARP (one node owns an address), BGP (all nodes advertise it) or Both.",
        in_arc=True,
    ),
    Field(
        "addresses",
        "addresses",
        (POOL,),
        ("spec", "addresses"),
        "Prefixes and ranges: 192.0.2.0/28, 192.0.2.20-192.0.2.29. Several: joined by commas or spaces.",
        [],
        in_arc=True,
    ),
    Field(
        "bgpPeers",
        "names",
        (BGP_ADVERTISEMENT,),
        ("spec", "peers"),
        "Peers to advertise to; without it, all.",
        [],
        in_arc=True,
    ),
    Field(
        "serviceSelector",
        "selector",
        (POOL,),
        (*_ALLOCATION, "serviceSelectors"),
        "Only for Services with these labels: a=b,c=d (or a:b).",
        {},
        to_selectors,
        from_selectors,
        in_arc=True,
    ),
    Field(
        "autoAssign",
        "switch",
        (POOL,),
        ("spec", "autoAssign"),
        "Disabled keeps the addresses for Services that ask for them.",
        empty=True,
    ),
    Field(
        "avoidBuggyIPs",
        "switch",
        (POOL,),
        ("spec", "avoidBuggyIPs"),
        "Enabled leaves out addresses that end in .0 and .255.",
        empty=False,
    ),
    Field(
        "priority",
        "integer",
        (POOL,),
        (*_ALLOCATION, "priority"),
        "Smaller is tried first; 0 (or none) comes last.",
        0,
    ),
    Field("namespaces", "names", (POOL,), (*_ALLOCATION, "namespaces"), "Only for Services in these namespaces.", []),
    Field(
        "namespaceSelector",
        "selector",
        (POOL,),
        (*_ALLOCATION, "namespaceSelectors"),
        "Only for Services in namespaces with these labels.",
        {},
        to_selectors,
        from_selectors,
    ),
    Field(
        "nodeSelector",
        "selector",
        ADVERTISEMENTS,
        ("spec", "nodeSelectors"),
        "Only nodes with these labels announce.",
        {},
        to_selectors,
        from_selectors,
    ),
    Field(
        "interfaces",
        "names",
        (L2_ADVERTISEMENT,),
        ("spec", "interfaces"),
        "ARP: answer on these interfaces only.",
        [],
    ),
    Field(
        "communities",
        "names",
        (BGP_ADVERTISEMENT,),
        ("spec", "communities"),
        "BGP communities: 64512:100, large:64512:1:2, or an alias.",
        [],
    ),
    Field(
        "localPref", "integer", (BGP_ADVERTISEMENT,), ("spec", "localPref"), "BGP local preference, for iBGP peers.", 0
    ),
    Field(
        "aggregationLength",
        "integer",
        (BGP_ADVERTISEMENT,),
        ("spec", "aggregationLength"),
        "Advertise IPv4 prefixes of this length.",
        32,
    ),
    Field(
        "aggregationLengthV6",
        "integer",
        (BGP_ADVERTISEMENT,),
        ("spec", "aggregationLengthV6"),
        "Advertise IPv6 prefixes of this length.",
        128,
    ),
)
"""`nodeSelector` and what stands before it are read from the layer-2 advertisement where there are both."""
