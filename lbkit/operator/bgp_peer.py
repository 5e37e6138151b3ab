"""A BGP peer as Azure Arc's users know it; in the cluster it is one BGPPeer.

Source: Azure Arc `Microsoft.KubernetesRuntime/bgpPeers` (2024-08-01); MetalLB's BGPPeer (v1beta2).

Pure.
"""

from collections.abc import Mapping
from typing import Final

from lbkit.announcer.sessions import one_router_each
from lbkit.announcer.sessions import sessions as sessions_of
from lbkit.model import views
from lbkit.model.selectors import any_matches
from lbkit.operator.fields import Field, Json, from_selectors, from_switch, shown, to_selectors, to_switch
from lbkit.operator.group import Column, Group
from lbkit.operator.inventory import BGP_PEER, Inventory, config_of
from lbkit.operator.single import Single
from lbkit.operator.speaker_report import SpeakerReport
from lbkit.operator.text import some, text_of

_KINDS: Final = (BGP_PEER,)

FIELDS: Final = (
    Field("myAsn", "integer", _KINDS, ("spec", "myASN"), "AS number of the nodes.", in_arc=True),
    Field("peerAsn", "integer", _KINDS, ("spec", "peerASN"), "AS number of the peer.", in_arc=True),
    Field("peerAddress", "word", _KINDS, ("spec", "peerAddress"), "The peer's IP address.", in_arc=True),
    Field(
        "peerPort", "integer", _KINDS, ("spec", "peerPort"), "The peer's TCP port; 179 if not given.", 179, in_arc=True
    ),
    Field("bfdProfile", "word", _KINDS, ("spec", "bfdProfile"), "BFD profile of the session.", in_arc=True),
    Field(
        "bgpMultiHop",
        "switch",
        _KINDS,
        ("spec", "ebgpMultiHop"),
        "Whether the peer may be more than one hop away.",
        "Disabled",
        to_switch,
        from_switch,
        in_arc=True,
    ),
    Field("holdTime", "duration", _KINDS, ("spec", "holdTime"), "Hold time: 90s, or 90.", in_arc=True),
    Field("keepAliveTime", "duration", _KINDS, ("spec", "keepaliveTime"), "Time between KEEPALIVEs.", in_arc=True),
    Field("connectTime", "duration", _KINDS, ("spec", "connectTime"), "Time between attempts to connect."),
    Field(
        "nodeSelector",
        "selector",
        _KINDS,
        ("spec", "nodeSelectors"),
        "Only nodes with these labels peer: a=b,c=d (or a:b).",
        {},
        to_selectors,
        from_selectors,
        in_arc=True,
    ),
    Field(
        "passwordSecret",
        "word",
        _KINDS,
        ("spec", "passwordSecret", "name"),
        "Secret (kubernetes.io/basic-auth) with the session's password.",
    ),
    Field("sourceAddress", "word", _KINDS, ("spec", "sourceAddress"), "The node's address to connect from."),
    Field("localAsn", "integer", _KINDS, ("spec", "localASN"), "AS number shown to this peer in place of --my-asn."),
    Field("dynamicAsn", "word", _KINDS, ("spec", "dynamicASN"), "internal or external, in place of --peer-asn."),
    Field("routerId", "word", _KINDS, ("spec", "routerID"), "BGP identifier of the nodes."),
)

UNSHOWN: Final = frozenset({"password"})
"""Of a BGPPeer's spec, what is never printed."""


def document(name: str, inventory: Inventory) -> dict[str, Json]:
    """Give a peer as it is shown; empty if there is none of that name.

    Returns:
        {property: value}: az's, lbkit's, what else the object says, and on which nodes it has a session or none.
    """
    item = inventory.object(BGP_PEER, name)
    if item is None:
        return {}
    problems, nodes = problems_of(name, inventory), selected(name, inventory)
    idle = () if nodes or problems or not inventory.nodes else ("no node has the labels it selects: it has no session",)
    others = {
        key: value
        for key, value in (item.get("spec") or {}).items()
        if key not in UNSHOWN and all(field.path[1] != key for field in FIELDS)
    }
    return {
        "name": name,
        **shown(FIELDS, {BGP_PEER: item}),
        **others,
        "provisioningState": "Failed" if problems else "Succeeded",
        "problems": [*problems, *idle],
        "nodes": list(nodes),
    }


def selected(name: str, inventory: Inventory) -> tuple[str, ...]:
    """Name the nodes that a peer is for, sorted."""
    peer = next((item for key, item in inventory.of(BGP_PEER, views.Peer).items() if key.name == name), None)
    if peer is None:
        return ()
    return tuple(
        sorted(node.name for node in inventory.nodes.values() if any_matches(peer.node_selectors, node.labels))
    )


def problems_of(name: str, inventory: Inventory) -> tuple[str, ...]:
    """Say what is wrong with a peer: by itself, beside others, or for the engine in use."""
    config, found = config_of(inventory)
    said = [str(each) for each in found if (each.kind, each.name) == (BGP_PEER, name)]
    for refusal, nodes in refusals(config, inventory.nodes).get(name, {}).items():
        # A missing BFD profile is in the configuration's problems already; a password is looked up by the speaker.
        if "no BFDProfile" not in refusal and "no Secret" not in refusal:
            said.append(f"{refusal} (on {', '.join(nodes)})")
    return tuple(said)


def refusals(config: views.Config, nodes: Mapping[str, views.Node]) -> dict[str, dict[str, list[str]]]:
    """Ask for every node which peers it would have no session with.

    Returns:
        {peer: {why: nodes}}.
    """
    found: dict[str, dict[str, list[str]]] = {}
    for node in sorted(nodes.values(), key=lambda node: node.name):
        _, refused = sessions_of(config, node, one_router_each(config.peers))
        for peer, why in refused.items():
            found.setdefault(peer, {}).setdefault(why, []).append(node.name)
    return found


def users(name: str, inventory: Inventory) -> tuple[str, ...]:
    """Name the BGPAdvertisements that name a peer, sorted."""
    advertisements = inventory.of("BGPAdvertisement", views.BGPAdvertisement).values()
    return tuple(sorted(each.name for each in advertisements if name in each.peers))


def sessions(name: str, inventory: Inventory, reports: Mapping[str, SpeakerReport]) -> dict[str, Json]:
    """Give the state of a peer's sessions, node by node.

    Returns:
        {"sessions": [{"node", "state", …}]}; the state is `up`, `down`, or `unknown` where the speaker did not tell;
        then what the node's BGPSessionState says.
    """
    peer = next((item for key, item in inventory.of(BGP_PEER, views.Peer).items() if key.name == name), None)
    if peer is None:
        return {"sessions": []}
    states = {True: "up", False: "down", None: "unknown"}
    return {
        "sessions": [
            {
                "node": node,
                "state": states[reports[node].is_up(peer) if node in reports else None],
                **_told(inventory, node, name),
            }
            for node in selected(name, inventory)
        ]
    }


def _told(inventory: Inventory, node: str, peer: str) -> dict[str, Json]:
    """Give what the speaker's own object says of a session, without what is empty and what is told already."""
    status = inventory.session_state(node, peer)
    return {field: value for field in SHOWN if (value := status.get(field)) not in {None, "", 0}}


def _sessions_up(document: Mapping[str, Json]) -> str:
    there = document.get("sessions") or []
    up = sum(each["state"] == "up" for each in there)
    is_unknown = all(each["state"] == "unknown" for each in there)
    return "-" if is_unknown else f"{up}/{len(there)} up"


def _users(name: str, inventory: Inventory) -> str:
    there = users(name, inventory)
    return f"{some(there, 'BGPAdvertisement', 'BGPAdvertisements')} would name a peer that is none" if there else ""


SHOWN: Final = (
    "bgpStatus",
    "bfdStatus",
    "since",
    "peer",
    "peerASN",
    "peerRouterID",
    "holdTimeSeconds",
    "keepaliveTimeSeconds",
    "advertisedPrefixes",
    "flaps",
    "reason",
    "lastError",
    "lastErrorTime",
)
"""Fields of a BGPSessionState, in the order in which they are read."""

_ONE: Final = Single(BGP_PEER, "v1beta2", FIELDS)

GROUP_OF_COMMANDS: Final = Group(
    command="bgp-peer",
    title="BGP peer",
    fields=FIELDS,
    required=("myAsn", "peerAddress"),
    names=_ONE.names,
    document=document,
    create=_ONE.create,
    update=_ONE.update,
    delete=_ONE.delete,
    users=_users,
    columns=(
        Column("NAME", lambda document: text_of(document["name"])),
        Column("ADDRESS", lambda document: text_of(document["peerAddress"])),
        Column("MY ASN", lambda document: text_of(document["myAsn"])),
        Column("PEER ASN", lambda document: text_of(document["peerAsn"] or document["dynamicAsn"])),
        Column("BFD PROFILE", lambda document: text_of(document["bfdProfile"])),
        Column("SESSIONS", _sessions_up),
        Column("STATE", lambda document: text_of(document["provisioningState"])),
    ),
    observed=sessions,
)
