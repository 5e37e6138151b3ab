"""Which broken target breaks which checks: the cases that use one of them must fail on it, and no other case may.

What a switch does is in lbkit/tests/broken/switches.py. It is told here by checks, so that a new case that uses one is
expected to notice, too; a case in which the broken rule does not show is spared, with the reason.

Pure.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from conformance.suite.case import Case


@dataclass(frozen=True, slots=True)
class Switch:
    """One way to be broken.

    Args:
        name: of the switch; the target is called `broken-NAME`.
        what: it does, in a sentence.
        labs: where it shows.
        breaks: names of the checks whose rule it breaks.
        also: ids of cases that notice by another check, and why.
        spared: ids of cases that use one of the checks and must pass all the same, and why.
        mutant: its number in the catalogue; "" if it has none.
    """

    name: str
    what: str
    labs: tuple[str, ...]
    breaks: frozenset[str]
    also: Mapping[str, str] = field(default_factory=dict)
    spared: Mapping[str, str] = field(default_factory=dict)
    mutant: str = ""


_OWNERS: Final = frozenset({"one-owner", "owner-has-endpoint", "handed-over", "passed-on", "excluded-is-silent"}) | {
    "one-at-a-time",
    "follows-label",
    "follows-endpoints",
    "few-move",
    "few-changes",
    "served-across",
}
_TRAFFIC: Final = frozenset(
    {"served", "served-by-family", "reachable", "uninterrupted", "refused", "flows-survive"}
) | {
    "outage",
    "none-lost",
    "flows-answered",
    "echoed",
    "client-seen",
    "source-told",
    "all-backends-used",
    "served-across",
    "back-in-time",
    "outlasts",
    "rebound",
    "outlasts-update",
}
_REPLIES: Final = frozenset({"answered", "well-formed", "fast", "probe-answered", "unicast-answered"}) | {
    "keeps-answering",
    "solicited",
    "defended",
    "unasked",
    "announced-on",
    "spread-out",
    "withstands",
    "taken-over",
    "answered-again",
}
_SILENCE: Final = frozenset({"silent-for-others", "falls-silent", "silent-when-deleted"})

SWITCHES: Final = (
    Switch(
        "two-answerers",
        "every node answers who-has for every address of a Service, beside its owner",
        ("l2",),
        _OWNERS,
        mutant="m1",
    ),
    Switch(
        "no-answer",
        "no node answers for any address, or tells of one",
        ("l2",),
        _OWNERS | _TRAFFIC | _REPLIES | _SILENCE | {"sctp-served-or-said"},
        mutant="m2",
    ),
    Switch(
        "leaks",
        "every node goes on answering for an address after the last Service that had it is gone",
        ("l2",),
        _SILENCE | {"handed-over"},
        spared={"IPAM-036": "the address that is given up there is IPv6, and the leak is ARP's"},
        mutant="m3",
    ),
    Switch(
        "out-of-pool",
        "a pool from first to last gives one address more than it has",
        ("l2",),
        frozenset({"exhausted", "best-pool-first"}),
        mutant="m4",
    ),
    Switch(
        "wide-route",
        "every node advertises the /24 around an address instead of its /32",
        ("bgp",),
        frozenset({"host-route", "next-hops", "usable", "only-pool-prefixes", "installed", "withdrawn"})
        | {"only-on", "heard", "all-paths", "as-path-is"},
        spared={"BGP-020": "it asks for another length itself", "BGP-021": "the prefix is IPv6"},
        mutant="m5",
    ),
    Switch(
        "keeps-local-route",
        "every node advertises a Service with externalTrafficPolicy Local, with an endpoint or without",
        ("bgp",),
        frozenset({"local-only"}),
        mutant="m6",
    ),
    Switch(
        "ignores-class",
        "Services of somebody else's loadBalancerClass are served, too",
        ("l2",),
        frozenset({"untouched"}),
        mutant="m7",
    ),
    Switch(
        "no-gratuitous",
        "nobody tells of an address unasked when it takes it up",
        ("l2",),
        frozenset({"unasked"}),
        mutant="m8",
    ),
    Switch(
        "flips-on-restart",
        "a controller that starts gives every Service it finds another address",
        ("l2",),
        frozenset({"unwritten"}),
        also={"IPAM-008": "its Services change their addresses when the controller is killed"},
        mutant="m9",
    ),
    Switch(
        "double-allocation",
        "Services that are decided for at the same moment are given the same address",
        ("l2",),
        frozenset(),
        also={"IPAM-003": "20 writers create Services at once", "IPAM-030": "a random run creates many at once"},
        mutant="m11",
    ),
    Switch(
        "answers-for-free",
        "every node answers for the addresses of a pool that no Service has",
        ("l2",),
        _SILENCE | {"handed-over", "in-order"},
        spared={"IPAM-036": "the address that is given up there is IPv6, and it answers ARP alone"},
    ),
    Switch(
        "broadcast-replies",
        "ARP replies go to everybody instead of who asked",
        ("l2",),
        frozenset({"well-formed"}),
    ),
    Switch(
        "silent-about-why",
        "a Service without an address is told by nothing why",
        ("l2",),
        frozenset({"explained", "told-apart", "conflict-told"}),
    ),
    Switch(
        "writes-labels",
        "every write to a Service's status sets a label as well",
        ("l2",),
        frozenset({"by-status-only"}),
    ),
    Switch(
        "keeps-route",
        "a route once advertised is never withdrawn",
        ("bgp",),
        frozenset({"withdrawn", "only-pool-prefixes"}),
    ),
)
"""Of the catalogue's mutants m10 (announces before the status) is not here: a speaker of lbkit knows an address by the
status alone, so there is no place to break."""

CONTROLS: Final = ("IPAM-001", "IPAM-012", "API-006", "API-009", "L2-001", "L2-006", "BGP-001", "BGP-003", "ECMP-002")
"""Cases that run beside those expected to fail, where nothing else is asked for: they must pass."""


def expected(switch: Switch, cases: Mapping[str, Case]) -> frozenset[str]:
    """Name the cases that must fail on a broken target.

    Args:
        switch: which one.
        cases: all there are.
    """
    using = {case.id for case in cases.values() if {check.name for check in case.checks} & switch.breaks}
    named = (using | set(switch.also)) - set(switch.spared)
    return frozenset(name for name in named if name in cases and cases[name].lab in switch.labs)


def controls(switch: Switch, cases: Mapping[str, Case], *, everything: bool = False) -> frozenset[str]:
    """Name the cases that run beside them and must pass.

    Args:
        switch: which one.
        cases: all there are.
        everything: all the others of its labs, not only a few.
    """
    others = {case.id for case in cases.values() if case.lab in switch.labs} - expected(switch, cases)
    needed = {name for case_id in expected(switch, cases) for name in cases[case_id].requires}
    return frozenset(others if everything else others & ({*CONTROLS, *switch.spared} | needed))


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one broken target.

    Args:
        switch: which one.
        expected: cases that had to fail.
        words: {case that was asked for: what became of it}.
    """

    switch: Switch
    expected: frozenset[str]
    words: Mapping[str, str]

    @property
    def missed(self) -> tuple[str, ...]:
        """Cases that had to fail and did not."""
        return tuple(sorted(name for name in self.expected if self.words.get(name) not in {"failed", "unknown"}))

    @property
    def others(self) -> tuple[str, ...]:
        """Cases that had to pass and did not."""
        good = {"passed", "unsupported"}
        return tuple(
            sorted(name for name, word in self.words.items() if name not in self.expected and word not in good)
        )

    @property
    def is_right(self) -> bool:
        """Exactly the cases named for it failed."""
        return bool(self.expected) and not self.missed and not self.others


def render(outcomes: tuple[Outcome, ...]) -> str:
    """Write a table of outcomes as Markdown."""
    lines = ["| target | what it does | must fail | others that ran | verdict |", "|---|---|---|---|---|"]
    for one in outcomes:
        told = [f"{name} is {one.words.get(name, 'not run')}, must fail" for name in one.missed]
        told += [f"{name} is {one.words[name]}, must pass" for name in one.others]
        told += [] if one.expected else ["no case is there to notice"]
        passing = len(one.words) - len(one.expected & set(one.words))
        lines.append(
            f"| broken-{one.switch.name}{f' ({one.switch.mutant})' if one.switch.mutant else ''} | {one.switch.what} "
            f"| {', '.join(sorted(one.expected))} | {passing} | {'; '.join(told) or 'exactly these failed'} |"
        )
    return "\n".join(lines) + "\n"
