"""The judges of what images run as and consist of, on hand-made histories that pass, fail and decide nothing."""

import pytest

from conformance.selftest.made import Made, Row
from conformance.suite.checks import contents
from conformance.suite.history import History
from conformance.suite.verdict import Outcome

PASS, UNKNOWN, FAIL = Outcome.PASS, Outcome.UNKNOWN, Outcome.FAIL
LITTLE, LISTED, FIXED = contents.little_privilege(), contents.listed(), contents.engine_fixed()
NET_RAW, NET_ADMIN, BIND, SYS_ADMIN = 1 << 13, 1 << 12, 1 << 10, 1 << 21
ENGINE = "github.com/osrg/gobgp/v4"


def run(
    *,
    controller: int = 65534,
    capabilities: int = NET_RAW,
    engine: int = 0,
    gains_none: bool = True,
    roles: tuple[str, ...] = ("controller", "speaker"),
) -> History:
    """A controller with a user id, a speaker with capabilities, and beside it an engine with others."""
    made = Made()
    told = (("controller", "controller", controller, 0), ("speaker", "speaker", 0, capabilities))
    for role, container, uid, bits in (*told, ("speaker", "gobgp", 0, engine)):
        if role in roles:
            fields = {"role": role, "container": f"{role}/{container}", "program": container, "uid": uid}
            made = made.add("audit", "process", capabilities=bits, gains_none=gains_none, pid=7, **fields)
    return made.end()


def consisting(
    *modules: tuple[str, str], of: tuple[str, ...] = ("controller", "speaker"), debian: bool = True
) -> History:
    """A controller of packages, and a speaker of these modules, of which some were looked into."""
    made = Made()
    for role in ("controller", "speaker"):
        fields = {"role": role, "container": f"{role}/{role}"}
        made = made.add("audit", "process", program=role, uid=1, capabilities=0, gains_none=True, pid=7, **fields)
        own = {"debian": {"libc6": "2.36"} if debian else {}, "python": {}, "go": {}}
        parts = {"debian": {}, "python": {}, "go": dict(modules)}
        if role in of:
            made = made.add("audit", "contents", image="x", components=parts if role == "speaker" else own, **fields)
    return made.end()


ROWS = (
    Row("a speaker as root", LITTLE, run(), PASS, "root, with little to say: speaker/gobgp, speaker/speaker"),
    Row("all three", LITTLE, run(capabilities=NET_RAW | NET_ADMIN | BIND), PASS),
    Row("a controller as root", LITTLE, run(controller=0), FAIL, "controller in controller/controller runs as root"),
    Row("one too many", LITTLE, run(capabilities=NET_RAW | SYS_ADMIN), FAIL, "1 capabilities too many, numbers 21"),
    Row("an engine with one", LITTLE, run(engine=SYS_ADMIN), FAIL, "gobgp in speaker/gobgp"),
    Row("more to gain", LITTLE, run(gains_none=False), FAIL, "may gain"),
    Row("no speaker", LITTLE, run(roles=("controller",)), UNKNOWN, "known of controller"),
    Row("nobody", LITTLE, Made().end(), UNKNOWN, "known of nobody"),
    Row("all", LISTED, consisting(("a", "v1"), ("b", "v2")), PASS, "speaker/speaker: 2 components"),
    Row("one says nothing", LISTED, consisting(), FAIL, "speaker/speaker does not say"),
    Row("two say nothing", LISTED, consisting(debian=False), FAIL, "controller/controller, speaker/speaker"),
    Row("one not looked into", LISTED, consisting(("a", "v1"), of=("speaker",)), UNKNOWN, "controller/controller"),
    Row("none looked into", LISTED, Made().end(), UNKNOWN, "any container"),
    Row("fixed", FIXED, consisting((ENGINE, "v4.8.0")), PASS, f"{ENGINE} v4.8.0"),
    Row("the first fixed", FIXED, consisting((ENGINE, "v4.4.0")), PASS),
    Row("another engine", FIXED, consisting(("github.com/osrg/gobgpx", "v1.0.0")), PASS, "none of"),
    Row("one before", FIXED, consisting((ENGINE, "v4.3.9")), FAIL, "4.4.0 or newer"),
    Row("an old one", FIXED, consisting(("a", "v1"), ("github.com/osrg/gobgp", "v2.34.0")), FAIL, "v2.34.0"),
    Row("of no version", FIXED, consisting((ENGINE, "(devel)")), UNKNOWN, "cannot be compared"),
    Row("not listed", FIXED, consisting(), UNKNOWN, "nobody knows"),
    Row("not looked into", FIXED, consisting((ENGINE, "v4.8.0"), of=("controller",)), UNKNOWN, "nobody knows"),
)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.id)
def test_contents_check_judges(row: Row) -> None:
    """Each check passes what holds, fails what does not, and is unknown where nothing was seen."""
    verdict = row.check.judge(row.history)
    assert verdict.outcome is row.outcome, verdict
    assert row.says in verdict.reason
