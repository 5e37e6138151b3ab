"""A BFD profile as Azure Arc's users know it; in the cluster it is one BFDProfile.

Source: Azure Arc `Microsoft.KubernetesRuntime/bfdProfiles` (2024-08-01); MetalLB's BFDProfile; RFC 5880.

Pure.
"""

from typing import Final

from lbkit.model import views
from lbkit.operator.fields import Field, Json, from_switch, shown, to_switch
from lbkit.operator.group import Column, Group
from lbkit.operator.inventory import BFD_PROFILE, BGP_PEER, Inventory, config_of
from lbkit.operator.single import Single
from lbkit.operator.text import some, text_of

_KINDS: Final = (BFD_PROFILE,)

FIELDS: Final = (
    Field(
        "detectMultiplier",
        "integer",
        _KINDS,
        ("spec", "detectMultiplier"),
        "Packets lost before the peer counts as down.",
        in_arc=True,
    ),
    Field(
        "receiveInterval",
        "integer",
        _KINDS,
        ("spec", "receiveInterval"),
        "Receive interval in milliseconds.",
        in_arc=True,
    ),
    Field(
        "transmitInterval",
        "integer",
        _KINDS,
        ("spec", "transmitInterval"),
        "Transmit interval in milliseconds.",
        in_arc=True,
    ),
    Field("echoInterval", "integer", _KINDS, ("spec", "echoInterval"), "Echo interval in milliseconds.", in_arc=True),
    Field(
        "echoMode",
        "switch",
        _KINDS,
        ("spec", "echoMode"),
        "Whether echo packets are sent.",
        "Disabled",
        to_switch,
        from_switch,
        in_arc=True,
    ),
    Field(
        "passiveMode",
        "switch",
        _KINDS,
        ("spec", "passiveMode"),
        "Whether the peer has to start.",
        "Disabled",
        to_switch,
        from_switch,
        in_arc=True,
    ),
    Field(
        "minimumTtl",
        "integer",
        _KINDS,
        ("spec", "minimumTtl"),
        "Smallest TTL accepted, for peers some hops away.",
        in_arc=True,
    ),
)
"""Intervals in milliseconds."""


def document(name: str, inventory: Inventory) -> dict[str, Json]:
    """Give a profile as it is shown; empty if there is none of that name."""
    item = inventory.object(BFD_PROFILE, name)
    if item is None:
        return {}
    _, found = config_of(inventory)
    problems = [str(each) for each in found if (each.kind, each.name) == (BFD_PROFILE, name)]
    return {
        "name": name,
        **shown(FIELDS, {BFD_PROFILE: item}),
        "provisioningState": "Failed" if problems else "Succeeded",
        "problems": problems,
        "peers": list(users(name, inventory)),
    }


def users(name: str, inventory: Inventory) -> tuple[str, ...]:
    """Name the peers that use a profile, sorted."""
    return tuple(sorted(each.name for each in inventory.of(BGP_PEER, views.Peer).values() if each.bfd_profile == name))


def _users(name: str, inventory: Inventory) -> str:
    there = users(name, inventory)
    return f"{some(there, 'BGPPeer', 'BGPPeers')} would have no BFD profile, and so no session" if there else ""


_ONE: Final = Single(BFD_PROFILE, "v1beta1", FIELDS)

GROUP_OF_COMMANDS: Final = Group(
    command="bfd-profile",
    title="BFD profile",
    fields=FIELDS,
    required=(),
    names=_ONE.names,
    document=document,
    create=_ONE.create,
    update=_ONE.update,
    delete=_ONE.delete,
    users=_users,
    columns=(
        Column("NAME", lambda document: text_of(document["name"])),
        Column("RECEIVE", lambda document: text_of(document["receiveInterval"])),
        Column("TRANSMIT", lambda document: text_of(document["transmitInterval"])),
        Column("MULTIPLIER", lambda document: text_of(document["detectMultiplier"])),
        Column("ECHO", lambda document: text_of(document["echoMode"])),
        Column("PASSIVE", lambda document: text_of(document["passiveMode"])),
        Column("PEERS", lambda document: str(len(document["peers"]))),
        Column("STATE", lambda document: text_of(document["provisioningState"])),
    ),
)
