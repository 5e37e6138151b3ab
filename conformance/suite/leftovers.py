"""Takes back what a run that was killed left on the cluster's nodes: labels and cordons that only the suite sets.

Which those are is in the nodes' own `metadata.managedFields`, so nothing has to be remembered.

Shell: the API server.
"""

from conformance.suite.declared import FIELD_MANAGER
from conformance.suite.kube import Kube, Object


def marks(node: Object) -> Object:
    """Return the merge patch that takes the suite's marks off a node; empty if it bears none. Pure.

    Args:
        node: as the API server has it, with its managedFields.
    """
    owned = [e for e in node["metadata"].get("managedFields", []) if e.get("manager") == FIELD_MANAGER]
    fields = [entry.get("fieldsV1", {}) for entry in owned]
    labels = {
        key.removeprefix("f:"): None
        for each in fields
        for key in each.get("f:metadata", {}).get("f:labels", {})
        if key != "."
    }
    is_cordoned = any("f:unschedulable" in each.get("f:spec", {}) for each in fields)
    patch: Object = {"metadata": {"labels": labels}} if labels else {}
    return patch | ({"spec": {"unschedulable": None}} if is_cordoned else {})


def clear_nodes(kube: Kube) -> None:
    """Take the suite's marks off all nodes.

    Raises:
        ApiError: a node could not be patched.
    """
    for node in kube.list("Node"):
        if patch := marks(node):
            meta = {**patch.get("metadata", {}), "name": node["metadata"]["name"]}
            kube.patch({"kind": "Node", **patch, "metadata": meta})
