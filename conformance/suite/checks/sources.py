"""Judges of what the pods see of a client, and of what comes back of a datagram.

Source: Kubernetes API, Service `spec.externalTrafficPolicy` (Local preserves the client's address, Cluster hides it);
Kubernetes e2e, test/e2e/network/loadbalancer.go (/clientip of netexec); RFC 791 section 3.2 (fragments); catalogue
DP-002 to DP-004.

Pure.
"""

from collections import Counter
from functools import partial
from ipaddress import ip_address

from conformance.suite import attempts, seen
from conformance.suite.attempts import Request
from conformance.suite.case import Check
from conformance.suite.facts import IPAddress, LabFacts
from conformance.suite.history import History
from conformance.suite.verdict import Figure, Verdict, failed, passed, unknown


def client_seen(about: str, at_least: int) -> Check:
    """Demand that the pods see each request come from the client's own address.

    Args:
        about: name of the loop, which asks for the address that the pod sees.
        at_least: fewer answers than this decide nothing.
    """
    rule = f"{about}: the pod that answers sees the client's own address, each time"
    return Check("client-seen", rule, partial(_client_seen, about=about, at_least=at_least))


def _client_seen(history: History, *, about: str, at_least: int) -> Verdict:
    lab = seen.facts(history)
    answered = [request for request in attempts.requests(history, about) if request.is_ok]
    if lab is None or len(answered) < at_least:
        return unknown(f"{about}: {len(answered)} requests were answered, wanted {at_least}")
    own = _own(history, lab, about)
    other = [request for request in answered if _source(request) not in own]
    kept = Figure("requests that the pod saw come from the client", len(answered) - len(other), at_least=len(answered))
    if other:
        told = ", ".join(sorted({request.pod for request in other})[:2])
        text = f"{about}: {len(other)} of {len(answered)} requests came from elsewhere than the client ({told})"
        return failed(text, *map(str, other)).with_figures(kept)
    return passed(f"{about}: {len(answered)} requests came from the client's own address").with_figures(kept)


def source_told(about: str, at_least: int) -> Check:
    """Demand that each request is answered, and tell whom the pods saw: any address will do.

    Args:
        about: name of the loop, which asks for the address that the pod sees.
        at_least: fewer requests than this decide nothing.
    """
    rule = f"{about}: each request is answered, whatever address the pod sees"
    return Check("source-told", rule, partial(_source_told, about=about, at_least=at_least))


def _source_told(history: History, *, about: str, at_least: int) -> Verdict:
    lab, made = seen.facts(history), attempts.requests(history, about)
    if lab is None or len(made) < at_least:
        return unknown(f"{about}: {len(made)} requests were made, wanted {at_least}")
    if lost := [request for request in made if not request.is_ok]:
        return failed(f"{about}: {len(lost)} of {len(made)} requests failed", *map(str, lost))
    own = _own(history, lab, about)
    counts = Counter("the client" if source in own else str(source) for source in map(_source, made))
    told = ", ".join(f"{count} from {source}" for source, count in counts.most_common())
    kept = Figure("requests that the pod saw come from the client", counts["the client"])
    return passed(f"{about}: {len(made)} requests answered; the pods saw {told}").with_figures(kept)


def _own(history: History, lab: LabFacts, about: str) -> frozenset[IPAddress]:
    """Return the addresses of the clients that a loop's requests come from."""
    clients = {str(event.data["node"]) for event in history.of("request", "plan") if event.data["about"] == about}
    return frozenset(address for name in clients for address in lab.nodes[name].addresses)


def _source(request: Request) -> IPAddress | None:
    """Read netexec's /clientip, address and port as Go prints them; None for what is none."""
    try:
        return ip_address(request.pod.rpartition(":")[0].strip("[]"))
    except ValueError:
        return None


def echoed(*loops: str, share: float, at_least: int) -> Check:
    """Demand that of some loops of datagrams nearly all come back as they were sent.

    Args:
        loops: their names.
        share: of its datagrams, that must come back in each.
        at_least: fewer datagrams than this in one decide nothing.
    """
    rule = f"{', '.join(loops)}: of each at least {share:.1%} come back, and as they were sent"
    return Check("echoed", rule, partial(_echoed, loops=loops, share=share, at_least=at_least))


def _echoed(history: History, *, loops: tuple[str, ...], share: float, at_least: int) -> Verdict:
    told: list[str] = []
    figures: list[Figure] = []
    for about in loops:
        made = attempts.requests(history, about)
        if len(made) < at_least:
            return unknown(f"{about}: {len(made)} datagrams were sent, wanted {at_least}")
        lost = [request for request in made if not request.is_ok]
        came = 1 - len(lost) / len(made)
        figures.append(Figure(f"{about}: share that came back", came, at_least=share))
        if came < share:
            errors = ", ".join(f"{error} {count} times" for error, count in Counter(r.error for r in lost).items())
            text = f"{about}: {len(made) - len(lost)} of {len(made)} came back ({errors})"
            return failed(text, *map(str, lost)).with_figures(*figures)
        sizes = sorted({request.pod for request in made if request.is_ok})
        told.append(f"{about}: {len(made) - len(lost)} of {len(made)} came back, each {' or '.join(sizes)}")
    return passed("; ".join(told)).with_figures(*figures)
