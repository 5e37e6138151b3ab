"""Sets the scene of a fail-over case: announced addresses, pods that stay, and a deed that befalls an owner.

Shell: the world's.
"""

from typing import Final

from conformance.suite import families
from conformance.suite.deeds import DEEDS, Deed, Tools
from conformance.suite.scene import Scene
from conformance.suite.waits import ANNOUNCE_S, KUBE_PROXY_S
from conformance.suite.world import World

PATIENCE_S: Final = 15.0
"""How long an address may stay without an answer before a drive goes on: longer than any bound that is declared."""


def staged(world: World, services: int = 4) -> Scene:
    """Announce the addresses of some Services, and capture the segment.

    Several, as somebody has to own one who may be taken away.

    Args:
        world: of the case, whose file has a Service for each ${index}, and whose backend is `kept`.
        services: how many.

    Raises:
        Stopped: they get no addresses.
    """
    world.wire.capture()
    world.apply("IPAddressPool", "L2Advertisement")
    world.create_services(services, writers=min(8, services))
    world.addresses(services)
    world.hold("the announcements and the way to the pods", max(ANNOUNCE_S, KUBE_PROXY_S))
    return Scene(world, families.given(world.recorder.history()))


def befall(deed: Deed, tools: Tools, scene: Scene, node: str, *, patience_s: float = PATIENCE_S) -> None:
    """Let something happen to a node whose addresses are watched; wait until all is calm, put it right, wait again.

    Args:
        deed: what happens.
        tools: it is done with.
        scene: whose addresses are watched.
        node: that it happens to.
        patience_s: how long things may take to get calm, each time.
    """
    scene.steady()
    undo = deed.do(tools, node)
    scene.calm(patience_s, deed.at_least_s)
    undo()
    scene.calm(patience_s, deed.at_least_s)


def befall_owner(world: World, deed: str) -> None:
    """Set the scene, and let something happen to a node that owns an address.

    Args:
        world: of the case.
        deed: name of what happens.

    Raises:
        Stopped: nobody who may be hit owns an address, or it is never calm.
    """
    scene = staged(world)
    owner = scene.pick(but=world.cluster.control_planes() if DEEDS[deed].spares_control_plane else ())
    scene.watch(of=owner)
    befall(DEEDS[deed], world, scene, owner)


def move_the_pod(world: World, nodes: tuple[str, str], *, every_s: float, client: str, stay_s: float) -> None:
    """Run the only pod of a Service on one node, then on another, and ask and request all the time.

    Args:
        world: of the case, whose file has a Pod for a ${node}.
        nodes: first and second.
        every_s: between questions.
        client: who requests.
        stay_s: how long it is watched on each node.
    """
    first, second = nodes
    world.wire.capture()
    world.apply("IPAddressPool", "L2Advertisement", "Service")
    world.apply("Pod", node=first)
    world.pods_ready(1)
    address = world.address()
    world.wire.keep_asking(address, every_s=every_s)
    world.traffic.keep_requesting("web", address, client=client)
    world.hold("the first owner", stay_s)
    world.mark("moving-1")
    world.delete("Pod", f"on-{first}")
    world.cluster.pods_gone()
    world.apply("Pod", node=second)
    world.pods_ready(1)
    world.hold("the second owner", stay_s)
