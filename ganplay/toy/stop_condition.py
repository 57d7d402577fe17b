"""When a run stops by itself: at a step, or once a metric is good enough.

A metric is looked at every `EVERY` steps and nowhere else, however fast the run goes and whoever
watches it, so that the step at which a run stops belongs to the run.
"""

import math
from dataclasses import dataclass

EVERY = 50
"""Steps between two looks at a metric."""
BOUNDS = {"steps": (1, 1_000_000), "js": (0, 1), "modes": (1, 100), "high_quality": (0, 1)}
"""What a run can be stopped by, and between which bounds."""


@dataclass(frozen=True)
class StopCondition:
    """A condition: "steps" at the bound, "js" at or below it, "modes" or "high_quality" above."""

    when: str
    bound: float

    def met(self, value: float) -> bool:
        """Whether a value of the steps or the metric is good enough; NaN never is."""
        return value <= self.bound if self.when == "js" else value >= self.bound

    def looks_at(self, step: int) -> bool:
        """Whether the condition is looked at after this step."""
        return self.when == "steps" or step % EVERY == 0

    def room(self, step: int) -> int:
        """How many steps may be taken before it must be looked at again."""
        return int(self.bound) - step if self.when == "steps" else EVERY - step % EVERY

    def __str__(self) -> str:
        return f"{self.when} {'<=' if self.when == 'js' else '>='} {self.bound:g}"


def mistake(when: object, bound: object) -> tuple[str, object, str] | None:
    """What is wrong with a condition: the field, its value and what is allowed; None if nothing."""
    if not isinstance(when, str) or when not in BOUNDS:
        return "when", when, "one of " + ", ".join(BOUNDS) + " is needed"
    low, high = BOUNDS[when]
    whole = when in ("steps", "modes")
    wrong = "bound", bound, f"a {'whole ' * whole}number from {low} to {high} is needed"
    if isinstance(bound, bool) or not isinstance(bound, int | float) or not low <= bound <= high:
        return wrong
    return wrong if whole and bound % 1 else None


def parse(text: str) -> StopCondition:
    """A metric's condition as it is written, such as `js=0.05`.

    Raises:
        ValueError: if it is none.
    """
    when, _, number = text.partition("=")
    if when == "steps" or when not in BOUNDS or not number:
        names = ", ".join(name for name in BOUNDS if name != "steps")
        raise ValueError(f"{text!r} is not possible; METRIC=BOUND with one of {names} is needed")
    try:
        bound = float(number)
    except ValueError:
        bound = math.nan
    if found := mistake(when, bound):
        raise ValueError(f"{when}: {number!r} is not possible; {found[2]}")
    return StopCondition(when, bound)
