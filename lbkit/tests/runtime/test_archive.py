"""Images on their way into nodes: only the layers that a node lacks are sent, and every name arrives."""

import hashlib
import io
import json
import tarfile
from pathlib import Path
from typing import Any

from lbkit.runtime.archive import MANIFEST, NAME, common, thin

BASE, CODE = b"the base layer", b"the code layer"


def _digest(content: bytes) -> str:
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


CONFIG = json.dumps({"rootfs": {"diff_ids": [_digest(BASE), _digest(CODE)]}}).encode()


def _saved(folder: Path) -> Path:
    """Write what `docker save` writes for two names of one image; the second time, its layer is a link."""
    images = [
        {"Config": "a.json", "RepoTags": ["example.com/one:1"], "Layers": ["base/layer.tar", "code/layer.tar"]},
        {"Config": "a.json", "RepoTags": ["example.com/two:1"], "Layers": ["base/layer.tar", "link/layer.tar"]},
    ]
    files = {"manifest.json": json.dumps(images).encode(), "a.json": CONFIG}
    files |= {"base/layer.tar": BASE, "code/layer.tar": CODE}
    path = folder / "saved.tar"
    with tarfile.open(path, "w") as archive:
        for name, content in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
        link = tarfile.TarInfo("link/layer.tar")
        link.type, link.linkname = tarfile.SYMTYPE, "../code/layer.tar"
        archive.addfile(link)
    return path


def _read(path: Path) -> dict[str, bytes]:
    with tarfile.open(path) as archive:
        found = {entry.name: archive.extractfile(entry) for entry in archive}
        return {name: file.read() for name, file in found.items() if file is not None}


def _blob(digest: str) -> str:
    return "blobs/" + digest.replace(":", "/")


def _manifests(files: dict[str, bytes]) -> list[dict[str, Any]]:  # Any: JSON
    entries = json.loads(files["index.json"])["manifests"]
    assert {entry["mediaType"] for entry in entries} == {MANIFEST}
    return [json.loads(files[_blob(entry["digest"])]) for entry in entries]


def test_a_layer_that_is_there_is_not_sent(tmp_path: Path) -> None:
    """A layer that every node has is named by the manifest and left out of the archive."""
    thin(_saved(tmp_path), tmp_path / "thin.tar", {_digest(BASE)})

    files = _read(tmp_path / "thin.tar")
    assert _blob(_digest(BASE)) not in files
    assert files[_blob(_digest(CODE))] == CODE
    for manifest in _manifests(files):
        assert [layer["digest"] for layer in manifest["layers"]] == [_digest(BASE), _digest(CODE)]
        assert [layer["size"] for layer in manifest["layers"]] == [len(BASE), len(CODE)]


def test_every_name_arrives(tmp_path: Path) -> None:
    """Two names of one image are two entries of the index, whose content is there once."""
    thin(_saved(tmp_path), tmp_path / "thin.tar", frozenset())

    with tarfile.open(tmp_path / "thin.tar") as archive:
        names = archive.getnames()
    entries = json.loads(_read(tmp_path / "thin.tar")["index.json"])["manifests"]
    assert [entry["annotations"][NAME] for entry in entries] == ["example.com/one:1", "example.com/two:1"]
    assert sorted(names) == sorted(set(names))


def test_every_blob_is_what_its_name_says(tmp_path: Path) -> None:
    """Each blob's name is the digest of its content, or containerd would refuse it (OCI image layout)."""
    thin(_saved(tmp_path), tmp_path / "thin.tar", frozenset())

    files = _read(tmp_path / "thin.tar")
    blobs = {name: content for name, content in files.items() if name.startswith("blobs/")}
    assert len(blobs) == 4
    assert all(name == _blob(_digest(content)) for name, content in blobs.items())
    assert json.loads(files["oci-layout"]) == {"imageLayoutVersion": "1.0.0"}


def test_only_what_all_nodes_have_is_common() -> None:
    """A layer that one node lacks is sent to all."""
    assert common(["a\nb\n", "b\nc\n"]) == {"b"}
    assert common([]) == frozenset()
