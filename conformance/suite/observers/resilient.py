"""A program: forward to one address over a resilient next-hop group, with the next hops that the router's table has.

It does for a router what FRR 10.8 does by `zebra nexthop-group resilience`, and switches in hardware: flows keep their
buckets, and so their next hop, when another next hop comes or goes. The route is in a table of its own, so that the
routing daemon does not see it. The group itself stays when the program ends, unused, and is taken up again by the next:
zebra makes a group its own when somebody else deletes it, and keeps it for ever.
Source: Linux Documentation/networking/nexthop-group-resilient.rst.

Shell: ip, the monotonic clock, stdin, stdout.
"""

import json
import subprocess
from typing import Any, Final

from conformance.suite.observers.emit import emit, is_stopped, plan

TABLE: Final = "7200"
GROUP: Final = 240_000_000
"""Number of the group; its next hops follow. Far from what zebra counts itself, and below what it gives to others."""
PREFERENCE: Final = "7200"
"""Of the rule: before the main table's, 32766."""
_POLL_S: Final = 0.05

Hop = tuple[str, str]
"""Gateway and device."""


def ip(*words: str) -> str:
    """Run `ip`; raise CalledProcessError where it fails."""
    return subprocess.run(["ip", *words], capture_output=True, text=True, check=True, timeout=10).stdout


def hops(address: str) -> tuple[Hop, ...]:
    """Read the usable next hops of an address in the main table."""
    routes = json.loads(ip("-j", "route", "show", f"{address}/32") or "[]")
    found = [hop for route in routes for hop in route.get("nexthops", [route]) if "gateway" in hop]
    usable = [hop for hop in found if not {"dead", "linkdown"} & set(hop.get("flags", []))]
    return tuple(sorted((str(hop["gateway"]), str(hop["dev"])) for hop in usable))


def put(asked: dict[str, Any], wanted: tuple[Hop, ...], numbers: dict[Hop, int]) -> None:
    """Make the group have exactly these next hops, and the route use the group."""
    address = f"{asked['address']}/32"
    if not wanted:
        ip("route", "del", address, "table", TABLE)
        return
    for hop in wanted:
        numbers.setdefault(hop, GROUP + 1 + len(numbers))
        ip("nexthop", "replace", "id", str(numbers[hop]), "via", hop[0], "dev", hop[1])
    members = "/".join(str(numbers[hop]) for hop in wanted)
    kind = ["type", "resilient", "buckets", str(asked["buckets"])]
    kind += ["idle_timer", str(asked["idle_s"]), "unbalanced_timer", "0"]
    ip("nexthop", "replace", "id", str(GROUP), "group", members, *kind)
    ip("route", "replace", address, "nhid", str(GROUP), "table", TABLE)


def main() -> None:
    """Follow the main table until stdin ends, and take the route away."""
    asked = plan()
    numbers: dict[Hop, int] = {}
    have: tuple[Hop, ...] = ()
    ip("rule", "add", "pref", PREFERENCE, "to", f"{asked['address']}/32", "lookup", TABLE)
    try:
        while not is_stopped(_POLL_S):
            wanted = hops(asked["address"])
            if wanted != have:
                put(asked, wanted, numbers)
                have = wanted
                emit("router", "resilient", router=asked["router"], hops=[gateway for gateway, _ in wanted])
    finally:
        ip("rule", "del", "pref", PREFERENCE)
        if have:
            ip("route", "del", f"{asked['address']}/32", "table", TABLE)


if __name__ == "__main__":
    main()
