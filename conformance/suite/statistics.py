"""When is traffic spread evenly: chi-square with a two-run rule, and a floor that assumes no distribution.

One run exceeds the critical value at alpha = 0.001 once in a thousand even on a perfect router, so only two
independent runs that both exceed it count as a failure (about one in a million). The floor of half a fair
share is 8.7 sigma away at 200 flows per node and three nodes.

Pure.
"""

from collections.abc import Mapping
from typing import Final

from scipy.special import chdtri

ALPHA: Final = 0.001
FLOWS_PER_NODE: Final = 200
"""Fewer flows per node make the floor and the chi-square approximation weak."""
FLOOR: Final = 0.5
"""Least share of a node, as a part of its fair share."""


def chi_square(counts: Mapping[str, int], shares: Mapping[str, float] | None = None) -> float:
    """Compute Pearson's statistic of how far the counts are from the expected shares.

    Args:
        counts: {node: flows}, a node without flows included.
        shares: {node: expected share}, summing to 1; equal shares when None.

    Returns:
        The sum of (observed - expected)^2 / expected; 0.0 when there is no flow.
    """
    total = sum(counts.values())
    if total == 0:
        return 0.0
    expected = {node: total * (shares[node] if shares else 1 / len(counts)) for node in counts}
    return sum((seen - expected[node]) ** 2 / expected[node] for node, seen in counts.items())


def critical(nodes: int, alpha: float = ALPHA) -> float:
    """Return the value that chi-square over `nodes` classes exceeds with probability `alpha`.

    Args:
        nodes: number of classes, at least 2.
        alpha: probability of a false alarm in one run.
    """
    return float(chdtri(nodes - 1, alpha))


def starved(counts: Mapping[str, int], floor: float = FLOOR) -> tuple[str, ...]:
    """List the nodes that got less than `floor` of a fair share, or nothing.

    Args:
        counts: {node: flows}, a node without flows included.
        floor: part of the fair share each must reach.
    """
    fair = sum(counts.values()) / len(counts) if counts else 0.0
    return tuple(sorted(node for node, seen in counts.items() if seen == 0 or seen < floor * fair))
