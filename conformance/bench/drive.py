"""Drives one stage: a fresh controller; Services created, watched idle, grown in number; restarts; all deleted.

Everything done and seen goes into the stage's history; nothing is computed here.

Shell: the API server, processes, the clocks.
"""

import json
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

import psutil

from conformance.bench import goals
from conformance.bench.plan import Stage
from conformance.suite import phases
from conformance.suite.crowd import RANGE, Crowd
from conformance.suite.history import Event
from conformance.suite.kube import ApiError, Object, path_of
from conformance.suite.load import Load
from conformance.suite.observers.usage import usage
from conformance.suite.phase import phase
from conformance.suite.session import LabSession
from conformance.suite.tally import Tally
from conformance.suite.target import Workload
from lbkit.errors import TargetError

ROLE: Final = "controller"
NAME: Final = "bench"
CREATE_S: Final = 180.0
"""Until the Services of the small stage have addresses: ten times what MetalLB was seen to need."""
GROW_S: Final = 180.0
"""Until those of the large stage have; who is not served by then is counted as missing, so that a slow one ends too."""
DELETE_S: Final = 300.0
SETTLE_S: Final = 5.0
"""After a phase's last address: what is written a little later (Events, counts in a pool's status) belongs to it."""
READY_S: Final = 120.0
"""Until restarted controllers are ready; MetalLB's first readiness probe comes after 10 s."""
_EVENTS: Final = "/api/v1/events"
_VERBS: Final = {"ADDED": "POST", "MODIFIED": "PATCH"}
_TOLD_S: Final = 60.0
"""Between two lines of progress while idle."""
_QUIET_S: Final = 3.0
"""How long the host is looked at before the stage, to say how busy others keep it."""


class Drive:
    """One stage on its way.

    Args:
        stage: which.
        session: the lab, with the stage's target in it.
        path: of the history to write.
        say: prints progress.
    """

    def __init__(self, stage: Stage, session: LabSession, path: Path, say: Callable[[str], None]) -> None:
        self._stage = stage
        self._session = session
        self._kube = session.kube
        self._say = say
        self._recorder = Tally(path)
        part = next((part for part in session.target.workloads if part.role == ROLE), None)
        if part is None:
            raise TargetError(f"{session.target.name} has no {ROLE} to measure")
        self._part: Workload = part

    def run(self) -> None:
        """Drive the stage to its end and close its history.

        Raises:
            TargetError: the lab or the target failed; the history ends without its end.
        """
        stage = self._stage
        head = {"name": stage.name, "target": stage.target, "version": self._session.target.version(self._kube)}
        asked = {"services": stage.services, "many": stage.many, "writers": stage.writers, "restarts": stage.restarts}
        self._recorder.record("bench", "stage", **head, **asked, idle_s=stage.idle_s, host=host())
        with Crowd(self._session, self._recorder, NAME, (RANGE,), stage.writers) as crowd:
            self._renew()
            self._phases(crowd.load)
            crowd.finish()
            self._recorder.record("suite", "end")
        self._recorder.close()

    def _phases(self, load: Load) -> None:
        stage = self._stage
        time.sleep(SETTLE_S)
        self._use(goals.FRESH)
        self._create(load, phases.CREATE, 0, stage.services, CREATE_S)
        self._use(goals.SMALL)
        if stage.idle_s:
            self._idle()
        if stage.many > stage.services:
            self._create(load, phases.GROW, stage.services, stage.many, GROW_S)
            self._use(goals.LARGE)
        for number in range(1, stage.restarts + 1):
            self._restart(number)
        self._delete(load)

    def _create(self, load: Load, name: str, first: int, end: int, patience_s: float) -> None:
        self._say(f"{name}: {end - first} Services by {self._stage.writers} writers")
        with phase(self._kube, self._recorder, name):
            began_s = time.monotonic()
            load.create(map(_name, range(first, end)))
            created_s = time.monotonic() - began_s
            self._recorder.await_assigned(end, patience_s)
            took_s = time.monotonic() - began_s
            time.sleep(SETTLE_S)
        served_now = f"{self._recorder.assigned} of {end} have an address after {took_s:.1f} s"
        self._say(f"{name}: created in {created_s:.1f} s, {served_now}")

    def _idle(self) -> None:
        left_s, noted = self._stage.idle_s, set[str]()
        version = self._note_recorders()
        with phase(self._kube, self._recorder, phases.IDLE):
            while left_s > 0:
                self._say(f"{phases.IDLE}: {left_s / 60:.1f} minutes to go")
                time.sleep(min(left_s, _TOLD_S))
                left_s -= _TOLD_S
                next_version = self._version_of_events()  # of now: the one of the last Event is forgotten in minutes
                self._note_events(version, noted)
                version = next_version

    def _version_of_events(self) -> str:
        return str(self._kube.request("GET", f"{_EVENTS}?limit=1")["metadata"]["resourceVersion"])

    def _note_recorders(self) -> str:
        """Note who has written Events so far, and by which API; return the resourceVersion of that."""
        found = self._kube.request("GET", _EVENTS)
        for manager, via in sorted({_writer(event) for event in found["items"]}):
            self._recorder.record("bench", "recorder", manager=manager, via=via)
        return str(found["metadata"]["resourceVersion"])

    def _note_events(self, version: str, noted: set[str]) -> None:
        """Note who wrote Events since a resourceVersion, but for those that are noted already."""
        for line in self._kube.stream(_EVENTS, READY_S, watch="1", resourceVersion=version, timeoutSeconds="1"):
            change = json.loads(line)
            if change["type"] == "ERROR":
                raise ApiError(f"watch of Events: {change['object'].get('message')}")
            event = change["object"]
            written = str(event["metadata"]["resourceVersion"])
            if change["type"] in _VERBS and written not in noted:
                noted.add(written)
                manager, via = _writer(event)
                about = event.get("involvedObject", {})
                told = {"about": f"{about.get('kind')} {about.get('name')}", "reason": str(event.get("reason"))}
                self._recorder.record("bench", "event", verb=_VERBS[change["type"]], manager=manager, via=via, **told)

    def _restart(self, number: int) -> None:
        with phase(self._kube, self._recorder, f"{phases.RESTART}-{number}"):
            count = self._renew()
            time.sleep(SETTLE_S)
        self._use(f"{phases.RESTART}-{number}")
        self._say(f"{phases.RESTART} {number} of {self._stage.restarts}: {count} ready again")

    def _renew(self) -> int:
        """Have new controller processes in place of all that run, and say how many."""
        pods = self._pods()
        for pod in pods:
            self._kube.delete("Pod", pod["metadata"]["name"], self._session.target.namespace)
        self._await_ready({pod["metadata"]["uid"] for pod in pods}, len(pods))
        return len(pods)

    def _await_ready(self, old: set[str], wanted: int) -> None:
        """Note when each new controller is shown ready.

        Args:
            old: uids of the pods that are going.
            wanted: how many new ones there will be.
        """
        path = path_of("Pod", self._session.target.namespace)
        ready: set[str] = set()
        deadline = time.monotonic() + READY_S
        while len(ready) < wanted:
            if time.monotonic() > deadline:
                raise TargetError(f"{len(ready)} of {wanted} restarted controllers are ready after {READY_S:g} s")
            # Without a resourceVersion a watch begins with what there is.
            for line in self._kube.stream(
                path, READY_S, watch="1", labelSelector=self._part.labels, timeoutSeconds="20"
            ):
                t_ns, change = time.monotonic_ns(), json.loads(line)
                pod = change["object"]
                if change["type"] == "ERROR":
                    raise ApiError(f"watch of Pods: {pod.get('message')}")
                uid = pod["metadata"]["uid"]
                if uid not in old | ready and change["type"] != "DELETED" and _is_ready(pod):
                    ready.add(uid)
                    name = pod["metadata"]["name"]
                    self._recorder.add(Event(t_ns, "kube", "ready", {"pod": name, "uid": uid}))
                if len(ready) >= wanted:
                    break

    def _delete(self, load: Load) -> None:
        count = len(self._recorder.addresses)
        self._say(f"{phases.DELETE}: {count} Services by {self._stage.writers} writers")
        with phase(self._kube, self._recorder, phases.DELETE):
            began_s = time.monotonic()
            load.delete(sorted(self._recorder.addresses))
            if not self._recorder.await_gone(DELETE_S):
                raise TargetError(f"{len(self._recorder.addresses)} Services are still there after {DELETE_S:g} s")
            took_s = time.monotonic() - began_s
            time.sleep(SETTLE_S)
        self._say(f"{phases.DELETE}: gone after {took_s:.1f} s")

    def _pods(self) -> list[Object]:
        found = self._kube.list("Pod", self._session.target.namespace, self._part.labels)
        return [pod for pod in found if "deletionTimestamp" not in pod["metadata"]]

    def _use(self, when: str) -> None:
        """Note what each controller uses now."""
        for pod in self._pods():
            node = pod["spec"]["nodeName"]
            status = next(s for s in pod["status"]["containerStatuses"] if s["name"] == self._part.container)
            found = usage(status["containerID"].rpartition("/")[2])
            name = pod["metadata"]["name"]
            told = {"pid": found.pid, "begin_ns": found.begin_ns, "cpu_s": found.cpu_s}
            told |= {"rss_bytes": found.rss_bytes, "peak_bytes": found.peak_bytes}
            self._recorder.record("node", "usage", when=when, role=ROLE, pod=name, node=node, **told)
            self._say(
                f"{when}: {name} has {found.rss_bytes / goals.MB:.1f} MB resident, {found.cpu_s:.1f} s of processor"
            )


def host() -> dict[str, float]:
    """Describe the machine, and how busy it is with other things: looked at for a while before anything begins."""
    busy = psutil.cpu_percent(interval=_QUIET_S)
    return {"cores": float(os.cpu_count() or 0), "load_1min": os.getloadavg()[0], "busy_percent_before": busy}


def _name(number: int) -> str:
    return f"s-{number:05d}"


def _writer(event: Object) -> tuple[str, str]:
    """Say who wrote an Event last, and by which API."""
    fields: list[Object] = event["metadata"].get("managedFields", [])
    by = max(fields, key=lambda one: str(one.get("time", "")), default={})
    return str(by.get("manager", "")), str(by.get("apiVersion", ""))


def _is_ready(pod: Object) -> bool:
    return any(c["type"] == "Ready" and c["status"] == "True" for c in pod["status"].get("conditions", ()))
