"""The witnesses: they write down what they saw and when, and never what it means.

Pure.
"""
