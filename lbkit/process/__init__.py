"""What both long-running processes share: log, health and metrics endpoint, signals.

Shell: stdout, a listening socket, signals.
"""
