"""Rules of leaving routers.

Pure.
"""

from ipaddress import ip_network

from lbkit.announcer.decide import decide
from lbkit.announcer.desired import Bgp, PathAttributes
from lbkit.announcer.leaving import Stage, left
from lbkit.model.views import BGPAdvertisement
from lbkit.tests.announcer.build import node, peer, service, slices, snapshot

PREFIX = ip_network("192.0.2.1/32")
PEER = peer("p", "10.0.1.1")
WISHED = Bgp(64512, paths={"p": {PREFIX: PathAttributes(7, ("64512:1", "large:1:2:3"))}})


def test_who_stays_wishes_the_same() -> None:
    """Not even a new object."""
    assert left(WISHED, Stage.STAYING) is WISHED


def test_the_last_choice_keeps_everything_and_adds_the_community() -> None:
    """RFC 8326 section 4.3: LOCAL_PREF is for the receiver to set."""
    found = left(WISHED, Stage.LAST_CHOICE).paths["p"][PREFIX]
    assert found == PathAttributes(7, ("64512:1", "65535:0", "large:1:2:3"))
    assert left(left(WISHED, Stage.LAST_CHOICE), Stage.LAST_CHOICE) == left(WISHED, Stage.LAST_CHOICE)


def test_who_is_gone_has_sessions_without_paths() -> None:
    """Withdrawals need a session to travel on."""
    assert left(WISHED, Stage.GONE) == Bgp(64512, paths={"p": {}})


def test_a_cordoned_node_is_the_last_choice_only_where_that_is_asked_for() -> None:
    """MetalLB withdrew on cordon once, and took it back: cordoning is about scheduling."""
    cordoned = node("a", is_unschedulable=True)
    known = snapshot(
        [service("s", "192.0.2.1")], {"s": slices("s", "a")}, [cordoned], bgp=(BGPAdvertisement("all"),), peers=(PEER,)
    )
    assert decide(known, "a", ()).bgp.paths == {"p": {PREFIX: PathAttributes()}}
    found = decide(known, "a", (), depreference_cordoned=True).bgp.paths
    assert found == {"p": {PREFIX: PathAttributes(0, ("65535:0",))}}
