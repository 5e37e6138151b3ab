"""SEC-019: images run with little privilege, tell what they consist of, and have no BGP engine with known holes.

Shell: the world's.
"""

from conformance.suite.case import Case
from conformance.suite.checks import contents
from conformance.suite.world import World

CASE = Case(
    id="SEC-019",
    title="images run with little privilege, tell their parts, and have no BGP engine with known holes",
    lab="l2",
    elsewhere=("bgp",),
    features=("security",),
    source="NIST SP 800-190 sections 4.1 and 4.4; Kubernetes, Pod Security Standards; catalogue SEC-019",
    checks=(contents.little_privilege(), contents.listed(), contents.engine_fixed()),
)


def test_sec_019_is_of_known_parts(world: World) -> None:
    """Look at the target's processes, and into the images that they run of."""
    world.audit.contents()
