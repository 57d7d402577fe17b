"""What a page says of a student's work in lessons, before anybody has checked it.

A field's `description` is what the page is told where the field holds something else.
"""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from ganplay.common.settings import MAX_SEED

MAX_ANSWERS, MAX_PARTS, MAX_CHECKS, MAX_MEMBERS, MAX_CHANGES = 5, 8, 8, 16, 8
MAX_TEXT = 64

Key = Annotated[str, StringConstraints(max_length=MAX_TEXT)]
Values = Annotated[list[float | None], Field(min_length=1, max_length=MAX_MEMBERS)]
Moment = Annotated[
    str, StringConstraints(pattern=r"^([0-9]{4}(-[0-9]{2}){2}T[0-9]{2}(:[0-9]{2}){2}Z)?$")
]
"""A time in UTC to the second; "" where it is not known."""


class Claim(BaseModel):
    """Something a page says; a text is no number, and no number is infinite."""

    model_config = ConfigDict(strict=True, frozen=True, allow_inf_nan=False)


class RunClaim(Claim):
    """A run that has come to its end.

    Attributes:
        seed: the first one.
        changes: settings of a task, by name.
        values: of the signal of each check, one for each member; None where it was not finite.
        holds: whether each check holds.
        receipt: the server's signature of all that, "" if there is none.
    """

    seed: int = Field(default=0, ge=0, le=MAX_SEED)
    changes: Annotated[
        dict[Key, Annotated[str, StringConstraints(max_length=MAX_TEXT)] | bool | int | float],
        Field(max_length=MAX_CHANGES),
    ] = {}
    values: Annotated[list[Values], Field(max_length=MAX_CHECKS)] = []
    holds: Annotated[list[bool], Field(max_length=MAX_CHECKS)] = []
    receipt: Key = ""

    def outcome(self) -> dict[str, object]:
        """What the receipt says came out, with numbers that are written in one way."""
        rows = [[None if v is None else float(v) for v in row] for row in self.values]
        return {"values": rows, "holds": self.holds}


class LessonClaim(Claim):
    """What was done in a lesson.

    Attributes:
        lesson: its name.
        answers: the number of the answer to each question so far, from 0.
        explained: whether the explanation was read.
        runs: by name.
        tasks: the best try at each.
        deeds: how much of each goal in Explore was reached.
        began: when the first of it was done, by the browser's clock.
        at: when the last of it was done.
    """

    lesson: Key = Field(description="the name of a lesson is needed")
    answers: Annotated[
        list[Annotated[int, Field(ge=0, lt=MAX_ANSWERS)]], Field(max_length=MAX_ANSWERS)
    ] = Field([], description=f"numbers of answers, each from 0 to {MAX_ANSWERS - 1}")
    explained: bool = Field(False, description="true or false")
    runs: Annotated[dict[Key, RunClaim], Field(max_length=MAX_PARTS)] = Field(
        {}, description="an object of runs by name, each with seed, values, holds, receipt"
    )
    tasks: dict[Literal["break", "mend"], RunClaim] = Field(
        {}, description="an object with the runs of the tasks, break and mend"
    )
    deeds: Annotated[dict[Key, float], Field(max_length=MAX_PARTS)] = Field(
        {}, description="an object of numbers by name"
    )
    began: Moment = Field("", description="a time such as 2025-03-01T08:30:00Z")
    at: Moment = Field("", description="a time such as 2025-03-01T08:30:00Z")
