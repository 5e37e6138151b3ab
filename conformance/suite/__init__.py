"""What cases are made of: how they drive, what observes, what judges, what reports.

Pure.
"""
