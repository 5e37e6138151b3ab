"""Judges of packets on their way to an address: what a closed port does, who answers a ping, does one run in circles.

A node that gets a packet to an address which is on none of its interfaces, and which its service proxy does not take,
forwards it like any other; where its route for it leads back to who sent it, the packet goes round until its TTL ends.
Source: RFC 9293 section 3.5.2 (RST), RFC 1122 section 3.2.2 (ICMP), RFC 1812 section 5.3.1 (TTL); Cilium issue 32195;
RFC 1191 (path MTU); catalogue DP-008, DP-009, DP-012.

Pure.
"""

from collections import defaultdict
from functools import partial
from typing import Final

from conformance.suite import attempts, ipv4, seen
from conformance.suite.case import Check
from conformance.suite.history import History
from conformance.suite.verdict import Figure, Verdict, failed, passed, unknown

_REFUSALS: Final = frozenset({"refused", "unreachable"})
_OPENED: Final = frozenset({"reset", "closed", "garbled"})
"""How requests end on a connection that somebody had accepted."""


def no_loop(at_least: int = 5) -> Check:
    """Demand that no packet to an address of a Service comes to the same station of a segment twice.

    Args:
        at_least: fewer packets to such an address than this decide nothing.
    """
    rule = "no packet to the address comes back to where it was with a smaller TTL, and no TTL is exceeded"
    return Check("no-loop", rule, partial(_no_loop, at_least=at_least))


def _no_loop(history: History, *, at_least: int) -> Verdict:
    heard = ipv4.packets(history)
    exceeded = [packet for packet in heard if packet.icmp and packet.icmp[0] == ipv4.TIME_EXCEEDED]
    if exceeded:
        text = f"{len(exceeded)} times the TTL of a packet was exceeded"
        return failed(text, *map(str, exceeded)).with_figures(Figure("TTL exceeded", len(exceeded), at_most=0))
    addresses = seen.addresses(history)
    ours = [packet for packet in heard if packet.target in addresses]
    ttls: dict[object, set[int]] = defaultdict(set)
    for packet in ours:
        ttls[packet.identity, packet.observer, packet.to].add(packet.ttl)
        if len(shown := ttls[packet.identity, packet.observer, packet.to]) > 1:
            return failed(f"a packet came to {packet.to} again, with TTL {min(shown)} after {max(shown)}", str(packet))
    if doubt := seen.wire_doubt(history):
        return unknown(doubt)
    if len(ours) < at_least:
        return unknown(f"{len(ours)} packets to the address were seen, wanted {at_least}")
    return passed(f"{len(ours)} packets to the address, none twice").with_figures(Figure("TTL exceeded", 0, at_most=0))


def closed(*loops: str, within_s: float, at_least: int = 5) -> Check:
    """Demand that nobody accepts a connection to a port that the Service does not have, and say what comes instead.

    A refusal later than the limit counts as silence: a kernel that looks in vain for the address on its own segment
    says so after 3 s (Linux ip-sysctl, mcast_solicit).

    Args:
        loops: of requests to such a port.
        within_s: limit of a refusal (RST or ICMP), seconds.
        at_least: fewer requests than this decide nothing.
    """
    rule = f"{', '.join(loops)}: a closed port refuses (RST or ICMP) within {within_s:g} s, or is silent"
    return Check("closed", rule, partial(_closed, loops=loops, within_s=within_s, at_least=at_least))


def _closed(history: History, *, loops: tuple[str, ...], within_s: float, at_least: int) -> Verdict:
    details: list[str] = []
    for loop in loops:
        made = attempts.requests(history, loop)
        opened = [request for request in made if request.is_ok or request.error in _OPENED]
        if opened:
            return failed(f"{loop}: {len(opened)} of {len(made)} connections were accepted", *map(str, opened))
        if len(made) < at_least:
            return unknown(f"{loop}: {len(made)} requests, wanted {at_least}")
        told = [request for request in made if request.error in _REFUSALS]
        quick = [request for request in told if seen.seconds(request.end_ns, request.begin_ns) <= within_s]
        details.append(f"{loop}: {len(quick)} refused in time, {len(told) - len(quick)} late, {len(made)} in all")
    return passed("; ".join(details))


def pinged(*loops: str, at_least: int = 5) -> Check:
    """Demand that an address answers every ping of a client, or none.

    Which of both is up to the service proxy: with kube-proxy in its iptables and nftables modes the address is on no
    interface and only the ports of the Service are taken, so that nobody replies; in IPVS mode it is on every node's
    kube-ipvs0, and the kernel replies (Kubernetes, virtual IPs and service proxies).

    Args:
        loops: of pings.
        at_least: fewer pings than this decide nothing.
    """
    rule = f"{', '.join(loops)}: every ping is answered, or none"
    return Check("pinged", rule, partial(_pinged, loops=loops, at_least=at_least))


def _pinged(history: History, *, loops: tuple[str, ...], at_least: int) -> Verdict:
    details: list[str] = []
    for loop in loops:
        made = attempts.requests(history, loop)
        lost = [request for request in made if not request.is_ok]
        if lost and len(lost) < len(made):
            return failed(f"{loop}: {len(lost)} of {len(made)} pings were not answered", *map(str, lost))
        if len(made) < at_least:
            return unknown(f"{loop}: {len(made)} pings, wanted {at_least}")
        errors = ", ".join(sorted({request.error for request in lost}))
        details.append(f"{loop}: none of {len(made)} answered ({errors})" if lost else f"{loop}: all {len(made)}")
    return passed("; ".join(details))


def path_mtu(loop: str, at_least: int) -> Check:
    """Demand that long answers come through where the way to the client takes shorter packets than the pods send.

    The pods learn it by an ICMP message to who sent the packet: the address of the Service. Its owner has to have it
    passed on to the pod, or the transfer hangs.

    Args:
        loop: of transfers.
        at_least: fewer transfers than this decide nothing.
    """
    rule = f"{loop}: every transfer over a path of a smaller MTU is complete, and the address is told of that MTU"
    return Check("path-mtu", rule, partial(_path_mtu, loop=loop, at_least=at_least))


def _path_mtu(history: History, *, loop: str, at_least: int) -> Verdict:
    addresses = seen.addresses(history)
    told = [p for p in ipv4.packets(history) if p.icmp == ipv4.FRAGMENTATION_NEEDED and p.target in addresses]
    made = attempts.requests(history, loop)
    words = f"the address was told {len(told)} times that a packet is too long"
    if lost := [request for request in made if not request.is_ok]:
        return failed(f"{loop}: {len(lost)} of {len(made)} transfers failed; {words}", *map(str, lost))
    if not told or len(made) < at_least:
        return unknown(f"{loop}: {len(made)} transfers, wanted {at_least}; {words}")
    slowest_s = max(seen.seconds(request.end_ns, request.begin_ns) for request in made)
    mtus = ", ".join(map(str, sorted({packet.mtu_bytes for packet in told})))
    text = f"{loop}: {len(made)} transfers are complete, the slowest in {slowest_s:.1f} s; {words} (MTU {mtus})"
    return passed(text, str(told[0])).with_figures(Figure("slowest transfer", slowest_s, "s"))
