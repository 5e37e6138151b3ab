"""BGP-041: what a peer asks for and cannot get is refused with a reason on an object, and never dropped in silence.

Shell: the world's.
"""

from conformance.suite.case import Case
from conformance.suite.checks import refusals
from conformance.suite.checks.refusals import ASKED
from conformance.suite.world import World

PEER = "bgp-041"
FIELDS = {
    "vrf": {"vrf": "red"},
    "holdTime": {"holdTime": "0s", "keepaliveTime": "0s"},
    "echoMode": {"bfdProfile": f"{PEER}-echo"},
    "passiveMode": {"bfdProfile": f"{PEER}-passive"},
    "ebgpMultiHop": {"bfdProfile": f"{PEER}-plain"},
}
CASE = Case(
    id="BGP-041",
    title="what a peer asks for is done, or refused with a reason on an object",
    lab="bgp",
    features=("bgp", "multihop", "conditions"),
    source="https://metallb.io/apis/ (BGPPeer, BFDProfile, ConfigurationState)",
    checks=(refusals.done_or_refused(PEER, *FIELDS),),
)


def test_bgp_041_drops_nothing_in_silence(world: World) -> None:
    """Ask for one thing after the other at a peer that would take a session, and look who says what."""
    (peer,) = world.objects("BGPPeer", distant=str(world.lab.nodes["distant"].addresses[0]))
    world.routers.follow(("distant",), "bird")
    world.apply("BFDProfile")
    for field, spec in FIELDS.items():
        world.write("apply", {**peer, "spec": {**peer["spec"], **spec}})
        world.mark(f"{ASKED}{field}")
        world.hold(f"what becomes of {field}", 4)
        world.cluster.configuration_states()
