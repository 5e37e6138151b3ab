"""Rules for pools that somebody else's addresses came into.

Pure.
"""

from ipaddress import ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lbkit.model.addresses import address_range
from lbkit.model.keep_out import keep_out
from lbkit.model.reservations import reservations
from lbkit.model.used_networks import UsedNetwork
from lbkit.model.views import Pool, Range


def pool(name: str, *ranges: str, reserved: str = "") -> Pool:
    """Build a pool."""
    return Pool(name, {}, tuple(address_range(text) for text in ranges), reservations=reservations(reserved))


def used(*texts: str) -> list[UsedNetwork]:
    """Give networks of somebody else; single addresses go without a length."""
    return [UsedNetwork("x", address_range(text if set("/-") & set(text) else f"{text}-{text}")) for text in texts]


@pytest.mark.parametrize(
    ("ranges", "reserved", "networks", "expected"),
    [
        pytest.param(["10.0.0.0/24"], "", ["10.0.1.5", "fd00::1"], [], id="elsewhere"),
        pytest.param(["10.0.0.0/24"], "", ["10.0.0.5"], ["10.0.0.5"], id="one address"),
        pytest.param(["10.0.0.0/24"], "", ["10.0.0.0/8"], ["10.0.0.0-10.0.0.255"], id="all of it"),
        pytest.param(["10.0.0.0/24"], "", ["10.0.0.4/30", "10.0.0.6-10.0.0.9"], ["10.0.0.4-10.0.0.9"], id="joined"),
        pytest.param(["10.0.0.7/32", "10.0.9.7/32"], "", ["10.0.0.0/16"], ["10.0.0.7", "10.0.9.7"], id="two ranges"),
        pytest.param(["fd00::/64"], "", ["fd00::/56"], ["fd00::-fd00::ffff:ffff:ffff:ffff"], id="a /64 costs nothing"),
        pytest.param(
            ["10.0.0.0/24"],
            "10.0.0.5=shop/a",
            ["10.0.0.4-10.0.0.6"],
            ["10.0.0.4", "10.0.0.5", "10.0.0.6"],
            id="around a reservation",
        ),
        pytest.param(["10.0.0.0/24"], "10.0.0.0/24", ["10.0.0.5"], ["10.0.0.0-10.0.0.255"], id="reserved already"),
    ],
)
def test_what_is_used_is_reserved_for_nobody(
    ranges: list[str], reserved: str, networks: list[str], expected: list[str]
) -> None:
    """Exactly that, and reservations there were stay."""
    (after,) = keep_out([pool("p", *ranges, reserved=reserved)], used(*networks))
    shown = [
        str(each.range.first) if each.range.size == 1 else f"{each.range.first}-{each.range.last}"
        for each in after.reservations
    ]
    assert shown == expected
    assert {each.holder for each in after.reservations} <= {"nobody", "shop/a"}


def test_a_pool_that_is_not_concerned_is_the_same() -> None:
    """No new object, so that nobody takes it for a change."""
    one, other = pool("a", "10.0.0.0/24"), pool("b", "10.0.1.0/24")
    after = keep_out([one, other], used("10.0.1.7"))
    assert after[0] is one
    assert [str(each.range.first) for each in after[1].reservations] == ["10.0.1.7"]


SPANS = st.tuples(st.integers(0, 40), st.integers(0, 8)).map(
    lambda pair: f"10.0.0.{pair[0]}-10.0.0.{pair[0] + pair[1]}"
)


@given(st.lists(SPANS, max_size=5))
def test_each_address_is_in_or_out(networks: list[str]) -> None:
    """Address by address: reserved if and only if somebody has it or had reserved it; never twice."""
    before = pool("p", "10.0.0.4-10.0.0.20", "10.0.0.30-10.0.0.35", reserved="10.0.0.8-10.0.0.9=shop/a, 10.0.0.31")
    (after,) = keep_out([before], used(*networks))

    def inside(value: int, pieces: list[Range]) -> int:
        return sum(int(piece.first) <= value <= int(piece.last) for piece in pieces)

    base = int(ip_address("10.0.0.0"))
    for value in range(base, base + 60):
        is_ours = inside(value, list(before.ranges))
        is_used = inside(value, [each.range for each in used(*networks)]) > 0
        was_reserved = inside(value, [each.range for each in before.reservations])
        wanted = 1 if is_ours and (is_used or was_reserved) else 0
        assert inside(value, [each.range for each in after.reservations]) == wanted
