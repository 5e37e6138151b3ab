"""What an explanation says, and how it reads: for people in plain words, for programs as JSON.

Pure.
"""

from dataclasses import dataclass
from typing import Final

from lbkit.model.views import Key
from lbkit.operator.cluster import Announcement
from lbkit.operator.fields import Json
from lbkit.operator.text import facts, wrapped

_COMMAND: Final = "$ "

PROTOCOLS: Final = {"layer2": "layer 2", "bgp": "BGP"}


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong, or worth knowing.

    Args:
        reason: one word for programs, as in conditions.
        message: what is so, on what.
        cure: what to do about it; empty where there is nothing to do. A line that begins with `$ ` is a command, and
            is never broken.
        blocks: whether the Service does not work because of it.
    """

    reason: str
    message: str
    cure: str = ""
    blocks: bool = True

    def document(self) -> dict[str, Json]:
        """Write it for programs."""
        cure = "\n".join(line.removeprefix(_COMMAND) for line in self.cure.splitlines())
        return {"reason": self.reason, "blocks": self.blocks, "message": self.message, "cure": cure or None}


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why a Service works or does not.

    Args:
        headline: the answer in a sentence.
        facts: (name, value) pairs: the Service, its pool, its address, who announces it.
        findings: what is wrong, that which blocks first.
        addresses: what it has.
        pools: which pools they are of.
        announcers: who announces it, as far as known; else who should.
        is_observed: whether the announcers were seen to, and are not only expected to.
    """

    service: Key
    headline: str
    facts: tuple[tuple[str, str], ...]
    findings: tuple[Finding, ...] = ()
    addresses: tuple[str, ...] = ()
    pools: tuple[str, ...] = ()
    announcers: tuple[Announcement, ...] = ()
    is_observed: bool = False

    @property
    def works(self) -> bool:
        """Whether nothing blocks."""
        return not any(finding.blocks for finding in self.findings)


def text(explanation: Explanation, width: int) -> str:
    """Write an explanation for people.

    Args:
        explanation: what to say.
        width: columns to wrap to.
    """
    parts = [wrapped(explanation.headline, width)]
    parts.append("\n".join(f"  {line}" for line in facts(explanation.facts, width - 2).splitlines()))
    blocks = [finding for finding in explanation.findings if finding.blocks]
    notes = [finding for finding in explanation.findings if not finding.blocks]
    if blocks:
        parts.append("What blocks:\n" + "\n".join(finding_text(each, width) for each in blocks))
    if notes:
        parts.append("Worth knowing:\n" + "\n".join(finding_text(each, width) for each in notes))
    if not blocks:
        parts.append("Nothing blocks.")
    return "\n\n".join(parts)


def finding_text(finding: Finding, width: int) -> str:
    """Write one finding as an item of a list."""
    lines = [wrapped(f"{finding.reason}: {finding.message}", width, "- ", "  ")]
    for number, line in enumerate(finding.cure.splitlines()):
        start = "  Cure: " if number == 0 else "        "
        is_command = line.startswith(_COMMAND)
        lines.append(start + line.removeprefix(_COMMAND) if is_command else wrapped(line, width, start, "        "))
    return "\n".join(lines)


def document(explanation: Explanation) -> dict[str, Json]:
    """Write an explanation for programs."""
    return {
        "service": str(explanation.service),
        "works": explanation.works,
        "headline": explanation.headline,
        "pools": list(explanation.pools),
        "addresses": list(explanation.addresses),
        "announcers": [
            {
                "node": each.k8s_node,
                "protocol": each.protocol,
                "peers": list(each.peers),
                "interfaces": list(each.interfaces),
            }
            for each in explanation.announcers
        ],
        "announcersAreObserved": explanation.is_observed,
        "findings": [finding.document() for finding in explanation.findings],
    }
