"""Putting an implementation into a lab: what is tried again, and what is said where it does not come up."""

from contextlib import nullcontext
from pathlib import Path

import pytest

from lbkit.errors import TargetError
from lbkit.runtime import run as commands
from lbkit.runtime import targets
from lbkit.runtime.progress import Progress
from lbkit.runtime.run import CommandError
from lbkit.runtime.site import Site
from lbkit.tests.runtime import bench as benches
from lbkit.tests.runtime.bench import Bench, ReadyBuilder, quiet


@pytest.fixture
def site(tmp_path: Path, bench: Bench) -> Site:
    """The lab l2, up."""
    site = Site(benches.checkout(tmp_path), benches.lab("l2"))
    benches.wait_for_lab(bench, site)
    benches.start_by_hand(bench)
    return site


def _deploy(bench: Bench, site: Site, target: str) -> None:
    progress = quiet()
    targets.deploy(site, ReadyBuilder(site.root, "auto", progress, bench.cache), progress, target, is_there=True)


def test_a_webhook_that_is_not_up_yet_is_tried_again(bench: Bench, site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """MetalLB refuses its first objects until its webhook answers; they are applied again until it does."""
    refused = ["failed calling webhook", "failed calling webhook"]

    def run(argv: tuple[str, ...], **rest: object) -> object:
        if refused and "kind: IPAddressPool" in str(rest.get("stdin")):
            raise CommandError(argv, "exit code 1", refused.pop())
        return commands.run(argv, **rest)  # type: ignore[arg-type]  # handed on as they came

    monkeypatch.setattr(targets, "run", run)
    monkeypatch.setattr(targets, "CONFIGURATION_RETRY_S", 0.001)

    _deploy(bench, site, "metallb")

    assert not refused
    assert "kind: IPAddressPool" in bench.applied()[-1]


def test_another_refusal_is_not_tried_again(bench: Bench, site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """A mistake in the objects is said at once."""
    bench.write("fail", "kubectl apply\n")

    with pytest.raises(CommandError, match="told to fail"):
        _deploy(bench, site, "lbkit")

    assert len([argv for argv in bench.calls("docker exec -i") if "apply" in argv]) == 1


@pytest.mark.parametrize("target", ["metallb", "lbkit"])
def test_what_another_implementation_refuses_is_told_and_left_out(
    bench: Bench, site: Site, monkeypatch: pytest.MonkeyPatch, target: str
) -> None:
    """MetalLB's native mode takes no peer with FRR's fields; lbkit has to take what is in its own labs."""
    reason = "peer 10.1.1.0 has keepalive-time set on native bgp mode"
    said: list[str] = []

    def run(argv: tuple[str, ...], **rest: object) -> object:
        if "kind: IPAddressPool" in str(rest.get("stdin")):
            line = f'Error from server (Forbidden): admission webhook "x" denied the request: {reason}'
            raise CommandError(argv, "exit code 1", f"pool/lab applied\n{line}\n")
        return commands.run(argv, **rest)  # type: ignore[arg-type]  # handed on as they came

    monkeypatch.setattr(targets, "run", run)
    monkeypatch.setattr(Progress, "say", lambda _, text: said.append(text))
    with nullcontext() if target == "metallb" else pytest.raises(CommandError, match="keepalive-time"):
        _deploy(bench, site, target)
    assert [text for text in said if reason in text] == [
        f"metallb refuses one of the lab's objects: {reason}" for _ in range(target == "metallb")
    ]


def test_pools_are_applied_before_what_uses_them(bench: Bench, site: Site) -> None:
    """MetalLB refuses an advertisement of a pool that is not there."""
    _deploy(bench, site, "lbkit")

    kinds = [line for line in bench.applied()[-1].splitlines() if line.startswith("kind: ")]
    assert kinds[0] == "kind: IPAddressPool"


def test_a_rollout_that_hangs_shows_pods_and_warnings(bench: Bench, site: Site) -> None:
    """The error has the command's words, the pods and the last warnings."""
    bench.write("fail", "rollout status\n")

    with pytest.raises(TargetError, match=r"daemonset/speaker|deployment/controller"):
        _deploy(bench, site, "lbkit")

    looked = [" ".join(argv[5:]) for argv in bench.calls("docker exec -i")]
    assert "get pods -A -o wide" in looked
    assert "get events -A --field-selector=type=Warning" in looked


def test_images_that_are_there_are_not_sent_again(bench: Bench, site: Site) -> None:
    """A second deployment of the same code saves and imports nothing."""
    _deploy(bench, site, "lbkit")
    bench.forget_calls()

    _deploy(bench, site, "lbkit")

    assert not bench.calls("docker save")


def test_a_node_that_lacks_an_image_gets_it(bench: Bench, site: Site) -> None:
    """Where one node lacks an image it is sent, and the others' are left as they are."""
    _deploy(bench, site, "lbkit")
    bench.write("node-images/l2-worker2", "")
    bench.forget_calls()

    _deploy(bench, site, "lbkit")

    assert len(bench.calls("docker save")) == 1
    assert "docker.io/lbkit/lbkit:key" in bench.lines("node-images/l2-worker2")
