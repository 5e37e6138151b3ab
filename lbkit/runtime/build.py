"""Have the parts of a lab: take them from the cache, pull them, or build them.

What is built is kept outside the repository, by the key of its inputs (`lbkit.lab.parts`), and appears there only when
it is whole: interrupting a build loses at most the part under way, and Go's own cache keeps most of that. A lock per
part lets two runs share the work instead of spoiling it.

Shell: runs go, debootstrap, pip and docker; reads and writes the cache.
"""

import hashlib
import os
import shutil
import sys
import tempfile
from collections.abc import Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from threading import Lock

from filelock import FileLock

from lbkit.errors import InputError, Problem, TargetError
from lbkit.lab import parts as plan
from lbkit.lab.parts import Part, Parts
from lbkit.runtime import archive, golang
from lbkit.runtime.progress import Progress
from lbkit.runtime.run import CommandError, end_all_on_error, run

MODES = ("auto", "pull", "build")
SKIPPED_FOLDERS = {".git", ".venv", "__pycache__", "node_modules"}
PULL_TIMEOUT_S = 900.0
PROBE_TIMEOUT_S = 20.0
BUILD_TIMEOUT_S = 1800.0
PLATFORMS = ("manylinux_2_34", "manylinux_2_28", "manylinux_2_17", "manylinux2014")
"""Wheels that Debian bookworm's glibc 2.36 can load, newest first (PEP 600)."""


def cache_folder() -> Path:
    """Where built parts are kept: `LBKIT_CACHE`, or `lbkit` below the user's cache folder."""
    base = os.environ.get("LBKIT_CACHE") or Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "lbkit"
    return Path(base)


@dataclass(frozen=True, slots=True)
class Had:
    """A part that is there: the image's name, or the folder of its binaries."""

    part: Part
    image: str = ""
    folder: Path | None = None

    def file(self, name: str) -> Path:
        """Path of one of its binaries."""
        assert self.folder is not None, f"{self.part.name} is an image"
        return self.folder / name


@dataclass
class Builder:
    """Has parts, and remembers how each was had.

    Args:
        root: the checkout.
        mode: `auto` pulls where a registry answers and builds otherwise; `pull` and `build` force one.
    """

    root: Path
    mode: str = "auto"
    progress: Progress = field(default_factory=Progress)
    cache: Path = field(default_factory=cache_folder)
    _images: frozenset[str] | None = field(default=None, repr=False)
    _images_lock: Lock = field(default_factory=Lock, repr=False)

    def __post_init__(self) -> None:
        if self.mode not in MODES:
            raise InputError(Problem("LBKIT_PARTS", f"is {self.mode!r}; it is one of {', '.join(MODES)}"))
        for folder in ("parts", "locks", "logs"):
            (self.cache / folder).mkdir(parents=True, exist_ok=True)

    @cached_property
    def parts(self) -> Parts:
        """The parts that this checkout names."""
        return plan.parse((self.root / "images" / "parts.toml").read_text())

    @cached_property
    def keys(self) -> dict[str, str]:
        """Part name -> key."""
        return plan.keys(self.parts, {name: self._digest(part) for name, part in self.parts.by_name.items()})

    def have(self, *names: str) -> dict[str, Had]:
        """Have the named parts, building or pulling what is missing.

        Two parts are made at a time, but one Go module at a time: the Go compiler uses every processor by itself.

        Returns:
            part name -> what was had, for `names` alone.

        Raises:
            TargetError: a part could not be had; the message names the part, the command, its output and the log.
        """
        found = {name: self.find(name) for name in self.parts.by_name}
        there = frozenset(name for name, had in found.items() if had is not None)
        todo = [name for name in plan.order(self.parts, names, there) if name not in there]
        had: dict[str, Had] = {name: thing for name, thing in found.items() if thing is not None}
        if self.mode != "build":
            todo = self._pull_all(names, had)
        self._make_all(todo, had)
        return {name: had[name] for name in names}

    def find(self, name: str) -> Had | None:
        """Look a part up without making it; None where it is not there."""
        part = self.parts.by_name[name]
        if not part.is_image:
            folder = self._folder(part)
            return Had(part, folder=folder) if folder.is_dir() else None
        built = plan.image(part, self.keys[name])
        if self.mode != "pull" and self._is_image_there(built):
            return Had(part, image=built)
        if self.mode != "build" and part.published and self._is_image_there(part.published):
            return Had(part, image=part.published)
        return None

    def log(self, part: Part) -> Path:
        """The file that holds everything a part's commands printed."""
        return self.cache / "logs" / f"{part.name}-{self.keys[part.name]}.log"

    def _make_all(self, todo: list[str], had: dict[str, Had]) -> None:
        running: dict[Future[Had], str] = {}
        with ThreadPoolExecutor(max_workers=2) as pool, end_all_on_error():
            while todo or running:
                free = [name for name in todo if all(need in had for need in self.parts.by_name[name].needs)]
                busy_with_go = any(self.parts.by_name[name].kind == "go" for name in running.values())
                for name in free:
                    is_go = self.parts.by_name[name].kind == "go"
                    if len(running) < 2 and not (is_go and busy_with_go):
                        busy_with_go = busy_with_go or is_go
                        todo.remove(name)
                        running[pool.submit(self._make, self.parts.by_name[name], had)] = name
                done, _ = wait(running, return_when=FIRST_COMPLETED)
                for future in done:
                    had[running.pop(future)] = future.result()

    def _make(self, part: Part, had: dict[str, Had]) -> Had:
        lock = FileLock(self.cache / "locks" / f"{part.name}-{self.keys[part.name]}.lock")
        with lock:
            self._forget_images()
            found = self.find(part.name)  # another run may have made it while we waited
            if found is not None:
                return found
            with self.progress.task(f"build {part.name} {part.version}".rstrip()):
                self.log(part).write_text("")
                try:
                    return self._make_kind(part, had)
                except TargetError as err:
                    raise TargetError(f"part {part.name} could not be built: {err}", output=err.output) from err
                finally:
                    self._forget_images()

    def _make_kind(self, part: Part, had: dict[str, Had]) -> Had:
        match part.kind:
            case "go":
                return self._make_go(part)
            case "debian":
                return self._make_debian(part)
            case "binary":
                return self._make_binary(part, had)
            case "docker":
                return self._make_docker(part, had)

    def _make_go(self, part: Part) -> Had:
        with self._staging(part) as staging:
            go = golang.toolchain(self.parts.go_version, self.cache)
            golang.build(part, go=go, root=self.root, target=staging, log=self.log(part))
            staging.rename(self._folder(part))
        return Had(part, folder=self._folder(part))

    def _make_debian(self, part: Part) -> Had:
        with self._staging(part) as staging:
            root, tar = staging / "root", staging / "root.tar"
            packages = ",".join(part.packages)
            options = ["--variant=minbase", f"--include={packages}"]
            archives = self.cache / "debootstrap"
            archives.mkdir(exist_ok=True)
            options.append(f"--cache-dir={archives}")
            self._run(part, ["debootstrap", *options, part.version, str(root)])
            for folder in ("var/cache/apt", "var/lib/apt/lists", "usr/share/doc", "usr/share/locale", "usr/share/man"):
                shutil.rmtree(root / folder, ignore_errors=True)
                (root / folder).mkdir(parents=True)
            (root / "var/lib/apt/lists/partial").mkdir()
            (root / "var/cache/apt/archives/partial").mkdir(parents=True)
            self._run(part, ["tar", "--numeric-owner", "--one-file-system", "-C", str(root), "-cf", str(tar), "."])
            return self._import(part, tar, ['CMD ["/bin/bash"]'])

    def _make_binary(self, part: Part, had: dict[str, Had]) -> Had:
        source, name = part.binary.split("/")
        with self._staging(part) as staging:
            folder = staging / "root" / "usr" / "local" / "bin"
            folder.mkdir(parents=True)
            _link(had[source].file(name), folder / name)
            tar = staging / "root.tar"
            self._run(part, ["tar", "--owner=0", "--group=0", "-C", str(staging / "root"), "-cf", str(tar), "."])
            return self._import(part, tar, [f'ENTRYPOINT ["/usr/local/bin/{name}"]', "ENV PATH=/usr/local/bin"])

    def _import(self, part: Part, tar: Path, changes: Iterable[str]) -> Had:
        name = plan.image(part, self.keys[part.name])
        self._run(part, ["docker", "import", *(f"--change={change}" for change in changes), str(tar), name])
        return Had(part, image=name)

    def _make_docker(self, part: Part, had: dict[str, Had]) -> Had:
        name = plan.image(part, self.keys[part.name])
        built = f"{name}-unloaded" if part.preload else name
        with self._staging(part) as staging:
            self._context(part, staging, had)
            arguments = {"BASE": had[part.base].image} if part.base else {}
            if part.preload:
                arguments["KUBERNETES_VERSION"] = self.parts.by_name["kubernetes"].version
            # The host's own network: the packages come from where the host's come from.
            argv = ["docker", "build", "--network=host", "--force-rm", "-t", built]
            argv += [f"--build-arg={key}={value}" for key, value in arguments.items()]
            self._run(part, [*argv, str(staging)], env={"DOCKER_BUILDKIT": "0"})
        if part.preload:
            self._preload(part, built, name, had)
        return Had(part, image=name)

    def _context(self, part: Part, staging: Path, had: dict[str, Had]) -> None:
        """Lay out a Dockerfile's context: its folder, its inputs at their paths, files of other parts below parts/."""
        shutil.copytree(self.root / "images" / part.folder, staging, dirs_exist_ok=True)
        for path in self._input_files(part):
            target = staging / path
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(self.root / path, target)
        for copy in part.copies:
            source, name = copy.split("/")
            target = staging / "parts" / copy
            target.parent.mkdir(parents=True, exist_ok=True)
            _link(had[source].file(name), target)
        if part.wheels:
            shutil.copytree(self._wheels(part), staging / "parts" / "wheels", copy_function=_link)

    def _wheels(self, part: Part) -> Path:
        """Have the locked wheels of an image, laid out for its Python; changed code does not fetch them again."""
        lock = self.root / "images" / part.wheels
        key = hashlib.sha256(lock.read_bytes() + part.python.encode()).hexdigest()[: plan.KEY_LENGTH]
        folder = self.cache / "parts" / f"{part.name}-wheels-{key}"
        if not folder.is_dir():
            tags = ["--only-binary=:all:", "--implementation=cp", f"--python-version={part.python}"]
            tags += [f"--platform={tag}_x86_64" for tag in PLATFORMS]
            pip = [sys.executable, "-m", "pip", "install", "--quiet", "--require-hashes", "--no-compile", "--no-deps"]
            with self._staging(part) as staging:
                self._run(part, [*pip, *tags, "--target", str(staging / "wheels"), "-r", str(lock)])
                (staging / "wheels").rename(folder)
        return folder

    def _preload(self, part: Part, built: str, name: str, had: dict[str, Had]) -> None:
        """Put images into a node image's containerd: they can only be imported into a running, privileged container."""
        names = self._kubeadm_names(part, had["kubernetes"])
        for need in part.preload:
            run(["docker", "tag", had[need].image, names[need]])
        container = run(["docker", "run", "-d", "--privileged", "--entrypoint=sleep", built, "infinity"]).output.strip()
        try:
            with self._staging(part) as staging:
                tar = staging / "images.tar"
                save = ["docker", "save", "-o", str(tar), *(names[need] for need in part.preload)]
                run(save, timeout_s=BUILD_TIMEOUT_S)
                load = ["docker", "exec", "-i", container, "/usr/local/bin/preload", names["pause"]]
                with tar.open("rb") as images:
                    run(load, stdin=images, timeout_s=BUILD_TIMEOUT_S, log=self.log(part))
            # A commit keeps what the container was started with, so the image's own entry point is given back to it.
            entrypoint = run(["docker", "inspect", "--format={{json .Config.Entrypoint}}", built]).output.strip()
            self._run(
                part, ["docker", "commit", f"--change=ENTRYPOINT {entrypoint}", "--change=CMD []", container, name]
            )
        finally:
            run(["docker", "rm", "-f", container], check=False, cleans_up=True)
            # Only what was named for this: a part known by its own name inside nodes would lose its only tag.
            given = [names[need] for need in part.preload if names[need] != archive.full_name(had[need].image)]
            run(["docker", "rmi", *given], check=False, cleans_up=True)

    def _kubeadm_names(self, part: Part, kubernetes: Had) -> dict[str, str]:
        """Ask kubeadm which images it will start, and map our parts to those names; others keep their own."""
        argv = [str(kubernetes.file("kubeadm")), "config", "images", "list", "--kubernetes-version"]
        listed = run([*argv, kubernetes.part.version]).output.split()
        names = {name: self.node_image(name) for name in part.preload}
        return names | {ref.rsplit(":", 1)[0].rsplit("/", 1)[-1]: ref for ref in listed}

    def node_image(self, name: str) -> str:
        """The name under which an image part is known inside the nodes.

        Its published one, or its built one: the key in it makes changed code a new name, which rolls out.
        """
        part = self.parts.by_name[name]
        return part.published or f"docker.io/{plan.image(part, self.keys[name])}"

    def _pull_all(self, names: Iterable[str], had: dict[str, Had]) -> list[str]:
        """Pull what is published, beginning with what needs most, as that spares what only it needs.

        Returns:
            What is left to build, in order.
        """
        tried: set[str] = set()
        while True:
            todo = [name for name in plan.order(self.parts, names, frozenset(had)) if name not in had]
            untried = [name for name in todo if name not in tried and self.parts.by_name[name].published]
            if not untried:
                return todo
            tried.add(untried[-1])
            pulled = self._pull(self.parts.by_name[untried[-1]])
            if pulled is not None:
                had[untried[-1]] = pulled

    def _pull(self, part: Part) -> Had | None:
        if not part.published:
            return None
        if self.mode == "auto" and not _has_registry(part.published):
            return None
        with self.progress.task(f"pull {part.published}"):
            run(["docker", "pull", part.published], timeout_s=PULL_TIMEOUT_S)
        self._forget_images()
        return Had(part, image=part.published)

    def _run(self, part: Part, argv: list[str], env: dict[str, str] | None = None) -> None:
        run(argv, timeout_s=BUILD_TIMEOUT_S, log=self.log(part), env=env)

    def _is_image_there(self, name: str) -> bool:
        with self._images_lock:
            if self._images is None:
                listed = run(["docker", "images", "--format", "{{.Repository}}:{{.Tag}}"]).output
                self._images = frozenset(listed.split())
            return name in self._images

    def _forget_images(self) -> None:
        with self._images_lock:  # a list that another thread is reading now would be older than this
            self._images = None

    def _folder(self, part: Part) -> Path:
        return self.cache / "parts" / f"{part.name}-{self.keys[part.name]}"

    @contextmanager
    def _staging(self, part: Part) -> Iterator[Path]:
        """Give a folder beside the finished parts that is gone afterwards, unless it was renamed to its final place."""
        folder = Path(tempfile.mkdtemp(prefix=f".{part.name}-", dir=self.cache / "parts"))
        folder.chmod(0o755)
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def _input_files(self, part: Part) -> list[str]:
        if not part.inputs:
            return []
        return [path for path in self._repository_files if plan.matches(part, path)]

    @cached_property
    def _repository_files(self) -> list[str]:
        files = []
        for folder, folders, names in os.walk(self.root):
            folders[:] = [name for name in folders if name not in SKIPPED_FOLDERS and not name.startswith("clab-")]
            files += [(Path(folder) / name).relative_to(self.root).as_posix() for name in names]
        return sorted(files)

    def _digest(self, part: Part) -> str:
        digest = hashlib.sha256()
        folder = self.root / "images" / part.folder
        own = [path.relative_to(self.root).as_posix() for path in folder.rglob("*") if path.is_file()]
        for path in sorted({*own, *self._input_files(part)}):
            file = self.root / path
            digest.update(f"{path}\0{os.access(file, os.X_OK)}\0".encode())
            digest.update(hashlib.sha256(file.read_bytes()).digest())
        return digest.hexdigest()


def _has_registry(image: str) -> bool:
    """Whether a registry has the image; one that does not answer in time (a firewall that drops) has not."""
    try:
        return run(["docker", "manifest", "inspect", image], check=False, timeout_s=PROBE_TIMEOUT_S).code == 0
    except CommandError:
        return False


def _link(source: str | Path, target: str | Path) -> None:
    """Make `target` the same file without copying it where the file system allows."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)  # another file system
