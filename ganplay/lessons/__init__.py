"""Lessons that check themselves: read from files, run with or without a page, and measured.

A lesson is data: words in both languages, settings, and checks by name of a signal and its bounds.
"""

from ganplay.lessons.checks import Outcome, attempt, begin, measured, outcome_of, perform
from ganplay.lessons.experiments import EXPERIMENTS, Experiment
from ganplay.lessons.lesson import FOLDER, Lesson, LessonError, load_all, read
from ganplay.lessons.stream import stream_run

__all__ = [
    "EXPERIMENTS",
    "FOLDER",
    "Experiment",
    "Lesson",
    "LessonError",
    "Outcome",
    "attempt",
    "begin",
    "load_all",
    "measured",
    "outcome_of",
    "perform",
    "read",
    "stream_run",
]
