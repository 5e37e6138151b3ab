"""The process on every node that announces addresses: inbox -> snapshot -> announcer -> diff -> kernel | gobgp.

Shell: everything the rooms below touch.
"""
