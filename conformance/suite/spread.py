"""How long a number of like things took: percentiles that are samples.

Pure.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Spread:
    """How long a number of like things took, all of them: no sample is left out, and none is made up in between.

    Args:
        samples: seconds, ascending; infinite for what never came.
    """

    samples: tuple[float, ...]

    def at(self, percent: float) -> float:
        """Return the smallest sample that at least so many percent do not exceed (nearest rank).

        Args:
            percent: 0 < percent <= 100.

        Returns:
            Seconds; not a number for no samples.
        """
        if not self.samples:
            return math.nan
        return self.samples[max(0, math.ceil(len(self.samples) * percent / 100) - 1)]

    @property
    def came(self) -> int:
        """How many came at all."""
        return sum(math.isfinite(sample) for sample in self.samples)


def spread(samples: Iterable[float]) -> Spread:
    """Make a spread of samples in any order."""
    return Spread(tuple(sorted(samples)))
