"""A lab on paper: topology, addressing, parts, steps, what a host must have.

Pure.
"""
