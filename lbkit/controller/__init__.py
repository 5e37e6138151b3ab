"""The process that gives addresses to Services: inbox -> snapshot -> allocator -> kube.publish -> inbox.

Shell: the API server, clock, log.
"""
