"""Drive one GoBGP: learn what it holds, and carry out steps until it holds what was decided.

The engine is another process with a life of its own. `Engine.run` waits until it answers, lists what it holds, then
carries out the batches it is given and passes on which sessions come and go. When the engine goes away it says so and
begins again with a listing; nothing is remembered across that, so nothing can be remembered wrongly. A step that the
engine refuses is reported, does not hold up the others, and leads to a new listing a little later.
Source: GoBGP v4.8.0 (pkg/server/grpc_server.go); lbkit/gobgp/marks.py for how paths are kept apart by peer.

Shell: gRPC over a unix socket.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from dataclasses import dataclass, field
from ipaddress import IPv4Address
from itertools import groupby
from typing import Any, Final

import grpc
import grpc.aio

from lbkit.announcer.desired import PathAttributes, Session
from lbkit.announcer.diff import AddPath, AddPeer, BgpAction, RemovePeer, StartEngine, UpdatePeer, WithdrawPath
from lbkit.errors import TargetError
from lbkit.gobgp import listing, render
from lbkit.gobgp.events import Applied, EngineDown, EngineEvent, EngineUp, SessionChanged, SessionsSeen
from lbkit.gobgp.marks import EXPORT_POLICY, IMPORT_POLICY, Mark, mark, peer_id
from lbkit.gobgp.notification import reason
from lbkit.gobgp.pb import gobgp_pb2 as pb
from lbkit.gobgp.pb import gobgp_pb2_grpc as stubs
from lbkit.model.views import IPAddress, IPNetwork

CALL_TIMEOUT_S: Final = 10.0
RETRY_S: Final = 0.3
"""Between attempts to reach an engine that is gone; it is on the same machine, and soon started again."""
RELIST_S: Final = 10.0
"""After a refused step."""
LOOK_S: Final = 5.0
"""Between looks at sessions of which nothing is heard; counters and timers are shown as of the last."""
SETTLE_S: Final = 0.1
"""A session that comes up passes through its states in a moment."""
PATHS_PER_MESSAGE: Final = 500
GONE: Final = (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED, grpc.StatusCode.CANCELLED)
"""Statuses of a call that say nothing about the step, only about the engine."""


@dataclass(slots=True)
class Held:
    """What the engine holds, as far as the next step needs it.

    Args:
        table: {prefix: marks of its path}.
        known: {mark: attributes}; those of the policy, less what no path carries.
        in_force: (peer, address) and marks of which the policy surely knows; None if that was never set.
        is_new: whether the engine was started in the batch under way, so that peers may remember one before it.
    """

    sessions: dict[str, Session] = field(default_factory=dict)
    table: dict[IPNetwork, frozenset[Mark]] = field(default_factory=dict)
    known: dict[Mark, PathAttributes] = field(default_factory=dict)
    in_force: tuple[set[tuple[str, IPAddress]], set[Mark]] | None = None
    is_new: bool = False

    def name_of(self, peer: pb.Peer) -> str | None:
        """Name the peer of an event, which carries its address only."""
        for name, session in self.sessions.items():
            if str(session.address) in (peer.state.neighbor_address, peer.conf.neighbor_address):
                return name
        return None


class Engine:
    """One GoBGP.

    Args:
        target: gRPC address, `unix:/run/gobgp/gobgp.sock`.
        put: takes every event; the inbox of the loop.
    """

    def __init__(self, target: str, put: Callable[[EngineEvent], None]) -> None:
        self._target = target
        self._put = put
        self._listing = 0
        self._batches: asyncio.Queue[tuple[int, tuple[BgpAction, ...]]] = asyncio.Queue()
        self._held = Held()
        self._established: set[str] = set()
        self._stirred = asyncio.Event()
        self._peers: set[str] = set()

    def submit(self, listed: int, actions: Sequence[BgpAction]) -> None:
        """Hand over steps; they are answered by Applied, or overtaken by EngineDown or a new EngineUp.

        Args:
            listed: number of the last EngineUp, from which (and from all Applied since) the steps were made.
            actions: in the order in which `diff_bgp` made them.
        """
        self._batches.put_nowait((listed, tuple(actions)))

    async def run(self) -> None:
        """Keep up with the engine for ever."""
        while True:
            try:
                async with grpc.aio.insecure_channel(self._target) as channel:
                    await self._attend(stubs.GoBgpServiceStub(channel))
            except (grpc.RpcError, TargetError) as err:
                self._put(EngineDown(_words(err)))
            await asyncio.sleep(RETRY_S)

    async def _attend(self, stub: Any) -> None:
        """List, then carry out batches, for as long as the engine's event stream lives."""
        watch = asyncio.create_task(self._watch(stub))
        look: asyncio.Task[None] | None = None
        try:
            await self._list(stub)
            look = asyncio.create_task(self._look(stub))
            is_unsure = False
            while True:
                batch = asyncio.create_task(self._batches.get())
                done, _ = await asyncio.wait(
                    {watch, look, batch}, timeout=RELIST_S if is_unsure else None, return_when=asyncio.FIRST_COMPLETED
                )
                if batch not in done:
                    batch.cancel()
                for each in done & {watch, look}:
                    each.result()
                    raise TargetError("GoBGP closed its event stream")
                if batch in done:
                    listed, actions = batch.result()
                    if listed == self._listing:
                        is_unsure |= await self._carry_out(stub, actions)
                else:
                    await self._list(stub)
                    is_unsure = False
        finally:
            watch.cancel()
            if look is not None:
                look.cancel()

    async def _watch(self, stub: Any) -> None:
        """Pass on sessions that come up and go down."""
        async for event in stub.WatchEvent(pb.WatchEventRequest(peer=pb.WatchEventRequest.Peer())):
            self._stirred.set()
            name = self._held.name_of(event.peer.peer)
            if event.WhichOneof("event") != "peer" or name is None:
                continue
            is_established = listing.is_established(event.peer.peer)
            if is_established != (name in self._established):
                (self._established.add if is_established else self._established.discard)(name)
                state = event.peer.peer.state
                if is_established:
                    self._put(SessionChanged(name, is_established=True, peer_asn=state.peer_asn))
                else:
                    self._put(SessionChanged(name, is_established=False, words=reason(state.disconnect_message)))

    async def _look(self, stub: Any) -> None:
        """Tell how the sessions are, after every change of one and now and then."""
        while True:
            self._stirred.clear()
            peers = [each.peer async for each in stub.ListPeer(pb.ListPeerRequest(), timeout=CALL_TIMEOUT_S)]
            named = [(self._held.name_of(peer), listing.look(peer)) for peer in peers]
            self._put(SessionsSeen({name: look for name, look in named if name is not None}))
            try:
                async with asyncio.timeout(LOOK_S):
                    await self._stirred.wait()
                await asyncio.sleep(SETTLE_S)
            except TimeoutError:
                continue

    async def _list(self, stub: Any) -> None:
        """Read everything the engine holds, and say so."""
        answer = await stub.GetBgp(pb.GetBgpRequest(), timeout=CALL_TIMEOUT_S)
        engine: pb.Global = getattr(answer, "global")
        held = Held()
        peers = [each.peer async for each in stub.ListPeer(pb.ListPeerRequest(), timeout=CALL_TIMEOUT_S)]
        held.sessions = {each.peer: each for each in map(listing.session, peers) if each is not None}
        if engine.asn:
            async for each in stub.ListPolicy(pb.ListPolicyRequest(name=EXPORT_POLICY), timeout=CALL_TIMEOUT_S):
                held.known |= listing.attributes(each.policy)
            for family in render.FAMILIES:
                request = pb.ListPathRequest(table_type=pb.TABLE_TYPE_GLOBAL, family=render.family(family))
                async for each in stub.ListPath(request, timeout=CALL_TIMEOUT_S):
                    found = listing.marks(each.destination)
                    if found is not None:
                        held.table[found[0]] = found[1]
        self._held = held
        if engine.asn:
            await self._ensure_policies(stub)
        names = {held.name_of(peer) for peer in peers if listing.is_established(peer)}
        self._established = {name for name in names if name is not None}
        self._listing += 1
        holds = listing.bgp(engine, held.sessions.values(), held.table, held.known, self._peers)
        self._put(EngineUp(self._listing, holds, frozenset(self._established)))

    async def _ensure_policies(self, stub: Any) -> None:
        """Put the policies in force where a start was cut short between its calls."""
        for direction, name in (
            (pb.POLICY_DIRECTION_IMPORT, IMPORT_POLICY),
            (pb.POLICY_DIRECTION_EXPORT, EXPORT_POLICY),
        ):
            request = pb.ListPolicyAssignmentRequest(name="global", direction=direction)
            async for each in stub.ListPolicyAssignment(request, timeout=CALL_TIMEOUT_S):
                assigned = each.assignment
                if [policy.name for policy in assigned.policies] != [name] or (
                    assigned.default_action != pb.ROUTE_ACTION_REJECT
                ):
                    await self._set_policies(stub, (), ())
                    await self._assign(stub)
                    return

    async def _carry_out(self, stub: Any, actions: tuple[BgpAction, ...]) -> bool:
        """Carry out one batch and report it; return whether some step was refused."""
        done: list[BgpAction] = []
        refused: list[tuple[BgpAction, str]] = []
        coming = [each.session for each in actions if isinstance(each, AddPeer | UpdatePeer)]
        self._peers.update(each.peer for each in coming)
        for step in _steps(actions):
            try:
                await self._do(stub, step, coming)
                done += step
            except grpc.RpcError as err:
                if err.code() in GONE:
                    raise
                refused += [(action, _words(err)) for action in step]
        self._held.is_new = False
        self._put(Applied(tuple(done), tuple(refused)))
        return bool(refused)

    async def _do(self, stub: Any, step: Sequence[BgpAction], coming: Sequence[Session]) -> None:
        """Carry out one step: a run of path changes, or one action of another kind."""
        match step[0]:
            case StartEngine(asn, router_id):
                await self._start(stub, asn, router_id)
            case AddPeer(session):
                await self._set_policies(stub, coming, ())
                asked = render.peer(session, is_restarting=self._held.is_new)
                await stub.AddPeer(pb.AddPeerRequest(peer=asked), timeout=CALL_TIMEOUT_S)
                self._held.sessions[session.peer] = session
            case UpdatePeer(session):
                await stub.UpdatePeer(pb.UpdatePeerRequest(peer=render.peer(session)), timeout=CALL_TIMEOUT_S)
                self._held.sessions[session.peer] = session
            case RemovePeer(peer, address):
                await stub.DeletePeer(pb.DeletePeerRequest(address=str(address)), timeout=CALL_TIMEOUT_S)
                self._held.sessions.pop(peer, None)
                self._lost(peer)
            case AddPath() | WithdrawPath():
                await self._change_paths(stub, [each for each in step if isinstance(each, PATH_ACTIONS)], coming)

    async def _start(self, stub: Any, asn: int, router_id: IPv4Address) -> None:
        """Start the engine; until the policies are in force it has no peers, so that nobody sends or gets anything."""
        self._held = Held(is_new=True)
        await stub.StartBgp(render.start(asn, router_id), timeout=CALL_TIMEOUT_S)
        await self._set_policies(stub, (), ())
        await self._assign(stub)

    async def _change_paths(
        self, stub: Any, changes: Sequence[AddPath | WithdrawPath], coming: Sequence[Session]
    ) -> None:
        """Change what paths carry, one update for each prefix.

        The policy keeps every mark that a path carried before: GoBGP withdraws a path from a peer only if the policy
        still lets the old path through to it.
        """
        held = self._held
        table = {change.prefix: set(held.table.get(change.prefix, ())) for change in changes}
        for change in changes:
            marks = table[change.prefix]
            marks.difference_update([each for each in marks if each.peer_id == peer_id(change.peer)])
            if isinstance(change, AddPath):
                new = mark(change.peer, change.attributes)
                held.known[new] = change.attributes
                marks.add(new)
        await self._set_policies(stub, coming, set[Mark]().union(*table.values()))
        paths = [render.path(prefix, marks) for prefix, marks in table.items()]
        await stub.AddPathStream(_messages(paths), timeout=CALL_TIMEOUT_S)
        for prefix, marks in table.items():
            if marks:
                held.table[prefix] = frozenset(marks)
            else:
                held.table.pop(prefix, None)

    async def _set_policies(self, stub: Any, coming: Iterable[Session], new: Iterable[Mark]) -> None:
        """Make sure that the policy knows these sessions and marks, besides those in use."""
        held = self._held
        sessions = {**held.sessions, **{each.peer: each for each in coming}}
        peers = {(each.peer, each.address) for each in sessions.values()}
        marks = set(new).union(*held.table.values())
        if held.in_force is not None and peers <= held.in_force[0] and marks <= held.in_force[1]:
            return
        held.known = {each: one for each, one in held.known.items() if each in marks}
        await stub.SetPolicies(render.policies(sessions.values(), held.known), timeout=CALL_TIMEOUT_S)
        held.in_force = (peers, marks)

    async def _assign(self, stub: Any) -> None:
        for request in render.assignments():
            await stub.SetPolicyAssignment(request, timeout=CALL_TIMEOUT_S)

    def _lost(self, peer: str) -> None:
        """Tell of a session that went down because it was taken away; GoBGP sends no event for it."""
        if peer in self._established:
            self._established.discard(peer)
            self._put(SessionChanged(peer, is_established=False))


PATH_ACTIONS: Final = (AddPath, WithdrawPath)


def _steps(actions: Iterable[BgpAction]) -> list[list[BgpAction]]:
    """Cut a batch into steps: path changes that follow each other go together, all else by itself."""
    steps: list[list[BgpAction]] = []
    for is_path, run in groupby(actions, lambda action: isinstance(action, PATH_ACTIONS)):
        found = list(run)
        steps += [found] if is_path else [[action] for action in found]
    return steps


async def _messages(paths: Sequence[pb.Path]) -> AsyncIterator[pb.AddPathStreamRequest]:
    for at in range(0, len(paths), PATHS_PER_MESSAGE):
        yield pb.AddPathStreamRequest(table_type=pb.TABLE_TYPE_GLOBAL, paths=paths[at : at + PATHS_PER_MESSAGE])


def _words(err: Exception) -> str:
    """Say what went wrong in the engine's own words."""
    details = getattr(err, "details", None)
    return str(details()) if callable(details) else str(err)
