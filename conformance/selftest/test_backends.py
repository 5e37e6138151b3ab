"""Pods of cases: those of the next case are started ahead, in its namespace, and found there."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from conformance.selftest.dry import Dry, run
from conformance.selftest.fake_api import FakeApi
from conformance.suite.backends import Backends
from conformance.suite.case import BACKENDS
from conformance.suite.kube import Kube
from lbkit.errors import TargetError

WEB = "/apis/apps/v1/namespaces/web"


@pytest.fixture
def api() -> Iterator[FakeApi]:
    """An API server with two nodes."""
    made = FakeApi(lambda *_: None)
    for name in ("k1", "k2"):
        made.store[f"/api/v1/nodes/{name}"] = {"kind": "Node", "metadata": {"name": name}}
    yield made
    made.close()


@pytest.fixture
def backends(api: FakeApi, tmp_path: Path) -> Backends:
    """The cases' pods in it."""
    return Backends(Kube(api.kubeconfig(tmp_path / "kubeconfig")), "l2", "echo:1")


def test_what_was_prepared_is_there_when_the_case_begins(api: FakeApi, backends: Backends) -> None:
    """Its namespace is the same, with the pods in it."""
    backends.prepare("web", "echo")
    backends.prepare("web", "echo")
    assert backends.ahead == {"web"}
    assert f"{WEB}/daemonsets/echo" in api.store
    namespace = api.store["/api/v1/namespaces/web"]
    backends.open("web")
    assert api.store["/api/v1/namespaces/web"]["metadata"]["uid"] == namespace["metadata"]["uid"]
    assert backends.start("web", "echo") == 2
    assert backends.ahead == set()


def test_what_was_not_prepared_begins_anew(api: FakeApi, backends: Backends) -> None:
    """A case finds nothing of an earlier run, nor of its own first drive."""
    backends.open("web")
    before = api.store["/api/v1/namespaces/web"]["metadata"]["uid"]
    assert backends.start("web", "kept") == 2
    backends.open("web")
    assert api.store["/api/v1/namespaces/web"]["metadata"]["uid"] != before
    assert not [path for path in api.store if path.startswith(WEB)]


@pytest.mark.parametrize("name", BACKENDS)
def test_each_backend_has_its_file(api: FakeApi, backends: Backends, name: str) -> None:
    """Whose pods are of the lab's image, and ask for processor time."""
    backends.prepare("web", name)
    (found,) = [obj for path, obj in api.store.items() if path.startswith(WEB)]
    (container,) = found["spec"]["template"]["spec"]["containers"]
    assert container["image"] == "echo:1"
    assert "cpu" in container["resources"]["requests"]


def test_a_lab_without_the_image_says_so(api: FakeApi, tmp_path: Path) -> None:
    """And nothing waits."""
    backends = Backends(Kube(api.kubeconfig(tmp_path / "kubeconfig")), "l2", "")
    with pytest.raises(TargetError, match=r"images\.echo"):
        backends.prepare("web", "echo")
    assert backends.ahead == set()


def test_a_run_looks_one_case_ahead(dry: Dry, pytester: pytest.Pytester) -> None:
    """To the next that will run in the lab; beside a measurement nothing is started."""
    log = dry.folder / "log"
    note = f'Path("{log}").open("a").write(world.case.id + " " + " ".join(world._session.backends.ahead) + "\\n")'
    dry.case("IPAM-001", note)
    dry.case("IPAM-002", note, more='backend="echo", provisional=True')
    dry.case("IPAM-003", note, more='backend="echo"')
    dry.case("PERF-001", note, features='"performance"')
    dry.case("PERF-002", note, features='"performance"', more='backend="echo"')
    dry.case("BGP-001", note, lab="bgp", more='backend="echo"')
    ran = run(dry, pytester, "--ahead")
    assert ran.code == 0, ran.text
    assert log.read_text(encoding="utf-8").splitlines() == [
        "IPAM-001 lbkit-conf-ipam-003",
        "IPAM-003 ",
        "PERF-001 ",
        "PERF-002 ",
        "BGP-001 ",
    ]
