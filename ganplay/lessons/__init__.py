"""Lessons that check themselves: read from files, run without a page, and measured.

A lesson is data: words in both languages, settings, and checks by name of a signal and its bounds.
"""

from ganplay.lessons.checks import Outcome, attempt, begin, judge, measured, perform
from ganplay.lessons.experiments import KINDS, Experiment
from ganplay.lessons.lesson import FOLDER, Lesson, LessonError, load_all, read
from ganplay.lessons.stream import follow

__all__ = [
    "FOLDER",
    "KINDS",
    "Experiment",
    "Lesson",
    "LessonError",
    "Outcome",
    "attempt",
    "begin",
    "follow",
    "judge",
    "load_all",
    "measured",
    "perform",
    "read",
]
