"""Judge of routers in two stages: the second must not choose by what the first has chosen by already.

Where both hash alike, a router of the second stage only meets flows of one part of the hash, and leaves next hops
unused (polarisation). Which way a flow took is told by the frames that leave each router of the second stage.
Source: RFC 2992 section 3, RFC 7938 section 6.5; catalogue ECMP-015.

Pure.
"""

from functools import partial

from conformance.suite import bgp_stream, seen, statistics
from conformance.suite.case import Check
from conformance.suite.facts import IPAddress
from conformance.suite.history import History
from conformance.suite.verdict import Figure, Verdict, failed, passed, unknown


def every_way_used(flows: int) -> Check:
    """Demand that flows take every way there is: each router of the second stage uses each node.

    Args:
        flows: fewer that were seen on their way decide nothing.
    """
    rule = (
        f"every router of the second stage sends each node at least {statistics.FLOOR:g} of a fair share of the flows"
    )
    return Check("every-way-used", rule, partial(_every_way_used, flows=flows))


def _every_way_used(history: History, *, flows: int) -> Verdict:
    lab, targets = seen.facts(history), set(seen.addresses(history))
    if (doubt := seen.wire_doubt(history)) or lab is None or not targets:
        return unknown(doubt or "no Service has an address")
    counts = {f"{router} to {node}": 0 for router in lab.peering_routers() for node in lab.eligible}
    known: set[tuple[IPAddress, int]] = set()
    for event in history.of("wire", "frame"):
        frame = bytes.fromhex(event.data["hex"])
        heard = bgp_stream.segment(frame, event.t_ns)
        way = f"{event.data['observer']} to {lab.node_of_mac(frame[:6].hex(':'))}"
        if heard is None or not heard.is_syn or heard.ends[2] not in targets or way not in counts:
            continue
        if heard.ends[:2] not in known:  # a SYN that was sent again is no other flow
            known.add(heard.ends[:2])
            counts[way] += 1
    if len(known) < flows:
        return unknown(f"{len(known)} flows were seen on their way to a node, wanted {flows}")
    least = min(counts.values()) * len(counts) / len(known)
    figure = Figure("least part of a fair share", least, at_least=statistics.FLOOR)
    shown = ", ".join(f"{way} {count}" for way, count in counts.items())
    if starved := statistics.starved(counts):
        return failed(f"{', '.join(starved)}: less than half of a fair share", shown).with_figures(figure)
    return passed(shown).with_figures(figure)
