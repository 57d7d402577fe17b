"""How sessions share the time of a few workers, as numbers: frames a second, steps a second.

Where there is too little for all demands there are first fewer frames, down to `FEWEST`, then fewer
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
"""Steps for each frame, below which there is little new in a frame."""
MAX_FRAME_SHARE = 0.6
"""Share of a worker's time that the frames of one session may take."""
MAX_TIME_RATIO = 4.0
"""How many equal shares of the time a session may take for its steps."""
MAX_PRIORITY_SHARE = 0.5
"""Share of the time that those with priority may take."""


class Demand(NamedTuple):
    """What a session would like.

    Attributes:
        step: seconds of a processor that one of its steps takes.
        frame: the same of a frame.
        rate: steps a second; 0 if it rests, infinity for as many as there can be.
        has_priority: whether it comes before others: the lecturer's does.
    """

    step: float
    frame: float
    rate: float
    has_priority: bool = False


class Allocation(NamedTuple):
    """What it gets: frames and steps a second."""

    frames: float
    rate: float


def allocate(demands: Sequence[Demand], workers: int, running: float = 1.0) -> list[Allocation]:
    """What each session gets.

    Args:
        demands: of all that want something.
        workers: threads that there are.
        running: share of the time that these really run when they want to.
    """
    time = workers * running
    first, others = ([w for w in demands if w.has_priority == one] for one in (True, False))
    given = _shared(first, MAX_PRIORITY_SHARE * time, running)
    pairs = zip(first, given, strict=True)
    taken = sum(one.step * share.rate + one.frame * share.frames for one, share in pairs)
    own, rest = iter(given), iter(_shared(others, time - taken, running))
    return [next(own if demand.has_priority else rest) for demand in demands]


def _shared(demands: Sequence[Demand], time: float, running: float) -> list[Allocation]:
    """The same among equals."""
    if not demands:
        return []
    frame = sum(demand.frame for demand in demands)
    alone = min(running, time)  # no session can have two workers at a time
    most = min(alone, MAX_TIME_RATIO * time / len(demands))
    # Who wants as many steps as there can be counts as wanting half of an equal share.
    wanted = sum(
        min(most, demand.step * demand.rate if demand.rate < math.inf else time / len(demands) / 2)
        for demand in demands
    )
    usual = MAX_TIME_RATIO * statistics.median(demand.step for demand in demands)
    stepped = STEPS_A_FRAME * sum(min(demand.step, usual) for demand in demands)
    enough = max(min(FEWEST, time / (frame + stepped)), (time - wanted) / frame)
    frames = min(MOST, enough, MAX_FRAME_SHARE * alone / max(demand.frame for demand in demands))
    left = time - frames * frame
    bounds = [
        min(
            demand.rate,
            min(alone - frames * demand.frame, MAX_TIME_RATIO * left / len(demands)) / demand.step,
        )
        for demand in demands
    ]
    rate = water_fill([demand.step for demand in demands], bounds, left)
    return [Allocation(frames, min(bound, rate)) for bound in bounds]


def water_fill(costs: Sequence[float], bounds: Sequence[float], time: float) -> float:
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
