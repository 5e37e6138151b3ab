"""`lbkit explain` and `lbkit status`: what is read, what is not, exit codes."""

import json
from collections.abc import Callable

import pytest

from lbkit.cli import api as cluster_api
from lbkit.cli.api import Api
from lbkit.tests.cli.conftest import Ended
from lbkit.tests.cli.fake_api import FakeApi
from lbkit.tests.operator import broken, build
from lbkit.tests.operator.world import World, world

Run = Callable[..., Ended]


@pytest.fixture
def serve(monkeypatch: pytest.MonkeyPatch) -> Callable[[World], FakeApi]:
    """Give a function that makes an API server of a world."""

    def make(made: World) -> FakeApi:
        fake = FakeApi(*(_labelled(item) for item in made.items))
        for node, text in made.metrics.items():
            fake.texts[f"/api/v1/namespaces/metallb-system/pods/speaker-{node}:9120/proxy/metrics"] = text
        fake.missing |= set(made.missing)
        monkeypatch.setattr(cluster_api, "connect", lambda *_: Api(fake))
        return fake

    return make


def _labelled(item: dict[str, object]) -> dict[str, object]:
    """Give pods MetalLB's label, and Events what they are about."""
    metadata = item["metadata"]
    assert isinstance(metadata, dict)
    if item["kind"] == "Pod":
        return {**item, "metadata": {**metadata, "labels": {**metadata["labels"], "app": "metallb"}}}
    return {**item, "involvedObject": {"kind": "Service", "name": "web"}} if item["kind"] == "Event" else item


def test_what_works_is_explained_with_exit_code_0(lbkit: Run, serve: Callable[[World], FakeApi]) -> None:
    """Pool, address, endpoints and who announces it."""
    serve(world())
    done = lbkit("explain", "default/web")
    assert done.code == 0, done.out
    assert done.out.startswith("default/web is announced at 192.0.2.1.\n")
    assert "Layer 2     n1 answers for it" in done.out
    assert done.out.endswith("Nothing blocks.\n")
    assert "\x1b" not in done.out


def test_what_blocks_is_explained_with_exit_code_1(lbkit: Run, serve: Callable[[World], FakeApi]) -> None:
    """So that a script can wait for a Service to work."""
    made = world()
    broken.unknown_pool(made)
    serve(made)
    done = lbkit("explain", "web", "-o", "json", "--query", "findings[?blocks].reason")
    assert (done.code, json.loads(done.out)) == (1, ["UnknownPool"])


def test_events_of_the_service_are_read(lbkit: Run, serve: Callable[[World], FakeApi]) -> None:
    """Only a speaker knows which interfaces its node has."""
    made = world()
    broken.no_such_interface(made)
    serve(made)
    done = lbkit("explain", "svc/web")
    assert done.code == 1
    assert "NoMatchingInterface: the speaker says" in done.out


def test_a_service_that_is_not_there_has_its_own_exit_code(lbkit: Run, serve: Callable[[World], FakeApi]) -> None:
    """With those of the same name elsewhere."""
    serve(world())
    done = lbkit("explain", "web", "-n", "shop")
    assert (done.code, done.out) == (3, "")
    assert "there is no Service shop/web; there is default/web" in done.err


def test_without_lbkit_that_is_the_reason(lbkit: Run, serve: Callable[[World], FakeApi]) -> None:
    """A cluster that knows nothing of MetalLB's kinds is explained too."""
    made = world()
    broken.not_installed(made)
    fake = serve(made)
    fake.missing |= {"L2Advertisement", "BGPAdvertisement", "BGPPeer", "BFDProfile", "Community", "ServiceL2Status"}
    done = lbkit("explain", "default/web")
    assert done.code == 1
    assert "NotInstalled" in done.out


def test_what_may_not_be_read_is_said_and_the_rest_goes_on(lbkit: Run, serve: Callable[[World], FakeApi]) -> None:
    """An operator with few rights learns what can be known."""
    made = world()
    made.by_bgp()
    made.put(build.peer("tor1", "192.168.1.254", passwordSecret={"name": "s"}))
    fake = serve(made)
    fake.forbidden |= {("GET", "Secret"), ("GET", "Lease")}
    fake.texts.clear()
    done = lbkit("explain", "default/web")
    assert done.code == 0, done.out
    assert "should advertise it" in done.out
    assert "NotRead: the speaker's metrics on 3 nodes" in done.out
    assert "NotRead: Lease: GET" in done.out


def test_a_secret_that_is_not_there_is_noticed(lbkit: Run, serve: Callable[[World], FakeApi]) -> None:
    """Its peer has no session."""
    made = world()
    made.by_bgp()
    made.silent()
    made.put(build.peer("tor1", "192.168.1.254", passwordSecret={"name": "s"}))
    serve(made)
    assert "MissingSecret: BGPPeer tor1 has no session on n1, n2, n3: there is no Secret s" in " ".join(
        lbkit("explain", "default/web").out.split()
    )


@pytest.mark.parametrize("command", [["status"], ["explain", "default/web"]])
def test_an_api_server_that_is_away_is_a_failure(
    lbkit: Run, serve: Callable[[World], FakeApi], command: list[str]
) -> None:
    """It is said once."""
    serve(world()).is_down = True
    done = lbkit(*command)
    assert (done.code, done.out) == (1, "")
    assert done.err.count("does not answer") == 1


def test_status_says_well_with_exit_code_0(lbkit: Run, serve: Callable[[World], FakeApi]) -> None:
    """And not well with 1."""
    fake = serve(world())
    done = lbkit("status")
    assert done.code == 0, done.out
    assert done.out.startswith("All is well.\n")
    fake.put(build.controller(ready=0))
    done = lbkit("status", "--query", "findings[?blocks].reason", "-o", "tsv")
    assert (done.code, done.out) == (1, "ControllerDown\n")


def test_status_has_every_format(lbkit: Run, serve: Callable[[World], FakeApi]) -> None:
    """For programs it is one document."""
    serve(world())
    told = json.loads(lbkit("status", "-o", "json").out)
    assert told["services"] == {"withAddress": 1, "announced": 1, "withoutAddress": 0, "otherClass": 0}
    assert "isWell: true" in lbkit("status", "-o", "yaml").out


@pytest.mark.parametrize("command", ["status", "explain"])
def test_help_has_examples(lbkit: Run, command: str) -> None:
    """And tells the exit codes."""
    done = lbkit(command, "--help")
    assert done.code == 0
    assert f"  lbkit {command}" in done.out
    assert "Exit code 0" in done.out
    assert max(len(line) for line in done.out.splitlines()) <= 80
