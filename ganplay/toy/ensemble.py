"""S toy GANs of one structure that take their steps together, captured where possible."""

import math
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future
from typing import Literal

import torch

from ganplay.toy.batches import BatchStream
from ganplay.toy.config import ToyConfig
from ganplay.toy.graph_capture import CAPTURES, Replay, flatten
from ganplay.toy.networks import LastUpdate, Networks
from ganplay.toy.snapshot import Snapshot
from ganplay.toy.state import batch_of, copy_of, named_batch, named_tensors
from ganplay.toy.step import AdversarialStep, Batch, Hyperparameters, State, Structure, UpdateResult

Net = Literal["d", "g", "both"]
PlannedUpdate = tuple[str, Batch]
"""An update ("d", "g" or "both") and the batch that it is to be made on."""


class Ensemble(Networks):
    """S members that take their steps together.

    Args:
        configs: of each member; they have one structure.
        use_capture: replay captured updates once they are made (in the background); the numbers
            are the same without.

    Attributes:
        flat_state: all tensors of the state, in the order in which captured functions take them.
    """

    def __init__(self, configs: Sequence[ToyConfig], use_capture: bool) -> None:
        super().__init__(configs)
        self.use_capture = use_capture
        self._streams = BatchStream(configs)
        # The batch of an update of D alone, on which G is updated next.
        self._pending: Batch | None = None
        self._forget_captures()

    def _forget_captures(self) -> None:
        """Begin anew with a structure: captured updates are looked up when they are needed."""
        self._step = AdversarialStep(self.structure)
        self.flat_state = flatten(self.state)
        penalty = ["penalty"] if self.structure.penalty != "none" else []
        names = {
            "d": ["real_logits", "fake_logits", *penalty, "gradient_d"],
            "g": ["g_logits", "gradient_g"],
        }
        # Fields of `UpdateResult` that are not None, which is what a captured update returns.
        self._result_names = names | {"both": names["d"] + names["g"]}
        self._replays: dict[str, Replay | None] = {}
        self._futures: dict[str, Future[Replay | None]] = {}

    def configure(self, configs: Sequence[ToyConfig]) -> None:
        """Go on with other settings on the same networks; seeds must stay."""
        before, after = self.structure, Structure.of(configs[0])
        self.configs = list(configs)
        for old, new in zip(self.state.numbers, Hyperparameters.of(configs), strict=True):
            old.copy_(new)
        for net in ("g", "d"):
            if getattr(before, f"optimizer_{net}") != getattr(after, f"optimizer_{net}"):
                for moment in getattr(self.state, net).moments:
                    moment.zero_()
        if after.ema and not before.ema:
            self.state.g.average.copy_(self.state.g.flat)
        self._streams.configure(configs)
        if after != before:
            self.structure, self._pending = after, None
            self._forget_captures()

    def step(self, count: int, net: Net) -> None:
        """Take `count` steps: of both nets as configured, or one update of "d" or of "g"."""
        for _ in range(count):
            if net == "both":
                self.take(self.draw(1), 1)
                continue
            # G after D alone is updated on the same batch, so that D, then G is a step of both.
            batch = (self._pending if net == "g" else None) or self._streams.next()
            self._update(net, batch)
            self._pending = batch if net == "d" else None
            self.steps += 1

    def _parts(self) -> list[str]:
        """The updates of one step, each on a batch of its own.

        One update of D and one of G share a batch ("both"), so that its fakes are made once.
        """
        config = self.configs[0]
        shared = min(config.steps_d, config.steps_g, 1)
        return (
            ["d"] * (config.steps_d - shared)
            + ["both"] * shared
            + ["g"] * (config.steps_g - shared)
        )

    def draw(self, count: int) -> list[PlannedUpdate]:
        """Draw the batches of the next steps; `take` must be called with what is returned."""
        return [(part, self._streams.next()) for _ in range(count) for part in self._parts()]

    def take(self, planned: Sequence[PlannedUpdate], count: int) -> None:
        """Take the `count` steps that `draw` has drawn the batches of."""
        for part, batch in planned:
            self._update(part, batch)
        self._pending = None
        self.steps += count

    def finite(self) -> list[bool]:
        """Whether every parameter of each member is still a finite number."""
        sums = (net.flat.sum(1).tolist() for net in (self.state.g, self.state.d))
        return [math.isfinite(g + d) for g, d in zip(*sums, strict=True)]

    def last_of_each(self) -> list[dict[str, LastUpdate]]:
        """`last` for each member alone: every tensor is split once for all of them."""
        each: list[dict[str, LastUpdate]] = [{"d": {}, "g": {}} for _ in self.configs]
        for net, last in self.last.items():
            for name, tensor in last.items():
                for own, part in zip(each, tensor.split(1), strict=True):
                    own[net][name] = part
        return each

    def adopt_steps(
        self, updates: Mapping[str, int], last: Mapping[str, LastUpdate], count: int
    ) -> None:
        """Count steps that a member of another ensemble has taken with our state.

        Args:
            updates: how many updates of "d" and of "g" they had.
            last: what the last of these computed (`last_of_each`).
            count: steps.
        """
        self._pending = None
        self.steps += count
        for net, more in updates.items():
            self.updates[net] += more
            if more:
                self.last[net] = last[net]

    def slow_step(self) -> Iterator[tuple[str, Batch]]:
        """One step like any other, that pauses before an update of each net and at its end.

        Where a net is updated more than once in a step, the pause is before the update that shares
        its batch with the other net.

        Yields:
            What comes next, with the shared batch: an update of "d", an update of "g", "moved"
            after these, "end" after all. Nothing if neither net is ever updated.
        """
        config = self.configs[0]
        shared = config.steps_d > 0 and config.steps_g > 0
        if not config.steps_d and not config.steps_g:
            self.steps += 1
            return
        for _ in range(config.steps_d - 1):
            self._update("d", self._streams.next())
        batch = self._streams.next()
        if config.steps_d:
            yield "d", batch
        if config.steps_d and not (shared and config.simultaneous):
            self._update("d", batch)
        if config.steps_g:
            yield "g", batch
            self._update("both" if shared and config.simultaneous else "g", batch)
        yield "moved", batch
        for _ in range(config.steps_g - 1):
            self._update("g", self._streams.next())
        self._pending = None
        self.steps += 1
        yield "end", batch

    def _update(self, part: str, batch: Batch) -> None:
        """Update "d", "g" or "both" on a batch."""
        replay = self._replays.get(part) or self._captured(part, batch)
        if replay:
            tensors = replay(*self.flat_state, *[t for t in batch if t is not None])
            last = dict(zip(self._result_names[part], tensors, strict=True))
        else:
            update = getattr(self._step, f"update_{part}")
            with torch.no_grad():
                result: UpdateResult = update(self.state, batch)
            last = {name: t for name, t in result._asdict().items() if t is not None}
        for net in ("d", "g") if part == "both" else (part,):
            self.updates[net] += 1
            self.last[net] = last

    def _captured(self, part: str, batch: Batch) -> Replay | None:
        """The captured update if there is one by now; if none has been begun, it is."""
        if not self.use_capture:
            return None
        future = self._futures.get(part)
        if future is None:
            key = self.structure, part, len(self.configs)
            update = getattr(self._step, f"update_{part}")
            future = CAPTURES.get(key, update, lambda: (self.copy_state(), batch))
            self._futures[part] = future
        if future.done():
            self._replays[part] = future.result()
            if future.result() is None:
                self.use_capture = False
            return future.result()
        return None

    def warm_up(self) -> None:
        """Wait until the updates of a step are captured; state and streams stay as they are."""
        batch = BatchStream(self.configs).next()
        for part in set(self._parts()):
            if self.use_capture:
                self._captured(part, batch)
                self._futures[part].result()
                self._captured(part, batch)

    def copy_state(self) -> State:
        """The state in memory of its own."""
        return copy_of(self.state, self.structure)

    def snapshot(self) -> Snapshot:
        """All that training goes on from, in memory of its own."""
        named = named_tensors(self.state, self.structure)
        tensors = {name: tensor.clone() for name, tensor in named.items()}
        if self._pending is not None:
            tensors |= named_batch(self._pending)
        return Snapshot(self.steps, dict(self.updates), tensors, self._streams.positions())

    def restore(self, snapshot: Snapshot) -> None:
        """Go on as the ensemble that gave the snapshot would; `last` is then unknown."""
        for name, tensor in named_tensors(self.state, self.structure).items():
            tensor.copy_(snapshot.tensors[name])
        self._pending = batch_of(snapshot.tensors)
        self._streams.go_to(snapshot.positions)
        self.steps, self.updates = snapshot.steps, dict(snapshot.updates)
        self.last = {"d": {}, "g": {}}
