"""Draws a run: every round's outage, by what happened, one colour for each target.

Shell: files.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final, Protocol

import matplotlib as mpl

mpl.use("svg")  # before pyplot: there is no screen
from matplotlib import pyplot as plt

_LEAST_S: Final = 0.01
"""What was shorter, none included, is drawn here: the scale is logarithmic."""
_APART: Final = 0.3
"""Between the targets of one deed, in rows."""


class Lost(Protocol):
    """One round."""

    @property
    def deed(self) -> str:
        """What happened, by name."""

    @property
    def outage_s(self) -> float:
        """The longest outage of a client."""


def draw(runs: Mapping[str, Sequence[Lost]], path: Path, title: str, wanted_s: Mapping[str, float]) -> None:
    """Write an SVG with a row for each deed and a point for each round.

    Args:
        runs: {target: its rounds}.
        path: file to write.
        title: above the picture.
        wanted_s: {deed: the longest outage that is allowed, seconds}; 0 where none is.
    """
    deeds = list(dict.fromkeys(one.deed for rounds in runs.values() for one in rounds))
    figure, axes = plt.subplots(figsize=(8, 1.5 + 0.5 * len(deeds)), layout="constrained")
    for place, (target, rounds) in enumerate(runs.items()):
        outages = [max(one.outage_s, _LEAST_S) for one in rounds]
        rows = [deeds.index(one.deed) + _APART * (place - (len(runs) - 1) / 2) for one in rounds]
        axes.plot(outages, rows, "o", markersize=4, alpha=0.5, label=target)
    limits = [max(wanted_s[deed], _LEAST_S) for deed in deeds]
    axes.plot(limits, range(len(deeds)), "|", color="gray", markersize=22, markeredgewidth=2, label="wanted at most")
    axes.set_xscale("log")
    axes.set_xlim(left=_LEAST_S / 1.5)
    axes.set_xlabel(f"longest outage of a client in a round, s (at {_LEAST_S:g}: none, or less)")
    axes.set_yticks(range(len(deeds)), deeds)
    axes.invert_yaxis()
    axes.set_title(title)
    axes.grid(visible=True, which="both", axis="x", alpha=0.3)
    figure.legend(loc="outside lower center", ncols=3)
    figure.savefig(path)
    plt.close(figure)
