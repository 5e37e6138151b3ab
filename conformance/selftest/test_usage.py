"""What the observers of processes and of the API server's counts read from the texts they get."""

import signal
import subprocess
from pathlib import Path

import pytest

from conformance.suite import processes
from conformance.suite.observers.requests_served import count
from conformance.suite.observers.usage import Usage, read
from conformance.suite.observers.watch import slim
from lbkit.errors import TargetError

STAT = "{pid} ({name}) S 1 1 1 0 -1 4194560 9 0 0 0 {user} {system} 0 0 20 0 2 0 {start} 141156352 14712 184467440"


SMAPS = """\
55d0-55d8 r-xp 00001000 fe:00 77 /usr/bin/python3.11
Size:               3000 kB
Rss:                {text} kB
Anonymous:             0 kB
55d9-55da rw-p 00005000 fe:00 77 /usr/bin/python3.11
Rss:                 300 kB
Anonymous:           200 kB
VmFlags: rd wr mr mw me ac
7f00-7f10 rw-p 00000000 00:00 0
Rss:                {heap} kB
Anonymous:          {heap} kB
"""


def test_usage_adds_up_the_processes_of_a_container() -> None:
    """Memory and time are summed, what is shared of a file once; the oldest says since when, whatever its name."""
    texts = [
        STAT.format(pid=41, name="a) (b", user=100, system=50, start=2000),
        "Name:\ta) (b\nVmHWM:\t   70000 kB\nVmRSS:\t   60000 kB\nThreads:\t2\n",
        SMAPS.format(text=1500, heap=50000),
        STAT.format(pid=40, name="python3", user=25, system=25, start=2100),
        "Name:\tpython3\nVmHWM:\t   1000 kB\nVmRSS:\t   1000 kB\n",
        SMAPS.format(text=2000, heap=9000),
    ]
    rss_bytes = (50000 + 9000 + 2 * 200 + 2000 + 100) * 1024  # each part of the file once, as the one with most has it
    assert read(texts, ticks_per_s=100, slept_ns=5) == Usage(
        pid=41, begin_ns=20_000_000_000 - 5, rss_bytes=rss_bytes, peak_bytes=71000 * 1024, cpu_s=2.0
    )


def test_processes_of_a_container_are_found_by_its_control_group(tmp_path: Path) -> None:
    """Only processes whose group names the container, in order; none at all is an error."""
    groups = {"12": "0::/kubelet/pod1/abc\n", "7": "1:cpu:/x\n0::/kubelet/pod1/abc\n", "8": "0::/kubelet/pod2/def\n"}
    for pid, text in groups.items():
        (tmp_path / pid).mkdir()
        (tmp_path / pid / "cgroup").write_text(text)
    (tmp_path / "9").mkdir()  # it has ended while it was looked at
    (tmp_path / "version").write_text("Linux")
    assert processes.of_container("abc", tmp_path) == (7, 12)
    with pytest.raises(TargetError, match="ghi"):
        processes.of_container("ghi", tmp_path)


def test_killed_processes_are_dead() -> None:
    """What is killed does not run any more, and a process that is gone is no error."""
    process = subprocess.Popen(["sleep", "60"])
    processes.kill((process.pid,))
    assert process.wait(0) == -signal.SIGKILL
    processes.kill((process.pid,))


def test_served_counts_writes_of_a_load_balancer() -> None:
    """Reads, other metrics and foreign kinds are left out; dry runs and versions of one path are added up."""
    line = 'apiserver_request_total{{code="{code}",component="apiserver",dry_run="",group="{group}",resource="{of}",'
    line += 'scope="resource",subresource="{sub}",verb="{verb}",version="{version}"}} {n}'
    rows = (
        {"code": 200, "group": "", "of": "services", "sub": "status", "verb": "PATCH", "version": "v1", "n": 7},
        {"code": 409, "group": "", "of": "services", "sub": "status", "verb": "PATCH", "version": "v1", "n": 1},
        {"code": 200, "group": "", "of": "services", "sub": "", "verb": "LIST", "version": "v1", "n": 9},
        {"code": 200, "group": "", "of": "pods", "sub": "status", "verb": "PATCH", "version": "v1", "n": 9},
        {
            "code": 200,
            "group": "metallb.io",
            "of": "bgppeers",
            "sub": "",
            "verb": "APPLY",
            "version": "v1beta1",
            "n": 2,
        },
        {
            "code": 200,
            "group": "metallb.io",
            "of": "bgppeers",
            "sub": "",
            "verb": "APPLY",
            "version": "v1beta2",
            "n": 3,
        },
    )
    lines = ["# HELP x y", 'workqueue_depth{name="a"} 1', *(line.format(**row) for row in rows)]
    assert count(lines) == {"PATCH services/status 200": 7, "PATCH services/status 409": 1, "APPLY bgppeers 200": 5}


def test_watched_service_is_slimmed() -> None:
    """Of a Service the identity, the type, the status and its writers stay."""
    fields = [{"manager": "lbkit", "subresource": "status", "fieldsV1": {}}, {"manager": "lbkit-conformance"}]
    status = {"loadBalancer": {"ingress": [{"ip": "198.18.0.0"}]}}
    item = {
        "metadata": {"name": "a", "uid": "u", "resourceVersion": "1", "labels": {"x": "y"}, "managedFields": fields},
        "spec": {"type": "LoadBalancer", "ports": []},
        "status": status,
    }
    managers = ["lbkit-conformance/", "lbkit/status"]
    metadata = {"name": "a", "uid": "u", "resourceVersion": "1", "managers": managers}
    assert slim(item) == {"metadata": metadata, "spec": {"type": "LoadBalancer"}, "status": status}
