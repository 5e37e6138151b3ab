"""Put an implementation of type LoadBalancer into a lab: lbkit, MetalLB in its place, or none.

Shell: runs docker and kubectl.
"""

import time
from pathlib import Path

import yaml

from lbkit.errors import TargetError
from lbkit.lab import steps
from lbkit.runtime import nodes
from lbkit.runtime.build import Builder, Had
from lbkit.runtime.progress import Progress
from lbkit.runtime.run import CommandError, run
from lbkit.runtime.site import Site

ROLLOUT_TIMEOUT_S = 120
REMOVE_TIMEOUT_S = 120.0
CONFIGURATION_TIMEOUT_S = 60.0
CONFIGURATION_RETRY_S = 1.0
NOT_YET = ("failed calling webhook", "(re)initializing", "no matches for kind")
"""How the API server says: later. MetalLB's webhook is not up yet; a kind's storage is, or its discovery, not yet."""
DENIED = "denied the request: "
"""What comes before a webhook's reason."""
PARTS_BY_TARGET = {
    "lbkit": ("lbkit", "gobgp", "agnhost"),
    "metallb": ("metallb-controller", "metallb-speaker", "metallb-binary", "agnhost"),
    "none": ("agnhost",),
}


def deploy(site: Site, builder: Builder, progress: Progress, target: str, *, is_there: bool) -> None:
    """Have `target`, and nothing else, in the lab, and wait until it runs.

    Args:
        site: the lab; it is up.
        builder: has the images.
        progress: shows what is under way.
        target: `lbkit`, `metallb` or `none`.
        is_there: whether it was seen there already; then nothing is removed first.
    """
    parts = builder.have(*PARTS_BY_TARGET[target])
    with progress.task("put the images into the nodes"):
        images = nodes.load(site, builder, parts)
    if not is_there:
        with progress.task("make room: remove what was deployed before"):
            remove(site)
    if target == "none":
        run(steps.apply(site.control_plane), stdin=_without_configuration(site), timeout_s=60)
        return
    with progress.task(f"install {target}"):
        manifest = _lbkit_manifest(site, images) if target == "lbkit" else _metallb_manifest(parts)
        run(steps.apply(site.control_plane), stdin=manifest, timeout_s=60)
        run(steps.await_established(site.control_plane), timeout_s=60)
        refused = _configure(site, target)
    for reason in refused:
        progress.say(f"{target} refuses one of the lab's objects: {reason}")
    with progress.task(f"wait for {target} on every node"):
        for argv in steps.await_rollouts(site.control_plane, steps.workloads(target), timeout_s=ROLLOUT_TIMEOUT_S):
            _wait(site, argv)
        rollouts = steps.await_rollouts(
            site.control_plane, ("daemonset/echo",), timeout_s=ROLLOUT_TIMEOUT_S, namespace="default"
        )
        for argv in rollouts:
            _wait(site, argv)


def remove(site: Site) -> None:
    """Remove whatever implementation is there, with its API, and wait until nothing of it is left."""
    kinds = ("validatingwebhookconfigurations", "clusterroles", "clusterrolebindings")
    found = run(steps.kubectl(site.control_plane, "get", "crd,namespace", "-o", "name")).output.split()
    crds = [name for name in found if name.endswith(".metallb.io")]
    named = [f"namespace/{steps.NAMESPACE}"] if f"namespace/{steps.NAMESPACE}" in found else []
    gone = ("delete", "--ignore-not-found", f"--timeout={REMOVE_TIMEOUT_S:.0f}s")
    rest = run(steps.kubectl(site.control_plane, "get", ",".join(kinds), "-o", "name")).output.split()
    ours = [name for name in rest if "metallb" in name or "/lbkit" in name]
    if not crds and not named and not ours:
        return
    # The webhook first: it would refuse the removal of what it can no longer check.
    hooks = [name for name in ours if name.startswith("validatingwebhook")]
    for group in (hooks, named, crds, [name for name in ours if name not in hooks]):
        if group:
            run(steps.kubectl(site.control_plane, *gone, *group), timeout_s=REMOVE_TIMEOUT_S + 10)


def reload(site: Site, builder: Builder, progress: Progress) -> None:
    """Bring changed lbkit code into a running lab, on all nodes at once: here the point is to see it soon."""
    parts = builder.have(*PARTS_BY_TARGET["lbkit"])
    with progress.task("put the images into the nodes"):
        images = nodes.load(site, builder, parts)
    with progress.task("restart the controller and all speakers"):
        run(steps.apply(site.control_plane), stdin=_lbkit_manifest(site, images), timeout_s=60)
        run(steps.restart_at_once(site.control_plane))
        for argv in steps.await_rollouts(site.control_plane, steps.workloads("lbkit"), timeout_s=ROLLOUT_TIMEOUT_S):
            _wait(site, argv)


def _lbkit_manifest(site: Site, images: dict[str, str]) -> str:
    folder = site.root / "lbkit" / "manifests"
    return steps.install_manifest(_kustomized(folder), {f"lbkit/{part}:dev": image for part, image in images.items()})


def _kustomized(folder: Path) -> list[str]:
    """Read the resources of a kustomization, in its order; folders are kustomizations of their own."""
    texts: list[str] = []
    for resource in yaml.safe_load((folder / "kustomization.yaml").read_text())["resources"]:
        path = folder / resource
        texts += _kustomized(path) if path.is_dir() else [path.read_text()]
    return texts


def _metallb_manifest(parts: dict[str, Had]) -> str:
    return parts["metallb-binary"].file("manifests.yaml").read_text()


def _configure(site: Site, target: str) -> list[str]:
    """Apply the lab's own objects; the API takes a moment to be ready for them, which only trying again can tell.

    Returns:
        What an implementation other than lbkit says of those that it does not take, as MetalLB's native mode of BFD.
    """
    deadline = time.monotonic() + CONFIGURATION_TIMEOUT_S
    while True:
        try:
            run(steps.apply(site.control_plane), stdin=steps.install_manifest(site.manifests(), {}), timeout_s=60)
        except CommandError as err:
            is_early = any(word in err.output for word in NOT_YET)
            refused = [line.partition(DENIED)[2] for line in err.output.splitlines() if DENIED in line]
            if is_early and time.monotonic() < deadline:
                time.sleep(CONFIGURATION_RETRY_S)
            elif is_early or target == "lbkit" or not refused:
                raise
            else:
                return refused
        else:
            return []


def _without_configuration(site: Site) -> str:
    """The lab's workloads without the objects of an API that is not installed."""
    return steps.install_manifest([text for text in site.manifests() if "metallb.io/" not in text], {})


def _wait(site: Site, argv: steps.Argv) -> None:
    """Wait for a rollout; where it fails, show what the pods say, as a person would look next."""
    try:
        run(argv, timeout_s=ROLLOUT_TIMEOUT_S + 10)
    except CommandError as err:
        pods = run(steps.kubectl(site.control_plane, "get", "pods", "-A", "-o", "wide"), check=False).output
        events = steps.kubectl(site.control_plane, "get", "events", "-A", "--field-selector=type=Warning")
        warnings = "\n".join(run(events, check=False).output.splitlines()[-10:])
        raise TargetError(f"{err}\n{pods}\n{warnings}", output=err.output) from err
