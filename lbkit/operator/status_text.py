"""How a status reads: for people, the worst first; for programs, as JSON.

Pure.
"""

from typing import Final

from lbkit.operator.explanation import Finding, finding_text
from lbkit.operator.fields import Json
from lbkit.operator.load_balancer import GROUP_OF_COMMANDS
from lbkit.operator.status import Session, Status
from lbkit.operator.text import facts, some, table

_MOST_SESSIONS: Final = 20
"""How many sessions are listed one by one; of more, only those that are not up."""
_STATES: Final = {True: "up", False: "down", None: "unknown"}


def text(status: Status, width: int) -> str:
    """Write a status for people.

    Args:
        status: what to say.
        width: columns to wrap to.
    """
    blocks = [each for each in status.findings if each.blocks]
    notes = [each for each in status.findings if not each.blocks]
    parts = []
    if blocks:
        parts.append(f"{len(blocks)} problem{'s' if len(blocks) > 1 else ''}:\n{_all(blocks, width)}")
    else:
        parts.append("All is well.")
    if notes:
        parts.append(f"Worth knowing:\n{_all(notes, width)}")
    parts.append(f"Components\n{_indented(_components(status, width))}")
    titles = ("NAME", "ADDRESSES", "MODE", "USED", "FREE", "STATE")
    columns = [column for column in GROUP_OF_COMMANDS.columns if column.title in titles]
    pools = [[column.text(pool) for column in columns] for pool in status.pools]
    parts.append(f"Pools\n{_indented(table(titles, pools) if pools else 'none')}")
    if status.sessions:
        parts.append(f"BGP sessions\n{_indented(_sessions(status.sessions))}")
    parts.append(f"Services\n{_indented(_services(status, width))}")
    return "\n\n".join(parts)


def _all(findings: list[Finding], width: int) -> str:
    return "\n".join(finding_text(each, width) for each in findings)


def _indented(block: str) -> str:
    return "\n".join(f"  {line}" for line in block.splitlines())


def _components(status: Status, width: int) -> str:
    rows = []
    for each in status.components:
        told = f"{each.ready}/{each.wanted} ready" if each.is_there else "missing"
        rows.append((each.name, f"{told}, {each.image}" if each.image else told))
    if status.leader:
        rows.append(("leader", status.leader))
    wrong = {name: said for name, said in status.states.items() if said != "valid"}
    if status.states:
        valid = len(status.states) - len(wrong)
        rows.append(("configuration", f"in force for {valid} of {len(status.states)} components"))
        rows += [(f"  {name}", said) for name, said in wrong.items()]
    return facts(rows, width - 2)


def _sessions(sessions: tuple[Session, ...]) -> str:
    shown = sessions if len(sessions) <= _MOST_SESSIONS else tuple(each for each in sessions if not each.is_up)
    more = len(sessions) - len(shown)
    rows = [(each.k8s_node, each.peer, each.address, _STATES[each.is_up]) for each in shown]
    lines = table(("NODE", "PEER", "ADDRESS", "STATE"), rows) if rows else ""
    return f"{lines}\nand {more} more, all up".strip() if more else lines


def _services(status: Status, width: int) -> str:
    counts = status.services
    announced = "unknown" if counts["announced"] is None else str(counts["announced"])
    rows = [("with an address", f"{counts['withAddress']}, announced: {announced}")]
    rows.append(("without", str(counts["withoutAddress"])))
    rows += [(f"  {reason}", some(keys, "Service", "Services")) for reason, keys in sorted(status.pending.items())]
    if counts["otherClass"]:
        rows.append(("of another class", str(counts["otherClass"])))
    return facts(rows, width - 2)


def document(status: Status) -> dict[str, Json]:
    """Write a status for programs."""
    return {
        "isWell": status.is_well,
        "findings": [each.document() for each in status.findings],
        "components": [
            {"name": each.name, "wanted": each.wanted, "ready": each.ready, "image": each.image or None}
            for each in status.components
        ],
        "leader": status.leader or None,
        "configuration": dict(status.states),
        "pools": list(status.pools),
        "sessions": [
            {"node": each.k8s_node, "peer": each.peer, "address": each.address, "state": _STATES[each.is_up]}
            for each in status.sessions
        ],
        "services": dict(status.services),
        "pending": {reason: [str(key) for key in keys] for reason, keys in sorted(status.pending.items())},
    }
