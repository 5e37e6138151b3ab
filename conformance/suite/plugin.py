"""The suite as a pytest plugin: options, order, one world per case, judging after the drive, the report at the end.

A case is an ordinary test function beside a `CASE`; selftests and other tests are left alone. Results travel
from xdist workers to the controller inside the test reports, and only the controller writes the report.

Shell: pytest, files, the terminal.
"""

import os
from collections.abc import Generator, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, Final, NoReturn

import pytest
from xdist.scheduler import LoadScopeScheduling  # type: ignore[import-untyped] # xdist ships no types

from conformance.suite import catalog
from conformance.suite.case import LABS, Case
from conformance.suite.facts import Lacking
from conformance.suite.long_run import tidy_on_sigterm
from conformance.suite.plan import blocked, disposition, lacking
from conformance.suite.report import RAN, Result, Word, from_json, is_doubtful, is_only_reported, to_json
from conformance.suite.runner import CaseRun
from conformance.suite.session import LabSession, namespace_of
from conformance.suite.state import FOLDER, State
from conformance.suite.world import World
from lbkit.errors import InputError, LbkitError

RESULT: Final = pytest.StashKey[Result]()
RUN: Final = pytest.StashKey[CaseRun]()
STATE: Final = pytest.StashKey[State]()
PROPERTY: Final = "conformance"
ENVIRONMENT: Final = "conformance-environment"
PROBLEM: Final = "conformance-problem"
REPORTED: Final = "reported"
DOUBT: Final = "driven again, as this machine stood still"
"""Begins what is said of a case whose verdict is in doubt; it is driven once more, whatever comes of it then."""
LETTERS: Final = {Word.SKIPPED: "s", Word.UNSUPPORTED: "n", Word.BLOCKED: "b", Word.UNKNOWN: "u", Word.ERROR: "E"}


def case_of(item: pytest.Item) -> Case | None:
    """Return the case an item runs, as this run has it; None for tests that are no case."""
    if item.path.parent != catalog.CASES:
        return None
    case = getattr(getattr(item, "module", None), "CASE", None)
    return item.config.stash[STATE].cases.get(case.id, case) if isinstance(case, Case) else None


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the suite's options."""
    group = parser.getgroup("conformance", "conformance of a load balancer")
    group.addoption(
        "--target", default="lbkit", help="what is judged: a name, or a file with a TARGET (default: lbkit)"
    )
    group.addoption("--lab", default=",".join(LABS), help="comma list of labs (default: all)")
    group.addoption("--profile", default="full", help="comma list of profiles, or full (default); -NAME: not that one")
    group.addoption("--core", action="store_true", help="what every load balancer is to do, and no extended feature")
    group.addoption("--features", default="", help="+NAME,-NAME: claim or drop extended features")
    group.addoption(
        "--seed", type=int, help="of what is random in a case; a history tells its own (default: a new one)"
    )
    group.addoption("--slow", action="store_true", help="at full length what is cut short otherwise (an hour more)")
    group.addoption(
        "--provisional", action="store_true", help="also cases that no lab has shown to be right yet; they bind nobody"
    )
    group.addoption(
        "--gate", action="store_true", help="let a measurement that misses its bound fail the run; else it is reported"
    )
    group.addoption(
        "--ahead", action="store_true", help="start the next case's pods while one is driven (with processors to spare)"
    )
    group.addoption(
        "--kubeconfig", default="", help="a cluster one already has, with the target in it, instead of a lab"
    )
    group.addoption("--facts", default="", help="YAML that says what a cluster of --kubeconfig is made of")
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
    if asks:
        config.add_cleanup(tidy_on_sigterm(KeyboardInterrupt("SIGTERM")))  # like Ctrl-C: a case's deeds are undone
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
            item.add_marker(pytest.mark.flaky(reruns=0 if item.config.option.keep else 1, only_rerun=DOUBT))
    items.sort(key=_order)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_finish(session: pytest.Session) -> None:
    """Have all labs up before the first case, where several are driven side by side."""
    state = session.config.stash[STATE]
    cases = [case for case in map(case_of, session.items) if case and disposition(case, state.asked) is None]
    needed = {case.lab for case in cases}
    if state.is_worker and state.asks_cases and not state.given and len(needed) > 1:
        state.bring_up(needed)


def _order(item: pytest.Item) -> tuple[int, int, int]:
    case = case_of(item)
    return case.order if case else (-1, 0, 0)


class LabScheduling(LoadScopeScheduling):  # type: ignore[misc] # xdist ships no types
    """Keeps all cases of one lab on one xdist worker, in their order; two labs run side by side."""

    def _split_scope(self, nodeid: str) -> str:
        path = catalog.CASES / Path(nodeid.split("::", maxsplit=1)[0]).name
        return self.config.stash[STATE].cases[catalog.load(path).id].lab if path.exists() else nodeid


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
        _leave(item, because)
    session = state.session(case.lab)
    run = CaseRun(case, item.path, session, state.out, state.say, again=case.id in state.doubted)
    item.stash[RUN] = run
    if RESULT in item.stash:
        del item.stash[RESULT]
    state.running = case.id
    try:
        run.open()
        if state.is_ahead:
            _look_ahead(request.session.items, item, state, session)
        yield run.world
    finally:
        if state.keep and state.done.get(case.id) is not Word.PASSED:
            state.is_kept = True
            request.session.shouldstop = f"--keep: the objects of {case.id} are left in {run.world.namespace}"
        else:
            try:
                run.close()
                result = item.stash.get(RESULT, None)
                if result is not None and result.word is not Word.PASSED and run.has_harmed:
                    session.renew()
            except LbkitError:
                session.doubt()
                raise


def _look_ahead(items: list[pytest.Item], item: pytest.Item, state: State, session: LabSession) -> None:
    """Start the pods of the lab's next case, as long as nothing is measured now."""
    now = case_of(item)
    later = (case_of(each) for each in items[items.index(item) + 1 :])
    runs = (case for case in later if case and case.lab == session.name and disposition(case, state.asked) is None)
    case = next(runs, None)
    if case and case.backend and now and not now.is_measured:
        try:
            session.backends.prepare(namespace_of(case), case.backend)
        except LbkitError as err:
            state.say(f"the pods of {case.id} could not be started ahead: {err}")


def _leave(item: pytest.Item, because: Result) -> NoReturn:
    """End a case that is not driven, or no further."""
    item.stash[RESULT] = because
    pytest.skip(f"{because.word.value}: {because.reason}")


@pytest.hookimpl(wrapper=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> Generator[None, object, object]:
    """Drive a case, then judge what was seen."""
    if RUN not in pyfuncitem.stash:
        return (yield)
    run = pyfuncitem.stash[RUN]
    try:
        with run.driving():
            yield
        result = run.judge()
    except Lacking as err:
        run.abandon()
        if not pyfuncitem.config.stash[STATE].given:  # a lab has what its cases need, or it is an error
            raise
        _leave(pyfuncitem, Result(run.case.id, Word.BLOCKED, f"this cluster cannot show it: {err}"))
    except BaseException:
        run.abandon()
        raise
    state = pyfuncitem.config.stash[STATE]
    is_reported = is_only_reported(run.case, result.word, is_gating=state.asked.is_gating)
    if doubt := "" if state.keep or is_reported else _doubt(run, result, state.doubted):
        result = replace(result, reason=f"{result.reason}; {doubt}")
    pyfuncitem.stash[RESULT] = result
    if result.word is not Word.PASSED:
        lines = [f"{f.verdict.outcome.name:7} {f.check}: {f.verdict.reason}" for f in result.findings]
        shown = [f"        {line}" for f in result.findings for line in f.verdict.evidence if f.verdict.outcome]
        text = "\n".join([f"{result.id} {result.word.value}: {result.reason}", *lines, *shown])
        if is_reported:
            pytest.xfail(text)
        pytest.fail(text, pytrace=False)
    return True


def _doubt(run: CaseRun, result: Result, doubted: dict[str, str]) -> str:
    """Say why a case is driven again or was; "" if it is neither. The second verdict stands.

    Args:
        run: which has just been judged.
        result: how.
        doubted: {case: what is said of it}.
    """
    if is_doubtful(result.word, run.still_s):
        told = f"{DOUBT} for {run.still_s:.2f} s in the first drive ({result.word.value}: {result.reason})"
        return doubted.setdefault(run.case.id, told)
    return doubted.get(run.case.id, "")


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
        result = Result(case.id, Word.ERROR, _told(call), call.duration, evidence=_kept(item))
        item.stash[RESULT] = result
    if call.when == "teardown" and call.excinfo is not None:
        report.user_properties.append((PROBLEM, f"{case.id} could not be cleaned up: {_told(call)}"))
    is_last = call.when == "call" or (call.when == "setup" and call.excinfo is not None)
    if result is not None and is_last:
        state.done[case.id] = result.word
        report.user_properties.append((PROPERTY, to_json(result)))
        if result.word in RAN:
            report.user_properties.append((ENVIRONMENT, state.sessions[case.lab].environment()))
    return report


def _told(call: pytest.CallInfo[None]) -> str:
    """Say what went wrong: what was raised on purpose says it itself, with the words of what was driven."""
    assert call.excinfo
    err = call.excinfo.value
    if not isinstance(err, LbkitError):
        return f"{call.when}: {call.excinfo.type.__name__}: {err}"
    output = str(getattr(err, "output", "")).strip()
    return str(err) if not output or output in str(err) else f"{err}\nits own words: {output[-2000:]}"


def _kept(item: pytest.Item) -> tuple[str, ...]:
    """Return the evidence of a case that broke off; empty if it did not begin."""
    return item.stash[RUN].keep(with_logs=True) if RUN in item.stash else ()


def pytest_report_teststatus(report: pytest.TestReport) -> tuple[str, str, str] | None:
    """Show the suite's words instead of pytest's."""
    data = dict(report.user_properties).get(PROPERTY) if hasattr(report, "user_properties") else None
    if not isinstance(data, dict) or report.when == "teardown" or str(report.outcome) == "rerun":
        return None  # a case that is driven again is told of by the plugin that does it
    word = Word(data["word"])
    if hasattr(report, "wasxfail"):
        return REPORTED, "r", f"{word.value.upper()} (reported)"
    return (word.value, LETTERS[word], word.value.upper()) if word in LETTERS else None


@pytest.hookimpl(wrapper=True, trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> Generator[None, None, None]:
    """Give the labs back, write the report, whatever broke before; a run without a case is a failure."""
    state = session.config.stash[STATE]
    try:
        yield
    except LbkitError as err:  # a case that was interrupted is cleaned up in here
        state.problems.append(f"{state.running or 'a case'} could not be cleaned up: {err}")
    state.give_back()
    if state.is_worker:
        session.config.workeroutput[PROPERTY] = state.problems  # type: ignore[attr-defined] # xdist adds it
    if state.is_worker or not state.asks_cases:
        return
    state.write()
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
            if name == PROBLEM:
                self._problems.append(str(value))

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:  # Any: pytest's reporter has no public type
        """Print the summary, and where the report is."""
        terminalreporter.section("conformance")
        terminalreporter.write_line(self._output.text())
        for problem in self._problems:
            terminalreporter.write_line(f"error: {problem}", red=True)
