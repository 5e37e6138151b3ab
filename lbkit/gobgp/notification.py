"""Why a session ended, in the words of the RFCs.

GoBGP tells codes with words of its own ("code 6(cease) subcode 4(administrative reset)"); an operator finds those of
the RFCs in every other router's log.
Source: RFC 4271 section 4.5 and 6, RFC 4486 (Cease), RFC 5492, RFC 6608 (FSM), RFC 8538 (Hard Reset), RFC 9384 (BFD
Down); IANA "BGP Error (Notification) Codes" and "BGP Error Subcodes".

Pure.
"""

import re
from typing import Final

_CODES: Final = re.compile(r"code (\d+)\([^)]*\) subcode (\d+)")

ERRORS: Final = {
    1: "Message Header Error",
    2: "OPEN Message Error",
    3: "UPDATE Message Error",
    4: "Hold Timer Expired",
    5: "Finite State Machine Error",
    6: "Cease",
    7: "ROUTE-REFRESH Message Error",
}
DETAILS: Final = {
    (1, 1): "Connection Not Synchronized",
    (1, 2): "Bad Message Length",
    (1, 3): "Bad Message Type",
    (2, 1): "Unsupported Version Number",
    (2, 2): "Bad Peer AS",
    (2, 3): "Bad BGP Identifier",
    (2, 4): "Unsupported Optional Parameter",
    (2, 6): "Unacceptable Hold Time",
    (2, 7): "Unsupported Capability",
    (3, 1): "Malformed Attribute List",
    (3, 2): "Unrecognized Well-known Attribute",
    (3, 3): "Missing Well-known Attribute",
    (3, 4): "Attribute Flags Error",
    (3, 5): "Attribute Length Error",
    (3, 6): "Invalid ORIGIN Attribute",
    (3, 8): "Invalid NEXT_HOP Attribute",
    (3, 9): "Optional Attribute Error",
    (3, 10): "Invalid Network Field",
    (3, 11): "Malformed AS_PATH",
    (5, 1): "Receive Unexpected Message in OpenSent State",
    (5, 2): "Receive Unexpected Message in OpenConfirm State",
    (5, 3): "Receive Unexpected Message in Established State",
    (6, 1): "Maximum Number of Prefixes Reached",
    (6, 2): "Administrative Shutdown",
    (6, 3): "Peer De-configured",
    (6, 4): "Administrative Reset",
    (6, 5): "Connection Rejected",
    (6, 6): "Other Configuration Change",
    (6, 7): "Connection Collision Resolution",
    (6, 8): "Out of Resources",
    (6, 9): "Hard Reset",
    (6, 10): "BFD Down",
}
_OTHER: Final = {
    "hold-timer-expired": "Hold Timer Expired",
    "read-failed": "TCP connection lost",
    "write-failed": "TCP connection lost",
    "admin-down": "Administrative Shutdown",
    "bad-peer-as": "sent OPEN Message Error / Bad Peer AS",
    "graceful-restart": "TCP connection lost, the peer restarts gracefully",
}


def reason(words: str) -> str:
    """Put the engine's reason for a session's end into the RFCs' words.

    Args:
        words: `disconnect_message` of a peer's event.

    Returns:
        Such as "received Cease / Administrative Reset"; what is not known is left as it is, empty stays empty.
    """
    found = _CODES.search(words)
    if found is None:
        return _OTHER.get(words, words)
    code, subcode = int(found[1]), int(found[2])
    name = ERRORS.get(code, f"error {code}")
    detail = DETAILS.get((code, subcode), f"subcode {subcode}" if subcode else "")
    who = "sent" if words.startswith("notification-sent") else "received"
    return f"{who} {name} / {detail}" if detail else f"{who} {name}"
