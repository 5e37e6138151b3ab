"""The scene of a fail-over: who owns what, whom a fault may hit, and when things are calm."""

import time
from collections.abc import Iterator
from ipaddress import ip_address
from pathlib import Path
from typing import Any, cast

import pytest

from conformance.selftest.made import Made, l2_status
from conformance.suite.deeds import Deed, Tools, Undo
from conformance.suite.facts import IPAddress, parse
from conformance.suite.history import Event
from conformance.suite.recorder import Recorder, Stopped
from conformance.suite.scene import Scene
from conformance.suite.staging import befall
from conformance.suite.traffic import Traffic
from conformance.suite.wire import Wire

ONE, TWO, SIX = (ip_address(text) for text in ("10.10.0.200", "10.10.0.201", "fd00:10:10::200"))
OWNERS = {ONE: "k1", TWO: "k1", SIX: "k2"}


class Stage:
    """A stage on which questions are answered at once, as `owners` says, and requests as `errors` says."""

    def __init__(self, folder: Path) -> None:
        self.lab = parse(l2_status())
        self.recorder = Recorder(folder / "history.jsonl")
        self.recorder.record("lab", "facts", **l2_status())
        self.wire = cast("Wire", self)
        self.traffic = cast("Traffic", self)
        self.owners = dict(OWNERS)
        self.asked: list[IPAddress] = []
        self.probed: dict[str, IPAddress] = {}

    def replay(self, made: Made) -> None:
        """Take over made events as if they happened now."""
        for event in made.events:
            self.recorder.add(Event(time.monotonic_ns(), event.source, event.kind, event.data))

    def ask(self, *targets: IPAddress, **_: Any) -> None:  # Any: how it asks is not looked at
        """Ask once, and answer."""
        for target in targets:
            made, node = Made(), self.owners.get(target)
            if target.version == 4:
                made.asked(str(target))
                made = made.replied(str(target), node) if node else made
            else:
                made.asked_by_ndp(str(target))
                made = made.advertised(str(target), node) if node else made
            self.replay(made)

    def keep_asking(self, *targets: IPAddress, **_: Any) -> None:  # Any: as above
        """Note what is asked for."""
        self.asked += targets

    def probe(self, about: str, target: IPAddress) -> None:
        """Note what is requested."""
        self.probed[about] = target

    def second(self, *, failing: bool = False, silent: bool = False, moments: int = 60) -> None:
        """Let a little more than a second pass: requests and questions, each answered or not."""
        begin_ns = time.monotonic_ns() - moments * 20_000_000
        if not self.recorder.history().of("request", "plan"):
            self.recorder.record("request", "plan", run=0, about="web by IPv4")
        made = Made()
        for number in range(moments):
            t_ns = begin_ns + number * 20_000_000
            ok = not (failing and number == moments - 5)
            fields = {"run": 0, "number": number, "begin_ns": t_ns, "ok": ok, "answer": "pod", "error": ""}
            self.recorder.add(Event(t_ns, "request", "answer", fields))
            made = Made().asked(str(ONE))
            if not (silent and moments - 20 <= number < moments - 8):
                made = made.replied(str(ONE), "k1")
            for event in made.events:
                self.recorder.add(Event(t_ns, event.source, event.kind, event.data))


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    """A stage and its history."""
    made = Stage(tmp_path)
    yield made
    made.recorder.close()


def test_owners_are_those_who_answer_now(stage: Stage) -> None:
    """Of both families; an address that nobody answers for has none, whoever answered before."""
    scene = Scene(stage, OWNERS)
    assert scene.owners() == OWNERS
    del stage.owners[SIX]
    assert scene.owners() == {ONE: "k1", TWO: "k1"}


def test_node_is_picked_that_owns_most_and_may_be_hit(stage: Stage) -> None:
    """Nobody is hit who must not be; where nobody is left the drive stops."""
    scene = Scene(stage, OWNERS)
    assert scene.pick() == "k1"
    assert scene.pick(but={"k1"}) == "k2"
    with pytest.raises(Stopped, match="no node"):
        scene.pick(but={"k1", "k2"})


def test_one_address_of_each_family_is_watched(stage: Stage) -> None:
    """Of the node that will be hit, and of no other."""
    scene = Scene(stage, OWNERS)
    scene.watch(of="k1")
    assert stage.asked == [ONE]
    assert stage.probed == {"web by IPv4": ONE}
    both = Scene(stage, OWNERS)
    both.watch()
    assert both.watched == (ONE, SIX)
    with pytest.raises(Stopped, match="k3 owns no address"):
        scene.watch(of="k3")


@pytest.mark.parametrize(
    ("seen", "is_calm"),
    [({}, True), ({"failing": True}, False), ({"silent": True}, False), ({"moments": 20}, False)],
    ids=[
        "all answered",
        "a request failed",
        "questions unanswered for longer than an answer may take",
        "not for long enough",
    ],
)
@pytest.mark.slow
def test_things_are_calm_when_all_of_a_second_was_answered(
    stage: Stage, seen: dict[str, Any], is_calm: bool
) -> None:  # Any: arguments of `second`
    """One request without an answer is enough to say no, and so is silence for longer than an answer may take."""
    stage.second(**seen)
    assert Scene(stage, OWNERS).calm(0.3) is is_calm


@pytest.mark.slow
def test_deed_is_done_and_put_right_in_its_order(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is done before all is calm; it is put right even if it never is calm again."""
    told: list[str] = []
    scene = Scene(stage, OWNERS)

    def calm(*_: float) -> bool:
        told.append("calm")
        return False

    def undo() -> None:
        told.append("undo")

    def do(_tools: Tools, node: str) -> Undo:
        told.append(f"do {node}")
        return undo

    monkeypatch.setattr(scene, "steady", lambda: told.append("steady"))
    monkeypatch.setattr(scene, "calm", calm)
    deed = Deed("made-up", "made up", do)
    befall(deed, cast("Tools", stage), scene, "k1")
    assert told == ["steady", "do k1", "calm", "undo", "calm"]
