"""A lab as a drawing: its nodes in layers above the k8s nodes, its links as lines; where each stands, in SVG units.

The layers are the distances from the nearest k8s node, so a rack looks like a rack, whatever lab it is.

Pure.
"""

from collections import deque
from dataclasses import dataclass
from typing import Final

from conformance.suite.facts import K8S_NODE, LabFacts, LabNode

BOX: Final = (112, 40)
"""Width and height of a node."""
GAP: Final = (14, 34)
"""Between nodes of a layer, and between layers."""


@dataclass(frozen=True, slots=True)
class Box:
    """A node.

    Args:
        name: short name.
        caption: its role, and its kind where that says more.
        role: router, client, switch, k8s-node or collector.
        x: of its middle.
        y: of its middle.
        title: its interfaces and their addresses, a line each.
    """

    name: str
    caption: str
    role: str
    x: float
    y: float
    title: str


@dataclass(frozen=True, slots=True)
class Line:
    """A link between two nodes.

    Args:
        x1: one end.
        y1: one end.
        x2: other end.
        y2: other end.
        title: both interfaces and their addresses.
    """

    x1: float
    y1: float
    x2: float
    y2: float
    title: str


@dataclass(frozen=True, slots=True)
class Drawing:
    """A lab.

    Args:
        lab: its name.
        width: of the drawing.
        height: of the drawing.
        boxes: its nodes.
        lines: its links, to be drawn first.
    """

    lab: str
    width: int
    height: int
    boxes: tuple[Box, ...]
    lines: tuple[Line, ...]


def drawing(lab: LabFacts) -> Drawing:
    """Place a lab's nodes.

    Args:
        lab: with at least one node.
    """
    links = _links(lab)
    near: dict[str, set[str]] = {name: set() for name in lab.nodes}
    for (a, _), (b, _) in links:
        near[a].add(b)
        near[b].add(a)
    layers = _ordered(_layers(lab, near), near)
    widest = max(len(layer) for layer in layers)
    width = widest * (BOX[0] + GAP[0]) + GAP[0]
    height = len(layers) * (BOX[1] + GAP[1]) - GAP[1] + 16
    place: dict[str, tuple[float, float]] = {}
    for number, layer in enumerate(reversed(layers)):
        for column, name in enumerate(layer):
            x = width / 2 + (column - (len(layer) - 1) / 2) * (BOX[0] + GAP[0])
            place[name] = (x, 8 + BOX[1] / 2 + number * (BOX[1] + GAP[1]))
    boxes = tuple(_box(lab.nodes[name], *place[name]) for name in place)
    lines = tuple(
        Line(*place[a], *place[b], f"{_end(lab, a, i)} to {_end(lab, b, j)}") for (a, i), (b, j) in sorted(links)
    )
    return Drawing(lab.name, width, height, boxes, lines)


Link = tuple[tuple[str, str], tuple[str, str]]
"""((node, interface), (node, interface))"""


def _links(lab: LabFacts) -> set[Link]:
    """Return each link once; a peer is "node:interface", or "bridge|node:port" where it is a bridge's port."""
    found: set[Link] = set()
    for node in lab.nodes.values():
        for interface in node.interfaces:
            other, _, port = interface.peer.rpartition(":")
            other = other.rpartition("|")[2]
            if other in lab.nodes:
                one, two = sorted([(node.name, interface.name), (other, port)])
                found.add((one, two))
    return found


def _layers(lab: LabFacts, near: dict[str, set[str]]) -> list[list[str]]:
    """Sort the nodes by their distance from the nearest k8s node; who is out of reach stands on top."""
    distance = {node.name: 0 for node in lab.with_role(K8S_NODE)}
    queue = deque(sorted(distance))
    while queue:
        name = queue.popleft()
        for other in sorted(near[name]):
            if other not in distance:
                distance[other] = distance[name] + 1
                queue.append(other)
    top = max(distance.values(), default=0) + 1
    layers: dict[int, list[str]] = {}
    for name in sorted(lab.nodes):
        layers.setdefault(distance.get(name, top), []).append(name)
    return [layers[key] for key in sorted(layers)]


def _ordered(layers: list[list[str]], near: dict[str, set[str]]) -> list[list[str]]:
    """Order each layer by the mean place of its neighbours below, so that few lines cross."""
    done: list[list[str]] = []
    below: dict[str, float] = {}
    for layer in layers:

        def mean(name: str, below: dict[str, float] = below) -> tuple[float, str]:
            places = [below[other] for other in near[name] if other in below]
            return (sum(places) / len(places) if places else 0.5, name)

        done.append(sorted(layer, key=mean))
        below = {name: (column + 0.5) / len(layer) for column, name in enumerate(done[-1])}
    return done


def _box(node: LabNode, x: float, y: float) -> Box:
    lines = [f"{i.name} {i.mac} {' '.join(map(str, i.addresses))}" for i in node.interfaces]
    caption = f"{node.role}, {node.kind}" if node.kind in {"frr", "gobgp", "bird"} else node.role
    return Box(node.name, caption, node.role, x, y, "\n".join([node.name, *lines]))


def _end(lab: LabFacts, name: str, port: str) -> str:
    addresses = [str(a) for i in lab.nodes[name].interfaces if i.name == port for a in i.addresses]
    return " ".join([f"{name}:{port}", *addresses])
