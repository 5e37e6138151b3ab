"""Who announces which address, and which prefixes each BGP peer is told of.

Pure.
"""
