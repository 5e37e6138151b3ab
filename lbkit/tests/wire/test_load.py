"""Many addresses and many questions: how long a take-over takes, what it costs, and how fast answers are.

Shell: network namespaces, processes.
"""

import os
import signal
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

from lbkit.tests.wire.segment import Asker, Lan, LanNode, flood
from lbkit.tests.wire.test_faults import VIP

MANY = 1000
HERTZ = os.sysconf("SC_CLK_TCK")


def show(text: str) -> None:
    """Show a figure."""
    sys.stdout.write(f"\n{text}\n")


def processes(node: LanNode) -> Iterator[int]:
    """List the speaker and its process on the wire."""
    assert node.process is not None
    for entry in Path("/proc").iterdir():
        with suppress(ProcessLookupError):  # ended meanwhile
            if entry.name.isdigit() and os.getpgid(int(entry.name)) == node.process.pid:
                yield int(entry.name)


def memory_mb(node: LanNode) -> float:
    """Add up what the processes of a node have for themselves, and their share of what they share (Pss)."""
    total = 0
    for process in processes(node):
        for line in Path(f"/proc/{process}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                total += int(line.split()[1])
    return total / 1024


def cpu_s(node: LanNode) -> float:
    """Add up the processor time of the processes of a node."""
    fields = [Path(f"/proc/{each}/stat").read_text().rpartition(")")[2].split() for each in processes(node)]
    return sum(int(each[11]) + int(each[12]) for each in fields) / HERTZ


def test_a_thousand_addresses_of_a_dead_node_are_taken_over_and_told_of(lan: Lan) -> None:
    """The last first announcement at most two seconds after the death was noticed, 525 ms after the last heartbeat."""
    words = "--nodes=a,b,c", f"--count={MANY}"
    with Asker(lan, VIP, gap_s=0.05) as asker:
        nodes = [lan.add("a", *words)]  # alone, it takes them all; later nodes leave them to it
        deadline_s = time.monotonic() + 40
        while len({address for _, address, _ in asker.announced}) < MANY:
            assert time.monotonic() < deadline_s
            time.sleep(0.2)
        nodes += [lan.add(name, *words) for name in ("b", "c")]
        time.sleep(10.0)
    before = [cpu_s(node) for node in nodes]
    time.sleep(20.0)  # nobody asks
    idle = [(cpu_s(node) - spent) / 20.0 for node, spent in zip(nodes, before, strict=True)]
    show(f"{MANY} addresses: memory (Pss) {[round(memory_mb(node), 1) for node in nodes]} MB")
    show(f"idle: {[round(100 * each, 1) for each in idle]} % of a core")
    with Asker(lan, VIP, gap_s=0.05) as asker:
        time.sleep(13.0)  # each is told of once in so long
        owned = {address for _, address, mac in asker.announced if mac == nodes[0].mac}
        assert len(owned) == MANY
        assert {mac for _, _, mac in asker.announced} == {nodes[0].mac}
        dead_s = time.monotonic()
        nodes[0].signal(signal.SIGKILL)
        deadline_s = dead_s + 10
        first: dict[object, float] = {}
        while len(first) < len(owned) and time.monotonic() < deadline_s:
            time.sleep(0.1)
            for when, address, mac in list(asker.announced):
                if when > dead_s and mac != nodes[0].mac and address in owned and address not in first:
                    others = [at for at, each, by in asker.announced if each == address and by == mac and at < dead_s]
                    if not others:
                        first[address] = when - dead_s
    assert len(first) == len(owned)
    earliest_s, latest_s = min(first.values()), max(first.values())
    show(f"{len(owned)} addresses of a dead node: first announced after {earliest_s:.2f} s, last {latest_s:.2f} s")
    assert latest_s <= 0.525 + 0.165 + 2.0


def test_questions_are_answered_fast(lan: Lan) -> None:
    """A thousand a second, and as many as go."""
    node = lan.add("a", "--nodes=a")
    with Asker(lan, VIP, gap_s=0.001) as asker:
        asker.wait()
        time.sleep(5.0)
        asked = asker.asked()[-3100:-100]  # the last may be answered yet
    delays = sorted(each.answers[0][0] for each in asked if each.answers)
    p50, p99 = delays[len(delays) // 2], delays[int(len(delays) * 0.99)]
    lost = sum(not each.answers for each in asked)
    show(f"1,000 questions a second: p50 {p50 * 1e3:.2f} ms, p99 {p99 * 1e3:.2f} ms, {lost} of {len(asked)} unanswered")
    spent = cpu_s(node)
    sent, answered, took_s = flood(lan, VIP, 3.0)
    show(
        f"flood: {sent / took_s:,.0f} questions a second, {answered / took_s:,.0f} answers a second, "
        f"{100 * (cpu_s(node) - spent) / took_s:.0f} % of a core"
    )
    assert lost == 0
    assert answered > 0


def test_what_came_while_the_speaker_had_no_turn_is_answered(lan: Lan) -> None:
    """A busy machine keeps a process waiting for a tenth of a second; 5,000 questions a second are 500 then."""
    node = lan.add("a", "--nodes=a")
    with Asker(lan, VIP) as asker:
        asker.wait()
    node.signal(signal.SIGSTOP)
    with ThreadPoolExecutor(1) as pool:
        flooded = pool.submit(flood, lan, VIP, 0.1, most=500)
        time.sleep(0.1)
        node.signal(signal.SIGCONT)
        sent, answered, took_s = flooded.result()
    show(f"{sent} questions in {took_s:.3f} s while the speaker was stopped: {answered} answers")
    assert sent == 500
    assert answered >= sent
