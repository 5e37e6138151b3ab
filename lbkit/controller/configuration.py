"""The configuration as the API server has it, and the last one that was fit for use.

A configuration is used as a whole or not at all: while a pool is wrong, the pools of before stay in force, so that a
typing error takes no address from anybody. What is wrong with other kinds is reported and does not touch allocation.
Source: MetalLB's keep-last-good configuration (`config_stale_bool`).

Pure.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from lbkit.errors import InputError
from lbkit.kube import resources
from lbkit.kube.resources import Resource
from lbkit.kube.watch import Changed, Deleted, Listed, WatchEvent
from lbkit.model import parse
from lbkit.model.config import build
from lbkit.model.event_records import Reference
from lbkit.model.keep_out import keep_out
from lbkit.model.objects import Object
from lbkit.model.used_networks import UsedNetwork
from lbkit.model.views import Key, Node, Pool

_PARSERS: Final[Mapping[str, tuple[Resource[Object], Callable[[Any], object]]]] = {  # Any: each takes its own struct
    resource.kind: (resource, read)
    for resource, read in (
        (resources.POOLS, parse.pool),
        (resources.L2_ADVERTISEMENTS, parse.l2_advertisement),
        (resources.BGP_ADVERTISEMENTS, parse.bgp_advertisement),
        (resources.BGP_PEERS, parse.peer),
        (resources.BFD_PROFILES, parse.bfd_profile),
        (resources.COMMUNITIES, parse.communities),
    )
}
CONFIGURATION_RESOURCES: Final = tuple(resource for resource, _ in _PARSERS.values())
_POOL: Final = resources.POOLS.kind


@dataclass(frozen=True, slots=True)
class _Read:
    """One object: its view, or what is wrong with it; `identity` tells it from a later one of the same name."""

    identity: str
    view: object
    problems: tuple[str, ...]


class Configuration:
    """Objects by kind and name, what is wrong with them, and the pools in force.

    Attributes:
        pools: the pools in force, without what came to belong to somebody else since; None before there was a
            configuration fit for use.
        is_stale: whether newer pools wait to be put right.
        problems: what is wrong, by object; problems that belong to no single object have an empty name.
    """

    def __init__(self) -> None:
        self._read: dict[str, dict[str, _Read]] = {kind: {} for kind in _PARSERS}
        self._good: tuple[Pool, ...] | None = None
        self.pools: tuple[Pool, ...] | None = None
        self.is_stale = False
        self.problems: dict[Reference, tuple[str, ...]] = {}

    def take(self, event: WatchEvent) -> bool:
        """Enter a watch event of a configuration resource.

        Returns:
            Whether it changed anything that matters (a status does not).
        """
        resource, parse_object = _PARSERS[event.resource.kind]
        found = self._read[resource.kind]
        before = dict(found)
        match event:
            case Listed():
                kept = {key.name for key in event.garbled} & set(found)
                fresh = {item.metadata.name: _read(item, parse_object) for item in event.objects}
                self._read[resource.kind] = {name: found[name] for name in kept} | fresh
            case Changed():
                found[event.object.metadata.name] = _read(event.object, parse_object)
            case Deleted():
                found.pop(event.object.metadata.name, None)
        return self._read[resource.kind] != before

    def check(self, networks: Iterable[UsedNetwork], nodes: Iterable[Node], namespace: str) -> None:
        """Put the objects together; use their pools if nothing is wrong with any pool.

        Args:
            networks: what pools must keep away from.
            nodes: for peers that never meet.
            namespace: where the objects are, to name them by.
        """
        networks = tuple(networks)
        config, found = build(
            pools=self._views(_POOL),
            l2_advertisements=self._views(resources.L2_ADVERTISEMENTS.kind),
            bgp_advertisements=self._views(resources.BGP_ADVERTISEMENTS.kind),
            peers=self._views(resources.BGP_PEERS.kind),
            bfd_profiles=self._views(resources.BFD_PROFILES.kind),
            communities=[pair for pairs in self._views(resources.COMMUNITIES.kind) for pair in pairs],
            networks=networks,
            nodes=nodes,
        )
        problems: dict[Reference, tuple[str, ...]] = {}
        for kind, objects in self._read.items():
            for name, item in objects.items():
                if item.problems:
                    problems[self._reference(kind, name, namespace)] = item.problems
        for problem in found:
            reference = self._reference(problem.kind, problem.name, namespace)
            problems[reference] = (*problems.get(reference, ()), str(problem))
        self.problems = problems
        self.is_stale = any(reference.kind == _POOL for reference in problems)
        if not self.is_stale:
            self._good = config.pools
        self.pools = keep_out(self._good, networks) if self._good is not None else None

    def problem_lines(self) -> tuple[str, ...]:
        """Give everything wrong with the configuration, one line each, sorted."""
        return tuple(
            sorted(
                f"{about.kind} {about.key.name}: {problem}" if about.key.name else f"{about.kind}: {problem}"
                for about, found in self.problems.items()
                for problem in found
            )
        )

    def pool_problems(self) -> dict[str, tuple[str, ...]]:
        """Give what is wrong with each pool there is, by name; empty where nothing is."""
        wrong = {item.key.name: found for item, found in self.problems.items() if item.kind == _POOL}
        return {name: wrong.get(name, ()) for name in self._read[_POOL]}

    def _views(self, kind: str) -> list[Any]:  # Any: the caller knows the kind
        return [item.view for item in self._read[kind].values() if item.view is not None]

    def _reference(self, kind: str, name: str, namespace: str) -> Reference:
        resource, _ = _PARSERS[kind]
        item = self._read[kind].get(name)
        return Reference(resource.api_version, kind, Key(namespace, name), item.identity if item else "")


def _read(item: Object, parse_object: Callable[[Any], object]) -> _Read:  # Any: see _PARSERS
    try:
        return _Read(item.metadata.uid, parse_object(item), ())
    except InputError as err:
        return _Read(item.metadata.uid, None, tuple(str(problem) for problem in err.problems))
