"""Driving: whole cases against a small API server, with a load balancer that is right and ones that are not."""

import importlib
from collections.abc import Callable, Iterator
from ipaddress import ip_address
from pathlib import Path

import pytest
import yaml

from conformance.cases import test_ipam_001_assigns_an_address as ipam_001
from conformance.cases import test_ipam_003_never_assigns_twice as ipam_003
from conformance.selftest.dry import ready
from conformance.selftest.fake_api import FakeApi, Object
from conformance.selftest.made import l2_status
from conformance.suite import catalog, labs
from conformance.suite.plan import Selection
from conformance.suite.report import Result, Word
from conformance.suite.runner import CaseRun
from conformance.suite.session import LabSession
from conformance.suite.wire import Wire
from conformance.suite.world import World
from conformance.targets.lbkit import TARGET

Assign = Callable[[int], str]
HERE = "/here/l2.clab.yml"
ASKED = Selection(frozenset({"l2"}), frozenset({"ipam"}), TARGET.features)


class Allocator:
    """A load balancer in one line: the Nth Service gets `assign(N)`; "" is no address."""

    def __init__(self, assign: Assign) -> None:
        self.assign = assign
        self.count = 0

    def __call__(self, verb: str, obj: Object) -> None:
        """See what was written."""
        if verb == "write" and obj["kind"] == "Service" and "status" not in obj:
            address = self.assign(self.count)
            self.count += 1
            obj["status"] = {"loadBalancer": {"ingress": [{"ip": address}] if address else []}}


@pytest.fixture
def start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[Assign], LabSession]]:
    """Start a lab session on a small API server with a given allocator."""
    running: list[FakeApi] = []

    def started(
        assign: Assign, owner: str = HERE, brought_up: list[str] | None = None, found: list[str] | None = None
    ) -> LabSession:
        api = FakeApi(Allocator(assign))
        running.append(api)
        kubeconfig = str(api.kubeconfig(tmp_path / "kubeconfig"))
        status = l2_status() | {"kubeconfig": kubeconfig, "owner": owner, "topology": HERE}
        monkeypatch.setattr(labs, "up", lambda name, _log: (brought_up if brought_up is not None else []).append(name))
        monkeypatch.setattr(labs, "status", lambda _name: status)
        monkeypatch.setattr(
            "conformance.suite.target.deploy", lambda *_: (found if found is not None else []).extend(api.store)
        )
        monkeypatch.setattr(Wire, "settle", lambda *_: None)
        for path, obj in ready().items():
            api.store[path] = obj
        return LabSession("l2", TARGET, ASKED, tmp_path, say=lambda _: None)

    yield started
    for api in running:
        api.close()


@pytest.mark.parametrize(
    ("owner", "replace", "calls"),
    [
        pytest.param(HERE, "1", 0, id="our-own"),
        pytest.param("/there/l2.clab.yml", "", 0, id="another-checkout-serves"),
        pytest.param("/there/l2.clab.yml", "0", 0, id="not-to-be-replaced"),
        pytest.param("/there/l2.clab.yml", "1", 1, id="another-checkout-is-replaced"),
    ],
)
def test_a_lab_of_another_checkout_is_replaced_where_that_is_asked_for(
    start: Callable[..., LabSession], monkeypatch: pytest.MonkeyPatch, owner: str, replace: str, calls: int
) -> None:
    """`make test` judges this checkout's labs, as it says, and can take them down afterwards."""
    monkeypatch.setenv("LBKIT_REPLACE", replace)
    brought_up: list[str] = []

    start(lambda _: "", owner=owner, brought_up=brought_up)

    assert brought_up == ["l2"] * calls


def drive(session: LabSession, case: object, out: Path) -> Result:
    """Run one case to its end, as the plugin does."""
    module = case
    path = Path(str(module.__file__))  # type: ignore[attr-defined] # a case file is a module
    run = CaseRun(module.CASE, path, session, out, lambda _: None)  # type: ignore[attr-defined] # as above
    run.open()
    with run.driving():
        getattr(module, path.stem)(run.world)
    result = run.judge()
    run.close()
    return result


@pytest.mark.parametrize(
    ("assign", "word"),
    [
        (lambda n: f"10.10.0.{200 + n}", Word.PASSED),
        (lambda _: "10.99.0.1", Word.FAILED),
    ],
    ids=["right", "outside the pool"],
)
def test_one_service_is_driven_and_judged(
    start: Callable[[Assign], LabSession], tmp_path: Path, assign: Assign, word: Word
) -> None:
    """A case creates its objects, sees the status by a watch, is judged, and leaves its history behind."""
    result = drive(start(assign), ipam_001, tmp_path)
    assert result.word is word, result
    assert (tmp_path / result.evidence[0]).read_text(encoding="utf-8").count("kube") >= 2


@pytest.mark.slow
@pytest.mark.parametrize(
    ("assign", "word"),
    [(lambda n: str(ip_address("10.10.0.200") + n), Word.PASSED), (lambda n: f"10.10.0.{200 + n // 2}", Word.FAILED)],
    ids=["right", "each address twice"],
)
def test_many_services_at_once_are_driven_and_judged(
    start: Callable[[Assign], LabSession], tmp_path: Path, assign: Assign, word: Word
) -> None:
    """Fifty Services by twenty writers are all seen by the watch, and mutant m11 (one address twice) fails."""
    assert drive(start(assign), ipam_003, tmp_path).word is word


def test_case_leaves_nothing_and_the_lab_gets_its_objects_back(
    start: Callable[[Assign], LabSession], tmp_path: Path
) -> None:
    """After a case its namespace and pool are gone; after the run the lab's own pool is there again."""
    session = start(lambda n: f"10.10.0.{200 + n}")
    assert session.kube.list("IPAddressPool", "metallb-system") == []
    assert len(list(yaml.safe_load_all((tmp_path / "parked-l2.yaml").read_text(encoding="utf-8")))) == 1
    drive(session, ipam_001, tmp_path)
    assert session.kube.list("IPAddressPool", "metallb-system") == []
    assert session.kube.get("Namespace", "lbkit-conf-ipam-001") is None
    session.close()
    (pool,) = session.kube.list("IPAddressPool", "metallb-system")
    assert (pool["metadata"]["name"], pool["spec"]) == ("lab", {"addresses": ["10.10.0.200/32"]})
    assert not (tmp_path / "parked-l2.yaml").exists()


@pytest.mark.parametrize("is_killed", [True, False])
def test_what_a_killed_run_configured_is_gone_before_the_target_is_put_in(
    start: Callable[..., LabSession], tmp_path: Path, *, is_killed: bool
) -> None:
    """The pool of a case may overlap that of the lab, and the target would not become ready; a person's stays."""
    if is_killed:
        (tmp_path / "parked-l2.yaml").write_text("", encoding="utf-8")
    found: list[str] = []

    start(lambda _: "", found=found)

    assert any("ipaddresspools" in path for path in found) is not is_killed


def test_service_without_an_address_stops_the_drive_and_fails(
    start: Callable[[Assign], LabSession], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where no address ever comes, the drive stops and the check that asked for it says FAIL."""
    monkeypatch.setattr("conformance.suite.waits.patience", lambda _limit_s: 0.2)
    result = drive(start(lambda _: ""), ipam_001, tmp_path)
    assert result.word in {Word.FAILED, Word.UNKNOWN}
    assert "stopped" in str(result.findings[-1].verdict.reason)


FINE = {"IPAM-001", "IPAM-002", "IPAM-003"}
WIRED = {f"IPAM-{number:03}" for number in (6, 8, 16, 22, 23, 26, 29, 30, 31, 32, 33, 35, 36)}
RULES = [p.stem for p in catalog.paths() if (case := catalog.load(p)).group == "IPAM" and case.id not in FINE | WIRED]
"""Cases of address management but those that need no more than an address each, and those that need a lab's wire,
clients, processes, time or a wider pool; the latter have mutants."""


@pytest.mark.parametrize("stem", RULES)
def test_careless_load_balancer_fails_each_rule(
    start: Callable[[Assign], LabSession], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stem: str
) -> None:
    """Who gives every Service of any kind the next address, whatever was asked, fails each case about a rule."""
    monkeypatch.setattr("conformance.suite.waits.patience", lambda _limit_s: 0.1)
    monkeypatch.setattr(World, "hold", lambda *_args: None)
    case = importlib.import_module(f"conformance.cases.{stem}")
    result = drive(start(lambda n: f"10.10.0.{200 + n}"), case, tmp_path)
    assert result.word is Word.FAILED, result
    assert "drive" not in {finding.check for finding in result.findings}
