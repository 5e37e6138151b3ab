"""What can become of a Service: it keeps what it has, is assigned something, gives it back, or is refused.

Pure.
"""

from dataclasses import dataclass
from typing import TypeAlias

from lbkit.model.names import Reason
from lbkit.model.views import IPAddress


@dataclass(frozen=True, slots=True)
class Refuse:
    """The Service has no address, or (as a complaint beside an address) not all it asked for.

    Args:
        reason: one word for programs.
        message: a sentence for people, in MetalLB's words where it has some.
        lost: why an address it had is taken from it; empty where it had none.
    """

    reason: Reason
    message: str
    lost: str = ""


@dataclass(frozen=True, slots=True)
class Keep:
    """The Service keeps exactly the addresses its status shows.

    Args:
        pool: name of the pool they are of; of two pools, both with a comma, in the order of the addresses.
    """

    addresses: tuple[IPAddress, ...]
    pool: str
    complaint: Refuse | None = None


@dataclass(frozen=True, slots=True)
class Assign:
    """The Service gets these addresses, some of which it may have already; primary family first.

    Args:
        pool: as in `Keep`.
    """

    addresses: tuple[IPAddress, ...]
    pool: str
    lost: str = ""
    complaint: Refuse | None = None


@dataclass(frozen=True, slots=True)
class Release:
    """The Service is no load balancer (any more), or is being deleted, and holds nothing."""


Outcome: TypeAlias = Keep | Assign | Release | Refuse
