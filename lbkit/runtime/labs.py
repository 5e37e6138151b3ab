"""Bring a lab up, change what runs in it, take it down.

`up` is convergent: it looks at what is there and does what is missing, so it serves as first start, as repair, and as
"is everything as it should be". The commands are `lbkit.lab.steps`'.

Shell: runs docker, containerlab and kubectl; locks the lab against a second run.
"""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from dataclasses import replace as replace_fields
from ipaddress import IPv4Network
from threading import Event

from filelock import FileLock, Timeout

from lbkit.errors import InputError, Problem, TargetError
from lbkit.lab import doctor, steps
from lbkit.lab.doctor import Finding, HostFacts
from lbkit.runtime import host, leftovers, nodes, observe, targets
from lbkit.runtime.build import Builder
from lbkit.runtime.observe import Observed
from lbkit.runtime.progress import Progress
from lbkit.runtime.run import CommandError, end_all_on_error, run
from lbkit.runtime.site import Site

LAB_PARTS = (*steps.IMAGE_VARIABLES.values(), "containerlab")
DEPLOY_TIMEOUT_S = 600.0
API_TIMEOUT_S = 60.0
LOCK_TIMEOUT_S = 5.0


@dataclass
class Labs:
    """What can be done to one lab.

    Args:
        site: the lab.
        builder: has its parts.
        others: every lab of the checkout, for networks that must not clash.
    """

    site: Site
    builder: Builder
    progress: Progress
    others: tuple[Site, ...] = field(default=())

    def up(self, *, target: str, replace: bool = False) -> Observed:
        """Bring the lab up with `target` deployed, doing only what is missing.

        Args:
            target: `lbkit`, `metallb` or `none`.
            replace: take down a lab of the same name that another checkout started, instead of stopping there.

        Raises:
            InputError: the host lacks what a person has to give it, or another checkout has this lab up.
            TargetError: a step failed; the lab is left so that `up` and `down` work.
        """
        with self._lock():
            self.ready_host()
            seen = observe.observe(self.site)
            if self._is_foreign(seen):
                self._evict(seen, replace=replace)
                seen = observe.observe(self.site)
            was_up = seen.state == "up"
            if not was_up:
                self._deploy(seen, target)
            self._settle()
            targets.deploy(self.site, self.builder, self.progress, target, is_there=seen.target == target)
            return replace_fields(seen, target=target) if was_up else observe.observe(self.site)

    def down(self, *, force: bool = False) -> list[str]:
        """Take the lab down, whatever is left of it.

        Args:
            force: also where another checkout started it.

        Returns:
            What was removed or put back, in words; empty where there was nothing.

        Raises:
            InputError: another checkout started it, and it was not forced.
        """
        with self._lock():
            seen = observe.observe(self.site)
            done = []
            if self._is_foreign(seen) and not force:
                what = f"lab {self.site.lab.name} was started from {seen.owner}"
                raise InputError(
                    Problem("lab", f"{what}. Cure: take it down there, or give --force to take it down here")
                )
            if seen.containers:
                with self.progress.task(f"take down lab {self.site.lab.name}"):
                    self._destroy()
                done.append(f"lab {self.site.lab.name}: {len(seen.containers)} containers and their links")
            done += self._sweep()
            return done + leftovers.forget()

    def ready_host(self) -> tuple[Finding, ...]:
        """Put right on the host what may be put right, and say so.

        Raises:
            InputError: what is left for a person, each with its cure.
        """
        for _ in range(len(doctor.Cure) + 1):  # a cure may bring the next finding to light: each once, and a last look
            found = host.facts(builds_parts=self.builder.mode != "pull")
            findings = self.examine(found)
            wrong = [finding for finding in findings if finding.level == "fail"]
            if wrong:
                raise InputError(*(Problem(item.what, f"{item.message}. Cure: {item.cure}") for item in wrong))
            leftovers.remember()
            cure = next((finding.by_itself for finding in findings if finding.by_itself), None)
            if cure is None:
                leftovers.remember_networks()
                return findings
            self.progress.say(f"  host: {host.apply(cure, found)}")
        raise TargetError("the host is still not ready after every cure; see lbkit lab doctor")

    def examine(self, found: HostFacts) -> tuple[Finding, ...]:
        """Judge the host for this lab and its sisters; a lab's own bridge does not clash with it."""
        networks = [
            (site.lab.name, subnet, host.bridge(site.lab.management.network) if found.docker_version else "")
            for site in (self.site, *self.others)
            for subnet in site.lab.management.subnets
            if isinstance(subnet, IPv4Network)
        ]
        clusters = self.site.lab.clusters
        needs_ipv6 = any(network.version == 6 for cluster in clusters for network in cluster.pod_networks)
        return doctor.examine(found, networks, needs_ipv6=needs_ipv6)

    def _deploy(self, seen: Observed, target: str) -> None:
        if seen.containers:
            self.progress.say(f"  lab {self.site.lab.name} is not whole: {'; '.join(seen.missing)}")
        parts = self.builder.have(*LAB_PARTS, *targets.PARTS_BY_TARGET[target])
        inside = {name: parts[name] for name in targets.PARTS_BY_TARGET[target]}
        images = {name: had.image for name, had in parts.items() if had.image}
        containerlab = str(parts["containerlab"].file("containerlab"))
        argv = steps.deploy(
            containerlab,
            str(self.site.topology),
            nodes=len(self.site.lab.nodes),
            again=bool(seen.containers) or (self.site.folder / f"clab-{self.site.lab.name}").exists(),
        )
        log = self.builder.cache / "logs" / f"lab-{self.site.lab.name}.log"
        log.write_text("")
        with self.progress.task(
            f"{'rebuild' if seen.containers else 'start'} {len(self.site.containers)} nodes and their links"
        ):
            if seen.containers:
                self._destroy()
            gave_up = Event()
            # kubeadm leaves the nodes waiting for one another most of the time: their images go in meanwhile.
            with ThreadPoolExecutor(max_workers=1) as pool, end_all_on_error():
                loading = pool.submit(nodes.load, self.site, self.builder, inside, gave_up)
                try:
                    run(argv, env=steps.containerlab_environment(images), timeout_s=DEPLOY_TIMEOUT_S, log=log)
                except BaseException:
                    gave_up.set()
                    raise
                loading.result()

    def _settle(self) -> None:
        """Set every address and route where failing counts, and wait for the API server."""
        with (
            self.progress.task("set addresses and routes"),
            ThreadPoolExecutor(max_workers=8) as pool,
            end_all_on_error(),
        ):
            lines = [(node.container, node.exec) for node in self.site.containers if node.exec]
            for _ in pool.map(lambda item: run(steps.settings(*item)), lines):
                pass
        self._await_api()
        run(steps.admit_control_plane(self.site.control_plane))

    def _await_api(self) -> None:
        deadline = time.monotonic() + API_TIMEOUT_S
        while True:
            done = run(steps.kubectl(self.site.control_plane, "get", "--raw", "/readyz"), check=False, timeout_s=15)
            if done.code == 0:
                return
            if time.monotonic() > deadline:
                raise CommandError(done.argv, f"the API server was not ready within {API_TIMEOUT_S:.0f} s", done.output)
            time.sleep(0.25)

    def _is_foreign(self, seen: Observed) -> bool:
        return bool(seen.owner) and seen.owner != str(self.site.topology)

    def _evict(self, seen: Observed, *, replace: bool) -> None:
        what = f"lab {self.site.lab.name} is up already, started from {seen.owner}"
        if not replace:
            raise InputError(
                Problem("lab", f"{what}. Cure: take it down there, or give --replace to take it down here")
            )
        self.progress.say(f"  {what}: replacing it")
        with self.progress.task("take down the other checkout's lab"):
            self._sweep()

    def _destroy(self) -> None:
        """Take the lab down with its own tool where that is there; `sweep` does the rest."""
        containerlab = self.builder.find("containerlab")
        if containerlab is not None:
            argv = steps.destroy(str(containerlab.file("containerlab")), str(self.site.topology))
            done = run(argv, env=steps.containerlab_environment({}), check=False, timeout_s=120)
            if done.code != 0:
                self.progress.say(f"  containerlab destroy: exit code {done.code}; removing what is left without it")
        self._sweep()

    def _sweep(self) -> list[str]:
        """Remove what the lab's own tools left of it."""
        return leftovers.sweep(self.site.lab.name, self.site.cluster, self.site.lab.management.network)

    @contextmanager
    def _lock(self) -> Iterator[None]:
        lock = FileLock(self.builder.cache / "locks" / f"lab-{self.site.lab.name}.lock")
        try:
            with lock.acquire(timeout=LOCK_TIMEOUT_S):
                yield
        except Timeout as err:
            message = f"another run works on lab {self.site.lab.name}. Cure: wait for it, then run this again"
            raise InputError(Problem("lab", message)) from err
