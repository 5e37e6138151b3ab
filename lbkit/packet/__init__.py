"""Bytes on the wire <-> values, both ways, without a socket.

Pure.
"""
