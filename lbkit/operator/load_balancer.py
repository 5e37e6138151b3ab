"""A load balancer as Azure Arc's users know it: addresses, how they are advertised, to whom, for which Services.

In the cluster it is an IPAddressPool and, by its mode, an L2Advertisement (ARP), a BGPAdvertisement (BGP) or both, all
of the load balancer's name and with a label that says so. Pools that were written by hand are shown as load balancers
too, with whatever advertisements are for them; they are changed by hand.
Source: Azure Arc `Microsoft.KubernetesRuntime/loadBalancers` (2024-03-01) and what it creates in a cluster; MetalLB's
API.

Pure.
"""

from collections.abc import Iterable, Mapping
from typing import Final, Literal, TypeAlias, get_args

import msgspec

from lbkit.errors import InputError, Problem
from lbkit.model import views
from lbkit.model.names import CONDITION_VALID, GROUP
from lbkit.model.objects import Condition, PoolStatus
from lbkit.model.views import Key
from lbkit.operator.fields import Json, changed, found, shown
from lbkit.operator.group import Change, Column, Group
from lbkit.operator.inventory import BGP_ADVERTISEMENT, L2_ADVERTISEMENT, POOL, Inventory
from lbkit.operator.load_balancer_fields import ADVERTISEMENTS, FIELDS
from lbkit.operator.text import short, some, text_of

LABEL: Final = "lbkit.io/load-balancer"
"""On the pool and the advertisements that are one load balancer; its value is the load balancer's name."""

Mode: TypeAlias = Literal["ARP", "BGP", "Both"]
MODES: Final[tuple[Mode, ...]] = get_args(Mode)
NOT_ADVERTISED: Final = "None"
"""Shown as mode of a pool that no advertisement is for."""

KINDS_BY_MODE: Final[Mapping[Mode, tuple[str, ...]]] = {
    "ARP": (L2_ADVERTISEMENT,),
    "BGP": (BGP_ADVERTISEMENT,),
    "Both": (L2_ADVERTISEMENT, BGP_ADVERTISEMENT),
}


def names(inventory: Inventory) -> tuple[str, ...]:
    """Name every load balancer, sorted: each pool is one."""
    return tuple(sorted(key.name for key in inventory.objects(POOL)))


def parts(name: str, inventory: Inventory) -> dict[str, Json]:
    """Give the objects that are one load balancer; empty if there is no such pool.

    Returns:
        {kind: object}: the pool, and the advertisements that carry the load balancer's label. Where the pool does not
        carry it, the first advertisement of each kind that is for it, to be read only.
    """
    pool = inventory.object(POOL, name)
    if pool is None:
        return {}
    result = {POOL: pool}
    for kind in ADVERTISEMENTS:
        item = inventory.object(kind, name)
        if is_made_here(pool):
            if item is not None and is_made_here(item):
                result[kind] = item
        elif meant := advertisements(name, kind, inventory):
            result[kind] = inventory.object(kind, meant[0])
    return result


def is_made_here(item: Json) -> bool:
    """Whether an object was made by `lbkit load-balancer`."""
    return LABEL in (found(item, ("metadata", "labels")) or {})


def advertisements(pool: str, kind: str, inventory: Inventory) -> tuple[str, ...]:
    """Name the advertisements of a kind that are for a pool, sorted."""
    view = next((item for key, item in inventory.of(POOL, views.Pool).items() if key.name == pool), None)
    if view is None:
        return ()
    candidates: Iterable[views.L2Advertisement | views.BGPAdvertisement] = (
        inventory.of(kind, views.L2Advertisement).values()
        if kind == L2_ADVERTISEMENT
        else inventory.of(kind, views.BGPAdvertisement).values()
    )
    return tuple(sorted(each.name for each in candidates if each.pools.matches(view)))


def mode_of(name: str, inventory: Inventory) -> str:
    """Give the mode that the advertisements of a pool come to; `None` if it is not advertised."""
    there = tuple(kind for kind in ADVERTISEMENTS if advertisements(name, kind, inventory))
    return next((each for each, kinds in KINDS_BY_MODE.items() if kinds == there), NOT_ADVERTISED)


def document(name: str, inventory: Inventory) -> dict[str, Json]:
    """Give a load balancer as it is shown: az's properties and lbkit's.

    Returns:
        {property: value}; empty if there is no such pool.
    """
    objects = parts(name, inventory)
    if not objects:
        return {}
    status = _status(objects[POOL])
    return {
        "name": name,
        **shown(FIELDS, objects),
        "advertiseMode": mode_of(name, inventory),
        "provisioningState": provisioning_state(objects[POOL]),
        "problems": _problems(objects[POOL]),
        "assignedIPv4": status.assigned_ipv4,
        "assignedIPv6": status.assigned_ipv6,
        "availableIPv4": status.available_ipv4,
        "availableIPv6": status.available_ipv6,
        "quarantinedIPv4": status.quarantined_ipv4,
        "quarantinedIPv6": status.quarantined_ipv6,
        "services": [str(key) for key in holders(name, inventory)],
        "advertisements": [
            f"{kind}/{each}" for kind in ADVERTISEMENTS for each in advertisements(name, kind, inventory)
        ],
        "madeBy": "lbkit" if is_made_here(objects[POOL]) else "hand",
    }


def command_to_change(name: str, inventory: Inventory, options: str) -> str:
    """Give the command that changes a pool: its own where lbkit made it, else the one that edits its manifest."""
    pool = inventory.object(POOL, name)
    if pool is None or is_made_here(pool):
        return f"lbkit load-balancer update {name} {options}"
    return f"kubectl edit ipaddresspool -n {found(pool, ('metadata', 'namespace'))} {name}"


def holders(pool: str, inventory: Inventory) -> tuple[Key, ...]:
    """Name the Services that have an address of a pool, sorted."""
    view = next((item for key, item in inventory.of(POOL, views.Pool).items() if key.name == pool), None)
    if view is None:
        return ()
    return tuple(
        sorted(
            key
            for key, service in inventory.services.items()
            if any(address in piece for address in service.ingress for piece in view.ranges)
        )
    )


def provisioning_state(pool: Json) -> str:
    """Say how far a pool has come, in ARM's words.

    Returns:
        Succeeded or Failed once the controller has judged the pool as it is now; Updating while it has judged only an
        older one; Accepted before the first verdict; Deleting.
    """
    if found(pool, ("metadata", "deletionTimestamp")):
        return "Deleting"
    verdict = _verdict(pool)
    if verdict is None:
        # MetalLB writes counters and no verdict.
        return "Accepted" if _status(pool).available_ipv4 is None else "Succeeded"
    if verdict.observed_generation < int(found(pool, ("metadata", "generation")) or 0):
        return "Updating"
    return "Succeeded" if verdict.status == "True" else "Failed"


def create(name: str, namespace: str, changes: Mapping[str, Json]) -> Change:
    """Give the objects of a new load balancer; advertisements first, so that no address is ever without one.

    Args:
        name: its name.
        namespace: where the objects go.
        changes: {property: value}, with its mode; None is as if it were not given.

    Raises:
        InputError: no such mode, or a property that the mode has no use for.
    """
    wanted = _mode(changes)
    assert wanted is not None
    kinds = (*KINDS_BY_MODE[wanted], POOL)
    _refuse_misplaced(kinds, wanted, changes)
    objects = {kind: _new(kind, name, namespace) for kind in kinds}
    return Change(tuple(changed(FIELDS, objects, changes)[kind] for kind in kinds))


def update(name: str, inventory: Inventory, changes: Mapping[str, Json]) -> Change:
    """Give what changes of a load balancer.

    Args:
        name: of one that there is.
        inventory: what there is.
        changes: {property: value}; None takes a property away. With another mode, an advertisement that is added
            takes over the nodes of the other.

    Returns:
        Only objects that differ from what there is.

    Raises:
        InputError: as `create`.
    """
    objects = parts(name, inventory)
    namespace = str(found(objects[POOL], ("metadata", "namespace")) or "")
    wanted = _mode(changes)
    kinds = KINDS_BY_MODE[wanted] if wanted else tuple(kind for kind in ADVERTISEMENTS if kind in objects)
    _refuse_misplaced((*kinds, POOL), wanted or mode_of(name, inventory), changes)
    kept = {kind: objects.get(kind) or _new(kind, name, namespace) for kind in (*kinds, POOL)}
    inherited = {"nodeSelector": shown(FIELDS, objects)["nodeSelector"] or None} if wanted else {}
    result = changed(FIELDS, kept, {**inherited, **changes})
    put = tuple(item for kind, item in result.items() if item != objects.get(kind))
    gone = tuple((kind, Key(namespace, name)) for kind in ADVERTISEMENTS if kind in objects and kind not in kept)
    return Change(put, gone)


def delete(name: str, inventory: Inventory) -> Change:
    """Give what goes with a load balancer: the pool first, so that no address is given out any more."""
    objects = parts(name, inventory)
    namespace = str(found(objects[POOL], ("metadata", "namespace")) or "")
    kinds = [kind for kind in (POOL, *ADVERTISEMENTS) if kind in objects and is_made_here(objects[kind])]
    return Change(gone=tuple((kind, Key(namespace, name)) for kind in kinds))


def _mode(changes: Mapping[str, Json]) -> Mode | None:
    """Read the mode in any case; None where it is not given."""
    text = str(changes.get("advertiseMode") or "").strip()
    for each in MODES:
        if text.lower() == each.lower():
            return each
    if text:
        raise InputError(Problem("--advertise-mode", f'got "{text}", wanted {", ".join(MODES[:-1])} or {MODES[-1]}'))
    return None


def _refuse_misplaced(kinds: Iterable[str], mode: str, changes: Mapping[str, Json]) -> None:
    """Refuse what says something of an advertisement that is not there."""
    problems = [
        Problem(field.option, f"means nothing in mode {mode}; it is a property of {' and '.join(field.kinds)}")
        for field in FIELDS
        if field.kinds and changes.get(field.name) is not None and not set(field.kinds) & set(kinds)
    ]
    if problems:
        raise InputError(*problems)


def _users(name: str, inventory: Inventory) -> str:
    there = holders(name, inventory)
    return (
        f"{some(there, 'Service', 'Services')} would lose {'its' if len(there) == 1 else 'their'} address"
        if there
        else ""
    )


def _unchangeable(name: str, inventory: Inventory) -> str:
    pool = inventory.object(POOL, name)
    if pool is None or is_made_here(pool):
        return ""
    namespace = found(pool, ("metadata", "namespace"))
    return (
        f'IPAddressPool "{name}" was written by hand. Cure: change its manifest, or make it a load balancer of lbkit: '
        f"kubectl label -n {namespace} ipaddresspool/{name} {LABEL}={name} (and its advertisement, which must have the "
        f"name {name}, too)"
    )


def _free(document: Mapping[str, Json]) -> str:
    counts = [document["availableIPv4"], document["availableIPv6"]]
    return "-" if None in counts else str(sum(counts))


def _used(document: Mapping[str, Json]) -> str:
    counts = [document["assignedIPv4"], document["assignedIPv6"]]
    return "-" if None in counts else str(sum(counts))


GROUP_OF_COMMANDS: Final = Group(
    command="load-balancer",
    title="load balancer",
    fields=FIELDS,
    required=("addresses", "advertiseMode"),
    names=names,
    document=document,
    create=create,
    update=update,
    delete=delete,
    users=_users,
    unchangeable=_unchangeable,
    columns=(
        Column("NAME", lambda document: text_of(document["name"])),
        Column("ADDRESSES", lambda document: short(document["addresses"])),
        Column("MODE", lambda document: text_of(document["advertiseMode"])),
        Column("PEERS", lambda document: short(document["bgpPeers"]) if document["bgpPeers"] else _all_peers(document)),
        Column("SELECTOR", lambda document: text_of(document["serviceSelector"])),
        Column("USED", _used),
        Column("FREE", _free),
        Column("STATE", lambda document: text_of(document["provisioningState"])),
    ),
)


def _all_peers(document: Mapping[str, Json]) -> str:
    """An advertisement that names no peer is for all of them."""
    return "all" if document["advertiseMode"] in {"BGP", "Both"} else "-"


def _new(kind: str, name: str, namespace: str) -> Json:
    spec: Json = {} if kind == POOL else {"ipAddressPools": [name]}
    metadata = {"name": name, "namespace": namespace, "labels": {LABEL: name}}
    return {"apiVersion": f"{GROUP}/v1beta1", "kind": kind, "metadata": metadata, "spec": spec}


def _status(pool: Json) -> PoolStatus:
    """Read a pool's status; one that cannot be read says nothing."""
    try:
        return msgspec.convert(pool.get("status") or {}, PoolStatus)
    except msgspec.ValidationError:
        return PoolStatus()


def _verdict(pool: Json) -> Condition | None:
    return next((each for each in _status(pool).conditions or () if each.type == CONDITION_VALID), None)


def _problems(pool: Json) -> list[str]:
    verdict = _verdict(pool)
    return verdict.message.splitlines() if verdict is not None and verdict.status == "False" else []
