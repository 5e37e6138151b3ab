"""Judges of BGP: sessions, capabilities, who advertises which prefix with which next hop, and nothing else.

They read the routers' own tables and the OPEN messages on the wire, never the implementation's objects.
Source: RFC 4271, RFC 5492, RFC 4760, RFC 2918, RFC 6793; catalogue BGP.

Pure.
"""

from collections.abc import Iterator
from functools import partial
from ipaddress import ip_address, ip_network

from conformance.suite import bgp_open, families, seen, tables
from conformance.suite.case import Check
from conformance.suite.facts import IPAddress, IPNetwork, LabFacts, Over, is_inside
from conformance.suite.history import History
from conformance.suite.routes import routes
from conformance.suite.verdict import Figure, Verdict, failed, passed, unknown


def established(within_s: float, over: Over = "ipv4") -> Check:
    """Demand a session between each eligible node and each router it is configured for, in time.

    Args:
        within_s: limit from the API's answer to the last BGPPeer, seconds.
        over: what the sessions run over.
    """
    rule = f"each eligible node and each router are Established at most {within_s:g} s after the configuration"
    return Check("established", rule, partial(_established, within_s=within_s, over=over))


def _established(history: History, *, within_s: float, over: Over) -> Verdict:
    lab, peers = seen.facts(history), seen.writes(history, "BGPPeer", "create", "apply")
    if lab is None or not peers or not lab.peering_routers():
        return unknown("no peer was configured, or no router shares a subnet with a node")
    configured_ns = peers[-1].t_ns
    worst_s = 0.0
    count = 0
    for router, address, node in _wanted_sessions(lab, over):
        looks = [look for look in seen.looks(history, "bgp_peers", router) if look.t_ns >= configured_ns]
        up = next((look.t_ns for look in looks if _state(look, address) == tables.ESTABLISHED), None)
        if up is None:
            watched_s = seen.seconds(looks[-1].t_ns, configured_ns) if looks else 0.0
            if watched_s < within_s:
                return unknown(f"{router} and {node}: not up, but watched for {watched_s:.1f} s only")
            return failed(
                f"{router} and {node} ({address}): {_state(looks[-1], address) or 'no session'} after {watched_s:.1f} s"
            )
        worst_s = max(worst_s, seen.seconds(up, configured_ns))
        count += 1
    slowest = Figure("slowest session", worst_s, "s", at_most=within_s)
    if worst_s > within_s:
        text = f"the slowest of {count} sessions took {worst_s:.1f} s, wanted {within_s:g} s"
        return failed(text).with_figures(slowest)
    return passed(f"{count} sessions Established, the slowest after {worst_s:.1f} s").with_figures(slowest)


def _wanted_sessions(lab: LabFacts, over: Over = "ipv4") -> Iterator[tuple[str, IPAddress, str]]:
    for router in lab.peering_routers():
        for address, node in sorted(lab.peering(router, over).items(), key=lambda item: int(item[0])):
            if node in lab.eligible:
                yield router, address, node


def _state(look: seen.Look, address: IPAddress) -> str:
    session = tables.sessions(look.raw).get(address)
    return session.state if session else ""


def stays_down(since: str, until: str, at_least_s: float) -> Check:
    """Demand that between two marks no session with a node is Established.

    Args:
        since: name of the first mark.
        until: name of the second.
        at_least_s: less time than this decides nothing.
    """
    rule = f"from {since} to {until} no session is Established"
    return Check("stays-down", rule, partial(_stays_down, since=since, until=until, at_least_s=at_least_s))


def _stays_down(history: History, *, since: str, until: str, at_least_s: float) -> Verdict:
    lab, begin, end = seen.facts(history), seen.marked(history, since), seen.marked(history, until)
    if lab is None or begin is None or end is None or seen.seconds(end, begin) < at_least_s:
        return unknown("a mark is missing, or it was too short")
    count = 0
    for router, address, node in _wanted_sessions(lab):
        looks = [look for look in seen.looks(history, "bgp_peers", router) if begin <= look.t_ns < end]
        if not looks:
            return unknown(f"{router} was not looked at")
        count += len(looks)
        if any(_state(look, address) == tables.ESTABLISHED for look in looks):
            return failed(f"{router} and {node} ({address}) were Established")
    return passed(f"{count} looks in {seen.seconds(end, begin):.0f} s, no session in any")


def identified() -> Check:
    """Demand the declared AS number from each node, and a router id that is no other node's."""
    return Check("identified", "each node speaks with the declared AS and a router id of its own", _identified)


def _identified(history: History) -> Verdict:
    lab, peers = seen.facts(history), seen.writes(history, "BGPPeer", "create", "apply")
    if lab is None or not peers:
        return unknown("no peer was configured")
    declared = {int(w.object["spec"]["myASN"]) for w in peers}
    ids: dict[str, set[str]] = {}
    for router, address, node in _wanted_sessions(lab):
        looks = seen.looks(history, "bgp_neighbors", router)
        session = tables.neighbors(looks[-1].raw).get(address) if looks else None
        if session is None or session.state != tables.ESTABLISHED:
            return unknown(f"{router} has no Established session with {node} to look at")
        if session.remote_asn not in declared:
            return failed(f"{router} sees {node} in AS {session.remote_asn}, declared is {sorted(declared)}")
        ids.setdefault(session.router_id, set()).add(node)
    shared = [f"{router_id}: {', '.join(sorted(nodes))}" for router_id, nodes in ids.items() if len(nodes) > 1]
    if shared:
        return failed("two nodes use one router id", *shared)
    return passed(f"{len(ids)} router ids, AS {sorted(declared)}") if ids else unknown("no session was wanted")


def capable() -> Check:
    """Demand the capabilities that IPv4 unicast needs in every node's OPEN."""
    rule = "each node's OPEN offers multiprotocol IPv4 unicast, route refresh and 4-octet AS numbers"
    return Check("capable", rule, _capable)


def _capable(history: History) -> Verdict:
    offers = opens_of_nodes(history)
    if not offers:
        return unknown("no OPEN of a node was seen")
    lacking: list[str] = []
    for node, message in offers:
        lacks = [
            name
            for name, ok in (
                ("multiprotocol 1/1 (RFC 4760)", (1, 1) in message.families),
                ("route refresh (RFC 2918)", bgp_open.ROUTE_REFRESH in message.capabilities),
                ("4-octet AS (RFC 6793)", bgp_open.FOUR_OCTET_AS in message.capabilities),
            )
            if not ok
        ]
        lacking += [f"{node} to {message.receiver}: no {name}" for name in lacks]
    if lacking:
        return failed(f"{len(lacking)} capabilities are missing ({lacking[0]})", *lacking)
    lab = seen.facts(history)
    missing = set(lab.eligible) - {node for node, _ in offers} if lab else set()
    return (
        unknown(f"no OPEN of {', '.join(sorted(missing))}") if missing else passed(f"{len(offers)} OPENs, all complete")
    )


def _opens(history: History) -> list[bgp_open.OpenMessage]:
    read = (bgp_open.decode(bytes.fromhex(event.data["hex"])) for event in history.of("wire", "frame"))
    return [message for message in read if message]


def opens_of_nodes(history: History) -> list[tuple[str, bgp_open.OpenMessage]]:
    """Return the OPENs of k8s nodes to routers, each with its node, in order."""
    lab = seen.facts(history)
    if lab is None:
        return []
    owner = {a: node for router in lab.peering_routers() for a, node in lab.peering(router).items()}
    return [(owner[m.sender], m) for m in _opens(history) if m.sender in owner]


def hold_time_is_least() -> Check:
    """Demand that the hold time in use is the smaller of the two offered (RFC 4271 section 4.2)."""
    return Check("hold-time", "the negotiated hold time is the smaller one of both OPENs", _hold_time_is_least)


def _hold_time_is_least(history: History) -> Verdict:
    lab = seen.facts(history)
    offers: dict[tuple[IPAddress, IPAddress], int] = {(m.sender, m.receiver): m.hold_time_s for m in _opens(history)}
    if lab is None or not offers:
        return unknown("no OPEN was seen")
    compared = 0
    for router, address, node in _wanted_sessions(lab):
        looks = seen.looks(history, "bgp_neighbors", router)
        session = tables.neighbors(looks[-1].raw).get(address) if looks else None
        theirs = {to: hold for (sender, to), hold in offers.items() if sender == address}
        pairs = [(hold, offers[to, address]) for to, hold in theirs.items() if (to, address) in offers]
        if session is None or session.state != tables.ESTABLISHED or not pairs:
            continue
        compared += 1
        if session.hold_time_s != min(pairs[-1]):
            return failed(
                f"{router} and {node}: {session.hold_time_s:g} s in use, offered {pairs[-1][0]} s and {pairs[-1][1]} s"
            )
    return (
        passed(f"{compared} sessions use the smaller hold time") if compared else unknown("no session with both OPENs")
    )


def host_route(within_s: float, over: Over = "ipv4") -> Check:
    """Demand a host route for each address on each router, from exactly the eligible nodes, in time.

    Args:
        within_s: limit from the status write, seconds.
        over: what the sessions run over.
    """
    rule = f"at most {within_s:g} s after the status, each router has the host route from exactly the eligible nodes"
    return Check("host-route", rule, partial(_host_route, within_s=within_s, over=over))


def _host_route(history: History, *, within_s: float, over: Over) -> Verdict:
    lab, given = seen.facts(history), seen.assignments(history)
    if lab is None or not given or not lab.peering_routers():
        return unknown("no Service showed an address, or no router peers with a node")
    wanted = frozenset(lab.eligible)
    worst_s = 0.0
    for state in given.values():
        prefixes = [ip_network(address) for address in state.addresses]
        for route in routes(history, lab, prefixes, state.t_ns, history.end_ns + 1, over=over):
            took_s = route.settled_s(wanted, state.t_ns)
            if took_s is None:
                return route.unsettled(state.t_ns, within_s, f", wanted {', '.join(sorted(wanted))}")
            worst_s = max(worst_s, took_s)
    last = Figure("last route", worst_s, "s", at_most=within_s)
    if worst_s > within_s:
        return failed(f"the last route came after {worst_s:.2f} s, wanted {within_s:g} s").with_figures(last)
    routers = len(lab.peering_routers())
    count = sum(len(state.addresses) for state in given.values())
    return passed(f"{count} host routes on {routers} routers, the last after {worst_s:.2f} s").with_figures(last)


def withdrawn(within_s: float, *, at_least: int) -> Check:
    """Demand that no router keeps the route of an address that its Service has given up.

    Args:
        within_s: limit from the moment the watch showed the Service without the address, or gone, seconds.
        at_least: how many addresses must have been given up; fewer decide nothing.
    """
    rule = f"at most {within_s:g} s after a Service lost its address, no router has the route from any node"
    return Check("withdrawn", rule, partial(_withdrawn, within_s=within_s, at_least=at_least))


def _withdrawn(history: History, *, within_s: float, at_least: int) -> Verdict:
    lab, given_up = seen.facts(history), dict(seen.given_up(history))
    if lab is None or not lab.peering_routers() or len(given_up) < at_least:
        return unknown(f"{len(given_up)} addresses were given up, wanted at least {at_least}; or no router peers")
    worst_s = 0.0
    for address, end_ns in given_up.items():
        prefix = ip_network(address)
        for router in lab.peering_routers():
            looks = seen.looks(history, "bgp_rib", router)
            sets = [(look.t_ns, seen.advertisers(look, prefix, lab.peering(router))) for look in looks]
            if not any(nodes for t_ns, nodes in sets if t_ns <= end_ns):
                return unknown(f"{router} never had {prefix}, so nothing could be withdrawn")
            after = [(t_ns, nodes) for t_ns, nodes in sets if t_ns > end_ns]
            kept_ns = max((t_ns for t_ns, nodes in after if nodes), default=end_ns)
            if not after or (kept_ns == after[-1][0] and seen.seconds(kept_ns, end_ns) <= within_s):
                return unknown(f"{router}: {prefix} was not watched until it was gone")
            if seen.seconds(kept_ns, end_ns) > within_s:
                late_s = seen.seconds(kept_ns, end_ns)
                text = f"{router} still had {prefix} {late_s:.2f} s after its Service gave it up"
                return failed(text).with_figures(Figure("last route withdrawn", late_s, "s", at_most=within_s))
            gone_ns = next(t_ns for t_ns, _ in after if t_ns > kept_ns)
            worst_s = max(worst_s, seen.seconds(gone_ns, end_ns))
    routers = len(lab.peering_routers())
    text = f"{len(given_up)} routes withdrawn on {routers} routers, the last seen gone after {worst_s:.2f} s"
    return passed(text).with_figures(Figure("last route seen gone", worst_s, "s"))


def next_hops(over: Over = "ipv4") -> Check:
    """Demand that each path's next hop is the address its node peers from; RFC 8950 where the families differ."""
    return Check("next-hops", "the next hop of each path is its node's peering address", partial(_next_hops, over=over))


def _next_hops(history: History, *, over: Over) -> Verdict:
    lab = seen.facts(history)
    given = {ip_network(address) for address in families.given(history)}
    if lab is None or not given:
        return unknown("no Service showed an address")
    count = 0
    for router in lab.peering_routers():
        peers = lab.peering(router, over)
        for version in sorted({prefix.version for prefix in given}):
            looks = seen.looks(history, tables.table("bgp_rib", version), router)
            for path in tables.paths(looks[-1].raw) if looks else ():
                if path.prefix not in given or path.peer not in peers:
                    continue
                count += 1
                if path.next_hop != path.peer:
                    return failed(
                        f"{router}: {path.prefix} from {peers[path.peer]} ({path.peer}) has next hop {path.next_hop}"
                    )
    return passed(f"{count} paths, each by its node's peering address") if count else unknown("no path was seen")


def usable() -> Check:
    """Demand that the router uses every next hop of each address: active and in the FIB."""
    return Check("usable", "every next hop is active and installed on the router", _usable)


def _usable(history: History) -> Verdict:
    lab = seen.facts(history)
    given = [ip_network(address) for address in families.given(history)]
    if lab is None or not given:
        return unknown("no Service showed an address")
    count = 0
    for router in lab.peering_routers():
        for prefix in given:
            looks = seen.looks(history, tables.table("zebra", prefix.version), router)
            if not looks:
                return unknown(f"{router}: nobody looked at its routes")
            hops = tables.zebra_hops(looks[-1].raw, prefix)
            if not hops:
                return failed(f"{router} has no selected route to {prefix}")
            idle = [str(hop.via) for hop in hops if not hop.is_active]
            if idle:
                return failed(f"{router}: next hops {', '.join(idle)} of {prefix} are not in use")
            count += len(hops)
    return passed(f"{count} next hops, all active and installed")


def only_pool_prefixes() -> Check:
    """Demand that the nodes advertise host routes of pool addresses and nothing else."""
    rule = "routers receive from the nodes only host routes (/32, /128) of pool addresses"
    return Check("only-pool-prefixes", rule, _only_pool_prefixes)


def _only_pool_prefixes(history: History) -> Verdict:
    lab, entries = seen.facts(history), seen.pool_entries(history)
    if lab is None or not entries:
        return unknown("no pool was configured")
    fine: set[IPNetwork] = set()
    foreign: set[str] = set()
    for router, node, prefix in _from_nodes(history, lab):
        is_host = prefix.prefixlen == prefix.max_prefixlen
        if is_host and is_inside(prefix[0], entries):
            fine.add(prefix)
        else:
            foreign.add(f"{router}: {prefix} from {node}")
    if foreign:
        return failed(f"{len(foreign)} routes are not host routes of {', '.join(entries)}", *sorted(foreign))
    if not fine:
        return unknown("no route of a node was seen at all")
    looked = {(e.data["router"], e.data["peer"]) for e in history.of("router", "received") if _is_kept(e.data["raw"])}
    unseen = [f"{router} from {node}" for router, a, node in _wanted_sessions(lab) if (router, str(a)) not in looked]
    if unseen:
        return unknown(f"nobody saw what came before the routers' filters: {', '.join(unseen)}")
    return passed(f"only {', '.join(map(str, sorted(fine, key=str)))}")


def _is_kept(raw: dict[str, object]) -> bool:
    return tables.received(raw) is not None


def _from_nodes(history: History, lab: LabFacts) -> Iterator[tuple[str, str, IPNetwork]]:
    """Give every (router, node, prefix) ever seen: in the tables, and before the routers' own filters."""
    for router in lab.peering_routers():
        peers = lab.peering(router)
        for look in seen.looks(history, "bgp_rib", router):
            for path in tables.paths(look.raw):
                if path.peer in peers:
                    yield router, peers[path.peer], path.prefix
        for event in history.of("router", "received"):
            peer = ip_address(event.data["peer"])
            if event.data["router"] == router and peer in peers:
                for prefix in tables.received(event.data["raw"]) or ():
                    yield router, peers[peer], prefix


def imports_nothing(injected: int) -> Check:
    """Demand that what a router advertises to the nodes changes none of their routes.

    Args:
        injected: fewer routes than this offered to a node decide nothing.
    """
    rule = "the nodes' routing tables do not change when routers advertise routes to them"
    return Check("imports-nothing", rule, partial(_imports_nothing, injected=injected))


def _imports_nothing(history: History, *, injected: int) -> Verdict:
    lab = seen.facts(history)
    mark = seen.marked(history, "injected")
    if lab is None or mark is None:
        return unknown("no route was injected")
    offered = [len(_advertised(e.data["raw"])) for e in history.of("router", "advertised")]
    for node in lab.eligible:
        looks = seen.looks(history, "fib", node, source="node")
        before, after = [x for x in looks if x.t_ns < mark], [x for x in looks if x.t_ns >= mark]
        if not before or not after:
            return unknown(f"{node}: its routes were not looked at before and after")
        base = tables.fib_lines(before[-1].raw)
        for look in after:
            changed = sorted(tables.fib_lines(look.raw) ^ base)
            if changed:
                return failed(f"{node}: {len(changed)} routes changed", *changed)
    if not offered or min(offered) < injected:
        return unknown(f"the router offered {min(offered, default=0)} routes to a node, wanted {injected}")
    return passed(f"{min(offered)} routes were offered to each node, none was taken")


def _advertised(raw: dict[str, object]) -> dict[str, object]:
    routes = raw.get("advertisedRoutes", {})
    return routes if isinstance(routes, dict) else {}
