"""Values -> GoBGP's messages.

Source: GoBGP v4.8.0, proto/api/*.proto.

Pure.
"""

from collections.abc import Iterable, Mapping
from ipaddress import IPv4Address, IPv6Address
from typing import Final

from lbkit.announcer.desired import PathAttributes, Session
from lbkit.gobgp.marks import EXPORT_POLICY, IMPORT_POLICY, MARK_ASN, Mark, peer_id
from lbkit.gobgp.pb import gobgp_pb2 as pb
from lbkit.model.views import Family, IPAddress, IPNetwork

FAMILIES: Final[tuple[Family, ...]] = (4, 6)
ORIGIN_IGP: Final = 0
MAX_TWO_OCTET_ASN: Final = 65535
AS_TRANS: Final = 23456
"""Stands for an ASN that two octets do not hold (RFC 6793 section 9)."""
LINK_BANDWIDTH: Final = "lb:"
"""GoBGP's word for the extended community; `lb:<ASN>:<bytes per second>`."""
MULTIHOP_TTL: Final = 255
NEXT_HOP_SELF: Final[Mapping[int, str]] = {4: "0.0.0.0", 6: "::"}  # noqa: S104  # GoBGP's word for "my own address", no listener
US_PER_MS: Final = 1000
DEFERRAL_TIME_S: Final = 5
"""How long a restarted engine waits for its peers' End-of-RIB before it sends paths (RFC 4724 section 4.1). It takes no
paths from anybody, so it need not wait for what it would not use; and peers keep the old ones meanwhile."""


def start(asn: int, router_id: IPv4Address) -> pb.StartBgpRequest:
    """Start without a listener: lbkit only connects, so that no port is open and none can clash."""
    return pb.StartBgpRequest(**{"global": pb.Global(asn=asn, router_id=str(router_id), listen_port=-1)})


def family(version: int) -> pb.Family:
    """Name an address family: unicast of IP version 4 or 6."""
    afi = pb.Family.AFI_IP if version == 4 else pb.Family.AFI_IP6
    return pb.Family(afi=afi, safi=pb.Family.SAFI_UNICAST)


def describe(session: Session) -> str:
    """Write down what GoBGP would not give back: whose session it is, and the source address that was asked for.

    Once connected, GoBGP lists the address in use in place of the one configured.
    """
    return f"{session.peer}|{session.source_address or ''}"


def peer(session: Session, *, is_restarting: bool = False) -> pb.Peer:
    """Render a session.

    The idle time after an administrative reset, which GoBGP also does when BFD goes down, is that of a connect retry;
    GoBGP's default of 30 s would be an outage.

    Args:
        session: what to hold.
        is_restarting: whether its peer may have kept paths of an engine before this one (RFC 4724 section 4.1).
    """
    has_restart = session.restart_time_s > 0
    return pb.Peer(
        conf=pb.PeerConf(
            neighbor_address=str(session.address),
            peer_asn=session.peer_asn,
            local_asn=session.local_asn,
            auth_password=session.password,
            description=describe(session),
        ),
        timers=pb.Timers(
            config=pb.TimersConfig(
                connect_retry=session.connect_time_s,
                hold_time=session.hold_time_s,
                keepalive_interval=session.keepalive_time_s,
                idle_hold_time_after_reset=session.connect_time_s,
            )
        ),
        transport=pb.Transport(
            local_address=str(session.source_address) if session.source_address else "",
            remote_port=session.port,
        ),
        ebgp_multihop=pb.EbgpMultihop(
            enabled=session.ebgp_multihop, multihop_ttl=MULTIHOP_TTL if session.ebgp_multihop else 0
        ),
        graceful_restart=pb.GracefulRestart(
            enabled=has_restart,
            restart_time=session.restart_time_s,
            deferral_time=DEFERRAL_TIME_S if has_restart else 0,
            local_restarting=has_restart and is_restarting,
        ),
        afi_safis=[
            pb.AfiSafi(
                config=pb.AfiSafiConfig(family=family(version), enabled=True),
                mp_graceful_restart=pb.MpGracefulRestart(config=pb.MpGracefulRestartConfig(enabled=has_restart)),
            )
            for version in sorted(session.families)
        ],
        bfd=_bfd(session),
    )


def _bfd(session: Session) -> pb.BfdPeerConfig | None:
    if session.bfd is None:
        return None
    return pb.BfdPeerConfig(
        enabled=True,
        desired_minimum_tx_interval=session.bfd.transmit_interval_ms * US_PER_MS,
        required_minimum_receive=session.bfd.receive_interval_ms * US_PER_MS,
        detection_multiplier=session.bfd.detect_multiplier,
    )


def path(prefix: IPNetwork, marks: Iterable[Mark]) -> pb.Path:
    """Render a path that carries these marks; without any it is a withdrawal.

    Args:
        prefix: either family.
        marks: for every peer that may have it.
    """
    marks = sorted(marks)
    nlri = pb.NLRI(prefix=pb.IPAddressPrefix(prefix=str(prefix.network_address), prefix_len=prefix.prefixlen))
    next_hop = NEXT_HOP_SELF[prefix.version]
    attributes = [pb.Attribute(origin=pb.OriginAttribute(origin=ORIGIN_IGP))]
    if prefix.version == 4:
        attributes.append(pb.Attribute(next_hop=pb.NextHopAttribute(next_hop=next_hop)))
    else:
        reach = pb.MpReachNLRIAttribute(family=family(6), next_hops=[next_hop], nlris=[nlri])
        attributes.append(pb.Attribute(mp_reach=reach))
    if marks:
        communities = [
            pb.LargeCommunity(global_admin=MARK_ASN, local_data1=each.peer_id, local_data2=each.attributes_id)
            for each in marks
        ]
        attributes.append(pb.Attribute(large_communities=pb.LargeCommunitiesAttribute(communities=communities)))
    return pb.Path(nlri=nlri, pattrs=attributes, family=family(prefix.version), is_withdraw=not marks)


def policies(sessions: Iterable[Session], attributes: Mapping[Mark, PathAttributes]) -> pb.SetPoliciesRequest:
    """Render the whole policy: nothing comes in, and each mark goes out to its peer.

    Args:
        sessions: those the engine holds or is about to hold.
        attributes: {mark: what it stands for}, for every mark that a path carries, carried or is about to carry; marks
            of peers without a session are left out.
    """
    by_id = {peer_id(session.peer): session for session in sessions}
    used = {each: one for each, one in sorted(attributes.items()) if each.peer_id in by_id}
    sets = [
        pb.DefinedSet(
            defined_type=pb.DEFINED_TYPE_NEIGHBOR,
            name=_peer_set(number),
            list=[f"{without_scope(session.address)}/{session.address.max_prefixlen}"],
        )
        for number, session in sorted(by_id.items())
    ]
    sets += [
        pb.DefinedSet(defined_type=pb.DEFINED_TYPE_LARGE_COMMUNITY, name=each.name, list=[each.pattern])
        for each in used
    ]
    local = pb.Statement(
        name=f"{IMPORT_POLICY}-local",
        conditions=pb.Conditions(route_type=pb.Conditions.ROUTE_TYPE_LOCAL),
        actions=pb.Actions(route_action=pb.ROUTE_ACTION_ACCEPT),
    )
    return pb.SetPoliciesRequest(
        defined_sets=sets,
        policies=[
            pb.Policy(name=IMPORT_POLICY, statements=[local]),
            pb.Policy(
                name=EXPORT_POLICY,
                statements=[_statement(each, one, by_id[each.peer_id].local_asn) for each, one in used.items()],
            ),
        ],
    )


def without_scope(address: IPAddress) -> IPAddress:
    """Leave out the interface of a link-local address; policies know addresses only."""
    return IPv6Address(int(address)) if isinstance(address, IPv6Address) else address


def _peer_set(number: int) -> str:
    return f"lbkit-{number:08x}"


def _statement(each: Mark, attributes: PathAttributes, local_asn: int) -> pb.Statement:
    """Render one mark: take the marks off, put the attributes on, accept."""
    large = [value.removeprefix("large:") for value in attributes.communities if value.startswith("large:")]
    standard = [value for value in attributes.communities if not value.startswith("large:")]
    actions = pb.Actions(
        route_action=pb.ROUTE_ACTION_ACCEPT,
        large_community=pb.CommunityAction(type=pb.CommunityAction.TYPE_REPLACE, communities=large)
        if large
        else pb.CommunityAction(type=pb.CommunityAction.TYPE_REMOVE, communities=[f"^{MARK_ASN}:.*$"]),
    )
    if standard:
        actions.community.CopyFrom(pb.CommunityAction(type=pb.CommunityAction.TYPE_REPLACE, communities=standard))
    if attributes.link_bandwidth:
        asn = local_asn if local_asn <= MAX_TWO_OCTET_ASN else AS_TRANS
        text = f"{LINK_BANDWIDTH}{asn}:{attributes.link_bandwidth}"
        actions.ext_community.CopyFrom(pb.CommunityAction(type=pb.CommunityAction.TYPE_REPLACE, communities=[text]))
    if attributes.next_hop is not None:
        actions.nexthop.CopyFrom(pb.NexthopAction(address=str(attributes.next_hop)))
    if attributes.local_pref:
        actions.local_pref.CopyFrom(pb.LocalPrefAction(value=attributes.local_pref))
    return pb.Statement(
        name=each.name,
        conditions=pb.Conditions(
            neighbor_set=pb.MatchSet(type=pb.MatchSet.TYPE_ANY, name=_peer_set(each.peer_id)),
            large_community_set=pb.MatchSet(type=pb.MatchSet.TYPE_ANY, name=each.name),
        ),
        actions=actions,
    )


def assignments() -> tuple[pb.SetPolicyAssignmentRequest, pb.SetPolicyAssignmentRequest]:
    """Put the policies in force for all peers; what they do not accept is rejected."""
    return (
        _assignment(pb.POLICY_DIRECTION_IMPORT, IMPORT_POLICY),
        _assignment(pb.POLICY_DIRECTION_EXPORT, EXPORT_POLICY),
    )


def _assignment(direction: pb.PolicyDirection, name: str) -> pb.SetPolicyAssignmentRequest:
    return pb.SetPolicyAssignmentRequest(
        assignment=pb.PolicyAssignment(
            name="global",
            direction=direction,
            policies=[pb.Policy(name=name)],
            default_action=pb.ROUTE_ACTION_REJECT,
        )
    )
