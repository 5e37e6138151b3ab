"""Judges of pods that end slowly: who still advertises an address while they go on serving.

Source: KEP-1669 (serving while terminating), KEP-1672 (conditions of endpoints); catalogue BGP-013.

Pure.
"""

from functools import partial
from ipaddress import ip_network
from typing import Final

from conformance.suite import seen
from conformance.suite.case import Check
from conformance.suite.history import History
from conformance.suite.routes import names, routes
from conformance.suite.seen import Moment
from conformance.suite.verdict import Figure, Verdict, failed, passed, unknown

DRAINING: Final = "draining: "
"""Begins the mark of a moment from which on the pods of these nodes end, while other nodes have ready ones."""
LAST: Final = "last: "
"""The same of the nodes with the last ready pods."""


def drained(within_s: float) -> Check:
    """Demand that a node whose pods end is left out while others have ready ones, and that the last ones stay.

    Args:
        within_s: from the mark until the routers' tables are right, seconds.
    """
    rule = (
        f"a node whose pods only end leaves the routers in {within_s:g} s if others have ready pods, "
        "and stays if nobody has (KEP-1669)"
    )
    return Check("drained", rule, partial(_drained, within_s=within_s))


def _drained(history: History, *, within_s: float) -> Verdict:
    lab, prefixes = seen.facts(history), [ip_network(address) for address in seen.addresses(history)]
    draining, last = seen.moments(history, DRAINING), seen.moments(history, LAST)
    if lab is None or not prefixes or not draining or not last:
        return unknown("no pod was ended, or no Service has an address")
    if doubt := next((why for moment in (*draining, *last) if (why := _doubt(history, moment))), ""):
        return unknown(doubt)
    worst_s = 0.0
    for moment in draining:
        for route in routes(history, lab, prefixes, moment.begin_ns, moment.end_ns):
            left = next((t_ns for t_ns, nodes in route.looks if not nodes & moment.names), None)
            if left is None or route.looks[-1][1] & moment.names:
                return route.unsettled(moment.begin_ns, within_s, f", {names(moment.names)} with pods that end")
            if not all(nodes for _, nodes in route.looks):
                return failed(f"{route.router} had no route to {route.prefix} at all for a while")
            worst_s = max(worst_s, seen.seconds(left, moment.begin_ns))
    for moment in last:
        for route in routes(history, lab, prefixes, moment.begin_ns, moment.end_ns):
            if not route.looks:
                return unknown(f"{route.router} was not looked at")
            if not all(moment.names <= nodes for _, nodes in route.looks):
                text = f"{route.router} had {route.prefix} from {names(route.looks[-1][1])}"
                return failed(f"{text} while the last pods, on {names(moment.names)}, still served")
    figure = Figure("node with ending pods left out", worst_s, "s", at_most=within_s)
    if worst_s > within_s:
        return failed(f"a node was left out after {worst_s:.2f} s, wanted {within_s:g} s").with_figures(figure)
    return passed(f"left out after {worst_s:.2f} s, and the last that served stayed").with_figures(figure)


def _doubt(history: History, moment: Moment) -> str:
    """Say why nobody knows that the pods served on; "" where that was seen."""
    noted = [e for e in history.of("kube", "pods") if moment.begin_ns <= e.t_ns < moment.end_ns]
    serving = {pod["node"] for event in noted for pod in event.data["pods"].values() if pod.get("serves_on")}
    silent = moment.names - serving
    return f"no ending pod on {names(silent)} was seen to serve on" if silent else ""
