"""Lessons that check themselves: read from files, run with or without a page, and measured.

A lesson is data: words in both languages, settings, and checks by name of a signal and its bounds.
"""
