"""Run many random schedules on simulated segments (`make simulate`), and say what was seen.

Shell: processes, standard output.
"""

import argparse
import sys
import time
from collections import Counter
from functools import partial
from multiprocessing import Pool

from lbkit.tests.announcer.election.mutants import MUTANTS
from lbkit.tests.announcer.election.schedule import Schedule, play

SHOWN = 10
TOLD_EVERY = 500


def main() -> int:
    """Run schedules, and print each that fails; return 1 if one does (with a mutant: if none does)."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=10_000)
    parser.add_argument("--first", type=int, default=0, help="first seed")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--mutant", choices=sorted(MUTANTS), help="a broken variant, which must fail")
    arguments = parser.parse_args()
    seeds = range(arguments.first, arguments.first + arguments.runs)
    start_s = time.monotonic()
    failed: list[Schedule] = []
    sizes: Counter[int] = Counter()
    worst = Worst()
    with Pool(arguments.jobs) as pool:
        for schedule in pool.imap_unordered(partial(_play, mutant=arguments.mutant), seeds, chunksize=8):
            sizes[schedule.size] += 1
            if sizes.total() % TOLD_EVERY == 0:
                print(
                    f"{sizes.total()} of {arguments.runs} schedules, {len(failed)} failed", file=sys.stderr, flush=True
                )
            worst.take(schedule)
            if schedule.findings.faults:
                failed.append(schedule)
                if len(failed) <= SHOWN:
                    _print(schedule)
    length_s = time.monotonic() - start_s
    summary = f"{arguments.runs} schedules of {min(sizes)}-{max(sizes)} nodes in {length_s:.0f} s: {len(failed)} failed"
    if failed:
        summary += f", the first with seed {min(schedule.seed for schedule in failed)}"
    print(summary, flush=True)
    print(worst, flush=True)
    return int(bool(failed) is not bool(arguments.mutant))


def _play(seed: int, mutant: str | None) -> Schedule:
    return play(seed, MUTANTS[mutant]) if mutant else play(seed)


def _print(schedule: Schedule) -> None:
    print(f"seed {schedule.seed}, {schedule.size} nodes", flush=True)
    for line in (*schedule.script, *schedule.findings.faults):
        print(f"  {line}", flush=True)


class Worst:
    """The worst that was seen."""

    def __init__(self) -> None:
        self._dual = self._outage = (0.0, -1)
        self._duals = self._sent = 0

    def take(self, schedule: Schedule) -> None:
        """Take in one schedule."""
        findings = schedule.findings
        self._dual = max(self._dual, (findings.worst_dual_s, schedule.seed))
        self._outage = max(self._outage, (findings.worst_outage_s, schedule.seed))
        self._duals += findings.duals
        self._sent += schedule.sent

    def __str__(self) -> str:
        return (
            f"worst: two answers after a split {self._dual[0] * 1000:.0f} ms (seed {self._dual[1]}), "
            f"no answer {self._outage[0] * 1000:.0f} ms (seed {self._outage[1]}); "
            f"{self._duals} times two answers after a split; {self._sent} heartbeats"
        )


if __name__ == "__main__":
    sys.exit(main())
