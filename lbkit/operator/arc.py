"""Azure Arc's load balancers, peers and profiles as MetalLB manifests, and back.

Both directions go through the tables of fields, so that what one side has and the other has not is known, and told:
nothing is dropped in silence.
Source: Azure Arc `Microsoft.KubernetesRuntime` loadBalancers (2024-03-01), bgpPeers and bfdProfiles (2024-08-01); Azure
CLI extension k8s-runtime, whose `show` writes the properties flat.

Pure.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from lbkit.errors import InputError, Problem
from lbkit.operator import bfd_profile, bgp_peer, load_balancer, words
from lbkit.operator.arm import Resource, is_template, resources
from lbkit.operator.fields import Field, Json, found
from lbkit.operator.group import Group
from lbkit.operator.inventory import BFD_PROFILE, BGP_PEER, COMMUNITY, POOL, Inventory

PROVIDER: Final = "Microsoft.KubernetesRuntime"
SCHEMA: Final = "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#"
CLUSTER: Final = "Microsoft.Kubernetes/connectedClusters"

_GROUPS: Final[Mapping[str, tuple[Group, str, str]]] = {
    "bfdprofiles": (bfd_profile.GROUP_OF_COMMANDS, "bfdProfiles", "2024-08-01"),
    "bgppeers": (bgp_peer.GROUP_OF_COMMANDS, "bgpPeers", "2024-08-01"),
    "loadbalancers": (load_balancer.GROUP_OF_COMMANDS, "loadBalancers", "2024-03-01"),
}
"""{type in small letters: (group, type as Azure writes it, API version)}, in the order in which one uses the other."""
_READ_ONLY: Final = frozenset({"provisioningstate"})
_ARM_ONLY: Final = frozenset({"id", "name", "type", "apiversion", "resourcegroup", "systemdata", "properties"})
_ARM_NAME: Final = re.compile(r"[a-zA-Z0-9-]{3,24}")
_ISO_DURATION: Final = re.compile(r"PT(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?")


@dataclass(frozen=True, slots=True)
class Converted:
    """What came of converting.

    Args:
        items: manifests, or the one template.
        notes: what was changed or could not be carried over, in sentences.
        problems: what could not be converted at all.
    """

    items: tuple[Json, ...]
    notes: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()


def is_arc(document: Json) -> bool:
    """Whether a document is of Azure: a template, what `az … show` or `list` prints, or what ARM answers."""
    if isinstance(document, list):
        return bool(document) and all(is_arc(each) for each in document)
    if not isinstance(document, dict) or "kind" in document:
        return False
    listed = document.get("value")
    if isinstance(listed, list) and "type" not in document:
        return is_arc(listed)
    return is_template(document) or str(document.get("type", "")).lower().startswith(f"{PROVIDER.lower()}/")


def read(document: Json, namespace: str, given: Mapping[str, Json] | None = None) -> Converted:
    """Turn Azure's resources into manifests.

    Args:
        document: as `is_arc` knows it.
        namespace: where the manifests go.
        given: {parameter of a template: value}.
    """
    items: list[Json] = []
    notes: list[str] = []
    problems: list[str] = []
    for each in _resources(document, given or {}):
        if isinstance(each, Problem):
            problems.append(str(each))
            continue
        try:
            converted = _manifests(each, namespace)
        except InputError as err:
            problems += [f"{each.type} {each.name}: {problem}" for problem in err.problems]
            continue
        items += converted.items
        notes += converted.notes
    return Converted(tuple(items), tuple(notes), tuple(problems))


def _resources(document: Json, given: Mapping[str, Json]) -> Iterator[Resource | Problem]:
    if isinstance(document, list):
        for each in document:
            yield from _resources(each, given)
    elif is_template(document):
        yield from resources(document, PROVIDER, given)
    elif isinstance(document.get("value"), list):
        yield from _resources(document["value"], given)
    else:
        # `az … show` writes the properties flat, ARM below `properties`.
        flat = {key: value for key, value in document.items() if key.lower() not in _ARM_ONLY}
        properties = {**flat, **(document.get("properties") or {})}
        yield Resource(str(document["type"]).lower(), str(document.get("name", "")), properties)


def _manifests(resource: Resource, namespace: str) -> Converted:
    """Turn one resource into its objects.

    Raises:
        InputError: a value that cannot be read, or something that is missing.
    """
    kind = resource.type.rsplit("/", 1)[-1]
    if kind not in _GROUPS:
        return Converted((), (f"{resource.type} {resource.name} has nothing to become in Kubernetes; left out",))
    group, title, _ = _GROUPS[kind]
    name, remark = words.name("name", resource.name)
    notes = [f"{title} {resource.name}: {remark}"] if remark else []
    by_name = {field.name.lower(): field for field in group.fields}
    changes: dict[str, Json] = {}
    for key, value in resource.properties.items():
        field = by_name.get(key.lower())
        if field is not None and value is not None:
            changes[field.name] = _value(field, value)
        elif field is None and key.lower() not in _READ_ONLY and value is not None:
            notes.append(f"{title} {resource.name}: property {key} is not known; left out")
    missing = [field for field in group.required if field not in changes]
    if missing:
        raise InputError(*(Problem(field, "is missing") for field in missing))
    return Converted(group.create(name, namespace, changes).put, tuple(notes))


def _value(field: Field, value: Json) -> Json:
    """Read a property as Azure writes it: numbers of seconds, ISO 8601 and Go durations, Enabled or true."""
    match field.typed:
        case "duration":
            text = str(value)
            iso = _ISO_DURATION.fullmatch(text)
            if iso:
                hours, minutes, seconds = (int(part or 0) for part in iso.groups())
                text = str(hours * 3600 + minutes * 60 + seconds)
            return words.duration(field.name, text)
        case "switch":
            return field.read(words.switch(field.name, str(value)))
        case "names":
            return [words.name(field.name, str(each))[0] for each in value] or None
        case "selector":
            return dict(value) or None
        case "addresses":
            return words.addresses([str(each) for each in value])
        case "word" if field.name == "bfdProfile":
            return words.name(field.name, str(value))[0]
        case _:
            return value


def write(inventory: Inventory) -> Converted:
    """Turn the configuration into an ARM template.

    Returns:
        One template, whose parameter names the cluster; and what Azure's resources have no place for.
    """
    notes: list[str] = []
    written: list[Json] = []
    names: dict[str, list[str]] = {}
    for key, (group, title, version) in _GROUPS.items():
        for name in group.names(inventory):
            resource, remarks = _resource(group, name, inventory)
            notes += (f"{title} {name}: {remark}" for remark in remarks)
            if resource is None:
                continue
            resource = {
                "type": f"{PROVIDER}/{title}",
                "apiVersion": version,
                "scope": "[variables('cluster')]",
                "name": name,
                "properties": resource,
            }
            depends = [
                f"[extensionResourceId(variables('cluster'), '{PROVIDER}/{_GROUPS[used][1]}', '{each}')]"
                for used, there in names.items()
                for each in there
                if _uses(resource, each)
            ]
            written.append({**resource, **({"dependsOn": depends} if depends else {})})
            names.setdefault(key, []).append(name)
    notes += [
        f"Community {key.name}: Azure's resources have no communities; left out" for key in inventory.objects(COMMUNITY)
    ]
    template = {
        "$schema": SCHEMA,
        "contentVersion": "1.0.0.0",
        "parameters": {
            "clusterName": {
                "type": "string",
                "metadata": {"description": "Name of the Arc-connected cluster, in the resource group deployed to."},
            }
        },
        "variables": {"cluster": f"[resourceId('{CLUSTER}', parameters('clusterName'))]"},
        "resources": written,
    }
    return Converted((template,), tuple(notes))


def _resource(group: Group, name: str, inventory: Inventory) -> tuple[dict[str, Json] | None, list[str]]:
    """Give the properties of one resource (None if Azure has nothing like it), and what is to be said of it."""
    document = group.document(name, inventory)
    if document.get("advertiseMode") == load_balancer.NOT_ADVERTISED:
        return None, ["no advertisement is for the pool, and Azure has no load balancer without; left out"]
    remarks: list[str] = []
    if not _ARM_NAME.fullmatch(name):
        remarks.append("Azure wants names of 3 to 24 letters, digits and dashes; rename it before you deploy")
    properties: dict[str, Json] = {}
    for field in group.fields:
        value = document[field.name]
        if not field.in_arc:
            if value not in (field.empty, None):
                remarks.append(f"{field.name} has no place in Azure's resource; left out")
        elif field.typed == "selector" and not isinstance(value, Mapping):
            remarks.append(f"{field.name} is more than labels with one value each; left out")
        elif value not in (None, [], {}):
            properties[field.name] = value
    remarks += (f"{each} has no place in Azure's resource; left out" for each in _leftovers(group, name, inventory))
    return properties, remarks


def _leftovers(group: Group, name: str, inventory: Inventory) -> Iterator[str]:
    """Name what the objects of a resource say and its table of fields does not have."""
    if group is load_balancer.GROUP_OF_COMMANDS:
        objects = load_balancer.parts(name, inventory)
        several = [
            f"{kind}/{each}"
            for kind in objects
            for each in load_balancer.advertisements(name, kind, inventory)
            if kind != POOL and found(objects[kind], ("metadata", "name")) != each
        ]
        yield from (f"a second advertisement ({each})" for each in several)
    else:
        kind = BGP_PEER if group is bgp_peer.GROUP_OF_COMMANDS else BFD_PROFILE
        objects = {kind: inventory.object(kind, name)}
    known = {field.path[1] for field in group.fields if len(field.path) > 1}
    known |= {"ipAddressPools", "ipAddressPoolSelectors", "disableMP", "dualStackAddressFamily"}
    for kind, item in objects.items():
        for key, value in (item.get("spec") or {}).items():
            if key not in known and value not in (None, False, [], {}):
                yield f"{kind} spec.{key}"
        if isinstance(item.get("spec"), dict) and item["spec"].get("dualStackAddressFamily"):
            yield f"{kind} spec.dualStackAddressFamily"


def _uses(resource: Json, name: str) -> bool:
    properties = resource["properties"]
    return name == properties.get("bfdProfile") or name in (properties.get("bgpPeers") or ())
