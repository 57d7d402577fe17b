"""A visitor's arena in the engine: many GANs, trained and shown a piece at a time.

A turn may leave off between two groups of members, so that an arena takes no longer turns than
anybody else; what a page is shown is always of one step of all.
"""

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ganplay.arena.arena import Arena, Cell, told
from ganplay.arena.renderer import CELLS, about, finite
from ganplay.arena.renderer import ThumbnailRenderer as Eye
from ganplay.arena.request import ArenaRequest, Look, Make
from ganplay.common.settings import as_plain
from ganplay.common.wire import Piece, pack_piece
from ganplay.live import commands
from ganplay.live.session import MAX_STEPS, QUANTUM, Session
from ganplay.toy.config import ToyConfig
from ganplay.toy.monitor import MEASURED

ROUND = 0.02
"""Seconds of steps between two looks at what was asked for, and at whether a frame is due."""
FRAME_INTERVAL = 1 / 32
FRAME_SHARE, MEASURE_SHARE = 0.5, 0.15
"""Shares of the time that frames and measurements may take."""
MEASURE_INTERVAL = 0.25
MAX_ARENAS = 6


class ArenaSession(Session):
    """One visitor's arena, or the place for one."""

    most = MAX_ARENAS

    def __init__(self, now: float, asked: ArenaRequest | None = None) -> None:
        super().__init__(now)
        self.asked = asked
        self.arena: Arena | None = None
        self.run = 0
        self.catch_up_to = 0
        self.shown = 0
        self._eyes: list[Eye] = []
        self._told: dict[str, Any] | None = None
        self._left: Iterator[None] | None = None
        self._applied = 0
        self._finite: list[bool] = []
        self._measured_at = -1
        self._step_time = 1e-2
        self._next_measure = now
        self._rate = 0.0
        self._rate_since, self._rate_steps = now, 0

    @property
    def steps(self) -> int:
        """Steps since the start."""
        return self.arena.steps if self.arena else 0

    @property
    def _training(self) -> bool:
        wanted = self.asked is not None and (self.playing or self.catch_up_to > 0)
        return wanted and (not self._finite or any(self._finite)) and self.steps < MAX_STEPS

    def due(self, now: float) -> float:
        """When there is next something to do; infinity if nothing."""
        return 0.0 if self._left is not None else super().due(now)

    def advance(self) -> None:
        """One turn, at least one piece of what is to be done."""
        until = time.monotonic() + QUANTUM
        self._left = self._left or self._pieces()
        for _ in self._left:
            if time.monotonic() >= until:
                return
        self._left = None

    def _pieces(self) -> Iterator[None]:
        while self.inbox:
            number, command = self.inbox.popleft()
            self._applied = max(self._applied, number)
            self._dirty = True
            self._obey(command)
            yield
        if self.asked is not None and self.arena is None:
            yield from self._begin(self.asked)
        now = time.monotonic()
        if self._training and self.attended(now) and now >= self._next_step:
            yield from self._train(now)
        now = time.monotonic()
        if self._dirty and self.credit > 0 and self.sink and now >= self._next_frame:
            yield from self._show()

    # ---- what is asked for

    def _obey(self, command: object) -> None:
        match command:
            case commands.Greet():
                self._tell_state()
                self._tell_arena()
            case Make(asked, playing):
                self.asked, self.playing, self.shown = asked, playing, 0
                self._forget()
                self._tell_state()
                self._tell_arena(as_plain(asked.problems))
            case commands.Play(playing):
                self._play(playing)
            case commands.Speed(speed):
                self.speed = speed
                self._next_step = time.monotonic()
            case commands.Step(_, count):
                self.playing, self.catch_up_to = False, min(self.steps + count, MAX_STEPS)
                self._tell_state()
            case commands.Rewind():
                self._forget()
                self._tell_state()
            case Look(seed):
                self.shown = min(seed, len(self.asked.seeds) - 1) if self.asked else 0

    def _play(self, playing: bool) -> None:
        self.playing, self.catch_up_to = playing, 0
        self._next_step = time.monotonic()
        self._tell_state()

    def _forget(self) -> None:
        """Fresh networks, when they are next needed."""
        self.arena, self._finite, self._told = None, [], None
        self.catch_up_to, self._measured_at = 0, -1
        self.run += 1

    def _tell_state(self) -> None:
        self._tell(type="state", run=self.run, playing=self.playing, speed=self.speed)

    def _tell_arena(self, problems: Sequence[Mapping[str, Any]] = ()) -> None:
        """Send the page what stays the same, and the newest numbers if it does not know them."""
        if self.asked is None:
            return
        axes = [{"name": a.name, "values": list(a.values)} for a in self.asked.axes]
        base = self.asked.base
        state = base.to_state().removesuffix(f";points:{base.points}")
        data: dict[tuple[str, int, int], dict[str, Any]] = {}
        cells: list[dict[str, Any]] = []
        for cell in self.asked.cells:
            one: dict[str, Any] = {"values": cell.values}
            if isinstance(cell, Cell):
                config = cell.configs[0]
                key = config.distribution, config.classes, config.seed
                if key not in data:
                    data[key] = about(config)
                one |= {"changes": _changes(base, config), "data": list(data).index(key)}
            else:
                one["problems"] = as_plain(cell.problems)
            cells.append(one)
        self._tell(
            type="arena", axes=axes, seeds=self.asked.seeds, state=state, cells=cells,
            data=list(data.values()), problems=list(problems),
        )  # fmt: skip
        if self._told:
            self._tell(**self._told)

    # ---- training

    def _begin(self, asked: ArenaRequest) -> Iterator[None]:
        cells = [cell for cell in asked.cells if isinstance(cell, Cell)]
        self.arena = Arena(cells, threads=1)
        yield
        self._eyes = []
        for group in self.arena.groups:
            self._eyes.append(Eye(group.trainer))
            yield
        self._finite = [True] * len(self.arena)
        self._next_step = self._rate_since = time.monotonic()
        self._rate_steps = 0

    def _train(self, now: float) -> Iterator[None]:
        assert self.arena is not None
        count, spent = self._count(now), 0.0
        for group in self.arena.groups:
            start = time.monotonic()
            group.trainer.step(count)
            spent += time.monotonic() - start
            yield
        self._step_time += 0.3 * (spent / count - self._step_time)
        self.steps_done += count * len(self.arena)
        self._rate_steps += count
        self._dirty = True
        self._finite = self.arena.joined(lambda group: finite(group.trainer))
        if self.catch_up_to and self.steps >= self.catch_up_to:
            self.catch_up_to = 0
        if self.playing and (not any(self._finite) or self.steps >= MAX_STEPS):
            self.playing = False
            self._tell_state()

    def _count(self, now: float) -> int:
        """How many steps to take now, and when the next ones are due."""
        budget = ROUND
        if self.credit > 0:  # be done when the next frame is due, so that it is not late
            budget = min(budget, max(self._next_frame - now, 0.0))
        fitting = max(1, int(budget / self._step_time))
        room = MAX_STEPS - self.steps
        if self.catch_up_to:
            return max(1, min(fitting, self.catch_up_to - self.steps, room))
        if self.speed is None:
            return max(1, min(fitting, room))
        missed = int((now - self._next_step) * self.speed)
        count = max(1, min(fitting, 1 + missed, room))
        self._next_step = max(self._next_step + count / self.speed, now - ROUND)
        return count

    # ---- what is shown

    def _show(self) -> Iterator[None]:
        arena, now = self.arena, time.monotonic()
        if arena is None or self.asked is None:
            self._dirty = False
            return
        if now - self._rate_since > 0.5:
            self._rate = self._rate_steps / (now - self._rate_since)
            self._rate_since, self._rate_steps = now, 0
        stale = self._measured_at != self.steps
        if stale and (now >= self._next_measure or not self._training):
            yield from self._measure(arena)
        spent, seeds, seen = 0.0, len(self.asked.seeds), dict[int, tuple[Any, Any]]()
        for group, eye in zip(arena.groups, self._eyes, strict=True):
            start = time.monotonic()
            places = {i: k for k, i in enumerate(group.members) if i % seeds == self.shown}
            if places:
                shown = eye.pictures(list(places.values()))
                seen |= zip(places, zip(*shown, strict=True), strict=True)
            spent += time.monotonic() - start
            yield
        start = time.monotonic()
        data = self._packed([seen[i] for i in sorted(seen)])
        now = time.monotonic()
        spent += now - start
        self._dirty = False
        self.credit -= 1
        self._next_frame = now + max(FRAME_INTERVAL - spent, spent * (1 / FRAME_SHARE - 1))
        self.frames_made += 1
        self.frame_seconds += spent
        if self.sink is not None:
            self.sink.frame(data)

    def _packed(self, pictures: Sequence[tuple[NDArray, NDArray]]) -> bytes:
        head = {
            "type": "moment", "run": self.run, "step": self.steps, "applied": self._applied,
            "rate": self._rate if self._training else 0.0, "playing": self.playing,
            "catching": self.catch_up_to > 0, "shown": self.shown, "cells": CELLS,
            "lost": [i for i, fine in enumerate(self._finite) if not fine],
        }  # fmt: skip
        blobs = [np.stack(part).tobytes() for part in zip(*pictures, strict=True)]
        return pack_piece(Piece(head, blobs))

    def _measure(self, arena: Arena) -> Iterator[None]:
        spent, found = 0.0, dict[int, dict[str, float]]()
        for group, eye in zip(arena.groups, self._eyes, strict=True):
            start = time.monotonic()
            found |= zip(group.members, eye.measure(), strict=True)
            spent += time.monotonic() - start
            yield
        cells = told(arena.cells, [found[i] for i in range(len(arena))], MEASURED, quick=True)
        for cell in cells:
            del cell["values"]
        self._told = {"type": "standings", "run": self.run, "step": arena.steps, "cells": cells}
        self._tell(**self._told)
        self._measured_at = arena.steps
        wait = max(MEASURE_INTERVAL, spent * (1 / MEASURE_SHARE - 1))
        self._next_measure = time.monotonic() + wait


def _changes(base: ToyConfig, config: ToyConfig) -> Mapping[str, Any]:
    """In what settings differ, but for own points, which those who gave them know."""
    names = (f.name for f in fields(base) if f.name != "points")
    return {n: getattr(config, n) for n in names if getattr(base, n) != getattr(config, n)}
