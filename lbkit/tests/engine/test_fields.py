"""What each field of a BGPPeer does to a real engine, seen at the router.

Shell: a rig of network namespaces.
"""

import asyncio
import sys
from ipaddress import ip_address, ip_network
from typing import Any

import pytest

from lbkit.announcer.desired import PathAttributes
from lbkit.announcer.leaving import Stage, left
from lbkit.gobgp.events import SessionChanged
from lbkit.tests.engine.rig import NODE_ASN, ROUTER_ID, Rig, driving, session

NODE4, NODE6 = "10.0.1.1", "2001:db8:1::1"
VIP4, VIP6 = "192.0.2.1/32", "2001:db8:9::1/128"
ONE = {ip_network(VIP4): PathAttributes()}
RIGHT, WRONG = "right", "wrong"
MULTIHOP: dict[str, Any] = {"ebgp-multihop": {"config": {"enabled": True, "multihop-ttl": 5}}}
SILENT_S = 6.0
"""How long a session that must not come up is watched; one that may is up in two or three seconds."""


def neighbor(address: str = NODE4, asn: int = NODE_ASN, *families: str, **more: Any) -> dict[str, Any]:
    """Configure the node as the router's neighbour; the router waits for its call."""
    return {
        "config": {"neighbor-address": address, "peer-as": asn, **more.pop("config", {})},
        "transport": {"config": {"passive-mode": True, **more.pop("transport", {})}},
        "timers": {"config": {"hold-time": 30, "keepalive-interval": 10, "idle-hold-time-after-reset": 1}},
        "afi-safis": [{"config": {"afi-safi-name": each}} for each in families or ("ipv4-unicast",)],
        **more,
    }


async def test_a_plain_session_advertises_with_the_nodes_asn_and_address(rig: Rig) -> None:
    """AS_PATH is the node's ASN, the next hop its end of the session (RFC 4271 section 5.1)."""
    rig.start_router(neighbor())
    async with driving(rig) as driven:
        driven.wish_one(session(), ONE)
        path = (await rig.until(rig.paths))[VIP4]
    assert path["next_hop"] == NODE4
    assert path["as_path"][0]["asns"] == [NODE_ASN]


async def test_local_asn_is_what_the_peer_sees(rig: Rig) -> None:
    """In the OPEN message and in AS_PATH, and `myASN` nowhere (FRR: `local-as N no-prepend replace-as`)."""
    rig.start_router(neighbor(asn=64999))
    async with driving(rig) as driven:
        driven.wish_one(session(local_asn=64999), ONE)
        path = (await rig.until(rig.paths))[VIP4]
    assert path["as_path"][0]["asns"] == [64999]


async def test_an_external_peer_may_have_any_asn(rig: Rig) -> None:
    """`dynamicASN: external`: the peer's ASN is taken from its OPEN message, and is read back as not given."""
    rig.start_router(neighbor(), asn=4200000001)
    async with driving(rig) as driven:
        driven.wish_one(session(peer_asn=0), ONE)
        assert VIP4 in await rig.until(rig.paths)
        await rig.until(lambda: driven.is_done)
    async with driving(rig) as driven:
        assert driven.holds.sessions == {"router": session(peer_asn=0)}


async def test_an_internal_peer_has_our_asn(rig: Rig) -> None:
    """`dynamicASN: internal`: an empty AS_PATH, and LOCAL_PREF 100 where none is asked for (RFC 4271 section 5.1.5)."""
    rig.start_router(neighbor(), asn=NODE_ASN)
    async with driving(rig) as driven:
        driven.wish_one(session(peer_asn=NODE_ASN), ONE)
        path = (await rig.until(rig.paths))[VIP4]
    assert (path["local_pref"], path.get("as_path") or []) == (100, [])


async def test_local_pref_and_communities_arrive(rig: Rig) -> None:
    """Standard, large and well-known ones; and no mark of ours with them."""
    rig.start_router(neighbor(), asn=NODE_ASN)
    wanted = PathAttributes(200, ("64512:100", "65535:0", "large:64512:1:2"))
    async with driving(rig) as driven:
        driven.wish_one(session(peer_asn=NODE_ASN), {ip_network(VIP4): wanted})
        path = (await rig.until(rig.paths))[VIP4]
    assert path["local_pref"] == 200
    assert path["communities"] == [64512 << 16 | 100, 65535 << 16]
    assert [(each["ASN"], each["LocalData1"], each["LocalData2"]) for each in path["large"]] == [(64512, 1, 2)]


async def test_a_password_must_be_the_peers(rig: Rig) -> None:
    """TCP MD5 (RFC 2385): no session with a wrong one or none; changed in place, it comes up."""
    rig.start_router(neighbor(config={"auth-password": RIGHT}))
    async with driving(rig) as driven:
        driven.wish_one(session(password=WRONG), ONE)
        with pytest.raises(AssertionError, match="not so"):
            await rig.until(rig.paths, wait_s=SILENT_S)
        driven.change(password=RIGHT)
        assert VIP4 in await rig.until(rig.paths)


async def test_another_port_and_source_are_used(rig: Rig) -> None:
    """`peerPort`, `sourceAddress`: the router takes the session only from the second address."""
    rig.inside(rig.node, "ip", "addr", "add", "10.0.1.7/24", "dev", "eth0")
    rig.start_router(neighbor("10.0.1.7"), port=1179)
    async with driving(rig) as driven:
        driven.wish_one(session(port=1179, source_address=ip_address("10.0.1.7")), ONE)
        path = (await rig.until(rig.paths))[VIP4]
    assert path["next_hop"] == "10.0.1.7"


async def test_multihop_reaches_a_peer_behind_a_hop(rig: Rig) -> None:
    """`ebgpMultiHop`: without it packets have TTL 1, which the hop does not pass on."""
    with rig.behind_a_hop():
        rig.start_router(neighbor(**MULTIHOP))
        async with driving(rig) as driven:
            driven.wish_one(session(address=ip_address("10.0.2.2")), ONE)
            with pytest.raises(AssertionError, match="not so"):
                await rig.until(rig.paths, wait_s=SILENT_S)
            driven.change(ebgp_multihop=True)
            assert VIP4 in await rig.until(rig.paths)


async def test_timers_are_negotiated(rig: Rig) -> None:
    """`holdTime`, `keepaliveTime`: the smaller hold time of both ends (RFC 4271 section 4.2)."""
    rig.start_router(neighbor())
    async with driving(rig) as driven:
        driven.wish_one(session(hold_time_s=12, keepalive_time_s=4), ONE)
        await rig.until(rig.paths)
        seen = rig.neighbor(rig.router, NODE4)["timers"]["state"]
        assert seen["negotiated_hold_time"] == 12


async def test_both_families_on_a_session_over_ipv4(rig: Rig) -> None:
    """`dualStackAddressFamily`: IPv6 prefixes get the node's IPv6 address as next hop."""
    rig.start_router(neighbor(NODE4, NODE_ASN, "ipv4-unicast", "ipv6-unicast"))
    six = PathAttributes(next_hop=ip_address(NODE6))
    async with driving(rig) as driven:
        driven.wish_one(session(families=frozenset({4, 6})), {**ONE, ip_network(VIP6): six})
        assert (await rig.until(lambda: rig.paths("ipv6")))[VIP6]["next_hop"] == NODE6
        assert rig.paths()[VIP4]["next_hop"] == NODE4
        await rig.until(lambda: driven.is_done)
        paths = driven.holds.paths
        assert paths == {"router": {**ONE, ip_network(VIP6): six}}
    async with driving(rig) as driven:
        assert driven.holds.paths == paths


async def test_both_families_on_a_session_over_ipv6(rig: Rig) -> None:
    """IPv4 prefixes get an IPv6 next hop (RFC 8950)."""
    rig.start_router(neighbor(NODE6, NODE_ASN, "ipv4-unicast", "ipv6-unicast"))
    async with driving(rig) as driven:
        one = session(address=ip_address("2001:db8:1::2"), families=frozenset({4, 6}))
        driven.wish_one(one, {**ONE, ip_network(VIP6): PathAttributes()})
        assert (await rig.until(lambda: rig.paths("ipv6")))[VIP6]["next_hop"] == NODE6
        assert (await rig.until(rig.paths))[VIP4]["next_hop"] == NODE6


async def test_a_session_by_interface_runs_between_link_local_addresses(rig: Rig) -> None:
    """`interface`: both families, the next hop is the node's link-local address; found again after a restart."""
    rig.start_router(neighbor("fe80::1%eth0", NODE_ASN, "ipv4-unicast", "ipv6-unicast"))
    async with driving(rig) as driven:
        one = session(address=ip_address("fe80::2%eth0"), families=frozenset({4, 6}), peer_asn=0)
        driven.wish_one(one, {**ONE, ip_network(VIP6): PathAttributes()})
        assert (await rig.until(lambda: rig.paths("ipv6")))[VIP6]["next_hop"] == "fe80::1"
        assert (await rig.until(rig.paths))[VIP4]["next_hop"] == "fe80::1"
        await rig.until(lambda: driven.established == {"router"} and driven.is_done)
        wished = driven.wished
    async with driving(rig) as driven:
        assert (driven.holds, driven.established) == (wished, {"router"})


async def test_a_graceful_restart_keeps_the_paths_of_a_crashed_engine(rig: Rig) -> None:
    """`enableGracefulRestart` (RFC 4724): they never leave the router, and are new when the engine is back."""
    restart = {"graceful-restart": {"config": {"enabled": True, "restart-time": 20}}}
    families = [{"config": {"afi-safi-name": "ipv4-unicast"}, "mp-graceful-restart": {"config": {"enabled": True}}}]
    rig.start_router({**neighbor(), **restart, "afi-safis": families})
    async with driving(rig) as driven:
        driven.wish_one(session(restart_time_s=20), ONE)
        await rig.until(rig.paths)
        rig.kill(rig.node)
        await rig.until(lambda: not driven.is_up)
        await rig.until(lambda: rig.neighbor(rig.router, NODE4)["state"]["session_state"] != 6)
        assert VIP4 in rig.paths()
        rig.start_engine()
        await rig.until(lambda: driven.established == {"router"} and driven.is_done)
        assert VIP4 in rig.paths()
    assert driven.holds == driven.wished


async def test_without_it_a_crashed_engine_takes_its_paths_with_it(rig: Rig) -> None:
    """The contrast."""
    rig.start_router(neighbor())
    async with driving(rig) as driven:
        driven.wish_one(session(), ONE)
        await rig.until(rig.paths)
        rig.kill(rig.node)
        await rig.until(lambda: not rig.paths())
        rig.start_engine()
        assert VIP4 in await rig.until(rig.paths)


async def test_no_path_of_the_router_is_taken(rig: Rig) -> None:
    """Whatever it sends."""
    rig.start_router(neighbor())
    async with driving(rig) as driven:
        driven.wish_one(session(), ONE)
        await rig.until(rig.paths)
        rig.asked(rig.router, "global", "rib", "add", "203.0.113.0/24")
        await rig.until(lambda: rig.neighbor(rig.router, NODE4)["afi_safis"][0]["state"].get("advertised"))
        assert list(rig.asked(rig.node, "global", "rib")) == [VIP4]


def test_the_router_on_a_link_is_found_without_knowing_it(rig: Rig) -> None:
    """Its neighbour table is empty before; the echo that it is asked for makes it look for the node."""
    script = (
        "import asyncio, sys; from lbkit.kernel.routers import RouterWatch\n"
        "async def main():\n"
        "    told = asyncio.Queue(); RouterWatch(told.put_nowait).want(frozenset({'eth0'}))\n"
        "    while not (seen := await told.get())['eth0']: pass\n"
        "    print(*seen['eth0'])\n"
        "asyncio.run(main())"
    )
    rig.inside(rig.router, "sysctl", "-qw", "net.ipv6.conf.all.forwarding=1")
    rig.inside(rig.node, "ip", "neigh", "flush", "dev", "eth0")
    assert rig.inside(rig.node, sys.executable, "-c", script).split() == ["fe80::2"]


async def test_leaving_marks_the_paths_and_then_withdraws_them(rig: Rig) -> None:
    """The community is on every path at once, the session stays."""
    rig.start_router(neighbor())
    prefixes = {ip_network(f"192.0.2.{number}/32"): PathAttributes() for number in range(1, 101)}
    async with driving(rig) as driven:
        driven.wish_one(session(), prefixes)
        await rig.until(lambda: len(rig.paths()) == 100)
        wished = driven.wished
        assert wished is not None
        driven.wish(left(wished, Stage.LAST_CHOICE))
        await rig.until(lambda: all(each.get("communities") == [65535 << 16] for each in rig.paths().values()))
        assert len(rig.paths()) == 100
        driven.wish(left(wished, Stage.GONE))
        await rig.until(lambda: not rig.paths())
        assert (driven.established, driven.ups) == ({"router"}, 1)


async def test_a_weight_arrives_as_link_bandwidth(rig: Rig) -> None:
    """Type 0x40, sub-type 0x04; of a four-octet ASN the community says AS_TRANS; read back after a restart."""
    rig.start_router(neighbor(asn=4200000000))
    weighed = {ip_network(VIP4): PathAttributes(link_bandwidth=3_000_000)}
    async with driving(rig) as driven:
        driven.wish_one(session(local_asn=4200000000), weighed)
        path = (await rig.until(rig.paths))[VIP4]
        await rig.until(lambda: driven.is_done)
    assert path["extended"] == [{"type": 64, "subtype": 4, "asn": 23456, "bandwidth": 3_000_000}]
    async with driving(rig) as driven:
        assert driven.holds.paths == {"router": weighed}


async def test_the_reason_of_an_end_is_told(rig: Rig) -> None:
    """In the RFCs' words, and who said it; GoBGP 4.8.0 keeps it to itself, so ours is edited (images/gobgp-binary)."""
    rig.start_router(neighbor())
    async with driving(rig) as driven:
        driven.wish_one(session(), ONE)
        await rig.until(rig.paths)
        rig.asked(rig.router, "neighbor", NODE4, "reset")
        await rig.until(lambda: not driven.established)
        ends = [each.words for each in driven.events if isinstance(each, SessionChanged) and not each.is_established]
        assert ends == ["received Cease / Administrative Reset"]
        await rig.until(lambda: driven.established)


async def test_a_reset_of_a_session_that_is_not_there_does_not_end_the_next(rig: Rig) -> None:
    """As BFD asks for when it goes down just after BGP; the edited engine forgets it."""
    async with driving(rig) as driven:
        driven.wish_one(session(), ONE)
        await rig.until(lambda: driven.is_done)
        rig.asked(rig.node, "neighbor", ROUTER_ID, "reset")
        rig.start_router(neighbor())
        await rig.until(rig.paths)
        await asyncio.sleep(2)
        assert (driven.ups, driven.established) == (1, {"router"})
