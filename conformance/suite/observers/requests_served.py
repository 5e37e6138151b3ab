"""Asks the API server how many writes it has served: its own count, so that a write that changes nothing counts too.

A watch shows only writes that changed something. The count does not say by whom; in a lab that nobody else uses, what
is written to Services, Events and a load balancer's own kinds is the load balancer's doing, or the suite's own.
Source: Kubernetes metrics reference, `apiserver_request_total` (stable).

Shell: HTTPS to the API server.
"""

from collections import Counter
from collections.abc import Iterable
from typing import Final

from prometheus_client.parser import text_string_to_metric_families

from conformance.suite.kube import Kube

_METRIC: Final = "apiserver_request_total"
_READS: Final = frozenset({"GET", "LIST", "WATCH", "CONNECT"})
_OWN_GROUP: Final = "metallb.io"
_RESOURCES: Final = frozenset({"services", "events", "leases"})
EVENTS_GROUP: Final = "events.k8s.io"
EVENTS: Final = ("events", f"events.{EVENTS_GROUP}")
"""Events, as the API of either group was asked to write them; they are the same objects."""


def served(kube: Kube) -> dict[str, int]:
    """Return the writes served since the API server started: {"VERB resource[/subresource] code": count}.

    A resource is named without its group, but for the Events of events.k8s.io.

    Raises:
        ApiError: it did not answer.
    """
    return count(kube.text("/metrics").splitlines())


def count(lines: Iterable[str]) -> dict[str, int]:
    """Read the metric from an exposition.

    Args:
        lines: of the exposition; those of other metrics are passed over before anything is parsed.
    """
    ours = "\n".join(line for line in lines if line.startswith(f"{_METRIC}{{"))
    found: Counter[str] = Counter()
    for family in text_string_to_metric_families(f"# TYPE {_METRIC} counter\n{ours}\n"):
        for sample in family.samples:
            label = sample.labels
            if label["verb"] in _READS or not (label["resource"] in _RESOURCES or label["group"] == _OWN_GROUP):
                continue
            resource = EVENTS[1] if label["group"] == EVENTS_GROUP else label["resource"]
            path = "/".join(part for part in (resource, label.get("subresource", "")) if part)
            found[f"{label['verb']} {path} {label['code']}"] += int(sample.value)
    return dict(found)
