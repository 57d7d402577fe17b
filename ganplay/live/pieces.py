"""The live pieces of the article below the Lab: short runs with one thing to see in each.

A piece is trained when the first reader asks for it, and told moment by moment. The same piece and
start give the same moments, so one run serves all readers. Its words are in the locales, under
`article.pieces`.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, NamedTuple

from ganplay.common.devices import threads_of_torch
from ganplay.common.wire import Piece
from ganplay.live.frame import LAYERS, View
from ganplay.live.lab_messages import run_data
from ganplay.live.run import LiveRun
from ganplay.live.slow_motion import as_event, slow_step
from ganplay.toy.config import PRESETS, ToyConfig

SEEDS = 8
"""Starts of each piece, from 0 on."""
_PACE = 1.6
"""How much closer together the first moments are than the last: most happens at the start."""


class LivePiece(NamedTuple):
    """What a piece shows.

    Attributes:
        config: settings of its run; the seed is a reader's to choose.
        steps: at which it ends.
        layers: of the picture, by name in `LAYERS`.
        moments: how many are told, the first step and the last among them.
        changes: settings that change on the way, by name.
        changed_at: the step at which they do.
        slow: whether the step after the last is told in its parts, and nothing else.
    """

    config: ToyConfig
    steps: int
    layers: tuple[str, ...]
    moments: int = 90
    changes: Mapping[str, Any] = {}
    changed_at: int = 0
    slow: bool = False

    @property
    def told_at(self) -> list[int]:
        """The steps of its moments."""
        last = self.moments - 1
        places = {round(self.steps * (i / last) ** _PACE) for i in range(self.moments)}
        return sorted(places | ({self.changed_at} if self.changes else set()))

    def to_dict(self) -> dict[str, Any]:
        """What pages have to know of it before it runs."""
        return {
            "config": self.config.to_dict(),
            "state": self.config.to_state(),
            "steps": self.steps,
            "moments": 0 if self.slow else len(self.told_at),
            "layers": list(self.layers),
            "changes": dict(self.changes),
            "changed_at": self.changed_at,
            "slow": self.slow,
        }


_POINTS = ("map", "real", "fake")
# The G that is trained is shown, and not its average: it is the one that D looks at.
_RING = replace(PRESETS["ring"], ema=0.0)
PIECES: dict[str, LivePiece] = {
    "learning": LivePiece(_RING, 3000, _POINTS),
    "step": LivePiece(_RING, 400, (*_POINTS, "pull"), slow=True),
    # Longer ones show no more: eleven updates a step take their time.
    "collapse": LivePiece(PRESETS["collapse"], 300, _POINTS, moments=60),
    # All modes are back some 1,500 to 3,200 steps after the change, by the start.
    "remedy": LivePiece(PRESETS["collapse"], 3500, _POINTS, changes={"steps_g": 1}, changed_at=200),
}
"""All pieces by name, in the order of the article."""


def recorded(piece: LivePiece, seed: int) -> Iterator[Piece]:
    """A piece from its start to its end.

    The pieces of the stream are of the types "begun" (the data that frames are drawn over),
    "moment" (a packed frame) or "slow" (a step in its parts), and "done".

    Args:
        piece: which one.
        seed: its start, from 0 to `SEEDS` - 1.
    """
    with threads_of_torch(1):
        run = LiveRun(replace(piece.config, seed=seed))
        run.start()
        yield Piece({"type": "begun", "seed": seed, "data": run_data(run)}, [])
        yield from _slow(run, piece.steps) if piece.slow else _moments(run, piece)
        yield Piece({"type": "done"}, [])


def _moments(run: LiveRun, piece: LivePiece) -> Iterator[Piece]:
    view = View(sum(LAYERS[name] for name in piece.layers))
    for step in piece.told_at:
        run.step(step - run.trainer.steps, "both")
        run.renderer.measure()
        yield Piece({"type": "moment", "step": step}, [run.picture(view, flags=0)])
        if run.diverged:
            return
        if piece.changes and step == piece.changed_at:
            run.configure(run.config.repaired(piece.changes)[0])


def _slow(run: LiveRun, steps: int) -> Iterator[Piece]:
    run.step(steps, "both")
    seen = slow_step(run.renderer)
    assert seen is not None  # both networks are updated in every piece
    yield Piece({"type": "slow", "step": run.trainer.steps, "seen": as_event(seen)}, [])
