"""Draws a run: for each stage how long Services waited for their address, and how many had one when.

Shell: files.
"""

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import matplotlib as mpl

mpl.use("svg")  # before pyplot: there is no screen
from matplotlib import pyplot as plt

from conformance.bench.goals import P99_S, Figures

_LEAST_S: Final = 0.001
"""What was quicker, or seen by the watch before the writer had its answer, is drawn here: the scale is logarithmic."""


def draw(stages: Sequence[Figures], path: Path, title: str) -> None:
    """Write an SVG with the distribution of the waits, logarithmic, one line for each stage.

    Args:
        stages: what was measured, in order.
        path: file to write.
        title: above the picture.
    """
    figure, axes = plt.subplots(figsize=(8, 4.5), layout="constrained")
    for one in stages:
        # Who never got an address is missing at the top: the line ends below 100 %.
        waits = [max(sample, _LEAST_S) for sample in one.assigning.samples if math.isfinite(sample)]
        shares = [100 * (rank + 1) / len(one.assigning.samples) for rank in range(len(waits))]
        axes.step(waits, shares, where="post", label=f"{one.name}, p99 {one.assigning.at(99):.3f} s")
    axes.axvline(P99_S, color="gray", linestyle="--", linewidth=1, label=f"goal for p99: {P99_S:g} s")
    axes.set_xscale("log")
    axes.set_xlabel("from the API's answer to the create until the address is in the watch, s")
    axes.set_ylabel("Services, %")
    axes.set_title(title)
    axes.grid(visible=True, which="both", alpha=0.3)
    figure.legend(loc="outside lower center", ncols=2)
    figure.savefig(path)
    plt.close(figure)
