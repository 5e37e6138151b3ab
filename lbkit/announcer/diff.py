"""The steps from what is advertised to what should be, as data.

Order matters: the engine is started before it holds anything; a peer is removed before another takes its address; paths
are complete before a new session comes up, so that its first table is the whole one. A Service change never touches a
session.

Pure.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from ipaddress import IPv4Address
from typing import TypeAlias

from lbkit.announcer.desired import Bgp, PathAttributes, Session
from lbkit.model.views import IPAddress, IPNetwork


@dataclass(frozen=True, slots=True)
class StartEngine:
    """Start the BGP engine, which then holds nothing, with this ASN and router ID."""

    asn: int
    router_id: IPv4Address


@dataclass(frozen=True, slots=True)
class AddPeer:
    """Open a session."""

    session: Session


@dataclass(frozen=True, slots=True)
class UpdatePeer:
    """Change a session in place; the engine resets it only where the change is one of the OPEN message or of TCP."""

    session: Session


@dataclass(frozen=True, slots=True)
class RemovePeer:
    """Close a session."""

    peer: str
    address: IPAddress


@dataclass(frozen=True, slots=True)
class AddPath:
    """Advertise a prefix to one peer, or with other attributes than before."""

    peer: str
    prefix: IPNetwork
    attributes: PathAttributes


@dataclass(frozen=True, slots=True)
class WithdrawPath:
    """Withdraw a prefix from one peer."""

    peer: str
    prefix: IPNetwork


BgpAction: TypeAlias = StartEngine | AddPeer | UpdatePeer | RemovePeer | AddPath | WithdrawPath


def diff_bgp(active: Bgp, desired: Bgp) -> tuple[BgpAction, ...]:
    """List the steps for the BGP engine.

    Its ASN is never changed while it runs, as every session names its own. Neither is its router ID: GoBGP 4.8 cannot
    start a second time in one process, so that another one has to wait for the next start of the pod.

    Args:
        active: what the engine holds, as it lists it.
        desired: what it should hold; without sessions the engine is left as it is, but empty.

    Returns:
        The steps in order; empty if nothing is to change.
    """
    start: list[BgpAction] = []
    if desired.router_id is not None and active.router_id is None:
        start = [StartEngine(desired.asn, desired.router_id)]
    removed = [
        RemovePeer(name, session.address)
        for name, session in active.sessions.items()
        if name not in desired.sessions or desired.sessions[name].address != session.address
    ]
    gone = {action.peer for action in removed}
    added: list[BgpAction] = []
    for name, session in desired.sessions.items():
        if name not in active.sessions or name in gone:
            added.append(AddPeer(session))
        elif active.sessions[name] != session:
            added.append(UpdatePeer(session))
    return (*start, *removed, *_paths(active, desired), *added)


def _paths(active: Bgp, desired: Bgp) -> list[BgpAction]:
    withdrawals = [
        WithdrawPath(peer, prefix)
        for peer, prefixes in active.paths.items()
        for prefix in prefixes
        if prefix not in desired.paths.get(peer, {})
    ]
    additions = [
        AddPath(peer, prefix, attributes)
        for peer, prefixes in desired.paths.items()
        for prefix, attributes in prefixes.items()
        if active.paths.get(peer, {}).get(prefix) != attributes
    ]
    return [*withdrawals, *additions]


def applied(active: Bgp, actions: Iterable[BgpAction]) -> Bgp:
    """Say what an engine holds after it carried out some steps."""
    asn, router_id, sessions = active.asn, active.router_id, dict(active.sessions)
    paths = {peer: dict(prefixes) for peer, prefixes in active.paths.items()}
    for action in actions:
        match action:
            case StartEngine():
                asn, router_id = action.asn, action.router_id
                sessions, paths = {}, {}
            case AddPeer(session) | UpdatePeer(session):
                sessions[session.peer] = session
            case RemovePeer(peer, _):
                sessions.pop(peer, None)
            case AddPath(peer, prefix, attributes):
                paths.setdefault(peer, {})[prefix] = attributes
            case WithdrawPath(peer, prefix):
                paths.get(peer, {}).pop(prefix, None)
    return Bgp(asn, router_id, sessions, {peer: prefixes for peer, prefixes in paths.items() if prefixes})


def leave_alone(desired: Bgp, active: Bgp, peers: Iterable[str]) -> Bgp:
    """Wish for some peers what they have already, as too little is known to wish otherwise.

    Args:
        desired: what is wished for all others.
        active: what the engine holds.
        peers: names of those whose password is not known yet; without a session they get none.
    """
    sessions = dict(desired.sessions)
    paths = dict(desired.paths)
    for name in peers:
        sessions.pop(name, None)
        paths.pop(name, None)
        if name in active.sessions:
            sessions[name] = active.sessions[name]
            paths[name] = active.paths.get(name, {})
    return replace(desired, sessions=sessions, paths=paths)
