"""Objects that cannot be used, by themselves or beside the others, and what goes on meanwhile.

Pure.
"""

from lbkit.tests.speaker.world import PLAIN, World, endpoints, pool, service


def test_an_object_that_cannot_be_read_changes_nothing() -> None:
    """It keeps its last usable state; the others go on."""
    world = World()
    world.begin(*PLAIN)
    world.change(pool("main", "nonsense"), service("t", "192.0.2.2"), endpoints("t", "a"))
    assert world.announced == ["192.0.2.1", "192.0.2.2"]
    assert ("IPAddressPool", "main") in world.speaker._picture.problems  # the only view of it
    assert world.state.problems == 1
    assert world.shown[-1][0].startswith("IPAddressPool main: spec.addresses[0]")
    world.change(pool())
    assert world.state.problems == 0
    assert world.shown[-1] == ()


def test_a_pool_that_clashes_with_another_is_left_out_and_the_first_goes_on() -> None:
    """One bad object does not stop the good ones."""
    world = World()
    world.begin(*PLAIN)
    world.change(pool("zzz", "192.0.2.0/25"))
    assert world.announced == ["192.0.2.1"]
    assert world.state.problems == 1


def test_a_pool_that_is_changed_into_a_clash_keeps_its_last_good_state() -> None:
    """What it held before goes on to be announced."""
    world = World()
    world.begin(*PLAIN, pool("zzz", "198.51.100.0/24"), service("t", "198.51.100.1"), endpoints("t", "a"))
    world.change(pool("zzz", "192.0.2.0/25"))
    assert world.announced == ["192.0.2.1", "198.51.100.1"]


def test_a_new_pool_gives_way_whichever_name_comes_first() -> None:
    """What worked yesterday goes on, also where the problem names the older pool; put right, both are used."""
    world = World()
    world.begin(*PLAIN)
    world.change(pool("aaa", "192.0.2.0/25"))
    assert world.announced == ["192.0.2.1"]
    assert [line.split(":")[0] for line in world.shown[-1]] == ["IPAddressPool aaa"]
    world.change(pool("aaa", "198.51.100.0/24"), service("t", "198.51.100.1"), endpoints("t", "a"))
    assert world.announced == ["192.0.2.1", "198.51.100.1"]
    assert world.shown[-1] == ()


def test_changes_that_are_right_together_are_let_in_beside_a_wrong_one() -> None:
    """One pool makes room for another, whatever their order; the third, which clashes, stays out."""
    world = World()
    world.begin(*PLAIN)
    world.change(pool("aaa", "192.0.2.0/25"), pool("bbb", "203.0.113.0/25"), pool("main", "203.0.113.0/24"))
    assert world.announced == ["192.0.2.1"]
    assert [line.split(":")[0] for line in world.shown[-1]] == ["IPAddressPool bbb"]
