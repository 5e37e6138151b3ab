"""Targets that are broken on purpose, and which cases must notice: the test of the suite in a lab.

Pure.
"""
