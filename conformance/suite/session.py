"""One lab for the length of a run: brought up, the target put into it, foreign configuration set aside.

A lab comes with pools, peers and Services of its own, for people; they would disturb the cases, and the cases
them. So the load balancer's objects are parked (kept in a file, deleted, restored at the end), and while
foreign Services of type LoadBalancer exist, the cases' pools are open to the cases' namespaces only.

Shell: its place's, the API server, routers' tables, files.
"""

import hashlib
import platform
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final, get_args

import yaml

from conformance.suite import families, leftovers, tables, waits
from conformance.suite.backends import Backends
from conformance.suite.case import Case
from conformance.suite.facts import IPAddress, LabFacts, Over
from conformance.suite.kube import CONFIGURATION, Kube, Object, until
from conformance.suite.manifests import placed, stripped
from conformance.suite.observers.process import ROOT
from conformance.suite.observers.routers import Routers
from conformance.suite.place import Cluster, Lab, Place, Status, setting_up
from conformance.suite.plan import Selection
from conformance.suite.recorder import Recorder
from conformance.suite.target import Target
from conformance.suite.wire import Wire
from lbkit.errors import TargetError

_DELETERS: Final = 8
"""Requests at a time where many Services are deleted."""
_PEERS: Final[Mapping[Over, str]] = {"ipv4": "peers.yaml", "ipv6": "peers-ipv6.yaml"}
"""{what the sessions run over: the lab's file with the peers}."""
Change = Callable[[Mapping[str, Any]], Mapping[str, Any]]  # Any: fields of a BGPPeer's spec
PREFIX: Final = "lbkit-conf-"
"""Of the cases' namespaces."""


def namespace_of(case: Case) -> str:
    """Name the namespace of a case."""
    return f"{PREFIX}{case.id.lower()}"


class LabSession:
    """A lab that cases run in.

    Args:
        name: of the lab.
        target: what is judged.
        asked: what the user asked for.
        out: where logs go.
        parked: where parked objects are kept until they are restored; None for `out`.
        given: a cluster to use instead of the lab; None for the lab.
        say: prints progress.

    Raises:
        SetupError: it cannot be used.
    """

    def __init__(
        self,
        name: str,
        target: Target,
        asked: Selection,
        out: Path,
        *,
        parked: Path | None = None,
        given: Cluster | None = None,
        say: Callable[[str], None],
    ) -> None:
        self.name = name
        self.target = target
        self.asked = asked
        self._out = out
        self._say = say
        self._place: Place = given or Lab(name, out, say)
        self._where = f"cluster of {given.kubeconfig}" if given else f"lab {name}"
        self._parked_file = (parked or out) / f"parked-{name}.yaml"
        self.ports_drawn: dict[int, None] = {}
        self._has_foreign = False
        self._peers: Over | None = None
        self._is_doubtful = False
        self._environment: dict[str, Any] = {}  # Any: JSON for the report
        try:
            self._begin()
        except BaseException:
            self._place.close()
            raise

    @property
    def facts(self) -> LabFacts:
        """What the lab says about itself now."""
        return self._place.facts

    @property
    def described(self) -> Status:
        """The same, as it was said."""
        return self._place.described

    @property
    def kubeconfig(self) -> Path:
        """Of the cluster."""
        return self._place.kubeconfig

    def _begin(self) -> None:
        with setting_up(self._where, "reach its API server", f"lbkit lab status {self.name}; a kubeconfig that works"):
            self.kube = Kube(self.kubeconfig)
            self.backends = Backends(self.kube, self.name, self.facts.images.get("echo", ""))
            leftovers.clear_nodes(self.kube)
            if self._parked_file.exists():  # by a run that was killed; its configuration may not fit the target's
                self._clear()
        self._install()
        again = f"run again: what was set aside is in {self._parked_file}, and the next run restores it"
        with setting_up(self._where, "clear what is in the cases' way", again):
            for leftover in self._namespaces():
                self.backends.remove(leftover)
            services = [s for s in self.kube.list("Service") if s["spec"].get("type") == "LoadBalancer"]
            self._has_foreign = bool(services)
            self._park()
            self.environment()  # now, as a case may uninstall the target whose version it tells

    def _install(self) -> None:
        name, log = self.target.name, self._out / "logs" / f"lab-{self.name}-deploy.log"
        self._say(f"{self._where}: putting {name} into it (log: {log})")
        with setting_up(self._where, f"put {name} into it", f"look into {log}; lbkit lab deploy {self.name}"):
            self._place.install(self.target, log)
        pods = f"kubectl --kubeconfig {self.kubeconfig} -n {self.target.namespace} get pods,events"
        with setting_up(self._where, f"make {name} ready", pods):
            until(f"{name} in it", lambda: self.target.ready(self.kube), waits.TARGET_READY_S)

    def doubt(self) -> None:
        """Look at everything again before the next case: one could not be cleaned up."""
        self._is_doubtful = True

    def renew(self) -> None:
        """Restart the target: what a case that failed left in its processes is not the next one's verdict.

        A speaker that lost its groups, say, would be found silent by every case that follows.

        Raises:
            TargetError: it does not become ready again.
        """
        self._say(f"{self._where}: restarting {self.target.name}, which a case that did not pass had harmed")
        for part in self.target.workloads:
            self.target.restart(self.kube, part)
        until(f"{self.target.name}, restarted,", lambda: self.target.ready(self.kube), waits.ROLL_S)

    def gone(self) -> Mapping[str, str]:
        """Say what of the place does not run any more: {name: what it is}."""
        return self._place.gone()

    def ensure(self) -> None:
        """Be fit for another case, or say why not: what died, or was left unready, is not the next case's verdict.

        Raises:
            SetupError: it is not fit, and nothing here makes it so.
        """
        cure = f"lbkit lab status {self.name}; lbkit lab up {self.name} repairs it"
        with setting_up(self._where, "find all of it running", cure):
            if gone := self.gone():
                raise TargetError(f"gone is {', '.join(gone.values())}")
        try:
            until(f"{self.target.name} ready", lambda: self.target.ready(self.kube), waits.TARGET_READY_S)
        except TargetError as err:
            self._say(f"{self._where}: {err}")
            self._is_doubtful = True
        if self._is_doubtful:
            self._say(f"{self._where}: a case did not leave it as it was; putting {self.target.name} into it again")
            self.reinstall()
            self._is_doubtful = False

    def _park(self) -> None:
        """Set the load balancer's objects aside; what an earlier, killed run set aside is kept too."""
        if not self.target.is_configurable:
            return
        found = [o for kind in CONFIGURATION for o in self.kube.list(kind, self.target.namespace)]
        if self._parked_file.exists():
            found = [*yaml.safe_load_all(self._parked_file.read_text(encoding="utf-8"))]
            self._say(f"lab {self.name}: an earlier run left {self._parked_file}; its objects will be restored")
        elif found:
            self._parked_file.parent.mkdir(parents=True, exist_ok=True)
            self._parked_file.write_text(yaml.safe_dump_all([stripped(o) for o in found]), encoding="utf-8")
        self._clear()

    def _clear(self) -> None:
        """Delete the load balancer's objects."""
        for kind in CONFIGURATION if self.target.is_configurable else ():
            for obj in self.kube.list(kind, self.target.namespace):
                self.kube.delete(kind, obj["metadata"]["name"], self.target.namespace)

    def close(self) -> None:
        """Remove what the run configured, restore what was set aside, and wait until the cases' namespaces are gone."""
        try:
            self._restore()
        finally:
            self._place.close()

    def _restore(self) -> None:
        for leftover in self._namespaces():
            self.backends.remove(leftover)
        self._clear()
        if not self.target.is_configurable or not self._parked_file.exists():
            return
        for obj in reversed([*yaml.safe_load_all(self._parked_file.read_text(encoding="utf-8"))]):
            self.kube.apply(obj)
        self._parked_file.unlink()

    def uninstall(self) -> None:
        """Uninstall the target as its manual says; its configuration goes with it.

        Raises:
            TargetError: the uninstall failed.
            Lacking: the target is somebody else's.
        """
        log = self._out / "logs" / f"lab-{self.name}-uninstall.log"
        self._say(f"lab {self.name}: taking {self.target.name} out of it (log: {log})")
        self._place.uninstall(self.target, log, self.kube)
        self._peers = None

    def reinstall(self) -> None:
        """Install the target again, and set aside what the lab brings along for people.

        Raises:
            TargetError: it does not become ready.
        """
        self._install()
        self._park()

    def isolated(self, obj: Object, namespace: str) -> Object:
        """Close a pool to foreign Services, where there are any.

        Args:
            obj: any object of a case.
            namespace: of the case.
        """
        if not self._has_foreign or obj["kind"] != "IPAddressPool" or "serviceAllocation" in obj["spec"]:
            return obj
        return {**obj, "spec": {**obj["spec"], "serviceAllocation": {"namespaces": [namespace]}}}

    def _namespaces(self) -> list[str]:
        names = (namespace["metadata"]["name"] for namespace in self.kube.list("Namespace"))
        return [name for name in names if name.startswith(PREFIX)]

    def release(self, namespace: str) -> None:
        """Delete the Services of a case, wait until they are gone, and let the rest of its namespace end by itself.

        Only a Service holds an address. Pods take seconds to end, and disturb nobody meanwhile.

        Args:
            namespace: of the case.

        Raises:
            TargetError: a Service stays.
        """

        def left() -> list[str]:
            return [service["metadata"]["name"] for service in self.kube.list("Service", namespace)]

        with ThreadPoolExecutor(_DELETERS) as pool:
            list(pool.map(lambda name: self.kube.delete("Service", name, namespace), left()))
        until(f"the end of the Services of {namespace}", lambda: ", ".join(left()), waits.CLEAN_S, waits.POLL_S / 5)
        self.kube.delete("Namespace", namespace)

    def outlast(self, namespace: str) -> None:
        """Wait until the namespaces of earlier cases are gone; their ending, too, is written and counted.

        Args:
            namespace: of the case, and the beginning of the names of its others.

        Raises:
            TargetError: one stays.
        """

        def why() -> str:
            others = [
                name
                for name in self._namespaces()
                if not name.startswith(namespace) and name not in self.backends.ahead
            ]
            return f"{', '.join(others)} still there" if others else ""

        until("the namespaces of earlier cases to go", why, waits.CLEAN_S)

    @property
    def has_peers(self) -> bool:
        """Whether the lab has routers that its nodes speak BGP with."""
        return (ROOT / "labs" / self.name / "manifests" / _PEERS["ipv4"]).exists()

    def peers(self, recorder: Recorder, routers: Routers, change: Change, *, anew: bool, over: Over) -> None:
        """Configure the lab's BGP peers once for all its cases, and note them in the case's history.

        Args:
            recorder: of the case.
            routers: of the case.
            change: gives, from the spec of a peer, the fields that it is to have besides; None takes one away.
            anew: remove them first and wait until the routers have seen the sessions go.
            over: what the sessions run over; those over anything else are removed.

        Raises:
            TargetError: the lab ships no peers, or sessions stay up without configuration.
        """
        objects = self._peer_objects(over)
        for obj in objects:
            if obj["kind"] == "BGPPeer":
                changed = {**obj["spec"], **change(obj["spec"])}
                obj["spec"] = {name: value for name, value in changed.items() if value is not None}
        has_others = self._peers not in (None, over)
        if (anew or has_others) and self.target.is_configurable:
            for obj in reversed(self._peer_objects(self._peers or over)):
                self.kube.delete(obj["kind"], obj["metadata"]["name"], self.target.namespace)
            until("the end of the BGP sessions", lambda: self._established(routers), waits.SESSIONS_DOWN_S)
        for obj in objects:
            noted = {"verb": "apply", "object_kind": obj["kind"], "name": obj["metadata"]["name"]}
            noted["namespace"] = self.target.namespace
            recorder.record("drive", "write", phase="invoke", **noted)
            if self.target.takes(obj):
                self.kube.apply(self.target.prepared(obj, frozenset()))
            recorder.record("drive", "write", phase="ok", object=obj, **noted)
        self._peers = over

    def _peer_objects(self, over: Over) -> list[Object]:
        """Read the lab's peers, after the BFD profile that they name."""
        folder, peers = ROOT / "labs" / self.name / "manifests", _PEERS[over]
        if not (folder / peers).exists():
            raise TargetError(f"lab {self.name} ships no {peers}")
        files = [folder / name for name in ("bfdprofile.yaml", peers) if (folder / name).exists()]
        documents = [o for file in files for o in yaml.safe_load_all(file.read_text(encoding="utf-8")) if o]
        return [placed(o, "", self.target.namespace) for o in documents]

    def _established(self, routers: Routers) -> str:
        """Say which sessions with k8s nodes are still up; "" if none is."""
        up: list[str] = []
        for router in self.facts.peering_routers():
            found = tables.sessions(routers.read(router, "bgp_peers"))
            ours = self._peers_of(router)
            up += [f"{router}: {a}" for a in ours if a in found and found[a].state == "Established"]
        return ", ".join(up)

    def settle(self, recorder: Recorder) -> None:
        """Wait until nobody answers or routes for what the case held; what stays is left for the next case to see.

        Args:
            recorder: of the case that ends.
        """
        Wire(self.facts, recorder).settle(families.given(recorder.history()))
        if self._peers is None:
            return
        routers = Routers(self.facts, recorder)
        deadline = time.monotonic() + waits.SETTLE_S
        while self._routes(routers) and time.monotonic() < deadline:
            time.sleep(waits.POLL_S)

    def _routes(self, routers: Routers) -> int:
        return sum(
            1
            for router in self.facts.peering_routers()
            for version in sorted(self.facts.versions)
            for path in tables.paths(routers.read(router, tables.table("bgp_rib", version)))
            if path.peer in self._peers_of(router)
        )

    def _peers_of(self, router: str) -> frozenset[IPAddress]:
        """Return all addresses from which a router hears k8s nodes."""
        kinds: tuple[Over, ...] = get_args(Over)
        return frozenset(address for over in kinds for address in self.facts.peering(router, over))

    def environment(self) -> dict[str, Any]:  # Any: JSON for the report
        """Describe what the cases ran on, for the report."""
        if self._environment:
            return self._environment
        nodes = self.kube.list("Node")
        info = nodes[0]["status"]["nodeInfo"] if nodes else {}
        topology = ROOT / "labs" / self.name / f"{self.name}.clab.yml"
        digest = hashlib.sha256(topology.read_bytes()).hexdigest() if topology.exists() else ""
        self._environment = {
            "lab": self.name,
            "topology": {"file": f"labs/{self.name}/{topology.name}", "sha256": digest},
            "kubernetes": info.get("kubeletVersion", ""),
            "containerRuntime": info.get("containerRuntimeVersion", ""),
            "kernel": platform.release(),
            "nodes": len(nodes),
            "eligible": list(self.facts.eligible),
            "targetVersion": self.target.version(self.kube),
        }
        return self._environment
