"""Source ports of flows: none is taken again soon, and a seed tells the order."""

from conformance.suite.source_ports import PORTS, SourcePorts


def test_no_port_is_drawn_twice_in_a_case() -> None:
    """A case may draw every port once, in an order that is none of numbers, and has none left then."""
    ports = SourcePorts(1, {})
    first, second, rest = ports.draw(300), ports.draw(300), ports.draw(len(PORTS))
    assert sorted([*first, *second, *rest]) == list(PORTS)
    assert first != sorted(first)
    assert ports.draw(1) == []


def test_a_seed_tells_the_order() -> None:
    """The same seed gives the same ports where nothing was drawn before, another seed others."""
    assert SourcePorts(7, {}).draw(50) == SourcePorts(7, {}).draw(50) != SourcePorts(8, {}).draw(50)


def test_ports_of_earlier_cases_come_last() -> None:
    """A case takes ports that no case has drawn, and when there are none, those that were drawn longest ago."""
    drawn: dict[int, None] = {}
    first = SourcePorts(1, drawn).draw(len(PORTS) - 10)
    second = SourcePorts(2, drawn).draw(12)
    assert not set(first) & set(second[:10])
    assert second[10:] == first[:2]
    assert SourcePorts(3, drawn).draw(1) == first[2:3]
