"""A GoBGP that keeps what it is told in memory and answers as v4.8.0 does.

It knows tables, peers and policies as messages; it speaks no BGP. Sessions come up when a test says so.

Shell: a gRPC server on a unix socket.
"""

# ruff: noqa: N802, D102, ARG002  # names and arguments of the methods are gRPC's, and GoBGP says what they do

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import grpc
import grpc.aio

from lbkit.gobgp.pb import gobgp_pb2 as pb
from lbkit.gobgp.pb import gobgp_pb2_grpc as stubs


class FakeGobgp(stubs.GoBgpServiceServicer):  # type: ignore[misc]  # the generated base has no types
    """One engine; `calls` lists the methods called, in order, without listings.

    Args:
        bad_addresses: peers that it refuses to add.
    """

    def __init__(self, bad_addresses: frozenset[str] = frozenset()) -> None:
        self.calls: list[str] = []
        self.settings = pb.Global()
        self.peers: dict[str, pb.Peer] = {}
        self.table: dict[str, pb.Path] = {}
        self.policies: dict[str, pb.Policy] = {}
        self.sets: dict[str, pb.DefinedSet] = {}
        self.assigned: dict[int, pb.PolicyAssignment] = {}
        self.bad_addresses = bad_addresses
        self._events: list[asyncio.Queue[pb.WatchEventResponse]] = []

    def set_session(self, address: str, state: pb.PeerState.SessionState) -> None:
        """Let a session reach a state, and tell those who watch."""
        self.peers[address].state.session_state = state
        peer = pb.Peer(
            conf=pb.PeerConf(neighbor_address=address),
            state=pb.PeerState(neighbor_address=address, session_state=state),
        )
        for queue in self._events:
            queue.put_nowait(pb.WatchEventResponse(peer=pb.WatchEventResponse.PeerEvent(peer=peer)))

    def marks(self) -> dict[str, int]:
        """{prefix: number of marks} of the table."""
        return {
            prefix: sum(len(each.large_communities.communities) for each in path.pattrs)
            for prefix, path in self.table.items()
        }

    async def GetBgp(self, request: Any, context: Any) -> Any:
        return pb.GetBgpResponse(**{"global": self.settings})

    async def StartBgp(self, request: Any, context: Any) -> Any:
        self.calls.append("StartBgp")
        self.settings.CopyFrom(getattr(request, "global"))
        return pb.StartBgpResponse()

    async def WatchEvent(self, request: Any, context: Any) -> AsyncIterator[Any]:
        queue: asyncio.Queue[pb.WatchEventResponse] = asyncio.Queue()
        self._events.append(queue)
        while True:
            yield await queue.get()

    async def AddPeer(self, request: Any, context: Any) -> Any:
        self.calls.append("AddPeer")
        address = request.peer.conf.neighbor_address
        if address in self.bad_addresses or address in self.peers:
            await context.abort(grpc.StatusCode.UNKNOWN, f"can't add {address}")
        peer = pb.Peer()
        peer.CopyFrom(request.peer)
        peer.transport.local_address = "127.0.0.1"
        self.peers[address] = peer
        return pb.AddPeerResponse()

    async def UpdatePeer(self, request: Any, context: Any) -> Any:
        self.calls.append("UpdatePeer")
        self.peers[request.peer.conf.neighbor_address].CopyFrom(request.peer)
        return pb.UpdatePeerResponse()

    async def DeletePeer(self, request: Any, context: Any) -> Any:
        self.calls.append("DeletePeer")
        del self.peers[request.address]
        return pb.DeletePeerResponse()

    async def ListPeer(self, request: Any, context: Any) -> AsyncIterator[Any]:
        for peer in self.peers.values():
            yield pb.ListPeerResponse(peer=peer)

    async def AddPathStream(self, requests: Any, context: Any) -> Any:
        self.calls.append("AddPathStream")
        async for request in requests:
            for path in request.paths:
                prefix = f"{path.nlri.prefix.prefix}/{path.nlri.prefix.prefix_len}"
                if path.is_withdraw:
                    del self.table[prefix]
                else:
                    self.table[prefix] = path
        return pb.AddPathStreamResponse()

    async def ListPath(self, request: Any, context: Any) -> AsyncIterator[Any]:
        for prefix, path in self.table.items():
            if path.family == request.family:
                yield pb.ListPathResponse(destination=pb.Destination(prefix=prefix, paths=[path]))

    async def SetPolicies(self, request: Any, context: Any) -> Any:
        self.calls.append("SetPolicies")
        self.policies = {each.name: each for each in request.policies}
        self.sets = {each.name: each for each in request.defined_sets}
        return pb.SetPoliciesResponse()

    async def ListPolicy(self, request: Any, context: Any) -> AsyncIterator[Any]:
        if request.name in self.policies:
            yield pb.ListPolicyResponse(policy=self.policies[request.name])

    async def SetPolicyAssignment(self, request: Any, context: Any) -> Any:
        self.calls.append("SetPolicyAssignment")
        self.assigned[request.assignment.direction] = request.assignment
        return pb.SetPolicyAssignmentResponse()

    async def ListPolicyAssignment(self, request: Any, context: Any) -> AsyncIterator[Any]:
        yield pb.ListPolicyAssignmentResponse(
            assignment=self.assigned.get(request.direction, pb.PolicyAssignment(name="global"))
        )


@asynccontextmanager
async def serving(engine: FakeGobgp, socket: Path) -> AsyncIterator[str]:
    """Serve an engine; gives its gRPC address."""
    server = grpc.aio.server()
    stubs.add_GoBgpServiceServicer_to_server(engine, server)
    server.add_insecure_port(f"unix:{socket}")
    await server.start()
    try:
        yield f"unix:{socket}"
    finally:
        await server.stop(None)
