"""SEC-008: a BGP password is taken from a Secret, put to use, and shown nowhere else.

The router of this lab runs no BGP: what the nodes send when they connect to it shows that the password is in use.

Shell: the world's.
"""

from conformance.suite.case import Case
from conformance.suite.checks import exposure
from conformance.suite.world import World

PASSWORD = "canary-7f3a91c2"  # noqa: S105  # a test's own
CASE = Case(
    id="SEC-008",
    title="a BGP password shows in no log, metric, process, Event or object",
    lab="l2",
    features=("security", "md5"),
    source="RFC 2385; Kubernetes, good practices for Secrets (do not share or log them); catalogue SEC-008",
    checks=(exposure.hidden(at_least=3), exposure.signed("gw")),
)


def test_sec_008_keeps_its_secrets(world: World) -> None:
    """Configure a peer whose password is a word that is nowhere by chance, wait for connections, and look for it."""
    gateway = next(a.ip for i in world.lab.nodes["gw"].interfaces for a in i.addresses if a.version == 4)
    world.wire.capture_bgp("gw")
    world.apply(address=str(gateway), password=PASSWORD)
    world.until(exposure.signed("gw"), 20.0)
    world.events()
    world.audit.search(PASSWORD)
