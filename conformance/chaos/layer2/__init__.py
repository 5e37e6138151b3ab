"""`make chaos-speaker` and `make soak`: owners of layer-2 addresses lost again and again, and clients that measure it.

Pure.
"""
