"""The commands that bring a lab up, put a load balancer into it, and take it down again: argv, nothing run.

Each is written once here and golden-tested, so what a lab does to a host can be read without doing it.

Pure.
"""

import shlex
from collections.abc import Iterable, Mapping, Sequence
from typing import Final, TypeAlias

from lbkit.model.names import DEFAULT_NAMESPACE, EXCLUDE_LABEL

Argv: TypeAlias = tuple[str, ...]

IMAGE_VARIABLES: Final = {
    "LBKIT_NODE_IMAGE": "node",
    "LBKIT_ROUTER_IMAGE": "router",
    "LBKIT_COLLECTOR_IMAGE": "collector",
    "LBKIT_BIRD_IMAGE": "bird",
    "LBKIT_CLIENT_IMAGE": "client",
    "LBKIT_SWITCH_IMAGE": "switch",
}
"""Variable of the topology files -> the part that it names."""

NAMESPACE: Final = DEFAULT_NAMESPACE
TARGETS: Final = ("lbkit", "metallb", "none")
"""What can be deployed in a lab: both speak the same API, so one takes the other's place."""


def containerlab_environment(images: Mapping[str, str]) -> dict[str, str]:
    """Variables for containerlab: the images of the topology, and no look-up of newer versions.

    Args:
        images: part -> image.
    """
    chosen = {variable: images[part] for variable, part in IMAGE_VARIABLES.items() if part in images}
    return {**chosen, "CLAB_VERSION_CHECK": "disable"}


def deploy(containerlab: str, topology: str, *, nodes: int, again: bool) -> Argv:
    """Bring up a topology file.

    Args:
        containerlab: the command.
        topology: path of the `.clab.yml` file.
        nodes: how many it has. Each gets a worker: a node of kind `ext-container` holds its worker until its container
            runs, so fewer workers (the default is one per processor) can wait for each other for ever.
        again: whether to take down what is left of it first.
    """
    argv = (containerlab, "deploy", "-t", topology, "--max-workers", str(nodes))
    return (*argv, "--reconfigure") if again else argv


def destroy(containerlab: str, topology: str) -> Argv:
    """Take down a topology and its lab folder."""
    return (containerlab, "destroy", "-t", topology, "--cleanup")


def settings(container: str, lines: Iterable[str]) -> Argv:
    """Run a node's `exec` lines again, in order, and stop at the first that fails, naming it.

    containerlab prints a failing line and goes on, so a lab could be up with half its addresses. The lines are
    idempotent (`ip … replace`), so they are run once more where failing counts.
    """
    script = "\n".join(f"{line} || {{ echo {shlex.quote('failed: ' + line)} >&2; exit 1; }}" for line in lines)
    return ("docker", "exec", container, "sh", "-c", script)


def kubectl(control_plane: str, *arguments: str) -> Argv:
    """Run kubectl inside the control plane, which has one of the right version and the rights."""
    return ("docker", "exec", "-i", control_plane, "kubectl", *arguments)


def apply(control_plane: str) -> Argv:
    """Apply the manifests on standard input; server-side, so that applying again changes nothing."""
    return kubectl(control_plane, "apply", "--server-side", "--force-conflicts", "-f", "-")


def admit_control_plane(control_plane: str) -> Argv:
    """Let the control plane carry load-balancer traffic too: kubeadm excludes it, and a lab wants all its nodes."""
    return kubectl(control_plane, "label", "node", control_plane, f"{EXCLUDE_LABEL}-")


def await_established(control_plane: str) -> Argv:
    """Wait until the API server serves the kinds of MetalLB's group."""
    return kubectl(
        control_plane,
        "wait",
        "--for=condition=Established",
        "--timeout=30s",
        *(f"crd/{kind}.metallb.io" for kind in KINDS),
    )


KINDS: Final = ("ipaddresspools", "l2advertisements", "bgpadvertisements", "bgppeers", "bfdprofiles", "communities")


def await_rollouts(
    control_plane: str, workloads: Sequence[str], *, timeout_s: int, namespace: str = NAMESPACE
) -> tuple[Argv, ...]:
    """Wait until each workload (`deployment/controller`, …) runs its newest version everywhere."""
    wait = ("rollout", "status", f"--timeout={timeout_s}s", "-n", namespace)
    return tuple(kubectl(control_plane, *wait, workload) for workload in workloads)


def await_address(control_plane: str, service: str, *, timeout_s: int) -> Argv:
    """Wait until a Service of the lab shows an address (kubectl 1.31 or newer; an older one fails at once)."""
    wait = ("wait", "--for=jsonpath={.status.loadBalancer.ingress[0].ip}", f"--timeout={timeout_s}s")
    return kubectl(control_plane, *wait, f"service/{service}")


def restart_at_once(control_plane: str) -> Argv:
    """End all pods of both workloads; what replaces them is of the newest version, everywhere at the same time."""
    return kubectl(control_plane, "delete", "pods", "-n", NAMESPACE, "-l", "app=metallb", "--wait=false")


def workloads(target: str) -> tuple[str, ...]:
    """What to wait for after deploying `target`; both use MetalLB's names."""
    return () if target == "none" else ("deployment/controller", "daemonset/speaker")


def node_images(container: str) -> Argv:
    """List the images that a node's containerd has."""
    return ("docker", "exec", container, "ctr", "-n", "k8s.io", "images", "ls", "-q")


def containerd_answers(container: str) -> Argv:
    """Ask a node's containerd for its version: exit code 0 once it can be given images."""
    return ("docker", "exec", container, "ctr", "version")


def node_content(container: str) -> Argv:
    """List the digests of everything in a node's content store: manifests, configurations, layers."""
    return ("docker", "exec", container, "ctr", "-n", "k8s.io", "content", "ls", "-q")


def import_images(container: str) -> Argv:
    """Put the images on standard input (a `docker save`) into a node's containerd."""
    return ("docker", "exec", "-i", container, "ctr", "-n", "k8s.io", "images", "import", "-")


def install_manifest(texts: Iterable[str], images: Mapping[str, str]) -> str:
    """Join manifests into one, with the images that were had.

    Args:
        texts: manifests, in the order to apply.
        images: image as written -> image to use.
    """
    text = "\n---\n".join(texts)
    for written, used in images.items():
        text = text.replace(written, used)
    return text
