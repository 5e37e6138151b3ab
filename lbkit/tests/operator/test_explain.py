"""`lbkit explain`: each broken set-up is named by its reason, in words that were read and approved (golden files)."""

from collections.abc import Callable

import pytest

from lbkit.errors import InputError
from lbkit.model.views import Key
from lbkit.operator.explain import key_of
from lbkit.operator.explanation import document, text
from lbkit.tests import golden
from lbkit.tests.operator import broken
from lbkit.tests.operator.broken import BROKEN, WORKING
from lbkit.tests.operator.build import event, metrics, service
from lbkit.tests.operator.world import World, world


@pytest.mark.parametrize(("breaks", "reason"), BROKEN, ids=lambda each: getattr(each, "__name__", ""))
def test_a_broken_set_up_is_named_by_its_reason(breaks: Callable[[World], None], reason: str) -> None:
    """The reason blocks, and it has a cure."""
    made = world()
    breaks(made)

    explained = made.explain()

    assert not explained.works
    blocking = {finding.reason: finding for finding in explained.findings if finding.blocks}
    assert reason in blocking
    assert blocking[reason].cure


@pytest.mark.parametrize("breaks", WORKING, ids=lambda each: each.__name__)
def test_what_works_is_said_to_work(breaks: Callable[[World], None]) -> None:
    """Remarks do not block."""
    made = world()
    breaks(made)
    assert made.explain().works


@pytest.mark.parametrize("breaks", [each for each, _ in BROKEN] + list(WORKING), ids=lambda each: each.__name__)
def test_the_words_are_those_that_were_approved(breaks: Callable[[World], None]) -> None:
    """One golden file a set-up, as a terminal of 80 columns shows it."""
    made = world()
    breaks(made)
    golden.compare(f"explain/{breaks.__name__}.txt", text(made.explain(), 80) + "\n")


def test_programs_get_the_same_as_people() -> None:
    """Reasons, messages and cures, with commands as they are to be typed."""
    made = world()
    broken.unknown_pool(made)
    told = document(made.explain())
    assert (told["works"], told["addresses"], told["announcers"]) == (False, [], [])
    (finding,) = told["findings"]
    assert finding["reason"] == "UnknownPool"
    assert finding["cure"] == "kubectl annotate service -n default web --overwrite metallb.io/address-pool=prod"


def test_who_announces_is_taken_from_the_speakers() -> None:
    """Not from what should be: two nodes that answer are both named."""
    made = world()
    made.metrics["n3"] = metrics(("default/web", "layer2"))
    explained = made.explain()
    assert [each.k8s_node for each in explained.announcers] == ["n1", "n3"]
    assert explained.is_observed


def test_the_owner_is_named_with_its_term_and_those_who_may_take_over() -> None:
    """As its speaker tells; 1767225600 is the first second of 2026."""
    made = world()
    where = 'ip="192.0.2.1",interface="eth1"'
    made.metrics["n1"] += f"lbkit_layer2_term{{{where}}} 3\nlbkit_layer2_owner_since_seconds{{{where}}} 1767225600\n"
    told = text(made.explain(), 120)
    assert "192.0.2.1: n1 on eth1 since 2026-01-01T00:00:00Z, term 3; if it goes: n2, n3" in told


def test_a_stranger_with_the_address_is_named_until_a_node_announces() -> None:
    """It is the reason if nobody does."""
    made = world()
    made.metrics = dict.fromkeys(made.metrics, "")
    said = "192.0.2.1 is in use by a host outside the cluster, 02:00:00:00:00:aa, seen on eth1"
    made.put(event("addressConflict", said, "n1"))
    blocking = [each for each in made.explain().findings if each.blocks]
    assert "AddressConflict" in [each.reason for each in blocking]
    assert said in text(made.explain(), 200)
    made.put(event("nodeAssigned", 'announcing from node "n1" with protocol "layer2"', "n1", "2026-01-01T00:01:00Z"))
    assert "AddressConflict" not in [each.reason for each in made.explain().findings]


def test_without_the_speakers_word_it_says_who_should_announce() -> None:
    """In other words, so that nobody takes it for a fact."""
    made = world()
    made.metrics = {}
    explained = made.explain()
    assert not explained.is_observed
    assert "should answer for it" in text(explained, 80)


def test_services_that_share_an_address_are_named() -> None:
    """Whoever wonders about one may have to look at the other."""
    made = world()
    made.put(service("dns", "192.0.2.1", ports=[{"port": 53, "protocol": "UDP"}]))
    assert "192.0.2.1, shared with Service default/dns" in text(made.explain(), 80)


@pytest.mark.parametrize("width", [60, 80, 120])
def test_only_commands_are_wider_than_the_terminal(width: int) -> None:
    """They are to be copied whole."""
    for breaks, _ in BROKEN:
        made = world()
        breaks(made)
        for line in text(made.explain(), width).splitlines():
            words = line.replace("Cure:", "").split()
            assert len(line) <= width or words[0] in {"kubectl", "lbkit"}, line


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("web", Key("shop", "web")),
        ("default/web", Key("default", "web")),
        ("service/web", Key("shop", "web")),
        ("svc/web", Key("shop", "web")),
    ],
)
def test_a_service_is_named_in_every_usual_way(typed: str, expected: Key) -> None:
    """`kubectl get` writes `service/web`, events write `default/web`."""
    assert key_of(typed, "shop") == expected


@pytest.mark.parametrize("typed", ["", "a/b/c", "a/", "/a"])
def test_what_names_no_service_is_refused(typed: str) -> None:
    """Rather than looked for."""
    with pytest.raises(InputError, match="wanted NAMESPACE/NAME"):
        key_of(typed, "shop")
