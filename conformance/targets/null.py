"""No load balancer at all: every case must fail on it, or the case proves nothing.

Pure.
"""

from conformance.suite.target import Implementation, Target

TARGET = Target(
    name="null",
    deploy="none",
    implementation=Implementation("nobody", "null", ""),
    workloads=(),
    is_configurable=False,
)
