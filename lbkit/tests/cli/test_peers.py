"""`lbkit bgp-peer` and `bfd-profile`: what is written, what is refused, what is never printed."""

import json
import re
from collections.abc import Callable

import pytest

from lbkit.tests.cli.conftest import Ended
from lbkit.tests.cli.fake_api import FakeApi
from lbkit.tests.operator.build import bgp, metrics, peer, pod, profile

Run = Callable[..., Ended]


def test_a_peer_has_azs_properties_and_more(lbkit: Run, api: FakeApi) -> None:
    """Numbers of seconds become durations, Enabled a boolean, labels a selector, a name a reference."""
    secret = {"kind": "Secret", "metadata": {"name": "s", "namespace": "metallb-system"}}
    api.put({**secret, "type": "kubernetes.io/basic-auth", "data": {"password": "eA=="}})
    api.put(profile("fast"))
    done = lbkit(
        *("bgp-peer", "create", "tor2", "--my-asn", "64512", "--peer-asn", "64513", "--peer-address", "192.168.1.253"),
        *("--hold-time", "9", "--keep-alive-time", "3s", "--peer-port", "1179", "--bfd-profile", "fast"),
        *("--node-selector", "kubernetes.io/hostname=n1", "--password-secret", "s", "--source-address", "192.168.1.1"),
    )
    assert (done.code, done.err) == (0, "")
    assert api.object("BGPPeer", "tor2")["spec"] == {
        "myASN": 64512,
        "peerASN": 64513,
        "peerAddress": "192.168.1.253",
        "peerPort": 1179,
        "bfdProfile": "fast",
        "holdTime": "9s",
        "keepaliveTime": "3s",
        "nodeSelectors": [{"matchLabels": {"kubernetes.io/hostname": "n1"}}],
        "passwordSecret": {"name": "s"},
        "sourceAddress": "192.168.1.1",
    }
    shown = json.loads(lbkit("bgp-peer", "show", "tor2", "-o", "json").out)
    assert (shown["bgpMultiHop"], shown["nodes"], shown["provisioningState"]) == ("Disabled", ["n1"], "Succeeded")


@pytest.mark.parametrize(
    ("words", "says"),
    [
        pytest.param(["--peer-address", "192.168.1.254"], 'also the address of peer "tor1"', id="address taken"),
        pytest.param(["--peer-address", "192.168.1.9", "--bfd-profile", "f"], 'no BFDProfile "f"', id="no profile"),
        pytest.param(["--peer-address", "192.168.1.9", "--password-secret", "s"], "no Secret", id="no Secret"),
        pytest.param(["--peer-address", "tor.example"], "--peer-address: .* is not an IP address", id="no address"),
        pytest.param(["--peer-address", "192.168.1.9", "--peer-asn", "0"], "--peer-asn: give either", id="no ASN"),
        pytest.param(["--peer-address", "192.168.1.9", "--hold-time", "2"], "--hold-time: got 2", id="hold time"),
        pytest.param(
            ["--peer-address", "192.168.1.9", "--hold-time", "0"],
            r"spec.holdTime 0 is not supported: .* \(on n1\)",
            id="not supported",
        ),
    ],
)
def test_peers_that_would_have_no_session_are_not_written(
    lbkit: Run, api: FakeApi, words: list[str], says: str
) -> None:
    """What the speaker would refuse is refused here."""
    done = lbkit("bgp-peer", "create", "tor2", "--my-asn", "64512", "--peer-asn", "64513", *words)
    assert done.code == 2
    assert re.search(says, done.err), done.err
    assert not api.writes


def test_the_state_of_sessions_comes_from_the_speakers(lbkit: Run, api: FakeApi) -> None:
    """Node by node; what nobody tells is unknown."""
    speaker = pod("speaker", "n1")
    speaker["metadata"]["labels"]["app"] = "metallb"
    api.put(speaker)
    assert lbkit("bgp-peer", "list").out.splitlines()[1].split()[-2:] == ["-", "Succeeded"]
    path = "/api/v1/namespaces/metallb-system/pods/speaker-n1:9120/proxy/metrics"
    api.texts[path] = metrics(sessions={"192.168.1.254:179": True})
    assert "1/1 up" in lbkit("bgp-peer", "list").out
    api.texts[path] = metrics(sessions={"192.168.1.254:179": False})
    shown = json.loads(lbkit("bgp-peer", "show", "tor1", "-o", "json").out)
    assert shown["sessions"] == [{"node": "n1", "state": "down"}]


def test_a_session_is_shown_with_what_its_speaker_wrote_of_it(lbkit: Run, api: FakeApi) -> None:
    """Live: state, timers, the last error; without what is empty."""
    status = {
        "node": "n1",
        "bgpPeer": "tor1",
        "peer": "192.168.1.254",
        "bgpStatus": "Active",
        "bfdStatus": "N/A",
        "flaps": 0,
        "holdTimeSeconds": 0,
        "lastError": "received Cease / Administrative Reset",
    }
    metadata = {"name": "session-1", "namespace": "metallb-system"}
    api.put({"apiVersion": "metallb.io/v1beta1", "kind": "BGPSessionState", "metadata": metadata, "status": status})
    shown = json.loads(lbkit("bgp-peer", "show", "tor1", "-o", "json").out)
    assert shown["sessions"] == [
        {
            "node": "n1",
            "state": "unknown",
            "bgpStatus": "Active",
            "bfdStatus": "N/A",
            "peer": "192.168.1.254",
            "lastError": "received Cease / Administrative Reset",
        }
    ]


def test_a_peer_for_no_node_is_a_warning(lbkit: Run, api: FakeApi) -> None:
    """The node may come later."""
    words = ["--my-asn", "64512", "--peer-asn", "64513", "--peer-address", "192.168.1.9", "--node-selector", "rack=z"]
    done = lbkit("bgp-peer", "create", "tor2", *words)
    assert done.code == 0
    assert "warning: no node has the labels it selects" in done.err


def test_passwords_are_never_shown(lbkit: Run, api: FakeApi) -> None:
    """Neither in tables nor in JSON."""
    api.put(peer("tor2", "192.168.1.253", password="hunter2"))  # noqa: S106
    assert "hunter2" not in lbkit("bgp-peer", "show", "tor2", "-o", "json").out + lbkit("bgp-peer", "list").out


def test_what_is_used_is_not_deleted(lbkit: Run, api: FakeApi) -> None:
    """A peer that an advertisement names, a profile that a peer names."""
    api.put(profile("fast"))
    api.put(peer("tor2", "192.168.1.253", bfdProfile="fast"))
    api.put(bgp("second", peers=["tor2"], aggregationLength=30))
    assert "BGPAdvertisement second would name a peer that is none" in lbkit("bgp-peer", "delete", "tor2", "--yes").err
    assert "BGPPeer tor2 would have no BFD profile" in lbkit("bfd-profile", "delete", "fast", "--yes").err
    assert not api.writes


def test_a_profile_has_azs_seven_properties(lbkit: Run, api: FakeApi) -> None:
    """All of them are MetalLB's."""
    done = lbkit(
        *("bfd-profile", "create", "--bfd-profile-name", "testprofile", "--receive-interval", "300"),
        *("--transmit-interval", "300", "--detect-multiplier", "3", "--echo-interval", "50"),
        *("--echo-mode", "Disabled", "--passive-mode", "Disabled", "--minimum-ttl", "254"),
    )
    assert (done.code, done.err) == (0, "")
    assert api.object("BFDProfile", "testprofile")["spec"] == {
        "receiveInterval": 300,
        "transmitInterval": 300,
        "detectMultiplier": 3,
        "echoInterval": 50,
        "echoMode": False,
        "passiveMode": False,
        "minimumTtl": 254,
    }
    wrong = lbkit("bfd-profile", "update", "testprofile", "--receive-interval", "5")
    assert (wrong.code, wrong.err) == (2, "error: --receive-interval: got 5, wanted 10 to 60000\n")
