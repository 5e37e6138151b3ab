"""The judges of pools, strangers and random runs, on hand-made histories that pass, fail and decide nothing."""

from typing import Any

import pytest

from conformance.selftest.made import NEAR_MAC, Made, Row
from conformance.suite.checks import churn, foreign, pools
from conformance.suite.verdict import Outcome

PASS, UNKNOWN, FAIL = Outcome.PASS, Outcome.UNKNOWN, Outcome.FAIL
A, B, C, D = "10.10.0.254", "10.10.0.255", "10.10.1.0", "10.10.1.1"
FOUR = f"{A}-{D}"


def careful(*shown: str, services: int = 4) -> Made:
    """A careful pool of A to D, of which B and C are to be avoided, and Services with the addresses given."""
    made = Made().wrote("apply", "IPAddressPool", "pool", addresses=[FOUR], avoidBuggyIPs=True)
    made = made.at(1).created(*(f"web-{number}" for number in range(services)))
    for number, address in enumerate(shown):
        made = made.shows(f"web-{number}", address)
    return made


def opened(*shown: str, at_s: float = 10.5) -> Made:
    """The pool allows everything since ten seconds, and two more Services have the addresses given."""
    made = careful(A, D).at(10).wrote("apply", "IPAddressPool", "pool", addresses=[FOUR], avoidBuggyIPs=False)
    made = made.at(at_s)
    for number, address in enumerate(shown, start=2):
        made = made.shows(f"web-{number}", address)
    return made


def overlapping(entry: str = f"{C}-10.10.1.9", *, reply: str = "") -> Made:
    """A pool, and a second one that is accepted, or refused with this reply."""
    made = Made().wrote("apply", "IPAddressPool", "one", addresses=[FOUR])
    if not reply:
        return made.wrote("apply", "IPAddressPool", "two", addresses=[entry])
    fields = {"verb": "apply", "object_kind": "IPAddressPool", "name": "two"}
    return made.add("drive", "write", phase="invoke", **fields).add(
        "drive", "write", phase="fail", error=reply, **fields
    )


def marked(**condition: str) -> Made:
    """The second pool was looked at, and has a condition."""
    obj = {"metadata": {"name": "two"}, "status": {"conditions": [condition] if condition else []}}
    return overlapping().add("kube", "object", object_kind="IPAddressPool", name="two", object=obj)


def warned(name: str, kind: str = "Warning") -> Made:
    """There is an Event about a pool."""
    about = {"about_kind": "IPAddressPool", "about": name, "type": kind, "reason": "Because", "message": "overlaps"}
    return marked().add("kube", "events", events=[about])


def leaky(*, refused: bool = False, mark: str = "", given: str = "", lasts_s: float = 6) -> Made:
    """A pool of other people's addresses is offered, and a Service created for it."""
    if refused:
        about = {"verb": "apply", "object_kind": "IPAddressPool", "name": "x"}
        made = Made().add("drive", "write", phase="fail", error="no", **about)
    else:
        made = Made().wrote("apply", "IPAddressPool", "x", addresses=["10.10.0.0/24"])
    made.at(1).created("x")
    if given:
        made.shows("x", given)
    if mark:
        status = {"conditions": [{"type": "Valid", "status": "False", "reason": mark}]}
        made.add("kube", "object", object_kind="IPAddressPool", name="x", object={"status": status})
    return made.at(1 + lasts_s).watched().wrote("delete", "Service", "x")


def stranger(*, claims: bool = True, heard: bool = True, given: str = "10.10.0.200") -> Made:
    """A client has the first address of the pool before a Service is given one."""
    made = Made().l2().add("suite", "case", features=["conflict-detect"] if claims else []).pool().opened()
    made = made.add("fault", "occupy", node="near", mac=NEAR_MAC, address="10.10.0.200")
    if heard:
        made = made.replied("10.10.0.200", NEAR_MAC)
    return made.at(2).created("web").shows("web", given).at(3)


def resting(
    *services: dict[str, Any], writes_at_s: tuple[float, ...] = (0, 0), rest_s: float = 20
) -> Made:  # Any: JSON
    """A pool of two addresses of each family, and Services as the watch shows them last."""
    made = Made().pool("10.10.0.200-10.10.0.201", "fd00:10:10::200-fd00:10:10::201")
    for number, at_s in enumerate(writes_at_s):
        made = made.at(at_s).created(f"old-{number}")
    for number, fields in enumerate(services):
        has, asked = fields.get("has", ""), fields.get("asked", "")
        obj = {
            "metadata": {
                "name": f"web-{number}",
                "annotations": {"metallb.io/loadBalancerIPs": asked} if asked else {},
            },
            "spec": {"type": fields.get("type", "LoadBalancer"), "ipFamilies": fields.get("families", ["IPv4"])},
            "status": {"loadBalancer": {"ingress": [{"ip": has}]} if has else {}},
        }
        made = made.add("kube", "service", type=fields.get("change", "MODIFIED"), object=obj)
    return made.at(rest_s)


ONE, TWO, OUT = "10.10.0.200", "10.10.0.201", "10.10.9.9"
AVOIDED, USABLE, TOLD = pools.buggy_avoided(), pools.all_usable(5), pools.conflict_told()
GONE: dict[str, Any] = {"change": "DELETED"}  # Any: JSON fields
SIX, SIX_TOO = ({"families": ["IPv6"], "has": f"fd00:10:10::20{number}"} for number in range(2))
OCCUPIED, RESTS = foreign.occupied(), churn.at_rest(2, after_s=10)

GUARDED = pools.guarded("x", for_s=5)
ROWS = (
    Row("refused", GUARDED, leaky(refused=True).end(), PASS, "x: refused"),
    Row("marked", GUARDED, leaky(mark="NodeAddresses").end(), PASS, "NodeAddresses"),
    Row("silent", GUARDED, leaky().end(), FAIL, "nobody is told"),
    Row("used", GUARDED, leaky(mark="x", given="10.10.0.1").end(), FAIL, "1 Services"),
    Row("hardly watched", GUARDED, leaky(mark="x", lasts_s=3).end(), UNKNOWN, "3.0 s"),
    Row("not offered", GUARDED, Made().watched().end(), UNKNOWN, "no such pool"),
    Row("the good ones", AVOIDED, careful(A, D).end(), PASS),
    Row("and later the others", AVOIDED, opened(B, C).end(), PASS),
    Row("one that ends in 255", AVOIDED, careful(A, D, B).end(), FAIL, "avoided"),
    Row("one that ends in 0 for a moment", AVOIDED, careful(C).shows("web-0", A).shows("web-1", D).end(), FAIL),
    Row("not all good ones", AVOIDED, careful(A).end(), FAIL, "never used"),
    Row("too few Services", AVOIDED, careful(A, services=2).end(), UNKNOWN),
    Row("no such pool", AVOIDED, Made().pool().created("a").end(), UNKNOWN),
    Row("all", USABLE, opened(B, C).end(), PASS),
    Row("late", USABLE, opened(B, C, at_s=18).end(), FAIL, "8.00 s"),
    Row("one never", USABLE, opened(B).at(18).end(), FAIL, "never used"),
    Row("one not yet", USABLE, opened(B).at(12).end(), UNKNOWN),
    Row("never allowed", USABLE, careful(A, D).at(18).end(), UNKNOWN),
    Row("too few Services", USABLE, Made().pool(FOUR).created("a").at(18).end(), UNKNOWN),
    Row("refused", TOLD, overlapping(reply="overlaps").end(), PASS, "refused"),
    Row("warned of", TOLD, warned("two").end(), PASS, "overlaps"),
    Row("warned of the other", TOLD, warned("one").end(), PASS),
    Row("conflict", TOLD, marked(type="cilium.io/PoolConflict", status="True").end(), PASS),
    Row("not valid", TOLD, marked(type="Valid", status="False", message="overlaps").end(), PASS),
    Row("silent", TOLD, marked().told().end(), FAIL),
    Row("only praised", TOLD, warned("two", "Normal").end(), FAIL),
    Row("valid", TOLD, marked(type="Valid", status="True").told().end(), FAIL),
    Row("no conflict", TOLD, marked(type="PoolConflict", status="False").told().end(), FAIL),
    Row("nobody looked", TOLD, overlapping().end(), UNKNOWN),
    Row("apart", TOLD, overlapping("10.10.2.0/24").end(), UNKNOWN),
    Row("left alone", OCCUPIED, stranger(given=TWO).watched().end(), PASS, "nobody"),
    Row("flagged", OCCUPIED, stranger().told("web", f"{ONE} is in use by {NEAR_MAC}").end(), PASS, "flagged"),
    Row("only reported", OCCUPIED, stranger(claims=False).replied(ONE, "k1").end(), PASS, "only reported"),
    Row("taken", OCCUPIED, stranger().replied(ONE, "k1").end(), FAIL, "was given"),
    Row("told of something else", OCCUPIED, stranger().told("web", "no pool").end(), FAIL),
    Row("stranger is mute", OCCUPIED, stranger(heard=False).end(), UNKNOWN),
    Row("no stranger", OCCUPIED, Made().created("web").end(), UNKNOWN),
    Row("watch broke", OCCUPIED, stranger(given=TWO).end(), UNKNOWN),
    Row("all served", RESTS, resting({"has": ONE}, {"has": TWO}, {}).watched().end(), PASS, "2 have one"),
    Row("one waits for a held one", RESTS, resting({"has": ONE}, {"asked": ONE}).watched().end(), PASS),
    Row("one waits for a foreign one", RESTS, resting({"has": ONE}, {"asked": OUT}).watched().end(), PASS),
    Row("one waits in vain", RESTS, resting({"has": ONE}, {}).watched().end(), FAIL, f"{TWO} is free"),
    Row("one waits for a free one", RESTS, resting({"has": ONE}, {"asked": TWO}).watched().end(), FAIL, "is free"),
    Row("one has another", RESTS, resting({"has": ONE, "asked": TWO}).watched().end(), FAIL, "asks for"),
    Row("one has it still", RESTS, resting({"has": ONE, "type": "ClusterIP"}).watched().end(), FAIL, "no LoadBalancer"),
    Row("not at rest", RESTS, resting({}, rest_s=3).watched().end(), UNKNOWN),
    Row("watch broke", RESTS, resting({"has": ONE}).end(), UNKNOWN),
    Row("too few", RESTS, resting({"has": ONE}, writes_at_s=(0,)).watched().end(), UNKNOWN),
    Row("one has what it asks for", RESTS, resting({"has": ONE, "asked": ONE}).watched().end(), PASS),
    Row("one wants none", RESTS, resting({"has": ONE}, {"type": "ClusterIP"}).watched().end(), PASS, "1 want"),
    Row("one waited until it was deleted", RESTS, resting({"has": ONE}, GONE).watched().end(), PASS, "1 want"),
    Row("all served, just now", RESTS, resting({"has": ONE}, rest_s=3).watched().end(), PASS),
    Row("not long at rest", RESTS, resting({}, writes_at_s=(0, 15)).watched().end(), UNKNOWN, "5.0 s"),
    Row("one of IPv6 waits", RESTS, resting({"families": ["IPv6"]}).watched().end(), FAIL, "fd00:10:10::200 is free"),
    Row("one of IPv6 finds none", RESTS, resting(SIX, SIX_TOO, {"families": ["IPv6"]}).watched().end(), PASS),
    Row("one asks for another family", RESTS, resting({"asked": "fd00:10:10::200"}).watched().end(), PASS),
    Row("no family is told", RESTS, resting({"families": []}).watched().end(), FAIL, f"{ONE} is free"),
    Row("no Service in the end", RESTS, resting(GONE).watched().end(), UNKNOWN, "0 Services"),
    Row("no pool", RESTS, Made().created("web", "other").service("web").at(20).watched().end(), UNKNOWN),
)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.id)
def test_pools_check_judges(row: Row) -> None:
    """Each check passes what holds, fails what does not, and is unknown where nothing was seen."""
    verdict = row.check.judge(row.history)
    assert verdict.outcome is row.outcome, verdict
    assert row.says in verdict.reason
