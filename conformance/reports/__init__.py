"""Published results, and the tool that publishes them.

Pure.
"""
