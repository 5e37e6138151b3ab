"""The only room with raw sockets and netlink.

Shell: AF_PACKET and NETLINK_ROUTE sockets.
"""
