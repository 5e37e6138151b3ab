"""What a history keeps of Kubernetes objects: the few fields that checks read.

Pure.
"""

from typing import Any

Object = dict[str, Any]  # Any: a Kubernetes object is JSON


def is_ready(pod: Object) -> bool:
    """Say whether a pod serves: Ready, and not going."""
    return "deletionTimestamp" not in pod["metadata"] and _answers(pod)


def container_statuses(pod: Object) -> list[Object]:
    """List the statuses of a pod's containers, and of those that are init containers or sidecars."""
    status = pod.get("status", {})
    return [*status.get("containerStatuses", ()), *status.get("initContainerStatuses", ())]


def running_id(status: Object) -> str:
    """Return the id of a container by its status; "" if it does not run."""
    is_running = "running" in status.get("state", {})
    return str(status.get("containerID", "")).rpartition("/")[2] if is_running else ""


def _answers(pod: Object) -> bool:
    conditions = pod.get("status", {}).get("conditions", [])
    return any(c["type"] == "Ready" and c["status"] == "True" for c in conditions)


def pod(found: Object) -> Object:
    """Keep where a pod is, whether it is ready or ends and still answers its probe, and its labels."""
    labels, is_going = found["metadata"].get("labels", {}), "deletionTimestamp" in found["metadata"]
    told = {"node": found["spec"].get("nodeName", ""), "ready": is_ready(found), "labels": labels}
    return {**told, "serves_on": is_going and _answers(found)}


def node(found: Object) -> Object:
    """Keep a node's labels and its InternalIPs."""
    addresses = [a["address"] for a in found["status"]["addresses"] if a["type"] == "InternalIP"]
    return {"labels": found["metadata"].get("labels", {}), "addresses": addresses}


def event(found: Object) -> Object:
    """Keep what an Event says, and of whom."""
    about = found.get("involvedObject", {})
    told = {key: found.get(key, "") for key in ("type", "reason", "message")}
    return {**told, "about_kind": about.get("kind", ""), "about": about.get("name", "")}
