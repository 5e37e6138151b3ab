"""The profiles of the report: each group of case ids is in exactly one, so no case can fall out of it.

(Gateway API's issue 2206: a test whose features are in no profile vanished from the report.)

Pure.
"""

from dataclasses import dataclass
from typing import Final

from lbkit.errors import InputError, Problem


@dataclass(frozen=True, slots=True)
class Profile:
    """A part of the catalogue that is judged and reported as one.

    Args:
        name: as in `--profile` and in the report.
        groups: the prefixes of its case ids.
    """

    name: str
    groups: tuple[str, ...]


PROFILES: Final = (
    Profile("ipam", ("IPAM", "API")),
    Profile("l2", ("L2",)),
    Profile("bgp", ("BGP", "BFD")),
    Profile("ecmp", ("ECMP",)),
    Profile("datapath", ("DP",)),
    Profile("failover", ("FO",)),
    Profile("security", ("SEC",)),
    Profile("performance", ("PERF",)),
    Profile("lab", ("LAB",)),
)

GROUPS: Final = {group: profile.name for profile in PROFILES for group in profile.groups}


def chosen(option: str) -> frozenset[str]:
    """Read `--profile`.

    Args:
        option: comma list of profile names, without those that have a `-` before them; "full" or "" means all.

    Raises:
        InputError: a name is unknown.
    """
    asked = {part.strip().lower() for part in option.split(",") if part.strip()}
    left_out = {name.removeprefix("-") for name in asked if name.startswith("-")}
    names = {name for name in asked if not name.startswith("-")}
    known = {profile.name for profile in PROFILES}
    if not names or "full" in names:
        names = known
    wrong = sorted((names | left_out) - known)
    if wrong:
        raise InputError(
            Problem("--profile", f"got {', '.join(wrong)}, wanted some of {', '.join(sorted(known))}, full")
        )
    return frozenset(names - left_out)
