"""The suite run dry, on labs that are not there: options, words, faults of its own, and the report in any case."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from filelock import FileLock

import conformance.suite.target
from conformance.selftest.dry import PYTEST, ROOT, Dry, Ran, run
from conformance.suite import labs
from lbkit.errors import TargetError


def test_every_case_is_in_the_report_in_its_word(dry: Dry, pytester: pytest.Pytester) -> None:
    """Each way a case can end has its own word, and the run fails if any of them is bad."""
    dry.case("API-001")
    dry.case("API-002", judge='lambda history: failed("broken")')
    dry.case("API-003", judge='lambda history: unknown("not seen")')
    dry.case("API-004", 'raise RuntimeError("a bug of the drive")')
    dry.case("API-005", 'raise Stopped("nothing came")')
    dry.case("API-006", features='"finalizer"')
    dry.case("API-008", judge="lambda history: 1 / 0")
    dry.case("BGP-001", lab="bgp")
    ran = run(dry, pytester, "--lab=l2")
    assert ran.code == 1
    assert ran.words == {
        "API-001": "passed",
        "API-002": "failed",
        "API-003": "unknown",
        "API-004": "error",
        "API-005": "unknown",
        "API-006": "unsupported",
        "API-008": "unknown",
        "BGP-001": "skipped",
    }
    assert "a bug of the drive" in ran.reason("API-004")
    assert {"report.yaml", "summary.md", "junit.xml", "report.html"} <= {file.name for file in dry.out.iterdir()}


def test_good_run_is_exit_code_0_and_an_empty_one_5(dry: Dry, pytester: pytest.Pytester) -> None:
    """Nothing run is no success; --profile and --features say what is run."""
    dry.case("API-001")
    dry.case("API-006", features='"finalizer"')
    assert run(dry, pytester).code == 0
    assert run(dry, pytester, "--profile=bgp").code == 5
    assert run(dry, pytester, "--features=+finalizer").words == {"API-001": "passed", "API-006": "passed"}


def test_a_missed_measurement_fails_the_run_only_as_a_gate(dry: Dry, pytester: pytest.Pytester) -> None:
    """Its verdict is reported all the same."""
    dry.case("PERF-001", features='"performance", "layer2"', judge='lambda history: failed("slow")')
    ran = run(dry, pytester)
    assert (ran.code, ran.words["PERF-001"]) == (0, "failed")
    assert "(`--gate` makes it one): PERF-001" in ran.text
    assert run(dry, pytester, "--gate").code == 1


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ({"features": '"teleport"'}, "teleport"),
        ({"checks": ""}, "without checks"),
        ({"lab": "moon"}, "moon"),
        ({"more": "nonsense=1"}, "nonsense"),
    ],
    ids=["unknown feature", "no check", "unknown lab", "no such argument"],
)
def test_case_that_cannot_be_stops_the_suite(
    dry: Dry, pytester: pytest.Pytester, written: dict[str, str], told: str
) -> None:
    """A case file with a fault is named with it before anything runs; the others do not make a pass of it."""
    dry.case("API-001")
    dry.case("API-002", **written)
    ran = run(dry, pytester)
    assert ran.code == pytest.ExitCode.USAGE_ERROR
    assert "test_api_002_dry.py" in ran.text
    assert told in ran.text
    assert "Traceback" not in ran.text


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("--target=nobody",), "wanted one of"),
        (("--target=./none.py",), "no such Python file"),
        (("--profile=x",), "--profile"),
        (("--features=+x",), "--features"),
        (("--features=-api",), "cannot be exempted"),
        (("--lab=x",), "--lab"),
        (("--kubeconfig=x",), "wanted both"),
        (("--kubeconfig=x", "--facts=y"), "y: cannot be read"),
    ],
    ids=lambda value: value if isinstance(value, str) else " ".join(value),
)
def test_option_that_cannot_be_used_is_named(
    dry: Dry, pytester: pytest.Pytester, options: tuple[str, ...], told: str
) -> None:
    """A wrong option is a usage error that says what was wanted."""
    dry.case("API-001")
    ran = run(dry, pytester, *options)
    assert (ran.code, "Traceback" in ran.text) == (pytest.ExitCode.USAGE_ERROR, False)
    assert told in ran.text


def test_lab_that_does_not_come_up_is_told_whole(
    dry: Dry, pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What failed, on what, its words and the cure are in the report; no case fails for it."""
    dry.case("API-001")
    dry.case("API-002")
    dry.case("BGP-001", lab="bgp")

    def up(name: str, log: Path) -> None:
        raise TargetError(f"lbkit lab up {name}: exit code 2, see {log}", output="no docker here")

    down = {"state": "down"}
    monkeypatch.setattr(labs, "up", up)
    monkeypatch.setattr(labs, "status", lambda name: dry.status(name) | (down if name == "l2" else {}))
    ran = run(dry, pytester)
    assert (ran.code, ran.words) == (1, {"API-001": "error", "API-002": "blocked", "BGP-001": "passed"})
    for told in ("lab l2", "bring it up", "exit code 2", "no docker here", "cure: lbkit lab doctor"):
        assert told in ran.reason("API-001")


def test_target_that_cannot_be_deployed_or_is_never_ready_has_no_verdict(
    dry: Dry, pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is an error of the lab that says what is waited for, and how to look further."""
    dry.case("API-001")
    dry.api("l2").store = {path: obj for path, obj in dry.api("l2").store.items() if "daemonsets" not in path}
    ran = run(dry, pytester)
    assert ran.words == {"API-001": "error"}
    assert "make metallb ready" in ran.reason("API-001")
    assert "DaemonSet metallb-system/speaker does not exist" in ran.reason("API-001")

    def deploy(lab: str, target: str, log: Path) -> None:
        raise TargetError(f"lbkit lab deploy {lab} --target {target}: exit code 1", output="no such image")

    monkeypatch.setattr(conformance.suite.target, "deploy", deploy)
    assert "no such image" in run(dry, pytester).reason("API-001")


def test_part_of_the_lab_that_dies_is_the_labs_fault(dry: Dry, pytester: pytest.Pytester) -> None:
    """A failure while a router died is an error, and the cases after it are blocked; so is nobody else's verdict."""
    router = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    dry.pids["gw"] = router.pid
    drive = f"os.kill({router.pid}, signal.SIGKILL); os.waitpid({router.pid}, 0)"
    dry.case("API-001")
    dry.case("API-002", drive, judge='lambda history: failed("no answer")')
    dry.case("API-003")
    ran = run(dry, pytester)
    router.wait()
    assert ran.words == {"API-001": "passed", "API-002": "error", "API-003": "error"}
    assert "router gw" in ran.reason("API-002")
    assert "no answer" in ran.reason("API-002")
    assert "lbkit lab up l2" in ran.reason("API-003")


def test_node_that_the_drive_itself_ends_is_no_excuse(dry: Dry, pytester: pytest.Pytester) -> None:
    """What a case did on purpose, and noted as a fault, leaves the checks' verdict as it is."""
    router = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    dry.pids["gw"] = router.pid
    ended = f"os.kill({router.pid}, signal.SIGKILL); os.waitpid({router.pid}, 0)"
    dry.case("API-001", f'{ended}; world.recorder.record("fault", "cordon", node="gw")', judge='lambda h: failed("no")')
    assert run(dry, pytester).words == {"API-001": "failed"}
    router.wait()


def test_full_disk_is_an_error_of_the_suite(dry: Dry, pytester: pytest.Pytester) -> None:
    """A history that could not be written whole gives no verdict, though the check would have passed."""
    dry.case("API-001", 'world.recorder._file = open("/dev/full", "w"); world.mark("x")')
    dry.case("API-002")
    ran = run(dry, pytester)
    assert ran.words == {"API-001": "error", "API-002": "passed"}
    assert "No space left on device" in ran.reason("API-001")
    assert "cure: make room" in ran.reason("API-001")


def test_report_that_cannot_be_written_is_said(dry: Dry, pytester: pytest.Pytester) -> None:
    """The run fails, and its results are on the terminal all the same."""
    dry.case("API-001")
    (dry.out / "summary.md").mkdir(parents=True)
    ran = run(dry, pytester)
    assert ran.code == 1
    assert "is not whole" in ran.text
    assert "| API-001 | passed |" in ran.text


@pytest.mark.parametrize("stop", ["raise KeyboardInterrupt", "import os, signal; os.kill(os.getpid(), signal.SIGTERM)"])
def test_interrupt_still_writes_the_report_and_gives_the_lab_back(
    dry: Dry, pytester: pytest.Pytester, stop: str
) -> None:
    """Ctrl-C or SIGTERM ends the run at once: what was judged is reported, what was set aside is there again."""
    dry.case("API-001")
    dry.case("API-002", stop)
    dry.case("API-003")
    ran = run(dry, pytester)
    assert ran.code == pytest.ExitCode.INTERRUPTED
    assert ran.words == {"API-001": "passed", "API-002": "skipped", "API-003": "skipped"}
    assert "interrupted while it was driven" in ran.reason("API-002")
    assert not [path for path in dry.api("l2").store if "lbkit-conf-" in path]
    assert "/apis/metallb.io/v1beta1/namespaces/metallb-system/ipaddresspools/lab" in dry.api("l2").store


def test_drive_has_the_time_of_its_case(dry: Dry, pytester: pytest.Pytester) -> None:
    """A drive that hangs is an error after the case's own time, and the next case runs."""
    dry.case("API-001", "time.sleep(30)", more="timeout_s=0.3")
    dry.case("API-002")
    ran = run(dry, pytester)
    assert ran.words == {"API-001": "error", "API-002": "passed"}
    assert "Timeout" in ran.reason("API-001")


def test_keep_stops_at_the_first_bad_case_and_leaves_its_objects(dry: Dry, pytester: pytest.Pytester) -> None:
    """Under --keep the namespace of the case that did not pass is there to look into."""
    dry.case("API-001", judge='lambda history: failed("broken")')
    dry.case("API-002")
    ran = run(dry, pytester, "--keep")
    assert ran.words == {"API-001": "failed", "API-002": "skipped"}
    assert "/api/v1/namespaces/lbkit-conf-api-001" in dry.api("l2").store


def test_evidence_has_what_was_written_and_what_the_target_said(dry: Dry, pytester: pytest.Pytester) -> None:
    """A case keeps its objects; one that did not pass keeps the logs of the target's pods, too."""
    pod = {"metadata": {"name": "controller-1"}, "spec": {"containers": [{"name": "controller"}]}, "status": {}}
    dry.api("l2").store["/api/v1/namespaces/metallb-system/pods/controller-1"] = pod
    obj = '{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "x", "namespace": world.namespace}}'
    dry.case("API-001", f'world.write("apply", {obj})', judge='lambda history: failed("broken")')
    ran = run(dry, pytester)
    files = [f"evidence/API-001/{name}" for name in ("history.jsonl", "logs/controller-1-controller.log")]
    assert ran.tests["API-001"]["evidence"] == [*files, "evidence/API-001/manifests.yaml"]
    assert "name: x" in (dry.out / "evidence/API-001/manifests.yaml").read_text(encoding="utf-8")


def test_case_that_cannot_be_cleaned_up_is_a_problem_of_the_run(dry: Dry, pytester: pytest.Pytester) -> None:
    """The verdict stays, the run fails, and the target is put into the lab again before the next case."""
    refuse = "world.cluster._undo.append((\"a thing\", lambda: world.wire._lab.nodes['nobody']))"
    dry.case("API-001", refuse)
    dry.case("API-002", 'world.cluster._undo.append(("b", lambda: open("/none")))')
    dry.case("API-003")
    ran = run(dry, pytester, "-v")
    assert ran.code == 1
    assert ran.words == dict.fromkeys(("API-001", "API-002", "API-003"), "passed")
    assert "API-001 could not be cleaned up" in str(ran.report["runProblems"])
    assert "putting metallb into it again" in ran.text


def test_target_that_a_case_left_unready_is_put_into_the_lab_again(
    dry: Dry, pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The next case is not to pay for it."""
    store = dry.api("l2").store
    path = next(path for path in store if path.endswith("daemonsets/speaker"))
    speaker = dict(store[path])
    monkeypatch.setattr(conformance.suite.target, "deploy", lambda *_: store.update({path: dict(speaker)}))
    unready = f'world._kube.request("DELETE", "{path}")'
    dry.case("API-001", unready)
    dry.case("API-002")
    ran = run(dry, pytester, "-v")
    assert (ran.code, ran.words) == (0, {"API-001": "passed", "API-002": "passed"})
    assert "did not leave it as it was; putting metallb into it again" in ran.text


def test_target_that_a_failed_case_harmed_is_restarted_before_the_next(dry: Dry, pytester: pytest.Pytester) -> None:
    """Only there: a case that passed, or did it no harm, leaves its processes as they are."""
    harm, seen = 'world.recorder.record("fault", "rolled", role="speaker")', 'lambda history: failed("broken")'
    restarts = "kubectl.kubernetes.io/restartedAt"
    dry.case("API-001", harm)
    dry.case("API-002", judge=seen)
    run(dry, pytester)
    speaker = dry.api("l2").store["/apis/apps/v1/namespaces/metallb-system/daemonsets/speaker"]
    assert restarts not in str(speaker)
    dry.case("API-002", harm, judge=seen)
    ran = run(dry, pytester, "-v")
    assert ran.words == {"API-001": "passed", "API-002": "failed"}
    assert restarts in str(dry.api("l2").store)
    assert "restarting metallb, which a case that did not pass had harmed" in ran.text


def test_lab_in_use_by_another_run_is_not_touched(dry: Dry, pytester: pytest.Pytester) -> None:
    """Two runs never fight for one lab: the second says that the first has it."""
    dry.case("API-001")
    with FileLock(dry.folder / "lbkit-conformance-l2.lock"):
        ran = run(dry, pytester)
    assert ran.words == {"API-001": "error"}
    assert "in use by another run" in ran.reason("API-001")
    assert run(dry, pytester).words == {"API-001": "passed"}


def test_target_of_a_third_party_is_one_file(dry: Dry, pytester: pytest.Pytester) -> None:
    """A file anywhere names the target, what it claims, and what it is deployed by."""
    dry.case("API-001")
    dry.case("API-006", features='"finalizer"')
    path = dry.folder / "theirs.py"
    path.write_text(
        "from conformance.suite.target import Implementation, Target\n"
        'TARGET = Target("theirs", "metallb", Implementation("they", "theirs", "https://example.org"),\n'
        '    features=frozenset({"finalizer"}))\n',
        encoding="utf-8",
    )
    ran = run(dry, pytester, f"--target={path}")
    assert ran.words == {"API-001": "passed", "API-006": "passed"}
    assert ran.report["implementation"]["project"] == "theirs"
    path.write_text("TARGET = 7\n", encoding="utf-8")
    assert "got int as TARGET" in run(dry, pytester, f"--target={path}").text
    path.write_text(
        "from conformance.suite.target import Implementation, Target\n"
        'TARGET = Target("the irs", "x", Implementation("t", "t", ""), features=frozenset({"flying"}))\n',
        encoding="utf-8",
    )
    ran = run(dry, pytester, f"--target={path}")
    assert "TARGET.name" in ran.text
    assert "flying" in ran.text


def test_cluster_that_one_has_is_judged_as_far_as_it_can_be_seen(dry: Dry, pytester: pytest.Pytester) -> None:
    """With --kubeconfig and --facts nothing is deployed; what the facts do not name blocks the cases that need it."""
    dry.case("API-001", "assert world.pool == ('10.0.0.240-10.0.0.250',)")
    dry.case("API-002", "world.wire.capture()")
    dry.case("API-003", "world.traffic.request('web', None)")
    dry.case("BGP-001", lab="bgp")
    facts = dry.folder / "facts.yaml"
    facts.write_text("pools: {lan: [10.0.0.240-10.0.0.250]}\n", encoding="utf-8")
    kubeconfig = dry.api("mine").kubeconfig(dry.folder / "mine")
    ran = run(dry, pytester, f"--kubeconfig={kubeconfig}", f"--facts={facts}")
    assert ran.words == {"API-001": "passed", "API-002": "blocked", "API-003": "blocked", "BGP-001": "skipped"}
    assert "capture segment lan" in ran.reason("API-002")
    assert "no client" in ran.reason("API-003")
    facts.write_text("nodes: {}\n", encoding="utf-8")
    assert "got no pools" in run(dry, pytester, f"--kubeconfig={kubeconfig}", f"--facts={facts}").text
    facts.write_text("pools: {lan: [10.0.0.240-10.0.0.250]}\n", encoding="utf-8")
    (dry.folder / "mine").write_text("nonsense", encoding="utf-8")
    assert "cannot be used" in run(dry, pytester, f"--kubeconfig={kubeconfig}", f"--facts={facts}").text


CONFTEST = """
from pathlib import Path
from conformance.selftest.dry import Dry
from conformance.suite import labs
DRY = Dry(Path(__file__).parent)
DRY.install(setattr)
pytest_plugins = ["conformance.suite.plugin"]


def up(name, _log):
    with (DRY.folder / "log").open("a") as log:
        log.write(f"up {name}\\n")


def status(name):
    log = DRY.folder / "log"
    is_up = log.exists() and f"up {name}" in log.read_text()
    return DRY.status(name) | ({} if is_up else {"state": "down"})


labs.up, labs.status = up, status
"""


@pytest.mark.slow
def test_workers_share_labs_and_never_cases_of_one_lab(
    dry: Dry, pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Under -n 2 the labs run side by side, each on one worker, in order; what either can show is shared out."""
    pytester.makeconftest(CONFTEST)
    note = 'Path("{}").open("a").write(f"{{os.getpid()}} {{world.lab.name}} {{world.case.id}}\\n"); time.sleep(0.2)'
    log = dry.folder / "log"
    for number in (1, 2, 3):
        dry.case(f"API-00{number}", note.format(log))
        dry.case(f"BGP-00{number}", note.format(log), lab="bgp")
    dry.case("IPAM-001", note.format(log), lab="bgp", more='elsewhere=("l2",)')
    dry.case("IPAM-002", note.format(log), lab="bgp", more='elsewhere=("l2",)')
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    asked = ("cases", f"--out={dry.out}", "--target=metallb", "-n", "2", *PYTEST)
    ran = Ran(dry, pytester.runpytest_subprocess(*asked, timeout=120))
    assert ran.code == 0, ran.text
    assert set(ran.words.values()) == {"passed"}
    first, second, *lines = log.read_text(encoding="utf-8").splitlines()
    assert [first, second] == ["up l2", "up bgp"]  # before any case
    noted = [line.split() for line in lines]
    by_lab = {lab: [(pid, case_id) for pid, name, case_id in noted if name == lab] for lab in ("l2", "bgp")}
    assert [case_id for _, case_id in by_lab["l2"]] == ["IPAM-002", "API-001", "API-002", "API-003"]
    assert [len({pid for pid, _ in found}) for found in by_lab.values()] == [1, 1]
    assert len({pid for pid, _, _ in noted}) == 2


@pytest.mark.slow
def test_unit_tests_run_on_workers_too() -> None:
    """Where no case is asked for, `-n` works as anywhere."""
    tests = "conformance/selftest/test_check_writes.py"
    argv = [sys.executable, "-m", "pytest", "-n", "1", "-q", "-c", os.devnull, f"--rootdir={ROOT}", *PYTEST, tests]
    done = subprocess.run(argv, cwd=ROOT, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
