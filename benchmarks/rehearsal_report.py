"""What the people of a rehearsal saw, in figures and as a page."""

import io
import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, field, fields
from typing import Any

import av
import torch

from benchmarks.__main__ import MACHINE, MARKS, TITLES, cells, machine
from benchmarks.classroom import BOUNDS, Measured, jain
from benchmarks.rehearsal_class import FRAMES, NAN, Happened, Person, Plan
from benchmarks.report import Row, markdown, percentile
from benchmarks.students import Seen
from ganplay import ToyTrainer
from ganplay.common.safe_tensors import CheckpointError
from ganplay.toy.checkpoint import toy_from_bytes

ALONE = 2
"""Runs that are compared with ones that nothing disturbed."""
TROUBLE = {"diverged", "error", "failed", "gone", "limit", "too_many", "unmade"}
"""Messages that tell a student of something that went wrong."""


Show = Callable[[Any], str]
"""How a value is written in a table."""


def _column(title: str, show: Show = str) -> Any:
    return field(metadata={"title": title, "show": show})


def _number(places: int = 0, unit: float = 1.0) -> Show:
    return lambda value: "–" if value is None else f"{value / unit:.{places}f}"


def _yes(value: bool) -> str:
    return "yes" if value else "no"


@dataclass(frozen=True)
class Account:
    """What one student saw; None is what there was not. Each field is a column of the report.

    Attributes:
        student: by number; the first one's network was spoilt.
        frames: a second in the lab.
        steps: the same.
        gap: between frames in the lab, 95th percentile, in milliseconds.
        longest: the longest of them.
        held: checks of the lesson that came out.
        checks: that there are.
        slider: milliseconds to a picture, median.
        slider_late: the same, 95th percentile.
        weights: bytes of a good file.
        film: the same.
        film_kind: of the film.
        asked_again: requests that were too many at a time.
        fault_a: longest time without a frame after the NaN, in seconds.
        touched: whether the page was told of it, or lost its line then.
        fault_b: seconds from the kill to a frame.
        slider_b: seconds from the kill to a picture, of those who dragged then.
        step_before: the last step seen before the kill.
        caught_up: seconds from the kill until the run was where it had been.
        step_after: the step in the end.
        kept: whether settings and seed were as before.
        lost: lines and requests, except by the kill.
    """

    student: int = _column("student")
    frames: float = _column("frames/s", _number(1))
    steps: float = _column("steps/s", _number())
    gap: float = _column("gap p95, ms", _number())
    longest: float = _column("longest, ms", _number())
    held: int = _column("lesson's checks")
    checks: int = _column("of")
    slider: float | None = _column("slider p50, ms", _number())
    slider_late: float | None = _column("p95, ms", _number())
    weights: int = _column("weights, kB", _number(1, 1000))
    film: int = _column("film, kB", _number(1, 1000))
    film_kind: str = _column("kind")
    asked_again: int = _column("asked again")
    fault_a: float = _column("NaN: no frames, s", _number(2))
    touched: bool = _column("noticed", _yes)
    fault_b: float | None = _column("kill: no frames, s", _number(1))
    slider_b: float | None = _column("no pictures, s", _number(1))
    step_before: int = _column("step before")
    caught_up: float | None = _column("again after, s", _number(1))
    step_after: int = _column("in the end")
    kept: bool = _column("as before", _yes)
    lost: Sequence[str] = _column("lost", lambda lost: ", ".join(lost) or "0")

    @property
    def learnt(self) -> bool:
        """Whether the lesson came to its end and all its checks came out."""
        return 0 < self.checks == self.held

    @property
    def went_on(self) -> bool:
        """Whether the run got at least as far as it was before the kill."""
        return self.step_after >= self.step_before


def account(one: Person, measured: Measured, seen: Happened, checks: int) -> Account:
    """What somebody saw."""
    at = one.number
    lab, gaps = one.lab, measured.gaps[at]
    again = _after(lab, "welcome", seen.killed)
    frame = next((t for t in lab.frames if t > again), NAN)
    picture = NAN
    if one.drags_first:
        line = _after(one.slider, "welcome", seen.killed)
        picture = next((t for t in one.slider.frames if t > line), NAN)
    back = max(frame, picture) if one.drags_first else frame
    waits = one.slider.waits
    kinds = [kind for t, kind in lab.messages if seen.spoilt <= t < measured.end]
    return Account(
        student=at,
        frames=measured.frames[at],
        steps=measured.steps[at],
        gap=1000 * percentile(gaps, 0.95),
        longest=1000 * max(gaps),
        held=sum(one.kept),
        checks=checks,
        slider=percentile(waits, 0.5) if waits else None,
        slider_late=percentile(waits, 0.95) if waits else None,
        weights=len(one.weights) if good_weights(one) else 0,
        film=len(one.film) if good_film(one.film, one.kind) else 0,
        film_kind=one.kind,
        asked_again=lab.busy,
        fault_a=max(lab.gaps(seen.spoilt, measured.end)),
        touched=not TROUBLE.isdisjoint(kinds) or bool(lab.lost(seen.spoilt, measured.end)),
        fault_b=_or_none(frame - seen.killed),
        slider_b=_or_none(picture - seen.killed),
        step_before=one.step_before,
        step_after=one.student.step,
        caught_up=_or_none(next((t for t in lab.caught_up if t > again), NAN) - seen.killed),
        kept=one.student.hello["config"] == one.config
        and _after(lab, "state", seen.killed) < math.inf,
        lost=[
            what
            for part in (lab, one.slider)
            for what in (*part.lost(0, seen.killed), *part.lost(back))
        ],
    )


def _after(seen: Seen, kind: str, moment: float) -> float:
    """When a message of a kind came for the first time after some moment; infinity if none did."""
    return next((t for t, other in seen.messages if other == kind and t > moment), math.inf)


def _or_none(value: float) -> float | None:
    return value if math.isfinite(value) else None


def good_weights(one: Person) -> bool:
    """Whether what was saved can be read again, and is the student's own."""
    try:
        (config,) = toy_from_bytes(one.weights, threads=1).configs
    except CheckpointError:
        return False
    return config.seed == one.config["seed"]


def good_film(data: bytes, kind: str) -> bool:
    """Whether a file is what it says it is, with all its pictures."""
    try:
        with av.open(io.BytesIO(data), "r") as film:
            pictures = len(list(film.decode(video=0)))
            return kind in film.format.name.split(",") and pictures == FRAMES
    except av.FFmpegError:
        return False


def undisturbed(people: Sequence[Person]) -> list[bool]:
    """Whether runs that were saved came to the very numbers of ones that nothing disturbed.

    Those of others than the first student, and of them the shortest.
    """
    saved = [toy_from_bytes(one.weights, threads=1) for one in people[1:] if good_weights(one)]
    found = []
    for trainer in sorted(saved, key=lambda trainer: trainer.steps)[:ALONE]:
        alone = ToyTrainer(trainer.configs[0], threads=1)
        alone.step(trainer.steps)
        found.append(torch.equal(alone.sample(50), trainer.sample(50)))
    return found


def rows_of(
    accounts: Sequence[Account], seen: Happened, same_numbers: Sequence[bool], whole: bool
) -> list[Row]:
    """The class in figures; only of a whole one are rates bounded, not in its first seconds."""
    spoilt, *others = accounts
    sliders = [one.slider_late for one in accounts]
    frames, steps = [one.frames for one in others], [one.steps for one in others]
    least_frames, least_steps = BOUNDS["a"]
    first, last = [*seen.memory, NAN, NAN][:2]

    def everybody(name: str, values: Iterable[bool]) -> Row:
        return Row(name, sum(values), "students", f"== {len(accounts)}")

    return [
        Row("students", len(accounts), ""),
        Row("lab: frames of the slowest", min(frames), "1/s",
            f">= {least_frames}" if whole else ""),
        Row("lab: steps of the slowest", min(steps), "1/s",
            f">= {least_steps}" if whole else ""),
        Row("lab: fairness of frames (Jain)", jain(frames), "", ">= 0.95"),
        Row("lab: fairness of steps (Jain)", jain(steps), "", ">= 0.95"),
        Row("lab: longest gap", max(one.longest for one in others), "ms", "<= 2000"),
        Row("lab: longest gap, with the one of the NaN",
            max(one.longest for one in accounts), "ms"),
        everybody("lesson: checks all came out for", (one.learnt for one in accounts)),
        everybody("explorer: moved a picture", (late is not None for late in sliders)),
        Row("explorer: slider to picture, p95", percentile(seen.waits or [NAN], 0.95), "ms",
            "<= 150"),
        Row("explorer: p95 of the slowest", worst(sliders), "ms"),
        everybody("export: weights of their own", (one.weights > 0 for one in accounts)),
        everybody("export: films", (one.film > 0 for one in accounts)),
        Row("export: asked again", sum(one.asked_again for one in accounts), "times"),
        Row("NaN: who noticed", sum(one.touched for one in accounts), "students", "== 1"),
        Row("NaN: the one it was in did", spoilt.touched, "", "== 1"),
        Row("NaN: the one it was in was without frames", spoilt.fault_a, "s", "<= 10"),
        Row("NaN: others were without frames", max(one.fault_a for one in others), "s", "<= 2"),
        Row("kill: the server answers again after", seen.up - seen.killed, "s"),
        Row("kill: frames again after", worst([one.fault_b for one in accounts]), "s", "<= 30"),
        Row("kill: pictures again after",
            worst([one.slider_b for one in accounts if one.student % 2]), "s", "<= 30"),
        everybody("kill: settings and seed as before", (one.kept for one in accounts)),
        everybody("kill: steps as far as before", (one.went_on for one in accounts)),
        Row("kill: the slowest as far as before after",
            worst([one.caught_up for one in accounts]), "s"),
        Row(f"runs of the very numbers of undisturbed ones, of {len(same_numbers)}",
            sum(same_numbers), "", f"== {ALONE}"),
        Row("lines and requests lost, except by the kill",
            sum(len(one.lost) for one in accounts), "", "== 0"),
        Row("event loop late, p99", percentile(seen.late or [NAN], 0.99), "ms", "<= 100"),
        Row("server's memory before the kill", first, "MiB", "<= 4096"),
        Row("server's memory in the end", last, "MiB", "<= 4096"),
    ]  # fmt: skip


def worst(values: Sequence[float | None]) -> float:
    """The largest; NaN, which keeps no bound, if somebody has none."""
    known = [value for value in values if value is not None]
    return max(known) if 0 < len(known) == len(values) else NAN


COLUMNS = [column.metadata["title"] for column in fields(Account)]


def _cells(one: Account) -> list[str]:
    return [column.metadata["show"](getattr(one, column.name)) for column in fields(Account)]


def table_of(accounts: Sequence[Account]) -> str:
    """A line for each student, in Markdown."""
    return markdown(COLUMNS, "---: " * len(COLUMNS), map(_cells, accounts))


def as_markdown(accounts: Sequence[Account], rows: Sequence[Row], plan: Plan, lesson: str) -> str:
    """The report as a page."""
    figures = markdown(TITLES, MARKS, (cells(asdict(row) | {"holds": row.holds}) for row in rows))
    return f"""{MACHINE.format(**machine())}.

{len(accounts)} students, {plan.end / 60:.3g} minutes. In the lab until {plan.lab:.0f} s, the lesson
“{lesson}” and the explorer in two halves until {plan.back:.0f} s, then the lab again and files. At
{plan.nan:.0f} s a weight of student {accounts[0].student} became NaN; at {plan.kill:.0f} s the
server was killed.

{figures}

### What each of them saw

{table_of(accounts)}
"""
