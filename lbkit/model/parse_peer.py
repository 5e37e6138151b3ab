"""Wire shape to view: BGPPeer, the kind with the most rules.

Source: MetalLB BGPPeer metallb.io/v1beta2 and its validation; RFC 4271 section 4.2 (Hold Time is zero or at least
three seconds), RFC 6793 (four-octet AS numbers).

Pure.
"""

from typing import Final

from lbkit.model import objects, views
from lbkit.model.addresses import address, ipv4_address
from lbkit.model.durations import seconds
from lbkit.model.findings import Findings
from lbkit.model.parse_selectors import selectors

_BGP_PORT: Final = 179
_MAX_ASN: Final = 2**32 - 1
_KEEPALIVES_PER_HOLD_TIME: Final = 3
"""RFC 4271 section 4.4: "a reasonable maximum time between KEEPALIVE messages would be one third of the Hold Time"."""


def peer(obj: objects.BGPPeer) -> views.Peer:
    """Read a BGPPeer.

    Raises:
        InputError: every broken rule of the BGPPeer table, with its field.
    """
    findings, spec = Findings(), obj.spec
    _check_asns(findings, spec)
    _check_exclusive(findings, spec)
    hold_time_s, keepalive_time_s = _timers(findings, spec)
    connect_time_s = _optional_seconds(findings, "spec.connectTime", spec.connect_time)
    findings.within("spec.connectTime", connect_time_s, 1, 65535)
    if spec.peer_port:
        findings.within("spec.peerPort", spec.peer_port, 1, 65535)
    view = views.Peer(
        name=obj.metadata.name,
        my_asn=spec.my_asn,
        peer_asn=spec.peer_asn,
        address=findings.read("spec.peerAddress", address, spec.peer_address) if spec.peer_address else None,
        interface=spec.interface,
        dynamic_asn=spec.dynamic_asn,
        local_asn=spec.local_asn,
        port=spec.peer_port or _BGP_PORT,
        source_address=findings.read("spec.sourceAddress", address, spec.source_address)
        if spec.source_address
        else None,
        hold_time_s=hold_time_s,
        keepalive_time_s=keepalive_time_s,
        connect_time_s=connect_time_s,
        router_id=findings.read("spec.routerID", ipv4_address, spec.router_id) if spec.router_id else None,
        node_selectors=selectors(findings, "spec.nodeSelectors", spec.node_selectors),
        password=spec.password,
        password_secret=spec.password_secret.name if spec.password_secret else "",
        bfd_profile=spec.bfd_profile,
        ebgp_multihop=spec.ebgp_multi_hop,
        enable_graceful_restart=spec.enable_graceful_restart,
        vrf=spec.vrf,
        dual_stack_address_family=spec.dual_stack_address_family,
    )
    findings.done()
    return view


def _check_asns(findings: Findings, spec: objects.BGPPeerSpec) -> None:
    if spec.my_asn == 0:
        findings.add("spec.myASN", "the local ASN is missing")
    for path, asn in (("spec.myASN", spec.my_asn), ("spec.peerASN", spec.peer_asn), ("spec.localASN", spec.local_asn)):
        findings.within(path, asn, 0, _MAX_ASN)
    if spec.dynamic_asn not in {"", "internal", "external"}:
        findings.add("spec.dynamicASN", f'got "{spec.dynamic_asn}", wanted internal or external')
    if bool(spec.peer_asn) == bool(spec.dynamic_asn):
        given = "both are" if spec.peer_asn else "none is"
        findings.add("spec.peerASN", f"give either peerASN or dynamicASN; {given} given")
    is_internal = spec.dynamic_asn == "internal" or (spec.peer_asn != 0 and spec.peer_asn == spec.my_asn)
    if spec.ebgp_multi_hop and is_internal:
        findings.add("spec.ebgpMultiHop", "the peer has our own ASN, and multihop is for external peers; remove it")


def _check_exclusive(findings: Findings, spec: objects.BGPPeerSpec) -> None:
    if bool(spec.peer_address) == bool(spec.interface):
        given = "both are" if spec.interface else "none is"
        findings.add("spec.peerAddress", f"give either peerAddress or interface; {given} given")
    has_secret = spec.password_secret is not None and spec.password_secret.name != ""
    if spec.password and has_secret:
        findings.add("spec.password", "give either password or passwordSecret; both are given")


def _timers(findings: Findings, spec: objects.BGPPeerSpec) -> tuple[int | None, int | None]:
    """Read hold and keepalive time; where one is missing, it follows from the other (a third, three times)."""
    hold_time_s = _optional_seconds(findings, "spec.holdTime", spec.hold_time)
    keepalive_time_s = _optional_seconds(findings, "spec.keepaliveTime", spec.keepalive_time)
    if hold_time_s is None and keepalive_time_s is not None:
        hold_time_s = keepalive_time_s * _KEEPALIVES_PER_HOLD_TIME
    if keepalive_time_s is None and hold_time_s is not None:
        keepalive_time_s = hold_time_s // _KEEPALIVES_PER_HOLD_TIME
    if hold_time_s is not None and hold_time_s != 0:
        findings.within("spec.holdTime", hold_time_s, 3, 65535)
    if hold_time_s is not None and keepalive_time_s is not None and keepalive_time_s > hold_time_s:
        findings.add("spec.keepaliveTime", f"got {keepalive_time_s} s, wanted at most the hold time, {hold_time_s} s")
    return hold_time_s, keepalive_time_s


def _optional_seconds(findings: Findings, path: str, text: str | None) -> int | None:
    return None if text is None else findings.read(path, seconds, text)
