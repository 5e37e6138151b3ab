"""What an operator asks and changes: load balancers, peers, profiles; what is wrong; why a Service has no address.

Pure.
"""
