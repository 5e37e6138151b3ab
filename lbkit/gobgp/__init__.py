"""The only room that talks to GoBGP: it makes the engine hold what was decided, and says what it holds.

Shell: gRPC over a unix socket.
"""
