"""The suite's own values for IPv6: its codec, its readings, the names in YAML, and which lab a case can run in."""

from ipaddress import IPv6Address, ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.selftest.made import MACS, NEAR6, NEAR_MAC, Made, bgp_status, l2_status
from conformance.selftest.test_plan import a_case
from conformance.suite import facts, families, ndp, neighbor, plan
from conformance.suite.manifests import pool_names
from conformance.suite.observers.ask import question
from conformance.suite.report import Word
from lbkit.errors import InputError

TARGET, ASKED = IPv6Address("fd00:10:10::200"), IPv6Address("fd00:10:10::2ab")
POOLS = ("10.10.0.200-10.10.0.209", "fd00:10:10::200-fd00:10:10::20f")
CAPTURED = bytes.fromhex(
    "3333ff0002ab02001010010086dd6000000000203afffd000010001000000000000000000100ff0200000000000000000001ff0002ab"
    "870065f700000000fd0000100010000000000000000002ab0101020010100100"
)
"""A solicitation as Linux sends it."""


def test_ndp_is_read_as_linux_writes_it() -> None:
    """A captured solicitation is read, and the suite's own question for the same address is the same frame."""
    read = ndp.decode(CAPTURED)
    assert read is not None
    assert (read.kind, read.target, read.mac) == (ndp.SOLICITATION, ASKED, "02:00:10:10:01:00")
    assert read.destination_ip == IPv6Address("ff02::1:ff00:2ab")
    assert ndp.question(ASKED, "02:00:10:10:01:00", IPv6Address("fd00:10:10::100")) == CAPTURED


@pytest.mark.parametrize(
    ("place", "value"),
    [
        pytest.param(12, 0x08, id="ethertype"),
        pytest.param(20, 17, id="next header"),
        pytest.param(21, 254, id="hop limit"),
        pytest.param(54, 134, id="type"),
        pytest.param(80, 1, id="checksum"),
    ],
)
def test_ndp_that_nodes_ignore_is_not_read(place: int, value: int) -> None:
    """RFC 4861 section 7.1: forwarded or damaged packets count for nothing."""
    assert ndp.decode(CAPTURED[:place] + bytes([value]) + CAPTURED[place + 1 :]) is None


@given(st.binary(max_size=120))
def test_ndp_decoder_takes_any_bytes(raw: bytes) -> None:
    """Nothing on the wire can stop a check."""
    assert ndp.decode(raw) is None or len(raw) >= 78


@given(st.integers(54, len(CAPTURED) - 1), st.binary(min_size=1, max_size=24))
def test_ndp_decoder_takes_any_options(place: int, raw: bytes) -> None:
    """Options of no length or without an end stop nothing either."""
    ndp.decode(CAPTURED[:place] + raw)


def test_claims_and_questions_are_read_of_both_families() -> None:
    """Replies and advertisements claim; questions do not, nor does the other family's traffic."""
    made = Made().asked("10.10.0.200").at(1).replied("10.10.0.200", "k1").at(2)
    history = made.asked_by_ndp(str(TARGET)).at(3).advertised(str(TARGET), "k2").end()
    for address, node in ((ip_address("10.10.0.200"), "k1"), (TARGET, "k2")):
        (claim,) = neighbor.claims(history, address)
        (asked_ns,) = neighbor.questions(history, address)
        assert (claim.mac, claim.t_ns - asked_ns) == (MACS[node], 1_000_000_000)
    assert neighbor.claims(history, IPv6Address("fd00:10:10::201")) == ()


def test_a_plan_asks_in_each_target_s_family() -> None:
    """From the client's own address of it; what comes back says who claims what."""
    asked = {"mac": NEAR_MAC, "addresses": {"4": "10.10.0.100", "6": str(NEAR6)}}
    assert question(asked, {"target": str(TARGET)}) == ndp.question(TARGET, NEAR_MAC, NEAR6)
    probe = question(asked, {"target": str(TARGET), "form": "probe"})
    assert probe == ndp.question(TARGET, NEAR_MAC, ndp.UNSPECIFIED)
    assert ndp.decode(probe) == ndp.NdpFrame(
        "33:33:ff:00:02:00",
        NEAR_MAC,
        ndp.SOLICITATION,
        ndp.UNSPECIFIED,
        IPv6Address("ff02::1:ff00:200"),
        TARGET,
        "",
    )


def test_what_a_frame_claims() -> None:
    """A reply, an advertisement and a host that asks claim an address; a solicitation and a probe claim none."""
    asked = {"mac": NEAR_MAC, "addresses": {"4": "10.10.0.100", "6": str(NEAR6)}}
    assert neighbor.claim(question(asked, {"target": str(TARGET)})) is None
    assert neighbor.claim(question(asked, {"target": "10.10.0.200", "form": "probe"})) is None
    asking = neighbor.claim(question(asked, {"target": "10.10.0.200"}))
    assert asking
    assert (str(asking.address), asking.mac) == ("10.10.0.100", NEAR_MAC)
    answer = ndp.NdpFrame(NEAR_MAC, MACS["k1"], ndp.ADVERTISEMENT, TARGET, NEAR6, TARGET, MACS["k1"], flags=0x60)
    told = neighbor.claim(ndp.encode(answer))
    assert told
    assert (told.address, told.mac, told.packet) == (TARGET, MACS["k1"], answer)
    assert neighbor.claim(b"") is None


def test_names_of_both_families() -> None:
    """`${pool_N}` counts IPv4 addresses only, `${pool6_N}` IPv6 ones."""
    names = pool_names("${pool6_cidr_124} ${pool_cidr_31}", POOLS)
    assert (names["pool_9"], names["pool6_0"], names["pool6_15"]) == ("10.10.0.209", str(TARGET), "fd00:10:10::20f")
    assert (names["pool6_cidr_124"], names["pool_cidr_31"]) == ("fd00:10:10::200/124", "10.10.0.200/31")
    assert "pool_10" not in names
    with pytest.raises(InputError, match="no whole /124 inside nothing"):
        pool_names("${pool6_cidr_124}", POOLS[:1])


ONE_FAMILY = bgp_status() | {"pools": {"bgp": ["10.100.0.0/24"]}}


@pytest.mark.parametrize(
    ("features", "lab", "is_blocked"),
    [
        (("allocation",), ONE_FAMILY, False),
        (("allocation", "dual"), ONE_FAMILY, True),
        (("allocation", "ipv6"), ONE_FAMILY, True),
        (("allocation", "dual"), l2_status(), False),
    ],
)
def test_case_with_ipv6_is_blocked_in_a_lab_without(
    features: tuple[str, ...], lab: dict[str, object], is_blocked: bool
) -> None:
    """The lab cannot show it, and nobody is to blame."""
    result = plan.lacking(a_case(features=features), facts.parse(lab))
    assert (result is not None) is is_blocked
    assert result is None or (result.word is Word.BLOCKED and "IPv6" in result.reason)


def test_addresses_are_waited_for_by_family() -> None:
    """All that are wanted must be there, whichever comes first; a Service that is gone has none."""
    made = Made().created("web").shows("web", str(TARGET), "10.10.0.200")
    assert families.shown(made.cut(), "web", (4, 6)) == (ip_address("10.10.0.200"), TARGET)
    assert families.shown(made.shows("web", str(TARGET)).cut(), "web", (4, 6)) is None
    assert families.shown(made.cut(), "other", (6,)) is None
