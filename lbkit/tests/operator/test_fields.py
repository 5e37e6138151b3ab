"""Tables of fields: what is written can be shown, and options have az's names."""

import pytest

from lbkit.operator import bfd_profile, bgp_peer, load_balancer_fields, text
from lbkit.operator.fields import Field, changed, shown

ALL = [
    pytest.param(module.FIELDS, id=module.__name__.rsplit(".", 1)[-1])
    for module in (load_balancer_fields, bgp_peer, bfd_profile)
]
AZ_OPTIONS = {
    "load_balancer_fields": "--addresses --advertise-mode --bgp-peers --service-selector",
    "bgp_peer": (
        "--my-asn --peer-asn --peer-address --bfd-profile --bgp-multi-hop --hold-time --keep-alive-time "
        "--node-selector --peer-port"
    ),
    "bfd_profile": (
        "--detect-multiplier --receive-interval --transmit-interval --echo-interval --echo-mode --passive-mode "
        "--minimum-ttl"
    ),
}
EXAMPLES = {
    "addresses": ["192.0.2.0/28"],
    "names": ["a"],
    "selector": {"a": "b"},
    "switch": "Enabled",
    "duration": "9s",
    "integer": 7,
    "word": "x",
}


@pytest.mark.parametrize("module", AZ_OPTIONS)
def test_arcs_options_are_all_there_under_their_names(module: str) -> None:
    """Exactly those that a table marks as Arc's."""
    fields = {"load_balancer_fields": load_balancer_fields, "bgp_peer": bgp_peer, "bfd_profile": bfd_profile}[module]
    assert {field.option for field in fields.FIELDS if field.in_arc} == set(AZ_OPTIONS[module].split())


@pytest.mark.parametrize("fields", ALL)
def test_what_is_written_is_shown(fields: tuple[Field, ...]) -> None:
    """Each property comes back as it was given, and goes away without a trace."""
    for field in fields:
        if not field.path:
            continue
        value = True if field.typed == "switch" and field.empty in (True, False) else EXAMPLES[field.typed]
        empty = {kind: {"spec": {"other": 1}} for kind in field.kinds}
        written = changed(fields, empty, {field.name: value})
        assert shown(fields, written)[field.name] == value, field.name
        assert changed(fields, written, {field.name: None}) == empty, field.name
        assert shown(fields, empty)[field.name] == field.empty


def test_a_selector_that_is_more_than_labels_is_shown_as_it_is() -> None:
    """Nothing of it is hidden."""
    selectors = [{"matchExpressions": [{"key": "a", "operator": "Exists"}]}]
    item = {"BGPPeer": {"spec": {"nodeSelectors": selectors}}}
    assert shown(bgp_peer.FIELDS, item)["nodeSelector"] == selectors
    assert changed(bgp_peer.FIELDS, {"BGPPeer": {"spec": {}}}, {"nodeSelector": selectors}) == item


def test_long_lists_are_cut_in_tables() -> None:
    """A pool of hundreds of ranges must not push the other columns off the screen."""
    assert text.short(["10.0.0.0/24"]) == "10.0.0.0/24"
    assert text.short(["10.0.0.0/24", "10.0.1.0/24", "10.0.2.0/24"]) == "10.0.0.0/24,10.0.1.0/24 and 1 more"
