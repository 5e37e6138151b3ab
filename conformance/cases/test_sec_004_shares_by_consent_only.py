"""SEC-004: a Service of another namespace shares an address only when both Services say so.

Shell: the world's.
"""

from conformance.suite.case import Case
from conformance.suite.checks import choice, ipam, tenants
from conformance.suite.declared import declared
from conformance.suite.waits import ASSIGN_S, HOLD_S
from conformance.suite.world import World

CASE = Case(
    id="SEC-004",
    title="an address is shared between namespaces only with the consent of both",
    lab="l2",
    elsewhere=("bgp",),
    features=("security", "share", "static-ip"),
    source="Kubernetes, multi-tenancy (namespaces isolate tenants); MetalLB, allow-shared-ip; catalogue SEC-004",
    checks=(
        ipam.assigned(ASSIGN_S, only=("owner",)),
        tenants.consented("owner", "guest", within_s=ASSIGN_S, for_s=2 * HOLD_S),
        choice.kept("owner"),
    ),
)


def test_sec_004_shares_by_consent_only(world: World) -> None:
    """Let a guest of another namespace know key and address, then let one consent, then both."""
    other = f"{world.namespace}-other"
    world.namespaces.open(other)
    names = {"other": other, "address": str(world.pool_address(0))}
    world.apply("IPAddressPool", "L2Advertisement", **names)
    world.services("owner", **names)
    world.address()
    world.services("guest", **names)
    world.hold("no consent", HOLD_S + 0.5)
    says = declared(world.recorder.history())
    consent = says.share_annotation if says else ""
    if consent:
        world.patch("owner", metadata={"annotations": {consent: other}})
        world.hold("one consent", HOLD_S + 0.5)
        guest = {"name": "guest", "namespace": other, "annotations": {consent: world.namespace}}
        world.write("patch", {"apiVersion": "v1", "kind": "Service", "metadata": guest})
    world.hold("what comes of it", HOLD_S + ASSIGN_S * 1.5)
    world.events()
