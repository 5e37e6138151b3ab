"""The judges of Services with IPv6, on hand-made histories that pass, fail and decide nothing."""

import pytest

from conformance.selftest.made import Made, Row
from conformance.suite.checks import reach, stacks
from conformance.suite.families import Loop
from conformance.suite.verdict import Outcome

PASS, UNKNOWN, FAIL = Outcome.PASS, Outcome.UNKNOWN, Outcome.FAIL
FOUR, SIX, OTHER4, OTHER6 = "10.10.0.200", "fd00:10:10::200", "10.10.0.201", "fd00:10:10::201"
OK, LOST = "", "timeout"


def web(*addresses: str, after_s: float = 1) -> Made:
    """A Service that shows some addresses a while after its creation."""
    made = Made().pool("10.10.0.200-10.10.0.209", "fd00:10:10::200-fd00:10:10::209").created("web").service("web")
    return made.at(after_s).shows("web", *addresses) if addresses else made


BOTH, ALONE = stacks.one_of_each("web", 4, 6, within_s=5), stacks.one_of_each("web", 6, within_s=5)
WHOLE = stacks.never_half("web")


def preferring(policy: str = "") -> Made:
    """A Service with IPv4 alone, beside a pool of IPv4 alone."""
    made = Made().declares(policies={"second-pool": policy} if policy else {}).pool("10.10.0.200-10.10.0.209")
    return made.created("web").at(1).shows("web", FOUR)


def second(made: Made) -> Made:
    """Then a pool of IPv6, at ten seconds."""
    return made.at(10).wrote("apply", "IPAddressPool", "second", addresses=["fd00:10:10::200/124"])


def extended(made: Made) -> Made:
    """Then the first pool with IPv6, at twenty seconds."""
    return made.at(20).wrote("apply", "IPAddressPool", "pool", addresses=["10.10.0.200/29", "fd00:10:10::210/124"])


COMPLETED = stacks.completed("web", 5)


def patched(*before: str) -> Made:
    """A Service that is changed at ten seconds."""
    made = web(*before).at(10)
    return made.wrote("patch", "Service", "web", ipFamilyPolicy="other")


UP, DOWN = stacks.upgraded("web", within_s=5), stacks.downgraded("web", within_s=5)
UP_TWO = stacks.upgraded("web", "strict", within_s=5)


def two(strict: str) -> Made:
    """Two Services that are changed at ten seconds; the second shows `strict` for its IPv4 address afterwards."""
    made = Made().created("web", "strict").at(1).shows("web", FOUR).shows("strict", OTHER4).at(10)
    made = made.wrote("patch", "Service", "web").wrote("patch", "Service", "strict").at(11)
    return made.shows("web", FOUR, SIX).shows("strict", strict, OTHER6)


def given_of(*addresses: str) -> Made:
    """Services with IPv6, one for each address, of a pool that leaves odd addresses out."""
    made = Made().wrote("apply", "IPAddressPool", "pool", addresses=["2001:db8::/125"], avoidBuggyIPs=True)
    for number, address in enumerate(addresses):
        made = made.created(f"web-{number}").shows(f"web-{number}", address)
    return made


NO_ANYCAST, UNMAPPED = stacks.no_anycast(2), stacks.unmapped("mapped")


def offered(made: Made, phase: str = "ok") -> Made:
    """Then a pool of mapped addresses, taken or refused."""
    fields = {"verb": "apply", "object_kind": "IPAddressPool", "name": "mapped", "phase": phase}
    obj = {"metadata": {"name": "mapped"}, "spec": {"addresses": ["::ffff:198.51.100.0/120"]}}
    return made.add("drive", "write", **fields, object=obj, error="no")


NEAR4, NEAR6 = Loop("web", 4, "near"), Loop("web", 6, "near")
ASKED = reach.served_by_family(NEAR4, NEAR6, within_s=5, at_least=2)


def requested(by_ipv6: tuple[str, ...], *addresses: str) -> Made:
    """A Service that is asked by IPv4, and by IPv6 with these results."""
    return web(*addresses).requested(str(NEAR4), OK, OK).requested(str(NEAR6), *by_ipv6)


def beside(*others: str) -> Made:
    """Others are created, shown and changed three seconds before the Service."""
    made = Made()
    for name in others:
        made = made.created(name).shows(name, OTHER4).wrote("patch", "Service", name)
    return made.at(3).created("web")


def changed_beside() -> Made:
    """Another is changed three seconds before the Service is created; that one is changed at ten seconds."""
    made = beside("x").at(4).shows("web", FOUR).at(10).wrote("patch", "Service", "web")
    return made.at(11).shows("web", FOUR, SIX)


def once(*addresses: str) -> Made:
    """A Service that had these addresses, and has the first alone when it is changed at ten seconds."""
    made = web(*addresses).at(5).shows("web", addresses[0]).at(10)
    return made.wrote("patch", "Service", "web").at(11)


def undeclared() -> Made:
    """A Service with IPv4 alone, and a target that declares nothing."""
    return Made().pool("10.10.0.200-10.10.0.209").created("web").at(1).shows("web", FOUR)


def odd_pool() -> Made:
    """A pool that leaves nothing out gives two Services an address each, one of them the routers'."""
    made = Made().wrote("apply", "IPAddressPool", "pool", addresses=["2001:db8::/125"])
    return made.created("a", "b").shows("a", "2001:db8::").shows("b", "2001:db8::1")


ROWS = (
    Row("both", BOTH, web(FOUR, SIX).end(), PASS, "1.000 s"),
    Row("one after the other", BOTH, web(FOUR).at(2).shows("web", FOUR, SIX).end(), PASS, "2.000 s"),
    Row("IPv6 alone", ALONE, web(SIX).end(), PASS),
    Row("another family too", ALONE, web(FOUR, SIX).end(), FAIL, FOUR),
    Row("two of one", BOTH, web(FOUR, OTHER4).end(), FAIL, OTHER4),
    Row("half", BOTH, web(FOUR).at(9).end(), FAIL, "has 10.10.0.200 after"),
    Row("none", BOTH, web().at(9).end(), FAIL, "none"),
    Row("late", BOTH, web(FOUR, SIX, after_s=7).end(), FAIL, "7.00 s"),
    Row("changes", BOTH, web(FOUR, SIX).at(2).shows("web", FOUR, OTHER6).end(), FAIL, OTHER6),
    Row("hardly watched", BOTH, web().at(2).end(), UNKNOWN),
    Row("not created", BOTH, Made().at(9).end(), UNKNOWN),
    Row("at once", WHOLE, web(FOUR, SIX).watched().end(), PASS),
    Row("half for a moment", WHOLE, web(FOUR).at(2).shows("web", FOUR, SIX).watched().end(), FAIL, "alone"),
    Row("never any", WHOLE, web().watched().end(), UNKNOWN),
    Row("gaps in the watch", WHOLE, web(FOUR, SIX).end(), UNKNOWN),
    Row("second pool", COMPLETED, second(preferring()).at(11).shows("web", FOUR, SIX).end(), PASS, "1.000 s"),
    Row("never", COMPLETED, second(preferring()).at(19).end(), FAIL, "still"),
    Row("late", COMPLETED, second(preferring()).at(19).shows("web", FOUR, SIX).end(), FAIL, "9.00 s"),
    Row("IPv4 changed", COMPLETED, second(preferring()).at(11).shows("web", OTHER4, SIX).end(), FAIL, "then"),
    Row("IPv4 lost", COMPLETED, second(preferring()).at(11).shows("web", SIX).end(), FAIL, "then none"),
    Row(
        "IPv6 lost",
        COMPLETED,
        second(preferring()).at(11).shows("web", FOUR, SIX).at(12).shows("web", FOUR).end(),
        FAIL,
        "then none",
    ),
    Row("too soon", COMPLETED, second(preferring().at(5).shows("web", FOUR, SIX)).end(), FAIL, "without a pool"),
    Row("documented", COMPLETED, extended(second(preferring("unused"))).at(21).shows("web", FOUR, SIX).end(), PASS),
    Row(
        "not as documented",
        COMPLETED,
        extended(second(preferring("unused")).at(11).shows("web", FOUR, SIX)).end(),
        FAIL,
        "documented is unused",
    ),
    Row("documented, never", COMPLETED, extended(second(preferring("unused"))).at(29).end(), FAIL),
    Row("documented, not tried", COMPLETED, second(preferring("unused")).at(19).end(), UNKNOWN),
    Row("hardly watched", COMPLETED, second(preferring()).at(12).end(), UNKNOWN),
    Row("no second pool", COMPLETED, preferring().at(19).end(), UNKNOWN),
    Row("no address before", COMPLETED, second(Made().created("web")).at(11).shows("web", FOUR).end(), UNKNOWN),
    Row("added", UP, patched(FOUR).at(11).shows("web", FOUR, SIX).end(), PASS, "became"),
    Row("started over", UP, patched(OTHER4).at(11).shows("web", FOUR, SIX).end(), FAIL, "then 10.10.0.200"),
    Row("none for a moment", UP, patched(FOUR).shows("web").at(11).shows("web", FOUR, SIX).end(), FAIL, "then none"),
    Row("nothing added", UP, patched(FOUR).at(19).end(), FAIL, "still"),
    Row("added late", UP, patched(FOUR).at(18).shows("web", FOUR, SIX).end(), FAIL, "8.00 s"),
    Row(
        "taken back",
        UP,
        patched(FOUR).at(11).shows("web", FOUR, SIX).at(12).shows("web", FOUR).end(),
        FAIL,
        "then 10.10.0.200",
    ),
    Row("hardly watched", UP, patched(FOUR).at(12).end(), UNKNOWN),
    Row("had both before", UP, patched(FOUR, SIX).at(19).end(), UNKNOWN),
    Row("not changed", UP, web(FOUR).at(19).end(), UNKNOWN),
    Row("both Services", UP_TWO, two(OTHER4).end(), PASS, "strict"),
    Row("one of them", UP_TWO, two("10.10.0.209").end(), FAIL, "strict had"),
    Row("dropped", DOWN, patched(FOUR, SIX).at(11).shows("web", FOUR).end(), PASS, "became"),
    Row("started over", DOWN, patched(OTHER4, SIX).at(11).shows("web", FOUR).end(), FAIL, "then"),
    Row("kept", DOWN, patched(FOUR, SIX).at(19).end(), FAIL, "still"),
    Row("hardly watched", DOWN, patched(FOUR, SIX).at(12).end(), UNKNOWN),
    Row("had one before", DOWN, patched(FOUR).at(19).end(), UNKNOWN),
    Row("others", NO_ANYCAST, given_of("2001:db8::1", "2001:db8::2").end(), PASS),
    Row("routers'", NO_ANYCAST, given_of("2001:db8::", "2001:db8::1").end(), FAIL, "2001:db8::"),
    Row("too few", NO_ANYCAST, given_of("2001:db8::1").end(), UNKNOWN),
    Row("taken", UNMAPPED, offered(given_of("2001:db8::1")).end(), PASS, "taken"),
    Row("refused", UNMAPPED, offered(given_of("2001:db8::1"), "fail").end(), PASS, "refused"),
    Row("mapped", UNMAPPED, offered(given_of("::ffff:198.51.100.1")).end(), FAIL),
    Row("in disguise", UNMAPPED, offered(given_of("198.51.100.1")).end(), FAIL, "198.51.100.1"),
    Row("not offered", UNMAPPED, given_of("2001:db8::1").end(), UNKNOWN),
    Row("no address", UNMAPPED, offered(Made()).end(), UNKNOWN),
    Row("answered", ASKED, requested((OK, OK), FOUR, SIX).end(), PASS, "IPv6 from near: 2"),
    Row("one family dead", ASKED, requested((LOST, LOST), FOUR, SIX).at(9).requested(str(NEAR6), LOST).end(), FAIL),
    Row("a request lost", ASKED, requested((OK, LOST, OK), FOUR, SIX).end(), FAIL, "1 of 3"),
    Row("one family not asked", ASKED, requested((), FOUR, SIX).end(), UNKNOWN, "nobody asked"),
    Row("one family not there", ASKED, requested((OK, OK), FOUR).end(), UNKNOWN, "never was"),
    Row("just in time", BOTH, web(FOUR, SIX, after_s=4.9).end(), PASS, "4.900 s"),
    Row("just too late", BOTH, web(FOUR, SIX, after_s=5.1).end(), FAIL, "5.10 s"),
    Row("shown again", BOTH, web(FOUR, SIX).at(2).shows("web", FOUR, SIX).end(), PASS),
    Row("beside another", BOTH, beside("x").at(4).shows("web", FOUR, SIX).end(), PASS, "1.000 s"),
    Row("nothing declared", COMPLETED, second(undeclared()).at(11).shows("web", FOUR, SIX).end(), PASS, "1.000 s"),
    Row("just in time", COMPLETED, second(preferring()).at(14.9).shows("web", FOUR, SIX).end(), PASS, "4.900 s"),
    Row("just too late", COMPLETED, second(preferring()).at(15.1).shows("web", FOUR, SIX).end(), FAIL, "5.10 s"),
    Row("no address ever", COMPLETED, second(Made().created("web")).at(19).end(), UNKNOWN, "no IPv4 address"),
    Row(
        "documented, late", COMPLETED, extended(second(preferring("unused"))).at(26).shows("web", FOUR, SIX).end(), FAIL
    ),
    Row("documented, not yet", COMPLETED, extended(second(preferring("unused"))).at(24).end(), UNKNOWN, "4.0 s"),
    Row("just in time", UP, patched(FOUR).at(14.9).shows("web", FOUR, SIX).end(), PASS, "4.900 s"),
    Row("just too late", UP, patched(FOUR).at(15.1).shows("web", FOUR, SIX).end(), FAIL, "5.10 s"),
    Row("shown again", UP, patched(FOUR).at(11).shows("web", FOUR, SIX).at(12).shows("web", FOUR, SIX).end(), PASS),
    Row("another changed before", UP, changed_beside().end(), PASS, "1.000 s"),
    Row("had both once", UP, once(FOUR, SIX).shows("web", FOUR, SIX).end(), PASS, "became"),
    Row("had none before", UP, patched().at(11).shows("web", FOUR, SIX).end(), UNKNOWN, "what it had to have"),
    Row("dropped just in time", DOWN, patched(FOUR, SIX).at(14.9).shows("web", FOUR).end(), PASS, "4.900 s"),
    Row("dropped too late", DOWN, patched(FOUR, SIX).at(15.1).shows("web", FOUR).end(), FAIL, "5.10 s"),
    Row("of a pool that leaves none out", NO_ANYCAST, odd_pool().end(), UNKNOWN, "0 addresses"),
    Row("of no pool", NO_ANYCAST, given_of("2001:db8:1::", "2001:db8:1::1").end(), UNKNOWN, "0 addresses"),
)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.id)
def test_stacks_check_judges(row: Row) -> None:
    """Each check passes what holds, fails what does not, and is unknown where nothing was seen."""
    verdict = row.check.judge(row.history)
    assert verdict.outcome is row.outcome, verdict
    assert row.says in verdict.reason
