"""Put images into a lab's Kubernetes nodes.

Shell: runs docker.
"""

import tempfile
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event

from lbkit.errors import TargetError
from lbkit.lab import steps
from lbkit.runtime import archive
from lbkit.runtime.build import Builder, Had
from lbkit.runtime.run import run
from lbkit.runtime.site import Site

CONTAINERD_TIMEOUT_S = 120.0
IMPORT_TIMEOUT_S = 300.0


def load(site: Site, builder: Builder, parts: Mapping[str, Had], gave_up: Event | None = None) -> dict[str, str]:
    """Put the images of `parts` into every node that lacks them, once each node's containerd answers.

    Args:
        site: the lab.
        builder: knows the names that images have inside nodes.
        parts: what to put there; parts that are no images are passed over.
        gave_up: set by whoever starts the nodes when they will not come.

    Returns:
        part -> its name inside the nodes; empty where it was given up.

    Raises:
        CommandError: docker or a node's containerd refused.
        TargetError: a containerd did not answer in time.
    """
    names = {name: builder.node_image(name) for name, had in parts.items() if had.image}
    nodes = [node.container for node in site.lab.with_role("k8s-node")]
    if not _await_containerd(nodes, gave_up or Event()):
        return {}
    with ThreadPoolExecutor(max_workers=len(nodes)) as pool:
        present = list(pool.map(lambda node: set(run(steps.node_images(node)).output.split()), nodes))
        missing = sorted(name for name, image in names.items() if any(image not in there for there in present))
        if missing:
            for name in missing:
                run(["docker", "tag", parts[name].image, names[name]])
            with tempfile.TemporaryDirectory(dir=builder.cache / "parts", prefix=".images-") as folder:
                saved, thin = Path(folder) / "saved.tar", Path(folder) / "thin.tar"
                listed = pool.map(lambda node: run(steps.node_content(node)).output, nodes)  # while the archive is made
                save = ["docker", "save", "-o", str(saved), *(names[name] for name in missing)]
                run(save, timeout_s=IMPORT_TIMEOUT_S)
                archive.thin(saved, thin, archive.common(listed))
                list(pool.map(lambda node: _import(node, thin), nodes))
    return names


def _await_containerd(nodes: list[str], gave_up: Event) -> bool:
    deadline = time.monotonic() + CONTAINERD_TIMEOUT_S
    waiting = list(nodes)
    while not gave_up.is_set():
        waiting = [node for node in waiting if run(steps.containerd_answers(node), check=False).code != 0]
        if not waiting:
            return True
        if time.monotonic() > deadline:
            raise TargetError(f"containerd of {', '.join(waiting)} did not answer within {CONTAINERD_TIMEOUT_S:.0f} s")
        gave_up.wait(0.5)
    return False


def _import(node: str, images_file: Path) -> None:
    with images_file.open("rb") as images:
        run(steps.import_images(node), stdin=images, timeout_s=IMPORT_TIMEOUT_S)
