"""Variables are replaced as containerlab replaces them."""

import pytest

from lbkit.errors import InputError
from lbkit.lab.variables import substitute

ENVIRONMENT = {"SET": "value", "EMPTY": ""}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("${SET}", "value", id="braces"),
        pytest.param("$SET.", "value.", id="bare"),
        pytest.param("${SET:=other}", "value", id="set-wins-over-default"),
        pytest.param("${NONE:=kindest/node:v1.36.1}", "kindest/node:v1.36.1", id="default-with-colons"),
        pytest.param("${NONE:-other}", "other", id="dash-default"),
        pytest.param("${EMPTY:=other}", "other", id="empty-counts-as-none"),
        pytest.param("${NONE=other}", "other", id="default-without-colon"),
        pytest.param("${EMPTY=other}", "$EMPTY", id="empty-is-set-without-colon"),
        pytest.param("${SET:+other}", "other", id="plus-if-set"),
        pytest.param("${NONE:+other}", "", id="plus-if-not"),
        pytest.param("${NONE:=$SET}", "value", id="default-is-a-variable"),
        pytest.param("${NONE}", "$NONE", id="unset-stays"),
        pytest.param("echo $$HOME", "echo $HOME", id="escaped"),
        pytest.param("awk '{print $1}' ${1}", "awk '{print $1}' ${1}", id="digits-stay"),
        pytest.param("a$ b", "a$ b", id="lone-dollar"),
    ],
)
def test_substitute(text: str, expected: str) -> None:
    """Each form gives what containerlab gives."""
    assert substitute(text, ENVIRONMENT) == expected


def test_open_brace_is_refused_with_its_line() -> None:
    """A brace that is never closed is refused, with the line it stands in."""
    with pytest.raises(InputError, match=r"line 2: \$\{ is not a variable"):
        substitute("name: l2\nimage: ${NODE\n", {})
