"""The only room that talks to the API server: client, watch, publish.

Shell: HTTP to the API server.
"""
