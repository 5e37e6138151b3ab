"""How the suite speaks to an API server that does not always answer."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from conformance.selftest.fake_api import FakeApi
from conformance.suite.kube import ApiError, Kube


@pytest.fixture
def api() -> Iterator[FakeApi]:
    """Give an API server, and stop it."""
    made = FakeApi(lambda _verb, _obj: None)
    yield made
    made.close()


@pytest.mark.parametrize(("times", "is_made"), [(1, True), (2, False)])
def test_a_request_that_met_a_closing_connection_is_sent_again_once(
    api: FakeApi, tmp_path: Path, times: int, is_made: bool
) -> None:
    """A server that closes an idle connection just then has seen nothing of it; one that always does is at fault."""
    kube = Kube(api.kubeconfig(tmp_path / "kubeconfig"))
    obj = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "new"}}
    api.hangs_up = times
    if is_made:
        assert kube.create(obj)["metadata"]["name"] == "new"
    else:
        with pytest.raises(ApiError, match="no answer"):
            kube.create(obj)
    assert (kube.get("Namespace", "new") is not None) == is_made
