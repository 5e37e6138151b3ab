"""Judge of peers that ask for what few load balancers can do: it is done, or refused with a reason, never dropped.

Source: Kubernetes API conventions (what is not supported must be refused, not ignored); MetalLB's ConfigurationState.

Pure.
"""

import json
from functools import partial
from typing import Final

from conformance.suite import bird, seen, tables
from conformance.suite.case import Check
from conformance.suite.history import History
from conformance.suite.verdict import Verdict, failed, passed, unknown

ASKED: Final = "asks for "
"""Begins the mark from which on a peer asks for something; the rest of it is the word that a reason must hold."""


def done_or_refused(peer: str, *words: str) -> Check:
    """Demand that each thing a peer asks for is done, or that no session is there and a reason names peer and thing.

    Args:
        peer: name of the BGPPeer.
        words: for each thing, one after the other, a word that tells it.
    """
    rule = f"a session is there, or a reason names {peer} and in turn {', '.join(words)}"
    return Check("done-or-refused", rule, partial(_done_or_refused, peer=peer, words=words))


def _done_or_refused(history: History, *, peer: str, words: tuple[str, ...]) -> Verdict:
    lab, told = seen.facts(history), []
    marks = [event for event in history.of("suite", "mark") if event.data["name"].startswith(ASKED)]
    ends = [*(event.t_ns for event in marks[1:]), history.end_ns + 1]
    times = {m.data["name"].removeprefix(ASKED): (m.t_ns, end) for m, end in zip(marks, ends, strict=False)}
    if lab is None or not set(words) <= times.keys():
        return unknown(f"the peer asked for {', '.join(times) or 'nothing'}, wanted {', '.join(words)}")
    for word in words:
        begin, end = times[word]
        looks = [k for r in lab.nodes for k in seen.looks(history, "bird", r) if begin <= k.t_ns < end]
        if not looks:
            return unknown(f"nobody looked at the router while the peer asked for {word}")
        found = bird.sessions(looks[-1].raw["sessions"])
        up = {lab.owner(session.neighbor) for session in found if session.state == tables.ESTABLISHED}
        states = [e.data for e in history.of("kube", "object") if begin <= e.t_ns < end]
        saying = {str(s["name"]) for s in states if _says(s["object"], peer) and _says(s["object"], word)}
        if up >= set(lab.eligible):
            told.append(f"{word}: in force")
        elif up:
            return failed(f"{word}: sessions with {', '.join(sorted(up))} alone")
        elif not saying:
            return failed(f"{word}: no session, and nothing says why")
        else:
            told.append(f"{word}: refused by {', '.join(sorted(saying))}")
    return passed("; ".join(told))


def _says(obj: object, word: str) -> bool:
    return isinstance(obj, dict) and word.lower() in json.dumps(obj.get("status", {})).lower()
