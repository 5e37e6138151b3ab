"""Judges manifests before anybody applies them: shape, the rules of each kind, and what only the whole can show.

The rules are those of the controller and the speaker, so that what is fine here is fine in the cluster.

Pure.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from typing import Final

from lbkit.allocator.book import Book
from lbkit.allocator.decide import decide_all
from lbkit.allocator.outcome import Refuse
from lbkit.allocator.pools import Pools
from lbkit.allocator.request import annotation
from lbkit.errors import InputError
from lbkit.model import names, views
from lbkit.model.addresses import address, family
from lbkit.model.config import ConfigProblem
from lbkit.model.names import Reason
from lbkit.model.views import Config, IPAddress, Key, Service
from lbkit.operator import load_balancer
from lbkit.operator.fields import Json
from lbkit.operator.inventory import (
    BGP_ADVERTISEMENT,
    BGP_PEER,
    CONFIGURATION,
    L2_ADVERTISEMENT,
    POOL,
    Inventory,
    config_of,
    key_of,
    read,
    with_changes,
)
from lbkit.operator.manifests import Manifest
from lbkit.operator.schema import check

_CLUSTER_IPS: Final[Mapping[int, IPAddress]] = {4: address("192.0.2.1"), 6: address("2001:db8::1")}
"""In place of cluster addresses, which a manifest has none of."""
_DECODER: Final = "Expected `"
"""How msgspec begins to say that a value has the wrong type."""
_TELLING: Final = frozenset(
    {
        Reason.UNKNOWN_POOL,
        Reason.INVALID_REQUEST,
        Reason.ADDRESS_OUTSIDE_POOLS,
        Reason.POOL_NOT_ALLOWED,
        Reason.ADDRESS_IN_USE,
        Reason.ADDRESS_RESERVED,
        Reason.FAMILY_MISMATCH,
    }
)
"""Refusals of a Service that are faults of its manifest, whatever else is in the cluster."""


@dataclass(frozen=True, slots=True)
class Complaint:
    """One thing wrong with one object of one file.

    Args:
        source: the file; empty for what is in the cluster.
        line: in it, from 1; 0 for none.
        path: of the field; empty for the object as a whole.
        is_warning: it can be applied, and may still not be what was meant.
    """

    source: str
    line: int
    kind: str
    name: str
    path: str
    message: str
    is_warning: bool = False

    def __str__(self) -> str:
        where = f"{self.source}:{self.line}: " if self.source else ""
        field = f"{self.path}: " if self.path else ""
        return f"{where}{'warning: ' if self.is_warning else ''}{self.kind} {self.name}: {field}{self.message}"


@dataclass(frozen=True, slots=True)
class Judgement:
    """What came of validating.

    Args:
        checked: how many objects were judged.
        left_out: {kind: how many objects that lbkit has nothing to do with}.
        complaints: by file and line.
    """

    checked: int
    left_out: Mapping[str, int]
    complaints: tuple[Complaint, ...]

    def is_good(self, *, strict: bool) -> bool:
        """Whether nothing is wrong; with `strict`, nothing worth a warning either."""
        return not any(strict or not each.is_warning for each in self.complaints)


def validate(
    manifests: Sequence[Manifest],
    schemas: Mapping[tuple[str, str], Json],
    namespace: str,
    cluster: Inventory | None = None,
) -> Judgement:
    """Judge manifests.

    Args:
        manifests: all that are to be applied together.
        schemas: {(kind, apiVersion): schema of the CRD}.
        namespace: where configuration objects belong.
        cluster: what is in the cluster already; None to judge the manifests alone.
    """
    ours = [each for each in manifests if _is_ours(each.item)]
    left_out: dict[str, int] = {}
    for each in manifests:
        if not _is_ours(each.item):
            kind = str(each.item.get("kind") or "no kind")
            left_out[kind] = left_out.get(kind, 0) + 1
    found: list[Complaint] = []
    whole: list[Manifest] = []
    for each in ours:
        shape = tuple(_shape(each, schemas, namespace))
        found += shape
        if not any(not complaint.is_warning and complaint.path != "metadata.namespace" for complaint in shape):
            whole.append(each)
    found += _duplicates(ours)
    found += _together(
        whole, cluster or Inventory(), {(str(each.item.get("kind")), key_of(each.item).name) for each in ours}
    )
    unique = dict.fromkeys(found)
    return Judgement(len(ours), left_out, tuple(sorted(unique, key=lambda each: (each.source, each.line, each.path))))


def _is_ours(item: Json) -> bool:
    group = str(item.get("apiVersion") or "").partition("/")[0]
    return group == names.GROUP or item.get("kind") == "Service" or _is_old_configuration(item)


def _is_old_configuration(item: Json) -> bool:
    """Whether this is MetalLB's configuration of before 0.13: a ConfigMap with YAML in it."""
    data = item.get("data") if item.get("kind") == "ConfigMap" else None
    return isinstance(data, Mapping) and "address-pools" in str(data.get("config", ""))


def _complain(manifest: Manifest, path: str, message: str, *, is_warning: bool = False) -> Complaint:
    item = manifest.item
    name = str((item.get("metadata") or {}).get("name") or "without a name")
    line = manifest.line_of(path)
    return Complaint(manifest.source, line, str(item.get("kind")), name, path, message, is_warning)


def _shape(manifest: Manifest, schemas: Mapping[tuple[str, str], Json], namespace: str) -> Iterator[Complaint]:
    """Judge one object by itself."""
    item = manifest.item
    kind, api_version = str(item.get("kind")), str(item.get("apiVersion"))
    if _is_old_configuration(item):
        yield _complain(
            manifest, "data.config", "is MetalLB's configuration of before 0.13. Cure: lbkit import converts it"
        )
        return
    if kind == "Service":
        yield from (_complain(manifest, each.path, each.message) for each in read([item]).unread)
        return
    schema = schemas.get((kind, api_version))
    if schema is None:
        served = sorted(version for known, version in schemas if known == kind)
        wanted = f"wanted {' or '.join(served)}" if served else "there is no such kind; lbkit import may convert it"
        yield _complain(manifest, "apiVersion", f"got {api_version}, {wanted}")
        return
    if (kind, api_version) == (BGP_PEER, f"{names.GROUP}/v1beta1"):
        yield _complain(manifest, "apiVersion", "is deprecated; write metallb.io/v1beta2", is_warning=True)
    if not key_of(item).name:
        yield _complain(manifest, "metadata.name", "is missing")
    if key_of(item).namespace != namespace and kind in CONFIGURATION:
        got = key_of(item).namespace or "none"
        yield _complain(manifest, "metadata.namespace", f"got {got}, and only objects in {namespace} are read")
    # A status is nobody's to write, so nobody is to be told how.
    shape = {each.path: each for each in check(schema, {key: part for key, part in item.items() if key != "status"})}
    # A rule says what is wrong better than a pattern or a bound; of a wrong type only the schema says what is wanted.
    rules = {
        each.path: each
        for each in read([item]).unread
        if not (each.path in shape and each.message.startswith(_DECODER))
    }
    yield from (_complain(manifest, each.path, each.message) for each in {**shape, **rules}.values())


def _duplicates(manifests: Sequence[Manifest]) -> Iterator[Complaint]:
    seen: dict[tuple[str, Key], Manifest] = {}
    for each in manifests:
        key = str(each.item.get("kind")), key_of(each.item)
        if key in seen:
            first = seen[key]
            yield _complain(each, "metadata.name", f"is written twice; the first is at {first.source}:{first.line}")
        seen[key] = each


def _together(manifests: Sequence[Manifest], cluster: Inventory, named: Set[tuple[str, str]]) -> Iterator[Complaint]:
    """Judge the objects beside each other, and beside what is in the cluster.

    Args:
        manifests: those that are fine by themselves.
        cluster: what is there.
        named: kind and name of all manifests, so that nobody is told to create what only has to be put right.
    """
    after = with_changes(cluster, [each.item for each in manifests])
    by_name = {(str(each.item["kind"]), key_of(each.item).name): each for each in manifests}
    _, before_problems = config_of(cluster)
    config, problems = config_of(after)
    known = set(before_problems)
    for problem in problems:
        manifest = by_name.get((problem.kind, problem.name))
        if manifest is not None:
            yield _complain(manifest, problem.path, problem.message)
        elif problem not in known:
            yield Complaint("", 0, problem.kind, problem.name or "of the cluster", problem.path, problem.message)
    for problem in _suspicions(config, after, named):
        if (manifest := by_name.get((problem.kind, problem.name))) is not None:
            yield _complain(manifest, problem.path, problem.message, is_warning=True)
    yield from _services(manifests, config, after)


def _suspicions(config: Config, inventory: Inventory, named: Set[tuple[str, str]]) -> Iterator[ConfigProblem]:
    """Find what is allowed and hardly meant: names of nothing, pools that nobody advertises."""
    pools = {pool.name for pool in config.pools} | {name for kind, name in named if kind == POOL}
    peers = {peer.name for peer in config.peers} | {name for kind, name in named if kind == BGP_PEER}
    advertisements: Iterable[tuple[str, views.L2Advertisement | views.BGPAdvertisement]] = (
        *((L2_ADVERTISEMENT, each) for each in config.l2_advertisements),
        *((BGP_ADVERTISEMENT, each) for each in config.bgp_advertisements),
    )
    for kind, each in advertisements:
        for name in sorted(each.pools.names - pools):
            yield ConfigProblem("spec.ipAddressPools", f'there is no IPAddressPool "{name}"', kind, each.name)
    for each in config.bgp_advertisements:
        for name in sorted(each.peers - peers):
            yield ConfigProblem("spec.peers", f'there is no BGPPeer "{name}"', BGP_ADVERTISEMENT, each.name)
    if config.bgp_advertisements and not peers:
        first = config.bgp_advertisements[0].name
        yield ConfigProblem("spec", "there is no BGPPeer to advertise to", BGP_ADVERTISEMENT, first)
    for pool in config.pools:
        if load_balancer.mode_of(pool.name, inventory) == load_balancer.NOT_ADVERTISED:
            yield ConfigProblem("spec", "no advertisement is for it, so its addresses lead nowhere", POOL, pool.name)
    for peer in config.peers:
        if peer.password:
            text = "the password can be read by everybody who may read peers; passwordSecret hides it"
            yield ConfigProblem("spec.password", text, BGP_PEER, peer.name)


def _services(manifests: Sequence[Manifest], config: Config, inventory: Inventory) -> Iterator[Complaint]:
    """Ask the allocator what it would refuse of the Services among the manifests."""
    written = {key_of(each.item): each for each in manifests if each.item["kind"] == "Service"}
    if not config.pools:
        return
    services = [_with_cluster_ips(each) for each in inventory.services.values() if each.is_load_balancer]
    outcomes = decide_all(services, inventory.namespaces, Book(Pools(config.pools)))
    for key, manifest in written.items():
        outcome = outcomes.get(key)
        if isinstance(outcome, Refuse) and outcome.reason in _TELLING:
            yield _complain(manifest, "metadata.annotations", f"{outcome.reason}: {outcome.message}")


def _with_cluster_ips(service: Service) -> Service:
    """Give a Service the cluster addresses that the API server would: of its families, or of those it asks for."""
    if service.cluster_ips:
        return service
    asked = (annotation(service, names.LOAD_BALANCER_IPS) or service.load_balancer_ip).split(",")
    families: list[int] = list(service.ip_families)
    for text in asked if not families else ():
        try:
            families.append(family(address(text)))
        except InputError:
            continue
    wanted = tuple(dict.fromkeys(families)) or (4,)
    return replace(service, cluster_ips=tuple(_CLUSTER_IPS[item] for item in wanted))


def text(judgement: Judgement, broken: Sequence[str]) -> str:
    """Write a judgement for people, and for editors that jump to `file:line`.

    Args:
        judgement: what came of validating.
        broken: what is wrong with files that could not be read.
    """
    lines = [*broken, *(str(each) for each in judgement.complaints)]
    problems = len(broken) + sum(not each.is_warning for each in judgement.complaints)
    warnings = sum(each.is_warning for each in judgement.complaints)
    summary = f"{_counted(judgement.checked, 'object')} checked, {_counted(problems, 'problem')}, "
    summary += _counted(warnings, "warning")
    if judgement.left_out:
        kinds = ", ".join(f"{count} {kind}" for kind, count in sorted(judgement.left_out.items()))
        summary += f"; not lbkit's, left out: {kinds}"
    return "\n".join([*lines, summary])


def _counted(number: int, what: str) -> str:
    return f"{number or 'no'} {what}{'' if number == 1 else 's'}"


def document(judgement: Judgement, broken: Sequence[str], *, is_good: bool) -> dict[str, Json]:
    """Write a judgement for programs; arguments as `text`."""
    return {
        "valid": is_good,
        "checked": judgement.checked,
        "leftOut": dict(judgement.left_out),
        "unreadable": list(broken),
        "problems": [
            {
                "file": each.source or None,
                "line": each.line or None,
                "kind": each.kind,
                "name": each.name,
                "field": each.path or None,
                "message": each.message,
                "warning": each.is_warning,
            }
            for each in judgement.complaints
        ],
    }
