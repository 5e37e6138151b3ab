"""The switches: each breaks one rule that a load balancer has to keep, and leaves everything else as it is.

`Any` in here is lbkit's own modules, views and functions: this file is loaded before them, and imports none of them.
They run in a pod (see `conformance/broken`), beside an lbkit that knows nothing of them: each is a few functions put in
place of lbkit's own. What a switch does on layer 2 it does to frames or by a socket of its own, so that it works
whoever in lbkit answers.

Shell: sockets, threads, the clock.
"""

import fcntl
import socket
import struct
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from ipaddress import IPv4Address
from typing import Any, Final

ARP: Final = b"\x08\x06"
IPV6: Final = b"\x86\xdd"
REQUEST, REPLY = b"\x00\x01", b"\x00\x02"
ADVERTISEMENT: Final = 136
"""Neighbor Advertisement (RFC 4861 section 4.4)."""
BROADCAST: Final = b"\xff" * 6
OUTGOING: Final = 4
SIOCGIFHWADDR: Final = 0x8927
TOGETHER_S: Final = 0.003
"""Decisions nearer than this to each other are of one batch."""


def is_answer(frame: bytes) -> bool:
    """Whether a frame answers somebody who asked for an address, by ARP or NDP."""
    is_arp = frame[12:14] == ARP and frame[20:22] == REPLY and frame[28:32] != frame[38:42]
    return is_arp or (_is_advertisement(frame) and not _is_multicast(frame))


def is_gratuitous(frame: bytes) -> bool:
    """Whether a frame tells of an address unasked: a gratuitous ARP, or an unsolicited Neighbor Advertisement."""
    is_arp = frame[12:14] == ARP and frame[28:32] == frame[38:42]
    return is_arp or (_is_advertisement(frame) and _is_multicast(frame))


def _is_advertisement(frame: bytes) -> bool:
    return frame[12:14] == IPV6 and frame[20] == 58 and frame[54] == ADVERTISEMENT


def _is_multicast(frame: bytes) -> bool:
    return bool(frame[0] & 1)


def sending(change: Callable[[bytes], bytes | None]) -> Callable[[Any], None]:
    """Make a switch that changes the frames this process sends; those it turns into None are not sent."""

    def patch(module: Any) -> None:
        plain = module.socket.send

        def send(self: Any, data: bytes, *flags: int) -> int:
            if self.family != module.AF_PACKET:
                return int(plain(self, data, *flags))
            if (changed := change(bytes(data))) is not None:
                plain(self, changed, *flags)
            return len(data)

        module.socket.send = send

    return patch


def _silent(frame: bytes) -> bytes | None:
    return None if is_answer(frame) or is_gratuitous(frame) else frame


def _ungratuitous(frame: bytes) -> bytes | None:
    return None if is_gratuitous(frame) else frame


def _to_all(frame: bytes) -> bytes:
    return BROADCAST + frame[6:] if is_answer(frame) and frame[12:14] == ARP else frame


def reply(frame: bytes, mac: bytes) -> bytes:
    """Write the reply to a who-has that `mac` has the address."""
    asker, asked_by, target = frame[22:28], frame[28:32], frame[38:42]
    return asker + mac + ARP + frame[14:20] + REPLY + mac + target + asker + asked_by


class Answerer:
    """Answers who-has beside lbkit, for addresses it must not answer for.

    Args:
        wanted: (held now, held ever, an address) to whether it is answered for.
    """

    def __init__(self, wanted: Callable[[frozenset[IPv4Address], set[IPv4Address], IPv4Address, Any], bool]) -> None:
        self.wanted = wanted
        self.held: frozenset[IPv4Address] = frozenset()
        self.ever: set[IPv4Address] = set()
        self.config: Any = None
        self.is_running = False

    def __call__(self, module: Any) -> None:
        """Let the speaker's picture of the cluster say which addresses there are."""
        plain = module.Picture.snapshot
        answerer = self

        def snapshot(self: Any) -> Any:
            found = plain(self)
            answerer.learn(found)
            return found

        module.Picture.snapshot = snapshot

    def learn(self, snapshot: Any) -> None:
        """Take in what the speaker knows."""
        ours = [service for service in snapshot.services.values() if service.is_load_balancer]
        self.held = frozenset(a for service in ours for a in service.ingress if a.version == 4)
        self.ever |= self.held
        self.config = snapshot.config
        if not self.is_running:
            self.is_running = True
            threading.Thread(target=self._run, daemon=True).start()

    def answer(self, frame: bytes, mac: bytes) -> bytes | None:
        """Answer one frame, or not."""
        if frame[12:14] != ARP or frame[20:22] != REQUEST or frame[28:32] == frame[38:42]:
            return None
        target = IPv4Address(frame[38:42])
        return reply(frame, mac) if self.wanted(self.held, self.ever, target, self.config) else None

    def _run(self) -> None:
        with socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(0x0806)) as sock:
            while True:
                frame, (interface, _, kind, *_) = sock.recvfrom(1514)
                if kind == OUTGOING:
                    continue
                request = struct.pack("256s", interface.encode()[:15])
                mac = fcntl.ioctl(sock.fileno(), SIOCGIFHWADDR, request)[18:24]
                if (answered := self.answer(frame, mac)) is not None:
                    sock.sendto(answered, (interface, 0))


def _in_a_pool(address: IPv4Address, config: Any) -> bool:
    return any(address in piece for pool in config.pools for piece in pool.ranges)


def _longer_ranges(module: Any) -> None:
    plain = module._from_first_to_last

    def longer(text: str, first: Any, last: Any) -> Any:
        found = plain(text, first, last)
        return replace(found, last=found.last + 1)

    module._from_first_to_last = longer


def _any_class(module: Any) -> None:
    plain = module.is_ours
    module.is_ours = lambda service, lb_class: service.is_load_balancer or plain(service, lb_class)


def _announce_any_class(module: Any) -> None:
    assert module.Picture._is_ours
    module.Picture._is_ours = lambda _self, service: service.is_load_balancer


def _forget_on_restart(module: Any) -> None:
    plain = module._retained
    began = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    shown_then: dict[str, Any] = {}

    def forgetful(service: Any, *rest: Any) -> Any:
        is_older = service.creation_timestamp < began
        shows_the_same = shown_then.setdefault(service.uid, service.ingress) == service.ingress
        return plain(replace(service, ingress=()) if is_older and shows_the_same else service, *rest)

    module._retained = forgetful


def _hasty(module: Any) -> None:
    plain = module.free_address
    last: dict[Any, tuple[float, Any]] = {}

    def hasty(pool: Any, item: Any, claim: Any, book: Any) -> Any:
        at_s, given = last.get((pool.name, item), (0.0, None))
        if given is not None and time.monotonic() - at_s < TOGETHER_S:
            return given
        found = plain(pool, item, claim, book)
        last[pool.name, item] = (time.monotonic(), found)
        return found

    module.free_address = hasty


def _wide(module: Any) -> None:
    plain = module.BgpPaths.__init__

    def widened(self: Any, snapshot: Any, *rest: Any, **named: Any) -> None:
        wide = [
            replace(each, aggregation_length=24) if each.aggregation_length == 32 else each
            for each in snapshot.config.bgp_advertisements
        ]
        config = replace(snapshot.config, bgp_advertisements=tuple(wide))
        plain(self, replace(snapshot, config=config), *rest, **named)

    module.BgpPaths.__init__ = widened


def _from_every_node(module: Any) -> None:
    plain = module.endpoint_refusal
    module.endpoint_refusal = lambda service, *rest: plain(replace(service, external_traffic_policy="Cluster"), *rest)


def _never_withdraw(module: Any) -> None:
    plain = module.diff_bgp
    withdrawal = module.WithdrawPath
    module.diff_bgp = lambda active, desired: tuple(
        action for action in plain(active, desired) if not isinstance(action, withdrawal)
    )


def _say_nothing(module: Any) -> None:
    assert module._events
    assert module._wanted_condition
    module._events = lambda *_args, **_named: ()
    module._wanted_condition = lambda *_args: None


def _label(module: Any) -> None:
    plain = module.render

    def render(*args: Any, **named: Any) -> Any:
        patch = plain(*args, **named)
        if patch is None:
            return None
        metadata: Mapping[str, object] = patch.body.get("metadata", {})
        return replace(patch, body={**patch.body, "metadata": {**metadata, "labels": {"lbkit.io/broken": "true"}}})

    module.render = render


SWITCHES: Final[dict[str, dict[str, Callable[[Any], None]]]] = {
    "two-answerers": {"lbkit.speaker.picture": Answerer(lambda held, _ever, address, _config: address in held)},
    "leaks": {
        "lbkit.speaker.picture": Answerer(lambda held, ever, address, _config: address in ever and address not in held)
    },
    "answers-for-free": {
        "lbkit.speaker.picture": Answerer(
            lambda held, _ever, address, config: address not in held and _in_a_pool(address, config)
        )
    },
    "no-answer": {"socket": sending(_silent)},
    "no-gratuitous": {"socket": sending(_ungratuitous)},
    "broadcast-replies": {"socket": sending(_to_all)},
    "out-of-pool": {"lbkit.model.addresses": _longer_ranges},
    "ignores-class": {"lbkit.allocator.ours": _any_class, "lbkit.speaker.picture": _announce_any_class},
    "flips-on-restart": {"lbkit.allocator.decide": _forget_on_restart},
    "double-allocation": {"lbkit.allocator.take": _hasty},
    "silent-about-why": {"lbkit.allocator.render": _say_nothing},
    "writes-labels": {"lbkit.allocator.render": _label},
    "wide-route": {"lbkit.announcer.paths": _wide},
    "keeps-local-route": {"lbkit.announcer.paths": _from_every_node},
    "keeps-route": {"lbkit.announcer.diff": _never_withdraw},
}
"""{name: {module: what is done to it}}."""
