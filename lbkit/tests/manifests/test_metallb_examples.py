"""MetalLB's documented examples: admitted as they stand, and understood or refused with a reason.

The files in `metallb/` follow the examples of MetalLB's documentation and sample folder, one scenario a file, in our
own words and addresses.
Source: https://metallb.io/configuration/, https://metallb.io/usage/.

Shell: reads files of this repository.
"""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, Final, TypeAlias

import msgspec
import pytest

from lbkit.allocator.book import Book
from lbkit.allocator.decide import decide_all
from lbkit.allocator.outcome import Assign
from lbkit.allocator.pools import Pools
from lbkit.announcer.sessions import one_router_each, sessions
from lbkit.model import config, objects, parse
from lbkit.model.views import Config, Key
from lbkit.operator.manifests import load_all
from lbkit.tests.announcer.build import node as make_node

Json: TypeAlias = Any  # a Kubernetes object is JSON
Problems: TypeAlias = Callable[[dict[str, Json]], list[str]]

FOLDER: Final = Path(__file__).parent / "metallb"
FILES: Final = sorted(FOLDER.glob("*.yaml"))
CONFIGURATION: Final = [path for path in FILES if path.stem != "services"]

REFUSED: Final = {"in-a-vrf": "vrf"}
"""{peer of bgppeers.yaml: word of the reason}; every other one has a session as written."""


def documents(name: str) -> tuple[Json, ...]:
    """Read one of the files."""
    return tuple(each.item for each in load_all((FOLDER / f"{name}.yaml").read_text("utf-8"), name))


def read(name: str) -> tuple[Config, tuple[config.ConfigProblem, ...]]:
    """Parse one of the files' configuration and put it together."""

    def each(kind: str, struct: type[Any], view: Callable[[Any], Any]) -> list[Any]:
        return [view(msgspec.convert(doc, struct)) for doc in documents(name) if doc["kind"] == kind]

    return config.build(
        pools=each("IPAddressPool", objects.Pool, parse.pool),
        l2_advertisements=each("L2Advertisement", objects.L2Advertisement, parse.l2_advertisement),
        bgp_advertisements=each("BGPAdvertisement", objects.BGPAdvertisement, parse.bgp_advertisement),
        peers=each("BGPPeer", objects.BGPPeer, parse.peer),
        bfd_profiles=each("BFDProfile", objects.BFDProfile, parse.bfd_profile),
        communities=[pair for pairs in each("Community", objects.Community, parse.communities) for pair in pairs],
    )


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_examples_are_admitted_as_they_stand(path: Path, problems: Problems) -> None:
    """The schema takes every object, in the version it is written in."""
    for item in documents(path.stem):
        if item["apiVersion"].startswith("metallb.io/"):
            assert problems(item) == [], item["metadata"]["name"]


@pytest.mark.parametrize("path", CONFIGURATION, ids=lambda path: path.stem)
def test_examples_make_a_valid_configuration(path: Path) -> None:
    """Nothing in a file contradicts the rest of it, but for what no two peers of one node can have."""
    _, found = read(path.stem)
    assert [each for each in found if (each.kind, each.path) != ("BGPPeer", "spec.routerID")] == []


def test_every_kind_and_every_version_has_an_example(crds: dict[str, dict[str, Json]]) -> None:
    """Each kind that users write is there, in each version that is served."""
    there = {(doc["kind"], doc["apiVersion"]) for path in FILES for doc in documents(path.stem)}
    for kind, crd in crds.items():
        if not kind.endswith(("Status", "State")):
            assert {(kind, f"metallb.io/{each['name']}") for each in crd["spec"]["versions"]} <= there


def test_every_documented_peer_has_a_session_or_a_reason() -> None:
    """No option is dropped in silence."""
    built, _ = read("bgppeers")
    labels = {"rack": "frontend", "kubernetes.io/hostname": "host-a"}
    for written in built.peers:
        # The speaker puts the Secret's password in.
        peer = replace(written, password="example") if written.password_secret else written  # noqa: S106
        alone = Config(peers=(peer,), bfd_profiles=built.bfd_profiles)
        host = "node-1" if peer.source_address else "host-a"
        both = ["172.30.0.1", "2001:db8::1"]
        node = make_node("n", labels=labels | {"kubernetes.io/hostname": host}, addresses=both)
        bgp, refused = sessions(alone, node, one_router_each(alone.peers))
        assert (peer.name in bgp.sessions) != (peer.name in refused), peer.name
        assert REFUSED.get(peer.name, "") in refused.get(peer.name, ""), refused
        assert (peer.name in REFUSED) == (peer.name in refused), refused


def test_documented_services_get_what_they_ask_for() -> None:
    """Each Service of services.yaml gets the address or pool that MetalLB's documentation promises."""
    built, _ = read("pools")
    services = []
    for number, doc in enumerate(documents("services")):
        spec = doc["spec"] | {"clusterIP": f"10.96.0.{number}", "clusterIPs": [f"10.96.0.{number}"]}
        meta = doc["metadata"] | {"namespace": "default", "uid": str(number)}
        services.append(parse.service(msgspec.convert(doc | {"spec": spec, "metadata": meta}, objects.Service)))
    outcomes = decide_all(services, {}, Book(Pools(built.pools)))
    given = {}
    for key, outcome in outcomes.items():
        assert isinstance(outcome, Assign), (key, outcome)
        given[key.name] = (outcome.pool, *(str(address) for address in outcome.addresses))
    assert Key("default", "from-a-pool") in outcomes
    assert given == {
        "from-a-pool": ("expensive", "203.0.113.0"),
        "at-an-address": ("simple", "198.51.100.50"),
        "at-the-spec-s-address": ("simple", "198.51.100.51"),
        "dns-service-tcp": ("simple", "198.51.100.52"),
        "dns-service-udp": ("simple", "198.51.100.52"),
        "by-the-old-prefix": ("expensive", "203.0.113.9"),
    }
