"""`lbkit load-balancer`, `bgp-peer`, `bfd-profile`: what is written, what is refused, what is printed."""

import io
import json
import re
from collections.abc import Callable

import pytest
import yaml

from lbkit.cli import session
from lbkit.tests.cli.conftest import Ended
from lbkit.tests.cli.fake_api import FakeApi
from lbkit.tests.operator.build import bgp, l2, obj, pool, service

Run = Callable[..., Ended]

MADE = {"lbkit.io/load-balancer": "prod"}


def made(mode: str = "ARP") -> tuple[object, ...]:
    """Give the objects of a load balancer `prod` that lbkit made."""
    advertisements = {"ARP": [l2], "BGP": [bgp], "Both": [l2, bgp]}[mode]
    items = [pool("prod", "198.51.100.0/28", labels=MADE)]
    for each in advertisements:
        item = each("prod", ipAddressPools=["prod"])
        item["metadata"]["labels"] = MADE
        items.append(item)
    return tuple(items)


def test_a_load_balancer_is_a_pool_and_an_advertisement_of_its_name(lbkit: Run, api: FakeApi) -> None:
    """Both carry its label; the advertisement is there first, so that no address is ever without one."""
    done = lbkit("load-balancer", "create", "prod", "--addresses", "198.51.100.0/28", "--advertise-mode", "arp")

    assert (done.code, done.err) == (0, "")
    assert api.writes == [("POST", "L2Advertisement", "prod"), ("POST", "IPAddressPool", "prod")]
    assert api.tried == api.writes, "each object is judged before the first is written"
    for kind in ("IPAddressPool", "L2Advertisement"):
        assert api.object(kind, "prod")["metadata"]["labels"] == MADE
    assert api.object("L2Advertisement", "prod")["spec"] == {"ipAddressPools": ["prod"]}
    assert "provisioningState     Succeeded" in done.out


def test_lists_are_typed_as_in_az_and_as_in_metallb(lbkit: Run, api: FakeApi) -> None:
    """Words after a list option belong to it, commas and spaces part them, options may be given twice."""
    done = lbkit(
        *("load-balancer", "create", "-n", "prod", "--advertise-mode", "BGP"),
        *("--addresses", "198.51.100.0/28", "198.51.100.32/28,198.51.100.64/28"),
        *("--addresses", "198.51.100.80 - 198.51.100.89"),
        *("--bgp-peers", "tor1", "--service-selector", "a:b,c=d"),
    )

    assert done.code == 0, done.err
    spec = api.object("IPAddressPool", "prod")["spec"]
    assert spec["addresses"] == [
        "198.51.100.0/28",
        "198.51.100.32/28",
        "198.51.100.64/28",
        "198.51.100.80-198.51.100.89",
    ]
    assert spec["serviceAllocation"]["serviceSelectors"] == [{"matchLabels": {"a": "b", "c": "d"}}]
    assert api.object("BGPAdvertisement", "prod")["spec"]["peers"] == ["tor1"]


@pytest.mark.parametrize(
    ("words", "says"),
    [
        pytest.param(["--addresses", "198.51.100.7"], "--addresses: .*write 198.51.100.7/32", id="bare address"),
        pytest.param(["--addresses", "192.0.2.8/30"], 'overlaps .* in pool "hand"', id="another pool"),
        pytest.param(["--addresses", "192.168.1.0/24"], "holds addresses of node n1", id="a node"),
        pytest.param(["--addresses", "10.244.0.0/28"], "holds addresses of the pods of node n1", id="pods"),
        pytest.param(["--addresses", "10.96.7.0/24"], "holds addresses of the cluster's Services", id="Services"),
        pytest.param([], "--addresses: is missing", id="no addresses"),
        pytest.param(["--addresses", "198.51.100.0/28", "--bgp-peers", "tor9"], 'no BGPPeer "tor9"', id="unknown peer"),
        pytest.param(["--addresses", "198.51.100.0/28", "--interfaces", "eth1"], "--interfaces: means", id="misplaced"),
        pytest.param(["--addresses", "198.51.100.0/28", "--priority", "x"], "--priority: got", id="no number"),
        pytest.param(["--addresses", "198.51.100.0/28", "--auto-assign", "maybe"], "wanted Enabled", id="no switch"),
        pytest.param(["--addresses", "198.51.100.0/28", "--service-selector", "a"], "wanted label=value", id="labels"),
        pytest.param(["--addresses", "198.51.100.0/28", "--communities", "x:y"], "neither a community", id="community"),
    ],
)
def test_what_would_not_work_is_not_written(lbkit: Run, api: FakeApi, words: list[str], says: str) -> None:
    """Exit code 2, what was typed and what is wrong with it, and nothing was written."""
    done = lbkit("load-balancer", "create", "prod", "--advertise-mode", "BGP", *words)

    assert done.code == 2
    assert not api.writes
    assert re.search(says, done.err), done.err


def test_conflicts_can_be_overridden(lbkit: Run, api: FakeApi) -> None:
    """With --force they are warnings."""
    done = lbkit(
        *("load-balancer", "create", "prod", "--advertise-mode", "BGP", "--addresses", "198.51.100.0/28"),
        *("--bgp-peers", "tor9", "--force"),
    )
    assert done.code == 0
    assert 'warning: BGPAdvertisement prod: there is no BGPPeer "tor9"' in done.err


def test_a_dry_run_prints_what_would_be_written(lbkit: Run, api: FakeApi) -> None:
    """The API server has judged it, kubectl can apply it, and nothing is there."""
    done = lbkit(
        *("load-balancer", "create", "prod", "--advertise-mode", "Both", "--addresses", "198.51.100.0/28"),
        "--dry-run",
    )
    assert done.code == 0
    kinds = [item["kind"] for item in yaml.safe_load_all(done.out)]
    assert kinds == ["L2Advertisement", "BGPAdvertisement", "IPAddressPool"]
    assert len(api.tried) == 3
    assert not api.writes


def test_names_of_arc_are_written_small(lbkit: Run, api: FakeApi) -> None:
    """ARM's names know no case; what is done about it is said."""
    done = lbkit("load-balancer", "create", "Prod", "--addresses", "198.51.100.0/28", "--advertise-mode", "ARP")
    assert done.code == 0
    assert '"Prod" is written "prod"' in done.err
    assert api.object("IPAddressPool", "prod")


@pytest.mark.parametrize("words", [("prod", "-n", "metallb-system"), ()], ids=["twice", "missing"])
def test_a_name_is_needed_once(lbkit: Run, api: FakeApi, words: tuple[str, ...]) -> None:
    """Who takes -n for the namespace is told what it is."""
    done = lbkit("load-balancer", "show", *words)
    assert done.code == 2
    assert "the namespace is --metallb-namespace" in done.err


def test_the_list_shows_pools_written_by_hand_too(lbkit: Run, api: FakeApi) -> None:
    """With the mode that the advertisements for them come to."""
    for item in made():
        api.put(item)
    done = lbkit("load-balancer", "list")
    assert done.out.splitlines() == [
        "NAME   ADDRESSES         MODE   PEERS   SELECTOR   USED   FREE   STATE",
        "hand   192.0.2.0/28      BGP    all     -          0      9      Succeeded",
        "prod   198.51.100.0/28   Both   all     -          0      9      Succeeded",
    ]


@pytest.mark.parametrize("verb", ["update", "delete"])
def test_what_was_written_by_hand_is_changed_by_hand(lbkit: Run, api: FakeApi, verb: str) -> None:
    """Somebody's manifest would bring the old state back."""
    words = ["--priority", "1"] if verb == "update" else ["--yes"]
    done = lbkit("load-balancer", verb, "hand", *words)
    assert done.code == 2
    assert "was written by hand" in done.err
    assert not api.writes


def test_an_update_changes_only_what_is_given(lbkit: Run, api: FakeApi) -> None:
    """What somebody added with kubectl stays."""
    *items, advertisement = made()
    advertisement["spec"]["preferredNodeSelectors"] = [{"weight": 9, "preference": {}}]  # type: ignore[index]  # JSON
    for item in (*items, advertisement):
        api.put(item)

    done = lbkit("load-balancer", "update", "prod", "--interfaces", "eth1", "eth2", "--auto-assign", "disabled")

    assert done.code == 0, done.err
    spec = api.object("L2Advertisement", "prod")["spec"]
    assert spec["interfaces"] == ["eth1", "eth2"]
    assert spec["preferredNodeSelectors"] == [{"weight": 9, "preference": {}}]
    assert api.object("IPAddressPool", "prod")["spec"] == {"addresses": ["198.51.100.0/28"], "autoAssign": False}
    assert {write[0] for write in api.writes} == {"PUT"}


def test_an_empty_value_takes_a_property_away(lbkit: Run, api: FakeApi) -> None:
    """As `null` does in az."""
    for item in made():
        api.put(item)
    lbkit("load-balancer", "update", "prod", "--service-selector", "a=b", "--priority", "7")
    assert "serviceAllocation" in api.object("IPAddressPool", "prod")["spec"]
    done = lbkit("load-balancer", "update", "prod", "--service-selector", "", "--priority", "null")
    assert done.code == 0, done.err
    assert "serviceAllocation" not in api.object("IPAddressPool", "prod")["spec"]


def test_another_mode_is_another_advertisement(lbkit: Run, api: FakeApi) -> None:
    """The new one is there before the old one goes, and takes over its nodes."""
    for item in made():
        api.put(item)
    lbkit("load-balancer", "update", "prod", "--node-selector", "rack=a")
    api.writes.clear()

    done = lbkit("load-balancer", "update", "prod", "--advertise-mode", "BGP")

    assert done.code == 0, done.err
    assert api.writes == [("POST", "BGPAdvertisement", "prod"), ("DELETE", "L2Advertisement", "prod")]
    assert api.object("BGPAdvertisement", "prod")["spec"]["nodeSelectors"] == [{"matchLabels": {"rack": "a"}}]


def test_addresses_in_use_are_not_taken_out(lbkit: Run, api: FakeApi) -> None:
    """Shrinking a pool under a Service is refused, and deleting it too."""
    for item in (*made(), service("web", "198.51.100.9")):
        api.put(item)

    shrunk = lbkit("load-balancer", "update", "prod", "--addresses", "198.51.100.0/29")
    deleted = lbkit("load-balancer", "delete", "prod", "--yes")

    assert (shrunk.code, deleted.code) == (2, 2)
    assert "Service default/web has 198.51.100.9, which no pool would hold" in shrunk.err
    assert "is in use: Service default/web would lose its address" in deleted.err
    assert not api.writes
    assert lbkit("load-balancer", "delete", "prod", "--yes", "--force").code == 0
    assert [write[1] for write in api.writes] == ["IPAddressPool", "L2Advertisement"]


def test_deleting_asks_first(lbkit: Run, api: FakeApi, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where there is nobody to ask, --yes is needed."""
    for item in made():
        api.put(item)
    monkeypatch.setattr("sys.stdin", io.StringIO())
    assert "Cure: add --yes" in lbkit("load-balancer", "delete", "prod").err
    assert lbkit("load-balancer", "delete", "prod", "--dry-run").out == (
        "would delete IPAddressPool/prod\nwould delete L2Advertisement/prod\n"
    )
    assert not api.writes


def test_a_controller_that_says_no_is_a_failure(lbkit: Run, api: FakeApi) -> None:
    """The objects are written, the reason is told, and the exit code is 1."""

    def refuse(item: dict[str, object]) -> None:
        verdict = {"type": "lbkit.io/Valid", "status": "False", "message": "spec: no", "observedGeneration": 1}
        item["status"] = {"conditions": [verdict]}

    api.controller = refuse
    done = lbkit("load-balancer", "create", "prod", "--addresses", "198.51.100.0/28", "--advertise-mode", "ARP")
    assert done.code == 1
    assert 'load balancer "prod" is written, and not in force: spec: no' in done.err


def test_a_controller_that_is_down_is_not_waited_for_for_ever(
    lbkit: Run, api: FakeApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The message names the cure; with --no-wait nobody waits."""
    api.controller = None
    monkeypatch.setattr(session.wait_until, "__defaults__", (0.0, 0.001))
    words = ["--addresses", "198.51.100.0/28", "--advertise-mode", "ARP"]
    done = lbkit("load-balancer", "create", "prod", *words)
    assert done.code == 1
    assert "not yet judged by the controller after 0 s. Cure: lbkit status" in done.err
    done = lbkit("load-balancer", "create", "next", "--addresses", "198.51.100.16/28", *words[2:], "--no-wait")
    assert (done.code, done.err) == (0, "")
    assert "provisioningState     Accepted" in done.out


def test_a_write_that_fails_half_way_is_taken_back(lbkit: Run, api: FakeApi) -> None:
    """Nothing is left of a load balancer that could not be made."""
    real = api._write  # the fake's own

    def fail(verb: str, kind: str, *rest: object) -> tuple[int, bytes]:
        query = rest[-1]
        assert isinstance(query, dict)
        if kind == "IPAddressPool" and "dryRun" not in query:
            return 500, b"{}"
        return real(verb, kind, *rest)  # type: ignore[arg-type]  # as they came

    api._write = fail  # type: ignore[method-assign, assignment]
    done = lbkit("load-balancer", "create", "prod", "--addresses", "198.51.100.0/28", "--advertise-mode", "ARP")
    assert done.code == 1
    assert "taken back: L2Advertisement/prod" in done.err
    assert api.object("L2Advertisement", "prod") is None


def test_what_the_api_server_refuses_is_a_refusal(lbkit: Run, api: FakeApi) -> None:
    """In its own words, before anything is written."""
    api.forbidden.add(("POST", "IPAddressPool"))
    done = lbkit("load-balancer", "create", "prod", "--addresses", "198.51.100.0/28", "--advertise-mode", "ARP")
    assert done.code == 1
    assert 'User "nobody" cannot post it' in done.err
    assert not api.writes


def test_formats_and_queries(lbkit: Run, api: FakeApi) -> None:
    """JSON, YAML, TSV and JMESPath, as in az; a query alone gives JSON."""
    assert json.loads(lbkit("load-balancer", "list", "-o", "json").out)[0]["advertiseMode"] == "BGP"
    assert yaml.safe_load(lbkit("load-balancer", "show", "hand", "-o", "yaml").out)["name"] == "hand"
    assert lbkit("load-balancer", "list", "-o", "tsv", "--query", "[].[name, bgpPeers]").out == "hand\t\n"
    assert json.loads(lbkit("load-balancer", "show", "hand", "--query", "addresses").out) == ["192.0.2.0/28"]
    table = lbkit("load-balancer", "list", "-o", "table", "--query", "[].{Name: name, Mode: advertiseMode}")
    assert table.out == "Name   Mode\nhand   BGP\n"
    broken = lbkit("load-balancer", "list", "--query", "[")
    assert (broken.code, "error: query: " in broken.err) == (2, True)


def test_what_is_not_there_has_its_own_exit_code(lbkit: Run, api: FakeApi) -> None:
    """3, as in az, and the names of those that are there."""
    for verb, *words in (["show", "x"], ["update", "x", "--priority", "1"], ["delete", "x", "--yes"]):
        done = lbkit("load-balancer", verb, *words)
        assert done.code == 3
        assert 'load balancer "x" does not exist; there are: hand' in done.err


def test_waiting(lbkit: Run, api: FakeApi) -> None:
    """For what is there already no time passes; what does not come is a failure."""
    fast = ["--timeout", "0.01", "--interval", "0.001"]
    assert lbkit("load-balancer", "wait", "hand", "--created").code == 0
    assert lbkit("load-balancer", "wait", "hand", "--exists").code == 0
    assert lbkit("load-balancer", "wait", "gone", "--deleted").code == 0
    assert lbkit("load-balancer", "wait", "hand", "--custom", "length(services) < availableIPv4").code == 0
    late = lbkit("load-balancer", "wait", "hand", "--deleted", *fast)
    assert (late.code, late.err) == (1, 'error: load balancer "hand": it is not yet gone after 0.01 s\n')
    assert lbkit("load-balancer", "wait", "hand").code == 2
    assert lbkit("load-balancer", "wait", "hand", "--custom", "[").code == 2


def test_a_cluster_without_lbkit_is_told_how_to_get_it(lbkit: Run, api: FakeApi) -> None:
    """The cure is in the message."""
    api.missing.add("IPAddressPool")
    done = lbkit("load-balancer", "list")
    assert done.code == 3
    assert "the API server does not know metallb.io/v1beta1. Cure: install lbkit" in done.err


def test_long_lists_come_in_pages(lbkit: Run, api: FakeApi) -> None:
    """Every page is read."""
    for number in range(1100):
        api.put(service(f"s{number}", "192.0.2.1", namespace="many"))
    assert len(json.loads(lbkit("load-balancer", "show", "hand", "--query", "services").out)) == 1100


@pytest.mark.parametrize("group", ["load-balancer", "bgp-peer", "bfd-profile"])
def test_every_verb_has_help_with_an_example(lbkit: Run, group: str) -> None:
    """And no example is wider than 80 columns."""
    for verb in ("create", "list", "show", "update", "delete", "wait"):
        done = lbkit(group, verb, "--help")
        assert done.code == 0
        assert f"  lbkit {group} {verb}" in done.out
        assert max(len(line) for line in done.out.splitlines()) <= 80, verb


def test_an_object_of_a_newer_schema_is_shown_with_its_problem(lbkit: Run, api: FakeApi) -> None:
    """One object that cannot be read does not hide the others."""
    api.put(obj("BGPPeer", "odd", {"myASN": "many"}))
    done = lbkit("bgp-peer", "list")
    assert done.code == 0
    assert "tor1" in done.out
    assert json.loads(lbkit("bgp-peer", "show", "odd", "-o", "json").out)["provisioningState"] == "Failed"
