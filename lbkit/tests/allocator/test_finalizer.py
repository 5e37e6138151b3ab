"""Rules for the finalizer: when it is placed, and when it may go.

Pure.
"""

from dataclasses import replace
from typing import Any

import pytest

from lbkit.allocator.decide import decide
from lbkit.allocator.finalizer import FinalizerChange, finalizer_change
from lbkit.allocator.outcome import Release
from lbkit.allocator.render import render
from lbkit.model.names import FINALIZER, PLACED_FINALIZER
from lbkit.tests.allocator.build import NOW, book, pool, service

OURS: dict[str, Any] = {  # Any: fields of Service
    "finalizers": (FINALIZER,),
    "annotations": {PLACED_FINALIZER: FINALIZER},
}
SHOWN: dict[str, Any] = {"ingress": ["10.0.0.0"]}
GUARDED = pool("p", "10.0.0.0/30", has_finalizer=True)
OPEN = pool("p", "10.0.0.0/30")
NONE, ADD, REMOVE, LATER = FinalizerChange


@pytest.mark.parametrize(
    ("rule", "chosen", "change", "is_withdrawn", "expected"),
    [
        ("the pool asks for it", GUARDED, {}, False, ADD),
        ("the pool does not ask", OPEN, {}, False, NONE),
        ("it is there", GUARDED, SHOWN | OURS, False, NONE),
        ("somebody took it away", GUARDED, SHOWN | OURS | {"finalizers": ()}, False, ADD),
        ("the pool asks no more", OPEN, SHOWN | OURS, False, REMOVE),
        ("deleted, still shown", GUARDED, SHOWN | OURS | {"is_deleting": True}, True, NONE),
        ("deleted, just withdrawn", GUARDED, OURS | {"is_deleting": True}, False, LATER),
        ("deleted, withdrawn", GUARDED, OURS | {"is_deleting": True}, True, REMOVE),
        ("no load balancer, withdrawn", GUARDED, OURS | {"is_load_balancer": False}, True, REMOVE),
        ("refused, just withdrawn", None, OURS, False, LATER),
        ("deleted, another's", GUARDED, {"finalizers": (FINALIZER,), "is_deleting": True}, True, NONE),
        ("another's will do", GUARDED, {"finalizers": (FINALIZER,)}, False, NONE),
        ("host name still shown", GUARDED, OURS | {"is_deleting": True, "foreign_ingress": True}, True, NONE),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_rule(
    rule: str, chosen: Any, change: dict[str, Any], is_withdrawn: bool, expected: FinalizerChange
) -> None:  # Any: Pool or None; fields of Service
    """The finalizer is there from the first address until some time after the last."""
    opened = book(*([chosen] if chosen else []))
    item = service(**change)
    outcome = decide(item, {}, opened)
    assert finalizer_change(item, outcome, opened.pools, is_withdrawn=is_withdrawn) is expected


def test_a_patch_touches_our_finalizer_only() -> None:
    """It adds to or takes from the list, and never replaces it; our mark goes with it."""
    item = service(finalizers=("example.com/other",))
    patch = render(item, decide(item, {}, book(GUARDED)), NOW, ADD)
    assert patch is not None
    metadata: Any = patch.body["metadata"]  # Any: JSON
    assert metadata["finalizers"] == [FINALIZER]
    assert metadata["annotations"][PLACED_FINALIZER] == FINALIZER
    patch = render(replace(service(**OURS), is_deleting=True), Release(), NOW, REMOVE)
    assert patch is not None
    assert patch.body == {
        "metadata": {
            "resourceVersion": "1",
            "$deleteFromPrimitiveList/finalizers": [FINALIZER],
            "annotations": {PLACED_FINALIZER: None},
        }
    }
    assert patch.events == ()


def test_a_service_that_is_being_deleted_gives_its_address_back() -> None:
    """Whatever finalizer keeps it: who deletes a Service wants it to stop."""
    assert decide(service(ingress=["10.0.0.0"], is_deleting=True), {}, book(OPEN)) == Release()
