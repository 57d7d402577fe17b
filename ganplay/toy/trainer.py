"""`ToyTrainer`: what scripts, the command line and the engine train toys with.

Nothing here prints, draws or loops to an end: loops are the caller's. What can be asked of a
trainer between steps is in `members`.
"""

import math
from collections.abc import Callable, Hashable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial

import torch

from ganplay.common.devices import threads_of_torch
from ganplay.gan.record import StepRecord
from ganplay.toy.batches import STREAMS
from ganplay.toy.config import ToyConfig, needs_new_networks
from ganplay.toy.ensemble import Ensemble, Net
from ganplay.toy.members import Members
from ganplay.toy.snapshot import Snapshot
from ganplay.toy.step import Structure


class ToyTrainer(Members):
    """Trains S small GANs on the plane at once.

    The members share what shapes the computation (architecture, loss, penalty, optimisers, batch
    size, updates per step) and may differ in seed, data and every number that a slider moves.
    With equal seeds, configuration and S a run repeats exactly on one machine.
    """

    def __init__(
        self,
        config: ToyConfig | Sequence[ToyConfig] | None = None,
        seeds: Sequence[int] | None = None,
        *,
        threads: int | None = None,
        use_capture: bool = True,
    ) -> None:
        """Make fresh networks.

        Args:
            config: one configuration for all members, or one for each.
            seeds: one member for each, in place of the configurations' own seed.
            threads: how many threads share the work; by default as many as torch uses. With 1
                all happens in the calling thread.
            use_capture: replay captured steps once they are made (in the background); the
                numbers are the same without.

        Raises:
            ValueError: if there are no members, or their structures differ.
        """
        configs = [config or ToyConfig()] if not isinstance(config, Sequence) else list(config)
        if seeds is not None:
            configs = configs * len(seeds) if len(configs) == 1 else configs
            if len(configs) != len(seeds):
                raise ValueError(f"{len(configs)} configurations for {len(seeds)} seeds")
            configs = [replace(c, seed=int(s)) for c, s in zip(configs, seeds, strict=True)]
        _check_members(configs)
        threads = threads or torch.get_num_threads()
        parts = together(configs, threads)
        super().__init__(configs, [Ensemble(part, use_capture) for part in parts])
        workers = min(len(self.ensembles), threads)
        self._pool = ThreadPoolExecutor(workers) if workers > 1 else None
        wide = len(self.ensembles) == 1 and _floats(configs) >= _MIN_FLOATS_A_THREAD
        self._threads_each = threads if wide else 1

    def step(self, count: int = 1, net: Net = "both") -> StepRecord:
        """Take steps and say what the last one computed.

        Args:
            count: how many steps.
            net: "both" for steps as configured (`steps_d` and `steps_g` updates); "d" or "g" for
                steps that are one update of that net alone.
        """
        self.advance(count, net)
        return self.record()

    def advance(self, count: int, net: Net = "both") -> None:
        """Take steps as `step` does, without the cost of a record."""
        self._each(lambda ensemble: ensemble.step(count, net))

    def warm_up(self) -> None:
        """Wait until the steps are captured, for measuring; training does not need it."""
        self._each(Ensemble.warm_up)

    def configure(self, config: ToyConfig | Sequence[ToyConfig]) -> None:
        """Go on with other settings, on the same networks; seeds stay as they are.

        Args:
            config: one configuration for all members, or one for each.

        Raises:
            ValueError: if the new settings need new networks (`config.needs_new_networks`).
        """
        given = [config] * len(self) if isinstance(config, ToyConfig) else list(config)
        configs = [replace(n, seed=o.seed) for n, o in zip(given, self.configs, strict=True)]
        _check_members(configs)
        if any(needs_new_networks(o, n) for o, n in zip(self.configs, configs, strict=True)):
            raise ValueError("these settings need new networks: make a new trainer")
        self.configs = configs
        for ensemble, own in self.parts():
            ensemble.configure(configs[own])

    def snapshot(self) -> Snapshot:
        """All that training goes on from, of all members, in memory of its own."""
        parts = [ensemble.snapshot() for ensemble in self.ensembles]
        first = parts[0]  # all ensembles are at the same step and at the same place of their blocks
        starts = {p: torch.cat([part.positions[p].start for part in parts]) for p in STREAMS}
        return first._replace(
            tensors={n: torch.cat([part.tensors[n] for part in parts]) for n in first.tensors},
            positions={p: first.positions[p]._replace(start=starts[p]) for p in STREAMS},
        )

    def restore(self, snapshot: Snapshot) -> None:
        """Go on as the trainer that gave the snapshot would; settings must be the same."""
        for ensemble, own in self.parts():
            ensemble.restore(snapshot.members(own))

    def _each(self, work: Callable[[Ensemble], None]) -> None:
        with threads_of_torch(self._threads_each):
            if self._pool is None:
                for ensemble in self.ensembles:
                    work(ensemble)
            else:
                list(self._pool.map(partial(_in_one_thread, work), self.ensembles))


def _in_one_thread(work: Callable[[Ensemble], None], ensemble: Ensemble) -> None:
    torch.set_num_threads(1)
    work(ensemble)


def shape_of(config: ToyConfig) -> Hashable:
    """What configurations must have in common to be members of one trainer."""
    return Structure.of(config), config.steps_d, config.steps_g


def _check_members(configs: Sequence[ToyConfig]) -> None:
    if not configs:
        raise ValueError("no seeds: at least one member is needed")
    if len(set(map(shape_of, configs))) > 1:
        raise ValueError(
            "members of one trainer must share architecture, loss, penalty, optimisers, batch "
            "size and updates per step; they may differ in seed, data and numbers"
        )


_MAX_FLOATS = 2**17
"""Bounds the widest activation, in floats, of members that are stepped together: it then stays in
the cache of a core."""
_MIN_FLOATS_A_THREAD = 2**16
"""The same, from which on a second thread saves more time than it costs."""


def _floats(configs: Sequence[ToyConfig]) -> int:
    """Floats of the widest activation of all members: width times real and fake samples."""
    c = configs[0]
    widest = max(c.width_g * (c.layers_g > 0), c.width_d * (c.layers_d > 0), 2)
    return widest * 2 * c.batch_size * len(configs)


def fitting_together(config: ToyConfig) -> int:
    """How many members with these settings fit into one ensemble."""
    return max(1, _MAX_FLOATS // _floats([config]))


def together(configs: Sequence[ToyConfig], threads: int) -> list[Sequence[ToyConfig]]:
    """The members in parts, one ensemble each.

    Small nets gain from large parts (fewer calls a member), wide ones from parts whose
    activations stay in the cache, spread over the threads.

    Args:
        configs: of the members, all of one shape.
        threads: that are there to share the work.
    """
    floats = _floats(configs)
    spread = min(threads, len(configs), floats // _MIN_FLOATS_A_THREAD)
    count = max(math.ceil(floats / _MAX_FLOATS), spread)
    size = math.ceil(len(configs) / min(count, len(configs)))
    return [configs[i : i + size] for i in range(0, len(configs), size)]
