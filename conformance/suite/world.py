"""What a case can do and see: its namespace, its objects, the wire, the routers, traffic, and waiting.

Everything it does is written into the history; nothing it returns decides a verdict.

Shell: the API server, observers, the clock.
"""

import secrets
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, ExitStack
from functools import partial
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any

from conformance.suite import convergence, families, noted, seen, tables, waits
from conformance.suite.associations import Associations
from conformance.suite.audit import Audit
from conformance.suite.case import Case, Check, is_content
from conformance.suite.cluster import Cluster
from conformance.suite.facts import IPAddress, Over, members, of_family
from conformance.suite.faults import Faults
from conformance.suite.history import History
from conformance.suite.kube import ApiError, Kube, Object, until
from conformance.suite.manifests import placed, pool_names, render
from conformance.suite.namespaces import Namespaces
from conformance.suite.observers.routers import Routers
from conformance.suite.phase import phase
from conformance.suite.recorder import Recorder, Stopped
from conformance.suite.segment import Segment
from conformance.suite.session import Change, LabSession, namespace_of
from conformance.suite.source_ports import SourcePorts
from conformance.suite.traffic import Traffic
from conformance.suite.wire import Wire


class World:
    """One case's world, from its namespace's creation to its removal.

    Args:
        case: which case.
        path: of the case's Python file; its YAML has the same stem.
        session: the lab it runs in.
        recorder: of the case.
        say: prints progress.
    """

    def __init__(
        self, case: Case, path: Path, session: LabSession, recorder: Recorder, say: Callable[[str], None]
    ) -> None:
        self.case = case
        self.lab = session.facts
        self.recorder = recorder
        self.namespace = namespace_of(case)
        self.wire = Wire(self.lab, recorder)
        self.routers = Routers(self.lab, recorder)
        self.seed = secrets.randbits(64) if session.asked.seed is None else session.asked.seed
        recorder.record("suite", "random", seed=self.seed)
        self.traffic = Traffic(self.lab, recorder, SourcePorts(self.seed, session.ports_drawn))
        self.sctp = Associations(self.lab, recorder)
        self.faults = Faults(session.kube, session.target, recorder, session.facts)
        self.segment = Segment(session.facts, recorder)
        self.cluster = Cluster(session, recorder, self.namespace)
        self.audit = Audit(session, recorder, self.namespace)
        self.namespaces = Namespaces(session, recorder)
        self._say, self._session = say, session
        self._kube: Kube = session.kube
        self._path = path.with_suffix(".yaml")
        self._text = self._path.read_text(encoding="utf-8") if self._path.exists() else ""
        self._configured: list[tuple[str, str, str]] = []
        self._used = session.target.features & set(case.uses)
        self._names = {
            "case": case.id.lower(),
            "namespace": self.namespace,
            "target_namespace": session.target.namespace,
            "echo": self.lab.images.get("echo", ""),
        }

    def open(self) -> None:
        """Have the namespace, with its pods ready where the case wants some, and start watching its Services.

        Raises:
            TargetError: they are not ready in time.
        """
        self.namespaces.open(self.namespace)
        if self.case.backend:
            self._say("waiting for the echo pods")
            self.pods_ready(self._session.backends.start(self.namespace, self.case.backend))

    @property
    def pool(self) -> tuple[str, ...]:
        """The lab's addresses for tests, as ranges."""
        return next(iter(self.lab.pools.values()), ())

    @property
    def is_routed(self) -> bool:
        """Whether routers lead clients to the lab's addresses, and no owner on their segment."""
        return self._session.has_peers

    @property
    def claimed(self) -> frozenset[str]:
        """The extended features that are judged; a drive asks for nothing else."""
        return self._session.asked.features

    def long(self, default: float, slow: float) -> float:
        """Say how much is driven of what takes minutes: `slow` under `--slow`, else `default`."""
        return slow if self._session.asked.is_slow else default

    def objects(self, *kinds: str, **names: str) -> tuple[Object, ...]:
        """Return the case's objects, filled in and placed.

        Args:
            kinds: only these; all if none is given.
            names: more names for the file.
        """
        everything = self._names | pool_names(self._text, self.pool) | names
        found = render(self._text, everything, frozenset(kinds), str(self._path))
        return tuple(placed(obj, self.namespace, self._session.target.namespace) for obj in found)

    def apply(self, *kinds: str, **names: str) -> None:
        """Write the case's objects, in the order of the file.

        Args:
            kinds: only these; all if none is given.
            names: more names for the file.

        Raises:
            ApiError: the API server refused one.
        """
        for obj in self.objects(*kinds, **names):
            self.write("create" if obj["kind"] == "Service" else "apply", obj)

    def write(self, verb: str, obj: Object) -> None:
        """Write one object and note request and answer.

        Args:
            verb: create, apply or patch.
            obj: with its namespace; for a patch only what is to change.

        Raises:
            ApiError: the API server refused it.
        """
        obj = self._session.isolated(obj, self.namespace)
        obj = self._session.target.prepared(obj, self.case.extended | self._used)
        meta = obj["metadata"]
        about = {"verb": verb, "object_kind": obj["kind"], "name": meta["name"], "namespace": meta.get("namespace", "")}
        self.recorder.record("drive", "write", phase="invoke", **about)
        if meta.get("namespace") == self._session.target.namespace:
            self._configured.append((obj["kind"], meta["name"], meta["namespace"]))
        try:
            if self._session.target.takes(obj):
                {"create": self._kube.create, "apply": self._kube.apply, "patch": self._kube.patch}[verb](obj)
        except Exception as err:
            self.recorder.record("drive", "write", phase="fail", error=str(err), **about)
            raise
        self.recorder.record("drive", "write", phase="ok", object=obj, **about)

    def create_services(self, count: int, writers: int) -> None:
        """Create the file's Service `count` times at once, under the names its ${index} gives.

        Args:
            count: how many.
            writers: how many requests at a time.
        """
        wanted = [obj for index in range(count) for obj in self.objects("Service", index=str(index))]
        self._say(f"creating {count} Services with {writers} writers")
        with ThreadPoolExecutor(writers) as pool:
            list(pool.map(lambda obj: self.write("create", obj), wanted))

    def offer(self, obj: Object, verb: str = "") -> None:
        """Write one object if the API server takes it; its refusal, or a missing webhook's, is noted, and no error.

        Raises:
            ApiError: there was no answer, or the API server is itself at fault.
        """
        try:
            self.write(verb or ("create" if obj["kind"] == "Service" else "apply"), obj)
        except ApiError as err:
            if not 400 <= err.status < 500 and "webhook" not in str(err):
                raise

    def services(self, *names: str, **fill: str) -> None:
        """Create some of the file's Services, one after the other.

        Args:
            names: of the Services, in the order to create them.
            fill: more names for the file.
        """
        found = {obj["metadata"]["name"]: obj for obj in self.objects("Service", **fill)}
        for name in names:
            self.write("create", found[name])

    def change(self, name: str, **spec: Any) -> None:  # Any: fields of a Service's spec
        """Write one of the file's Services again, with other fields in its spec.

        Args:
            name: of the Service.
            spec: fields to set.
        """
        obj = next(obj for obj in self.objects("Service") if obj["metadata"]["name"] == name)
        self.write("apply", {**obj, "spec": {**obj["spec"], **spec}})

    def patch(self, name: str, **fields: Any) -> None:  # Any: parts of a Service
        """Change some fields of a Service of the case and leave the others.

        Args:
            name: of the Service.
            fields: spec, metadata; a null in them removes a field.
        """
        fields["metadata"] = {**fields.get("metadata", {}), "name": name, "namespace": self.namespace}
        self.write("patch", {"apiVersion": "v1", "kind": "Service", **fields})

    def delete(self, kind: str, name: str) -> None:
        """Delete an object of the case's namespace, or one that it configured, and note request and answer."""
        own = {(written, named): namespace for written, named, namespace in self._configured}
        namespace = own.get((kind, name), self.namespace)
        about = {"verb": "delete", "object_kind": kind, "name": name, "namespace": namespace}
        self.recorder.record("drive", "write", phase="invoke", **about)
        self._kube.delete(kind, name, namespace)
        self.recorder.record("drive", "write", phase="ok", **about)

    def peers(
        self, *, anew: bool = False, over: Over = "ipv4", each: Change | None = None, **spec: Any
    ) -> None:  # Any: a BGPPeer's spec
        """Configure the lab's BGP peers, and note them as written; `spec` is what they are to have besides.

        With `anew` they are removed first, and the routers have seen the sessions go; `each` makes fields of its spec.
        """
        self._session.peers(
            self.recorder, self.routers, lambda own: {**spec, **(each(own) if each else {})}, anew=anew, over=over
        )

    def wait(self, what: str, read: Callable[[History], Any], timeout_s: float) -> Any:  # Any: what `read` finds
        """Wait for something in the history; None when it never comes.

        Args:
            what: it is, for the progress line.
            read: returns what it looks for, or None.
            timeout_s: patience.
        """
        self._say(f"waiting for {what}")
        return self.recorder.wait(read, timeout_s)

    def addresses(self, count: int, limit_s: float = waits.ASSIGN_S) -> tuple[IPv4Address, ...]:
        """Wait until `count` Services have an address, and return all IPv4 addresses, by Service name.

        Raises:
            Stopped: they never have.
        """
        self._say(f"waiting for {count} addresses")

        def enough(history: History) -> dict[str, seen.ServiceState] | None:
            found = seen.assignments(history)
            return found if len(found) >= count else None

        found = self.recorder.need(f"an address for {count} Services", enough, waits.patience(limit_s))
        given = [found[name].addresses[0] for name in sorted(found)]
        return tuple(address for address in given if isinstance(address, IPv4Address))

    def address(self) -> IPv4Address:
        """Wait for the one Service's address.

        Raises:
            Stopped: it never comes.
        """
        found = self.addresses(1)
        if not found:
            raise Stopped("the Service has no IPv4 address")
        return found[0]

    def families(self, name: str, *versions: int, limit_s: float = waits.ASSIGN_S) -> tuple[IPAddress, ...]:
        """Wait until a Service has an address of each of these families (4, 6), and return them in that order.

        Raises:
            Stopped: it never has.
        """
        what = f"an address of {name} for each of {', '.join(map(families.name_of, versions))}"
        self._say(f"waiting for {what}")
        return self.recorder.need(what, partial(families.shown, name=name, wanted=versions), waits.patience(limit_s))

    def pods_ready(self, count: int) -> None:
        """Wait until the namespace has `count` ready pods and note where they are.

        Raises:
            TargetError: it has not in time.
        """

        def missing() -> str:
            ready = [pod for pod in self._kube.list("Pod", self.namespace) if noted.is_ready(pod)]
            return "" if len(ready) >= count else f"{len(ready)} of {count} pods are ready"

        until("pods", missing, waits.BACKEND_S, waits.POLL_S / 2)
        self.cluster.note_pods()

    def events(self) -> None:
        """Note the Events up to now: those of the case's namespace, and those about what it has configured."""
        found = self._kube.list("Event", self.namespace)
        ours = [self._kube.get(*written) for written in self._configured]
        uids = {obj["metadata"].get("uid", "") for obj in ours if obj} - {""}
        for event in self._kube.list("Event", self._session.target.namespace) if uids else ():
            if event.get("involvedObject", {}).get("uid") in uids:
                found.append(event)
        self.recorder.record("kube", "events", events=[noted.event(event) for event in found])

    def look(self, kind: str) -> None:
        """Note what has become of the configured objects of a kind."""
        for written, name, namespace in self._configured:
            if written == kind:
                obj = self._kube.get(kind, name, namespace)
                self.recorder.record("kube", "object", object_kind=kind, name=name, object=obj)

    def nodes(self) -> dict[str, IPv4Address]:
        """Note the cluster's nodes and return {name: InternalIP}."""
        found = {n["metadata"]["name"]: noted.node(n) for n in self._kube.list("Node")}
        self.recorder.record("kube", "nodes", nodes=found)
        return {name: IPv4Address(next(a for a in n["addresses"] if ":" not in a)) for name, n in found.items()}

    def until(self, check: Check, limit_s: float) -> None:
        """Wait until a check is content or its limit (seconds) and more are over; it will judge again at the end."""
        self._say(f"waiting until {check.rule}")
        self.recorder.wait(lambda history: is_content(check, history) or None, waits.patience(limit_s))

    def until_told(self, check: Check, limit_s: float) -> None:
        """Wait as `until` does, and look at the Events meanwhile."""
        deadline = time.monotonic() + waits.patience(limit_s)
        self.events()
        while not is_content(check, self.recorder.history()) and time.monotonic() < deadline:
            time.sleep(waits.POLL_S)
            self.events()

    def converged(self, address: IPAddress) -> None:
        """Follow the routers' FIBs and wait until each has all its next hops to an address; judge nothing.

        Args:
            address: of the Service.
        """
        wanted = convergence.wanted(self.lab)
        self.routers.follow(tuple(wanted), tables.table("fib", address.version))
        complete = partial(convergence.is_complete, wanted=wanted, address=address)
        self.wait("all next hops on all routers", complete, waits.patience(waits.ANNOUNCE_S + waits.ANNOUNCE_S))
        self.hold("kube-proxy's rules", waits.KUBE_PROXY_S)

    def pool_address(self, number: int) -> IPv4Address:
        """Return the Nth address of the lab's test range, as `${pool_N}` in the YAML."""
        address = members(of_family(self.pool, 4))[number]
        assert isinstance(address, IPv4Address)
        return address

    def mark(self, name: str) -> None:
        """Note a moment that the checks refer to."""
        self.recorder.record("suite", "mark", name=name)

    def phase(self, name: str) -> AbstractContextManager[None]:
        """Surround a part of the drive in which what is written counts."""
        self._session.outlast(self.namespace)
        return phase(self._kube, self.recorder, name)

    def hold(self, what: str, for_s: float = waits.HOLD_S) -> None:
        """Keep watching for a while: a "never" must have been given the time to happen.

        Args:
            what: is watched, for the progress line.
            for_s: how long, seconds.
        """
        self._say(f"holding {for_s:g} s: {what}")
        time.sleep(for_s)

    def finish(self) -> None:
        """Stop all observers in the order that loses nothing, and end the history."""
        self.traffic.stop()
        self.sctp.stop()
        self.wire.stop()
        self.routers.stop()
        self.namespaces.stop()
        self.recorder.record("suite", "end")

    def clean(self) -> None:
        """Undo all faults, and remove everything the case made; its pods may go on ending while the next case runs.

        Raises:
            TargetError: something stays.
        """
        with ExitStack() as last:
            for undo in (self._remove, self.faults.restore, self.cluster.restore, self.segment.restore):
                last.callback(undo)

    def _remove(self) -> None:
        self.namespaces.release()
        for kind, name, namespace in reversed(self._configured):
            self._kube.delete(kind, name, namespace)
        self._session.settle(self.recorder)
