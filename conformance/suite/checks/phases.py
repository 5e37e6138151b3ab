"""Judges of loops of requests made in turn, one for each phase of a Service: which are answered and which refused.

Source: Kubernetes e2e, test/e2e/network/loadbalancer.go ("should be able to change the type and ports of a TCP
service", "… of a UDP service", "… LoadBalancer Service without NodePort and change it"); catalogue API-013 to API-019.

Pure.
"""

from functools import partial
from typing import Final

from conformance.suite import attempts, neighbor, seen
from conformance.suite.case import Check
from conformance.suite.history import History
from conformance.suite.verdict import Figure, Verdict, failed, passed, unknown

FIRST: Final = "slowest first answer"


def reachable(*phases: str, within_s: float, at_least: int = 3) -> Check:
    """Demand that in each of some phases requests are answered soon, and from then on every one.

    Args:
        phases: names of the loops.
        within_s: limit from the first request until the first that is answered begins, seconds.
        at_least: fewer answered requests than this decide nothing.
    """
    rule = f"{', '.join(phases)}: answered at most {within_s:g} s after the first request, and each one from then on"
    return Check("reachable", rule, partial(_reachable, phases=phases, within_s=within_s, at_least=at_least))


def _reachable(history: History, *, phases: tuple[str, ...], within_s: float, at_least: int) -> Verdict:
    worst_s = 0.0
    for phase in phases:
        made = attempts.requests(history, phase)
        if not made:
            return unknown(f"{phase}: nobody asked")
        after = attempts.from_first_answer(made)
        first = after[0] if after else None
        tried_s = seen.seconds((first or made[-1]).begin_ns, made[0].begin_ns)
        if first is None and tried_s <= within_s:
            return unknown(f"{phase}: no answer, but tried for {tried_s:.1f} s only", str(made[-1]))
        if first is None or tried_s > within_s:
            what = "no answer" if first is None else "the first answer only"
            text = f"{phase}: {what} after {tried_s:.1f} s, wanted {within_s:g} s"
            return failed(text, *map(str, made)).with_figures(Figure(FIRST, tried_s, "s", at_most=within_s))
        if lost := [request for request in after if not request.is_ok]:
            return failed(f"{phase}: {len(lost)} of {len(after)} requests failed", *map(str, lost))
        if len(after) < at_least:
            return unknown(f"{phase}: {len(after)} requests were answered, wanted {at_least}")
        worst_s = max(worst_s, tried_s)
    slowest = Figure(FIRST, worst_s, "s", at_most=within_s)
    return passed(f"{', '.join(phases)}: reachable, the slowest after {worst_s:.2f} s").with_figures(slowest)


def unreachable(*phases: str, within_s: float, at_least: int = 3) -> Check:
    """Demand that in each of some phases no request is answered any more, in time.

    Args:
        phases: names of the loops.
        within_s: limit from the first request until the last that is answered, seconds.
        at_least: fewer requests than this after the limit decide nothing.
    """
    rule = f"{', '.join(phases)}: no request is answered later than {within_s:g} s after the first"
    return Check("unreachable", rule, partial(_unreachable, phases=phases, within_s=within_s, at_least=at_least))


def _unreachable(history: History, *, phases: tuple[str, ...], within_s: float, at_least: int) -> Verdict:
    details: list[str] = []
    for phase in phases:
        made = attempts.requests(history, phase)
        late = [r for r in made if seen.seconds(r.begin_ns, made[0].begin_ns) > within_s]
        if answered := [request for request in late if request.is_ok]:
            return failed(f"{phase}: {len(answered)} of {len(late)} requests were answered", *map(str, answered))
        if len(late) < at_least:
            return unknown(f"{phase}: {len(late)} requests after {within_s:g} s, wanted {at_least}")
        details.append(f"{phase}: {', '.join(sorted({request.error for request in late}))}")
    return passed("; ".join(details))


def refused(*phases: str, within_s: float, at_least: int = 3) -> Check:
    """Demand that a Service without endpoints refuses connections where its address is announced, and hangs nobody.

    An address that nobody answers for by ARP cannot refuse anything; that is said in the verdict.

    Args:
        phases: names of the loops.
        within_s: limit from the first request until each is refused, seconds.
        at_least: fewer requests than this after the limit decide nothing.
    """
    rule = f"{', '.join(phases)}: without endpoints an announced address refuses (RST or ICMP) and does not hang"
    return Check("refused", rule, partial(_refused, phases=phases, within_s=within_s, at_least=at_least))


def _refused(history: History, *, phases: tuple[str, ...], within_s: float, at_least: int) -> Verdict:
    details: list[str] = []
    for phase in phases:
        made = attempts.requests(history, phase)
        late = [r for r in made if seen.seconds(r.begin_ns, made[0].begin_ns) > within_s]
        if answered := [request for request in late if request.is_ok]:
            return failed(f"{phase}: {len(answered)} requests were answered, without any endpoint", str(answered[0]))
        asked = [a for a in neighbor.asks(history) if late and late[0].begin_ns <= a.t_ns <= late[-1].end_ns]
        if len(late) < at_least or not asked:
            return unknown(f"{phase}: {len(late)} requests and {len(asked)} ARP questions, wanted {at_least} and 1")
        is_announced = any(ask.answers for ask in asked)
        hanging = [request for request in late if request.error not in {"refused", "reset", "unreachable"}]
        if hanging and is_announced:
            return failed(f"{phase}: announced, and {len(hanging)} of {len(late)} requests hang", *map(str, hanging))
        errors = ", ".join(sorted({request.error for request in late}))
        details.append(f"{phase}: {'announced' if is_announced else 'announced by nobody'}, requests end: {errors}")
    doubt = seen.wire_doubt(history)
    return unknown(doubt) if doubt else passed("; ".join(details))


def same_address(*names: str) -> Check:
    """Demand that Services keep their one address, without a gap, for as long as they are LoadBalancers.

    Args:
        names: of the Services.
    """
    rule = f"{', '.join(names)}: one address, as long as it is a LoadBalancer"
    return Check("same-address", rule, partial(_same, names=names))


def _same(history: History, *, names: tuple[str, ...]) -> Verdict:
    kept: list[str] = []
    for name in names:
        states = [s for s in seen.services(history) if s.name == name and not s.is_deleted]
        full = [state for state in states if state.addresses]
        if not full:
            return unknown(f"{name} never showed an address")
        if len(different := {state.addresses for state in full}) > 1:
            return failed(f"{name} showed {len(different)} addresses", *(str(a[0]) for a in sorted(different, key=str)))
        gaps = [s for s in states if not s.addresses and full[0].t_ns < s.t_ns < full[-1].t_ns]
        if gaps:
            return failed(f"{name} was without {full[0].addresses[0]} for a while", f"t={gaps[0].t_ns}")
        kept.append(f"{name} kept {full[0].addresses[0]} over {len(full)} states")
    doubt = seen.watch_doubt(history)
    return unknown(doubt) if doubt else passed("; ".join(kept))


def node_ports(name: str, *wanted: bool) -> Check:
    """Demand that a Service has node ports only where it asks for them.

    Args:
        name: of the Service.
        wanted: for each of the Service's writes in order, whether it then has a node port on each port.
    """
    words = " -> ".join("some" if has else "none" for has in wanted)
    return Check("node-ports", f"{name} has node ports as it asks: {words}", partial(_ports, name=name, wanted=wanted))


def _ports(history: History, *, name: str, wanted: tuple[bool, ...]) -> Verdict:
    writes = [w for w in seen.writes(history, "Service") if w.name == name and w.verb != "delete"]
    states = [e for e in history.of("kube", "service") if e.data["object"]["metadata"]["name"] == name]
    shown: list[str] = []
    for number, has in enumerate(wanted):
        if number >= len(writes):
            return unknown(f"{name} was written {len(writes)} times, wanted {len(wanted)}")
        end_ns = writes[number + 1].invoked_ns if number + 1 < len(writes) else history.end_ns + 1
        seen_then = [state for state in states if writes[number].invoked_ns <= state.t_ns < end_ns]
        if not seen_then:
            return unknown(f"the watch showed nothing after write {number + 1} of {name}")
        ports = [int(port.get("nodePort", 0)) for port in seen_then[-1].data["object"]["spec"]["ports"]]
        if any(bool(port) is not has for port in ports):
            return failed(f"{name} has node ports {ports} after write {number + 1}, wanted {'some' if has else 'none'}")
        shown.append(str(ports))
    return passed(f"{name}: {' -> '.join(shown)}")
