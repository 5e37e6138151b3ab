"""What holds for every cluster, however broken: nothing crashes, what blocks has a cure, nothing contradicts itself."""

from collections.abc import Callable
from copy import deepcopy
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from lbkit.operator import bgp_peer, load_balancer
from lbkit.operator.arc import read as read_arc
from lbkit.operator.arc import write as write_arc
from lbkit.operator.cluster import assemble
from lbkit.operator.explain import explain
from lbkit.operator.explanation import document, text
from lbkit.operator.inventory import CONFIGURATION, read
from lbkit.operator.status import status
from lbkit.operator.status_text import text as status_text
from lbkit.operator.words import addresses
from lbkit.tests.operator import build
from lbkit.tests.operator.broken import BROKEN
from lbkit.tests.operator.world import WEB, World, world

Json = Any  # JSON

BREAKS = st.lists(st.sampled_from([breaks for breaks, _ in BROKEN]), max_size=4)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 2**33) | st.text(max_size=8) | st.sampled_from(["10.0.0.0/24", "prod"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=6,
)


@settings(max_examples=40)
@given(BREAKS)
def test_whatever_is_broken_is_explained(breaks: list[Callable[[World], None]]) -> None:
    """Several faults at once do not confuse: every reason that blocks has a cure, and all of it can be printed."""
    made = world()
    for each in breaks:
        each(made)
    explained = made.explain()
    assert explained.works is document(explained)["works"]
    for finding in explained.findings:
        assert finding.cure or not finding.blocks
    assert ("Nothing blocks." in text(explained, 80)) is explained.works
    assert not explained.works or explained.announcers
    assert status_text(status(made.cluster(), 0.0), 80)


@st.composite
def mutated(draw: st.DrawFn) -> list[Json]:
    """Give a world's objects, with something else in place of some value inside a spec or a status."""
    made = world()
    made.by_bgp()
    items = deepcopy(made.items)
    item = draw(st.sampled_from([each for each in items if each["kind"] in {*CONFIGURATION, "Service", "Node"}]))
    part = item.setdefault(draw(st.sampled_from(["spec", "status"])), {})
    while True:
        keys = list(part) if isinstance(part, dict) else list(range(len(part)))
        if not keys:
            break
        key = draw(st.sampled_from(keys))
        if not isinstance(part[key], dict | list) or draw(st.booleans()):
            part[key] = draw(JSON)
            break
        part = part[key]
    return items


@settings(max_examples=40)
@given(mutated())
def test_garbage_in_an_object_is_a_problem_and_no_crash(items: list[Json]) -> None:
    """An API server of another version, or one that lies, must not keep an operator from looking."""
    cluster = assemble(items)
    service = cluster.inventory.services.get(WEB)
    if service is not None:
        assert text(explain(cluster, service), 80)
    assert status_text(status(cluster, 0.0), 80)
    for name in load_balancer.names(cluster.inventory):
        assert load_balancer.document(name, cluster.inventory)["name"] == name
    for key in cluster.inventory.objects("BGPPeer"):
        assert bgp_peer.document(key.name, cluster.inventory)["name"] == key.name


@given(st.lists(st.sampled_from(["10.0.0.0/24", "10.0.1.1-10.0.1.9", "2001:db8::/64"]), max_size=6), st.data())
def test_addresses_are_read_whatever_parts_them(written: list[str], data: st.DataObject) -> None:
    """Words, commas, spaces, in any mixture."""
    words = [""]
    for each in written:
        separator = data.draw(st.sampled_from([" ", ",", ", ", None]))
        if separator is None:
            words.append(each)
        else:
            words[-1] += separator + each
    assert addresses(words) == written


NAMES = st.sampled_from(["edge", "prod", "rack-1"])


@settings(max_examples=40)
@given(
    pools=st.dictionaries(NAMES, st.sampled_from(["ARP", "BGP", "Both"]), max_size=3),
    peers=st.lists(st.sampled_from(["tor1", "tor2"]), unique=True),
    selector=st.dictionaries(st.sampled_from(["a", "b"]), st.sampled_from(["x", "y"]), max_size=2),
)
def test_what_arc_has_survives_the_way_there_and_back(
    pools: dict[str, str], peers: list[str], selector: dict[str, str]
) -> None:
    """A template made of manifests makes the same manifests, and the same template again."""
    items = [build.peer(name, f"10.0.0.{index}", nodeSelectors=[]) for index, name in enumerate(peers, 1)]
    for index, (name, mode) in enumerate(pools.items()):
        changes: Json = {
            "addresses": [f"10.1.{index}.0/24"],
            "advertiseMode": mode,
            "serviceSelector": selector or None,
        }
        if mode != "ARP" and peers:
            changes["bgpPeers"] = peers
        items += load_balancer.create(name, "metallb-system", changes).put
    first = write_arc(read(items))
    assert first.notes == ()
    back = read_arc(first.items[0], "metallb-system", {"clusterName": "c"})
    assert (back.notes, back.problems) == ((), ())
    assert write_arc(read(back.items)).items == first.items
