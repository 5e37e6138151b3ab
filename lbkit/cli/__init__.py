"""The commands: what a person types.

Shell: parses arguments, prints.
"""
