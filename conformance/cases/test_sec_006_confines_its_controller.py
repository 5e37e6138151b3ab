"""SEC-006: who breaks into the controller finds no root, no capability, no host, and nothing to write to.

Shell: the world's.
"""

from conformance.suite.case import Case
from conformance.suite.checks import rights
from conformance.suite.world import World

CASE = Case(
    id="SEC-006",
    title="the controller's pods meet the Pod Security Standard restricted, with a read-only root",
    lab="l2",
    elsewhere=("bgp",),
    features=("security",),
    source="Kubernetes, Pod Security Standards, restricted; catalogue SEC-006",
    checks=(rights.confined_pod("controller"), rights.admitted("controller")),
)


def test_sec_006_confines_its_controller(world: World) -> None:
    """Read how its pods are to be run, and offer them to a namespace of that level, by a dry run."""
    world.audit.pods()
    world.audit.admission("controller")
