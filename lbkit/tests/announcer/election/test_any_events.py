"""Whatever comes in, in whatever order and however late, the state machine goes on.

Pure.
"""

from ipaddress import ip_address

from hypothesis import given, settings
from hypothesis import strategies as st

from lbkit.announcer.election.events import (
    Candidates,
    CandidatesChanged,
    CarrierChanged,
    Claimed,
    Drain,
    Heard,
    Rebalance,
    Send,
    Stream,
    Tick,
    Traffic,
)
from lbkit.announcer.election.segment import Segment
from lbkit.packet.datagram import MOST_PAYLOAD_BYTES
from lbkit.packet.heartbeat import Change, Heartbeat, Holding, Keyring, Objection, Phase, Report, encode, station_id

NODES = ("a", "b", "c")
ADDRESSES = [ip_address("192.0.2.1"), ip_address("192.0.2.2"), ip_address("2001:db8::1")]
KEYRING = Keyring(b"cluster1", {0: b"secret"})
SMALL = st.integers(0, 6)
STATIONS = st.sampled_from([*(station_id(node, "eth1") for node in NODES), b"nameless"])
CHANGES = st.lists(st.builds(Change, st.sampled_from(ADDRESSES), st.sampled_from(Holding), SMALL), max_size=3)


@st.composite
def beats(draw: st.DrawFn) -> Heartbeat:
    """Make a heartbeat as it may come from anyone who knows the key."""
    changes, base = tuple(draw(CHANGES)), draw(SMALL)
    top = base + len(changes) if changes else 0
    return Heartbeat(
        draw(st.sampled_from(NODES)),
        "eth1",
        epoch=draw(SMALL),
        sequence=draw(st.integers(0, 40)),
        phase=draw(st.sampled_from(Phase)),
        holds=max(top, draw(SMALL)),
        is_draining=draw(st.booleans()),
        is_deaf=draw(st.booleans()),
        is_leaving=draw(st.booleans()),
        reports=tuple(draw(st.lists(st.builds(Report, STATIONS, SMALL, st.integers(0, 40), SMALL), max_size=4))),
        objections=tuple(draw(st.lists(st.builds(Objection, st.sampled_from(ADDRESSES), STATIONS, SMALL), max_size=2))),
        base=base if top else 0,
        top=top,
        changes=changes,
    )


NODE_SETS = st.lists(st.sampled_from(NODES), unique=True).map(lambda names: Candidates(dict.fromkeys(names)))
EVENTS = st.one_of(
    st.builds(Heard, beats(), st.binary(min_size=6, max_size=6)),
    st.builds(Tick),
    st.builds(Tick),
    st.builds(Traffic),
    st.builds(CandidatesChanged, st.dictionaries(st.sampled_from(ADDRESSES), NODE_SETS)),
    st.builds(CarrierChanged, st.booleans()),
    st.builds(Drain, st.booleans()),
    st.builds(Rebalance),
    st.builds(Stream, st.sampled_from(ADDRESSES), st.sampled_from([b"1", b"2"]), st.booleans()),
    st.builds(Claimed, st.sampled_from(ADDRESSES), st.binary(min_size=6, max_size=6)),
)
TIMES = st.sampled_from([0.0, 0.001, 0.02, 0.13, 0.3, 0.6, 5.0])


@settings(max_examples=60)
@given(st.lists(st.tuples(TIMES, EVENTS), min_size=5, max_size=60))
def test_no_sequence_of_events_stops_it(events: list[tuple[float, object]]) -> None:
    """Nothing raises; what is sent fits a frame and grows; time never asks for the past."""
    now_s, sequence = 1000.0, (1, 0)
    segment = Segment("a", "eth1", 1, now_s)
    everyone = Candidates(dict.fromkeys(NODES))
    segment.take(CandidatesChanged(dict.fromkeys(ADDRESSES, everyone)), now_s)
    for wait_s, event in events:
        now_s += wait_s
        for output in segment.take(event, now_s):  # type: ignore[arg-type]  # of EVENTS
            if isinstance(output, Send):
                assert len(encode(output.beat, KEYRING)) <= MOST_PAYLOAD_BYTES
                assert (output.beat.epoch, output.beat.sequence) > sequence
                sequence = output.beat.epoch, output.beat.sequence
        assert segment.wake_s >= now_s
        for address in ADDRESSES:
            assert not segment.may_answer(address, now_s) or address in segment.mine
