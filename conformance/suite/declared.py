"""What a target says of itself and the checks may hold it to: read from the history, where the run wrote it down.

Pure.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Final

from conformance.suite.history import History

FIELD_MANAGER: Final = "lbkit-conformance"
"""The suite's own name in `metadata.managedFields`."""


@dataclass(frozen=True, slots=True)
class Declared:
    """A target's word about its contract with Services.

    Args:
        annotations: names of the annotations it may write on a Service.
        serves_class_less: whether, as it is deployed, it serves Services without a loadBalancerClass.
        words: in the names of chains, tables and interfaces that would be its own.
        policies: what it does where a case leaves it a choice, {question: answer}. Asked is `unavailable-request`: a
            Service that asks for an address it cannot have keeps its own (`kept`) or gives it up (`released`);
            `second-pool`: a Service with an address of one pool takes that of its other family from another pool
            (`used`) or does not (`unused`); `zero-hold-time`: a peer with a hold time of 0 has a session without
            KEEPALIVEs (`used`) or none (`refused`); and `node-identity`: a speaker cannot write the status of another
            node (`enforced`), or all speakers are trusted alike (`shared`).
        membership_port: of UDP, by which its nodes know of each other; 0 if they do not by datagrams.
        membership_on: the nodes' interface on which they do: that of the segment, or of the cluster's own network.
        share_annotation: of a Service, by which it lets those of the namespaces in its value share its address; "" if
            there is none.
        failover_s: on layer 2, how long an address may be without an owner when that is lost; None if it does not say.
    """

    annotations: tuple[str, ...] = ()
    serves_class_less: bool = True
    words: tuple[str, ...] = ()
    policies: Mapping[str, str] = field(default_factory=dict)
    failover_s: float | None = None
    share_annotation: str = ""
    membership_port: int = 0
    membership_on: str = ""

    def fields(self) -> dict[str, Any]:  # Any: JSON
        """Return what `declared` reads again."""
        return asdict(self)


def declared(history: History) -> Declared | None:
    """Return what the target said of itself; None if it was not written down."""
    event = history.last("suite", "target")
    if event is None:
        return None
    data = event.data
    return Declared(
        annotations=tuple(data["annotations"]),
        serves_class_less=bool(data["serves_class_less"]),
        words=tuple(data["words"]),
        policies=dict(data.get("policies", {})),
        failover_s=data.get("failover_s"),
        share_annotation=str(data.get("share_annotation", "")),
        membership_port=int(data.get("membership_port", 0)),
        membership_on=str(data.get("membership_on", "")),
    )
