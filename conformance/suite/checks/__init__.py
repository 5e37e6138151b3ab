"""The judges: pure functions from a history to a verdict, one file per group of cases.

Pure.
"""
