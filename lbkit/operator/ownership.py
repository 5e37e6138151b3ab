"""Who owns a layer-2 address: since when, in which term, who may take it over, and which stranger has it.

Pure.
"""

from collections.abc import Iterator

from lbkit.model.names import Reason
from lbkit.model.times import whole_seconds
from lbkit.operator.announcement import Decided
from lbkit.operator.cluster import Cluster
from lbkit.operator.explanation import Finding


def facts(cluster: Cluster, decided: Decided) -> Iterator[tuple[str, str]]:
    """Say for each address what its owner says, where its speaker tells."""
    lines: list[str] = []
    for address in decided.service.ingress:
        owners = {node: report.owned.get(str(address), ()) for node, report in sorted(cluster.reports.items())}
        told = [
            f"{node} on {each.interface} since {whole_seconds(each.since_s)}, term {each.term}"
            for node, owned in owners.items()
            for each in owned
        ]
        others = [name for name in decided.willing("layer2") if not owners.get(name)]
        if told:
            heirs = f"; if it goes: {', '.join(others)}" if others else "; no other node may take over"
            lines.append(f"{address}: {', '.join(told)}{heirs}")
    if lines:
        yield "Owner", "\n".join(lines)


def strangers(cluster: Cluster, *, is_announced: bool) -> Iterator[Finding]:
    """Take speakers at their word that a host outside the cluster has the address, until they say something else.

    Args:
        cluster: what is known.
        is_announced: whether somebody announces the Service.
    """
    last: dict[str, str] = {}
    for event in cluster.events:
        if event.reason == "addressConflict":
            last[event.source] = event.message
        elif event.reason == "nodeAssigned" and '"layer2"' in event.message:
            last.pop(event.source, None)
    cure = "give that host another address, or the Service (lbkit.io/reserved keeps an address of a pool from Services)"
    for node, said in sorted(last.items()):
        yield Finding(Reason.ADDRESS_CONFLICT, f"the speaker of {node} says: {said}", cure, blocks=not is_announced)
