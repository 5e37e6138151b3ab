"""`make chaos-controller`: the leader killed at random moments while many Services come and go.

Pure.
"""
