"""Objects with a value in them that nobody meant, for whoever reads objects to stumble over.

Pure.
"""

import copy
import random
from typing import Any, Final

Object = dict[str, Any]  # Any: a Kubernetes object is JSON

SPOILT: Final = "spoilt-"
"""Begins the names of such objects."""
ODD: Final[tuple[Any, ...]] = (
    *("", "\u0000", "x" * 70_000, "10.10.0.300", "10.0.0.9-10.0.0.1", "0.0.0.0/99", "::/0", "-1", "\u202e1.0.0.1"),
    *(0, -1, 2**31, 2**63, 1.5, True, None),
    *([], [[]], {}, {"": ""}, [""] * 100),
)
"""Values that a field may hold by mistake or malice."""


def spoilt(obj: Object, rng: random.Random) -> Object:
    """Return an object whose spec has one value, at any depth, put in place of another or added.

    Args:
        obj: with a spec that has a field at least.
        rng: decides which, and by what.
    """
    made = copy.deepcopy(obj)
    at: Any = made["spec"]
    while True:
        keys = list(at) if isinstance(at, dict) else list(range(len(at)))
        key = rng.choice(keys)
        if not isinstance(at[key], dict | list) or not at[key] or rng.random() < 0.3:
            at[key] = rng.choice(ODD)
            return made
        at = at[key]
