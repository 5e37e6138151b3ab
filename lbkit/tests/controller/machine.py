"""A state machine that does to a controller whatever a cluster may do, in any order; `judge` watches.

Users create, change and delete Services, pools, namespaces and nodes; watch events come late, twice, or not before a
new listing; writes are lost, or their answers; somebody empties a status by hand; time passes; the process dies and
another one starts, or another replica leads meanwhile. Once in a while everything is let come to rest, and what is
there then is compared with what should be.

One thing is taken for granted: what a process had on its way when it died has arrived or is lost before the next one
lists (the Lease sees to that).

Pure.
"""

import asyncio
from collections.abc import Callable
from typing import Any, ClassVar

import pytest
import structlog
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from lbkit.controller import loop as controller_loop
from lbkit.kube.resources import NAMESPACES, NODES, POOLS, SERVICES
from lbkit.model.addresses import address
from lbkit.tests.controller.at_rest import AtRest, compare
from lbkit.tests.controller.fake_kube import Body, Running, node, service
from lbkit.tests.controller.judge import OURS, Judge, Known
from lbkit.tests.controller.model_kube import Fate, ModelKube
from lbkit.tests.controller.written import POOLS_WRITTEN, STACKS, annotations, specs

KINDS = ("Service", "IPAddressPool", "Namespace", "Node")
NAMES = [(space, f"s{number}") for space in ("shop", "bar") for number in range(3)]


class Machine(RuleBasedStateMachine):
    """One cluster, one controller at a time.

    Attributes:
        steps: how many rules were carried out in all, over all machines.
    """

    steps: ClassVar[int] = 0

    def __init__(self) -> None:
        super().__init__()
        structlog.configure(wrapper_class=structlog.make_filtering_bound_logger("critical"))
        self._patch = pytest.MonkeyPatch()
        self._patch.setattr(controller_loop, "delay_s", lambda _: 0.0)
        self.clock_s = 1_800_000_000.0
        self.judge = Judge(lambda: self.clock_s)
        self.kube = ModelKube(self.judge, self.known)
        self.runner = asyncio.new_event_loop()
        self.at_rest = AtRest()
        self.running: Running | None = None

    @initialize(
        written=st.sampled_from(POOLS_WRITTEN[:6]), are_events_late=st.booleans(), are_writes_late=st.booleans()
    )
    def begin(self, written: Body, are_events_late: bool, are_writes_late: bool) -> None:
        """Start with one pool, some Services, and a controller."""
        self.are_events_late, self.are_writes_late = are_events_late, are_writes_late
        for space in ("shop", "bar"):
            self.kube.apply(NAMESPACES, {"metadata": {"name": space}})
        self.kube.apply(POOLS, written)
        for space, name in NAMES[:5]:
            self.kube.apply(SERVICES, service(name, space, **STACKS[0]))
        self.start()
        self.flow()

    @rule(are_events_late=st.booleans(), are_writes_late=st.booleans())
    def change_weather(self, are_events_late: bool, are_writes_late: bool) -> None:
        """Let events or writes wait from now on, or go through at once."""
        self.are_events_late, self.are_writes_late = are_events_late, are_writes_late
        self.act()

    # The controller

    def known(self) -> Known:
        """Give what the controller goes by at this moment."""
        assert self.running is not None
        state = self.running.loop.state
        namespaces = {name: dict(item.labels) for name, item in state.namespaces.items()}
        return Known(state.configuration.pools or (), namespaces, self.clock_s)

    def start(self) -> None:
        """Start a process and let it list everything."""
        self.running = Running(self.kube, now_s=lambda: self.clock_s)
        self.runner.run_until_complete(self.running.__aenter__())
        self.kube.list_all()
        self.judge.restarted(self.remembered())
        self.turn()

    def remembered(self) -> set[Any]:  # Any: addresses
        """Give the addresses that the pools' statuses say rest."""
        bodies = (body for (kind, _, _), body in self.kube.stored.items() if kind == "IPAddressPool")
        return {address(entry["address"]) for body in bodies for entry in body["status"].get("quarantined", [])}

    def turn(self) -> None:
        """Let happen what can happen now."""
        assert self.running is not None
        self.runner.run_until_complete(self.running.settle(15))
        pools = self.known().pools
        if pools != self.judge.pools:
            self.judge.use(pools)
        self.at_rest.note(self.known())

    def act(self, *what: Callable[[], object]) -> None:
        """Do something, and let the controller act on it."""
        Machine.steps += 1
        for each in what:
            each()
        self.turn()
        self.flow()

    def flow(self) -> None:
        """Let through what need not wait."""
        for _ in range(20):
            is_quiet = True
            for kind in () if self.are_events_late else KINDS:
                while self.kube.deliver(kind):
                    is_quiet = False
            for request in () if self.are_writes_late else tuple(self.kube.requests):
                self.kube.decide(request, "done")
                is_quiet = False
            if is_quiet:
                return
            self.turn()

    # Users

    @rule(name=st.sampled_from(NAMES), spec=specs, wanted=annotations, created=st.sampled_from("123"))
    def write_service(self, name: tuple[str, str], spec: Body, wanted: dict[str, str], created: str) -> None:
        """Create a Service, or change one (what the controller wrote on it stays, as with `kubectl apply`)."""
        space, bare = name
        old = self.kube.stored.get(("Service", space, bare), {"metadata": {}})["metadata"]
        if "deletionTimestamp" in old:
            return
        body = service(bare, space, annotations=dict(wanted), created=f"2026-01-0{created}T00:00:00Z", **spec)
        ours = {key: value for key, value in old.get("annotations", {}).items() if key in OURS}
        body["metadata"] = {**old, **body["metadata"], "annotations": {**body["metadata"]["annotations"], **ours}}
        self.act(lambda: self.kube.apply(SERVICES, body))

    def write_plain_service(self, name: tuple[str, str], created: str) -> None:
        """Create a Service that takes whatever there is, or change one into that."""
        self.write_service(name, {**STACKS[0], "type": "LoadBalancer"}, {}, created)

    def delete_service(self, data: st.DataObject) -> None:
        """Delete a Service."""
        key = data.draw(st.sampled_from(sorted(self.kube.services())))
        self.act(lambda: self.kube.delete(SERVICES, key.name, key.namespace))

    def change_type(self, data: st.DataObject) -> None:
        """Make a Service a load balancer, or no longer one."""
        body = self.kube.services()[data.draw(st.sampled_from(sorted(self.kube.services())))]
        kind = "ClusterIP" if body["spec"]["type"] == "LoadBalancer" else "LoadBalancer"
        self.act(lambda: self.kube.apply(SERVICES, {**body, "spec": {**body["spec"], "type": kind}}))

    @precondition(lambda self: self.kube.services())
    @rule(data=st.data(), ip=st.sampled_from(["10.0.0.1", "10.0.0.2", "10.0.0.3", "10.0.2.0"]))
    def ask_for(self, data: st.DataObject, ip: str) -> None:
        """Let a Service ask for an address."""
        key = data.draw(st.sampled_from(sorted(self.kube.services())))
        self.write_service(key, {**STACKS[0], "type": "LoadBalancer"}, {"loadBalancerIPs": ip}, "1")

    # What happens most in a cluster is a rule several times, as each rule is as likely as any other.
    plain = rule(name=st.sampled_from(NAMES), created=st.sampled_from("123"))(write_plain_service)
    plain_2 = rule(name=st.sampled_from(NAMES), created=st.sampled_from("123"))(write_plain_service)
    plain_3 = rule(name=st.sampled_from(NAMES), created=st.sampled_from("123"))(write_plain_service)
    delete = precondition(lambda self: self.kube.services())(rule(data=st.data())(delete_service))
    delete_2 = precondition(lambda self: self.kube.services())(rule(data=st.data())(delete_service))
    change = precondition(lambda self: self.kube.services())(rule(data=st.data())(change_type))
    change_2 = precondition(lambda self: self.kube.services())(rule(data=st.data())(change_type))

    @rule(written=st.sampled_from(POOLS_WRITTEN))
    def write_pool(self, written: Body) -> None:
        """Create or change a pool, not always well."""
        self.act(lambda: self.kube.apply(POOLS, written))

    @rule(name=st.sampled_from("abc"))
    def delete_pool(self, name: str) -> None:
        """Delete a pool, if it is there."""
        if ("IPAddressPool", "metallb-system", name) in self.kube.stored:
            self.act(lambda: self.kube.delete(POOLS, name, "metallb-system"))

    @rule(is_red=st.booleans())
    def label_namespace(self, is_red: bool) -> None:
        """Change the label that pools select by."""
        labels = {"team": "red"} if is_red else {}
        self.act(lambda: self.kube.apply(NAMESPACES, {"metadata": {"name": "shop", "labels": labels}}))

    @rule(where=st.sampled_from(["172.18.0.2", "10.0.2.1"]))
    def write_node(self, where: str) -> None:
        """Add or move a node, perhaps into a pool."""
        self.act(lambda: self.kube.apply(NODES, node("n", where)))

    @precondition(lambda self: self.kube.services())
    @rule(data=st.data())
    def empty_status(self, data: st.DataObject) -> None:
        """Take the address out of a Service's status by hand."""
        key = data.draw(st.sampled_from(sorted(self.kube.services())))
        body = self.kube.services()[key]
        self.judge.tampered.add(body["metadata"]["uid"])
        self.act(lambda: self.kube.apply(SERVICES, {**body, "status": {**body["status"], "loadBalancer": {}}}))

    # The network, time, death

    @rule(kind=st.sampled_from(["Service", *KINDS]), count=st.integers(1, 4))
    def deliver(self, kind: str, count: int) -> None:
        """Deliver some events of a kind."""
        self.act(*[lambda: self.kube.deliver(kind)] * count)

    @rule(kind=st.sampled_from(KINDS))
    def repeat(self, kind: str) -> None:
        """Deliver an event once more."""
        self.act(lambda: self.kube.repeat(kind))

    @rule(resource=st.sampled_from([SERVICES, POOLS, NAMESPACES, NODES]))
    def list_anew(self, resource: Any) -> None:  # Any: Resource of any kind
        """Lose the watch's place and list."""
        self.act(lambda: self.kube.list_all(resource))

    def decide_write(self, fate: Fate, data: st.DataObject) -> None:
        """Let a write that is on its way be done, lost or refused."""
        request = data.draw(st.sampled_from(self.kube.requests))
        self.act(lambda: self.kube.decide(request, fate))

    fates = st.sampled_from(["done", "done", "answer lost", "lost", "refused"])
    decide = precondition(lambda self: self.kube.requests)(rule(fate=fates, data=st.data())(decide_write))
    decide_2 = precondition(lambda self: self.kube.requests)(rule(fate=fates, data=st.data())(decide_write))

    @rule(seconds=st.sampled_from([1, 5, 10, 31]))
    def wait(self, seconds: int) -> None:
        """Let time pass."""

        def ring() -> None:
            assert self.running is not None
            alarm = self.running.loop._alarm
            self.clock_s += seconds
            if alarm._timer is not None and alarm._at_s is not None and alarm._at_s <= self.clock_s:
                alarm._timer.cancel()
                alarm._over()

        self.act(ring)

    @rule()
    def write_pool_status(self) -> None:
        """Let the pools' statuses be written."""
        assert self.running is not None
        self.runner.run_until_complete(self.running.loop.pool_status.write_all())
        self.act()

    @rule()
    def withdraw(self) -> None:
        """Let the time for withdrawing be over, for whoever waits for it."""
        self.act(self.finish_cleanup)

    def finish_cleanup(self) -> None:
        """Let the time set for finalizers be over."""
        assert self.running is not None
        cleanup = self.running.loop._cleanup
        for key, (uid, is_over) in tuple(cleanup._is_over.items()):
            if not is_over:
                cleanup._finish(key, uid)

    @rule(is_done=st.booleans(), jump_s=st.sampled_from([0, 0, 0, 15, -3600]))
    def crash(self, is_done: bool, jump_s: int) -> None:
        """Kill the process and start another one, perhaps on a machine with another clock."""
        Machine.steps += 1
        self.stop(is_done=is_done)
        self.clock_s += jump_s
        self.start()
        self.flow()

    def stop(self, *, is_done: bool) -> None:
        """Kill the process."""
        assert self.running is not None
        self.kube.cut_off(is_done=is_done)
        self.runner.run_until_complete(self.running.__aexit__())

    @rule(is_done=st.booleans())
    def change_leader(self, is_done: bool) -> None:
        """Lose the Lease and win it again: what is under way is settled, and Services and pools are listed between."""

        def turn_over() -> None:
            assert self.running is not None
            self.running.loop.depose()
            self.kube.cut_off(is_done=is_done)
            self.runner.run_until_complete(self.running.settle(15))
            self.kube.list_all(SERVICES, POOLS)
            self.judge.restarted(self.remembered())
            self.running.loop.elect()

        self.act(turn_over)

    # At rest

    @rule(has_restart=st.booleans())
    def come_to_rest(self, has_restart: bool) -> None:
        """Let everything that is under way end, and compare what is there with what should be."""
        Machine.steps += 1
        self.settle()
        assert self.running is not None
        compare(self.kube, self.running.loop, self.judge, self.at_rest)
        if has_restart and self.running.loop.state.configuration.is_stale is False:
            count = len(self.kube.writes)
            self.stop(is_done=True)
            self.start()
            self.settle()
            assert len(self.kube.writes) == count, (
                f"a new process wrote, though nothing had changed: {self.kube.writes[count:]}"
            )
            compare(self.kube, self.running.loop, self.judge, self.at_rest)

    def settle(self) -> None:
        """Deliver everything and let every write be done, until nothing moves any more."""
        assert self.running is not None
        for _ in range(60):
            before = len(self.kube.writes)
            for kind in KINDS:
                while self.kube.deliver(kind):
                    pass
            self.turn()
            while self.kube.requests:
                self.kube.decide(self.kube.requests[0], "done")
                self.turn()
            self.finish_cleanup()
            self.turn()
            if not any(self.kube.queues.values()) and not self.kube.requests and len(self.kube.writes) == before:
                break
        else:
            raise AssertionError("the controller does not come to rest")
        assert self.runner.run_until_complete(self.running.loop.pool_status.write_all())
        while self.kube.deliver("IPAddressPool"):
            pass
        self.turn()

    def teardown(self) -> None:
        """Come to rest at last, whatever happened."""
        try:
            if self.running is not None:
                self.come_to_rest(has_restart=True)
        finally:
            self.end()
            self.runner.close()
            self._patch.undo()
            structlog.reset_defaults()

    def end(self) -> None:
        """Leave no task behind, also after a failure."""
        for request in tuple(self.kube.requests):
            self.kube.decide(request, "lost")
        if self.running is not None:
            self.runner.run_until_complete(self.running.__aexit__())
        tasks = asyncio.all_tasks(self.runner)
        for task in tasks:
            task.cancel()
        if tasks:
            self.runner.run_until_complete(asyncio.wait(tasks))
