"""Judges of an uninstall: nothing that the load balancer put on Services, nodes or the wire is left behind.

Source: KEP-980 (no finalizer without its controller); catalogue API-012.

Pure.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from conformance.suite import neighbor, seen
from conformance.suite.case import Check
from conformance.suite.declared import declared
from conformance.suite.facts import IPAddress
from conformance.suite.history import History
from conformance.suite.verdict import Verdict, failed, passed, unknown

KUBE_PROXY: Final = re.compile(r"KUBE-|kube-proxy|kube-ipvs0")
"""Chains, tables and interfaces of kube-proxy, which serves an ingress address as long as a Service shows it."""


@dataclass(frozen=True, slots=True)
class Rule:
    """A line of `nft list ruleset`.

    Args:
        table: family and name.
        chain: its name; "" for what is in no chain.
        text: of the line.
    """

    table: str
    chain: str
    text: str


def rules(ruleset: str) -> Iterator[Rule]:
    """Read `nft list ruleset` line by line."""
    table = chain = ""
    for line in ruleset.splitlines():
        words = line.split()
        if not words:
            continue
        if words[0] == "table":
            table, chain = " ".join(words[1:-1]), ""
        elif words[0] == "chain":
            chain = words[1]
        elif line == "}":
            table = chain = ""
        yield Rule(table, chain, line.strip())


def nothing_left() -> Check:
    """Demand that after the uninstall no node bears an address, a route or a rule, and nobody answers by ARP."""
    rule = "after the uninstall: no finalizer on a Service, no address, route or rule on a node, no ARP answer"
    return Check("nothing-left", rule, _nothing_left)


def _nothing_left(history: History) -> Verdict:
    lab, target, given = seen.facts(history), declared(history), seen.addresses(history)
    gone = history.last("fault", "uninstall")
    if lab is None or target is None or gone is None or not given:
        return unknown("the load balancer was not uninstalled, or gave no address before")
    after = [event for event in history.of("node", "state") if event.t_ns > gone.t_ns]
    missing = set(lab.eligible) - {event.data["node"] for event in after}
    asked = [ask for ask in neighbor.asks(history) if ask.t_ns > gone.t_ns]
    if missing or {ask.target for ask in asked} != set(given):
        return unknown(f"not looked at after the uninstall: {', '.join(sorted(missing)) or 'the wire'}")
    answered = {ask.target for ask in neighbor.asks(history) if ask.t_ns < gone.t_ns and ask.answers}
    if answered != set(given):
        return unknown("an address was not answered for before the uninstall, so silence proves nothing")
    for target_ip in given:
        late = [heard for heard in neighbor.claims(history, target_ip) if heard.t_ns > gone.t_ns]
        if late:
            who = lab.node_of_mac(late[0].mac) or "a stranger"
            return failed(f"{target_ip} is still claimed by {who}", f"{len(late)} frames")
    for event in after:
        if left := list(_left_on(event.data, given, target.words)):
            return failed(f"{event.data['node']}: {left[0]} is left", *left[1:])
    states = {e.data["object"]["metadata"]["name"]: e for e in history.of("kube", "service") if e.t_ns <= gone.t_ns}
    finalizers = [n for n, e in states.items() if e.data["object"]["metadata"].get("finalizers")]
    doubt = seen.wire_doubt(history) or seen.watch_doubt(history)
    if doubt:
        return unknown(doubt)
    if finalizers:
        return failed(f"{', '.join(finalizers)}: a finalizer is left, and nobody to take it off")
    return passed(f"{len(given)} addresses on the wire and {len(after)} nodes: nothing left")


def _left_on(state: Any, given: tuple[IPAddress, ...], words: tuple[str, ...]) -> Iterator[str]:  # Any: the node's JSON
    ours = {str(address) for address in given}
    for link in state["addresses"]:
        name = str(link.get("ifname", ""))
        bound = {str(info.get("local")) for info in link.get("addr_info", [])} & ours
        if bound and not KUBE_PROXY.search(name):
            yield f"address {min(bound)} on interface {name}"
        if any(word in name for word in words):
            yield f"interface {name}"
    for route in state["routes"]:
        if str(route.get("dst", "")).partition("/")[0] in ours and not KUBE_PROXY.search(str(route.get("dev", ""))):
            yield f"route to {route['dst']}"
    for entry in state["proxies"]:
        if str(entry.get("dst", "")) in ours:
            yield f"proxy neighbor {entry['dst']}"
    for rule in rules(state["ruleset"]):
        if any(word in f"{rule.table} {rule.chain}" for word in words):
            yield f"{rule.table} {rule.chain}: {rule.text}"
        is_named = any(re.search(rf"(?<![\d.]){re.escape(address)}(?![\d.])", rule.text) for address in ours)
        if is_named and not KUBE_PROXY.search(f"{rule.table} {rule.chain}"):
            yield f"rule in {rule.table} {rule.chain}: {rule.text}"


def taken_away(within_s: float) -> Check:
    """Demand that Services can be deleted after the uninstall: no finalizer waits for a controller that is gone.

    Args:
        within_s: limit from the API's answer to the delete, seconds.
    """
    rule = f"after the uninstall a deleted Service is gone at most {within_s:g} s later"
    return Check("taken-away", rule, partial(_taken_away, within_s=within_s))


def _taken_away(history: History, *, within_s: float) -> Verdict:
    gone = history.last("fault", "uninstall")
    deleted = [w for w in seen.writes(history, "Service", "delete") if gone and w.invoked_ns > gone.t_ns]
    if not deleted:
        return unknown("no Service was deleted after an uninstall")
    ends = {state.name: state.t_ns for state in seen.services(history) if state.is_deleted}
    for write in deleted:
        watched_s = seen.seconds(ends.get(write.name, history.end_ns), write.t_ns)
        if watched_s > within_s:
            return failed(f"{write.name} is there {watched_s:.1f} s after its deletion, wanted {within_s:g} s")
        if write.name not in ends:
            return unknown(f"{write.name} is still there, but only {watched_s:.1f} s were watched")
    return passed(f"{len(deleted)} Services gone")
