"""Leaving a host as it was: what is swept, what is put back, and what is not ours."""

from pathlib import Path

import pytest

from lbkit.runtime import leftovers
from lbkit.tests.runtime import bench as benches
from lbkit.tests.runtime.bench import Bench, FakeHost

BLOCK = "###### CLAB-{lab}-START ######\n172.31.250.2 clab-{lab}-gw\n###### CLAB-{lab}-END ######\n"


@pytest.fixture
def fake_host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeHost:
    """A host that lacks nothing."""
    return benches.fake_host(tmp_path, monkeypatch)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param("127.0.0.1 localhost\n", "127.0.0.1 localhost\n", id="nothing"),
        pytest.param("127.0.0.1 a\n" + BLOCK.format(lab="l2"), "127.0.0.1 a\n", id="end"),
        pytest.param(
            "127.0.0.1 a\n" + BLOCK.format(lab="l2") + "127.0.0.2 b\n", "127.0.0.1 a\n127.0.0.2 b\n", id="middle"
        ),
        pytest.param(
            "127.0.0.1 a\n" + BLOCK.format(lab="l2") + BLOCK.format(lab="l2b"),
            "127.0.0.1 a\n" + BLOCK.format(lab="l2b"),
            id="other-lab",
        ),
        pytest.param(
            "127.0.0.1 a\n" + BLOCK.format(lab="l2") + BLOCK.format(lab="l2"), "127.0.0.1 a\n", id="written-twice"
        ),
    ],
)
def test_a_labs_lines_in_hosts_go(bench: Bench, fake_host: FakeHost, before: str, after: str) -> None:
    """The lab's own block goes; every other line, and another lab's block, stays as it is."""
    fake_host.hosts.write_text(before)

    removed = leftovers.sweep("l2", "l2", "lbkit-l2")

    assert fake_host.hosts.read_text() == after
    assert bool(removed) == (before != after)


def test_a_labs_containers_network_and_files_go(bench: Bench, fake_host: FakeHost, tmp_path: Path) -> None:
    """Containers by either label, the network, the SSH configuration and the namespaces of this lab, and no other's."""
    for name, labels in {
        "clab-l2-gw": '{"containerlab": "l2", "lbkit.role": "router"}',
        "l2-worker": '{"io.x-k8s.kind.cluster": "l2"}',
        "clab-bgp-tor1": '{"containerlab": "bgp", "lbkit.role": "router"}',
    }.items():
        bench.write(f"containers/{name}", f'{{"Name": "/{name}", "Config": {{"Labels": {labels}}}}}')
    bench.write("networks", "bridge\nlbkit-l2\nlbkit-bgp\n")
    for path in ("ssh/clab-l2.conf", "ssh/clab-bgp.conf", "netns/clab-l2-gw", "netns/clab-bgp-tor1"):
        (tmp_path / path).write_text("")

    removed = leftovers.sweep("l2", "l2", "lbkit-l2")

    assert removed == [
        "container clab-l2-gw",
        "container l2-worker",
        "network lbkit-l2",
        str(tmp_path / "ssh" / "clab-l2.conf"),
        "network namespace clab-l2-gw",
    ]
    assert [path.name for path in (bench.state / "containers").iterdir()] == ["clab-bgp-tor1"]
    assert bench.lines("networks") == ["bridge", "lbkit-bgp"]
    assert leftovers.sweep("l2", "l2", "lbkit-l2") == []


def test_the_first_lab_remembers_and_the_last_puts_back(bench: Bench, fake_host: FakeHost) -> None:
    """What the host was before the first lab is put back after the last, not between two."""
    bench.write("networks", "bridge\n")
    leftovers.remember()
    leftovers.remember_networks()
    fake_host.sysctls["net.ipv4.conf.all.rp_filter"] = "0"
    leftovers.remember()
    bench.write("networks", "bridge\nkind\n")
    bench.write(
        "containers/clab-bgp-tor1", '{"Name": "/clab-bgp-tor1", "Config": {"Labels": {"lbkit.role": "router"}}}'
    )

    assert leftovers.forget() == []

    (bench.state / "containers" / "clab-bgp-tor1").unlink()
    assert leftovers.forget() == ["net.ipv4.conf.all.rp_filter is 1 again", "network kind is gone"]
    assert bench.lines("networks") == ["bridge"]
    assert leftovers.forget() == []


def test_a_kind_network_of_the_users_own_stays(bench: Bench, fake_host: FakeHost) -> None:
    """A network that was there before the first lab is not ours."""
    bench.write("networks", "bridge\nkind\n")
    leftovers.remember()
    leftovers.remember_networks()

    assert leftovers.forget() == []
    assert bench.lines("networks") == ["bridge", "kind"]
