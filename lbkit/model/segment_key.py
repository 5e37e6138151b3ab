"""The Secret that holds what the heartbeats of one cluster are made and known by.

`cluster` tells clusters on one segment apart, and is no secret: it is made of the uid of the namespace kube-system,
which lives as long as its cluster. `key-N` are the keys, N from 0 to 255; heartbeats are made with the one that
`current` names, and known by any. So a key is replaced without a moment in which nobody understands the other: add the
new one, wait some seconds, name it in `current`, wait, take the old one out.

Pure.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Final

from lbkit.errors import InputError, Problem

SEGMENT_SECRET: Final = "lbkit-segment"  # noqa: S105  # a name
KEY_BYTES: Final = 32
LEAST_KEY_BYTES: Final = 16
_CLUSTER_BYTES: Final = 8


@dataclass(frozen=True, slots=True)
class SegmentKeys:
    """What the Secret says.

    Args:
        cluster: 8 bytes.
        keys: {key ID: secret}.
        current: ID of the one to send with.
    """

    cluster: bytes
    keys: Mapping[int, bytes] = field(repr=False)
    current: int


def cluster_id(kube_system_uid: str) -> bytes:
    """Name a cluster in 8 bytes."""
    return sha256(kube_system_uid.encode()).digest()[:_CLUSTER_BYTES]


def first_data(cluster: bytes, key: bytes) -> dict[str, str]:
    """Write the Secret's `stringData` for a cluster that has none yet."""
    return {"cluster": cluster.hex(), "current": "1", "key-1": key.hex()}


def read(data: Mapping[str, bytes]) -> SegmentKeys:
    """Read the Secret's `data`.

    Raises:
        InputError: with everything that is wrong with it.
    """
    problems: list[Problem] = []
    keys: dict[int, bytes] = {}
    for name, value in data.items():
        number = name.removeprefix("key-")
        if number == name:
            continue
        if not number.isascii() or not number.isdigit() or int(number) > 255:
            problems.append(Problem(f"data[{name}]", "wanted key-N, N from 0 to 255"))
        elif len(value) < LEAST_KEY_BYTES:
            problems.append(Problem(f"data[{name}]", f"got {len(value)} bytes, wanted {LEAST_KEY_BYTES} at least"))
        else:
            keys[int(number)] = value
    cluster = _hex(data.get("cluster", b""))
    if len(cluster) != _CLUSTER_BYTES:
        problems.append(Problem("data.cluster", f"wanted {2 * _CLUSTER_BYTES} hexadecimal digits"))
    current = data.get("current", b"").decode(errors="replace")
    if current not in map(str, keys):
        problems.append(Problem("data.current", f'got "{current}", wanted the N of one of the keys'))
    if problems:
        raise InputError(*problems)
    return SegmentKeys(cluster, keys, int(current))


def _hex(text: bytes) -> bytes:
    try:
        return bytes.fromhex(text.decode())
    except ValueError:
        return b""
