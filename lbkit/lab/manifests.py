"""The manifests of a lab: the MetalLB objects in them, read with the same rules as the controller reads them.

Sources: MetalLB's API (group metallb.io), see `lbkit.model.parse_config`.

Pure.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final, TypeVar

import msgspec

from lbkit.errors import InputError, Problem
from lbkit.lab.documents import mapping
from lbkit.model import objects, parse
from lbkit.model.findings import Findings
from lbkit.model.names import DEFAULT_NAMESPACE, GROUP
from lbkit.model.views import BFDProfile, BGPAdvertisement, L2Advertisement, Peer, Pool

W = TypeVar("W")
V = TypeVar("V")

_VERSIONS: Final = {
    "IPAddressPool": "v1beta1",
    "L2Advertisement": "v1beta1",
    "BGPAdvertisement": "v1beta1",
    "BGPPeer": "v1beta2",
    "BFDProfile": "v1beta1",
}


@dataclass(frozen=True, slots=True)
class Manifests:
    """The configuration objects among a lab's manifests, in the order of files and documents."""

    pools: tuple[Pool, ...] = ()
    l2_advertisements: tuple[L2Advertisement, ...] = ()
    bgp_advertisements: tuple[BGPAdvertisement, ...] = ()
    peers: tuple[Peer, ...] = ()
    bfd_profiles: tuple[BFDProfile, ...] = ()


def read(findings: Findings, documents: Iterable[tuple[str, object]]) -> Manifests:
    """Read the objects of group metallb.io; others pass unread.

    Args:
        findings: gets every broken rule, under `file: Kind/name`.
        documents: pairs of file name and parsed YAML document.

    Returns:
        The objects that could be read.
    """
    found: dict[str, list[tuple[str, object]]] = {kind: [] for kind in _VERSIONS}
    for file, value in documents:
        document = mapping(value)
        if not document:
            findings.add(file, f"got {value!r}, wanted a Kubernetes object")
            continue
        kind, (group, _, version) = str(document.get("kind")), str(document.get("apiVersion")).partition("/")
        if group != GROUP:
            continue
        metadata = mapping(document.get("metadata"))
        where = f"{file}: {kind}/{metadata.get('name')}"
        if _VERSIONS.get(kind) != version:
            findings.add(where, f"got {group}/{version} {kind}, wanted one of {_wanted()}")
        elif metadata.get("namespace") != DEFAULT_NAMESPACE:
            findings.add(where, f"got namespace {metadata.get('namespace')}, wanted {DEFAULT_NAMESPACE}")
        else:
            found[kind].append((where, document))
    return Manifests(
        pools=_views(findings, found["IPAddressPool"], objects.Pool, parse.pool),
        l2_advertisements=_views(findings, found["L2Advertisement"], objects.L2Advertisement, parse.l2_advertisement),
        bgp_advertisements=_views(
            findings, found["BGPAdvertisement"], objects.BGPAdvertisement, parse.bgp_advertisement
        ),
        peers=_views(findings, found["BGPPeer"], objects.BGPPeer, parse.peer),
        bfd_profiles=_views(findings, found["BFDProfile"], objects.BFDProfile, parse.bfd_profile),
    )


def _wanted() -> str:
    return ", ".join(f"{kind} {version}" for kind, version in _VERSIONS.items())


def _views(
    findings: Findings, documents: list[tuple[str, object]], wire: type[W], read_one: Callable[[W], V]
) -> tuple[V, ...]:
    views: list[V] = []
    for where, document in documents:
        try:
            views.append(read_one(msgspec.convert(document, wire)))
        except msgspec.ValidationError as err:
            findings.add(where, str(err))
        except InputError as err:
            findings.problems += [Problem(f"{where}: {problem.path}", problem.message) for problem in err.problems]
    return tuple(views)
