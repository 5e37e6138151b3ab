"""The pods: no more rights than each needs, told by a table of every exception to `restricted`.

Source: Pod Security Standards, level restricted (Kubernetes 1.36).

Shell: reads files of this repository.
"""

from typing import Any, TypeAlias

import pytest

Json: TypeAlias = Any  # parsed YAML has no static shape
Objects: TypeAlias = list[dict[str, Json]]

ACCOUNT_FOLDER = "/var/run/secrets/kubernetes.io/serviceaccount"

# {container: what it does that `restricted` forbids}; hostNetwork is the pod's.
EXCEPTIONS = {
    ("controller", "controller"): set(),
    ("speaker", "speaker"): {"hostNetwork", "capability NET_RAW", "root", "probe host"},
    ("speaker", "gobgp"): {"hostNetwork", "root"},
}


def _pod(installed: Objects, name: str) -> dict[str, Json]:
    (workload,) = (
        doc for doc in installed if doc["kind"] in {"Deployment", "DaemonSet"} and doc["metadata"]["name"] == name
    )
    pod: dict[str, Json] = workload["spec"]["template"]["spec"]
    return pod


def _containers(pod: dict[str, Json]) -> dict[str, dict[str, Json]]:
    return {container["name"]: container for container in [*pod.get("initContainers", ()), *pod["containers"]]}


def _breaches(pod: dict[str, Json], container: dict[str, Json]) -> set[str]:
    of_pod, own = pod.get("securityContext", {}), container["securityContext"]
    settings = {**of_pod, **own}
    found = {name for name in ("hostNetwork", "hostPID", "hostIPC", "shareProcessNamespace") if pod.get(name)}
    found |= {f"capability {name}" for name in own["capabilities"].get("add", ())}
    found |= {f"volume {v['name']}" for v in pod["volumes"] if not {"projected", "emptyDir"} & set(v)}
    probes = (
        container.get(name, {}).get("httpGet", {}) for name in ("livenessProbe", "readinessProbe", "startupProbe")
    )
    checks = {
        "root": settings.get("runAsNonRoot") is not True or settings.get("runAsUser") == 0,
        "capabilities kept": own["capabilities"]["drop"] != ["ALL"],
        "privilege escalation": own.get("allowPrivilegeEscalation") is not False or own.get("privileged", False),
        "writable root": own.get("readOnlyRootFilesystem") is not True,
        "seccomp": settings.get("seccompProfile") != {"type": "RuntimeDefault"},
        "probe host": any("host" in probe for probe in probes),
    }
    return found | {name for name, is_breach in checks.items() if is_breach}


@pytest.mark.parametrize(("workload", "name"), EXCEPTIONS, ids="/".join)
def test_containers_are_restricted_but_for_what_they_need(workload: str, name: str, installed: Objects) -> None:
    """A container departs from `restricted` exactly where the table says so."""
    pod = _pod(installed, workload)
    assert _breaches(pod, _containers(pod)[name]) == EXCEPTIONS[workload, name]


def test_the_table_names_every_container(installed: Objects) -> None:
    """No container is outside the table."""
    assert {(w, name) for w in ("controller", "speaker") for name in _containers(_pod(installed, w))} == set(EXCEPTIONS)


@pytest.mark.parametrize(("workload", "holders"), [("controller", {"controller"}), ("speaker", {"speaker"})])
def test_only_who_talks_to_the_api_server_holds_a_token(workload: str, holders: set[str], installed: Objects) -> None:
    """The API token is mounted into one container of each pod: GoBGP, which reads strangers' bytes, has none."""
    pod = _pod(installed, workload)
    assert pod["automountServiceAccountToken"] is False
    mounts = {name: {m["mountPath"] for m in c["volumeMounts"]} for name, c in _containers(pod).items()}
    assert {name for name, paths in mounts.items() if ACCOUNT_FOLDER in paths} == holders


def test_gobgp_outlives_the_speaker(installed: Objects) -> None:
    """GoBGP is a sidecar (an init container that restarts), so that it is stopped last and withdrawals still leave."""
    (gobgp,) = _pod(installed, "speaker")["initContainers"]
    assert (gobgp["name"], gobgp["restartPolicy"]) == ("gobgp", "Always")


def test_gobgp_opens_no_port_on_the_node(installed: Objects) -> None:
    """Its API is a unix socket that only the pod has, and its own HTTP server is off."""
    gobgp = _containers(_pod(installed, "speaker"))["gobgp"]
    assert gobgp["args"] == ["--api-hosts=unix:///run/gobgp/gobgp.sock", "--pprof-disable", "--metrics-path="]
    assert "ports" not in gobgp


def test_the_speaker_is_told_where_gobgp_listens(installed: Objects) -> None:
    """Both ends name one socket, on a volume that both mount."""
    pod = _pod(installed, "speaker")
    env = {e["name"]: e.get("value") for e in _containers(pod)["speaker"]["env"]}
    assert f"--api-hosts=unix://{env['LBKIT_GOBGP_SOCKET']}" in _containers(pod)["gobgp"]["args"]
    for container in _containers(pod).values():
        assert {"name": "gobgp", "mountPath": "/run/gobgp"} in container["volumeMounts"]


@pytest.mark.parametrize("workload", ["controller", "speaker"])
def test_probes_ask_health_and_readiness(workload: str, installed: Objects) -> None:
    """The kubelet asks /healthz whether to restart and /readyz whether to count a process in, at its named port."""
    container = _containers(_pod(installed, workload))[workload]
    assert {"name": "monitoring", "containerPort": 9120} in container["ports"]
    asked = {name: container[name]["httpGet"] for name in ("livenessProbe", "readinessProbe")}
    assert {name: (get["path"], get["port"]) for name, get in asked.items()} == {
        "livenessProbe": ("/healthz", "monitoring"),
        "readinessProbe": ("/readyz", "monitoring"),
    }


def test_two_controllers_that_can_be_told_apart(installed: Objects) -> None:
    """One takes over from the other: two, apart if possible, never both drained, each known by name and uid."""
    (deployment,) = (doc for doc in installed if doc["kind"] == "Deployment")
    (budget,) = (doc for doc in installed if doc["kind"] == "PodDisruptionBudget")
    assert deployment["spec"]["replicas"] == 2
    assert deployment["spec"]["strategy"]["rollingUpdate"] == {"maxSurge": 1, "maxUnavailable": 0}
    labels = deployment["spec"]["template"]["metadata"]["labels"]
    assert budget["spec"]["selector"]["matchLabels"] == labels
    assert budget["spec"]["maxUnavailable"] == 1
    pod = _pod(installed, "controller")
    (term,) = pod["affinity"]["podAntiAffinity"]["preferredDuringSchedulingIgnoredDuringExecution"]
    assert term["podAffinityTerm"]["labelSelector"]["matchLabels"] == labels
    env = {e["name"]: e["valueFrom"]["fieldRef"]["fieldPath"] for e in _containers(pod)["controller"]["env"]}
    assert (env["METALLB_POD_NAME"], env["LBKIT_POD_UID"]) == ("metadata.name", "metadata.uid")
