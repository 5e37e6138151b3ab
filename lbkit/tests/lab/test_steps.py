"""The commands of a lab, as argv: written once, compared with what was reviewed."""

import shlex
import subprocess

import pytest

from lbkit.lab import steps
from lbkit.tests import golden

GATEWAY = ("ip addr replace 10.10.0.1/24 dev eth1", "ip addr replace 10.20.0.1/24 dev eth2")


def _lines(title: str, *argvs: steps.Argv) -> str:
    return "".join([f"# {title}\n", *(f"{_typed(argv)}\n" for argv in argvs), "\n"])


def _typed(argv: steps.Argv) -> str:
    """One command; a script stands below it, unquoted, so that it can be read."""
    if argv[-2] == "-c":
        return shlex.join(argv[:-1]) + "".join(f"\n    {line}" for line in argv[-1].splitlines())
    return shlex.join(argv)


def test_every_command_is_the_reviewed_one() -> None:
    """All commands that labs run, each as a person would type it."""
    images = {"node": "lbkit/node:key", "router": "lbkit/router:key", "etcd": "lbkit/etcd:key"}
    environment = [f"{name}={value}\n" for name, value in steps.containerlab_environment(images).items()]
    sections = [
        "# the environment of containerlab\n" + "".join(environment) + "\n",
        _lines("start a lab", steps.deploy("containerlab", "labs/l2/l2.clab.yml", nodes=9, again=False)),
        _lines("start it anew", steps.deploy("containerlab", "labs/l2/l2.clab.yml", nodes=9, again=True)),
        _lines("end it", steps.destroy("containerlab", "labs/l2/l2.clab.yml")),
        _lines("ask the API server", steps.kubectl("l2-control-plane", "get", "nodes")),
        _lines("apply manifests", steps.apply("l2-control-plane")),
        _lines("let the control plane carry traffic", steps.admit_control_plane("l2-control-plane")),
        _lines("wait for the kinds", steps.await_established("l2-control-plane")),
        _lines(
            "wait for lbkit or MetalLB",
            *steps.await_rollouts("l2-control-plane", steps.workloads("lbkit"), timeout_s=120),
        ),
        _lines(
            "wait for the lab's own workload",
            *steps.await_rollouts("l2-control-plane", ("daemonset/echo",), timeout_s=60, namespace="default"),
        ),
        _lines("ask whether a node takes images", steps.containerd_answers("l2-worker")),
        _lines("list a node's images", steps.node_images("l2-worker")),
        _lines("list a node's content", steps.node_content("l2-worker")),
        _lines("ask a node's containerd", steps.containerd_answers("l2-worker")),
        _lines("restart everything at once", steps.restart_at_once("l2-control-plane")),
        _lines("put images into a node", steps.import_images("l2-worker")),
        _lines("set addresses and routes", steps.settings("clab-l2-gw", GATEWAY)),
    ]

    golden.compare("lab_steps.txt", "".join(sections).rstrip("\n") + "\n")


def _run(lines: list[str]) -> subprocess.CompletedProcess[str]:
    """Run the script of `settings` on this machine, with harmless lines."""
    docker, exec_, container, *command = steps.settings("node", lines)
    assert (docker, exec_, container) == ("docker", "exec", "node")
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_settings_run_in_order() -> None:
    """All lines run, one after the other."""
    done = _run(["echo one", "echo two", "echo three"])

    assert (done.returncode, done.stdout, done.stderr) == (0, "one\ntwo\nthree\n", "")


@pytest.mark.parametrize(
    "line",
    ["false", "sh -c 'exit 7'", 'test "a" = "b"', "no-such-command 2> /dev/null"],
    ids=["plain", "single-quotes", "double-quotes", "missing"],
)
def test_settings_stop_at_the_first_line_that_fails(line: str) -> None:
    """The line that fails is named as it was written, and what comes after it is not run."""
    done = _run(["echo one", line, "echo three"])

    assert (done.returncode, done.stdout, done.stderr) == (1, "one\n", f"failed: {line}\n")


def test_no_settings_are_no_failure() -> None:
    """A node without lines is set already."""
    assert _run([]).returncode == 0


@pytest.mark.parametrize("target", steps.TARGETS)
def test_workloads_have_metallbs_names(target: str) -> None:
    """Whatever speaks MetalLB's API is waited for under MetalLB's names; nothing is waited for where nothing runs."""
    assert bool(steps.workloads(target)) == (target != "none")
    assert set(steps.workloads(target)) <= {"deployment/controller", "daemonset/speaker"}


@pytest.mark.parametrize(
    ("texts", "images", "expected"),
    [
        pytest.param([], {}, "", id="nothing"),
        pytest.param(["a: 1", "b: 2"], {}, "a: 1\n---\nb: 2", id="in-order"),
        pytest.param(
            ["image: lbkit/lbkit:dev\n", "image: lbkit/gobgp:dev\n"],
            {"lbkit/lbkit:dev": "docker.io/lbkit/lbkit:k1", "lbkit/gobgp:dev": "docker.io/lbkit/gobgp:k2"},
            "image: docker.io/lbkit/lbkit:k1\n\n---\nimage: docker.io/lbkit/gobgp:k2\n",
            id="images",
        ),
    ],
)
def test_manifests_are_joined_with_the_images_that_were_had(
    texts: list[str], images: dict[str, str], expected: str
) -> None:
    """Manifests keep their order, and each image as written becomes the one that is there."""
    assert steps.install_manifest(texts, images) == expected
