"""How sessions share the time of a few workers, as numbers: frames a second, steps a second.

Where there is too little for all wishes there are first fewer frames, down to `FEWEST`, then fewer
steps, down to `STEPS_A_FRAME`, and then fewer of both. Steps are shared so that all get as many,
not as much time: only who asks for more than `MAX_TIME_RATIO` shares of time for them gets fewer.
"""

import math
import statistics
from collections.abc import Sequence
from typing import NamedTuple

MOST, FEWEST = 60.0, 18.0
"""Frames a second: where there is time for them, and before there are fewer steps."""
STEPS_A_FRAME = 2.0
"""Where there are fewer there is little new in a frame."""
FRAMES_AT_MOST = 0.6
"""Of a worker's time, for the frames of one session."""
MAX_TIME_RATIO = 4.0
FIRST_AT_MOST = 0.5
"""Of the time, for those who come first."""


class Demand(NamedTuple):
    """What a session would like.

    Attributes:
        step: seconds of a processor that one of its steps takes.
        frame: the same of a frame.
        rate: steps a second; 0 if it rests, infinity for as many as there can be.
        first: whether it comes before others, the lecturer's.
    """

    step: float
    frame: float
    rate: float
    first: bool = False


class Allocation(NamedTuple):
    """What it gets: frames and steps a second."""

    frames: float
    rate: float


def shares(wishes: Sequence[Demand], workers: int, running: float = 1.0) -> list[Allocation]:
    """What each session gets.

    Args:
        wishes: of all that want something.
        workers: threads that there are.
        running: share of the time that these really run when they want to.
    """
    time = workers * running
    first, others = ([w for w in wishes if w.first == one] for one in (True, False))
    given = _shared(first, FIRST_AT_MOST * time, running)
    own, rest = iter(given), iter(_shared(others, time - _taken(first, given), running))
    return [next(own if wish.first else rest) for wish in wishes]


def _taken(wishes: Sequence[Demand], given: Sequence[Allocation]) -> float:
    return sum(
        wish.step * share.rate + wish.frame * share.frames
        for wish, share in zip(wishes, given, strict=True)
    )


def _shared(wishes: Sequence[Demand], time: float, running: float) -> list[Allocation]:
    """The same among equals."""
    if not wishes:
        return []
    frame = sum(wish.frame for wish in wishes)
    alone = min(running, time)  # no session can have two workers at a time
    most = min(alone, MAX_TIME_RATIO * time / len(wishes))
    # Who wants as many steps as there can be counts as wanting half of an equal share.
    wanted = sum(
        min(most, wish.step * wish.rate if wish.rate < math.inf else time / len(wishes) / 2)
        for wish in wishes
    )
    usual = MAX_TIME_RATIO * statistics.median(wish.step for wish in wishes)
    stepped = STEPS_A_FRAME * sum(min(wish.step, usual) for wish in wishes)
    enough = max(min(FEWEST, time / (frame + stepped)), (time - wanted) / frame)
    frames = min(MOST, enough, FRAMES_AT_MOST * alone / max(wish.frame for wish in wishes))
    left = time - frames * frame
    bounds = [
        min(
            wish.rate,
            min(alone - frames * wish.frame, MAX_TIME_RATIO * left / len(wishes)) / wish.step,
        )
        for wish in wishes
    ]
    rate = level([wish.step for wish in wishes], bounds, left)
    return [Allocation(frames, min(bound, rate)) for bound in bounds]


def level(costs: Sequence[float], bounds: Sequence[float], time: float) -> float:
    """The rate that all can have within some time, where each takes no more than its bound.

    The r of `sum(cost * min(bound, r)) = time`; infinity if there is time for all bounds.
    """
    spent, slope = 0.0, sum(costs)
    for bound, cost in sorted(zip(bounds, costs, strict=True)):
        if spent + slope * bound >= time:
            return (time - spent) / slope
        spent += cost * bound
        slope -= cost
    return math.inf
