"""Bringing a lab up and down: only what is missing is done, and what is another's is left alone."""

from dataclasses import replace
from ipaddress import IPv4Network
from pathlib import Path
from threading import Event, Thread
from typing import Any

import pytest

from lbkit.errors import InputError, TargetError
from lbkit.lab.doctor import Cure, HostFacts
from lbkit.runtime import host, leftovers
from lbkit.runtime import labs as labs_module
from lbkit.runtime.labs import Labs
from lbkit.runtime.observe import glance, observe
from lbkit.runtime.run import Done
from lbkit.runtime.site import Site
from lbkit.tests import golden
from lbkit.tests.runtime import bench as benches
from lbkit.tests.runtime.bench import READY_HOST, Bench, FakeHost


@pytest.fixture
def fake_host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeHost:
    """A host that lacks nothing."""
    return benches.fake_host(tmp_path, monkeypatch)


@pytest.fixture
def site(tmp_path: Path, bench: Bench, fake_host: FakeHost) -> Site:
    """The lab l2 of a copied checkout, which the fake containerlab can start."""
    site = Site(benches.checkout(tmp_path), benches.lab("l2"))
    benches.wait_for_lab(bench, site)
    return site


@pytest.fixture
def lab(bench: Bench, site: Site) -> Labs:
    """What can be done to it."""
    return benches.labs(bench, site)


def _apply_kinds(bench: Bench) -> list[str]:
    return [line.split()[1] for text in bench.applied() for line in text.splitlines() if line.startswith("kind: ")]


def test_up_and_down_run_these_commands(bench: Bench, lab: Labs) -> None:
    """All that a lab does to a host, from nothing to up to nothing, as a person can read it."""
    lab.up(target="lbkit")
    up = benches.readable(bench, lab.site.root)
    bench.forget_calls()
    lab.down()
    down = benches.readable(bench, lab.site.root)

    golden.compare("lab_up_and_down.txt", f"# lbkit lab up l2\n{up}\n# lbkit lab down l2\n{down}")


def test_up_brings_a_lab_up(bench: Bench, lab: Labs) -> None:
    """A lab that was down is up afterwards, with what was asked for in it and its own objects applied."""
    seen = lab.up(target="lbkit")

    assert (seen.state, seen.target, seen.missing) == ("up", "lbkit", ())
    assert seen.owner == str(lab.site.topology)
    assert {"CustomResourceDefinition", "DaemonSet", "IPAddressPool", "L2Advertisement"} <= set(_apply_kinds(bench))
    assert "image: docker.io/lbkit/lbkit:key" in bench.applied()[0]
    assert ":dev" not in bench.applied()[0]


def test_up_again_deploys_nothing_again(bench: Bench, lab: Labs) -> None:
    """A lab that is up is left as it is: no container is touched and nothing is removed from its cluster."""
    lab.up(target="lbkit")
    bench.forget_calls()

    assert lab.up(target="lbkit").state == "up"

    assert not bench.calls("containerlab")
    assert not bench.calls("docker rm")
    assert not bench.calls("docker save")
    assert not [argv for argv in bench.calls("docker exec -i") if "delete" in argv]


@pytest.mark.parametrize("damage", ["container", "stopped", "link"])
def test_up_rebuilds_a_lab_that_is_not_whole(bench: Bench, lab: Labs, damage: str) -> None:
    """Where a container or a link is missing, what is left goes and the lab comes anew."""
    lab.up(target="lbkit")
    bench.forget_calls()
    worker = bench.state / "containers" / "l2-worker"
    match damage:
        case "container":
            worker.unlink()
        case "stopped":
            worker.write_text(worker.read_text().replace('"Pid": 101', '"Pid": 0'))
        case _:
            bench.write("links/101", "1: lo: <UP>\n2: eth0@if7: <UP>\n")

    assert lab.up(target="lbkit").state == "up"

    assert [argv[1] for argv in bench.calls("containerlab")] == ["destroy", "deploy"]
    assert "--reconfigure" in bench.calls("containerlab deploy")[0]


def test_what_is_missing_is_said(bench: Bench, lab: Labs) -> None:
    """A lab that is not whole says what it lacks, by the names of the topology."""
    lab.up(target="none")
    (bench.state / "containers" / "clab-l2-gw").unlink()
    bench.write("links/101", "1: lo: <UP>\n")

    seen = observe(lab.site)

    assert seen.state == "broken"
    assert set(seen.missing) == {"container clab-l2-gw is not there", "l2-worker:eth1 has no link"}


def test_a_lab_without_its_api_server_is_broken(bench: Bench, lab: Labs) -> None:
    """Containers and links alone are no lab: the API server has to be ready."""
    lab.up(target="none")
    bench.write("fail", "get --raw /readyz\n")

    (missing,) = observe(lab.site).missing

    assert missing.startswith("the API server on l2-control-plane is not ready: ")


def test_a_lab_of_another_checkout_is_left_alone(bench: Bench, lab: Labs) -> None:
    """Where another checkout has the lab up, nothing is done, and both ways out are named."""
    benches.wait_for_lab(bench, lab.site, started_from=Path("/elsewhere/l2.clab.yml"))
    benches.start_by_hand(bench)

    with pytest.raises(InputError, match=r"started from /elsewhere/l2\.clab\.yml\. Cure: .*--replace"):
        lab.up(target="lbkit")

    assert not bench.calls("docker rm")
    assert not bench.calls("containerlab")


def test_a_lab_of_another_checkout_is_replaced_on_request(bench: Bench, lab: Labs) -> None:
    """With `replace` the other checkout's lab goes, whole, and this one's comes."""
    benches.wait_for_lab(bench, lab.site, started_from=Path("/elsewhere/l2.clab.yml"))
    benches.start_by_hand(bench)
    benches.wait_for_lab(bench, lab.site)

    seen = lab.up(target="lbkit", replace=True)

    assert (seen.state, seen.owner) == ("up", str(lab.site.topology))
    assert len(bench.calls("docker rm -f")) == len(lab.site.containers)


def test_a_setting_that_fails_is_an_error(bench: Bench, lab: Labs) -> None:
    """The tool goes on after a failing `exec` line; here it fails the start, with the command and its output."""
    bench.write("fail", "docker exec clab-l2-gw sh -c\n")

    with pytest.raises(TargetError, match=r"docker exec clab-l2-gw sh -c (.|\n)*\| the fake was told to fail"):
        lab.up(target="lbkit")


def test_a_deployment_that_fails_names_its_log(bench: Bench, lab: Labs) -> None:
    """A failed start shows containerlab's last words and where all of them are; `down` then works."""
    bench.write("fail", "containerlab deploy\n")
    with pytest.raises(TargetError, match=r"told to fail\n  full log: .*lab-l2\.log"):
        lab.up(target="lbkit")
    bench.write("fail", "")

    lab.down()
    assert lab.up(target="lbkit").state == "up"


def test_a_target_takes_the_others_place(bench: Bench, lab: Labs) -> None:
    """MetalLB is put into a lab that lbkit runs in only after lbkit's API and rights are gone, webhooks first."""
    lab.up(target="lbkit")
    objects = [
        "customresourcedefinition.apiextensions.k8s.io/bgppeers.metallb.io",
        "namespace/metallb-system",
        "namespace/default",
        "validatingwebhookconfiguration.admissionregistration.k8s.io/metallb-webhook-configuration",
        "clusterrole.rbac.authorization.k8s.io/metallb-system:speaker",
        "clusterrole.rbac.authorization.k8s.io/edit",
    ]
    bench.write("objects", "\n".join(objects) + "\n")
    bench.forget_calls()

    assert lab.up(target="metallb").target == "metallb"

    deleted = [argv[-1].split("/")[-1] for argv in bench.calls("docker exec -i") if "delete" in argv]
    assert deleted == [
        "metallb-webhook-configuration",
        "metallb-system",
        "bgppeers.metallb.io",
        "metallb-system:speaker",
    ]
    assert bench.lines("objects") == ["namespace/default", "clusterrole.rbac.authorization.k8s.io/edit"]


def test_no_target_leaves_the_workloads_alone(bench: Bench, lab: Labs) -> None:
    """`none` applies what needs no load balancer's API."""
    assert lab.up(target="none").target == "none"

    assert "IPAddressPool" not in _apply_kinds(bench)
    assert {"DaemonSet", "Service"} <= set(_apply_kinds(bench))


def test_a_rollout_that_fails_shows_pods_and_warnings(bench: Bench, lab: Labs) -> None:
    """What a person would look at next is in the error already."""
    bench.write("fail", "rollout status\n")

    with pytest.raises(TargetError, match="told to fail"):
        lab.up(target="lbkit")

    assert [argv for argv in bench.calls("docker exec -i") if "--field-selector=type=Warning" in argv]


def test_down_leaves_nothing(bench: Bench, lab: Labs, fake_host: FakeHost) -> None:
    """Containers, networks and what changed on the host are gone or as before, and `down` says so."""
    before = dict(fake_host.sysctls)
    lab.up(target="lbkit")
    fake_host.sysctls["net.ipv4.conf.all.rp_filter"] = "0"

    done = lab.down()

    assert not list((bench.state / "containers").iterdir())
    assert bench.lines("networks") == []
    assert fake_host.sysctls == before
    assert not leftovers.MEMORY.exists()
    assert done[0] == "lab l2: 7 containers and their links"
    assert "net.ipv4.conf.all.rp_filter is 1 again" in done


def test_down_without_a_lab_does_nothing(lab: Labs) -> None:
    """Taking down what is down is no error, and says nothing."""
    assert lab.down() == []


def test_down_works_where_containerlab_fails(bench: Bench, lab: Labs) -> None:
    """What containerlab leaves is removed without it."""
    lab.up(target="lbkit")
    bench.write("fail", "containerlab destroy\n")

    lab.down()

    assert not list((bench.state / "containers").iterdir())


def test_two_runs_on_one_lab_do_not_meet(lab: Labs, bench: Bench, site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """A second run on the same lab is refused while the first is at work."""
    monkeypatch.setattr(labs_module, "LOCK_TIMEOUT_S", 0.05)
    entered, leave = Event(), Event()

    def first() -> None:
        with lab._lock():
            entered.set()
            leave.wait(5)

    thread = Thread(target=first)
    thread.start()
    entered.wait(5)
    try:
        with pytest.raises(InputError, match="another run works on lab l2"):
            benches.labs(bench, site).down()
    finally:
        leave.set()
        thread.join()


def test_a_host_is_cured_step_by_step(lab: Labs, monkeypatch: pytest.MonkeyPatch) -> None:
    """A fresh host that needs every cure gets each once, and is ready after the last."""
    wrong: dict[Cure, dict[str, Any]] = {  # Any: the values of fields
        Cure.INSTALL_PACKAGES: {"missing_commands": {"dockerd": "docker.io"}, "docker_version": ()},
        Cure.DEFAULT_RUNTIME: {"capabilities_bounding": 0, "docker_version": ()},
        Cure.START_DOCKER: {"docker_version": ()},
        Cure.RAISE_LIMITS: {"limits": {"fs.inotify.max_user_instances": 128}},
    }
    cured: list[Cure] = []

    def facts(**_: object) -> HostFacts:
        left = [change for cure, change in wrong.items() if cure not in cured]
        return replace(READY_HOST, **{key: value for change in left for key, value in change.items()})

    def apply(cure: Cure, _: HostFacts) -> str:
        cured.append(cure)
        return str(cure)

    monkeypatch.setattr(host, "facts", facts)
    monkeypatch.setattr(host, "apply", apply)

    findings = lab.ready_host()

    assert cured == list(wrong)
    assert {finding.level for finding in findings} == {"ok"}


def test_a_host_that_no_cure_helps_is_an_error(lab: Labs, monkeypatch: pytest.MonkeyPatch) -> None:
    """Cures that change nothing are not tried for ever."""
    monkeypatch.setattr(host, "facts", lambda **_: replace(READY_HOST, limits={"fs.inotify.max_user_instances": 128}))
    monkeypatch.setattr(host, "apply", lambda *_: "nothing")

    with pytest.raises(TargetError, match="still not ready"):
        lab.ready_host()


def test_without_root_nothing_is_written(lab: Labs, monkeypatch: pytest.MonkeyPatch) -> None:
    """A person without root is told so before anything is touched."""
    monkeypatch.setattr(host, "facts", lambda **_: replace(READY_HOST, is_root=False))

    with pytest.raises(InputError, match=r"root: not root; .* Cure: run it with sudo"):
        lab.up(target="lbkit")

    assert not leftovers.MEMORY.exists()


@pytest.mark.parametrize(
    ("interface", "level"),
    [pytest.param("br-0123456789ab", "ok", id="own-bridge"), pytest.param("eth7", "fail", id="other")],
)
def test_a_labs_own_bridge_does_not_clash(bench: Bench, lab: Labs, interface: str, level: str) -> None:
    """A route to the lab's network by the lab's own bridge is the lab itself."""
    bench.write("networks", "lbkit-l2\n")
    found = replace(READY_HOST, routes=((IPv4Network("172.31.250.0/24"), interface),))

    assert lab.examine(found)[-1].level == level


@pytest.mark.parametrize(
    ("answer", "is_down"),
    [
        pytest.param("[]\nError response from daemon: No such container: l2-worker", True, id="none-exists"),
        pytest.param("Error: No such container: l2-worker\n[]", True, id="complaints-first"),
        pytest.param("[]\nCannot connect to the Docker daemon at unix:///x.", False, id="no-engine"),
        pytest.param("permission denied while trying to connect to the Docker daemon socket", False, id="no-list"),
    ],
)
def test_an_engine_that_does_not_answer_is_not_a_lab_that_is_down(
    site: Site, monkeypatch: pytest.MonkeyPatch, answer: str, *, is_down: bool
) -> None:
    """Only `no such container` says that there is none; anything else is an error with the client's words."""
    monkeypatch.setattr("lbkit.runtime.observe.run", lambda argv, **_: Done(tuple(argv), 1, answer))

    if is_down:
        assert observe(site).state == "down"
    else:
        with pytest.raises(TargetError, match="Docker daemon"):
            observe(site)


@pytest.mark.parametrize(
    "complaint",
    [
        "[]\nCannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?",
        "[]\nfailed to connect to the docker API at unix:///var/run/docker.sock; check if the path is correct and if "
        "the daemon is running: dial unix /var/run/docker.sock: connect: no such file or directory",
    ],
    ids=["until-28", "from-29"],
)
def test_a_host_whose_engine_does_not_run_has_no_lab_up(
    site: Site, monkeypatch: pytest.MonkeyPatch, complaint: str
) -> None:
    """Who only asks is told that the lab is down, and the cure; who would change something gets an error."""
    monkeypatch.setattr("lbkit.runtime.observe.run", lambda argv, **_: Done(tuple(argv), 1, complaint))

    seen = glance(site)

    assert seen.state == "down"
    assert seen.missing == ("docker: its daemon does not run. Cure: lbkit lab up, which starts it",)
    with pytest.raises(TargetError, match="daemon does not run"):
        observe(site)


def test_a_host_without_docker_has_no_lab_up(site: Site, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A new machine, which has no Docker yet, is asked for its labs like any other."""
    monkeypatch.setenv("PATH", str(tmp_path))

    seen = glance(site)

    assert (seen.state, seen.missing) == ("down", ("docker: not installed. Cure: lbkit lab up, which installs it",))
