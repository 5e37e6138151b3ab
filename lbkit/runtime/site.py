"""The labs of a checkout, as files: which there are, where each keeps its things.

Shell: reads the labs' folders.
"""

import os
from dataclasses import dataclass
from pathlib import Path

import lbkit
from lbkit.errors import InputError, Problem
from lbkit.lab import addressing, topology
from lbkit.lab.topology import Lab, LabNode

TEXT_SUFFIXES = {".yml", ".yaml", ".conf", ".toml", ".md", ""}


@dataclass(frozen=True, slots=True)
class Site:
    """One lab of one checkout."""

    root: Path
    lab: Lab

    @property
    def folder(self) -> Path:
        """The lab's folder."""
        return self.root / "labs" / self.lab.name

    @property
    def topology(self) -> Path:
        """Its topology file."""
        return self.folder / self.lab.topology_file

    @property
    def cluster(self) -> str:
        """Name of its kind cluster."""
        return self.lab.clusters[0].name

    @property
    def control_plane(self) -> str:
        """The container that has the API server, and kubectl with the rights to use it."""
        return self.lab.clusters[0].containers[0]

    @property
    def kubeconfig(self) -> Path:
        """Where containerlab writes the cluster's kubeconfig."""
        return self.folder / self.lab.clusters[0].kubeconfig

    @property
    def containers(self) -> tuple[LabNode, ...]:
        """Its nodes that are containers of their own, in the order of the file."""
        return tuple(node for node in self.lab.nodes if node.kind in {"linux", "ext-container"})

    def manifests(self) -> list[str]:
        """The lab's own objects: pools first, as what uses them is refused without."""
        files = sorted(
            (self.folder / "manifests").glob("*.yaml"), key=lambda file: (file.name != "pool.yaml", file.name)
        )
        return [file.read_text() for file in files]

    def readme(self) -> str:
        """Its README."""
        return (self.folder / "README.md").read_text()


def root() -> Path:
    """The checkout whose labs are meant: the one worked in, else the one this lbkit was installed from.

    Raises:
        InputError: neither has labs (lbkit was installed without its checkout).
    """
    here = Path.cwd()
    for folder in (here, *here.parents, Path(lbkit.__file__).parents[1]):
        if (folder / "labs").is_dir() and (folder / "images" / "parts.toml").is_file():
            return folder
    raise InputError(Problem("labs", f"no checkout of lbkit in {here} or above; run this in one (git clone …)"))


def names(checkout: Path) -> tuple[str, ...]:
    """The labs that a checkout has, sorted."""
    return tuple(sorted(file.parent.name for file in (checkout / "labs").glob("*/*.clab.yml")))


def load(checkout: Path, name: str) -> Site:
    """Read one lab and check its addressing before anything of it starts.

    Raises:
        InputError: there is no such lab, or its files are wrong; every problem at once.
    """
    known = names(checkout)
    if name not in known:
        raise InputError(Problem("lab", f"got {name!r}, wanted one of: {', '.join(known)}"))
    site = Site(checkout, topology.parse(name, _files(checkout / "labs" / name), os.environ))
    problems = addressing.lint(site.lab)
    if problems:
        raise InputError(*problems)
    return site


def load_all(checkout: Path) -> tuple[Site, ...]:
    """Read every lab of a checkout, and check that all of them can be up at once.

    Raises:
        InputError: a lab's files are wrong, or two labs clash.
    """
    sites = tuple(load(checkout, name) for name in names(checkout))
    problems = addressing.lint_together([site.lab for site in sites])
    if problems:
        raise InputError(*problems)
    return sites


def load_with_others(checkout: Path, name: str) -> tuple[Site, tuple[Site, ...]]:
    """Read one lab, and the others of its checkout, with which it must get on.

    Raises:
        InputError: there is no such lab, a lab's files are wrong, or two labs clash.
    """
    if name not in names(checkout):
        load(checkout, name)  # says what there is instead
    sites = load_all(checkout)
    return next(site for site in sites if site.lab.name == name), tuple(site for site in sites if site.lab.name != name)


def _files(folder: Path) -> dict[str, str]:
    """Every text file a lab may name, by its path relative to the lab's folder; `../common` is shared by all labs."""
    common = folder.parent / "common"
    found = {}
    for base, prefix in ((folder, ""), (common, "../common/")):
        for current, folders, files in os.walk(base):
            folders[:] = [name for name in folders if not name.startswith("clab-")]
            for file in files:
                path = Path(current) / file
                if path.suffix in TEXT_SUFFIXES:
                    found[prefix + path.relative_to(base).as_posix()] = path.read_text()
    return found
