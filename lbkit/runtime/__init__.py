"""What labs are made with: commands, builds, Docker, the host.

Shell: runs commands, reads and writes files.
"""
