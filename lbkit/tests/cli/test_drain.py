"""`lbkit drain` and `lbkit rebalance`: what is written on nodes, and what is waited for."""

from collections.abc import Callable

import pytest

from lbkit.cli import api as cluster_api
from lbkit.cli import drain
from lbkit.cli.api import Api
from lbkit.tests.cli.conftest import Ended
from lbkit.tests.cli.fake_api import FakeApi
from lbkit.tests.operator.build import node, pod

Run = Callable[..., Ended]
METRICS = "/api/v1/namespaces/metallb-system/pods/speaker-n1:9120/proxy/metrics"
HELD = 'lbkit_layer2_term{interface="eth1",ip="192.0.2.1"} 3.0\n'


@pytest.fixture
def nodes(monkeypatch: pytest.MonkeyPatch) -> FakeApi:
    """Two nodes; the speaker of one of them holds an address."""
    speaker = pod("speaker", "n1")
    speaker["metadata"]["labels"]["app"] = "metallb"
    fake = FakeApi(node("n1", "192.168.1.1"), node("n2", "192.168.1.2"), speaker)
    fake.texts[METRICS] = HELD
    monkeypatch.setattr(cluster_api, "connect", lambda *_: Api(fake))
    monkeypatch.setattr(drain, "INTERVAL_S", 0.001)
    return fake


def annotations(fake: FakeApi, name: str) -> dict[str, str]:
    """Give the annotations of a node."""
    return dict(fake.object("Node", name, "")["metadata"].get("annotations") or {})


def test_a_drain_waits_until_others_have_the_addresses(lbkit: Run, nodes: FakeApi) -> None:
    """The node's speaker says when."""
    nodes.texts[METRICS] = ""
    done = lbkit("drain", "n1")
    assert done.code == 0, done.err
    assert "n1 answers for no layer-2 address any more" in done.out
    assert "lbkit.io/drain" in annotations(nodes, "n1")
    assert annotations(nodes, "n2") == {}


def test_what_no_other_node_takes_is_named(lbkit: Run, nodes: FakeApi) -> None:
    """And the exit code tells a script."""
    done = lbkit("drain", "n1", "--timeout", "0.01")
    assert done.code == 1
    assert "192.0.2.1" in done.out


def test_a_speaker_that_does_not_tell_is_no_success(lbkit: Run, nodes: FakeApi) -> None:
    """Nothing is known then."""
    del nodes.texts[METRICS]
    done = lbkit("drain", "n1", "--timeout", "0.01")
    assert done.code == 1
    assert "does not tell" in done.out


def test_a_drain_is_undone(lbkit: Run, nodes: FakeApi) -> None:
    """Other annotations stay."""
    nodes.object("Node", "n1", "")["metadata"]["annotations"] = {"lbkit.io/drain": "x", "other": "y"}
    done = lbkit("drain", "n1", "--undo")
    assert done.code == 0, done.err
    assert annotations(nodes, "n1") == {"other": "y"}


def test_a_node_that_is_not_there_is_named(lbkit: Run, nodes: FakeApi) -> None:
    """Nothing is written."""
    done = lbkit("drain", "n9")
    assert (done.code, nodes.writes) == (3, [])
    assert "n9" in done.err


def test_a_rebalance_asks_every_node(lbkit: Run, nodes: FakeApi) -> None:
    """By a value that is new."""
    done = lbkit("rebalance")
    assert done.code == 0, done.err
    assert done.out == "asked 2 nodes\n"
    assert annotations(nodes, "n1") == annotations(nodes, "n2") != {}
