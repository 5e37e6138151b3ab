"""Code generated from gobgp.proto by `make proto`; only this file is kept in git.

Shell: gRPC, in the generated stub.
"""
