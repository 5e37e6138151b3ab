"""A recorder that also counts which Services there are and which have an address, for drives too large to ask anew.

Shell: that of the recorder.
"""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from conformance.suite.history import Event
from conformance.suite.recorder import Recorder

_LOOK_S: Final = 0.05


class Tally(Recorder):
    """The growing history of one drive with thousands of Services.

    Args:
        path: the JSON-lines file to write.

    Attributes:
        addresses: {Service: its addresses}, as the watch showed them last; of those that exist.
    """

    def __init__(self, path: Path) -> None:
        self.addresses: dict[str, tuple[str, ...]] = {}
        self.is_watching = False
        super().__init__(path)

    def add(self, event: Event) -> None:
        """Add an event, and count it if it is a Service's."""
        super().add(event)
        if (event.source, event.kind) == ("kube", "watching"):
            self.is_watching = True
        if (event.source, event.kind) != ("kube", "service"):
            return
        item = event.data["object"]
        name = str(item["metadata"]["name"])
        if event.data["type"] == "DELETED":
            self.addresses.pop(name, None)
        else:
            ingress = (item.get("status", {}).get("loadBalancer") or {}).get("ingress") or []
            self.addresses[name] = tuple(str(entry["ip"]) for entry in ingress if entry.get("ip"))

    @property
    def assigned(self) -> int:
        """How many Services have an address."""
        return sum(1 for addresses in tuple(self.addresses.values()) if addresses)

    def await_assigned(self, count: int, timeout_s: float) -> bool:
        """Wait until so many Services have an address.

        Returns:
            Whether they do; False when the time is over.
        """
        return self._await(lambda: self.assigned >= count, timeout_s)

    def await_gone(self, timeout_s: float) -> bool:
        """Wait until there is no Service.

        Returns:
            Whether there is none; False when the time is over.
        """
        return self._await(lambda: not self.addresses, timeout_s)

    def await_watching(self, timeout_s: float) -> bool:
        """Wait until the watch of another process has begun.

        Returns:
            Whether it has; False when the time is over.
        """
        return self._await(lambda: self.is_watching, timeout_s)

    @staticmethod
    def _await(is_so: Callable[[], bool], timeout_s: float) -> bool:
        deadline = time.monotonic() + timeout_s
        while not is_so():
            if time.monotonic() > deadline:
                return False
            time.sleep(_LOOK_S)
        return True
