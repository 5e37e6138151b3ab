"""The cases: one behaviour each, in two files of one stem.

Pure.
"""
