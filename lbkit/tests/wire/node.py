"""A whole speaker without an API server: what it would list is made up, the interfaces and the wire are real.

Shell: netlink, a child process, signals, stdout.
"""

import argparse
import asyncio
from ipaddress import ip_address

from lbkit.kernel import interfaces
from lbkit.process import lean
from lbkit.process.signals import stop_event
from lbkit.process.tasks import run_until

lean.spare()

from lbkit.process import logging  # noqa: E402  # after what must not be imported was kept out
from lbkit.speaker.counted import Counters  # noqa: E402
from lbkit.speaker.counters import State  # noqa: E402
from lbkit.speaker.events import InboxEvent, InterfacesChanged  # noqa: E402
from lbkit.speaker.layer2 import WireProcess  # noqa: E402
from lbkit.speaker.loop import Settings, Speaker, pump  # noqa: E402
from lbkit.speaker.run import depart  # noqa: E402
from lbkit.speaker.segments import Segments  # noqa: E402
from lbkit.tests.speaker.world import KEYS, endpoints, l2, listings, node, pool, service  # noqa: E402


async def run(me: str, names: list[str], first: str, count: int, interface: str) -> None:
    """Announce `count` addresses from `first` on, as one of these nodes, until SIGTERM."""
    stop = stop_event()
    inbox: asyncio.Queue[InboxEvent] = asyncio.Queue()
    counters = Counters()
    wire = WireProcess(inbox.put_nowait)
    speaker = Speaker(
        Settings(me),
        State(me, counters, Segments(me, counters)),
        order=wire.order,
        engine=None,
        tell=lambda _: None,
        show=lambda _: None,
        show_bgp=lambda _services, _sessions: None,
        show_layer2=lambda *_: None,
        want_routers=lambda _: None,
        want_secrets=lambda _: None,
    )
    addresses = [str(ip_address(first) + number) for number in range(count)]
    services = [service(f"s{number}", each) for number, each in enumerate(addresses)]
    slices = [endpoints(f"s{number}", *names) for number in range(count)]
    everything = (
        *services,
        *slices,
        *(node(each) for each in names),
        pool("main", "10.0.0.0/8", "fd00::/32"),
        l2(interfaces=[interface]),
    )
    for event in listings(*everything):
        inbox.put_nowait(event)
    inbox.put_nowait(KEYS)
    await run_until(
        asyncio.Event(),
        [
            pump(inbox, speaker),
            wire.run(),
            interfaces.watch(lambda found: inbox.put_nowait(InterfacesChanged(found))),
            depart(stop, speaker, wire),
        ],
    )


def main() -> None:
    """Read who it is, and run."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("me")
    parser.add_argument("--nodes", default="a,b,c")
    parser.add_argument("--first", default="10.9.1.1")
    parser.add_argument("--count", type=int, default=1)
    parser.add_argument("--interface", default="eth1")
    given = parser.parse_args()
    logging.configure("info")
    asyncio.run(run(given.me, given.nodes.split(","), given.first, given.count, given.interface))


if __name__ == "__main__":
    main()
