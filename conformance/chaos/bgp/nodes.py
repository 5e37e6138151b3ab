"""`make chaos-bgp`: what may befall a node that routers send traffic to, round after round, and who notices.

A run that was stopped goes on with the round that lacks its end, unless `--fresh` asks for a new one.

    python -m conformance.chaos.bgp.nodes --lab=bgp --rounds=20

Exit codes: 0 every round passed; 1 not every one; 2 the lab or the target failed.

Shell: the campaign's.
"""

import sys
from pathlib import Path
from typing import Final

from conformance.chaos import plot
from conformance.chaos.bgp import table
from conformance.chaos.bgp.deeds import DEEDS
from conformance.chaos.bgp.losses import Measured, checks_for, measured
from conformance.chaos.bgp.stage import Round, Stage, advertised
from conformance.chaos.campaign import Kind, Part, Runs, run
from conformance.suite.history import History
from conformance.suite.session import LabSession
from conformance.suite.world import World

CHECKS: Final = {name: checks_for(deed.gone_s, deed.outage_s) for name, deed in DEEDS.items()}


def _befall(world: World, session: LabSession, part: Part) -> None:
    assert isinstance(world, Stage)
    deed = DEEDS[part.deed]
    world.want_peers(deed.peers)
    others = [node for node in session.facts.eligible if node not in world.cluster.control_planes()]
    node = others[part.number % len(others)]
    Round(world, session, part.path, part.seed, number=part.number, deed=part.deed).befall(deed, node)


def _measured(deed: str, number: int, history: History) -> Measured:
    return measured(deed, number, history, CHECKS[deed])


def _told(one: Measured) -> str:
    gone = "" if one.gone_s is None else f"next hop gone after {one.gone_s:.2f} s, "
    return f"{gone}requests failed for {one.outage_s:.2f} s, {one.failed} of {one.requests}"


def _render(runs: Runs[Measured], title: str) -> str:
    return table.render(runs, title, {name: deed.title for name, deed in DEEDS.items()}, CHECKS)


def _draw(runs: Runs[Measured], path: Path, title: str) -> None:
    plot.draw(runs, path, title, {name: deed.outage_s for name, deed in DEEDS.items()})


KIND: Final = Kind(
    module="conformance.chaos.bgp.nodes",
    about=__doc__.splitlines()[0],
    out=Path("conformance/out/chaos-bgp"),
    lab="bgp",
    title="Nodes lost under BGP",
    deeds=tuple(DEEDS),
    asked=tuple(DEEDS),
    stage=advertised,
    befall=_befall,
    measured=_measured,
    told=_told,
    render=_render,
    samples=table.samples,
    draw=_draw,
)

if __name__ == "__main__":
    sys.exit(run(KIND, sys.argv[1:]))
