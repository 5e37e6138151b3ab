"""Rule 3: who of several candidates answers for an address.

Pure.
"""

from ipaddress import IPv6Address

from lbkit.announcer.election.events import Candidates, CandidatesChanged, Rebalance
from lbkit.announcer.ownership import owner
from lbkit.model.views import IPAddress
from lbkit.tests.announcer.election.settled import NAMES, VIP, outage_s, the_owner, watch, world


def test_the_best_candidate_claims() -> None:
    """The rendezvous hash decides, the same on every node."""
    addresses: list[IPAddress] = [*(VIP + number for number in range(20)), IPv6Address("2001:db8::1")]
    made = world(addresses=addresses)
    best = {address: owner(address, set(NAMES)) for address in addresses}
    assert {address: the_owner(made, address) for address in addresses} == best


def test_a_rebalance_brings_each_address_to_its_best_candidate() -> None:
    """Whoever came back late gets its share, without a gap."""
    addresses = [VIP + number for number in range(20)]
    made = world(addresses=addresses)
    made.kill("a")
    made.run(made.now_s + 1.0)
    made.boot("a", 2)
    made.run(made.now_s + 2.0)
    for name in NAMES:
        made.command(name, Rebalance())
    seen = watch(made, 0.5)
    assert {address: the_owner(made, address) for address in addresses} == {
        address: owner(address, set(NAMES)) for address in addresses
    }
    assert outage_s(seen) <= 0.01


def test_who_learns_late_of_an_address_has_its_share_and_who_never_does_is_replaced() -> None:
    """An API server that is slow on one node gives the others no more to answer for; one that is silent, no gap."""
    address = next(each for each in (VIP + number for number in range(1, 20)) if owner(each, set(NAMES)) == "a")
    known: dict[IPAddress, Candidates] = {address: Candidates(dict.fromkeys(NAMES))}
    for delay_s, expected in ((1.5, {"a"}), (4.0, {"b", "c"})):
        made = world()
        for node in made.nodes.values():
            made.give(node, CandidatesChanged(known if node.name != "a" else {}))
        made.run(made.now_s + delay_s)
        made.give(made.nodes["a"], CandidatesChanged(known))
        made.run(made.now_s + 1.0)
        assert {the_owner(made, address)} <= expected


def test_preferred_nodes_come_first() -> None:
    """Preference before hash."""
    for name in NAMES:
        made = world(weights={name: 1})
        assert the_owner(made) == name
