"""Rules of driving the engine, against a fake one.

Shell: gRPC on a unix socket in the test's own folder.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from ipaddress import IPv4Address, ip_address, ip_network
from pathlib import Path

from lbkit.announcer.desired import Bgp, PathAttributes, Session
from lbkit.announcer.diff import AddPeer, applied, diff_bgp
from lbkit.gobgp import driver
from lbkit.gobgp.driver import Engine
from lbkit.gobgp.events import Applied, EngineDown, EngineEvent, EngineUp, Look, SessionChanged, SessionsSeen
from lbkit.gobgp.marks import EXPORT_POLICY, IMPORT_POLICY, mark
from lbkit.gobgp.pb import gobgp_pb2 as pb
from lbkit.tests.gobgp.fake import FakeGobgp, serving

WAIT_S = 5.0
P = Session("p", ip_address("10.0.1.1"), 64512, 64513, source_address=ip_address("10.0.0.7"))
Q = Session("q", ip_address("10.0.1.2"), 64512, 64513)
ONE, TWO, SIX = ip_network("192.0.2.1/32"), ip_network("192.0.2.2/32"), ip_network("2001:db8::1/128")
TAGGED = PathAttributes(150, ("64512:1", "large:64512:1:2"))
WANTED = Bgp(
    64512,
    IPv4Address("10.0.0.1"),
    {"p": P, "q": Q},
    {"p": {ONE: TAGGED, SIX: PathAttributes()}, "q": {ONE: PathAttributes()}},
)


class Driven:
    """An Engine, its events, and what it is known to hold."""

    def __init__(self, target: str) -> None:
        self.events: asyncio.Queue[EngineEvent] = asyncio.Queue()
        self.engine = Engine(target, self.events.put_nowait)
        self.up = EngineUp(0, Bgp(), frozenset())
        self.looks = SessionsSeen({})

    async def next(self) -> EngineEvent:
        """Wait for the next event that is not only a look."""
        while isinstance(event := await asyncio.wait_for(self.events.get(), WAIT_S), SessionsSeen):
            self.looks = event
        return event

    async def listed(self) -> EngineUp:
        """Wait for a listing."""
        while not isinstance(event := await self.next(), EngineUp):
            pass
        self.up = event
        return event

    async def reach(self, wanted: Bgp) -> Applied:
        """Carry out what is missing."""
        self.engine.submit(self.up.listing, diff_bgp(self.up.holds, wanted))
        while not isinstance(event := await self.next(), Applied):
            pass
        self.up = replace(self.up, holds=applied(self.up.holds, event.actions))
        return event


@asynccontextmanager
async def driving(target: str) -> AsyncIterator[Driven]:
    """Run an Engine, as the speaker does."""
    driven = Driven(target)
    task = asyncio.create_task(driven.engine.run())
    try:
        yield driven
    finally:
        task.cancel()
        await asyncio.wait([task])


@asynccontextmanager
async def filled(tmp_path: Path, fake: FakeGobgp) -> AsyncIterator[Driven]:
    """Start a fake and fill it with WANTED."""
    async with serving(fake, tmp_path / "s") as target, driving(target) as driven:
        await driven.listed()
        await driven.reach(WANTED)
        yield driven


async def test_an_engine_is_started_with_everything_refused_before_it_has_peers(tmp_path: Path) -> None:
    """No listener; import and export reject by default; then paths, then peers."""
    fake = FakeGobgp()
    async with filled(tmp_path, fake):
        assert fake.settings == pb.Global(asn=64512, router_id="10.0.0.1", listen_port=-1)
        order = [call for at, call in enumerate(fake.calls) if at == 0 or fake.calls[at - 1] != call]
        assert order == ["StartBgp", "SetPolicies", "SetPolicyAssignment", "SetPolicies", "AddPathStream", "AddPeer"]
        assert {each.default_action for each in fake.assigned.values()} == {pb.ROUTE_ACTION_REJECT}
        assert [each.policies[0].name for each in fake.assigned.values()] == [IMPORT_POLICY, EXPORT_POLICY]


async def test_a_path_carries_one_mark_for_each_peer_that_may_have_it(tmp_path: Path) -> None:
    """And the policy has one statement for each mark."""
    fake = FakeGobgp()
    async with filled(tmp_path, fake):
        assert fake.marks() == {"192.0.2.1/32": 2, "2001:db8::1/128": 1}
        statements = {each.name: each for each in fake.policies[EXPORT_POLICY].statements}
        assert len(statements) == 3
        tagged = statements[mark("p", TAGGED).name].actions
        assert list(tagged.community.communities) == ["64512:1"]
        assert list(tagged.large_community.communities) == ["64512:1:2"]
        assert tagged.local_pref.value == 150


async def test_a_restarted_speaker_finds_what_it_left_and_does_nothing(tmp_path: Path) -> None:
    """The listing has the shape of the wish; no call changes anything."""
    fake = FakeGobgp()
    async with serving(fake, tmp_path / "s") as target:
        async with driving(target) as first:
            await first.listed()
            await first.reach(WANTED)
        fake.set_session("10.0.1.1", pb.PeerState.SESSION_STATE_ESTABLISHED)
        calls = list(fake.calls)
        async with driving(target) as second:
            up = await second.listed()
    assert diff_bgp(up.holds, WANTED) == ()
    assert up.established == {"p"}
    assert fake.calls == calls


async def test_a_service_change_changes_paths_only(tmp_path: Path) -> None:
    """With attributes that the policy knows, not even the policy is touched."""
    fake = FakeGobgp()
    async with filled(tmp_path, fake) as driven:
        fake.calls.clear()
        await driven.reach(replace(WANTED, paths={"p": {TWO: TAGGED}, "q": {ONE: PathAttributes()}}))
        assert fake.calls == ["AddPathStream"]
        assert fake.marks() == {"192.0.2.1/32": 1, "192.0.2.2/32": 1}


async def test_the_policy_keeps_old_marks_until_their_paths_are_gone(tmp_path: Path) -> None:
    """Else the engine would not withdraw what it can no longer let through."""
    fake = FakeGobgp()
    async with filled(tmp_path, fake) as driven:
        new = PathAttributes(7)
        await driven.reach(replace(WANTED, paths={"p": {ONE: new}, "q": {ONE: PathAttributes()}}))
        names = {each.name for each in fake.policies[EXPORT_POLICY].statements}
        assert {mark("p", TAGGED).name, mark("p", new).name} <= names


async def test_a_removed_peer_takes_its_marks_with_it(tmp_path: Path) -> None:
    """Its paths are withdrawn; those of others stay."""
    fake = FakeGobgp()
    async with filled(tmp_path, fake) as driven:
        await driven.reach(replace(WANTED, sessions={"q": Q}, paths={"q": WANTED.paths["q"]}))
        assert list(fake.peers) == ["10.0.1.2"]
        assert fake.marks() == {"192.0.2.1/32": 1}


async def test_a_refused_peer_does_not_hold_up_the_others(tmp_path: Path) -> None:
    """It is named with the engine's own words."""
    fake = FakeGobgp(bad_addresses=frozenset({"10.0.1.1"}))
    async with serving(fake, tmp_path / "s") as target, driving(target) as driven:
        await driven.listed()
        event = await driven.reach(WANTED)
        assert event.refused == ((AddPeer(P), "can't add 10.0.1.1"),)
        assert list(fake.peers) == ["10.0.1.2"]


async def test_after_a_refusal_the_engine_is_listed_anew(tmp_path: Path, monkeypatch) -> None:  # type: ignore[no-untyped-def]  # pytest's own fixture
    """So that the loop tries again from the truth."""
    monkeypatch.setattr(driver, "RELIST_S", 0.01)
    fake = FakeGobgp(bad_addresses=frozenset({"10.0.1.1"}))
    async with serving(fake, tmp_path / "s") as target, driving(target) as driven:
        await driven.listed()
        await driven.reach(WANTED)
        fake.bad_addresses = frozenset()
        up = await driven.listed()
        assert list(up.holds.sessions) == ["q"]
        assert (await driven.reach(WANTED)).actions == (AddPeer(P),)


async def test_sessions_that_come_and_go_are_told_once_each(tmp_path: Path) -> None:
    """Only Established is up; other changes of state are not told."""
    fake = FakeGobgp()
    async with filled(tmp_path, fake) as driven:
        fake.set_session("10.0.1.2", pb.PeerState.SESSION_STATE_OPENSENT)
        fake.set_session("10.0.1.2", pb.PeerState.SESSION_STATE_ESTABLISHED)
        assert await driven.next() == SessionChanged("q", is_established=True)
        fake.set_session("10.0.1.2", pb.PeerState.SESSION_STATE_IDLE)
        assert await driven.next() == SessionChanged("q", is_established=False)


async def test_a_lost_engine_is_told_and_listed_when_it_is_back(tmp_path: Path, monkeypatch) -> None:  # type: ignore[no-untyped-def]  # pytest's own fixture
    """It comes back empty; steps made from the old listing are not carried out."""
    monkeypatch.setattr(driver, "RETRY_S", 0.02)
    async with driving(f"unix:{tmp_path / 's'}") as driven:
        assert isinstance(await driven.next(), EngineDown)
        async with serving(FakeGobgp(), tmp_path / "s"):
            old = await driven.listed()
            await driven.reach(WANTED)
        while not isinstance(await driven.next(), EngineDown):
            pass
        fake = FakeGobgp()
        async with serving(fake, tmp_path / "s"):
            up = await driven.listed()
            driven.engine.submit(old.listing, diff_bgp(Bgp(), WANTED))
            assert (up.holds, up.listing > old.listing) == (Bgp(), True)
            await driven.reach(replace(WANTED, sessions={"q": Q}, paths={}))
            assert list(fake.peers) == ["10.0.1.2"]


async def test_a_start_that_was_cut_short_is_finished(tmp_path: Path) -> None:
    """A started engine without policies in force would let everything through."""
    fake = FakeGobgp()
    fake.settings = pb.Global(asn=64512, router_id="10.0.0.1")
    async with serving(fake, tmp_path / "s") as target, driving(target) as driven:
        await driven.listed()
    assert fake.calls == ["SetPolicies", "SetPolicyAssignment", "SetPolicyAssignment"]


async def test_sessions_are_looked_at_after_each_change(tmp_path: Path) -> None:
    """State, timers and counters as the engine says; by the peer's name."""
    fake = FakeGobgp()
    async with filled(tmp_path, fake) as driven:
        peer = fake.peers["10.0.1.2"]
        peer.timers.state.negotiated_hold_time = 9
        peer.state.messages.sent.update = 7
        fake.set_session("10.0.1.2", pb.PeerState.SESSION_STATE_ESTABLISHED)
        while driven.looks.looks.get("q", Look()).state != "Established":
            event = await asyncio.wait_for(driven.events.get(), WAIT_S)
            driven.looks = event if isinstance(event, SessionsSeen) else driven.looks
        look = driven.looks.looks["q"]
        assert (look.hold_time_s, look.sent.updates, look.bfd) == (9, 7, "N/A")
        assert driven.looks.looks["p"].state == "Idle"
