"""Nodes and speakers lost under BGP, again and again: how long routers still send traffic there, and who notices.

Shell: the lab, files, the terminal, the clock.
"""
