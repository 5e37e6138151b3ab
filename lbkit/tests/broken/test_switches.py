"""Each switch breaks what it says in today's lbkit, and no process is broken that was not asked to be.

A switch whose place is gone from lbkit fails here, not in a lab.
"""

import importlib.util
import os
import subprocess
import sys
from dataclasses import replace
from ipaddress import IPv4Address
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from lbkit.allocator.ours import is_ours
from lbkit.allocator.outcome import Assign, Keep, Refuse
from lbkit.allocator.request import read
from lbkit.allocator.sharing import claim
from lbkit.announcer.decide import decide as announced
from lbkit.announcer.diff import WithdrawPath, diff_bgp
from lbkit.model.names import Reason
from lbkit.model.views import BGPAdvertisement
from lbkit.packet.arp import Arp, Operation, decode, encode
from lbkit.tests.allocator import build as allocator
from lbkit.tests.announcer import build as announcer
from lbkit.tests.announcer.test_paths import PLAIN
from lbkit.tests.broken.switches import BROADCAST, SWITCHES, Answerer, is_answer, is_gratuitous, reply

HERE = Path(__file__).parent
MAC, ASKER = bytes.fromhex("020000000001"), bytes.fromhex("020000000064")
HELD, FREE, GONE, OUTSIDE = (IPv4Address(f"10.0.0.{number}") for number in (1, 2, 3, 99))


def broken(name: str, module: str) -> Any:  # Any: a module of lbkit's, changed
    """Load a module anew and break it; the one that others have imported stays as it is."""
    spec = importlib.util.find_spec(module)
    assert spec
    assert spec.loader
    fresh = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(fresh)
    SWITCHES[name][module](fresh)
    return fresh


def frame(operation: int, sender: str, target: str, to: bytes = ASKER) -> bytes:
    """Write an ARP frame by lbkit's own encoder."""
    kind = Operation(operation)
    return encode(Arp(to, MAC, kind, MAC, IPv4Address(sender), bytes(6), IPv4Address(target)))


WHO_HAS = frame(1, "10.0.0.9", str(HELD), BROADCAST)
ANSWER = frame(2, str(HELD), "10.0.0.9")
GRATUITOUS = frame(1, str(HELD), str(HELD), BROADCAST)


@pytest.mark.parametrize(
    ("name", "module"),
    [(name, module) for name, changes in SWITCHES.items() for module in changes if module != "socket"],
)
def test_switch_has_its_place_in_lbkit(name: str, module: str) -> None:
    """What a switch replaces is there to be replaced."""
    assert isinstance(broken(name, module), ModuleType)


@pytest.mark.parametrize(
    ("name", "sent"),
    [
        ("no-answer", [WHO_HAS]),
        ("no-gratuitous", [WHO_HAS, ANSWER]),
        ("broadcast-replies", [WHO_HAS, BROADCAST + ANSWER[6:], GRATUITOUS]),
    ],
)
def test_switch_changes_what_leaves_by_packet_sockets(name: str, sent: list[bytes]) -> None:
    """Answers and gratuitous frames are told apart from all else; other sockets are left alone."""
    left: list[bytes] = []

    class Socket:
        def __init__(self, family: int) -> None:
            self.family = family

        def send(self, data: bytes) -> int:
            left.append(data)
            return len(data)

    module = SimpleNamespace(socket=Socket, AF_PACKET=17)
    SWITCHES[name]["socket"](module)
    for each in (WHO_HAS, ANSWER, GRATUITOUS):
        assert Socket(17).send(each) == len(each)
    assert left == sent
    Socket(2).send(GRATUITOUS)
    assert left[-1] == GRATUITOUS


def test_neighbor_advertisements_are_told_apart() -> None:
    """A solicited one is an answer, one to all nodes is gratuitous (RFC 4861 section 7.2.6)."""
    head = bytes.fromhex("86dd") + bytes(6) + bytes([58]) + bytes(33) + bytes([136])
    unicast, multicast = ASKER + MAC + head, bytes.fromhex("333300000001") + MAC + head
    assert (is_answer(unicast), is_gratuitous(unicast)) == (True, False)
    assert (is_answer(multicast), is_gratuitous(multicast)) == (False, True)


@pytest.mark.parametrize(
    ("name", "answered"),
    [("two-answerers", {HELD}), ("leaks", {GONE}), ("answers-for-free", {FREE, GONE})],
)
def test_second_answerer_answers_for_what_it_must_not(name: str, answered: set[IPv4Address]) -> None:
    """Each answers for its own kind of address, correctly, and for no address outside the pools."""
    answerer = SWITCHES[name]["lbkit.speaker.picture"]
    assert isinstance(answerer, Answerer)
    fresh = Answerer(answerer.wanted)
    fresh.is_running = True  # no socket in a test
    pool = announcer.pool("p", "10.0.0.1", "10.0.0.7")
    for service in (announcer.service("s", str(GONE)), announcer.service("s", str(HELD))):
        fresh.learn(announcer.snapshot([service], {}, [], pools=(pool,)))
    asked = {target: frame(1, "10.0.0.9", str(target), BROADCAST) for target in (HELD, FREE, GONE, OUTSIDE)}
    assert {target for target, each in asked.items() if fresh.answer(each, MAC)} == answered
    assert decode(reply(WHO_HAS, ASKER)) == Arp(MAC, ASKER, Operation.REPLY, ASKER, HELD, MAC, IPv4Address("10.0.0.9"))
    assert fresh.answer(GRATUITOUS, MAC) is None
    assert fresh.answer(ANSWER, MAC) is None


def test_range_is_one_longer_than_written() -> None:
    """out-of-pool: a pool from first to last gives one address more; a CIDR is as it is."""
    read = broken("out-of-pool", "lbkit.model.addresses").address_range
    assert str(read("10.0.0.1-10.0.0.3")) == "10.0.0.1-10.0.0.4"
    assert str(read("10.0.0.0/30")) == "10.0.0.0-10.0.0.3"


def test_class_is_ignored() -> None:
    """ignores-class: a Service of somebody else's class is served and announced."""
    foreign = allocator.service(load_balancer_class="example.org/x")
    assert not is_ours(foreign, "")
    assert broken("ignores-class", "lbkit.allocator.ours").is_ours(foreign, "")
    assert broken("ignores-class", "lbkit.speaker.picture").Picture("k1", None)._is_ours(foreign)


def test_older_services_are_given_another_address_after_a_restart() -> None:
    """flips-on-restart: who was there before the process loses its address once; who came later keeps it."""
    decide = broken("flips-on-restart", "lbkit.allocator.decide")
    book = allocator.book(allocator.pool("p", "10.0.0.0/29"))
    old = allocator.service("old", ingress=["10.0.0.1"], creation_timestamp="2020-01-01T00:00:00Z")
    young = allocator.service("young", ingress=["10.0.0.2"], creation_timestamp="2120-01-01T00:00:00Z")
    outcomes = decide.decide_all([old, young], {}, book)
    moved = outcomes[old.key]
    assert isinstance(moved, Assign)
    assert moved.addresses not in {old.ingress, young.ingress}
    assert isinstance(outcomes[young.key], Keep)
    assert isinstance(decide.decide(replace(old, ingress=moved.addresses), {}, book), Keep)


def test_services_of_one_batch_are_given_one_address() -> None:
    """double-allocation: the second of two decisions at once is given what the first one was."""
    take = broken("double-allocation", "lbkit.allocator.take")
    pool = allocator.pool("p", "10.0.0.0/29")
    book = allocator.book(pool)
    one, two = (claim(service, read(service)) for service in (allocator.service("one"), allocator.service("two")))
    first = take.free_address(pool, 4, one, book)
    book.take(one, (first,))
    assert take.free_address(pool, 4, two, book) == first


def test_nothing_is_said_of_a_service_that_waits() -> None:
    """silent-about-why: neither an Event nor a condition; the address itself is written as ever."""
    render = broken("silent-about-why", "lbkit.allocator.render").render
    assert render(allocator.service(), Refuse(Reason.POOL_EXHAUSTED, "full"), "2026-01-01T00:00:00Z") is None
    patch = render(allocator.service(), Assign((HELD,), "p"), "2026-01-01T00:00:00Z")
    assert patch.body["status"] == {"loadBalancer": {"ingress": [{"ip": str(HELD), "ipMode": "VIP"}]}}


def test_a_label_is_written() -> None:
    """writes-labels: every write to a Service sets a label nobody declared."""
    render = broken("writes-labels", "lbkit.allocator.render").render
    patch = render(allocator.service(), Assign((HELD,), "p"), "2026-01-01T00:00:00Z")
    assert patch.body["metadata"]["labels"] == {"lbkit.io/broken": "true"}
    assert "annotations" in patch.body["metadata"]


def paths(monkeypatch: pytest.MonkeyPatch, name: str, **change: Any) -> set[str]:  # Any: parts of a snapshot
    """Say what node b advertises, whose neighbor a has the only endpoint."""
    monkeypatch.setattr("lbkit.announcer.decide.BgpPaths", broken(name, "lbkit.announcer.paths").BgpPaths)
    decided = announced(announcer.snapshot(**{**PLAIN, **change}), "b", ())
    return {str(prefix) for prefix in decided.bgp.paths["p"]}


def test_routes_are_wider_than_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """wide-route: a /24 for a /32; an aggregate that was asked for is as it is."""
    assert paths(monkeypatch, "wide-route") == {"192.0.2.0/24"}
    asked = (BGPAdvertisement("x", aggregation_length=28),)
    assert paths(monkeypatch, "wide-route", bgp=asked) == {"192.0.2.0/28"}


def test_nodes_without_an_endpoint_advertise_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """keeps-local-route: externalTrafficPolicy Local is not looked at."""
    local = [announcer.service("s", "192.0.2.1", policy="Local")]
    assert paths(monkeypatch, "keeps-local-route", services=local) == {"192.0.2.1/32"}


def test_no_route_is_ever_withdrawn() -> None:
    """keeps-route: what is advertised stays; sessions come and go as ever."""
    decided = announced(announcer.snapshot(**PLAIN), "a", ()).bgp
    nothing = replace(decided, paths={name: {} for name in decided.paths})
    assert any(isinstance(action, WithdrawPath) for action in diff_bgp(decided, nothing))
    assert broken("keeps-route", "lbkit.announcer.diff").diff_bgp(decided, nothing) == ()


@pytest.mark.parametrize(
    ("switch", "told"),
    [("double-allocation", "hasty"), ("", "free_address"), ("nonsense", "")],
    ids=["asked for", "not asked for", "unknown"],
)
def test_process_is_broken_only_as_it_is_asked(switch: str, told: str) -> None:
    """Python imports the switches by itself; what cannot be broken does not run at all."""
    code = "from lbkit.allocator import take; print(take.free_address.__name__)"
    environment = os.environ | {"PYTHONPATH": f"{HERE}:{HERE.parents[2]}", "LBKIT_BROKEN": switch}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False)
    assert done.stdout.strip() == told
    assert (done.returncode, "nonsense" in done.stderr) == ((0, False) if told else (70, True))
