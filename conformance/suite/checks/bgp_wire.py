"""Judges of what nodes say to routers, message by message: attributes, silence, packing, refresh, leaving.

They read the captures on the routers, so that neither a router's policy nor the time between two looks at its tables
hides anything.
Source: RFC 4271, RFC 2918, RFC 4724, RFC 8326, draft-ietf-idr-link-bandwidth; catalogue BGP, FO.

Pure.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from ipaddress import ip_network

from conformance.suite import bgp_stream, bgp_update, seen
from conformance.suite.bgp_stream import Kind
from conformance.suite.bgp_update import GRACEFUL_SHUTDOWN, Update
from conformance.suite.case import Check
from conformance.suite.facts import IPNetwork, is_inside
from conformance.suite.history import History
from conformance.suite.verdict import Verdict, failed, passed, unknown

IGP = 0


@dataclass(frozen=True, slots=True)
class Said:
    """One message of a node to a router.

    Args:
        t_ns: when it was captured.
        node: k8s node.
        router: short name.
        kind: number of its type.
        update: what an UPDATE says; None for other messages, and for one that cannot be read.
    """

    t_ns: int
    node: str
    router: str
    kind: int
    update: Update | None

    @property
    def is_reset(self) -> bool:
        """A session begins or ends by it."""
        return self.kind in {Kind.OPEN, Kind.NOTIFICATION}

    def __str__(self) -> str:
        what = Kind(self.kind).name if self.kind in set(Kind) else f"type {self.kind}"
        return f"{self.node} to {self.router}: {what} {self.update or ''}"


def said(history: History) -> tuple[Said, ...]:
    """Return what nodes said to routers, in order, without KEEPALIVEs."""
    lab = seen.facts(history)
    if lab is None:
        return ()
    nodes = {(router, a): node for router in lab.peering_routers() for a, node in lab.peering(router).items()}
    found: list[Said] = []
    for router in lab.peering_routers():
        for message in bgp_stream.messages(history, router):
            node = nodes.get((router, message.sender))
            if node is not None and message.kind != Kind.KEEPALIVE:
                update = bgp_update.decode(message.body) if message.kind == Kind.UPDATE else None
                found.append(Said(message.t_ns, node, router, message.kind, update))
    return tuple(sorted(found, key=lambda each: each.t_ns))


def attributes() -> Check:
    """Demand of every host route of a pool: ORIGIN IGP, the declared AS alone in AS_PATH, no LOCAL_PREF, no MED."""
    rule = "eBGP paths have ORIGIN IGP and AS_PATH [myASN], and neither LOCAL_PREF nor MULTI_EXIT_DISC"
    return Check("attributes", rule, _attributes)


def _attributes(history: History) -> Verdict:
    declared = {(int(w.object["spec"]["myASN"]),) for w in seen.writes(history, "BGPPeer", "create", "apply")}
    entries = seen.pool_entries(history)
    count = 0
    for message in said(history):
        update = message.update
        if update is None or not any(is_inside(prefix[0], entries) for prefix in update.advertised):
            continue
        count += 1
        wrong = [
            what
            for what, is_wrong in (
                (f"ORIGIN {update.origin}", update.origin != IGP),
                (f"AS_PATH {update.as_path}", update.as_path not in declared),
                (f"LOCAL_PREF {update.local_pref}", update.local_pref is not None),
                (f"MULTI_EXIT_DISC {update.med}", update.med is not None),
            )
            if is_wrong
        ]
        if wrong:
            return failed(f"{message.node} to {message.router}: {', '.join(wrong)}", str(message))
    return (
        passed(f"{count} UPDATEs, all as they should be") if count else unknown("no UPDATE for an address was captured")
    )


def quiet(since: str, until: str, *, may_advertise: bool = False, at_least_s: float = 1.0) -> Check:
    """Demand that nodes send nothing but KEEPALIVEs between two marks.

    Args:
        since: name of the first mark.
        until: name of the second.
        may_advertise: whether new prefixes may come; then only withdrawals and what resets a session is wrong.
        at_least_s: less time than this decides nothing.
    """
    what = "withdraws nothing and resets no session" if may_advertise else "sends nothing but KEEPALIVEs"
    judge = partial(_quiet, since=since, until=until, may_advertise=may_advertise, at_least_s=at_least_s)
    return Check("quiet", f"between {since} and {until} no node {what}", judge)


def _quiet(history: History, *, since: str, until: str, may_advertise: bool, at_least_s: float) -> Verdict:
    begin, end = seen.marked(history, since), seen.marked(history, until)
    if begin is None or end is None or (doubt := seen.wire_doubt(history)):
        return unknown("a mark is missing" if begin is None or end is None else doubt)
    if seen.seconds(end, begin) < at_least_s:
        return unknown(f"{seen.seconds(end, begin):.1f} s only, wanted {at_least_s:g} s")
    before = {(each.node, each.router) for each in said(history) if each.t_ns < begin and each.update}
    if not before:
        return unknown("no node had said anything before that")
    window = [each for each in said(history) if begin <= each.t_ns < end]
    wrong = [each for each in window if not may_advertise or each.update is None or each.update.withdrawn]
    if wrong:
        return failed(f"{len(wrong)} messages of nodes ({wrong[0]})", *map(str, wrong))
    return passed(f"{len(before)} sessions, {len(window)} UPDATEs in {seen.seconds(end, begin):.0f} s")


def packed(prefixes: int, most: int) -> Check:
    """Demand that a whole table travels in few messages.

    Args:
        prefixes: how many a session must have carried; fewer decide nothing.
        most: UPDATEs of one node to one router.
    """
    rule = f"the initial table of {prefixes} prefixes takes at most {most} UPDATEs per session"
    return Check("packed", rule, partial(_packed, prefixes=prefixes, most=most))


def _packed(history: History, *, prefixes: int, most: int) -> Verdict:
    worst = 0
    tables = initial_tables(history)
    if not tables or (doubt := seen.wire_doubt(history)):
        return unknown(doubt if tables else "no session was captured from its OPEN on")
    for (node, router), updates in tables.items():
        told = {prefix for each in updates for prefix in each.advertised}
        if len(told) < prefixes:
            return unknown(f"{node} told {router} {len(told)} prefixes, wanted {prefixes}")
        count = sum(bool(each.advertised) for each in updates)
        if count > most:
            return failed(f"{node} to {router}: {count} UPDATEs for {len(told)} prefixes, wanted {most}")
        worst = max(worst, count)
    return passed(f"{len(tables)} sessions, {worst} UPDATEs at most for {prefixes} prefixes")


def initial_tables(history: History) -> dict[tuple[str, str], list[Update]]:
    """Return {(node, router): the UPDATEs of the last session from its OPEN to its first End-of-RIB, or to the end}."""
    found: dict[tuple[str, str], list[Update]] = {}
    is_done: dict[tuple[str, str], bool] = {}
    for each in said(history):
        session = each.node, each.router
        if each.kind == Kind.OPEN:
            found[session], is_done[session] = [], False
        elif each.update is not None and session in found and not is_done[session]:
            found[session].append(each.update)
            is_done[session] = each.update.is_end_of_rib
    return found


def refreshed() -> Check:
    """Demand that a node answers a router's ROUTE-REFRESH with its whole table, on the same session."""
    rule = "after ROUTE-REFRESH each node sends all addresses again and resets no session (RFC 2918 section 4)"
    return Check("refreshed", rule, _refreshed)


def _refreshed(history: History) -> Verdict:
    lab, since = seen.facts(history), seen.marked(history, "refresh")
    wanted = {ip_network(address) for address in seen.addresses(history)}
    if lab is None or since is None or not wanted:
        return unknown("no refresh was asked for, or no Service has an address")
    sessions = {
        (node, router)
        for router in lab.peering_routers()
        for message in bgp_stream.messages(history, router)
        if message.kind == Kind.ROUTE_REFRESH and message.t_ns >= since
        if (node := lab.peering(router).get(message.receiver))
    }
    if not sessions or (doubt := seen.wire_doubt(history)):
        return unknown(doubt if sessions else "no router sent a ROUTE-REFRESH")
    after = [each for each in said(history) if each.t_ns >= since]
    if resets := [each for each in after if each.is_reset]:
        return failed(f"a session was reset: {resets[0]}")
    for node, router in sorted(sessions):
        mine = [each.update for each in after if (each.node, each.router) == (node, router) and each.update]
        told = {prefix for update in mine for prefix in update.advertised}
        if missing := wanted - told:
            return failed(f"{node} did not send {len(missing)} of {len(wanted)} prefixes to {router} again")
    return passed(f"{len(sessions)} sessions, {len(wanted)} prefixes each")


def end_of_rib(within_s: float) -> Check:
    """Demand an End-of-RIB marker soon after the initial table.

    Args:
        within_s: from the last prefix of the initial table (or the OPEN, where there is none), seconds.
    """
    rule = f"each node marks the end of its initial table at most {within_s:g} s after it (RFC 4724 section 2)"
    return Check("end-of-rib", rule, partial(_end_of_rib, within_s=within_s))


def _end_of_rib(history: History, *, within_s: float) -> Verdict:
    last_ns: dict[tuple[str, str], int] = {}
    ended: dict[tuple[str, str], float | None] = {}
    for each in said(history):
        session = each.node, each.router
        if each.kind == Kind.OPEN:
            last_ns[session], ended[session] = each.t_ns, None
        elif each.update is not None and session in ended and ended[session] is None:
            if each.update.is_end_of_rib:
                ended[session] = seen.seconds(each.t_ns, last_ns[session])
            else:
                last_ns[session] = each.t_ns
    if not ended or (doubt := seen.wire_doubt(history)):
        return unknown(doubt if ended else "no session was captured from its OPEN on")
    missing = [f"{node} to {router}" for (node, router), took_s in ended.items() if took_s is None]
    if missing:
        return failed(f"no End-of-RIB of {', '.join(missing)}")
    worst_s = max(took_s for took_s in ended.values() if took_s is not None)
    if worst_s > within_s:
        return failed(f"an End-of-RIB came after {worst_s:.1f} s, wanted {within_s:g} s")
    return passed(f"{len(ended)} sessions, the slowest after {worst_s:.2f} s")


def leaves_politely(hold_off_s: float) -> Check:
    """Demand that nodes which leave say GRACEFUL_SHUTDOWN well before they withdraw, or end the session.

    Args:
        hold_off_s: between the community and the end, at least, seconds.
    """
    rule = (
        f"a node that leaves marks its paths 65535:0 at least {hold_off_s:g} s before it withdraws them or ends the "
        "session (RFC 8326 section 4)"
    )
    return Check("leaves-politely", rule, partial(_leaves_politely, hold_off_s=hold_off_s))


def _leaves_politely(history: History, *, hold_off_s: float) -> Verdict:
    since = seen.marked(history, "leaving")
    if since is None or (doubt := seen.wire_doubt(history)):
        return unknown("nobody was told to leave" if since is None else doubt)
    held: dict[tuple[str, str], dict[IPNetwork, int | None]] = {}
    shortest_s: float | None = None
    for each in said(history):
        table = held.setdefault((each.node, each.router), {})
        update = each.update
        gone = set(table) if each.is_reset else set(update.withdrawn if update else ())
        for prefix in gone & table.keys():
            asked_ns = table.pop(prefix)
            if each.t_ns < since:
                continue
            if asked_ns is None:
                return failed(f"{each.node} took {prefix} from {each.router} without a word before")
            took_s = seen.seconds(each.t_ns, asked_ns)
            shortest_s = took_s if shortest_s is None else min(shortest_s, took_s)
        for prefix in update.advertised if update else ():
            is_last_choice = update is not None and GRACEFUL_SHUTDOWN in update.communities
            table[prefix] = each.t_ns if is_last_choice else None
    if shortest_s is None:
        return unknown("no path went away")
    if shortest_s < hold_off_s:
        return failed(f"a path went {shortest_s:.2f} s after its community, wanted {hold_off_s:g} s")
    return passed(f"every path had its community at least {shortest_s:.1f} s before it went")


def marked_with() -> Check:
    """Demand that each address is advertised with exactly the communities of its BGPAdvertisement, large ones included.

    Only numbers can be judged: an alias is known to the target alone.
    """
    rule = "every path carries exactly the communities that the advertisement lists (RFC 1997, RFC 8092)"
    return Check("marked-with", rule, _marked_with)


def _marked_with(history: History) -> Verdict:
    advertisements = seen.writes(history, "BGPAdvertisement", "create", "apply")
    listed = [str(one) for write in advertisements for one in write.object.get("spec", {}).get("communities", [])]
    wanted = {ip_network(address) for address in seen.addresses(history)}
    if not listed or not wanted:
        return unknown("no community was asked for, or no Service has an address")
    large = {tuple(map(int, one.split(":")[1:])) for one in listed if one.startswith("large:")}
    plain = {_number(one) for one in listed if not one.startswith("large:")}
    last: dict[tuple[str, str, IPNetwork], Update] = {}
    for each in said(history):
        for prefix in set(each.update.advertised) & wanted if each.update else ():
            assert each.update
            last[each.node, each.router, prefix] = each.update
    for (node, router, prefix), update in last.items():
        if set(update.large) != large or set(update.communities) != plain or len(update.large) != len(large):
            got = [*(f"{n >> 16}:{n & 0xFFFF}" for n in update.communities), *(_spelled(one) for one in update.large)]
            return failed(f"{prefix} from {node} to {router} carries {', '.join(got) or 'nothing'}, wanted {listed}")
    lab = seen.facts(history)
    missing = set(lab.eligible) - {node for node, _, _ in last} if lab else set()
    if missing or not last:
        return unknown(f"no UPDATE of {', '.join(sorted(missing)) or 'anybody'} for an address was captured")
    return passed(f"{len(last)} paths, each with {', '.join(listed)}")


def _number(community: str) -> int:
    high, low = community.split(":")
    return int(high) << 16 | int(low)


def _spelled(large: tuple[int, int, int]) -> str:
    return f"large:{':'.join(map(str, large))}"


def weighed() -> Check:
    """Demand link bandwidths in proportion to the ready pods of each node."""
    rule = "the link bandwidths of the nodes are in proportion to their ready endpoints, to 1 %"
    return Check("weighed", rule, _weighed)


def _weighed(history: History) -> Verdict:
    pods = history.last("kube", "pods")
    wanted = {ip_network(address) for address in seen.addresses(history)}
    if pods is None or not wanted:
        return unknown("no pods were noted, or no Service has an address")
    ready = Counter(pod["node"] for pod in pods.data["pods"].values() if pod["ready"])
    last = dict(_last_bandwidths(history, wanted))
    if {node for node, _ in last} != set(ready):
        return unknown(f"paths came from {sorted({n for n, _ in last})}, pods are on {sorted(ready)}")
    if None in last.values():
        return failed("a path carries no link bandwidth")
    units = {session: bandwidth / ready[session[0]] for session, bandwidth in last.items() if bandwidth is not None}
    if max(units.values()) > 1.01 * min(units.values()):
        return failed("bandwidth for one endpoint differs by node", str(units))
    return passed(f"{dict(sorted(ready.items()))} endpoints, {next(iter(units.values())):g} bytes/s for each")


def _last_bandwidths(history: History, wanted: set[IPNetwork]) -> Iterator[tuple[tuple[str, str], float | None]]:
    for each in said(history):
        if each.update is not None and set(each.update.advertised) & wanted:
            yield (each.node, each.router), each.update.bandwidth
