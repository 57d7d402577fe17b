"""A visitor's arena in the engine: many GANs, trained and shown group by group.

A turn can end between two groups of members, so that an arena's turns are no longer than those of
other sessions; a frame always shows all members at the same step.
"""

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ganplay.arena.arena import Arena, Cell, cell_reports
from ganplay.arena.renderer import CELLS, ThumbnailRenderer, about, finite
from ganplay.arena.request import ArenaRequest, MakeArena, ShowSeed
from ganplay.common.settings import as_plain
from ganplay.common.wire import Piece, pack_piece
from ganplay.live import commands
from ganplay.live.session import MAX_STEPS, TIME_SLICE, Session
from ganplay.toy.config import ToyConfig
from ganplay.toy.monitor import MEASURED

ROUND = 0.02
"""Seconds of training between two looks at the inbox and at whether a frame is due."""
FRAME_INTERVAL, MEASURE_INTERVAL = 1 / 32, 0.25
"""Seconds from one frame or measurement to the next, at least."""
FRAME_SHARE, MEASURE_SHARE = 0.5, 0.15
"""Largest shares of the time that frames and measurements may take."""
MAX_ARENAS = 6


class ArenaSession(Session):
    """The session of one visitor's arena; `request` is None until a page has asked for one."""

    most = MAX_ARENAS

    def __init__(self, now: float, request: ArenaRequest | None = None) -> None:
        super().__init__(now)
        self.request = request
        self.arena: Arena | None = None
        self.shown_seed = 0
        self._renderers: list[ThumbnailRenderer] = []
        self._standings: dict[str, Any] | None = None
        self._unfinished: Iterator[None] | None = None
        self._finite: list[bool] = []
        self._measured_at = -1
        self._step_time = 1e-2
        self._next_measure = now

    @property
    def steps(self) -> int:
        """Steps since the start."""
        return self.arena.steps if self.arena else 0

    @property
    def _training(self) -> bool:
        wanted = self.request is not None and (self.playing or self.replay_until > 0)
        return wanted and (not self._finite or any(self._finite)) and self.steps < MAX_STEPS

    def next_due(self, now: float) -> float:
        """When there is next something to do; infinity if nothing."""
        return 0.0 if self._unfinished is not None else super().next_due(now)

    def advance(self) -> None:
        """One turn: at least one part of the work that is to be done."""
        until = time.monotonic() + TIME_SLICE
        self._unfinished = self._unfinished or self._work()
        for _ in self._unfinished:
            if time.monotonic() >= until:
                return
        self._unfinished = None

    def _work(self) -> Iterator[None]:
        """What is to be done now; a turn may end wherever this yields."""
        for command in self._commands():
            self._apply(command)
            yield
        if self.request is not None and self.arena is None:
            yield from self._build(self.request)
        now = time.monotonic()
        if self._training and self.attended(now) and now >= self._next_step:
            yield from self._train(now)
        if time.monotonic() >= self._frame_due:
            yield from self._show()

    # ---- commands

    def _apply(self, command: object) -> None:
        match command:
            case commands.Hello():
                self._send_state()
                self._tell_arena()
            case MakeArena(request, playing):
                self.request, self.playing, self.shown_seed = request, playing, 0
                self._reset()
                self._send_state()
                self._tell_arena(as_plain(request.problems))
            case commands.Play(playing):
                self.playing, self.replay_until = playing, 0
                self._next_step = time.monotonic()
                self._send_state()
            case commands.Speed(speed):
                self.speed = speed
                self._next_step = time.monotonic()
            case commands.Step(_, count):
                self.playing, self.replay_until = False, min(self.steps + count, MAX_STEPS)
                self._send_state()
            case commands.Rewind():
                self._reset()
                self._send_state()
            case ShowSeed(seed):
                self.shown_seed = min(seed, len(self.request.seeds) - 1) if self.request else 0

    def _reset(self) -> None:
        """Drop the networks; fresh ones are made when they are next needed."""
        self.arena, self._finite, self._standings = None, [], None
        self.replay_until, self._measured_at = 0, -1
        self.run += 1

    def _send_state(self) -> None:
        self._send(type="state", run=self.run, playing=self.playing, speed=self.speed)

    def _tell_arena(self, problems: Sequence[Mapping[str, Any]] = ()) -> None:
        """Send the page what stays the same, and the latest standings if there are any."""
        if self.request is None:
            return
        self._send(type="arena", problems=list(problems), **description(self.request))
        if self._standings:
            self._send(**self._standings)

    # ---- training

    def _build(self, request: ArenaRequest) -> Iterator[None]:
        cells = [cell for cell in request.cells if isinstance(cell, Cell)]
        self.arena = Arena(cells, threads=1)
        yield
        self._renderers = []
        for group in self.arena.groups:
            self._renderers.append(ThumbnailRenderer(group.trainer))
            yield
        self._finite = [True] * len(self.arena)
        self._next_step = time.monotonic()
        self._rate.restart(self._next_step)

    def _train(self, now: float) -> Iterator[None]:
        assert self.arena is not None
        count, spent = self._steps_now(now), 0.0
        for group in self.arena.groups:
            start = time.monotonic()
            group.trainer.step(count)
            spent += time.monotonic() - start
            yield
        self._step_time += 0.3 * (spent / count - self._step_time)
        self.steps_done += count * len(self.arena)
        self._rate.count += count
        self._dirty = True
        self._finite = self.arena.per_member(lambda group: finite(group.trainer))
        if self.replay_until and self.steps >= self.replay_until:
            self.replay_until = 0
        if self.playing and (not any(self._finite) or self.steps >= MAX_STEPS):
            self.playing = False
            self._send_state()

    def _steps_now(self, now: float) -> int:
        """How many steps to take now; sets when the next ones are due."""
        budget = ROUND
        if self.credit > 0:  # end when the next frame is due, so that it is not late
            budget = min(budget, max(self._next_frame - now, 0.0))
        fitting = max(1, int(budget / self._step_time))
        room = MAX_STEPS - self.steps
        if self.replay_until:
            return max(1, min(fitting, self.replay_until - self.steps, room))
        if self.speed is None:
            return max(1, min(fitting, room))
        missed = int((now - self._next_step) * self.speed)
        count = max(1, min(fitting, 1 + missed, room))
        self._next_step = max(self._next_step + count / self.speed, now - ROUND)
        return count

    # ---- frames and measurements

    def _show(self) -> Iterator[None]:
        arena, now = self.arena, time.monotonic()
        if arena is None or self.request is None:
            self._dirty = False
            return
        self._rate.update(now)
        stale = self._measured_at != self.steps
        if stale and (now >= self._next_measure or not self._training):
            yield from self._measure(arena)
        spent, seeds, shown = 0.0, len(self.request.seeds), dict[int, tuple[Any, Any]]()
        for group, renderer in zip(arena.groups, self._renderers, strict=True):
            start = time.monotonic()
            places = {i: k for k, i in enumerate(group.members) if i % seeds == self.shown_seed}
            if places:
                thumbnails = renderer.render(list(places.values()))
                shown |= zip(places, zip(*thumbnails, strict=True), strict=True)
            spent += time.monotonic() - start
            yield
        start = time.monotonic()
        data = self._packed([shown[i] for i in sorted(shown)])
        now = time.monotonic()
        spent += now - start
        self._next_frame = now + max(FRAME_INTERVAL - spent, spent * (1 / FRAME_SHARE - 1))
        self.frames_made += 1
        self.frame_seconds += spent
        self._send_frame(data)

    def _packed(self, thumbnails: Sequence[tuple[NDArray, NDArray]]) -> bytes:
        head = {
            "type": "moment", "run": self.run, "step": self.steps, "applied": self._applied,
            "rate": self._rate.value if self._training else 0.0, "playing": self.playing,
            "catching": self.replay_until > 0, "shown": self.shown_seed, "cells": CELLS,
            "lost": [i for i, fine in enumerate(self._finite) if not fine],
        }  # fmt: skip
        blobs = [np.stack(part).tobytes() for part in zip(*thumbnails, strict=True)]
        return pack_piece(Piece(head, blobs))

    def _measure(self, arena: Arena) -> Iterator[None]:
        spent, found = 0.0, dict[int, dict[str, float]]()
        for group, renderer in zip(arena.groups, self._renderers, strict=True):
            start = time.monotonic()
            found |= zip(group.members, renderer.measure(), strict=True)
            spent += time.monotonic() - start
            yield
        members = [found[i] for i in range(len(arena))]
        reports = cell_reports(arena.cells, members, MEASURED, quick=True)
        for report in reports:
            del report["values"]
        self._standings = {
            "type": "standings", "run": self.run, "step": arena.steps, "cells": reports,
        }  # fmt: skip
        self._send(**self._standings)
        self._measured_at = arena.steps
        wait = max(MEASURE_INTERVAL, spent * (1 / MEASURE_SHARE - 1))
        self._next_measure = time.monotonic() + wait


def description(request: ArenaRequest) -> dict[str, Any]:
    """An arena as a page is told it: axes, seeds, base, cells, and the data that cells share."""
    base, data, cells = request.base, dict[Any, dict[str, Any]](), list[dict[str, Any]]()
    for cell in request.cells:
        one: dict[str, Any] = {"values": cell.values}
        if isinstance(cell, Cell):
            config = cell.configs[0]
            key = config.distribution, config.classes, config.seed
            if key not in data:
                data[key] = about(config)
            one |= {"changes": _changes(base, config), "data": list(data).index(key)}
            one["ema"] = config.ema
        else:
            one["problems"] = as_plain(cell.problems)
        cells.append(one)
    return {
        "axes": [{"name": axis.name, "values": list(axis.values)} for axis in request.axes],
        "seeds": request.seeds,
        "state": base.to_state().removesuffix(f";points:{base.points}"),
        "cells": cells,
        "data": list(data.values()),
    }


def _changes(base: ToyConfig, config: ToyConfig) -> Mapping[str, Any]:
    """Settings that differ, except a visitor's own points, which the page has."""
    names = (f.name for f in fields(base) if f.name != "points")
    return {n: getattr(config, n) for n in names if getattr(base, n) != getattr(config, n)}
