"""SIGTERM and SIGINT as an asyncio event: the process stops because its loop decides to.

Shell: signal handlers.
"""

import asyncio
import signal


def stop_event() -> asyncio.Event:
    """Give an event that SIGTERM or SIGINT sets; call it from the running loop."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    return stop
