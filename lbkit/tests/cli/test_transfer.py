"""`lbkit validate`, `import` and `export`: files in, files out, exit codes."""

import io
import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from lbkit.tests.cli.conftest import Ended
from lbkit.tests.cli.fake_api import FakeApi
from lbkit.tests.operator.build import l2, obj, pool

Run = Callable[..., Ended]

GOOD = yaml.safe_dump_all([pool("a", "198.51.100.0/28"), l2("a", ipAddressPools=["a"])])
BAD = yaml.safe_dump(pool("a", "198.51.100.1"))
ARC = {
    "type": "microsoft.kubernetesruntime/loadbalancers",
    "name": "lb",
    "addresses": ["198.51.100.0/28"],
    "advertiseMode": "ARP",
    "provisioningState": "Succeeded",
}


def test_validate_says_well_with_exit_code_0(lbkit: Run, tmp_path: Path) -> None:
    """And reads folders."""
    (tmp_path / "a.yaml").write_text(GOOD)
    (tmp_path / "notes.txt").write_text("a: [")
    done = lbkit("validate", str(tmp_path))
    assert (done.code, done.out) == (0, "2 objects checked, no problems, no warnings\n")


def test_validate_names_file_and_line_with_exit_code_2(lbkit: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Standard input too."""
    monkeypatch.setattr("sys.stdin", io.StringIO(BAD))
    done = lbkit("validate", "-")
    assert done.code == 2
    assert done.out.startswith("stdin:10: IPAddressPool a: spec.addresses[0]: ")


def test_validate_tells_of_every_file_that_cannot_be_read(lbkit: Run, tmp_path: Path) -> None:
    """One broken file does not hide the faults of the next."""
    (tmp_path / "a.yaml").write_text("a: [")
    (tmp_path / "b.yaml").write_text(BAD)
    done = lbkit("validate", str(tmp_path), "-o", "json")
    told = json.loads(done.out)
    assert (done.code, told["valid"], len(told["unreadable"]), len(told["problems"])) == (2, False, 1, 1)


def test_validate_takes_warnings_seriously_when_asked(lbkit: Run, tmp_path: Path) -> None:
    """A pool that nobody advertises."""
    (tmp_path / "a.yaml").write_text(yaml.safe_dump(pool("a", "198.51.100.0/28")))
    assert lbkit("validate", str(tmp_path)).code == 0
    assert lbkit("validate", str(tmp_path), "--strict").code == 2


def test_validate_beside_a_cluster(lbkit: Run, api: FakeApi, tmp_path: Path) -> None:
    """The hand-written pool of the cluster is in the way."""
    (tmp_path / "a.yaml").write_text(GOOD.replace("198.51.100.0/28", "192.0.2.0/29"))
    assert lbkit("validate", str(tmp_path)).code == 0
    done = lbkit("validate", str(tmp_path), "--cluster")
    assert done.code == 2
    assert 'in pool "hand"' in done.out


def test_a_file_that_is_not_there_has_its_own_exit_code(lbkit: Run, tmp_path: Path) -> None:
    """Also a folder without manifests."""
    assert lbkit("validate", str(tmp_path / "x.yaml")).code == 3
    assert lbkit("validate", str(tmp_path)).code == 3


def test_import_prints_manifests(lbkit: Run, tmp_path: Path) -> None:
    """That kubectl can apply; what happened is told beside them."""
    file = tmp_path / "arc.json"
    file.write_text(json.dumps([{**ARC, "name": "LB"}]))
    done = lbkit("import", str(file))
    assert done.code == 0
    assert [item["kind"] for item in yaml.safe_load_all(done.out)] == ["L2Advertisement", "IPAddressPool"]
    assert done.err.startswith(f"note: {file}: loadBalancers LB: Kubernetes names are in small letters")


def test_import_applies(lbkit: Run, api: FakeApi, tmp_path: Path) -> None:
    """Everything is judged first, and the pool comes last."""
    file = tmp_path / "arc.json"
    file.write_text(json.dumps(ARC))
    tried = lbkit("import", str(file), "--dry-run")
    assert (tried.code, api.writes) == (0, [])
    done = lbkit("import", str(file), "--apply")
    assert done.code == 0, done.err
    assert done.out == "L2Advertisement/lb applied\nIPAddressPool/lb applied\n"
    assert api.writes == [("PATCH", "L2Advertisement", "lb"), ("PATCH", "IPAddressPool", "lb")]


def test_import_refuses_conflicts(lbkit: Run, api: FakeApi, tmp_path: Path) -> None:
    """As create does."""
    file = tmp_path / "arc.json"
    file.write_text(json.dumps({**ARC, "addresses": ["192.0.2.0/29"]}))
    done = lbkit("import", str(file), "--apply")
    assert done.code == 2
    assert 'in pool "hand"' in done.err
    assert not api.writes


def test_import_prints_what_it_could_and_fails(lbkit: Run, api: FakeApi, tmp_path: Path) -> None:
    """With --apply nothing is written."""
    file = tmp_path / "arc.json"
    file.write_text(json.dumps([ARC, {**ARC, "name": "bad", "addresses": None}]))
    done = lbkit("import", str(file))
    assert done.code == 1
    assert "loadbalancers bad: addresses: is missing" in done.err
    assert "name: lb" in done.out
    assert lbkit("import", str(file), "--apply").code == 2
    assert not api.writes


def test_parameters_are_name_and_value(lbkit: Run, tmp_path: Path) -> None:
    """JSON where it is JSON."""
    resource = {"type": "Microsoft.KubernetesRuntime/loadBalancers", "name": "[parameters('n')]"}
    properties = {"addresses": "[parameters('a')]", "advertiseMode": "ARP"}
    file = tmp_path / "main.json"
    file.write_text(json.dumps({"resources": [{**resource, "properties": properties}]}))
    done = lbkit("import", str(file), "--parameter", "n=lb", "--parameter", 'a=["198.51.100.0/28"]', "-o", "json")
    assert done.code == 0, done.err
    assert json.loads(done.out)["items"][1]["spec"] == {"addresses": ["198.51.100.0/28"]}
    assert lbkit("import", str(file), "--parameter", "n").code == 2


def test_export_prints_what_can_be_applied_anywhere(lbkit: Run, api: FakeApi) -> None:
    """Without what the API server added; importing it changes nothing."""
    api.put(obj("Community", "c", {"communities": []}, metadata={"uid": "u", "generation": 3}))
    done = lbkit("export")
    items = list(yaml.safe_load_all(done.out))
    assert [item["kind"] for item in items] == ["IPAddressPool", "BGPAdvertisement", "BGPPeer", "Community"]
    assert items[-1] == obj("Community", "c", {"communities": []})
    assert all("status" not in item for item in items)


def test_export_writes_a_template(lbkit: Run, api: FakeApi, tmp_path: Path) -> None:
    """Of the cluster or of files; import reads it again."""
    done = lbkit("export", "--format", "arc")
    assert done.code == 0
    kinds = [item["type"].rpartition("/")[2] for item in json.loads(done.out)["resources"]]
    assert kinds == ["bgpPeers", "loadBalancers"]
    file = tmp_path / "template.json"
    file.write_text(done.out)
    again = lbkit("import", str(file))
    assert again.code == 0, again.err
    file.with_suffix(".yaml").write_text(again.out)
    assert lbkit("export", str(file.with_suffix(".yaml")), "--format", "arc").out == done.out


@pytest.mark.parametrize("command", ["validate", "import", "export"])
def test_help_has_examples(lbkit: Run, command: str) -> None:
    """Within 80 columns."""
    done = lbkit(command, "--help")
    assert done.code == 0
    assert f"  lbkit {command}" in done.out
    assert max(len(line) for line in done.out.splitlines()) <= 80


def test_what_is_not_installed_is_named_with_its_cure(
    lbkit: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The image of the two processes has neither YAML nor JMESPath."""
    (tmp_path / "a.yaml").write_text(GOOD)
    monkeypatch.setitem(sys.modules, "jmespath", None)
    done = lbkit("validate", str(tmp_path), "--query", "valid")
    assert (done.code, done.err) == (2, "error: this command needs jmespath. Cure: pip install 'lbkit[cli]'\n")
