"""How the server is doing, as plain data, for who looks after it. Nothing in it says who is who."""

import os
import platform
import sys
import threading
import time
from collections import Counter, deque
from collections.abc import Iterable, Sized
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, version
from itertools import count
from pathlib import Path
from typing import Any, NamedTuple, Protocol
from weakref import WeakKeyDictionary

from ganplay.arena.session import ArenaSession
from ganplay.latent.model_store import ModelStore
from ganplay.live.capture_process import CAPTURE_PROCESS
from ganplay.live.engine import Engine
from ganplay.live.lab_session import LabSession
from ganplay.live.session import Session
from ganplay.server.http.logs import COUNTS
from ganplay.server.http.slots import Slots

PACKAGES = ("ganplay", "torch", "torchvision", "gradio", "uvicorn", "websockets")
WINDOW = 2.0
"""Seconds over which rates are taken, at least, where somebody keeps looking."""


class HasSlots(Protocol):
    """Routes whose work is done for so many at a time."""

    slots: dict[str, Slots]
    """By name."""


class Reading(NamedTuple):
    """What has been counted at a moment."""

    at: float
    processor: float
    done: dict[Session, tuple[int, int]]


class ServerReport:
    """Looks at an engine, a model store, those who wait, and the slots of some routes."""

    def __init__(
        self, engine: Engine, model_store: ModelStore, line: Sized, routes: Iterable[HasSlots]
    ) -> None:
        self._engine, self._model_store = engine, model_store
        self._line, self._routes = line, list(routes)
        self._began = time.monotonic()
        self._numbers: WeakKeyDictionary[Session, int] = WeakKeyDictionary()
        self._next = count(1)
        self._readings: deque[Reading] = deque()

    def read(self) -> dict[str, Any]:
        """All that there is to be seen. Rates are None at the first look."""
        sessions = self._engine.sessions()
        done = {session: (session.steps_done, session.frames_made) for session in sessions}
        now = Reading(time.monotonic(), time.process_time(), done)
        before = self._before(now)
        seen = [self._session(session, now, before) for session in sessions]
        used = _rate(before.processor, now.processor, before.at, now.at)
        return {
            "seconds": round(now.at - self._began),
            "engine": self._totals(sessions, seen),
            "sessions": sorted(seen, key=lambda one: one["number"]),
            "batches": _batches(sessions),
            "process": _process() | {"cores_used": used},
            "places": {k: s.usage for routes in self._routes for k, s in routes.slots.items()},
            "models": self._model_store.in_memory,
            "events": dict(sorted(COUNTS.items())),
            "versions": versions(),
        }

    def _before(self, now: Reading) -> Reading:
        """What this reading is compared with: one that is a few seconds old."""
        self._readings.append(now)
        while len(self._readings) > 2 and now.at - self._readings[1].at > WINDOW:
            self._readings.popleft()
        return self._readings[0]

    def _session(self, session: Session, now: Reading, before: Reading) -> dict[str, Any]:
        if session not in self._numbers:
            self._numbers[session] = next(self._next)
        steps, frames = now.done[session]
        steps_before, frames_before = before.done.get(session, (steps, frames))
        return {
            "number": self._numbers[session],
            "state": _state(session, now.at),
            "steps": _rate(steps_before, steps, before.at, now.at),
            "frames": _rate(frames_before, frames, before.at, now.at),
            "first": session.has_priority,
        } | _trained(session)

    def _totals(self, sessions: list[Session], seen: list[dict[str, Any]]) -> dict[str, Any]:
        known = [one for one in seen if one["steps"] is not None]
        return {
            "sessions": len(sessions),
            "most": self._engine.max_sessions,
            "waiting": len(self._line),
            "watched": sum(session.sink is not None for session in sessions),
            "training": sum(one["state"] in ("training", "restoring") for one in seen),
            "steps": round(sum(one["steps"] for one in known), 1),
            "frames": round(sum(one["frames"] for one in known), 1),
            "workers": self._engine.alive,
        }


def _trained(session: Session) -> dict[str, Any]:
    """What a session trains, and how far it is: one GAN, a pair, or an arena with many."""
    if isinstance(session, LabSession):
        config, run = session.config, session.runs[0]
        step, gans = run.trainer.steps if run.started else 0, len(session.runs)
        names = {"data": config.distribution, "loss": config.loss, "networks": _networks(session)}
        return {"kind": "lab", "step": step, "gans": gans} | names
    arena = session.arena if isinstance(session, ArenaSession) else None
    step, gans = (arena.steps, len(arena)) if arena else (0, 0)
    return {"kind": "arena", "step": step, "gans": gans}


def _state(session: Session, now: float) -> str:
    if session.sink is None:
        return "left"
    if isinstance(session, LabSession) and session.diverged:
        return "diverged"
    if not session.attended(now):
        return "silent"
    if getattr(session, "replay_until", 0):
        return "restoring"
    return "training" if session.playing else "paused"


def _networks(session: LabSession) -> str:
    """G's and D's hidden layers, and how many points a step sees."""
    c = session.config
    return f"{c.layers_g}×{c.width_g} / {c.layers_d}×{c.width_d}, {c.batch_size}"


def _batches(sessions: list[Session]) -> list[dict[str, Any]]:
    """Sessions whose networks are of one kind, which may step together, the most first."""
    labs = [session for session in sessions if isinstance(session, LabSession)]
    begun = [session for session in labs if session.runs[0].started]
    kinds = Counter(session.runs[0].batch_key for session in begun)
    named = {session.runs[0].batch_key: _networks(session) for session in begun}
    return [{"networks": named[kind], "sessions": n} for kind, n in kinds.most_common()]


def _rate(before: float, now: float, since: float, until: float) -> float | None:
    return round((now - before) / (until - since), 2) if until > since else None


def _pages(process: int) -> int:
    """That a process has for itself alone, without libraries; none of one that is gone."""
    try:
        _, resident, shared, *_ = Path(f"/proc/{process}/statm").read_text().split()
    except OSError:
        return 0
    return int(resident) - int(shared)


def _process() -> dict[str, Any]:
    """Of this process: threads, open files, memory in bytes, that of its helper included.

    Of the machine: cores and memory.
    """
    found: dict[str, Any] = {"threads": threading.active_count(), "cores": os.cpu_count()}
    if sys.platform == "linux":
        page, pages = os.sysconf("SC_PAGE_SIZE"), os.sysconf("SC_PHYS_PAGES")
        own = int(Path("/proc/self/statm").read_text().split()[1])
        resident = own + sum(map(_pages, CAPTURE_PROCESS.pids))
        found |= {"memory": page * resident, "machine_memory": page * pages,
                  "files": len(os.listdir("/proc/self/fd"))}  # fmt: skip
    return found


def versions() -> dict[str, str]:
    """Of Python and of what matters here."""
    found = {"python": platform.python_version()}
    for name in PACKAGES:
        with suppress(PackageNotFoundError):  # where it is run from a folder, as in a Space
            found[name] = version(name)
    return found
