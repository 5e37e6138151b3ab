"""The suite as a pytest plugin: options, order, one world per case, judging after the drive, the report at the end.

A case is an ordinary test function beside a `CASE`; selftests and other tests are left alone. Results travel
from xdist workers to the controller inside the test reports, and only the controller writes the report.

Shell: pytest, files, the terminal.
"""

import os
from collections.abc import Generator, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import pytest
from xdist.scheduler import LoadScopeScheduling  # type: ignore[import-untyped] # xdist ships no types

from conformance.suite import catalog
from conformance.suite.case import LABS, Case
from conformance.suite.features import claimed
from conformance.suite.output import Output
from conformance.suite.plan import Selection, blocked, disposition, lacking
from conformance.suite.profiles import chosen
from conformance.suite.report import RAN, Result, Word, from_json, to_json
from conformance.suite.runner import CaseRun
from conformance.suite.session import LabSession
from conformance.suite.target import Target
from conformance.suite.world import World
from conformance.targets.lbkit import TARGET as LBKIT
from conformance.targets.metallb import TARGET as METALLB
from conformance.targets.null import TARGET as NULL
from lbkit.errors import InputError, LbkitError

TARGETS: Final = {target.name: target for target in (LBKIT, METALLB, NULL)}
RESULT: Final = pytest.StashKey[Result]()
RUN: Final = pytest.StashKey[CaseRun]()
STATE: Final = pytest.StashKey["State"]()
PROPERTY: Final = "conformance"
ENVIRONMENT: Final = "conformance-environment"
FOLDER: Final = "conformance-folder"
OUT: Final = catalog.CASES.parent / "out"
"""Where runs are kept, each in a folder of its own; `latest` is a link to the newest."""
LETTERS: Final = {Word.SKIPPED: "s", Word.UNSUPPORTED: "n", Word.BLOCKED: "b", Word.UNKNOWN: "u", Word.ERROR: "E"}


class State:
    """What one pytest process knows about the run.

    Args:
        config: of pytest.
        asks_cases: whether cases were asked for at all.
    """

    def __init__(self, config: pytest.Config, *, asks_cases: bool) -> None:
        option = config.option
        self.config = config
        self.asks_cases = asks_cases
        self.target: Target = TARGETS[option.target]
        self.is_worker = hasattr(config, "workerinput")
        self.out = self._folder(option.out)
        labs = frozenset(name for name in option.lab.split(",") if name)
        self.asked = Selection(
            labs, chosen(option.profile), claimed(self.target.features, option.features), option.seed
        )
        self.kubeconfig = Path(option.kubeconfig).resolve() if option.kubeconfig else None
        self.keep: bool = option.keep
        self.sessions: dict[str, LabSession] = {}
        self.problems: list[str] = []
        self.is_kept = False
        self.broken: dict[str, str] = {}
        self.done: dict[str, Word] = {}
        self.output = Output(self.out, self.target, self.asked)

    def _folder(self, option: str) -> Path:
        """Choose the run's folder; workers use the one of their controller."""
        if self.is_worker:
            return Path(self.config.workerinput[FOLDER])  # type: ignore[attr-defined] # xdist adds it
        return Path(option).resolve() if option else OUT / f"{self.target.name}-{datetime.now(UTC):%Y%m%dT%H%M%SZ}"

    def session(self, lab: str) -> LabSession:
        """Return the lab's session, bringing the lab up for its first case.

        Cases come lab by lab, so the lab before is given back first: a host may hold only one at a time.

        Raises:
            LbkitError: the lab cannot be used; its other cases will be blocked.
        """
        if lab not in self.sessions:
            self.give_back()
            try:
                self.sessions[lab] = LabSession(
                    lab, self.target, self.asked, self.out, parked=OUT, kubeconfig=self.kubeconfig, say=self.say
                )
            except LbkitError as err:
                self.broken[lab] = str(err)
                raise
        return self.sessions[lab]

    def give_back(self) -> None:
        """Restore what was set aside in the labs; a lab that cannot be is named in the report.

        After --keep it stays aside, for the objects of the kept case to work on; the next run restores it.
        """
        while self.sessions and not self.is_kept:
            name, lab = self.sessions.popitem()
            try:
                lab.close()
            except LbkitError as err:
                self.problems.append(f"lab {name} could not be given back as it was: {err}")

    def say(self, text: str) -> None:
        """Show progress under -v; workers have no terminal."""
        plugins = self.config.pluginmanager
        reporter, capture = plugins.get_plugin("terminalreporter"), plugins.get_plugin("capturemanager")
        if reporter and capture and not self.is_worker and self.config.option.verbose > 0:
            with capture.global_and_fixture_disabled():
                reporter.write_line(f"    {text}")


def case_of(item: pytest.Item) -> Case | None:
    """Return the case an item runs; None for tests that are no case."""
    if item.path.parent != catalog.CASES:
        return None
    case = getattr(getattr(item, "module", None), "CASE", None)
    return case if isinstance(case, Case) else None


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the suite's options."""
    group = parser.getgroup("conformance", "conformance of a load balancer")
    group.addoption("--target", default="lbkit", choices=sorted(TARGETS), help="what is judged (default: lbkit)")
    group.addoption("--lab", default=",".join(LABS), help="comma list of labs (default: all)")
    group.addoption("--profile", default="full", help="comma list of profiles, or full (default)")
    group.addoption("--features", default="", help="+NAME,-NAME: claim or drop extended features")
    group.addoption(
        "--seed", type=int, help="of what is random in a case; a history tells its own (default: a new one)"
    )
    group.addoption("--kubeconfig", default="", help="instead of the lab's own")
    group.addoption(
        "--keep", action="store_true", help="stop at the first case that does not pass and leave its objects"
    )
    group.addoption("--out", default="", help="folder of the run (default: a new one, conformance/out/TARGET-TIME)")


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Read the options; gather results where cases were asked for."""
    paths = [Path(os.path.abspath(str(arg).split("::")[0])) for arg in config.args]  # noqa: PTH100 - links stay as given
    asks = any(p == catalog.CASES or catalog.CASES in p.parents or p in catalog.CASES.parents for p in paths)
    asks = asks and not config.option.collectonly
    try:
        state = State(config, asks_cases=asks)
    except InputError as err:
        raise pytest.UsageError(str(err)) from err
    config.stash[STATE] = state
    if asks and not state.is_worker:
        config.pluginmanager.register(Collector(state), "conformance-results")


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Leave the selftests to `make unit`, unless they are named."""
    if collection_path == catalog.CASES.parent / "selftest":
        named = any("selftest" in str(arg) for arg in config.args)
        return None if named else True
    return None


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Order the cases, give them their lab's group and their time limit; refuse what is no case."""
    pairs = [(item, case_of(item)) for item in items]
    wrong = [item.nodeid for item, case in pairs if case is None and item.path.parent == catalog.CASES]
    ids = [case.id for _, case in pairs if case]
    twice = sorted({name for name in ids if ids.count(name) > 1})
    if wrong or twice:
        raise pytest.UsageError(f"not one CASE and one test function each: {', '.join(wrong + twice)}")
    for item, case in pairs:
        if case:
            item.add_marker(pytest.mark.timeout(case.timeout_s, func_only=True))
            item.add_marker(pytest.mark.filterwarnings("default"))  # other people's libraries warn; a case is not lint
    items.sort(key=_order)


def _order(item: pytest.Item) -> tuple[int, int, int]:
    case = case_of(item)
    return case.order if case else (-1, 0, 0)


class LabScheduling(LoadScopeScheduling):  # type: ignore[misc] # xdist ships no types
    """Keeps all cases of one lab on one xdist worker, in their order; two labs run side by side."""

    def _split_scope(self, nodeid: str) -> str:
        path = catalog.CASES / Path(nodeid.split("::", maxsplit=1)[0]).name
        return catalog.load(path).lab if path.exists() else nodeid


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> LabScheduling | None:
    """Group by lab under -n, whatever --dist says (xdist's own loadgroup has no effect with pytest 9.2)."""
    return LabScheduling(config, log) if config.stash[STATE].asks_cases else None


@pytest.fixture
def world(request: pytest.FixtureRequest) -> Iterator[World]:
    """Give a case its world, or say why it cannot have one; clean up behind it."""
    state, item = request.config.stash[STATE], request.node
    case = case_of(item)
    assert case, f"{item.nodeid} asks for a world but is no case"
    because = disposition(case, state.asked) or blocked(case, state.done, state.broken)
    because = because or lacking(case, state.session(case.lab).facts)
    if because:
        item.stash[RESULT] = because
        pytest.skip(f"{because.word.value}: {because.reason}")
    session = state.session(case.lab)
    run = CaseRun(case, item.path, session, state.out, state.say)
    item.stash[RUN] = run
    try:
        run.open()
        yield run.world
    finally:
        if state.keep and state.done.get(case.id) is not Word.PASSED:
            state.is_kept = True
            request.session.shouldstop = f"--keep: the objects of {case.id} are left in {run.world.namespace}"
        else:
            run.close()


@pytest.hookimpl(wrapper=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> Generator[None, object, object]:
    """Drive a case, then judge what was seen."""
    if RUN not in pyfuncitem.stash:
        return (yield)
    run = pyfuncitem.stash[RUN]
    try:
        with run.driving():
            yield
    except BaseException:
        run.abandon()
        raise
    result = run.judge()
    pyfuncitem.stash[RESULT] = result
    if result.word is not Word.PASSED:
        lines = [f"{f.verdict.outcome.name:7} {f.check}: {f.verdict.reason}" for f in result.findings]
        shown = [f"        {line}" for f in result.findings for line in f.verdict.evidence if f.verdict.outcome]
        pytest.fail("\n".join([f"{result.id} {result.word.value}: {result.reason}", *lines, *shown]), pytrace=False)
    return True


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Put the case's result into its test report, so that it reaches the controller."""
    report = yield
    case = case_of(item)
    if case is None:
        return report
    state = item.config.stash[STATE]
    result = item.stash.get(RESULT, None)
    if result is None and call.excinfo is not None:
        reason = f"{call.when}: {call.excinfo.type.__name__}: {call.excinfo.value}"
        result = Result(case.id, Word.ERROR, reason, call.duration)
        item.stash[RESULT] = result
    is_last = call.when == "call" or (call.when == "setup" and call.excinfo is not None)
    if result is not None and is_last:
        state.done[case.id] = result.word
        report.user_properties.append((PROPERTY, to_json(result)))
        if result.word in RAN:
            report.user_properties.append((ENVIRONMENT, state.sessions[case.lab].environment()))
    return report


def pytest_report_teststatus(report: pytest.TestReport) -> tuple[str, str, str] | None:
    """Show the suite's words instead of pytest's."""
    data = dict(report.user_properties).get(PROPERTY) if hasattr(report, "user_properties") else None
    if not isinstance(data, dict) or report.when == "teardown":
        return None
    word = Word(data["word"])
    return (word.value, LETTERS[word], word.value.upper()) if word in LETTERS else None


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Give the labs back, write the report; a run without a case is a failure."""
    state = session.config.stash[STATE]
    state.give_back()
    if state.is_worker:
        session.config.workeroutput[PROPERTY] = state.problems  # type: ignore[attr-defined] # xdist adds it
    if state.is_worker or not state.asks_cases:
        return
    state.output.write(catalog.cases(), state.problems)
    if state.out.parent == OUT:
        link = OUT / "latest"
        link.unlink(missing_ok=True)
        link.symlink_to(state.out.name)
    if session.exitstatus in {pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED}:
        session.exitstatus = max(state.output.exit_code, 1 if state.problems else 0)


class Collector:
    """Takes results out of test reports, on the controller.

    Args:
        state: of the controller.
    """

    def __init__(self, state: State) -> None:
        self._out = state.out
        self._output = state.output
        self._problems = state.problems

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:  # Any: xdist ships no types
        """Tell a worker the run's folder."""
        node.workerinput[FOLDER] = str(self._out)

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:  # Any: xdist ships no types
        """Take over what a worker could not give back."""
        self._problems += getattr(node, "workeroutput", {}).get(PROPERTY, [])

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Keep a case's result and what it ran on."""
        for name, value in report.user_properties:
            if name == PROPERTY and isinstance(value, dict):
                self._output.add(from_json(value))
            if name == ENVIRONMENT and isinstance(value, dict):
                self._output.ran_on(value)

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:  # Any: pytest's reporter has no public type
        """Print the summary, and where the report is."""
        terminalreporter.section("conformance")
        terminalreporter.write_line(self._output.text())
