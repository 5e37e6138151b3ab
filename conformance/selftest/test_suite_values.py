"""The suite's own values: histories, verdicts, cases, statistics, codecs, facts, manifests, plans."""

import json
from ipaddress import IPv4Address, ip_address, ip_network

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from conformance.selftest.made import NEAR, NEAR_MAC, Made, bgp_status, l2_status, open_frame
from conformance.suite import arp, bgp_open, facts, pcap, seen, statistics, tables
from conformance.suite.declared import FIELD_MANAGER, Declared, declared
from conformance.suite.features import claimed
from conformance.suite.history import dump, load
from conformance.suite.leftovers import marks
from conformance.suite.manifests import placed, pool_names, render
from conformance.suite.profiles import chosen
from conformance.suite.target import Implementation, Target
from conformance.suite.verdict import Finding, Outcome, Verdict, failed, passed, unknown, worst
from lbkit.errors import InputError


def test_worst_finding_is_the_verdict() -> None:
    """FAIL beats UNKNOWN beats PASS, and no finding at all is UNKNOWN."""
    findings = [Finding("a", "", passed("p")), Finding("b", "", unknown("u")), Finding("c", "", failed("f", "e"))]
    assert worst(findings) == Verdict(Outcome.FAIL, "c: f", ("e",))
    assert worst(findings[:2]).outcome is Outcome.UNKNOWN
    assert worst([]).outcome is Outcome.UNKNOWN


def test_history_survives_saving() -> None:
    """A saved history is read back as it was, sorted by time."""
    history = Made().at(2).created("b").at(1).created("a").end()
    assert load([dump(event) for event in history.events]) == history
    assert [event.t_ns for event in history.events] == sorted(event.t_ns for event in history.events)


def test_bad_lines_of_a_history_are_all_named() -> None:
    """A file that is no history is refused with every bad line."""
    with pytest.raises(InputError) as refused:
        load(["nonsense", "{}", ""], "h.jsonl")
    assert [problem.path for problem in refused.value.problems] == ["h.jsonl:1", "h.jsonl:2"]


def test_chi_square_limits_are_the_catalogues() -> None:
    """The critical values at 0.001 are those the catalogue lists."""
    listed = {2: 10.83, 3: 13.82, 4: 16.27, 5: 18.47, 6: 20.52, 8: 24.32, 10: 27.88, 16: 37.70}
    assert {nodes: round(statistics.critical(nodes), 2) for nodes in listed} == listed
    assert statistics.chi_square({"a": 10, "b": 30}) == pytest.approx(10.0)
    assert statistics.chi_square({"a": 10, "b": 30}, {"a": 0.25, "b": 0.75}) == 0.0
    assert statistics.chi_square({"a": 0, "b": 0}) == 0.0


def test_starved_nodes_are_named() -> None:
    """A node under half of a fair share is starved, one at half is not."""
    assert statistics.starved({"a": 150, "b": 50, "c": 100}) == ()
    assert statistics.starved({"a": 151, "b": 49, "c": 100}) == ("b",)
    assert statistics.starved({"a": 0, "b": 0}) == ("a", "b")


def test_arp_is_read_and_written() -> None:
    """A who-has is what RFC 826 draws, and reads back as it was written."""
    raw = arp.question(IPv4Address("10.10.0.200"), NEAR_MAC, NEAR)
    assert (
        raw.hex()
        == "ffffffffffff020000000064"
        + "0806"
        + "0001080006040001"
        + "0200000000640a0a0064"
        + "000000000000"
        + "0a0a00c8"
    )
    read = arp.decode(raw)
    assert read is not None
    assert arp.encode(read) == raw


@given(st.binary(max_size=120))
def test_arp_decoder_takes_any_bytes(raw: bytes) -> None:
    """Whatever is on the wire is a packet or None, never a crash; and so for OPEN."""
    assert arp.decode(raw) is None or len(raw) >= 42
    bgp_open.decode(raw)


@given(st.binary(max_size=80))
def test_open_decoder_takes_any_options(options: bytes) -> None:
    """Capabilities of any shape are read as far as they make sense."""
    read = bgp_open.decode(open_frame("10.1.1.1", "10.1.1.0", capabilities=options + b"\x02\x00"))
    assert read is not None


def test_open_is_read() -> None:
    """An OPEN shows who offers which hold time, AS and capabilities."""
    read = bgp_open.decode(open_frame("10.1.1.1", "10.1.1.0", 90))
    assert read is not None
    assert (read.asn, read.hold_time_s, str(read.router_id)) == (65200, 90, "10.1.1.1")
    assert read.families == {(1, 1)}
    assert read.capabilities == {1, 2, 65}


def test_pcap_has_nanosecond_stamps() -> None:
    """The file starts with the nanosecond magic and keeps each frame's wall-clock time."""
    raw = pcap.render([(1_500_000_000, b"abcd")], offset_ns=2_000_000_000)
    assert raw[:4] == bytes.fromhex("4d3cb2a1")
    assert raw[24:] == bytes.fromhex("030000000065cd1d0400000004000000") + b"abcd"


@pytest.mark.parametrize(
    ("address", "entries", "wanted"),
    [
        ("10.0.0.5", ("10.0.0.0/29",), True),
        ("10.0.0.8", ("10.0.0.0/29",), False),
        ("10.0.0.9", ("10.0.0.0/29", "10.0.0.9 - 10.0.0.10"), True),
        ("10.0.0.7", ("10.0.0.7/32",), True),
        ("2001:db8::5", ("10.0.0.0/8", "2001:db8::/120"), True),
        ("10.0.0.5", ("2001:db8::/120",), False),
    ],
)
def test_pool_membership(address: str, entries: tuple[str, ...], wanted: bool) -> None:
    """An address is inside if any entry holds it, in any form, of its own family."""
    assert facts.is_inside(ip_address(address), entries) is wanted


def test_aligned_network_lies_inside() -> None:
    """The first whole network of a length is found, or none."""
    assert facts.aligned(("10.10.0.200-10.10.0.250",), 28) == ip_network("10.10.0.208/28")
    assert facts.aligned(("10.10.0.200-10.10.0.210",), 28) is None


def test_unused_addresses_are_nobodys() -> None:
    """Foreign addresses are in the client's subnet, in no pool and on no interface."""
    lab = facts.parse(l2_status())
    found = facts.unused(lab, "near", 20)
    assert len(set(found)) == 20
    assert not {str(a) for a in found} & {"10.10.0.1", "10.10.0.100"}
    assert not any(facts.is_inside(a, lab.pools["lan"]) for a in found)


def test_broken_lab_status_is_refused() -> None:
    """A status without a node's pid is refused by name, not by a crash."""
    status = l2_status()
    del status["nodes"]["near"]["pid"]
    with pytest.raises(InputError, match="pid"):
        facts.parse(status)


def test_frr_tables_of_two_generations_read_alike() -> None:
    """Summary JSON reads the same with and without its outer address family."""
    inner = {"peers": {"10.1.1.1": {"state": "Established", "remoteAs": 65200, "peerUptime": "1"}}}
    assert tables.sessions(inner) == tables.sessions({"ipv4Unicast": inner})
    assert tables.steady(inner)["peers"]["10.1.1.1"] == {"state": "Established", "remoteAs": 65200}


def test_kernel_routes_read_with_one_and_many_next_hops() -> None:
    """A route has its gateway at the top with one next hop, in a list with several, and may be dead."""
    many = {"dst": "10.100.0.1", "nexthops": [{"gateway": "10.1.1.1", "weight": 2, "flags": ["dead"]}]}
    via6 = {"dst": "10.100.0.8", "via": {"family": "inet6", "host": "fd00:10:1:2::1"}, "dev": "eth2"}
    table = tables.fib([{"dst": "default", "gateway": "10.1.1.0", "dev": "eth1"}, many, via6])
    assert [str(hop.via) for hop in table["10.100.0.8"]] == ["fd00:10:1:2::1"]
    assert table["default"] == (tables.Hop(ip_address("10.1.1.0"), 1, is_active=True),)
    assert table["10.100.0.1"] == (tables.Hop(ip_address("10.1.1.1"), 2, is_active=False),)
    assert [tables.key(ip_network(p)) for p in ("10.1.0.1/32", "0.0.0.0/0", "10.0.0.0/8")] == [
        "10.1.0.1",
        "default",
        "10.0.0.0/8",
    ]


def test_outbound_policy_is_found_by_peer_group() -> None:
    """The route-map to lift is that of the peer's group, or none; so an injection can be undone whole."""
    config = " neighbor NODES peer-group\n neighbor 10.1.1.1 peer-group NODES\n neighbor NODES route-map NOTHING out\n"
    policy = tables.outbound_policy(config + " neighbor SPINE route-map X out\n", ("10.1.1.1", "10.1.9.9"))
    assert (policy.is_unchecked, policy.route_maps) == (False, {"10.1.9.9": "", "NODES": "NOTHING"})
    assert tables.outbound_policy(" no bgp network import-check\n", ()).is_unchecked


def test_looks_fill_in_the_same_as_before() -> None:
    """A look that says "same" stands for the table before it, so that a held state has evidence."""
    made = Made().bgp().at(1).rib("tor1", ("10.100.0.1/32", "k1"))
    history = made.at(2).add("router", "bgp_rib", router="tor1", asked_ns=0, same=True).end()
    first, second = seen.looks(history, "bgp_rib", "tor1")
    assert (first.raw, second.t_ns - first.t_ns) == (second.raw, 1_000_000_000)


def test_manifest_names_are_filled_in_for_the_chosen_kinds() -> None:
    """Only the wanted kinds are filled in, so a file may hold names that come later."""
    pool_text = (
        'kind: IPAddressPool\nmetadata: {name: "${case}"}\nspec: {addresses: ["${pool_1}", "${pool_cidr_29}"]}\n'
    )
    text = pool_text + '---\nkind: Service\nmetadata: {name: "${later}"}\n'
    names = {"case": "x"} | pool_names(text, ("10.0.0.1-10.0.0.20",))
    (pool,) = render(text, names, frozenset({"IPAddressPool"}))
    assert pool["spec"]["addresses"] == ["10.0.0.2", "10.0.0.8/29"]
    with pytest.raises(InputError, match="later"):
        render(text, names)


def test_objects_land_in_the_right_namespace() -> None:
    """The load balancer's objects go to its namespace, the others to the case's."""
    pool = yaml.safe_load("{apiVersion: metallb.io/v1beta1, kind: IPAddressPool, metadata: {name: a}}")
    assert placed(pool, "mine", "theirs")["metadata"]["namespace"] == "theirs"
    service = yaml.safe_load("{apiVersion: v1, kind: Service, metadata: {name: a}}")
    assert placed(service, "mine", "theirs")["metadata"]["namespace"] == "mine"


def test_features_are_claimed_and_dropped() -> None:
    """+NAME claims, -NAME drops, and a core feature cannot be dropped."""
    assert claimed({"md5"}, "+bfd,-md5") == {"bfd"}
    for wrong in ("-layer2", "+nonsense"):
        with pytest.raises(InputError):
            claimed((), wrong)
    assert chosen("full") > chosen("l2,bgp") == {"l2", "bgp"}
    assert chosen("-l2") == chosen("full,-l2") == chosen("full") - {"l2"}
    with pytest.raises(InputError):
        chosen("moon")


def test_bgp_lab_links_are_understood() -> None:
    """Peering is who shares a /31 with whom."""
    lab = facts.parse(bgp_status())
    assert lab.peering("tor2")[ip_address("10.2.3.1")] == "k3"
    assert lab.peering("spine") == {}
    assert lab.peering("tor2", "ipv6")[ip_address("fd00:10:2:3::1")] == "k3"
    assert len(lab.peering("tor2")) == len(lab.peering("tor2", "ipv6")) == 3
    assert lab.peering("tor1", "link-local") == {ip_address(f"fe80::ff:fe00:10{n}"): f"k{n}" for n in (1, 2, 3)}
    assert lab.peering("spine", "link-local") == {}
    assert lab.owner(ip_address("10.5.0.3")) == "distant"
    assert lab.owner(ip_address("192.0.2.1")) == ""


def test_link_local_address_is_made_of_the_mac() -> None:
    """The example of RFC 4291, appendix A: the local bit is turned and ff:fe put in the middle."""
    assert facts.link_local("34:56:78:9a:bc:de") == ip_address("fe80::3656:78ff:fe9a:bcde")


def test_what_a_target_declares_is_read_back() -> None:
    """What the run writes down of a target is what the checks read; without it there is nothing."""
    said = Declared(("metallb.io/x",), serves_class_less=False, words=("metallb",))
    assert declared(Made().add("suite", "target", **json.loads(json.dumps(said.fields()))).end()) == said
    assert declared(Made().end()) is None


def test_pool_gets_what_a_feature_needs() -> None:
    """A pool of a case that needs a feature bears the target's annotations for it, beside its own; others do not."""
    wanted = {"finalizer": {"example.org/keep": "true"}}
    target = Target("x", "none", Implementation("x", "x", ""), pool_annotations=wanted)
    pool = {"kind": "IPAddressPool", "metadata": {"name": "p", "annotations": {"a": "b"}}}
    service = {"kind": "Service", "metadata": {"name": "s"}}
    features = frozenset({"finalizer", "static-ip"})
    assert target.prepared(pool, features)["metadata"]["annotations"] == {"a": "b", "example.org/keep": "true"}
    assert target.prepared(pool, frozenset({"static-ip"})) is pool
    assert target.prepared(service, features) is service


def test_marks_on_a_node_are_told_by_their_owner() -> None:
    """Only labels and cordons that the suite itself set are taken back."""
    labels: dict[str, object] = {"f:metadata": {"f:labels": {".": {}, "f:x": {}}}}
    cordon: dict[str, object] = {"f:spec": {"f:unschedulable": {}}}
    ours = [{"manager": FIELD_MANAGER, "fieldsV1": fields} for fields in (labels, cordon)]
    assert marks({"metadata": {"managedFields": ours}}) == {
        "metadata": {"labels": {"x": None}},
        "spec": {"unschedulable": None},
    }
    assert marks({"metadata": {"managedFields": [{"manager": "kubectl", "fieldsV1": labels | cordon}]}}) == {}
    assert marks({"metadata": {}}) == {}
