"""How long each thing may take: the limits that checks judge by, and the patience of those who wait.

Each limit is the most a conformant implementation may need; each patience is longer than its limit, so that
"too late" can be told from "never" and the report can say how late (Gateway API keeps its waits like this).

Pure.
"""

from typing import Final

ASSIGN_S: Final = 5.0
"""T(assign): from the API's answer to the write until the address is in the Service's status."""
ANNOUNCE_S: Final = 2.0
"""T(announce): from the status write until the first ARP answer, or until the route is on the router."""
WITHDRAW_S: Final = 5.0
"""T(withdraw): from the API's answer to the delete until nobody answers and no router has the route."""
SESSION_S: Final = 10.0
"""BGP-001: from the API's answer to the last BGPPeer until each session is Established."""
REPLY_P95_S: Final = 0.1
"""L2-004: ARP answers, 95th percentile."""

SLACK: Final = 1.5
"""Factor of patience over a limit."""

WATCH_DRAIN_S: Final = 5.0
"""Until the watch has shown every change the API server has."""
OBSERVER_READY_S: Final = 15.0
"""Until a capture or probe process has opened its socket (a Python start on a busy host)."""
OBSERVER_STOP_S: Final = 10.0
"""Until a capture or probe process has written its last line and left."""
COMMAND_S: Final = 15.0
"""One command on a router or a node (`docker exec`, `nsenter`)."""
API_CALL_S: Final = 30.0
"""One request to the API server."""
BACKEND_S: Final = 120.0
"""Until the echo pods are ready on every node."""
TARGET_READY_S: Final = 180.0
"""Until a freshly installed target takes configuration."""
RESTART_S: Final = 60.0
"""Until a killed or stopped process is ready again: kubelet's first back-off is 10 s, a start takes a few more."""
ROLL_S: Final = 180.0
"""Until a rolling restart has been through all nodes, one after the other."""
CLEAN_S: Final = 120.0
"""Until a case's namespace and configuration are gone."""
SETTLE_S: Final = 15.0
"""Until routers and segments have forgotten the case before."""
KUBE_PROXY_S: Final = 3.0
"""Until kube-proxy has programmed a new Service on every node: it batches changes for a second (minSyncPeriod)."""
SESSIONS_DOWN_S: Final = 30.0
"""Until the routers see the sessions of removed peers go."""
LAB_UP_S: Final = 1800.0
"""`lbkit lab up`: cold, without any image registry, it builds every part."""
DEPLOY_S: Final = 900.0
"""`lbkit lab deploy`: another target may have to be built."""
HOLD_S: Final = 5.0
"""How long a "never" is watched after things came to rest."""
SERVED_S: Final = 2.0
"""How long an address is watched that is to be reached, from its first answer on."""
PENDING_S: Final = 10.0
"""How long a Service must stay as it is where the catalogue says 30 s: a controller that is wrong is so in the first
seconds, on the event or on its first retries."""
POLL_S: Final = 0.25
"""Between two looks at a router's tables."""
REQUEST_TIMEOUT_S: Final = 3.0
"""One request of a loop: one SYN retransmission fits (RFC 6298: 1 s), so that one lost frame is no failure."""
PROBE_S: Final = 0.02
"""Between two requests, or two questions, where an outage is measured: catalogue FO, "a 50 Hz request stream"."""
PROBE_TIMEOUT_S: Final = 0.9
"""One request where an outage is measured: shorter than the first SYN retransmission (RFC 6298: 1 s), so that none that
was lost succeeds after all; long enough for a busy host."""
DUAL_S: Final = 0.15
"""Issue 5: two nodes may answer for one address so long, and only while a segment that was split heals."""
FLOW_TIMEOUT_S: Final = 5.0
"""One TCP connection or one HTTP answer: two SYN retransmissions fit (RFC 6298: 1 s, then 2 s)."""


def patience(limit_s: float) -> float:
    """Say how long to wait for something that may take `limit_s`.

    Args:
        limit_s: the limit the check will apply, seconds.

    Returns:
        Seconds; longer than the limit, so that lateness can be measured (catalogue 4.3: value times 1.5, plus 1 s).
    """
    return limit_s * SLACK + 1.0
