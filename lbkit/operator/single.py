"""Resources that are one object in the cluster: how they are made, changed and deleted.

Pure.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from lbkit.model.names import GROUP
from lbkit.operator.fields import Field, Json, changed
from lbkit.operator.group import Change
from lbkit.operator.inventory import Inventory, key_of


@dataclass(frozen=True, slots=True)
class Single:
    """One kind of object, written by a table of fields.

    Args:
        version: of MetalLB's API, as new objects have it.
    """

    kind: str
    version: str
    fields: tuple[Field, ...]

    def names(self, inventory: Inventory) -> tuple[str, ...]:
        """Name all there are, sorted."""
        return tuple(sorted(key.name for key in inventory.objects(self.kind)))

    def create(self, name: str, namespace: str, changes: Mapping[str, Json]) -> Change:
        """Give a new object: {property: value} is all it says."""
        metadata = {"name": name, "namespace": namespace}
        item = {"apiVersion": f"{GROUP}/{self.version}", "kind": self.kind, "metadata": metadata, "spec": {}}
        return Change((changed(self.fields, {self.kind: item}, changes)[self.kind],))

    def update(self, name: str, inventory: Inventory, changes: Mapping[str, Json]) -> Change:
        """Give the object with some properties changed; nothing if they are so already."""
        item = inventory.object(self.kind, name)
        after = changed(self.fields, {self.kind: item}, changes)[self.kind]
        return Change((after,) if after != item else ())

    def delete(self, name: str, inventory: Inventory) -> Change:
        """Give what is to be deleted."""
        return Change(gone=((self.kind, key_of(inventory.object(self.kind, name))),))
