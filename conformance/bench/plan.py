"""What a run measures, in which order: stages as values.

One implementation at a time is in the lab. What is compared is measured in turns, lbkit before and after MetalLB, so
that a host that grows slower or quicker during the run does not favour one of them.

Pure.
"""

from dataclasses import dataclass
from typing import Final

BASELINE_IDLE_S: Final = 60.0
"""How long the baseline is watched idle at most: it repeats itself, or it does not."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What was asked for; two runs of equal settings measure the same.

    Args:
        lab: which lab.
        subject: target that the goals are for.
        baseline: target to compare it with; "" for none.
        services: how many Services in each stage.
        many: how many at the end of the large stages; 0 leaves them small.
        writers: requests under way at a time.
        idle_s: how long the subject is watched idle with `services` Services, seconds.
        restarts: how often the subject's controller is restarted with `many` Services.
    """

    lab: str
    subject: str = "lbkit"
    baseline: str = "metallb"
    services: int = 1000
    many: int = 10_000
    writers: int = 16
    idle_s: float = 600.0
    restarts: int = 3


@dataclass(frozen=True, slots=True)
class Stage:
    """One target, deployed fresh, and what is done with it.

    Args:
        name: unique in the run, and a folder's name.
        target: which one.
        services: Services to create at once, and to delete at the end.
        many: Services to grow to after that; 0 for no growing.
        writers: requests under way at a time.
        idle_s: how long to watch idle before growing, seconds; 0 for not.
        restarts: how often to restart the controller when it is grown.
    """

    name: str
    target: str
    services: int
    many: int
    writers: int
    idle_s: float
    restarts: int


def stages(asked: Settings) -> tuple[Stage, ...]:
    """Lay out a run: the subject small, the baseline whole, the subject whole.

    Args:
        asked: what to measure.

    Returns:
        In the order to run.
    """

    def stage(number: int, target: str, many: int, idle_s: float, restarts: int) -> Stage:
        name = f"{number}-{target}"
        return Stage(name, target, asked.services, many, asked.writers, idle_s, restarts if many else 0)

    whole = stage(3, asked.subject, asked.many, asked.idle_s, asked.restarts)
    if not asked.baseline:
        return (stage(1, asked.subject, 0, 0.0, 0), whole)
    baseline_idle_s = min(asked.idle_s, BASELINE_IDLE_S)
    return (
        stage(1, asked.subject, 0, 0.0, 0),
        stage(2, asked.baseline, asked.many, baseline_idle_s, min(1, asked.restarts)),
        whole,
    )
