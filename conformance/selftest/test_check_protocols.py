"""SCTP: its codec, and the judge of it on hand-made histories that pass, fail and decide nothing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.selftest.made import Made, Row
from conformance.suite import sctp
from conformance.suite.checks import protocols
from conformance.suite.sctp import ABORT, INIT, INIT_ACK, Packet
from conformance.suite.verdict import Outcome

PASS, UNKNOWN, FAIL = Outcome.PASS, Outcome.UNKNOWN, Outcome.FAIL
A = "10.10.0.200"
SCTP = protocols.sctp_served_or_said("sctp", control="backend")


def answered(*chunks: int, control: int = INIT_ACK, address: str = A) -> Made:
    """The backend answers the control, the Service has an address, and its INITs end as given; 0 is silence."""
    made = Made().pool().add("sctp", "answer", about="backend", number=0, begin_ns=0, chunk=control)
    made = made.created("sctp").shows("sctp", *([address] if address else []))
    for number, chunk in enumerate(chunks):
        made = made.add("sctp", "answer", about="sctp", number=number, begin_ns=0, chunk=chunk)
    return made


def port_error() -> Made:
    """The status says that the port is not served."""
    ports = [{"port": 80, "protocol": "SCTP", "error": "SCTPNotSupported"}]
    return answered(0, 0, 0).service("sctp", loadBalancer={"ingress": [{"ip": A, "ports": ports}]})


ROWS = (
    Row("works", SCTP, answered(INIT_ACK, INIT_ACK).end(), PASS, "INIT ACK"),
    Row("works after a while", SCTP, answered(0, INIT_ACK, INIT_ACK).end(), PASS),
    Row("told by status", SCTP, port_error().end(), PASS, "SCTPNotSupported"),
    Row("told by Event", SCTP, answered(0, 0, 0).told("sctp", "no SCTP here").end(), PASS, "no SCTP"),
    Row("told, lab cannot", SCTP, answered(control=0, address="").told("sctp", "no SCTP here").end(), PASS),
    Row("silent", SCTP, answered(0, 0, 0).told().end(), FAIL, "nothing says why"),
    Row("aborts", SCTP, answered(ABORT, ABORT, ABORT).told().end(), FAIL),
    Row("other reason", SCTP, answered(0, 0, 0).told("sctp", "busy").end(), FAIL),
    Row("breaks off", SCTP, answered(INIT_ACK, 0).told().end(), FAIL, "after the first"),
    Row("no address", SCTP, answered(address="").told().end(), FAIL, "no address"),
    Row("lab cannot", SCTP, answered(0, 0, 0, control=0).told().end(), UNKNOWN, "the lab"),
    Row("too few", SCTP, answered(0).told().end(), UNKNOWN),
    Row("nobody looked", SCTP, answered(0, 0, 0).end(), UNKNOWN),
)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.id)
def test_protocols_check_judges(row: Row) -> None:
    """Each check passes what holds, fails what does not, and is unknown where nothing was seen."""
    verdict = row.check.judge(row.history)
    assert verdict.outcome is row.outcome, verdict
    assert row.says in verdict.reason


def test_checksum_is_that_of_rfc_3720() -> None:
    """CRC32c of 32 zeros is 0xAA36918A read with the least significant byte first (RFC 3720 appendix B.4)."""
    assert sctp.checksum(bytes(32)).to_bytes(4, "little").hex() == "aa36918a"


@given(
    st.builds(
        Packet,
        source_port=st.integers(0, 65535),
        target_port=st.integers(0, 65535),
        verification_tag=st.integers(0, 2**32 - 1),
        chunk=st.sampled_from([INIT, INIT_ACK]),
        initiate_tag=st.integers(0, 2**32 - 1),
    )
)
def test_what_is_written_is_read_again(packet: Packet) -> None:
    """Encoding and decoding an INIT or INIT ACK gives the same packet."""
    assert sctp.decode(sctp.encode(packet)) == packet


@given(st.binary(max_size=64))
def test_garbage_is_no_packet(data: bytes) -> None:
    """Any bytes are read without an error; what is short or has a wrong checksum is no packet."""
    assert sctp.decode(data) is None or len(data) >= 16


def test_damaged_packet_is_dropped() -> None:
    """A packet with one bit changed is not read."""
    whole = bytearray(sctp.encode(Packet(1, 2, 0, INIT, 7)))
    whole[3] ^= 1
    assert sctp.decode(bytes(whole)) is None
