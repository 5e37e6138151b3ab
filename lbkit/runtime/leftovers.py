"""Leave the host as it was: remember what labs change on it, and put it back when the last lab goes.

containerlab sets reverse-path filtering on the host, kind makes a Docker network, and for it Docker turns IPv6
forwarding on; all of it stays behind. And whatever was interrupted half-way leaves containers, links and lines in
/etc/hosts that no tool's own clean-up would find again.

Shell: runs docker and ip; reads and writes /proc/sys, /etc/hosts and a file below /run.
"""

import json
import re
from pathlib import Path

from lbkit.runtime import host, observe
from lbkit.runtime.run import run

MEMORY = Path("/run/lbkit/host.json")
SYSCTLS = (
    "net.ipv4.conf.all.rp_filter",
    "net.ipv4.conf.default.rp_filter",
    "net.ipv6.conf.all.forwarding",  # before default, which it sets too
    "net.ipv6.conf.default.forwarding",
    "fs.inotify.max_user_instances",
    "fs.inotify.max_user_watches",
)
LAB_ROLE_LABEL = "lbkit.role"
HOSTS = Path("/etc/hosts")
SSH_CONFIG = Path("/etc/ssh/ssh_config.d")
NAMESPACES = Path("/run/netns")


def remember() -> None:
    """Write down how the host is, unless a lab is up already and it was written down before that one."""
    if MEMORY.exists():
        return
    MEMORY.parent.mkdir(parents=True, exist_ok=True)
    MEMORY.write_text(json.dumps({"sysctls": {name: host.sysctl(name) for name in SYSCTLS}}))


def remember_networks() -> None:
    """Add Docker's networks to what was written down, once its engine answers."""
    memory = json.loads(MEMORY.read_text())
    if "networks" not in memory:
        memory["networks"] = run(["docker", "network", "ls", "--format", "{{.Name}}"]).output.split()
        MEMORY.write_text(json.dumps(memory))


def sweep(lab: str, cluster: str, network: str) -> list[str]:
    """Remove everything of a lab that its own tools left.

    Returns:
        What was removed, in words.
    """
    removed = []
    for label in (f"{observe.LAB_LABEL}={lab}", f"{observe.CLUSTER_LABEL}={cluster}"):
        for name in observe.all_containers(label=label):
            run(["docker", "rm", "-f", "-v", name])
            removed.append(f"container {name}")
    if network in run(["docker", "network", "ls", "--format", "{{.Name}}"]).output.split():
        run(["docker", "network", "rm", network])
        removed.append(f"network {network}")
    hosts = HOSTS.read_text()
    block = rf"###### CLAB-{re.escape(lab)}-START ######.*?###### CLAB-{re.escape(lab)}-END ######\n?"
    without = re.sub(block, "", hosts, flags=re.DOTALL)
    if without != hosts:
        HOSTS.write_text(without)
        removed.append(f"the lab's lines in {HOSTS}")
    ssh = SSH_CONFIG / f"clab-{lab}.conf"
    if ssh.exists():
        ssh.unlink()
        removed.append(str(ssh))
    for namespace in NAMESPACES.glob(f"clab-{lab}-*") if NAMESPACES.is_dir() else ():
        namespace.unlink()
        removed.append(f"network namespace {namespace.name}")
    return removed


def forget() -> list[str]:
    """Put the host back as it was before the first lab, if no lab is left.

    Returns:
        What was put back, in words; empty while another lab is up.
    """
    if not MEMORY.exists() or observe.all_containers(label=LAB_ROLE_LABEL):
        return []
    memory = json.loads(MEMORY.read_text())
    done = []
    for name, value in memory["sysctls"].items():
        if value and host.sysctl(name) != value:
            host.set_sysctl(name, value)
            done.append(f"{name} is {value} again")
    if host.KIND_NETWORK not in memory.get("networks", [host.KIND_NETWORK]) and not _users(host.KIND_NETWORK):
        run(["docker", "network", "rm", host.KIND_NETWORK], check=False)
        done.append(f"network {host.KIND_NETWORK} is gone")
    MEMORY.unlink()
    return done


def _users(network: str) -> list[str]:
    found = run(["docker", "ps", "-aq", "--filter", f"network={network}"], check=False)
    return found.output.split()
