"""Judges of what a load balancer's images run as and consist of: little privilege, a list of all, no known holes.

Source: Kubernetes, Pod Security Standards; NIST SP 800-190 section 4.1 (image vulnerabilities and defaults);
capabilities(7); GoBGP's advisories CVE-2026-30405, 37461, 37462 and 41643 (4.3.0 and older); catalogue SEC-019.

Pure.
"""

import re
from collections.abc import Mapping
from typing import Final

from conformance.suite.case import Check
from conformance.suite.history import Event, History
from conformance.suite.verdict import Verdict, failed, passed, unknown

_CAPABILITIES: Final = {"NET_BIND_SERVICE": 10, "NET_ADMIN": 12, "NET_RAW": 13}
"""{what a speaker may need to speak ARP, NDP, BGP and BFD, and to configure interfaces: its bit}."""
_ALLOWED: Final = sum(1 << bit for bit in _CAPABILITIES.values())
FIXED: Final[Mapping[str, tuple[int, ...]]] = {"github.com/osrg/gobgp": (4, 4, 0)}
"""{BGP engine, as its build says: the first version without known critical holes}."""
_VERSION: Final = re.compile(r"^v?(\d+)\.(\d+)\.(\d+)")


def _processes(history: History) -> dict[str, list[Event]]:
    """Return {role: its processes that were looked at}."""
    found: dict[str, list[Event]] = {}
    for event in history.of("audit", "process"):
        found.setdefault(str(event.data["role"]), []).append(event)
    return found


def little_privilege() -> Check:
    """Demand that no process of the controller is root, and that one of a speaker can do little as root.

    Kubernetes gives an added capability to root alone, so that a speaker may be root: without any other capability
    than those to speak on a network, and without a way to more.
    """
    rule = f"no controller runs as root; a speaker has no capability but {', '.join(_CAPABILITIES)}, and gains none"
    return Check("little-privilege", rule, _little_privilege)


def _little_privilege(history: History) -> Verdict:
    found = _processes(history)
    if not {"controller", "speaker"} <= found.keys():
        return unknown(f"processes are known of {', '.join(sorted(found)) or 'nobody'}, wanted controller and speaker")
    for role, events in sorted(found.items()):
        for event in events:
            what = f"{event.data['program']} in {event.data['container']}"
            if role == "controller" and event.data["uid"] == 0:
                return failed(f"{what} runs as root")
            if more := int(event.data["capabilities"]) & ~_ALLOWED:
                bits = [bit for bit in range(more.bit_length()) if more >> bit & 1]
                return failed(f"{what} has {len(bits)} capabilities too many, numbers {', '.join(map(str, bits))}")
            if not event.data["gains_none"]:
                return failed(f"{what} may gain privileges by what it runs")
    roots = {e.data["container"] for events in found.values() for e in events if e.data["uid"] == 0}
    count = sum(map(len, found.values()))
    return passed(f"{count} processes; root, with little to say: {', '.join(sorted(roots)) or 'none'}")


def listed() -> Check:
    """Demand that each image says what it consists of: packages, distributions, or the modules of its programs."""
    return Check("listed", "each image tells what it consists of, with versions", _listed)


def _listed(history: History) -> Verdict:
    wanted = {str(e.data["container"]) for events in _processes(history).values() for e in events}
    found = {str(e.data["container"]): e.data["components"] for e in history.of("audit", "contents")}
    if not wanted or wanted - found.keys():
        return unknown(f"not looked into: {', '.join(sorted(wanted - found.keys())) or 'any container'}")
    counts = {name: sum(map(len, kinds.values())) for name, kinds in found.items()}
    if empty := sorted(name for name, count in counts.items() if not count):
        return failed(f"{', '.join(empty)} does not say what it consists of")
    return passed(", ".join(f"{name}: {count} components" for name, count in sorted(counts.items())))


def engine_fixed() -> Check:
    """Demand that a BGP engine that is known to have had critical holes is of a version without them."""
    names = ", ".join(f"{name} {'.'.join(map(str, least))}" for name, least in FIXED.items())
    return Check("engine-fixed", f"a BGP engine that had known holes is of a fixed version ({names})", _engine_fixed)


def _engine_fixed(history: History) -> Verdict:
    found = history.of("audit", "contents")
    if not any(event.data["role"] == "speaker" and any(event.data["components"].values()) for event in found):
        return unknown("nobody knows what the speaker consists of")
    told: list[str] = []
    for event in found:
        every = {name: version for kind in event.data["components"].values() for name, version in kind.items()}
        for name, version in every.items():
            least = next((least for engine, least in FIXED.items() if name.partition("/v")[0] == engine), None)
            if least is None:
                continue
            match = _VERSION.match(version)
            if match is None:
                return unknown(f"{name} is of version {version}, which cannot be compared")
            if tuple(map(int, match.groups())) < least:
                return failed(f"{name} {version} has known holes, wanted {'.'.join(map(str, least))} or newer")
            told.append(f"{name} {version}")
    return passed(", ".join(sorted(set(told))) or f"none of {', '.join(FIXED)} is in it")
