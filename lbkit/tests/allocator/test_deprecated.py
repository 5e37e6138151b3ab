"""Rules for annotations with an old name.

Pure.
"""

from dataclasses import replace

import pytest

from lbkit.allocator.deprecated import newly_deprecated, warning
from lbkit.model import names
from lbkit.model.views import Condition, Service
from lbkit.tests.allocator.build import service

OLD = {"metallb.universe.tf/address-pool": "p", "metallb.universe.tf/allow-shared-ip": "k"}
PLAIN, USES = service(), service(annotations=OLD)
TOLD = (Condition(names.CONDITION_ALLOCATED, "True", "Assigned", ""),)


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        pytest.param(None, PLAIN, [], id="a new one without"),
        pytest.param(None, USES, list(OLD), id="a new one with two"),
        pytest.param(None, replace(USES, conditions=TOLD), [], id="known to an earlier process"),
        pytest.param(USES, USES, [], id="told already"),
        pytest.param(PLAIN, USES, list(OLD), id="begins to"),
        pytest.param(
            replace(PLAIN, conditions=TOLD), replace(USES, conditions=TOLD), list(OLD), id="begins to, served"
        ),
        pytest.param(USES, PLAIN, [], id="ends to"),
        pytest.param(
            service(annotations={"metallb.universe.tf/address-pool": "q"}), USES, list(OLD)[1:], id="one more"
        ),
        pytest.param(replace(USES, uid="old"), USES, list(OLD), id="another one of its name"),
        pytest.param(None, replace(USES, is_load_balancer=False), [], id="no load balancer"),
        pytest.param(replace(USES, is_load_balancer=False), USES, list(OLD), id="becomes a load balancer"),
        pytest.param(None, service(annotations={"metallb.io/address-pool": "p"}), [], id="the newer name"),
    ],
)
def test_an_old_name_is_told_when_it_begins_to_be_used(
    before: Service | None, after: Service, expected: list[str]
) -> None:
    """Not at each look, and not after a restart."""
    assert list(newly_deprecated(before, after)) == expected


def test_the_warning_has_metallb_s_words() -> None:
    """Filters and habits carry over, and what to do is beside them."""
    record = warning(USES, "metallb.universe.tf/address-pool")
    assert (record.type, record.reason) == ("Warning", "deprecatedAnnotation")
    assert record.message == (
        "Service uses deprecated annotation metallb.universe.tf/address-pool; use metallb.io/address-pool"
    )
