"""An address that this station holds.

Pure.
"""

from dataclasses import dataclass
from math import inf


@dataclass(slots=True)
class Mine:
    """An address that this station holds.

    Args:
        version: of the ledger, when it was claimed.
        probes: how many were sent; None where none are needed.
        due_s: when the next is, or the last was long enough ago.
        is_answering: whether the claim has succeeded.
        offered_s: when it was offered to a better station; -inf if it is not.
        is_doubtful: it was claimed while nothing was heard, not even those who were heard before; or it was held while
            this process did not run, and nobody had the time yet to say that he took it over.
        is_patient: it was taken from somebody who says to hear nothing; he has the time to say that he heard this.
        is_contested: another claims it, too, and does not know yet that ours is the better claim.
    """

    term: int
    version: int
    since_s: float
    probes: int | None
    due_s: float
    is_answering: bool = False
    offered_s: float = -inf
    is_doubtful: bool = False
    is_patient: bool = False
    is_contested: bool = False
