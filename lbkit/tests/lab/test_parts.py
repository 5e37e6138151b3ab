"""The parts of a lab: what is refused, what is needed for what, and which change rebuilds what."""

import re
from pathlib import Path
from typing import Final

import pytest
import yaml

from lbkit.errors import InputError
from lbkit.lab.parts import KEY_LENGTH, Part, Parts, go_module, image, keys, matches, order, parse
from lbkit.lab.steps import IMAGE_VARIABLES
from lbkit.tests import golden
from lbkit.tests.lab.shipped import LABS

ROOT: Final = LABS.parent
SHIPPED: Final = (ROOT / "images" / "parts.toml").read_text()

PARTS: Final = """
toolchain.go = "1.26.4"
[part.base]
kind = "debian"
version = "bookworm"
[part.tools]
kind = "go"
module = "example.com/tools"
version = "v1.0.0"
commands = {tool = "example.com/tools"}
[part.tool]
kind = "binary"
binary = "tools/tool"
[part.node]
kind = "docker"
base = "base"
copies = ["tools/tool"]
preload = ["tool"]
published = "example.com/node:1"
[part.lonely]
kind = "docker"
"""


@pytest.mark.parametrize(
    ("old", "new", "path", "message"),
    [
        pytest.param("toolchain.go", "toolchain go", "images/parts.toml", "is not TOML", id="no-toml"),
        pytest.param('module = "ex', 'modul = "ex', "part.tools.modul", "is not known; known are base, ", id="field"),
        pytest.param('"debian"', '"fedora"', "part.base.kind", "is 'fedora'; it is one of debian, go", id="kind"),
        pytest.param('kind = "debian"\n', "", "part.base.kind", "is None; it is one of debian, go", id="no-kind"),
        pytest.param('base = "base"', 'base = "bass"', "part.node", "needs the part 'bass'", id="base"),
        pytest.param('["tools/tool"]', '["tulls/tool"]', "part.node", "needs the part 'tulls'", id="copies"),
        pytest.param('preload = ["tool"]', 'preload = ["x"]', "part.node", "needs the part 'x'", id="preload"),
        pytest.param('"tools/tool"\n', '"toy/tool"\n', "part.tool", "needs the part 'toy'", id="binary"),
        pytest.param('version = "bookworm"', "version = 12", "part.base", "Expected `str`, got `int`", id="type"),
        pytest.param('kind = "debian"', 'kind = "debian"\nbase = "node"', "images/parts.toml", "circle", id="cycle"),
    ],
)
def test_wrong_parts_are_refused(old: str, new: str, path: str, message: str) -> None:
    """Each mistake is refused with its place and what was wanted."""
    assert old in PARTS

    with pytest.raises(InputError) as refused:
        parse(PARTS.replace(old, new, 1))

    (problem,) = refused.value.problems
    assert problem.path == path
    assert message in problem.message


def test_all_problems_come_at_once() -> None:
    """Three mistakes in three parts are three problems of one error."""
    text = PARTS.replace('"debian"', '"fedora"').replace("module", "modul", 1).replace("preload", "preloads")

    with pytest.raises(InputError) as refused:
        parse(text)

    assert {problem.path for problem in refused.value.problems} >= {
        "part.base.kind",
        "part.tools.modul",
        "part.node.preloads",
    }


def test_a_circle_is_shown() -> None:
    """Parts that need each other are named in the order of the circle."""
    text = '[part.a]\nkind = "docker"\nbase = "b"\n[part.b]\nkind = "docker"\nbase = "a"\n'

    with pytest.raises(InputError, match=r"in a circle: (a -> b -> a|b -> a -> b)"):
        parse(text)


@pytest.mark.parametrize(
    ("wanted", "stop", "expected"),
    [
        pytest.param(["lonely"], [], {"lonely"}, id="alone"),
        pytest.param(["tool"], [], {"tools", "tool"}, id="one-need"),
        pytest.param(["node"], [], {"base", "tools", "tool", "node"}, id="all-needs"),
        pytest.param(["node"], ["tool"], {"base", "tools", "tool", "node"}, id="there-but-needed-by-another"),
        pytest.param(["node"], ["tool", "tools"], {"base", "tools", "tool", "node"}, id="there-is-listed"),
        pytest.param(["tool"], ["tool"], {"tool"}, id="needs-of-what-is-there"),
        pytest.param([], [], set(), id="none"),
    ],
)
def test_order_has_what_it_takes(wanted: list[str], stop: list[str], expected: set[str]) -> None:
    """What is wanted comes after what it needs; what only a part that is there needs is left out."""
    parts = parse(PARTS)

    found = order(parts, wanted, frozenset(stop))

    assert set(found) == expected
    for index, name in enumerate(found):
        if name not in stop:
            assert set(parts.by_name[name].needs) <= set(found[:index])


def test_an_unknown_part_is_refused() -> None:
    """A name that is no part is refused, and so is every further one."""
    with pytest.raises(InputError, match="no part is named 'nod'\nparts: no part is named 'tul'"):
        order(parse(PARTS), ["nod", "tul", "node"])


@pytest.mark.parametrize(
    ("text", "digests", "changed"),
    [
        pytest.param(PARTS, {}, set(), id="nothing"),
        pytest.param(PARTS, {"lonely": "other"}, {"lonely"}, id="files"),
        pytest.param(PARTS, {"tools": "other"}, {"tools", "tool", "node"}, id="files-of-a-need"),
        pytest.param(PARTS.replace("bookworm", "trixie"), {}, {"base", "node"}, id="version-of-a-need"),
        pytest.param(PARTS.replace("1.0.0", "1.0.1"), {}, {"tools", "tool", "node"}, id="version-of-a-module"),
        pytest.param(PARTS.replace("node:1", "node:2"), {}, set(), id="published"),
        pytest.param(PARTS.replace("preload", "#preload"), {}, {"node"}, id="preload"),
        pytest.param(PARTS + "version = '2'", {}, {"lonely"}, id="entry"),
    ],
)
def test_keys_change_with_what_a_part_is_made_of(text: str, digests: dict[str, str], changed: set[str]) -> None:
    """A key changes exactly when the entry, the files or a need's key does; what is pulled instead does not count."""
    before = keys(parse(PARTS), {})

    after = keys(parse(text), digests)

    assert {name for name in before if before[name] != after[name]} == changed
    assert {len(key) for key in after.values()} == {KEY_LENGTH}


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        pytest.param("lbkit/main.py", True, id="top"),
        pytest.param("lbkit/room/deep/file.py", True, id="deep"),
        pytest.param("lbkit/room/file.yaml", False, id="other-suffix"),
        pytest.param("lbkit/manifests/crds/a.yaml", True, id="second-pattern"),
        pytest.param("lbkit/tests/room/test_a.py", False, id="taken-away"),
        pytest.param("conformance/lbkit/main.py", False, id="elsewhere"),
    ],
)
def test_the_last_pattern_decides(path: str, expected: bool) -> None:
    """`**/` is any folder or none, and a leading `!` takes files away again."""
    part = Part("lbkit", "docker", inputs=("lbkit/**/*.py", "lbkit/manifests/**/*.yaml", "!lbkit/tests/**"))

    assert matches(part, path) is expected


def test_a_part_without_inputs_has_none() -> None:
    """A part that names no files outside its folder has none."""
    assert not matches(Part("client", "docker"), "images/client/Dockerfile")


@pytest.mark.parametrize(
    ("part", "folder", "is_image"),
    [
        pytest.param(Part("pause", "binary"), "pause", True, id="own-name"),
        pytest.param(Part("start", "go", source="gobgp/start"), "gobgp/start", False, id="source"),
        pytest.param(Part("containerlab", "go", edits="edits"), "edits", False, id="edits"),
    ],
)
def test_a_part_has_a_folder(part: Part, folder: str, is_image: bool) -> None:
    """A part's own files are in the folder of its source, of its edits, or of its name; Go parts end as binaries."""
    assert (part.folder, part.is_image) == (folder, is_image)


def test_an_image_is_named_by_its_key() -> None:
    """The tag is the key, so a name never changes what it means."""
    assert image(Part("node", "docker"), "0123456789ab") == "lbkit/node:0123456789ab"


def test_go_modules_are_built_through_a_wrapper() -> None:
    """The wrapper requires the module, gives its staging modules versions, and puts an edited copy in its place."""
    kubernetes = Part("kubernetes", "go", version="v1.36.3", module="k8s.io/kubernetes", staging="v0.36.3")
    module_file = (
        "module k8s.io/kubernetes\n\nreplace (\n\tk8s.io/api => ./staging/src/k8s.io/api\n)\n"
        "replace k8s.io/kubelet => ./staging/src/k8s.io/kubelet\nreplace example.com/x => example.com/y v1.0.0\n"
    )
    edited = Part("containerlab", "go", version="v0.79.0", module="github.com/srl-labs/containerlab")

    text = go_module(kubernetes, {"go.mod": module_file}) + "\n" + go_module(edited, {}, edited="/copy")

    golden.compare("go_modules.txt", text)


@pytest.fixture(scope="module")
def shipped() -> Parts:
    """The parts of this checkout."""
    return parse(SHIPPED)


def test_the_shipped_parts_can_be_had(shipped: Parts) -> None:
    """All parts of this checkout have an order, a key each, and a recipe for each Dockerfile."""
    assert set(order(shipped, shipped.by_name)) == set(shipped.by_name)
    assert len(set(keys(shipped, {}).values())) == len(shipped.by_name)
    assert re.fullmatch(r"\d+\.\d+\.\d+", shipped.go_version)
    for part in shipped.by_name.values():
        if part.kind == "docker":
            assert (ROOT / "images" / part.folder / "Dockerfile").is_file(), part.name


def test_every_file_that_is_copied_is_built(shipped: Parts) -> None:
    """A part that copies `part/file` finds that file among the commands of that part."""
    for part in shipped.by_name.values():
        for copy in (*part.copies, *((part.binary,) if part.binary else ())):
            source, name = copy.split("/")
            assert name in shipped.by_name[source].commands, f"{part.name}: {copy}"


def test_every_version_is_pinned(shipped: Parts) -> None:
    """No published image floats, and no module has a version that a later day would change."""
    for part in shipped.by_name.values():
        if part.published:
            name, _, tag = part.published.rpartition(":")
            assert name, part.published
            assert tag not in {"latest", "stable", "edge", "main", "master"}, part.published
        if part.module:
            assert re.fullmatch(r"v\d+\.\d+\.\d+", part.version), part.name


def _topologies() -> list[Path]:
    return sorted(LABS.glob("*/*.clab.yml"))


@pytest.mark.parametrize("file", _topologies(), ids=lambda file: file.name)
def test_topologies_default_to_the_published_images(shipped: Parts, file: Path) -> None:
    """A lab deployed by hand runs the images that `LBKIT_PARTS=pull` would have; parts.toml is the one place."""
    defaults = re.findall(r"\$\{(LBKIT_\w+_IMAGE):=([^}]*)\}", file.read_text())

    assert defaults
    assert {(name, image) for name, image in defaults} == {
        (name, shipped.by_name[IMAGE_VARIABLES[name]].published) for name, _ in defaults
    }


@pytest.mark.parametrize(
    "file", sorted(LABS.glob("*/manifests/*.yaml")), ids=lambda file: f"{file.parts[-3]}-{file.name}"
)
def test_workloads_run_the_published_agnhost(shipped: Parts, file: Path) -> None:
    """Images in the labs' own manifests are named as parts.toml publishes them, or the nodes would not have them."""
    documents = [document for document in yaml.safe_load_all(file.read_text()) if document]
    images = [
        container["image"]
        for document in documents
        for container in document.get("spec", {}).get("template", {}).get("spec", {}).get("containers", ())
    ]

    assert set(images) <= {shipped.by_name["agnhost"].published}


def test_the_image_variables_name_parts(shipped: Parts) -> None:
    """Each variable of the topologies stands for a part that ends as an image."""
    assert all(shipped.by_name[name].is_image for name in IMAGE_VARIABLES.values())
