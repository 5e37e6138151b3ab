"""Tests of the judge itself: hermetic, on hand-made histories.

Pure.
"""
