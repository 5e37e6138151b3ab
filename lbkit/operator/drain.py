"""Moving layer-2 addresses on purpose: away from a node, back to it, or to whoever they suit best.

The wish stands as an annotation on the Node, where everybody sees it, and whoever may change nodes may wish it; the
speaker of the node does it. A drained node gives its layer-2 addresses to others as soon as these have taken them, and
takes none; what nobody else may announce it keeps. A rebalance is asked for by any new value.

Pure.
"""

from dataclasses import dataclass

from lbkit.model.names import DRAIN, REBALANCE
from lbkit.operator.fields import Json
from lbkit.operator.speaker_report import SpeakerReport


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a drain is.

    Args:
        held: addresses that the node still answers for; None where its speaker does not tell.
    """

    node: str
    held: tuple[str, ...] | None

    @property
    def is_done(self) -> bool:
        """Whether the node answers for nothing."""
        return self.held == ()

    @property
    def text(self) -> str:
        """Say it."""
        if self.held is None:
            return f"the speaker of {self.node} does not tell what it answers for"
        if self.is_done:
            return f"{self.node} answers for no layer-2 address any more"
        return f"{self.node} still answers for {', '.join(self.held)}, which no other node may announce or has taken"


def progress(node: str, report: SpeakerReport | None) -> Progress:
    """Say how far a drain is, by the metrics of the node's speaker; None where they cannot be had."""
    return Progress(node, None if report is None else tuple(sorted(report.owned)))


def drain(*, undo: bool, at: str) -> Json:
    """Give the annotation that drains a node, or no longer.

    Args:
        undo: let it take part again.
        at: the present, RFC 3339.
    """
    return {DRAIN: None if undo else at}


def rebalance(at: str) -> Json:
    """Give the annotation that has a node offer its addresses to whom they suit better."""
    return {REBALANCE: at}
