"""What a segment hears when an address is given away amid connections.

Pure.
"""

from lbkit.announcer.election.events import Drain
from lbkit.packet import resolution
from lbkit.packet.arp import Arp
from lbkit.packet.drop import Drop
from lbkit.packet.tcp import FIN, SYN
from lbkit.speaker.station import Station
from lbkit.tests.packet.tcp_frames import frame
from lbkit.tests.speaker.stations import READY_S, STRANGER_IP, VIP, Segment, question


def settled() -> tuple[Segment, Station, Station]:
    """Two stations, the owner first."""
    segment = Segment()
    for name in ("a", "b"):
        segment.add(name)
    segment.run(READY_S)
    first = next(each for each in segment.stations.values() if each.segment.mine)
    return segment, first, next(each for each in segment.stations.values() if each is not first)


def told(segment: Segment, sender: Station, owner: Station) -> bool:
    """Whether a station has told of an owner."""
    packets = [resolution.decode(each) for each in segment.frames]
    found = [each for each in packets if not isinstance(each, Drop) and isinstance(each, Arp)]
    return any(each.source == sender.interface.mac and each.sender_mac == owner.interface.mac for each in found)


def test_the_owner_tells_of_its_heir_when_a_connection_ends() -> None:
    """The next connection begins before the heir could have heard of it."""
    segment, first, other = settled()
    first.give(Drain())
    first.on_connection(frame(SYN, STRANGER_IP, VIP))
    segment.run(0.05)
    assert len(segment.ask(first, question())) == 1
    segment.frames.clear()
    first.on_connection(frame(FIN, STRANGER_IP, VIP))
    assert told(segment, first, other)
    assert segment.ask(first, question()) == []
    segment.run(0.05)
    assert len(segment.ask(other, question())) == 1


def test_where_nobody_connects_the_heir_alone_tells_of_itself() -> None:
    """A thousand addresses that are drained are not told of twice."""
    segment, first, other = settled()
    segment.frames.clear()
    first.give(Drain())
    segment.run(0.1)
    assert not told(segment, first, other)
    assert told(segment, other, other)


def test_connections_to_other_addresses_are_nobody_s_business() -> None:
    """What is not held here is not looked at, nor is what is no beginning and no end."""
    segment, first, _ = settled()
    first.give(Drain())
    first.on_connection(frame(SYN, STRANGER_IP, STRANGER_IP))
    first.on_connection(frame(0x10, STRANGER_IP, VIP))
    segment.run(0.05)
    assert segment.ask(first, question()) == []
