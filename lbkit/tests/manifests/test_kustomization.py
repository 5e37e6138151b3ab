"""The installation as a whole: every file is in it, in one namespace, with images that can be replaced.

Shell: reads files of this repository.
"""

from pathlib import Path
from typing import Any, Final, TypeAlias

import yaml

Json: TypeAlias = Any  # parsed YAML has no static shape

MANIFESTS: Final = Path(__file__).parents[2] / "manifests"
CLUSTER_WIDE: Final = {"Namespace", "ClusterRole", "ClusterRoleBinding"}


def _kustomization(folder: Path) -> dict[str, Json]:
    doc: dict[str, Json] = yaml.safe_load((folder / "kustomization.yaml").read_text("utf-8"))
    return doc


def test_every_file_is_installed() -> None:
    """A file that no kustomization names would be left out in silence; samples are left out on purpose."""
    for folder in (MANIFESTS, MANIFESTS / "crds"):
        files = {path.name for path in folder.glob("*.yaml")} - {"kustomization.yaml"}
        folders = {path.name for path in folder.iterdir() if path.is_dir()} - {"samples"}
        assert set(_kustomization(folder)["resources"]) == files | folders


def test_everything_lives_in_one_namespace(installed: list[dict[str, Json]]) -> None:
    """Each namespaced object says metallb-system itself, so that `kubectl apply -f` on one file works too."""
    for doc in installed:
        wanted = None if doc["kind"] in CLUSTER_WIDE else "metallb-system"
        assert doc["metadata"].get("namespace") == wanted, doc["metadata"]["name"]


def test_every_image_can_be_replaced(installed: list[dict[str, Json]]) -> None:
    """The kustomization lists exactly the images in use, so that an overlay can set them, and none needs pulling."""
    pods = [doc["spec"]["template"]["spec"] for doc in installed if "template" in doc.get("spec", {})]
    containers = [c for pod in pods for c in [*pod.get("initContainers", ()), *pod["containers"]]]
    listed = {f"{image['name']}:{image['newTag']}" for image in _kustomization(MANIFESTS)["images"]}
    assert {container["image"] for container in containers} == listed
    assert {container["imagePullPolicy"] for container in containers} == {"IfNotPresent"}
