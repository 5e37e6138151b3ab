"""How one routing table holds a different set of paths, with different attributes, for each peer.

GoBGP advertises its global table to all peers; its export policy says otherwise. A policy that listed prefixes would
have to change with every Service, and GoBGP applies a changed policy only to paths that change too. So the table says
it itself: each path carries, as large communities, a mark for every peer that may have it, and the mark also names the
attributes for that peer. The export policy has one statement per mark: this peer, this mark -> take the marks off, put
the attributes on, accept. All else is rejected. So

- a Service change is a path change, which GoBGP handles with plain updates and withdrawals, never a reset;
- statements are few (peers times distinct attributes), and no statement ever changes its meaning;
- the table and the policy together tell a restarted speaker exactly what is advertised to whom.

Marks never leave the node. Communities such as no-advertise are put on by the policy, as GoBGP would obey one that it
finds on its own path.
Source: RFC 8092 (large communities); RFC 7300 (4294967295, the marks' first part, is nobody's ASN).

Pure.
"""

from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from lbkit.announcer.desired import PathAttributes

MARK_ASN: Final = 4294967295
GONE: Final = "#"
EXPORT_POLICY: Final = "lbkit-export"
IMPORT_POLICY: Final = "lbkit-import"


@dataclass(frozen=True, slots=True, order=True)
class Mark:
    """Which peer may have a path, and with which attributes; 32 bits each, made of their contents."""

    peer_id: int
    attributes_id: int

    @property
    def name(self) -> str:
        """What the export policy's statement and community set are called."""
        return f"lbkit-{self.peer_id:08x}-{self.attributes_id:08x}"

    @property
    def pattern(self) -> str:
        """The regular expression that finds it among a path's large communities."""
        return f"^{MARK_ASN}:{self.peer_id}:{self.attributes_id}$"

    @staticmethod
    def parse(name: str) -> "Mark | None":
        """Read a statement's name back; None if it is not one of ours."""
        parts = name.split("-")
        if len(parts) != 3 or parts[0] != "lbkit":
            return None
        try:
            return Mark(int(parts[1], 16), int(parts[2], 16))
        except ValueError:
            return None


def peer_id(name: str) -> int:
    """Number a peer by its name, the same in every run; `#<hexadecimal>` is the number of a peer long gone."""
    return int(name[1:], 16) if name.startswith(GONE) else _number(name)


def gone_peer(number: int) -> str:
    """Name a peer of which only the marks are left; no Kubernetes object can have such a name."""
    return f"{GONE}{number:08x}"


def mark(peer: str, attributes: PathAttributes) -> Mark:
    """Make the mark for a peer and the attributes it is to get."""
    text = f"{attributes.local_pref} {' '.join(attributes.communities)}"
    if attributes.next_hop is not None:
        text += f" via {attributes.next_hop}"
    if attributes.link_bandwidth:
        text += f" at {attributes.link_bandwidth}"
    return Mark(peer_id(peer), _number(text))


def _number(text: str) -> int:
    return int.from_bytes(sha256(text.encode()).digest()[:4])
