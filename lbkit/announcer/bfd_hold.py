"""BFD runs only beside a session that is established.

GoBGP resets the BGP session when its BFD session falls back, in any state. While a router comes up it does fall back:
FRR makes its end of BFD anew once it knows the address that the session runs from, and says AdminDown in between. So a
session that had BFD from the start was reset once or twice before it stayed, which takes ten seconds and more. BFD that
begins after BGP has nothing to reset: RFC 5882 section 4.1 lets a session be established without it.

Pure.
"""

from collections.abc import Collection
from dataclasses import replace

from lbkit.announcer.desired import Bgp


def hold_bfd(desired: Bgp, established: Collection[str]) -> Bgp:
    """Wish for no BFD beside sessions that are not established.

    Args:
        desired: what is wished.
        established: names of the peers whose session is up.
    """
    sessions = {
        name: session if session.bfd is None or name in established else replace(session, bfd=None)
        for name, session in desired.sessions.items()
    }
    return replace(desired, sessions=sessions)
