"""Wire shapes to views: MetalLB's kinds, with every rule that one object alone can break.

The CRDs refuse most of this at the API server already; it is checked again because a CRD may be older than its
objects. Rules over several objects are in `lbkit.model.config`.
Source: MetalLB's API metallb.io/v1beta1, v1beta2 and the rules of its validating webhooks.

Pure.
"""

import re
from typing import Final

from lbkit.errors import InputError, Problem
from lbkit.model import objects, views
from lbkit.model.annotations import boolean
from lbkit.model.annotations import path as annotation_path
from lbkit.model.findings import Findings
from lbkit.model.parse_peer import peer
from lbkit.model.parse_pool import pool
from lbkit.model.parse_selectors import selector, selectors

__all__ = [
    "bfd_profile",
    "bgp_advertisement",
    "communities",
    "community",
    "l2_advertisement",
    "peer",
    "pool",
    "secret_password",
]

_STANDARD_COMMUNITY: Final = re.compile(r"([0-9]{1,5}):([0-9]{1,5})", re.ASCII)
_LARGE_COMMUNITY: Final = re.compile(r"large:([0-9]{1,10}):([0-9]{1,10}):([0-9]{1,10})", re.ASCII)
WEIGHTED_ECMP: Final = "lbkit.io/weighted-ecmp"
"""On BGPAdvertisements: `true`: paths say how many endpoints are behind them."""
_MAX_COMMUNITIES: Final = 63
"""MetalLB's limit for one advertisement."""


def _pool_choice(findings: Findings, names: tuple[str, ...] | None, written: objects.Selectors) -> views.PoolChoice:
    findings.unique("spec.ipAddressPools", names or ())
    return views.PoolChoice(frozenset(names or ()), selectors(findings, "spec.ipAddressPoolSelectors", written))


def l2_advertisement(obj: objects.L2Advertisement) -> views.L2Advertisement:
    """Read an L2Advertisement.

    Raises:
        InputError: duplicates, weights outside 1..100, selectors that make no sense.
    """
    findings, spec = Findings(), obj.spec
    findings.unique("spec.interfaces", spec.interfaces or ())
    preferred = []
    for index, item in enumerate(spec.preferred_node_selectors or ()):
        path = f"spec.preferredNodeSelectors[{index}]"
        findings.within(f"{path}.weight", item.weight, 1, 100)
        preferred.append((item.weight, selector(findings, f"{path}.preference", item.preference)))
    view = views.L2Advertisement(
        name=obj.metadata.name,
        pools=_pool_choice(findings, spec.ip_address_pools, spec.ip_address_pool_selectors),
        node_selectors=selectors(findings, "spec.nodeSelectors", spec.node_selectors),
        service_selectors=selectors(findings, "spec.serviceSelectors", spec.service_selectors),
        interfaces=frozenset(spec.interfaces or ()),
        preferred_nodes=tuple(preferred),
    )
    findings.done()
    return view


def bgp_advertisement(obj: objects.BGPAdvertisement) -> views.BGPAdvertisement:
    """Read a BGPAdvertisement; whether its communities exist is for `lbkit.model.config` to say.

    Raises:
        InputError: duplicates, lengths out of range, selectors or an annotation that make no sense.
    """
    findings, spec = Findings(), obj.spec
    weighted = (obj.metadata.annotations or {}).get(WEIGHTED_ECMP, "false")
    communities_written = spec.communities or ()
    findings.within("spec.aggregationLength", spec.aggregation_length, 1, 32)
    findings.within("spec.aggregationLengthV6", spec.aggregation_length_v6, 1, 128)
    findings.within("spec.localPref", spec.local_pref, 0, 2**32 - 1)
    findings.unique("spec.communities", communities_written)
    findings.unique("spec.peers", spec.peers or ())
    if len(communities_written) > _MAX_COMMUNITIES:
        findings.add("spec.communities", f"got {len(communities_written)}, wanted at most {_MAX_COMMUNITIES}")
    view = views.BGPAdvertisement(
        name=obj.metadata.name,
        pools=_pool_choice(findings, spec.ip_address_pools, spec.ip_address_pool_selectors),
        node_selectors=selectors(findings, "spec.nodeSelectors", spec.node_selectors),
        service_selectors=selectors(findings, "spec.serviceSelectors", spec.service_selectors),
        peers=frozenset(spec.peers or ()),
        aggregation_length=32 if spec.aggregation_length is None else spec.aggregation_length,
        aggregation_length_v6=128 if spec.aggregation_length_v6 is None else spec.aggregation_length_v6,
        local_pref=spec.local_pref,
        communities=communities_written,
        is_weighted=bool(findings.read(annotation_path(WEIGHTED_ECMP), boolean, weighted)),
    )
    is_aggregating = (view.aggregation_length, view.aggregation_length_v6) != (32, 128)
    if view.service_selectors and is_aggregating:
        findings.add("spec.serviceSelectors", "cannot be combined with an aggregation length; remove one of them")
    findings.done()
    return view


def bfd_profile(obj: objects.BFDProfile) -> views.BFDProfile:
    """Read a BFDProfile (RFC 5880 section 4.1; MetalLB's limits).

    Raises:
        InputError: every number out of range.
    """
    findings, spec = Findings(), obj.spec
    findings.within("spec.receiveInterval", spec.receive_interval, 10, 60000)
    findings.within("spec.transmitInterval", spec.transmit_interval, 10, 60000)
    findings.within("spec.detectMultiplier", spec.detect_multiplier, 2, 255)
    findings.within("spec.echoInterval", spec.echo_interval, 10, 60000)
    findings.within("spec.minimumTtl", spec.minimum_ttl, 1, 254)
    findings.done()
    return views.BFDProfile(
        name=obj.metadata.name,
        receive_interval_ms=spec.receive_interval,
        transmit_interval_ms=spec.transmit_interval,
        detect_multiplier=spec.detect_multiplier,
        echo_interval_ms=spec.echo_interval,
        echo_mode=bool(spec.echo_mode),
        passive_mode=bool(spec.passive_mode),
        minimum_ttl=spec.minimum_ttl,
    )


def community(text: str) -> str:
    """Read a community value: `uint16:uint16` (RFC 1997) or `large:uint32:uint32:uint32` (RFC 8092).

    Returns:
        The value with leading zeros removed, so that equal communities are equal strings.

    Raises:
        InputError: anything else.
    """
    for pattern, highest, prefix in ((_STANDARD_COMMUNITY, 2**16, ""), (_LARGE_COMMUNITY, 2**32, "large:")):
        found = pattern.fullmatch(text)
        if found and all(int(part) < highest for part in found.groups()):
            return prefix + ":".join(str(int(part)) for part in found.groups())
    raise InputError(Problem("", f'"{text}" is no community; write 65000:100 or large:65000:1:2'))


def communities(obj: objects.Community) -> tuple[tuple[str, str], ...]:
    """Read a Community object: pairs of alias and value, in the order written.

    Raises:
        InputError: aliases without a name or listed twice, values that are no community.
    """
    findings, aliases = Findings(), obj.spec.communities or ()
    findings.unique("spec.communities", [alias.name for alias in aliases])
    pairs = []
    for index, alias in enumerate(aliases):
        if not alias.name:
            findings.add(f"spec.communities[{index}].name", "the alias has no name")
        value = findings.read(f"spec.communities[{index}].value", community, alias.value)
        pairs.append((alias.name, value or ""))
    findings.done()
    return tuple(pairs)


def secret_password(obj: objects.Secret) -> str:
    """Read a peer's password from its Secret (type kubernetes.io/basic-auth, key `password`).

    An empty password is refused: a session without its password is worse than no session.

    Raises:
        InputError: another type, no such key, empty, or not UTF-8.
    """
    findings = Findings()
    if obj.type != "kubernetes.io/basic-auth":
        findings.add("type", f'got "{obj.type}", wanted kubernetes.io/basic-auth')
    password = (obj.data or {}).get("password", b"")
    if not password:
        findings.add("data.password", "the Secret has no password")
    findings.done()
    try:
        return password.decode()
    except UnicodeDecodeError:
        raise InputError(Problem("data.password", "the password is not UTF-8")) from None
