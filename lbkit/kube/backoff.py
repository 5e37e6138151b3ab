"""How long to wait after a failure: twice as long each time, up to a limit, and never the same as everybody else.

Without the jitter, all speakers that lost the API server at once would come back at once.

Shell: random numbers.
"""

import random
from typing import Final

FIRST_S: Final = 0.2
LONGEST_S: Final = 30.0


def delay_s(failures: int, *, first_s: float = FIRST_S, longest_s: float = LONGEST_S) -> float:
    """Give the seconds to wait after the given number of failures in a row.

    Args:
        failures: 1 after the first one; 0 waits not at all.
        first_s: the wait after the first failure, before jitter.
        longest_s: the limit, before jitter.

    Returns:
        Between half and all of the doubled wait.
    """
    if failures <= 0:
        return 0.0
    whole = min(longest_s, first_s * 2.0 ** min(failures - 1, 32))
    return whole * random.uniform(0.5, 1.0)  # noqa: S311 - jitter, not a secret
