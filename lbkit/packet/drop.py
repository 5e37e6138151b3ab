"""The reasons for which a received frame is left unanswered, each named once.

Whatever arrives, a decoder answers with a value or with a `Drop`; it never raises. Logs and metrics count drops by
these words, so that a silent speaker can be explained.
Source: the idea of a reason per ignored packet is MetalLB's (internal/layer2/arp.go).

Pure.
"""

from dataclasses import dataclass
from enum import StrEnum


class DropReason(StrEnum):
    """Why a frame got no answer (CamelCase, as lbkit's other reasons)."""

    # not decodable, or not what the decoder is for
    TRUNCATED = "Truncated"
    NOT_ARP = "NotARP"
    NOT_ETHERNET_IPV4 = "NotEthernetIPv4"
    UNKNOWN_OPERATION = "UnknownOperation"
    NOT_NDP = "NotNDP"
    FORWARDED = "Forwarded"
    BAD_CHECKSUM = "BadChecksum"
    INVALID = "Invalid"
    NOT_HEARTBEAT = "NotHeartbeat"
    NOT_TCP = "NotTCP"
    UNSUPPORTED_VERSION = "UnsupportedVersion"
    OTHER_CLUSTER = "OtherCluster"
    UNKNOWN_KEY = "UnknownKey"
    NOT_AUTHENTIC = "NotAuthentic"
    # decodable, and not ours to answer
    BAD_SENDER = "BadSender"
    OWN_FRAME = "OwnFrame"
    NOT_A_REQUEST = "NotARequest"
    OTHER_DESTINATION = "OtherDestination"
    GRATUITOUS = "Gratuitous"
    NOT_ANNOUNCED = "NotAnnounced"
    OTHER_INTERFACE = "OtherInterface"
    NO_LEASE = "NoLease"


@dataclass(frozen=True, slots=True)
class Drop:
    """A frame is left unanswered, and why."""

    reason: DropReason
