"""What a user is told when a Service has no address, and what a Service asked for: typed readings of a history.

A reason counts wherever Kubernetes shows one: a Warning Event about the Service, or a condition of its status that
is False (API conventions, "Typical status properties").

Pure.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Any

from conformance.suite import seen
from conformance.suite.facts import IPAddress, is_inside
from conformance.suite.history import History

Object = dict[str, Any]  # Any: a Kubernetes object is JSON


def events(history: History, name: str, kind: str = "Service") -> tuple[Object, ...]:
    """Return the Events about an object, as {type, reason, message}, in the order of the listings."""
    listed = [item for event in history.of("kube", "events") for item in event.data["events"]]
    return tuple(item for item in listed if (item["about_kind"], item["about"]) == (kind, name))


def refusals(history: History, kind: str) -> dict[str, str]:
    """Return {object name: the API server's words} of the writes of a kind that were refused, the last of each."""
    failed = [event.data for event in history.of("drive", "write") if event.data["phase"] == "fail"]
    return {str(data["name"]): str(data["error"]) for data in failed if data["object_kind"] == kind}


def conditions(history: History, kind: str, name: str) -> tuple[Object, ...]:
    """Return the status conditions of an object, of every look at it."""
    looks = [event.data for event in history.of("kube", "object") if event.data["object"]]
    mine = [data["object"] for data in looks if (data["object_kind"], data["name"]) == (kind, name)]
    return tuple(c for obj in mine for c in (obj.get("status") or {}).get("conditions") or ())


@dataclass(frozen=True, slots=True)
class Complaint:
    """A reason a Service was given for having no address.

    Args:
        t_ns: when the watch or a look at the Events showed it first.
        reason: one word, for programs.
        message: for people.
    """

    t_ns: int
    reason: str
    message: str


def complaints_at(history: History, name: str) -> tuple[Complaint, ...]:
    """Return the reasons a Service was given for having no address, each once, by time.

    Args:
        history: where to look.
        name: of the Service.
    """
    found: dict[tuple[str, str], int] = {}
    for event in history.of("kube", "events"):
        for item in event.data["events"]:
            if (item["about_kind"], item["about"], item["type"]) == ("Service", name, "Warning"):
                found.setdefault((item["reason"], item["message"]), event.t_ns)
    for event in history.of("kube", "service"):
        obj = event.data["object"]
        conditions = obj.get("status", {}).get("conditions") or () if obj["metadata"]["name"] == name else ()
        for condition in conditions:
            key = (condition.get("reason", ""), condition.get("message", ""))
            if condition.get("status") == "False":
                found[key] = min(found.get(key, event.t_ns), event.t_ns)
    return tuple(Complaint(t_ns, *key) for key, t_ns in sorted(found.items(), key=lambda item: item[1]))


def complaints(history: History, name: str) -> tuple[str, ...]:
    """Return the reasons a Service was given for having no address, each as "Reason: message".

    Args:
        history: where to look.
        name: of the Service.
    """
    return tuple(f"{told.reason}: {told.message}" for told in complaints_at(history, name))


def asked_addresses(service: Object) -> tuple[IPAddress, ...]:
    """Return the addresses that a Service asks for, by annotation or by spec.loadBalancerIP."""
    texts = [str(service.get("spec", {}).get("loadBalancerIP") or ""), _annotation(service, "/loadBalancerIPs")]
    return tuple(ip_address(part.strip()) for text in texts for part in text.split(",") if part.strip())


def asked_pool(service: Object) -> str:
    """Return the name of the pool that a Service asks for; "" if it asks for none."""
    return _annotation(service, "/address-pool")


def _annotation(obj: Object, ending: str) -> str:
    annotations = obj["metadata"].get("annotations", {})
    return next((str(value) for name, value in annotations.items() if name.endswith(ending)), "")


def given(history: History) -> Iterator[tuple[seen.ServiceState, IPAddress, Object, Object]]:
    """Yield each address that a Service showed, in order, with the Service as created and the pool it is from.

    Args:
        history: where to look.

    Yields:
        (state, address, Service, pool); the pool is empty where no pool holds the address.
    """
    services = {write.name: write.object for write in seen.writes(history, "Service", "create")}
    pools = [write.object for write in seen.writes(history, "IPAddressPool", "create", "apply")]
    for state in seen.services(history):
        for address in state.addresses if state.name in services and not state.is_deleted else ():
            holding = [pool for pool in pools if is_inside(address, tuple(pool["spec"]["addresses"]))]
            yield state, address, services[state.name], holding[0] if holding else {}
