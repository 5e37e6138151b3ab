"""Rules for taking part in an election, against an API server with one Lease.

The times are shorter than the real ones; what they mean is tested with `lbkit.model.election`.

Shell: HTTP on the loopback, clock.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from lbkit.kube.access import Access, Token
from lbkit.kube.client import Client
from lbkit.kube.lease import Elector
from lbkit.model.election import Timing
from lbkit.tests.kube.lease_api import KEY, LeaseApi
from lbkit.tests.kube.script import until

QUICK = Timing(lease_duration_s=1, renew_every_s=0.1, renew_deadline_s=0.8, retry_s=0.03)

pytestmark = pytest.mark.slow


class Candidate:
    """An elector at work, and what it was told."""

    def __init__(self, client: Client, identity: str) -> None:
        self.told: list[str] = []
        self.elector = Elector(
            client, KEY, identity, won=lambda: self.told.append("won"), lost=self.told.append, timing=QUICK
        )
        self.may_compete = asyncio.Event()
        self.may_compete.set()
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin."""
        self._task = asyncio.create_task(self.elector.run(self.may_compete))

    async def crash(self) -> None:
        """End without a word."""
        assert self._task is not None
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)

    def leads(self) -> bool:
        """Whether it may write."""
        return self.elector.write_time_s() > 0


@contextlib.asynccontextmanager
async def candidates(api: LeaseApi, *names: str) -> AsyncIterator[list[Candidate]]:
    """Serve `api` and give a running candidate for each name."""
    application = web.Application()
    api.routes(application)
    server = TestServer(application)
    async with server, Client(Access(f"http://{server.host}:{server.port}", None, Token())) as client:
        made = [Candidate(client, name) for name in names]
        for candidate in made:
            candidate.start()
        try:
            async with asyncio.timeout(10):
                yield made
        finally:
            for candidate in made:
                await candidate.crash()


@pytest.fixture
def api() -> LeaseApi:
    """Give an API server with a Lease that nobody holds."""
    made = LeaseApi()
    made.take("")
    return made


async def test_one_leads_and_renews(api: LeaseApi) -> None:
    """It is told once, the Lease names it, and it goes on renewing; nobody else is told anything."""
    async with candidates(api, "a", "b") as both:
        await until(lambda: len(api.writes) >= 5)
        (first,) = [each for each in both if each.leads()]
        assert [each.told for each in both if each is not first] == [[]]
        assert first.told == ["won"]
        assert api.holder == ("a" if first is both[0] else "b")
        assert {"holderIdentity", "leaseDurationSeconds", "acquireTime", "renewTime", "leaseTransitions"} == set(
            api.writes[0]
        )
        assert "acquireTime" not in api.writes[-1]


async def test_a_crash_is_noticed_after_the_lease_has_run_out(api: LeaseApi) -> None:
    """Not before: a leader that does not renew may still have a write under way."""
    async with candidates(api, "a") as (first,):
        await until(first.leads)
        async with candidates(api, "b") as (second,):
            await until(lambda: second.elector.holder == "a")
            await first.crash()
            crashed_s = asyncio.get_running_loop().time()
            await until(second.leads)
            assert asyncio.get_running_loop().time() - crashed_s > 0.7
            assert api.holder == "b"


async def test_a_release_is_noticed_at_once(api: LeaseApi) -> None:
    """The one who waits sees it in its watch and takes over; the one who released is told before it writes."""
    async with candidates(api, "a") as (first,):
        await until(first.leads)
        async with candidates(api, "b") as (second,):
            await until(lambda: second.elector.holder == "a")
            await first.crash()
            began_s = asyncio.get_running_loop().time()
            await first.elector.release()
            assert first.told == ["won", "stopped"]
            await until(second.leads)
            assert asyncio.get_running_loop().time() - began_s < 0.5


async def test_a_leader_that_is_not_answered_stops_by_itself(api: LeaseApi) -> None:
    """Silence is enough; when the API server answers again somebody leads again, and is told anew."""
    async with candidates(api, "a") as (first,):
        await until(first.leads)
        api.silence = asyncio.Event()
        await until(lambda: len(first.told) == 2)
        assert first.told == ["won", "the Lease was not renewed within 0.8 s"]
        assert not first.leads()
        api.silence.set()
        api.silence = None
        await until(first.leads)
        assert first.told[2:] == ["won"]


async def test_a_lease_taken_away_ends_the_leadership(api: LeaseApi) -> None:
    """Whoever wrote it: the leader stops before its next renewal, and stands by."""
    async with candidates(api, "a") as (first,):
        await until(first.leads)
        api.take("somebody")
        await until(lambda: len(first.told) == 2)
        assert "somebody" in first.told[1] or first.told[1] == "somebody else has written the Lease"
        assert not first.leads()


async def test_a_lease_deleted_by_hand_is_made_again(api: LeaseApi) -> None:
    """The leader stays the leader."""
    async with candidates(api, "a", "b") as both:
        await until(lambda: any(each.leads() for each in both))
        holder = api.holder
        api.delete()
        await until(lambda: api.holder == holder)
        assert sum(len(each.told) for each in both) == 1


async def test_nobody_competes_before_it_may(api: LeaseApi) -> None:
    """A candidate that does not know the cluster yet only watches."""
    async with candidates(api, "a") as (first,):
        first.may_compete.clear()
        await first.crash()
        api.take("")
        first.start()
        await until(lambda: not first.elector.trouble)
        await asyncio.sleep(0.1)
        assert api.holder == ""
        first.may_compete.set()
        await until(first.leads)


@pytest.mark.parametrize("status", [403, 404])
async def test_without_the_lease_s_api_the_cure_is_named(api: LeaseApi, status: int) -> None:
    """No right, or no such kind: said in words that help, until it is over."""
    api.status = status
    async with candidates(api, "a") as (first,):
        await until(lambda: str(status) in first.elector.trouble)
        assert "--no-leader-elect" in first.elector.trouble
        assert "rbac.yaml" in first.elector.trouble
        api.status = 200
        await until(first.leads)
        assert first.elector.trouble == ""
