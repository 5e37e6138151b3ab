"""Rules of the Secret with the key of the heartbeats.

Pure.
"""

import pytest

from lbkit.errors import InputError
from lbkit.model.segment_key import SegmentKeys, cluster_id, first_data, read

CLUSTER = cluster_id("uid-of-kube-system")
KEY = bytes(range(32))


def encoded(**changes: str) -> dict[str, bytes]:
    """Give the first data with these changes, as bytes; `_` in a name stands for `-`."""
    data = {**first_data(CLUSTER, KEY), **{name.replace("_", "-"): value for name, value in changes.items()}}
    return {name: value.encode() for name, value in data.items()}


def test_what_is_made_can_be_read() -> None:
    """Its key is as it was made, as text."""
    assert read(encoded()) == SegmentKeys(CLUSTER, {1: KEY.hex().encode()}, 1)


def test_two_keys_may_be_there_while_one_replaces_the_other() -> None:
    """Heartbeats are made with the one that `current` names."""
    keys = read(encoded(key_2="x" * 16, current="2"))
    assert (set(keys.keys), keys.current) == ({1, 2}, 2)


def test_the_cluster_is_known_by_its_uid() -> None:
    """Two clusters on one segment do not listen to each other."""
    assert len(CLUSTER) == 8
    assert cluster_id("another uid") != CLUSTER


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        pytest.param({"cluster": "xyz"}, "data.cluster", id="cluster-no-hex"),
        pytest.param({"cluster": "00"}, "data.cluster", id="cluster-too-short"),
        pytest.param({"current": "7"}, "data.current", id="current-unknown"),
        pytest.param({"current": ""}, "data.current", id="current-missing"),
        pytest.param({"key_300": "x" * 32}, "data[key-300]", id="key-number-too-great"),
        pytest.param({"key_x": "x" * 32}, "data[key-x]", id="key-without-number"),
        pytest.param({"key_2": "short"}, "data[key-2]", id="key-too-short"),
    ],
)
def test_what_cannot_be_used_is_refused_by_name(changes: dict[str, str], path: str) -> None:
    """And never taken for an empty key."""
    with pytest.raises(InputError) as caught:
        read(encoded(**changes))
    assert [problem.path for problem in caught.value.problems] == [path]


def test_a_key_is_not_shown() -> None:
    """Not in a log either."""
    assert KEY.hex() not in repr(read(encoded()))
