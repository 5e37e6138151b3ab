"""SEC-005: what the controller and the speakers may do in the cluster is what they need, and no way to more.

Shell: the world's.
"""

from conformance.suite.case import Case
from conformance.suite.checks import rights
from conformance.suite.world import World

CASE = Case(
    id="SEC-005",
    title="controller and speakers have no rights by which the cluster could be taken over",
    lab="l2",
    elsewhere=("bgp",),
    features=("security",),
    source="Kubernetes, RBAC good practices; catalogue SEC-005",
    checks=(rights.least(),),
)


def test_sec_005_has_few_rights(world: World) -> None:
    """Look up every role that is bound to their ServiceAccounts."""
    world.audit.rights()
