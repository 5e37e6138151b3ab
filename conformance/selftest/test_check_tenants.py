"""The judges of tenants, on hand-made histories that pass, fail and decide nothing."""

import pytest

from conformance.selftest.made import Made, Row
from conformance.suite.checks import tenants
from conformance.suite.verdict import Outcome

PASS, UNKNOWN, FAIL = Outcome.PASS, Outcome.UNKNOWN, Outcome.FAIL
VIP, OTHER, FREE = "10.10.0.200", "10.10.0.201", "10.10.0.150"
SHARE = "lb.example/share-with"
ASKS = "metallb.io/loadBalancerIPs"


def wire() -> Made:
    """One Service with an address on a captured segment."""
    return Made().l2().pool(f"{VIP}-{OTHER}").opened().created("web").at(1).shows("web", VIP).at(2)


def external(*, claimant: str = "", is_held_answered: bool = True, address: str = FREE) -> Made:
    """A Service names an address as an external one, and both addresses are asked for."""
    made = wire().wrote("create", "Service", "bad", type="ClusterIP", externalIPs=[address]).at(3).asked(VIP)
    if is_held_answered:
        made.at(3.01).replied(VIP, "k1")
    made.at(3.1).asked(address)
    return made.at(3.11).replied(address, claimant) if claimant else made


def forge(made: Made, name: str, address: str) -> Made:
    """Somebody writes an address into a Service's status, and the watch shows it."""
    obj = {"metadata": {"name": name}, "status": {"loadBalancer": {"ingress": [{"ip": address}]}}}
    about = {"verb": "status", "object_kind": "Service", "name": name}
    made.add("drive", "write", phase="invoke", **about).add("drive", "write", phase="ok", object=obj, **about)
    return made.shows(name, address)


def two() -> Made:
    """Two Services with an address each, since one second."""
    return Made().l2().created("victim", "forger").at(1).shows("victim", VIP).shows("forger", OTHER).at(2)


def sharing(annotation: str = SHARE) -> Made:
    """A Service has an address, and another one asks for it."""
    made = Made().declares(share_annotation=annotation).created("owner").at(1).shows("owner", VIP)
    return made.at(2).created("guest").at(10)


def consent(made: Made, *names: str) -> Made:
    """Services consent."""
    for name in names:
        made.wrote("patch", "Service", name, annotations={SHARE: "other"})
    return made


def wishes(address: str = FREE, **spec: str) -> Made:
    """A Service asks for an address."""
    made = Made().wrote("apply", "IPAddressPool", "open", addresses=[f"{VIP}/32"])
    closed = {"addresses": [f"{OTHER}/32"], "serviceAllocation": {"namespaces": ["theirs"]}}
    made.wrote("apply", "IPAddressPool", "closed", **closed)
    return made.wrote("create", "Service", "wish", namespace="ours", annotations={ASKS: address}, **spec)


def refusal(made: Made, name: str) -> Made:
    """The API server refuses a Service."""
    about = {"verb": "create", "object_kind": "Service", "name": name}
    return made.add("drive", "write", phase="fail", error="no", **about)


EXTERNAL = tenants.unclaimed("spec.externalIPs", at_least=1)
FORGED = tenants.unclaimed("a forged status", at_least=1)
REQUESTED = tenants.unclaimed("a request", at_least=1)
CORRECTED = tenants.corrected(within_s=5)
CONSENTED = tenants.consented("owner", "guest", within_s=5, for_s=5)
OUT = tenants.out_of_reach("wish", for_s=5)
ASKED_FOR = wire().wrote("create", "Service", "bad", annotations={ASKS: FREE})

ROWS = (
    Row("silent", EXTERNAL, external().closed().end(), PASS, "1 addresses"),
    Row("claimed", EXTERNAL, external(claimant="k2").closed().end(), FAIL, "claimed by k2"),
    Row("claimed by nobody known", EXTERNAL, external(claimant="02:00:00:00:00:99").closed().end(), FAIL, ":99"),
    Row("no control", EXTERNAL, external(is_held_answered=False).closed().end(), UNKNOWN, "control"),
    Row("frames lost", EXTERNAL, external().closed(dropped=3).end(), UNKNOWN, "lost 3"),
    Row("nothing named", EXTERNAL, wire().closed().end(), UNKNOWN, "nobody named"),
    Row("no lab", EXTERNAL, Made().wrote("create", "Service", "bad", externalIPs=[FREE]).end(), UNKNOWN, "facts"),
    Row("a host's own", EXTERNAL, external(address="10.10.0.11", claimant="k2").closed().end(), UNKNOWN, "0 of those"),
    Row("another's own", EXTERNAL, external(address=VIP).closed().end(), UNKNOWN, "0 of those"),
    Row(
        "forged, silent",
        FORGED,
        forge(wire(), "web", FREE).at(3).dialogue(VIP, "k1", 1).asked(FREE).closed().end(),
        PASS,
    ),
    Row(
        "forged, claimed",
        FORGED,
        forge(wire(), "web", FREE).at(3).dialogue(VIP, "k1", 1).dialogue(FREE, "k1", 1).closed().end(),
        FAIL,
    ),
    Row("forged, not asked", FORGED, forge(wire(), "web", FREE).at(3).dialogue(VIP, "k1", 1).closed().end(), UNKNOWN),
    Row("asked for, silent", REQUESTED, ASKED_FOR.at(3).dialogue(VIP, "k1", 1).asked(FREE).closed().end(), PASS),
    Row("corrected", CORRECTED, forge(two(), "forger", FREE).at(3).shows("forger", OTHER).watched().end(), PASS, "1.0"),
    Row("late", CORRECTED, forge(two(), "forger", FREE).at(9).shows("forger", OTHER).watched().end(), FAIL, "wanted 5"),
    Row("nobody's is left", CORRECTED, forge(two(), "forger", FREE).at(9).watched().end(), PASS, "is left"),
    Row("the victim's is left", CORRECTED, forge(two(), "forger", VIP).at(9).watched().end(), FAIL, "of victim"),
    Row(
        "left till it is forged anew",
        CORRECTED,
        forge(forge(two(), "forger", VIP).at(9), "forger", FREE).at(10).shows("forger", OTHER).watched().end(),
        FAIL,
        "of victim for 7.0 s",
    ),
    Row(
        "nobody's, and forged anew",
        CORRECTED,
        forge(forge(two(), "forger", FREE).at(9), "forger", VIP).at(10).shows("forger", OTHER).watched().end(),
        PASS,
        "is left",
    ),
    Row("not watched for long", CORRECTED, forge(two(), "forger", VIP).at(3).watched().end(), UNKNOWN, "1.0 s"),
    Row("the watch broke", CORRECTED, forge(two(), "forger", FREE).at(3).shows("forger", OTHER).end(), UNKNOWN),
    Row("no forgery", CORRECTED, two().watched().end(), UNKNOWN, "nobody forged"),
    Row(
        "both consent", CONSENTED, consent(sharing(), "owner", "guest").at(11).shows("guest", VIP).watched().end(), PASS
    ),
    Row("one consents", CONSENTED, consent(sharing(), "owner").at(11).shows("guest", VIP).watched().end(), FAIL, "not"),
    Row("none consents", CONSENTED, sharing().shows("guest", VIP).watched().end(), FAIL, "not both"),
    Row("no way to", CONSENTED, sharing("").watched().end(), PASS, "no way"),
    Row("shared without a way", CONSENTED, sharing("").shows("guest", VIP).watched().end(), FAIL),
    Row("not shared", CONSENTED, consent(sharing(), "owner", "guest").at(17).watched().end(), FAIL, "has not shared"),
    Row("not shared yet", CONSENTED, consent(sharing(), "owner", "guest").at(12).watched().end(), UNKNOWN, "yet"),
    Row("never both", CONSENTED, sharing().watched().end(), UNKNOWN, "never consented"),
    Row("too soon", CONSENTED, consent(sharing().at(4), "owner", "guest").at(9).watched().end(), UNKNOWN, "wanted 5"),
    Row("watch broke", CONSENTED, consent(sharing(), "owner", "guest").at(11).shows("guest", VIP).end(), UNKNOWN),
    Row("no word of the target", CONSENTED, Made().created("owner", "guest").watched().end(), UNKNOWN),
    Row("never given", OUT, wishes().at(6).watched().end(), PASS, "1 Services"),
    Row("given what it asked for", OUT, wishes().at(1).shows("wish", FREE).at(6).watched().end(), FAIL, FREE),
    Row("given of a closed pool", OUT, wishes().at(1).shows("wish", OTHER).at(6).watched().end(), FAIL, OTHER),
    Row("given another", OUT, wishes().at(1).shows("wish", VIP).at(6).watched().end(), PASS),
    Row("refused by the API", OUT, refusal(Made(), "wish").at(6).watched().end(), PASS, "1 refused"),
    Row("not offered", OUT, Made().at(6).watched().end(), UNKNOWN, "never offered"),
    Row("hardly watched", OUT, wishes().at(2).watched().end(), UNKNOWN, "2.0 s"),
    Row("watch failed", OUT, wishes().at(6).end(), UNKNOWN, "missed"),
)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.id)
def test_tenants_check_judges(row: Row) -> None:
    """Each check passes what holds, fails what does not, and is unknown where nothing was seen."""
    verdict = row.check.judge(row.history)
    assert verdict.outcome is row.outcome, verdict
    assert row.says in verdict.reason
