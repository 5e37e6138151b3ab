"""Rules for reading reservations.

Pure.
"""

import re
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lbkit.errors import InputError
from lbkit.model.addresses import address_range
from lbkit.model.reservations import outside, reservations
from lbkit.model.views import Key

POOL = [address_range(text) for text in ("10.0.0.0/25", "10.0.0.128-10.0.1.9", "2001:db8::/120")]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        ("10.0.0.5", ["10.0.0.5 (reserved for nobody)"]),
        ("10.0.0.5=shop/web", ["10.0.0.5 (reserved for shop/web)"]),
        (" 10.0.0.5 = shop/web ,\n", ["10.0.0.5 (reserved for shop/web)"]),
        ("10.0.0.7-10.0.0.9=shop/*", ["10.0.0.7-10.0.0.9 (reserved for shop/*)"]),
        ("10.0.0.8/31=shop/*", ["10.0.0.8-10.0.0.9 (reserved for shop/*)"]),
        (
            "2001:db8::5=a/b, 10.0.0.9, 10.0.0.5=a.b-c/x.y",
            ["10.0.0.5 (reserved for a.b-c/x.y)", "10.0.0.9 (reserved for nobody)", "2001:db8::5 (reserved for a/b)"],
        ),
    ],
)
def test_read(text: str, expected: list[str]) -> None:
    """One address, a range or a prefix; for a Service, a namespace or nobody; in order, whitespace or not."""
    assert [str(item) for item in reservations(text)] == expected


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("x=shop/web", '"x" is not an IP address'),
        ("010.0.0.5=shop/web", "is not an IP address"),
        ("::ffff:10.0.0.5", "IPv4-mapped"),
        ("10.0.0.9-10.0.0.5", "starts after its end"),
        ("10.0.0.5=", '"" is no Service'),
        ("10.0.0.5=web", '"web" is no Service; write namespace/name'),
        ("10.0.0.5=*/web", '"*/web" is no Service'),
        ("10.0.0.5=*", "is no Service"),
        ("10.0.0.5=shop/", "is no Service"),
        ("10.0.0.5=shop/web/x", "is no Service"),
        ("10.0.0.5=Shop/web", "is no Service"),
        ("10.0.0.5=shop/web*", "is no Service"),
        ("10.0.0.5=shop/web=x", "is no Service"),
        ("10.0.0.5 shop/web", "has no prefix length|is not an IP address"),
        ("10.0.0.5=a/b, 10.0.0.4/30=c/*", "share addresses; reserve each address once"),
        ("10.0.0.5, 10.0.0.5=a/b", "share addresses"),
    ],
)
def test_refused(text: str, message: str) -> None:
    """What two readers may take differently is refused, with the entry it is about."""
    with pytest.raises(InputError) as caught:
        reservations(text)
    assert re.search(message.replace("*", r"\*"), str(caught.value))


def test_all_problems_at_once() -> None:
    """The author of a long list sees everything wrong with it."""
    with pytest.raises(InputError) as caught:
        reservations("x, 10.0.0.5, 10.0.0.6=y")
    assert len(caught.value.problems) == 2


@given(st.text(max_size=200) | st.text(alphabet="0123456789./-=,*ab: ", max_size=80))
def test_any_text_is_read_or_refused(text: str) -> None:
    """Nothing else comes of it, and nothing that was read overlaps."""
    try:
        found = reservations(text)
    except InputError:
        return
    spans = [(item.range.family, int(item.range.first), int(item.range.last)) for item in found]
    for one, other in pairwise(spans):
        assert one[0] < other[0] or one[2] < other[1]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("10.0.0.5, 10.0.1.9, 2001:db8::ff", 0),
        ("10.0.0.100-10.0.1.9", 0),
        ("10.0.1.10", 1),
        ("10.0.1.9-10.0.1.10", 1),
        ("2001:db8::ff-2001:db8::100", 1),
        ("192.0.2.1, 2001:db9::1", 2),
    ],
)
def test_what_is_not_of_the_pool_is_found(text: str, expected: int) -> None:
    """A reservation may span ranges that touch; what reaches beyond them is a slip."""
    assert len(outside(reservations(text), POOL)) == expected


@pytest.mark.parametrize(
    ("who", "service", "is_for"),
    [
        ("=shop/web", Key("shop", "web"), True),
        ("=shop/web", Key("shop", "web2"), False),
        ("=shop/web", Key("bar", "web"), False),
        ("=shop/*", Key("shop", "anything"), True),
        ("=shop/*", Key("bar", "anything"), False),
        ("", Key("", ""), False),
    ],
)
def test_whom_it_is_for(who: str, service: Key, is_for: bool) -> None:
    """The very Service, any of the namespace, or nobody."""
    (item,) = reservations(f"10.0.0.5{who}")
    assert item.is_for(service) == is_for
