"""`lbkit lab`: exit codes, what is printed, and which command `exec` and its like become."""

import json
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from lbkit.runtime import host
from lbkit.runtime.labs import Labs
from lbkit.runtime.site import Site
from lbkit.tests.cli.conftest import Ended
from lbkit.tests.runtime import bench as benches
from lbkit.tests.runtime.bench import READY_HOST, Bench

Run = Callable[..., Ended]


@pytest.fixture
def up(bench: Bench, site: Site) -> Site:
    """A lab that is up, with lbkit in it."""
    benches.start_by_hand(bench)
    bench.write("networks", "bridge\nkind\nlbkit-l2\n")
    bench.write("controller", "docker.io/lbkit/lbkit:key")
    return site


@pytest.fixture
def became(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """The argv of the command that this process became."""
    calls: list[list[str]] = []

    def become(file: str, argv: list[str]) -> None:
        assert file == argv[0]
        calls.append(list(argv))

    monkeypatch.setattr(os, "execvp", become)
    return calls


def test_help_shows_every_command(lbkit: Run) -> None:
    """`lab --help` names what can be done, with an example of each step."""
    done = lbkit("lab", "--help")

    assert done.code == 0
    for command in ("up", "down", "list", "status", "deploy", "reload", "exec", "shell", "logs", "kubectl", "doctor"):
        assert f"\n  {command} " in done.out
    assert "lbkit lab up l2 " in done.out


@pytest.mark.parametrize("words", [(), ("lab",)], ids=["lbkit", "lbkit-lab"])
def test_without_words_help_is_shown(lbkit: Run, words: tuple[str, ...]) -> None:
    """A person who types only the name gets the help, and a script an exit code that is not 0."""
    done = lbkit(*words)

    assert done.code == 2
    assert "Commands:" in done.out + done.err


@pytest.mark.parametrize(
    "words",
    [
        ("up", "l3"),
        ("down", "l3"),
        ("status", "l3"),
        ("deploy", "l3"),
        ("reload", "l3"),
        ("shell", "l3", "gw"),
        ("exec", "l3", "gw", "--", "true"),
        ("logs", "l3", "gw"),
        ("kubectl", "l3", "--", "get", "nodes"),
    ],
    ids=lambda words: words[0],
)
def test_an_unknown_lab_is_refused(lbkit: Run, site: Site, became: list[list[str]], words: tuple[str, ...]) -> None:
    """A lab that is not there is refused with those that are, before anything is run."""
    done = lbkit("lab", *words)

    assert (done.code, done.out) == (2, "")
    assert done.err == "error: lab: got 'l3', wanted one of: bgp, l2\n"
    assert became == []


@pytest.mark.parametrize(
    "words",
    [("shell", "l2", "tor1"), ("exec", "l2", "tor1", "--", "true"), ("logs", "l2", "tor1")],
    ids=lambda words: words[0],
)
def test_an_unknown_node_is_refused(lbkit: Run, site: Site, became: list[list[str]], words: tuple[str, ...]) -> None:
    """A node that is not there is refused with those that are."""
    done = lbkit("lab", *words)

    assert done.code == 2
    assert done.err.startswith("error: node: got 'tor1', wanted one of: l2-control-plane, l2-worker, l2-worker2, sw, ")
    assert became == []


@pytest.mark.parametrize(
    ("words", "message"),
    [
        pytest.param(("lab", "up"), "Missing argument 'name'", id="missing"),
        pytest.param(("lab", "up", "l2", "--target", "kube-vip"), "'kube-vip' is not one of 'lbkit'", id="target"),
        pytest.param(("lab", "up", "l2", "--force"), "No such option: --force", id="option"),
        pytest.param(("lab", "status", "l2", "-o", "xml"), "'xml' is not one of 'table'", id="output"),
        pytest.param(("lab", "mend", "l2"), "No such command 'mend'", id="command"),
        pytest.param(("lab", "up", "l2", "--parts", "both"), "LBKIT_PARTS: is 'both'; it is one of auto", id="parts"),
    ],
)
def test_wrong_words_are_refused(lbkit: Run, site: Site, words: tuple[str, ...], message: str) -> None:
    """Wrong arguments end with exit code 2 and one line that says what was wanted."""
    done = lbkit(*words)

    assert done.code == 2
    assert done.err.startswith("error: ")
    assert message in done.err
    assert "Traceback" not in done.err


def test_parts_come_from_the_environment(lbkit: Run, site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """LBKIT_PARTS means what --parts means, for every command that has parts."""
    monkeypatch.setenv("LBKIT_PARTS", "both")

    for words in (("up", "l2"), ("deploy", "l2"), ("reload", "l2"), ("doctor",), ("parts",)):
        assert lbkit("lab", *words).err == "error: LBKIT_PARTS: is 'both'; it is one of auto, pull, build\n", words


def test_up_ends_with_what_to_try(lbkit: Run, site: Site) -> None:
    """`up` ends with the state, the nodes, the Service's address, the kubeconfig and things to try."""
    done = lbkit("lab", "up", "l2")

    assert done.code == 0
    assert "lab l2 is up, with lbkit in it" in done.out
    assert "Service echo has the address 10.10.0.200" in done.out
    assert f"export KUBECONFIG={site.kubeconfig}" in done.out
    assert "\n  docker exec " in done.out
    assert "$IP" not in done.out
    assert "more: labs/l2/README.md" in done.out


def test_up_fails_with_the_commands_words(lbkit: Run, bench: Bench, site: Site) -> None:
    """A step that fails ends with exit code 1, its command and the end of its output."""
    bench.write("fail", "containerlab deploy\n")

    done = lbkit("lab", "up", "l2")

    assert done.code == 1
    assert "the fake was told to fail" in done.err
    assert "Traceback" not in done.err


def test_up_without_root_says_so(lbkit: Run, site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """A host that is not ready ends with exit code 2 and the cure."""
    monkeypatch.setattr(host, "facts", lambda **_: replace(READY_HOST, is_root=False))

    done = lbkit("lab", "up", "l2")

    assert done.code == 2
    assert "Cure: run it with sudo" in done.err


def test_interrupted_says_how_to_go_on(lbkit: Run, site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C ends with the shell's exit code for it and both ways on."""

    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Labs, "up", interrupted)

    done = lbkit("lab", "up", "l2")

    assert done.code == 130
    assert done.err.endswith(
        "error: interrupted; run the same command again to go on, or `lbkit lab down` to clean up\n"
    )


def test_down_says_what_it_removed(lbkit: Run, up: Site, bench: Bench) -> None:
    """`down` ends with what is gone; again, with that there was nothing."""
    done = lbkit("lab", "down", "l2")
    assert (done.code, done.out.splitlines()[0]) == (0, "lab l2: 7 containers and their links")

    done = lbkit("lab", "down", "l2")
    assert (done.code, done.out) == (0, "lab l2 was not up; nothing to do\n")


def test_list_shows_which_labs_are_up(lbkit: Run, up: Site) -> None:
    """Each lab of the checkout has a line: name, state, target, where it was started."""
    done = lbkit("lab", "list")

    rows = [line.split() for line in done.out.splitlines()[1:]]
    assert rows == [["bgp", "down", "none", "-"], ["l2", "up", "lbkit", str(up.topology)]]


def test_status_on_a_machine_without_docker(
    lbkit: Run, site: Site, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A program that asks on a new machine gets its document: the lab is down, and why."""
    monkeypatch.setenv("PATH", str(tmp_path))

    done = lbkit("lab", "status", "l2", "-o", "json")

    assert done.code == 1
    document = json.loads(done.out)
    assert document["state"] == "down"
    assert document["missing"] == ["docker: not installed. Cure: lbkit lab up, which installs it"]


def test_status_of_a_lab_that_is_down(lbkit: Run, site: Site) -> None:
    """A lab that is not up ends with exit code 1."""
    done = lbkit("lab", "status", "l2")

    assert done.code == 1
    assert done.out.startswith("lab l2: down, target none\n")


def test_status_of_a_broken_lab_says_what_is_missing(lbkit: Run, up: Site, bench: Bench) -> None:
    """What a whole lab would have is named."""
    (bench.state / "containers" / "clab-l2-far").unlink()

    done = lbkit("lab", "status", "l2")

    assert done.code == 1
    assert done.out.startswith("lab l2: broken, target none\n  container clab-l2-far is not there\n")


@pytest.mark.parametrize(("output", "read"), [("json", json.loads), ("yaml", yaml.safe_load)], ids=["json", "yaml"])
def test_status_for_programs(lbkit: Run, up: Site, output: str, read: Callable[[str], Any]) -> None:
    """The document has what the conformance suite finds its way by."""
    done = lbkit("lab", "status", "l2", "-o", output)

    assert done.code == 0
    document = read(done.out)
    assert {key: document[key] for key in ("name", "state", "missing", "target", "controlPlane", "namespace")} == {
        "name": "l2",
        "state": "up",
        "missing": [],
        "target": "lbkit",
        "controlPlane": "l2-control-plane",
        "namespace": "metallb-system",
    }
    assert document["owner"] == document["topology"] == str(up.topology)
    assert document["kubeconfig"] == str(up.kubeconfig)
    assert document["eligible"] == ["l2-control-plane", "l2-worker", "l2-worker2"]
    assert document["images"]["echo"].startswith("registry.k8s.io/e2e-test-images/agnhost:")
    assert document["nodes"]["l2-worker"] == {
        "container": "l2-worker",
        "pid": 101,
        "role": "k8s-node",
        "kind": "ext-container",
        "interfaces": {
            "eth1": {
                "mac": "02:00:10:10:00:11",
                "addresses": ["10.10.0.11/24", "fd00:10:10::11/64"],
                "peer": "lan|sw:p11",
            }
        },
    }
    assert document["nodes"]["gw"]["kind"] == "frr"
    assert document["capture"]["lan"] == {"node": "clab-l2-sw", "pid": 103, "interface": "lan"}
    assert list(document["pools"]) == ["lab"]


def test_status_of_a_lab_of_another_checkout_names_its_kubeconfig(lbkit: Run, site: Site, bench: Bench) -> None:
    """The kubeconfig is where the lab was started from, so that a program finds it from any checkout."""
    benches.wait_for_lab(bench, site, started_from=Path("/elsewhere/labs/l2/l2.clab.yml"))
    benches.start_by_hand(bench)

    document = json.loads(lbkit("lab", "status", "l2", "-o", "json").out)

    assert document["topology"] == str(site.topology)
    assert document["kubeconfig"] == "/elsewhere/labs/l2/clab-l2/l2/kubeconfig"


def test_deploy_needs_a_lab_that_is_up(lbkit: Run, site: Site) -> None:
    """Nothing is deployed into a lab that is down; the cure is named."""
    done = lbkit("lab", "deploy", "l2")

    assert done.code == 2
    assert done.err == "error: lab: l2 is down. Cure: lbkit lab up l2\n"


def test_reload_brings_changed_code(lbkit: Run, up: Site, bench: Bench) -> None:
    """A new image goes into the nodes, the workloads are applied, and only their pods are replaced."""
    done = lbkit("lab", "reload", "l2")

    assert done.code == 0
    assert "docker.io/lbkit/lbkit:key" in bench.lines("node-images/l2-worker2")
    assert "image: docker.io/lbkit/lbkit:key" in bench.applied()[0]
    (deleted,) = [argv for argv in bench.calls("docker exec -i") if "delete" in argv]
    assert deleted[5:7] == ("delete", "pods")


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        pytest.param(
            ("exec", "l2", "far", "--", "curl", "-s", "http://10.10.0.200/"),
            "docker exec -i clab-l2-far curl -s http://10.10.0.200/",
            id="exec",
        ),
        pytest.param(("exec", "l2", "l2-worker", "ip", "-br", "a"), "docker exec -i l2-worker ip -br a", id="k8s-node"),
        pytest.param(("shell", "l2", "gw"), "docker exec -i clab-l2-gw sh -c exec bash || exec sh", id="shell"),
        pytest.param(("logs", "l2", "gw", "-f"), "docker logs -f clab-l2-gw", id="logs"),
        pytest.param(
            ("logs", "l2", "speaker"),
            "docker exec -i l2-control-plane kubectl logs -n metallb-system -l component=speaker --prefix "
            "--all-containers --tail=200",
            id="logs-of-speakers",
        ),
        pytest.param(
            ("kubectl", "l2", "--", "get", "svc", "-A"),
            "docker exec -i l2-control-plane kubectl get svc -A",
            id="kubectl",
        ),
    ],
)
def test_a_command_becomes_docker(
    lbkit: Run, site: Site, became: list[list[str]], words: tuple[str, ...], expected: str
) -> None:
    """`exec` and its like become the command they run, so its exit code and its signals are its own."""
    lbkit("lab", *words)

    assert [" ".join(argv) for argv in became] == [expected]


@pytest.mark.parametrize(("is_root", "code"), [(True, 0), (False, 2)], ids=["ready", "not-ready"])
def test_doctors_exit_code_says_whether_a_person_is_needed(
    lbkit: Run, site: Site, monkeypatch: pytest.MonkeyPatch, *, is_root: bool, code: int
) -> None:
    """`doctor` changes nothing and ends with 2 where a person has to do something."""
    monkeypatch.setattr(host, "facts", lambda **_: replace(READY_HOST, is_root=is_root))

    table, document = lbkit("lab", "doctor"), lbkit("lab", "doctor", "-o", "json")

    assert table.code == document.code == code
    assert ("cure: run it with sudo" in table.out) is not is_root
    first = json.loads(document.out)[0]
    assert (first["what"], first["level"]) == ("root", "ok" if is_root else "fail")


def test_parts_are_listed_with_key_and_place(lbkit: Run, site: Site) -> None:
    """Each part has a line with its kind, version, key and where it is."""
    done = lbkit("lab", "parts")

    rows = {line.split()[0]: line.split()[1:] for line in done.out.splitlines()[1:]}
    assert rows["lbkit"] == ["docker", "-", "key", "lbkit/lbkit:key"]
    assert rows["containerlab"][0] == "go"


def test_outside_of_a_checkout_the_installed_one_is_meant(
    lbkit: Run, bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A command works from any folder: without a checkout in it or above, lbkit's own is meant."""
    monkeypatch.chdir(bench.state)

    done = lbkit("lab", "status", "l3")

    assert done.err == "error: lab: got 'l3', wanted one of: bgp, l2\n"
