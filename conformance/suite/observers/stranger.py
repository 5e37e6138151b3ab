"""A program: be a BGP speaker that nobody configured, connect to port 179 of some addresses, and see how far it comes.

It sends an OPEN, answers an OPEN by a KEEPALIVE, and notes the types of all messages that come: a KEEPALIVE among them
says that its OPEN was accepted (RFC 4271 section 8.2.2, OpenConfirm).

Shell: sockets, the monotonic clock, stdin, stdout.
"""

import socket
import struct
import time
from typing import Any, Final

from conformance.suite import bgp_open, bgp_stream
from conformance.suite.bgp_stream import HEADER, MARKER, Kind
from conformance.suite.observers.emit import emit, plan

PORT: Final = 179
_HOLD_S: Final = 9
_HEADER: Final = struct.Struct("!16sHB")


def types(data: bytes) -> list[int]:
    """Return the types of the messages in some bytes; what is no message ends them."""
    found: list[int] = []
    while len(data) >= HEADER:
        marker, length, kind = _HEADER.unpack_from(data)
        if marker != MARKER or length < HEADER:
            break
        found.append(kind)
        data = data[length:]
    return found


def talk(sock: socket.socket, asked: dict[str, Any]) -> tuple[str, list[int]]:
    """Speak BGP for a while; return how it ended, closed or open, and what came."""
    sock.sendall(bgp_open.encode(asked["asn"], _HOLD_S, asked["router_id"]))
    heard, is_answered = b"", False
    deadline = time.monotonic() + asked["for_s"]
    while (left_s := deadline - time.monotonic()) > 0:
        sock.settimeout(left_s)
        try:
            more = sock.recv(4096)
        except TimeoutError:
            break
        if not more:
            return "closed", types(heard)
        heard += more
        if Kind.OPEN in types(heard) and not is_answered:
            is_answered = True
            sock.sendall(bgp_stream.encode(Kind.KEEPALIVE))
    return "open", types(heard)


def knock(address: str, asked: dict[str, Any]) -> tuple[str, list[int], str]:
    """Connect and speak; return outcome, types of messages, and the error's words."""
    try:
        with socket.create_connection((address, PORT), asked["for_s"]) as sock:
            return *talk(sock, asked), ""
    except ConnectionRefusedError as err:
        return "refused", [], str(err)
    except ConnectionError as err:
        return "closed", [], str(err)
    except TimeoutError as err:
        return "timeout", [], str(err)
    except OSError as err:
        return "unreachable", [], str(err)


def main() -> None:
    """Knock at every address of the plan, one after the other."""
    asked = plan()
    for node, address in asked["targets"]:
        outcome, messages, error = knock(address, asked)
        emit("forge", "peer", node=node, address=address, outcome=outcome, messages=messages, error=error)


if __name__ == "__main__":
    main()
