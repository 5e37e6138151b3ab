"""`make bench-controller`: how fast and how frugal a controller is, beside MetalLB's in one run.

Pure.
"""
