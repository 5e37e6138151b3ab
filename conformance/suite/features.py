"""The features an implementation may claim, and which of them everybody must have.

A core feature cannot be claimed away; an extended one is judged only where it is claimed, and is otherwise
reported as unsupported, which is neither a pass nor a failure (the Gateway API's rule).

Pure.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from lbkit.errors import InputError, Problem


class Tier(StrEnum):
    """How binding a case is."""

    CORE = "core"
    EXTENDED = "extended"
    PERFORMANCE = "performance"
    LAB = "lab"


@dataclass(frozen=True, slots=True)
class Feature:
    """One thing an implementation can do.

    Args:
        name: as in `--features` and in the report.
        tier: how binding the cases that need it are.
        title: what it is, in a few words.
    """

    name: str
    tier: Tier
    title: str


_ALL: Final = (
    Feature("allocation", Tier.CORE, "addresses from pools"),
    Feature("api", Tier.CORE, "the contract with the Kubernetes API"),
    Feature("layer2", Tier.CORE, "announcing by ARP"),
    Feature("bgp", Tier.CORE, "advertising by BGP"),
    Feature("ecmp", Tier.CORE, "spread over equal-cost paths"),
    Feature("datapath", Tier.CORE, "traffic reaches the pods"),
    Feature("failover", Tier.CORE, "traffic survives a loss"),
    Feature("security", Tier.CORE, "bounds that hold against tenants and neighbours"),
    Feature("lab", Tier.LAB, "the lab itself can show what is asked"),
    Feature("performance", Tier.PERFORMANCE, "measured and reported"),
    Feature("static-ip", Tier.EXTENDED, "a requested address"),
    Feature("auto-assign", Tier.EXTENDED, "pools used only on request"),
    Feature("selectors", Tier.EXTENDED, "pools for Services by label"),
    Feature("namespaces", Tier.EXTENDED, "pools for namespaces"),
    Feature("priority", Tier.EXTENDED, "an order among pools"),
    Feature("avoid-buggy", Tier.EXTENDED, "skipping .0 and .255"),
    Feature("share", Tier.EXTENDED, "several Services on one address"),
    Feature("pool-conflict", Tier.EXTENDED, "overlapping pools are refused"),
    Feature("conflict-detect", Tier.EXTENDED, "an address a stranger holds is not used"),
    Feature("ipv6", Tier.EXTENDED, "IPv6 Services"),
    Feature("dual", Tier.EXTENDED, "dual-stack Services"),
    Feature("finalizer", Tier.EXTENDED, "the load-balancer clean-up finalizer"),
    Feature("no-nodeport", Tier.EXTENDED, "Services without node ports"),
    Feature("mixed", Tier.EXTENDED, "TCP and UDP on one Service"),
    Feature("sctp", Tier.EXTENDED, "SCTP ports"),
    Feature("conditions", Tier.EXTENDED, "machine-readable reasons"),
    Feature("ndp", Tier.EXTENDED, "announcing by NDP"),
    Feature("iface-select", Tier.EXTENDED, "announcing on chosen interfaces"),
    Feature("node-select", Tier.EXTENDED, "announcing from chosen nodes"),
    Feature("l2-failover", Tier.EXTENDED, "another node takes an address over when its owner is lost"),
    Feature("lease", Tier.EXTENDED, "a leader is elected by a Lease"),
    Feature("proxy-arp", Tier.EXTENDED, "addresses outside the nodes' subnet"),
    Feature("large-community", Tier.EXTENDED, "large communities (RFC 8092)"),
    Feature("localpref", Tier.EXTENDED, "LOCAL_PREF on iBGP"),
    Feature("aggregation", Tier.EXTENDED, "IPv4 aggregates"),
    Feature("aggregation6", Tier.EXTENDED, "IPv6 aggregates"),
    Feature("peer-select", Tier.EXTENDED, "advertising to chosen peers"),
    Feature("multi-peer", Tier.EXTENDED, "two routers"),
    Feature("md5", Tier.EXTENDED, "TCP MD5 (RFC 2385)"),
    Feature("tcp-ao", Tier.EXTENDED, "TCP-AO (RFC 5925)"),
    Feature("multihop", Tier.EXTENDED, "eBGP over several hops"),
    Feature("peer-port", Tier.EXTENDED, "BGP from and to a chosen address and port"),
    Feature("ipv6-session", Tier.EXTENDED, "BGP over IPv6"),
    Feature("unnumbered", Tier.EXTENDED, "BGP by interface"),
    Feature("dynamic-as", Tier.EXTENDED, "remote AS internal or external"),
    Feature("local-as", Tier.EXTENDED, "another AS number than the nodes' own, towards a peer"),
    Feature("timers", Tier.EXTENDED, "hold and keepalive times"),
    Feature("connect-time", Tier.EXTENDED, "the time between attempts to connect"),
    Feature("router-id", Tier.EXTENDED, "a chosen BGP identifier"),
    Feature("gr", Tier.EXTENDED, "graceful restart (RFC 4724)"),
    Feature("gshut", Tier.EXTENDED, "graceful shutdown (RFC 8326)"),
    Feature("vrf", Tier.EXTENDED, "peers in a VRF"),
    Feature("link-bw", Tier.EXTENDED, "link-bandwidth communities"),
    Feature("bfd", Tier.EXTENDED, "BFD (RFC 5880)"),
    Feature("bfd-multihop", Tier.EXTENDED, "BFD over several hops (RFC 5883)"),
    Feature("weighted", Tier.EXTENDED, "weighted paths"),
    Feature("add-path", Tier.EXTENDED, "routers that pass all paths on (RFC 7911)"),
    Feature("resilient", Tier.EXTENDED, "routers with resilient hashing"),
    Feature("l3hash", Tier.EXTENDED, "routers that hash on addresses alone"),
    Feature("two-tier", Tier.EXTENDED, "routers in two stages"),
)

FEATURES: Final = {feature.name: feature for feature in _ALL}
TIERS: Final = {feature.name: feature.tier for feature in _ALL}


def claimed(declared: Iterable[str], option: str) -> frozenset[str]:
    """Apply `--features` to what a target declares.

    Args:
        declared: the target's own list of extended features.
        option: comma list of `+NAME`, `NAME` (both add) and `-NAME` (takes away); "" changes nothing.

    Returns:
        The names of the extended features that will be judged.

    Raises:
        InputError: a name is unknown, or a core feature is taken away.
    """
    chosen = set(declared)
    problems: list[Problem] = []
    for word in (part.strip() for part in option.split(",") if part.strip()):
        name = word.lstrip("+-").lower()
        if name not in FEATURES:
            problems.append(Problem("--features", f"got {word}, wanted one of {', '.join(sorted(FEATURES))}"))
        elif word.startswith("-") and TIERS[name] is Tier.CORE:
            problems.append(Problem("--features", f"got {word}, but a core feature cannot be exempted"))
        elif word.startswith("-"):
            chosen.discard(name)
        else:
            chosen.add(name)
    if problems:
        raise InputError(*problems)
    return frozenset(chosen)
