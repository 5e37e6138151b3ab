"""Faults that are in force for a while: made, undone in any case, and what their making and undoing says."""

import json
import subprocess
import sys
from collections.abc import Iterator
from ipaddress import IPv4Address
from pathlib import Path

import pytest

from conformance.selftest.made import l2_status
from conformance.suite.damage import damages
from conformance.suite.deeds import DEEDS
from conformance.suite.facts import parse
from conformance.suite.guards import Commands, Guards
from conformance.suite.observers.process import ROOT
from conformance.suite.recorder import Recorder
from conformance.suite.segment import Segment
from lbkit.errors import TargetError


@pytest.fixture
def recorder(tmp_path: Path) -> Iterator[Recorder]:
    """A history that is closed in the end."""
    made = Recorder(tmp_path / "history.jsonl")
    yield made
    made.close()


@pytest.mark.slow
def test_fault_is_made_and_undone_and_both_are_noted(recorder: Recorder, tmp_path: Path) -> None:
    """The commands run in their order, and the history tells when each was asked for."""
    guards, file = Guards(recorder), tmp_path / "fault"
    number = guards.make("made-up", [["touch", str(file)]], [["rm", str(file)]], node="k1")
    assert file.exists()
    guards.undo(number)
    guards.undo_all()
    assert not file.exists()
    (damage,) = damages(recorder.history())
    assert (damage.name, damage.nodes) == ("made-up", ("k1",))
    assert damage.end_ns
    assert damage.begin_ns < damage.end_ns


@pytest.mark.slow
def test_fault_that_fails_halfway_is_undone_and_says_why(recorder: Recorder, tmp_path: Path) -> None:
    """What its first command did is taken back; nothing is noted as in force."""
    file = tmp_path / "fault"
    with pytest.raises(TargetError) as raised:
        Guards(recorder).make("made-up", [["touch", str(file)], ["false"]], [["rm", str(file)]])
    assert "exit code 1" in raised.value.output
    assert not file.exists()
    assert damages(recorder.history()) == ()


@pytest.mark.slow
def test_fault_ends_with_the_suite_even_if_that_is_killed(tmp_path: Path) -> None:
    """A suite that is killed with SIGKILL undoes nothing; the process that keeps the fault does."""
    file = tmp_path / "fault"
    text = f"""
import os, pathlib
from conformance.suite.guards import Guards
from conformance.suite.recorder import Recorder
guards = Guards(Recorder(pathlib.Path({str(tmp_path / "h")!r})))
guards.make("made-up", [["touch", {str(file)!r}]], [["rm", {str(file)!r}], ["touch", {str(file) + "-undone"!r}]])
os.kill(os.getpid(), 9)
"""
    subprocess.run([sys.executable, "-c", text], cwd=ROOT, check=False, capture_output=True)
    undone = tmp_path / "fault-undone"
    subprocess.run(["timeout", "5", "sh", "-c", f"until [ -e {undone} ]; do sleep 0.02; done"], check=True)
    assert not file.exists()


class Noted(Guards):
    """Guards that only note what they are asked for."""

    def __init__(self) -> None:
        self.made: list[tuple[str, Commands, Commands]] = []

    def make(self, name: str, do: Commands, undo: Commands, **_about: str) -> int:
        """Note it."""
        self.made.append((name, do, undo))
        return len(self.made)


@pytest.fixture
def segment(recorder: Recorder, monkeypatch: pytest.MonkeyPatch) -> tuple[Segment, Noted]:
    """A segment of a made lab, on which nothing is done."""
    status = l2_status()
    for number, name in enumerate(("k1", "k2", "k3")):
        status["nodes"][name]["interfaces"]["eth1"]["peer"] = f"lan|sw:p1{number}"
    status["nodes"]["gw"]["interfaces"]["eth2"] = {"addresses": ["10.20.0.1/24"]}
    behind = {"eth1": {"addresses": ["10.20.0.100/24"]}}
    status["nodes"]["far"] = status["nodes"]["near"] | {"interfaces": behind}
    links = [{"ifname": "veth7", "ifindex": 7}, {"ifname": "eth0", "ifindex": 2, "link_index": 7}]
    shown = {"link": json.dumps(links[1:] + links[:1])}

    def run(argv: list[str], _timeout_s: float) -> str:
        return shown["link"] if "link" in argv else "10.20.0.0/24 via 10.10.0.1 \n10.10.0.0/24 proto kernel scope link"

    monkeypatch.setattr("conformance.suite.segment.run", run)
    made, noted = Segment(parse(status), recorder), Noted()
    monkeypatch.setattr(made, "_guards", noted)
    return made, noted


def test_faults_of_a_segment_hit_the_ports_of_their_nodes(segment: tuple[Segment, Noted]) -> None:
    """A cable is pulled at the switch and at the host; a split moves ports to another bridge and back."""
    made, noted = segment
    made.lose_links("k1")
    made.split("k2", "k3")
    made.lower("k1")
    words = [[" ".join(argv).partition("-- ")[2] or " ".join(argv) for argv in do] for _, do, _ in noted.made]
    assert words[0] == ["ip link set veth7 down", "ip link set p10 down"]
    assert words[1][2:] == ["ip link set p11 master apart", "ip link set p12 master apart"]
    assert words[2] == ["ip link set eth1 down"]
    back = [" ".join(argv) for argv in noted.made[1][2]]
    assert back[0].endswith("ip link set p11 master lan")
    assert back[-1].endswith("ip link del apart")
    assert "ip -4 route replace 10.20.0.0/24 via 10.10.0.1 dev eth1" in " ".join(noted.made[2][2][1])


def test_a_path_is_narrowed_on_the_link_to_the_client(segment: tuple[Segment, Noted]) -> None:
    """A router has a route of its own to the one client, with the smaller MTU, and loses it again."""
    made, noted = segment
    made.narrow("gw", "near", 1280)
    ((name, (do,), (undo,)),) = noted.made
    assert name == "narrow"
    assert " ".join(do).endswith("-- ip route add 10.10.0.100/32 dev eth1 mtu 1280")
    assert " ".join(undo).endswith("-- ip route del 10.10.0.100/32 dev eth1")
    with pytest.raises(TargetError, match="no link to near"):
        made.narrow("sw", "near", 1280)


def test_clients_are_led_to_an_address_of_no_subnet(segment: tuple[Segment, Noted]) -> None:
    """Who is on the segment looks for it there, who is behind the gateway asks that; routes are taken away again."""
    made, noted = segment
    made.lead_to(IPv4Address("198.51.100.25"))
    ((_, do, undo),) = noted.made
    words = [" ".join(argv).partition("-- ")[2] for argv in do]
    route = "ip route add 198.51.100.25/32"
    assert words == [f"{route} dev eth1", f"{route} via 10.20.0.1", f"{route} dev eth1"]
    assert [" ".join(argv).replace(" add ", " del ") for argv in do] == [" ".join(argv) for argv in undo]


def test_every_deed_has_its_name_and_says_what_it_is() -> None:
    """Deeds are found by name; those asked for by default are among them."""
    assert all(deed.name == name and deed.title for name, deed in DEEDS.items())
    asked = {"links-lost", "interface-down", "killed", "frozen", "drain", "cordon-evict", "rolling-restart"}
    assert asked | {"controller-restart"} <= DEEDS.keys()
