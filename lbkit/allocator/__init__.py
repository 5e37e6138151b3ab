"""Which address for which Service: request, sharing, pools, book, choose, decide, render.

Pure.
"""
