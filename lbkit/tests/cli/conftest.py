"""What the tests of the command line share: a run of it, as from a shell, in a checkout of its own."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from lbkit.cli import main, session, transfer
from lbkit.cli.api import Api
from lbkit.runtime import build
from lbkit.runtime.site import Site
from lbkit.tests.cli.fake_api import FakeApi
from lbkit.tests.operator.build import bgp, node, peer, pool
from lbkit.tests.runtime import bench as benches
from lbkit.tests.runtime.bench import Bench, FakeHost


@dataclass(frozen=True, slots=True)
class Ended:
    """A run that ended: exit code and what was printed."""

    code: int
    out: str
    err: str


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bench:
    """Fake commands, and every part there."""
    monkeypatch.setattr(build, "Builder", benches.ReadyBuilder)
    return benches.bench(tmp_path, monkeypatch)


@pytest.fixture
def fake_host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeHost:
    """A host that lacks nothing."""
    return benches.fake_host(tmp_path, monkeypatch)


@pytest.fixture
def site(tmp_path: Path, bench: Bench, fake_host: FakeHost, monkeypatch: pytest.MonkeyPatch) -> Site:
    """The lab l2 of the checkout that is worked in."""
    root = benches.checkout(tmp_path)
    monkeypatch.chdir(root)
    monkeypatch.delenv("LBKIT_PARTS", raising=False)
    site = Site(root, benches.lab("l2"))
    benches.wait_for_lab(bench, site)
    return site


@pytest.fixture
def lbkit(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., Ended]:
    """Run `lbkit WORDS` to its end."""

    def run(*words: str) -> Ended:
        monkeypatch.setattr("sys.argv", ["lbkit", *words])
        with pytest.raises(SystemExit) as ended:
            main.main()
        printed = capsys.readouterr()
        assert isinstance(ended.value.code, int)
        return Ended(ended.value.code, printed.out, printed.err)

    return run


@pytest.fixture
def api(monkeypatch: pytest.MonkeyPatch) -> FakeApi:
    """A cluster of one node, with a hand-written pool that is advertised to one peer."""
    fake = FakeApi(
        node("n1", "192.168.1.1", pods="10.244.0.0/24"),
        pool("hand", "192.0.2.0/28"),
        bgp("everything"),
        peer("tor1", "192.168.1.254"),
        {"kind": "ServiceCIDR", "metadata": {"name": "kubernetes"}, "spec": {"cidrs": ["10.96.0.0/16"]}},
    )
    for module in (session, transfer):
        monkeypatch.setattr(module, "connect", lambda *_: Api(fake))
    monkeypatch.setattr(session, "VERDICT_INTERVAL_S", 0.0)
    return fake
