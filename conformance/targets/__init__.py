"""One adapter per load balancer under test: the only code that knows which one it is.

Pure.
"""
