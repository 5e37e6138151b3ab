"""The judge of peers that ask for too much, on hand-made histories that pass, fail and decide nothing."""

import pytest

from conformance.selftest.made import NODES, Made, Row
from conformance.selftest.test_check_distant import looked, text
from conformance.suite.checks import refusals
from conformance.suite.verdict import Outcome

PASS, UNKNOWN, FAIL = Outcome.PASS, Outcome.UNKNOWN, Outcome.FAIL
CHECK = refusals.done_or_refused("far", "vrf", "echoMode")
VRF, ECHO = "BGPPeer/far: spec.vrf is not supported", "BGPPeer/far: spec.bfdProfile: EchoMode is not supported"


def asked(*turns: tuple[str, str, tuple[str, ...]]) -> Made:
    """In turn a peer asks for a thing, a state says something, and there are sessions with these nodes."""
    made = Made().bgp()
    for number, (word, says, nodes) in enumerate(turns):
        made = made.at(10 * number + 1).mark(f"{refusals.ASKED}{word}")
        state = {"metadata": {"name": "speaker-k1"}, "status": {"result": "Invalid", "errorSummary": says}}
        made = looked(made, 10 * number + 4, text(nodes))
        made = made.add("kube", "object", object_kind="ConfigurationState", name="speaker-k1", object=state)
    return made


ROWS = (
    Row(
        "both refused", CHECK, asked(("vrf", VRF, ()), ("echoMode", ECHO, ())).end(), PASS, "vrf: refused by speaker-k1"
    ),
    Row("one in force", CHECK, asked(("vrf", VRF, ()), ("echoMode", "", NODES)).end(), PASS, "echoMode: in force"),
    Row("one on some nodes", CHECK, asked(("vrf", VRF, ()), ("echoMode", ECHO, ("k1",))).end(), FAIL, "k1 alone"),
    Row("one in silence", CHECK, asked(("vrf", VRF, ()), ("echoMode", "", ())).end(), FAIL, "echoMode: no session"),
    Row("an old reason", CHECK, asked(("vrf", VRF, ()), ("echoMode", VRF, ())).end(), FAIL, "echoMode"),
    Row(
        "of another peer", CHECK, asked(("vrf", VRF.replace("far", "x"), ()), ("echoMode", ECHO, ())).end(), FAIL, "vrf"
    ),
    Row("one never asked", CHECK, asked(("vrf", VRF, ())).end(), UNKNOWN, "wanted vrf, echoMode"),
    Row("not looked at", CHECK, asked(("vrf", VRF, ())).at(11).mark(f"{refusals.ASKED}echoMode").end(), UNKNOWN),
    Row("nothing asked", CHECK, Made().bgp().end(), UNKNOWN, "nothing"),
)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.id)
def test_refusals_check_judges(row: Row) -> None:
    """The check passes what holds, fails what does not, and is unknown where nothing was seen."""
    verdict = row.check.judge(row.history)
    assert verdict.outcome is row.outcome, verdict
    assert row.says in verdict.reason
