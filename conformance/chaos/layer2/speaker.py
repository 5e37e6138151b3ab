"""`make chaos-speaker`: what may befall the owner of an address, round after round, and what clients notice of it.

A run that was stopped goes on with the round that lacks its end, unless `--fresh` asks for a new one.

    python -m conformance.chaos.layer2.speaker --lab=l2 --rounds=20

Exit codes: 0 every round passed; 1 not every one; 2 the lab or the target failed.

Shell: the campaign's.
"""

import sys
from pathlib import Path
from typing import Final

from conformance.chaos import plot
from conformance.chaos.campaign import Kind, Part, Runs, run
from conformance.chaos.layer2 import table
from conformance.chaos.layer2.losses import OUTAGE_S, PLANNED, UNPLANNED, Measured, checks_of, measured
from conformance.chaos.layer2.stage import Round, announced
from conformance.suite.deeds import DEEDS
from conformance.suite.history import History
from conformance.suite.session import LabSession
from conformance.suite.world import World

ASKED: Final = (
    *("links-lost", "interface-down", "killed", "frozen"),
    *("drain", "cordon-evict", "rolling-restart", "controller-restart"),
)
"""In the order of tables."""
CHECKS: Final = tuple({check.name: check for check in (*UNPLANNED, *PLANNED)}.values())


def _befall(world: World, session: LabSession, part: Part) -> None:
    one = Round(world, session, part.path, part.seed, number=part.number, deed=part.deed)
    one.befall(DEEDS[part.deed])


def _measured(deed: str, number: int, history: History) -> Measured:
    return measured(deed, number, history, checks_of(deed))


def _told(one: Measured) -> str:
    figures = f"outage {one.outage_s:.2f} s, {one.failed} lost, silence {one.silence_s:.2f} s"
    return f"{figures}, two {one.together_s * 1000:.0f} ms"


def _render(runs: Runs[Measured], title: str) -> str:
    return table.render(runs, title, CHECKS)


def _draw(runs: Runs[Measured], path: Path, title: str) -> None:
    plot.draw(runs, path, title, dict.fromkeys(DEEDS, OUTAGE_S))


KIND: Final = Kind(
    module="conformance.chaos.layer2.speaker",
    about=__doc__.splitlines()[0],
    out=Path("conformance/out/chaos-speaker"),
    lab="l2",
    title="Owners lost",
    deeds=tuple(DEEDS),
    asked=ASKED,
    stage=announced,
    befall=_befall,
    measured=_measured,
    told=_told,
    render=_render,
    samples=table.samples,
    draw=_draw,
)

if __name__ == "__main__":
    sys.exit(run(KIND, sys.argv[1:]))
