"""Wire shape to view: IPAddressPool, with what lbkit adds to it by annotations.

Annotations, because the spec is MetalLB's: a pool with them still applies to MetalLB, which ignores them.
Source: MetalLB's API metallb.io/v1beta1; the annotations are described in lbkit/manifests/README.md.

Pure.
"""

from typing import Final

from lbkit.model import objects, views
from lbkit.model.addresses import address_range
from lbkit.model.annotations import boolean
from lbkit.model.annotations import path as annotation_path
from lbkit.model.durations import seconds
from lbkit.model.findings import Findings
from lbkit.model.names import names_in
from lbkit.model.parse_selectors import selectors
from lbkit.model.reservations import outside, reservations

SHARING_NAMESPACES: Final = "lbkit.io/share-between-namespaces"
"""Comma list of the namespaces whose Services may share one address, `*` for all."""
FINALIZER: Final = "lbkit.io/finalizer"
"""`true`: a Service with an address of the pool goes only after its address was withdrawn."""
QUARANTINE: Final = "lbkit.io/quarantine"
"""How long an address that was given back rests (`30s`, `1h30m`); `0`: not at all."""
_LONGEST_QUARANTINE_S: Final = 30 * 24 * 3600
"""What is to rest longer is better reserved."""
RESERVED: Final = "lbkit.io/reserved"
"""Which addresses are kept for whom, see `lbkit.model.reservations`."""


def pool(obj: objects.Pool) -> views.Pool:
    """Read an IPAddressPool.

    Raises:
        InputError: every entry that is no range, a selector or an annotation that makes no sense, duplicates.
    """
    findings, spec = Findings(), obj.spec
    if not spec.addresses:
        findings.add("spec.addresses", "the pool has no addresses; give at least one range")
    ranges = findings.read_all("spec.addresses", address_range, spec.addresses or ())
    allocation = _allocation(findings, spec.service_allocation)
    annotations = obj.metadata.annotations or {}
    has_finalizer = findings.read(annotation_path(FINALIZER), boolean, annotations.get(FINALIZER, "false"))
    quarantine_s = findings.read(annotation_path(QUARANTINE), seconds, annotations.get(QUARANTINE, "0"))
    findings.within(annotation_path(QUARANTINE), quarantine_s, 0, _LONGEST_QUARANTINE_S)
    reserved = findings.read(annotation_path(RESERVED), reservations, annotations.get(RESERVED, "")) or ()
    for item in outside(reserved, ranges):
        findings.add(annotation_path(RESERVED), f"{item}: not an address of this pool")
    findings.done()
    return views.Pool(
        name=obj.metadata.name,
        labels=obj.metadata.labels or {},
        ranges=ranges,
        auto_assign=spec.auto_assign is not False,
        avoid_buggy_ips=spec.avoid_buggy_ips,
        service_allocation=allocation,
        sharing_namespaces=names_in(annotations.get(SHARING_NAMESPACES, "")),
        creation_timestamp=obj.metadata.creation_timestamp or "",
        has_finalizer=bool(has_finalizer),
        quarantine_s=quarantine_s or 0,
        reservations=reserved,
    )


def _allocation(findings: Findings, written: objects.ServiceAllocation | None) -> views.ServiceAllocation | None:
    if written is None:
        return None
    path = "spec.serviceAllocation"
    if written.priority < 0:
        findings.add(f"{path}.priority", f"got {written.priority}, wanted 0 or more")
    findings.unique(f"{path}.namespaces", written.namespaces or ())
    return views.ServiceAllocation(
        priority=written.priority,
        namespaces=frozenset(written.namespaces or ()),
        namespace_selectors=selectors(findings, f"{path}.namespaceSelectors", written.namespace_selectors),
        service_selectors=selectors(findings, f"{path}.serviceSelectors", written.service_selectors),
    )
