"""MetalLB's older formats as manifests of today: the ConfigMap of before 0.13, AddressPool, BGPPeer v1beta1.

Source: MetalLB's `configmaptocrs` (names of peers), release notes 0.13 and 0.14 (AddressPool is gone).

Pure.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Final

from lbkit.model.names import GROUP
from lbkit.operator.arc import Converted
from lbkit.operator.fields import Json
from lbkit.operator.inventory import (
    BFD_PROFILE,
    BGP_ADVERTISEMENT,
    BGP_PEER,
    COMMUNITY,
    CONFIGURATION,
    L2_ADVERTISEMENT,
    POOL,
)
from lbkit.operator.manifests import load_all, tidy

_OLD_POOL: Final = "AddressPool"
_PEER_KEYS: Final = {
    "my-asn": "myASN",
    "peer-asn": "peerASN",
    "peer-address": "peerAddress",
    "peer-port": "peerPort",
    "source-address": "sourceAddress",
    "hold-time": "holdTime",
    "keepalive-time": "keepaliveTime",
    "router-id": "routerID",
    "password": "password",
    "bfd-profile": "bfdProfile",
    "ebgp-multihop": "ebgpMultiHop",
    "node-selectors": "nodeSelectors",
}
_PROFILE_KEYS: Final = {
    "receive-interval": "receiveInterval",
    "transmit-interval": "transmitInterval",
    "detect-multiplier": "detectMultiplier",
    "echo-interval": "echoInterval",
    "echo-mode": "echoMode",
    "passive-mode": "passiveMode",
    "minimum-ttl": "minimumTtl",
}
_ADVERTISEMENT_KEYS: Final = {
    "aggregation-length": "aggregationLength",
    "aggregation-length-v6": "aggregationLengthV6",
    "localpref": "localPref",
    "communities": "communities",
}
_CAMEL_ADVERTISEMENT: Final = frozenset(_ADVERTISEMENT_KEYS.values())


def convert(item: Json, namespace: str) -> Converted:
    """Turn one object, of whatever age, into manifests of today.

    Args:
        item: an object of MetalLB's API, or the ConfigMap.
        namespace: where the manifests go.

    Returns:
        The manifests; none for what is no configuration of MetalLB's, which a note then says.
    """
    kind, name = str(item.get("kind")), str((item.get("metadata") or {}).get("name") or "")
    if kind == "ConfigMap":
        return _config_map(item, namespace)
    if not str(item.get("apiVersion", "")).startswith(f"{GROUP}/") or kind not in (*CONFIGURATION, _OLD_POOL):
        return Converted((), (f"{kind} {name} is no configuration of MetalLB's; left out",))
    if kind == _OLD_POOL:
        return _address_pool(item, namespace)
    notes: list[str] = []
    clean = tidy(item)
    before = str((item.get("metadata") or {}).get("namespace") or "none")
    if before != namespace:
        notes.append(f"{kind} {name}: namespace {before} becomes {namespace}, the only one that is read")
    clean["metadata"] = {**clean["metadata"], "namespace": namespace}
    if kind == BGP_PEER and clean["apiVersion"] != f"{GROUP}/v1beta2":
        notes.append(f"{kind} {name}: apiVersion {clean['apiVersion']} becomes {GROUP}/v1beta2")
        clean["apiVersion"] = f"{GROUP}/v1beta2"
        clean["spec"] = {**clean["spec"], **_new_selectors(clean["spec"])}
    return Converted((clean,), tuple(notes))


def _new_selectors(spec: Json) -> dict[str, Json]:
    """v1beta1's node selectors are shaped like today's; empty parts are left out."""
    selectors = spec.get("nodeSelectors")
    return {"nodeSelectors": [dict(each) for each in selectors]} if selectors else {}


def _object(kind: str, name: str, namespace: str, spec: Json) -> Json:
    version = "v1beta2" if kind == BGP_PEER else "v1beta1"
    metadata = {"name": name, "namespace": namespace}
    return {"apiVersion": f"{GROUP}/{version}", "kind": kind, "metadata": metadata, "spec": spec}


def _address_pool(item: Json, namespace: str) -> Converted:
    name, spec = str(item["metadata"]["name"]), dict(item.get("spec") or {})
    protocol = str(spec.pop("protocol", ""))
    advertisements = spec.pop("bgpAdvertisements", None) or ()
    made = [_object(POOL, name, namespace, spec)]
    made += _advertised(name, namespace, protocol, [dict(each) for each in advertisements])
    there = ", ".join(each["kind"] for each in made)
    return Converted(tuple(made), (f"{_OLD_POOL} {name} becomes {there}",))


def _advertised(name: str, namespace: str, protocol: str, advertisements: list[dict[str, Json]]) -> Iterator[Json]:
    """Give the advertisements of an old pool: its protocol said how it was announced."""
    if protocol == "layer2":
        yield _object(L2_ADVERTISEMENT, name, namespace, {"ipAddressPools": [name]})
        return
    for number, each in enumerate(advertisements or [{}], 1):
        suffix = "" if len(advertisements) < 2 else f"-{number}"
        kept = {key: value for key, value in each.items() if key in _CAMEL_ADVERTISEMENT and value not in (None, [])}
        yield _object(BGP_ADVERTISEMENT, f"{name}{suffix}", namespace, {"ipAddressPools": [name], **kept})


def _config_map(item: Json, namespace: str) -> Converted:
    """Read the ConfigMap; keys that are not known are told.

    Raises:
        InputError: what is in it is no YAML.
    """
    documents = load_all(str((item.get("data") or {}).get("config", "")), "data.config")
    if len(documents) != 1 or "address-pools" not in documents[0].item:
        name = (item.get("metadata") or {}).get("name")
        return Converted((), (f"ConfigMap {name} is no configuration of MetalLB's; left out",))
    config = documents[0].item
    notes: list[str] = []
    sections: dict[str, Callable[[Json], Iterator[Json]]] = {
        "address-pools": lambda pools: _pools(pools, namespace, notes),
        "peers": lambda peers: _peers(peers, namespace, notes),
        "bfd-profiles": lambda profiles: _profiles(profiles, namespace, notes),
        "bgp-communities": lambda aliases: _communities(aliases, namespace),
    }
    made: list[Json] = []
    for key, value in config.items():
        if key in sections:
            made += sections[key](value or ())
        else:
            notes.append(f"ConfigMap: the section {key} is not known; left out")
    return Converted(tuple(made), tuple(notes))


def _renamed(
    what: str, entry: Json, keys: Mapping[str, str], notes: list[str], *, but: tuple[str, ...]
) -> dict[str, Json]:
    """Give the entries of a mapping under today's names."""
    renamed = {}
    for key, value in entry.items():
        if key in keys:
            renamed[keys[key]] = value
        elif key not in but:
            notes.append(f"{what}: {key} is not known; left out")
    return renamed


def _pools(pools: Json, namespace: str, notes: list[str]) -> Iterator[Json]:
    for entry in pools:
        name = str(entry.get("name", ""))
        what = f"address pool {name}"
        keys = {"addresses": "addresses", "auto-assign": "autoAssign", "avoid-buggy-ips": "avoidBuggyIPs"}
        spec = _renamed(what, entry, keys, notes, but=("name", "protocol", "bgp-advertisements"))
        yield _object(POOL, name, namespace, spec)
        advertisements = [
            _renamed(what, each, _ADVERTISEMENT_KEYS, notes, but=()) for each in entry.get("bgp-advertisements") or ()
        ]
        yield from _advertised(name, namespace, str(entry.get("protocol", "")), advertisements)


def _peers(peers: Json, namespace: str, notes: list[str]) -> Iterator[Json]:
    for number, entry in enumerate(peers, 1):
        name = f"peer{number}"
        spec = _renamed(f"peer {entry.get('peer-address')}", entry, _PEER_KEYS, notes, but=())
        if "nodeSelectors" in spec:
            spec["nodeSelectors"] = [_selector(each) for each in spec["nodeSelectors"] or ()]
        if spec.get("password"):
            notes.append(f"peer {entry.get('peer-address')}: its password is written in clear; passwordSecret hides it")
        yield _object(BGP_PEER, name, namespace, spec)


def _selector(entry: Json) -> Json:
    renamed = {"match-labels": "matchLabels", "match-expressions": "matchExpressions"}
    return {renamed.get(key, key): value for key, value in entry.items()}


def _profiles(profiles: Json, namespace: str, notes: list[str]) -> Iterator[Json]:
    for entry in profiles:
        name = str(entry.get("name", ""))
        spec = _renamed(f"BFD profile {name}", entry, _PROFILE_KEYS, notes, but=("name",))
        yield _object(BFD_PROFILE, name, namespace, spec)


def _communities(aliases: Json, namespace: str) -> Iterator[Json]:
    if aliases:
        pairs = [{"name": name, "value": str(value)} for name, value in aliases.items()]
        yield _object(COMMUNITY, "communities", namespace, {"communities": pairs})
