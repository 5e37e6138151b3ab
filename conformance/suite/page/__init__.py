"""The report as one HTML page that needs no network: what it shows, as values, and the template that shows it.

Pure.
"""
