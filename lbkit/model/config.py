"""Rules over several configuration objects, and the `Config` they make together.

MetalLB asks its webhooks these questions, lbkit asks them here and shows the answer on the objects: one broken
object must not stop an operator from creating the first good one. Keeping the last good configuration while there
are problems is the caller's.
Source: MetalLB's `internal/config` rules (pools, advertisements, peers, communities).

Pure.
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations
from typing import NamedTuple

from lbkit.errors import InputError, Problem
from lbkit.model.addresses import widest_prefix_length
from lbkit.model.config_peers import peer_problems
from lbkit.model.parse_config import community
from lbkit.model.used_networks import UsedNetwork
from lbkit.model.views import (
    BFDProfile,
    BGPAdvertisement,
    Config,
    L2Advertisement,
    Node,
    Peer,
    Pool,
)


@dataclass(frozen=True, slots=True)
class ConfigProblem(Problem):
    """A problem and the object to show it on.

    Args:
        kind: Kubernetes kind (`IPAddressPool`).
        name: its name; empty where the problem belongs to no single object.
    """

    kind: str = ""
    name: str = ""


def build(
    *,
    pools: Iterable[Pool] = (),
    l2_advertisements: Iterable[L2Advertisement] = (),
    bgp_advertisements: Iterable[BGPAdvertisement] = (),
    peers: Iterable[Peer] = (),
    bfd_profiles: Iterable[BFDProfile] = (),
    communities: Iterable[tuple[str, str]] = (),
    networks: Iterable[UsedNetwork] = (),
    nodes: Iterable[Node] = (),
) -> tuple[Config, tuple[ConfigProblem, ...]]:
    """Put the parsed objects together and check what only the whole can show.

    Args:
        pools: every IPAddressPool.
        l2_advertisements: every L2Advertisement; two equal ones are harmless.
        bgp_advertisements: every BGPAdvertisement.
        peers: every BGPPeer (a speaker may give only those of its node).
        bfd_profiles: every BFDProfile.
        communities: pairs of alias and value, of all Community objects.
        networks: what pools must keep away from.
        nodes: decide whether two peers meet on a node; without any, peers with node selectors are taken to meet.

    Returns:
        The configuration as given, sorted by name, and everything wrong with it; it is fit for use only if
        there are no problems.
    """
    aliases = tuple(communities)
    config = Config(
        pools=tuple(sorted(pools, key=lambda item: item.name)),
        l2_advertisements=tuple(sorted(l2_advertisements, key=lambda item: item.name)),
        bgp_advertisements=tuple(sorted(bgp_advertisements, key=lambda item: item.name)),
        peers=tuple(sorted(peers, key=lambda item: item.name)),
        bfd_profiles=tuple(sorted(bfd_profiles, key=lambda item: item.name)),
        communities=dict(aliases),
    )
    problems = (
        *_overlaps(config.pools),
        *_used_addresses(config.pools, networks),
        *_duplicate_aliases(aliases),
        *_advertisement_problems(config),
        *(
            ConfigProblem(path, message, "BGPPeer", name)
            for name, path, message in peer_problems(config.peers, config.bfd_profiles, tuple(nodes))
        ),
    )
    return config, problems


class _Piece(NamedTuple):
    """One range of one pool as integers; sorts by first address."""

    first: int
    last: int
    since: str
    pool: str
    entry: int
    text: str


def _pieces(pools: Iterable[Pool], family: int) -> list[_Piece]:
    return sorted(
        _Piece(int(piece.first), int(piece.last), pool.creation_timestamp, pool.name, index, str(piece))
        for pool in pools
        for index, piece in enumerate(pool.ranges)
        if piece.family == family
    )


def _overlaps(pools: tuple[Pool, ...]) -> Iterator[ConfigProblem]:
    """Find ranges that share addresses, within a pool or between two (one sweep over the sorted ranges)."""
    for family in (4, 6):
        furthest: _Piece | None = None
        for piece in _pieces(pools, family):
            if furthest is not None and piece.first <= furthest.last:
                # The younger one is to blame (then by name and position), so that one overlap makes one problem.
                earlier, later = sorted((furthest, piece), key=lambda item: (item.since, item.pool, item.entry))
                yield ConfigProblem(
                    f"spec.addresses[{later.entry}]",
                    f'range "{later.text}" in pool "{later.pool}" overlaps with already defined range '
                    f'"{earlier.text}" in pool "{earlier.pool}"',
                    "IPAddressPool",
                    later.pool,
                )
            if furthest is None or piece.last > furthest.last:
                furthest = piece


def _used_addresses(pools: tuple[Pool, ...], networks: Iterable[UsedNetwork]) -> Iterator[ConfigProblem]:
    """Find ranges that hold addresses of nodes, pods or Services."""
    pieces = {family: _pieces(pools, family) for family in (4, 6)}
    starts = {family: [piece.first for piece in found] for family, found in pieces.items()}
    for used in networks:
        family, first, last = used.range.family, int(used.range.first), int(used.range.last)
        # Ranges do not overlap (or that is a problem already), so they end in the order in which they start.
        for piece in reversed(pieces[family][: bisect_right(starts[family], last)]):
            if piece.last < first:
                break
            yield ConfigProblem(
                f"spec.addresses[{piece.entry}]",
                f'range "{piece.text}" holds addresses of {used.owner} ({used.range}); take them out',
                "IPAddressPool",
                piece.pool,
            )


def _duplicate_aliases(aliases: tuple[tuple[str, str], ...]) -> Iterator[ConfigProblem]:
    seen: set[str] = set()
    for name, _ in aliases:
        if name in seen:
            message = f'the alias "{name}" is defined twice; aliases are global over all Community objects'
            yield ConfigProblem("spec.communities", message, "Community")
        seen.add(name)


def _advertisement_problems(config: Config) -> Iterator[ConfigProblem]:
    for advertisement in config.bgp_advertisements:
        for path, message in (
            *_unknown_communities(advertisement, config.communities),
            *_too_wide(advertisement, config.pools),
        ):
            yield ConfigProblem(path, message, "BGPAdvertisement", advertisement.name)
    for one, other in combinations(config.bgp_advertisements, 2):
        if message := _contradiction(one, other, config.pools):
            yield ConfigProblem("spec", message, "BGPAdvertisement", other.name)


def _unknown_communities(advertisement: BGPAdvertisement, aliases: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for index, written in enumerate(advertisement.communities):
        if written in aliases:
            continue
        try:
            community(written)
        except InputError:
            message = f'"{written}" is neither a community nor the alias of one; create it in a Community object'
            yield f"spec.communities[{index}]", message


def _too_wide(advertisement: BGPAdvertisement, pools: tuple[Pool, ...]) -> Iterator[tuple[str, str]]:
    """Find pools whose aggregate would cover addresses that are not in the pool.

    For ranges the widest block in it decides, as MetalLB has it.
    """
    lengths = {4: advertisement.aggregation_length, 6: advertisement.aggregation_length_v6}
    for pool in pools:
        if not advertisement.pools.matches(pool):
            continue
        for piece in pool.ranges:
            field = "spec.aggregationLength" if piece.family == 4 else "spec.aggregationLengthV6"
            widest = widest_prefix_length(piece)
            if widest > lengths[piece.family]:
                yield (
                    field,
                    f"invalid aggregation length {lengths[piece.family]}: prefix {widest} in pool "
                    f'"{pool.name}" is more specific than the aggregation length for addresses {piece}',
                )


def _contradiction(one: BGPAdvertisement, other: BGPAdvertisement, pools: tuple[Pool, ...]) -> str:
    """Say why two advertisements cannot both hold, or "" when they can."""
    if _content(one) == _content(other):
        return f'it is the same as BGPAdvertisement "{one.name}"; remove one of them'
    if one.local_pref == other.local_pref or one.service_selectors or other.service_selectors:
        return ""
    same_prefixes = (one.aggregation_length, one.aggregation_length_v6) == (
        other.aggregation_length,
        other.aggregation_length_v6,
    )
    shared = [pool.name for pool in pools if one.pools.matches(pool) and other.pools.matches(pool)]
    share_peers = not one.peers or not other.peers or bool(one.peers & other.peers)
    share_nodes = (
        not one.node_selectors or not other.node_selectors or bool({*one.node_selectors} & {*other.node_selectors})
    )
    if same_prefixes and shared and share_peers and share_nodes:
        return (
            f'local preference {other.local_pref} for pool "{shared[0]}" contradicts local preference '
            f'{one.local_pref} in BGPAdvertisement "{one.name}"'
        )
    return ""


def _content(advertisement: BGPAdvertisement) -> tuple[object, ...]:
    return (
        advertisement.pools,
        frozenset(advertisement.node_selectors),
        frozenset(advertisement.service_selectors),
        advertisement.peers,
        advertisement.aggregation_length,
        advertisement.aggregation_length_v6,
        advertisement.local_pref,
        frozenset(advertisement.communities),
    )
