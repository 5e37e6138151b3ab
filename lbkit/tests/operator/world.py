"""A cluster with one Service in which everything works, to be broken by who tests.

Pure.
"""

from dataclasses import dataclass, field
from typing import Any

from lbkit.model.views import Key
from lbkit.operator.cluster import Cluster, assemble
from lbkit.operator.explain import explain
from lbkit.operator.explanation import Explanation
from lbkit.tests.operator import build
from lbkit.tests.operator.build import endpoints, metrics, node, peer, pod, pool, service

Json = Any  # JSON
NODES = ("n1", "n2", "n3")
WEB = Key("default", "web")
TOR = {"tor1": "192.168.1.254:179"}


@dataclass
class World:
    """A cluster in which the Service `default/web` works, advertised by layer 2; each case breaks something."""

    items: list[Json] = field(default_factory=list)
    metrics: dict[str, str] = field(default_factory=dict)
    missing: list[str] = field(default_factory=list)
    unread: list[str] = field(default_factory=list)

    def put(self, *items: Json) -> None:
        """Add objects, in place of those of the same kind and name."""
        for item in items:
            self.drop(str(item["kind"]), item["metadata"]["name"])
            self.items.append(item)

    def drop(self, kind: str, name: str = "") -> None:
        """Take objects away: one, or all of a kind."""
        self.items = [
            item for item in self.items if item["kind"] != kind or (name and item["metadata"]["name"] != name)
        ]

    def by_bgp(self, **spec: Json) -> None:
        """Advertise by BGP to one peer, in place of layer 2."""
        self.drop("L2Advertisement")
        self.put(build.bgp("prod", ipAddressPools=["prod"], **spec), peer("tor1", "192.168.1.254"))
        self.metrics = {
            name: metrics(("default/web", "bgp"), sessions={"192.168.1.254:179": True}, engine=True) for name in NODES
        }

    def silent(self, **more: Json) -> None:
        """Have no speaker announce anything."""
        self.metrics = {name: metrics(**more) for name in NODES}

    def explain(self, key: Key = WEB) -> Explanation:
        """Explain a Service."""
        cluster = self.cluster()
        return explain(cluster, cluster.inventory.services[key])

    def cluster(self) -> Cluster:
        """Give what is known of it."""
        return assemble(self.items, metrics=self.metrics, missing=self.missing, unread=self.unread)


def world() -> World:
    """Give a cluster in which everything works."""
    made = World()
    made.put(
        *(node(name, f"192.168.1.{index}") for index, name in enumerate(NODES, 1)),
        pool("prod", "192.0.2.0/28"),
        build.l2("prod", ipAddressPools=["prod"]),
        service("web", "192.0.2.1"),
        endpoints("web", "n1", "n2"),
        build.controller(),
        build.speaker(),
        pod("controller", "n1"),
        *(pod("speaker", name) for name in NODES),
    )
    made.metrics = {"n1": metrics(("default/web", "layer2")), "n2": metrics(), "n3": metrics()}
    return made


def pending(made: World, **spec: Json) -> None:
    """Have the Service wait for an address."""
    made.put(service("web", **spec))
    made.silent()
