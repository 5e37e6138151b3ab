"""Put images into nodes without sending what the nodes have already.

A `docker save` holds every layer. Here it is turned into an OCI image layout (image-spec, image-layout.md) that holds
only the layers that some node lacks; the manifests still name all of them, and containerd finds the others in its own
store. Changed code is then a layer of a megabyte instead of an image of a hundred.

Shell: reads and writes archives.
"""

import hashlib
import io
import json
import tarfile
from collections.abc import Iterable, Set
from pathlib import Path
from typing import Any

MANIFEST = "application/vnd.oci.image.manifest.v1+json"
CONFIG = "application/vnd.oci.image.config.v1+json"
LAYER = "application/vnd.oci.image.layer.v1.tar"
INDEX = "application/vnd.oci.image.index.v1+json"
NAME = "io.containerd.image.name"


def thin(saved: Path, target: Path, present: Set[str]) -> None:
    """Write `target` as an OCI layout of the images in `saved`.

    Args:
        saved: what `docker save` wrote.
        target: the archive to write.
        present: digests (`sha256:…`) of the content that every node has. A layer of an uncompressed archive has the
            digest that its image's configuration calls its diff id, so it can be told without reading it.
    """
    with tarfile.open(saved) as source, tarfile.open(target, "w") as sink:
        written: set[str] = set()
        entries = []
        for image in json.load(_member(source, "manifest.json")):
            config = _member(source, image["Config"]).read()
            digests = json.loads(config)["rootfs"]["diff_ids"]
            layers = []
            for digest, path in zip(digests, image["Layers"], strict=True):
                member = _resolved(source, path)
                layers.append({"mediaType": LAYER, "digest": digest, "size": member.size})
                if digest not in present and digest not in written:
                    written.add(digest)
                    content = source.extractfile(member)
                    assert content is not None, f"{path} in {saved} is no file"
                    _add(sink, _blob(digest), content, member.size)
            manifest = {
                "schemaVersion": 2,
                "mediaType": MANIFEST,
                "config": _put(sink, written, config, CONFIG),
                "layers": layers,
            }
            described = _put(sink, written, json.dumps(manifest).encode(), MANIFEST)
            entries += [{**described, "annotations": {NAME: full_name(name)}} for name in image["RepoTags"]]
        index = {"schemaVersion": 2, "mediaType": INDEX, "manifests": entries}
        _add_bytes(sink, "index.json", json.dumps(index).encode())
        _add_bytes(sink, "oci-layout", b'{"imageLayoutVersion": "1.0.0"}')


def full_name(name: str) -> str:
    """Spell an image's name out as containerd looks it up: Docker leaves out its own registry, containerd does not."""
    first, slash, _ = name.partition("/")
    is_host = bool(slash) and (any(mark in first for mark in ".:") or first == "localhost")
    return name if is_host else f"docker.io/{name if slash else f'library/{name}'}"


def common(contents: Iterable[str]) -> frozenset[str]:
    """The digests that every listing (`ctr content ls -q`) has."""
    listings = [frozenset(content.split()) for content in contents]
    return frozenset.intersection(*listings) if listings else frozenset()


def _resolved(source: tarfile.TarFile, path: str) -> tarfile.TarInfo:
    """The layer's own entry: `docker save` writes a layer once and links to it where it comes again."""
    member = source.getmember(path)
    if member.issym():
        return source.getmember(str((Path("/") / path).parent.joinpath(member.linkname).resolve().relative_to("/")))
    return member


def _member(source: tarfile.TarFile, path: str) -> Any:  # Any: a binary file, never None for a regular entry
    content = source.extractfile(path)
    assert content is not None, f"{path} is no file"
    return content


def _put(sink: tarfile.TarFile, written: set[str], content: bytes, kind: str) -> dict[str, Any]:
    digest = f"sha256:{hashlib.sha256(content).hexdigest()}"
    if digest not in written:
        written.add(digest)
        _add_bytes(sink, _blob(digest), content)
    return {"mediaType": kind, "digest": digest, "size": len(content)}


def _blob(digest: str) -> str:
    return "blobs/" + digest.replace(":", "/")


def _add_bytes(sink: tarfile.TarFile, name: str, content: bytes) -> None:
    _add(sink, name, io.BytesIO(content), len(content))


def _add(sink: tarfile.TarFile, name: str, content: Any, size: int) -> None:  # Any: a readable binary file
    entry = tarfile.TarInfo(name)
    entry.size = size
    sink.addfile(entry, content)
