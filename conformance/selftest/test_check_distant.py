"""The judges of sessions with a distant BIRD, on hand-made histories that pass, fail and decide nothing."""

from ipaddress import ip_address, ip_network

import pytest

from conformance.selftest.made import NODES, Made, Row
from conformance.suite import bird
from conformance.suite.checks import distant
from conformance.suite.verdict import Outcome

PASS, UNKNOWN, FAIL = Outcome.PASS, Outcome.UNKNOWN, Outcome.FAIL
VIP, PREFIX = "10.100.0.1", "10.100.0.1/32"
WAITING = """BIRD 2.0.12 ready.
Name       Proto      Table      State  Since         Info
device1    Device     ---        up     12:50:52.677  

two_hops   BGP        ---        start  12:55:14.887  Passive       
  BGP state:          Passive
    Neighbor range:   10.0.0.0/14
    Neighbor AS:      65200
    Local AS:         65002
  Channel ipv4
    State:          DOWN
"""  # noqa: W291 - as birdc prints it
SESSION = """
{name} BGP        ---        up     12:55:21.457  {state}   
  BGP state:          {state}
    Neighbor address: {address}
    Neighbor AS:      65200
    Local AS:         65002
    Neighbor ID:      10.0.0.3
    Local capabilities
      Multiprotocol
        AF announced: ipv4
    Session:          external multihop AS4
    Source address:   10.5.0.2
    Hold timer:       5.707/9
  Channel ipv4
    State:          UP
"""  # noqa: W291 - as birdc prints it
PATH = """{prefix:<20} unicast [{name} 12:55:21.866 from {address}] (100/?) [AS65200i]
\tvia 10.5.0.1 on eth1
\tType: BGP univ
\tBGP.origin: IGP
\tBGP.as_path: {path}
\tBGP.next_hop: {address}
\tBGP.local_pref: {preference}
"""
STATIC = """10.0.0.0/8           unicast [static1 12:50:52.677] * (200)
\tvia 10.5.0.1 on eth1
\tType: static univ

Table master6:
"""


def text(nodes: tuple[str, ...], state: str = "Established", protocol: str = "two_hops", tor: int = 1) -> str:
    """What BIRD says of its sessions with these nodes."""
    names = {node: f"{protocol}_{number}" for number, node in enumerate(nodes, 1)}
    sessions = [
        SESSION.format(name=name, state=state, address=f"10.{tor}.{node[1:]}.1") for node, name in names.items()
    ]
    return WAITING + "".join(sessions)


def table(
    nodes: tuple[str, ...],
    path: str = "65200",
    preference: int = 100,
    protocol: str = "two_hops",
    prefix: str = PREFIX,
) -> str:
    """What BIRD says of its routes: one prefix from these nodes."""
    found = [
        PATH.format(
            prefix="" if number else prefix,
            name=f"{protocol}_{number + 1}",
            address=f"10.1.{node[1:]}.1",
            path=path,
            preference=preference,
        )
        for number, node in enumerate(nodes)
    ]
    return "BIRD 2.0.12 ready.\nTable master4:\n" + "".join(found) + STATIC


def looked(made: Made, at_s: float, sessions: str, routes: str = "") -> Made:
    """The router is looked at."""
    return made.at(at_s).add(
        "router", "bird", router="distant", asked_ns=0, raw={"sessions": sessions, "routes": routes}
    )


def configured(address: str = "10.5.0.2", **spec: str) -> Made:
    """A peer at the router is configured at one second."""
    return Made().bgp().at(1).wrote("apply", "BGPPeer", "distant", peerAddress=address, **spec)


def silent(until_s: float, *nodes: str) -> Made:
    """Between two marks, two seconds after the beginning, there are sessions with these nodes."""
    made = looked(Made().bgp().at(2).mark("one"), 4, text(nodes))
    return made.at(until_s).mark("two")


def served(nodes: tuple[str, ...], at_s: float = 2, **about: int | str) -> Made:
    """A Service showed its address at one second, and the router has it from these nodes."""
    made = Made().bgp().at(1).shows("web", VIP)
    return looked(made, at_s, text(NODES), table(nodes, **about))  # type: ignore[arg-type] # one dict for three keywords


CALLED = distant.called("two_hops", 10)
NEVER = distant.never_called("two_hops", "one", "two", 10)
SOURCE = distant.called_from_source("two_hops")
HEARD = distant.heard("two_hops", 2, asn=65200)
INTERNAL = distant.heard("two_hops", 2, asn=None)
SOURCES = {f"k{n}": f"10.2.{n}.1" for n in (1, 2, 3)}


def sourced(tor: int, *nodes: str) -> Made:
    """Peers have source addresses on their links with the second router; sessions come from those with one of them."""
    made = Made().bgp().at(1)
    for node, source in SOURCES.items():
        made = made.wrote("apply", "BGPPeer", node, peerAddress="10.5.0.2", sourceAddress=source)
    return looked(made, 3, text(nodes, tor=tor))


def served_late(**first: int | str) -> Made:
    """As `served`, looked at twice: all is well in the end."""
    return looked(served(NODES, 1.2, **first), 2, text(NODES), table(NODES))


def other_sessions() -> Made:
    """Sessions from the configured sources, and one by another protocol from another address."""
    more = text(("k1",), protocol="port_1179").removeprefix(WAITING)
    return looked(sourced(2), 4, text(NODES, tor=2) + more)


def other_routes() -> Made:
    """All nodes advertise the address, and one of them something else."""
    made = Made().bgp().at(1).shows("web", VIP)
    return looked(made, 2, text(NODES), table(NODES) + table(("k1",), "65200 65200", prefix="10.100.9.0/24"))


def before() -> Made:
    """The sessions are up before the peer is configured, and are looked at again."""
    return looked(looked(configured(), 0.5, text(NODES)), 4, text(NODES))


def configured_twice() -> Made:
    """A second peer at the router is configured two seconds after the first."""
    made = configured().at(3).wrote("apply", "BGPPeer", "second", peerAddress="10.5.0.3")
    return looked(made, 4, text(NODES))


def around() -> Made:
    """There is a session before the first mark and after the second, and none in between."""
    return looked(looked(silent(12), 1, text(("k2",))), 13, text(("k2",)))


def heard_before() -> Made:
    """The router has the route before a Service shows the address."""
    return looked(Made().bgp(), 0.5, text(NODES), table(NODES)).at(1).shows("web", VIP)


ROWS = (
    Row("all nodes", CALLED, looked(configured(), 4, text(NODES)).end(), PASS, "after 3.0 s"),
    Row("late", CALLED, looked(looked(configured(), 4, text(())), 14, text(NODES)).end(), FAIL, "13.0 s"),
    Row("one never", CALLED, looked(configured(), 14, text(("k1", "k2"))).end(), FAIL, "k1, k2"),
    Row("not up", CALLED, looked(configured(), 14, text(NODES, "Active")).end(), FAIL, "nobody"),
    Row("by another protocol", CALLED, looked(configured(), 14, text(NODES, protocol="port_1179")).end(), FAIL),
    Row("lost again", CALLED, looked(looked(configured(), 4, text(NODES)), 14, text(("k1",))).end(), FAIL, "k1"),
    Row("up before", CALLED, looked(looked(Made().bgp(), 0.5, text(NODES)), 1, text(NODES)).end(), UNKNOWN),
    Row("watched too short", CALLED, looked(configured(), 4, text(("k1",))).end(), UNKNOWN, "3.0 s"),
    Row("another peer", CALLED, looked(configured("10.1.1.0"), 4, text(NODES)).end(), UNKNOWN),
    Row("not looked at", CALLED, configured().end(), UNKNOWN),
    Row("silent", NEVER, silent(12).end(), PASS, "1 looks"),
    Row("one up", NEVER, silent(12, "k2").end(), FAIL, "k2"),
    Row("too short", NEVER, silent(11.5).end(), UNKNOWN),
    Row("not looked at between", NEVER, Made().bgp().mark("one").at(12).mark("two").end(), UNKNOWN, "nobody"),
    Row("no mark", NEVER, looked(Made().bgp(), 4, text(())).end(), UNKNOWN),
    Row("as told", SOURCE, sourced(2, *NODES).end(), PASS, "3 sources"),
    Row("from others", SOURCE, sourced(1, *NODES).end(), FAIL, "10.1.1.1"),
    Row("one never", SOURCE, sourced(2, "k1", "k2").end(), FAIL, "10.2.3.1"),
    Row("no source", SOURCE, looked(configured(), 4, text(NODES)).end(), UNKNOWN),
    Row("no session", SOURCE, sourced(2).end(), UNKNOWN),
    Row("all nodes", HEARD, served(NODES).end(), PASS, "1.00 s"),
    Row("late", HEARD, looked(served(()), 4, text(NODES), table(NODES)).end(), FAIL, "3.00 s"),
    Row("one missing", HEARD, served(("k1", "k2"), 4).end(), FAIL, "k1, k2"),
    Row("by another protocol", HEARD, served(NODES, 4, protocol="reflector").end(), FAIL, "nobody"),
    Row("another path", HEARD, served(NODES, path="65200 65200").end(), FAIL, "AS_PATH"),
    Row("an internal path", HEARD, served(NODES, path="").end(), FAIL, "AS_PATH"),
    Row("watched too short", HEARD, served(("k1",)).end(), UNKNOWN, "1.0 s"),
    Row("no address", HEARD, looked(Made().bgp(), 2, text(NODES), table(NODES)).end(), UNKNOWN),
    Row("not looked at", HEARD, Made().bgp().at(1).shows("web", VIP).end(), UNKNOWN),
    Row("internal", INTERNAL, served(NODES, path="").end(), PASS),
    Row("external", INTERNAL, served(NODES).end(), FAIL, "AS_PATH"),
    Row("another preference", INTERNAL, served(NODES, path="", preference=50).end(), FAIL, "LOCAL_PREF 50"),
    Row("up before it was configured", CALLED, before().end(), PASS, "after 3.0 s"),
    Row("counted from the last peer", CALLED, configured_twice().end(), PASS, "after 1.0 s"),
    Row("just in time", CALLED, looked(configured(), 10.9, text(NODES)).end(), PASS, "after 9.9 s"),
    Row("just too late", CALLED, looked(configured(), 11.1, text(NODES)).end(), FAIL, "10.1 s"),
    Row("up before and after", NEVER, around().end(), PASS, "1 looks"),
    Row("no beginning", NEVER, looked(Made().bgp(), 4, text(())).at(20).mark("two").end(), UNKNOWN, "mark"),
    Row("by another protocol from others", SOURCE, other_sessions().end(), PASS, "3 sources"),
    Row("heard before the address", HEARD, looked(heard_before(), 2, text(NODES), table(NODES)).end(), PASS, "1.00 s"),
    Row("at once", HEARD, served(NODES, 1.5).end(), PASS, "0.50 s"),
    Row("another path at first", HEARD, served_late(path="65200 65200").end(), PASS),
    Row("other routes beside it", HEARD, other_routes().end(), PASS),
    Row("external with a preference", HEARD, served(NODES, preference=50).end(), PASS),
)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.id)
def test_distant_check_judges(row: Row) -> None:
    """Each check passes what holds, fails what does not, and is unknown where nothing was seen."""
    verdict = row.check.judge(row.history)
    assert verdict.outcome is row.outcome, verdict
    assert row.says in verdict.reason


def test_sessions_of_bird_are_read() -> None:
    """Who only waits for callers is no session; one that a caller made has both ends."""
    assert bird.sessions(WAITING) == ()
    assert bird.sessions(text(("k2",))) == (
        bird.BirdSession("two_hops_1", "Established", ip_address("10.1.2.1"), 65200, 65002),
    )


def test_routes_of_bird_are_read() -> None:
    """A path without a prefix is another one to the prefix above; what came by no session is none."""
    first, second = bird.paths(table(("k1", "k3")))
    assert (first.prefix, second.prefix) == (ip_network(PREFIX), ip_network(PREFIX))
    assert second == bird.BirdPath(
        ip_network(PREFIX), "two_hops_2", ip_address("10.1.3.1"), ip_address("10.1.3.1"), (65200,), 100
    )
